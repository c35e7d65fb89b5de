"""What holds of a day that the engine reads."""

import pytest
from toy_days import a_day


def test_a_day_of_two_lines_holds_them():
    day = a_day(
        4,
        [
            {"stops": [0, 1, 2], "trips": [[0, (60, 70), 120], [100, 160, 220]]},
            {"stops": [2, 3], "trips": [[300, 400]]},
        ],
        walks=[(0, 3, 900)],
        seated={1: 2},
    )
    assert day.time_start.tolist() == [0, 6, 8]
    assert day.departure[:6].tolist() == [0, 70, 120, 100, 160, 220]
    assert day.next_trip.tolist() == [-1, 2, -1]
    assert day.walk_start.tolist() == [0, 1, 1, 1, 1]


def test_a_trip_that_is_overtaken_is_no_pattern():
    with pytest.raises(AssertionError, match="overtaken"):
        a_day(2, [{"stops": [0, 1], "trips": [[0, 100], [10, 90]]}])
