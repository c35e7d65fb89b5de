"""A journey by a timetable, in words."""

from math import ceil, floor
from typing import Any

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.notes import Note
from accessmap.words.words import Words

_VEHICLES = ("rail", "bus", "tram", "metro", "ferry", "cable_car", "funicular")


def itinerary(legs: pd.DataFrame, *, lang: labels.Lang = "fr") -> str:
    r"""Return a journey as one sentence: when one leaves, each leg, when one arrives and what it takes in all.

    Minutes are rounded; a ride leaves at the minute that has begun and arrives at the one that is full. Whether a ride
    is accessible by wheelchair is told where that is known.

    Parameters
    ----------
    legs
        From `Journeys.explain`.
    lang
        "fr" or "en".

    Examples
    --------
    >>> ride = {"kind": "ride", "mode": "rail", "line": "K12", "headsign": "Laon", "goes_on_as": "", "booking": ""}
    >>> ride |= {"from_stop": "Chauny", "to_stop": "Tergnier", "leaves": 462, "arrives": 485, "minutes": 23}
    >>> walk = {"kind": "walk", "to_stop": "Chauny", "leaves": 454, "arrives": 462, "minutes": 8}
    >>> told = itinerary(pd.DataFrame([walk, ride | {"wheelchair": "unknown"}]), lang="en").replace("\xa0", " ")
    >>> print(told.replace("; ", ";\n"))
    07:34 on foot 8 min to Chauny;
    train K12 of 07:42 towards Laon, arriving 08:05 at Tergnier;
    arrival at 08:05, 31 min in all.
    """
    words = Words(labels.check_lang(lang))
    if legs.empty:
        return words("itinerary_none")
    rows: list[Any] = legs.to_dict("records")
    # Who is there early waits last, and has arrived before.
    final = len(rows) - 1 - (len(rows) > 1 and rows[-1]["kind"] == "wait")
    told = [
        _leg(words, row, rows[number - 1]["to_stop"] if number else "", first=number == 0, final=number >= final)
        for number, row in enumerate(rows)
    ]
    return words(
        "itinerary_whole",
        leaves=_clock(words, rows[0]["leaves"]),
        legs=words("itinerary_then").join(told),
        arrives=_clock(words, rows[final]["arrives"], full=True),
        minutes=_minutes(words, rows[-1]["arrives"] - rows[0]["leaves"]),
    )


def _leg(words: Words, row: dict[str, Any], here: str, *, first: bool, final: bool) -> str:
    minutes, stop, kind = _minutes(words, row["minutes"]), row["to_stop"], row["kind"]
    if kind == "ride":
        return _ride(words, row, here)
    if kind == "on_demand":
        return _on_demand(words, row)
    if kind == "wait":
        door = "itinerary_wait_home" if first else "itinerary_wait_there"
        return words("itinerary_wait" if stop else door, minutes=minutes)
    if kind == "change":
        key = "itinerary_change" if row["from_stop"] == stop else "itinerary_change_walk"
        return words(key, minutes=minutes, stop=stop)
    door = "itinerary_door" if final else "itinerary_car_park" if kind == "car" else "itinerary_car_kept"
    return words("itinerary_way", mode=words(f"mode_{kind}"), minutes=minutes, stop=stop or words(door))


def _ride(words: Words, row: dict[str, Any], here: str) -> str:
    vehicle = words(f"vehicle_{row['mode']}" if row["mode"] in _VEHICLES else "vehicle_other")
    told = words(
        "itinerary_ride",
        vehicle=f"{vehicle} {row['line']}".rstrip(),
        leaves=_clock(words, row["leaves"]),
        start="" if here == row["from_stop"] else words("itinerary_start", stop=row["from_stop"]),
        towards=words("itinerary_towards", headsign=row["headsign"]) if row["headsign"] else "",
        arrives=_clock(words, row["arrives"], full=True),
        stop=row["to_stop"],
    )
    more = ["itinerary_seated"] if row["goes_on_as"] else []
    more += [] if row["wheelchair"] == "unknown" else [f"itinerary_wheelchair_{row['wheelchair']}"]
    more += [f"itinerary_booking_{row['booking']}"] if row["booking"] else []
    return ", ".join([told, *(words(key) for key in more)])


def _on_demand(words: Words, row: dict[str, Any]) -> str:
    told = words(
        "itinerary_on_demand",
        name=f" {row['line']}" if row["line"] else "",
        minutes=_minutes(words, row["minutes"]),
        stop=row["to_stop"] or words("itinerary_door"),
    )
    more = [] if row["wheelchair"] == "unknown" else [words(f"itinerary_wheelchair_{row['wheelchair']}")]
    notice = row["notice"]
    return ", ".join([told, *more, notice.told(words.lang) if isinstance(notice, Note) else str(notice)])


def _minutes(words: Words, minutes: float) -> str:
    return labels.minutes(minutes, lang=words.lang, digits=0)


def _clock(words: Words, minutes: float, *, full: bool = False) -> str:
    whole = ceil(round(minutes, 6)) if full else floor(round(minutes, 6))
    day, minute = divmod(whole, 1440)
    time = f"{minute // 60:02d}:{minute % 60:02d}"
    return time if day == 0 else words("itinerary_next_day" if day > 0 else "itinerary_day_before", time=time)
