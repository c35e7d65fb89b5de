"""Conditional tags: what holds on a Tuesday at 10:00, as the wiki's page on conditional restrictions has it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.roads.readers.osm_conditions import WHEN, holding


def test_the_hour_is_a_tuesday_at_ten_in_term() -> None:
    assert (WHEN.strftime("%A"), WHEN.hour, WHEN.month) == ("Tuesday", 10, 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no @ (Mo-Fr 07:00-19:00)", "no"),
        ("no @ Mo-Fr 07:00-19:00", "no"),
        ("no @ (Mo-Fr 07:00-09:00,16:00-19:00)", None),
        ("no @ (Sa,Su)", None),
        ("no @ (Mo,We,Fr 08:00-12:00; Tu 09:00-11:00)", "no"),  # a semicolon inside belongs to the hours
        ("30 @ (22:00-06:00); 50 @ (06:00-22:00)", "50"),
        ("120 @ (06:00-20:00); 100 @ (06:00-20:00)", "100"),  # the last that holds
        ("100 @ (06:00-20:00); 80 @ wet", "100"),
        ("destination @ (Nov-Mar)", None),
        ("no @ (Jun-Aug)", "no"),
        ("no @ winter", None),
        ("no @ snow", None),
        ("no @ (weight>3.5)", None),
        ("no @ (weight>1)", "no"),
        ("no @ (height>=1.6)", "no"),
        ("no @ (width<1.5 m)", None),
        ("no @ (weight>3.5 AND Mo-Fr 07:00-19:00)", None),
        ("30 @ (Mo-Fr 07:00-19:00 AND weight<3.5)", "30"),
        ("yes @ residents", "private"),
        ("yes @ delivery; no @ (Tu)", "no"),
        ("no @ (occupants<2)", "no"),  # the driver is alone
        ("no", None),
        ("no @", None),
        ("@ (Tu)", None),
        ("no @ (gibberish 99:99)", None),
        ("", None),
    ],
)
def test_the_value_that_holds(text: str, value: str | None) -> None:
    assert holding(text) == value


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[a-z0-9]{1,4} ?@ ?\(?[A-Za-z0-9:;,<>= -]{0,30}\)?", fullmatch=True))
def test_no_text_crashes(text: str) -> None:
    value = holding(text)
    assert value in (None, "private", "destination") or value in text
