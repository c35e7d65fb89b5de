"""Half-days of a week: counted from hours, and written as hours that count alike."""

import pandas as pd
import pytest

from accessmap.errors import OptionError
from accessmap.measures.hours import half_days, hours_of_half_days


def test_hours_of_half_days_count_alike() -> None:
    hours = [hours_of_half_days(count) for count in range(1, 13)]
    assert half_days(pd.DataFrame({"hours": hours})).tolist() == list(range(1, 13))
    assert hours[:3] == ["Tu 09:00-12:00", "Tu,Th 09:00-12:00", "Mo,Tu,Th 09:00-12:00"]
    assert hours[9] == "Mo-Fr 09:00-12:00,13:30-16:30"


@pytest.mark.parametrize("count", [0, 13, 2.5, True])
def test_a_count_that_no_week_has_is_refused(count: float) -> None:
    with pytest.raises(OptionError, match="whole number of half-days, 1 to 12"):
        hours_of_half_days(count)  # type: ignore[arg-type]


def test_what_is_unknown_is_not_counted() -> None:
    hours = ['Mo 09:00-12:00 "sur rendez-vous"', "Sa 10:00-11:00", "Mo-Fr 12:00-14:00", "off"]
    assert half_days(pd.DataFrame({"hours": hours})).fillna(-1).tolist() == [-1, 0, 0, 0]
