"""What is told of journeys: how they are made, and what counts of transport on demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from accessmap.roads.transit.asked import Asked
from accessmap.roads.transit.terms import Runs, Terms
from accessmap.words.notes import Figure, Note, first_few


def notes_of(
    why: Note, terms: Terms, timetable: Runs, date: dt.date, asked: Sequence[Asked] | None
) -> tuple[Note, ...]:
    """Return what minutes are of, in sentences; `asked` is None where there are no roads by car."""
    return (
        why,
        Note(
            "journeys_minutes",
            access=Note(f"mode_{terms.access}"),
            egress=Note(f"mode_{terms.egress}"),
            access_minutes=Figure.of(terms.access_minutes),
            egress_minutes=Figure.of(terms.egress_minutes),
            longest=Figure.of(terms.longest),
        ),
        Note("journeys_changes", rides=Figure.of(terms.most_rides), transfer=Figure.of(terms.transfer_minutes)),
        *([] if terms.parking is None else [_parked(terms)]),
        *(each.note(date) for each in terms.on_demand),
        *_flexible(timetable, asked),
        *(timetable.accessible(date) if terms.wheelchair else ()),
        *_unknown(terms),
    )


def _flexible(timetable: Runs, asked: Sequence[Asked] | None) -> list[Note]:
    """Return what of the feeds' zones counts."""
    flex = timetable.flex
    if not len(flex):
        return []
    if asked is None:
        return [Note("journeys_flexible_left", n=int(flex["trip"].nunique()))]
    names = list(dict.fromkeys(each.name for each in asked if each.published))
    return [Note("journeys_flexible", n=len(names), names=first_few(names, str))] if names else []


def _unknown(terms: Terms) -> list[Note]:
    """Return how much of transport on demand is left out since nobody says that it takes a wheelchair."""
    left = [each for each in terms.on_demand if each.wheelchair is not True] if terms.wheelchair else []
    unknown = Figure.of(sum(each.wheelchair is None for each in left))
    return [Note("on_demand_wheelchair_left", n=len(left), unknown=unknown)] if left else []


def _parked(terms: Terms) -> Note:
    assert terms.parking is not None
    return Note("journeys_parked", n=len(terms.parking), minutes=Figure.of(terms.parking_minutes))
