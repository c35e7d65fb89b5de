"""The steps of a scenario that change the lines of the study's timetable: `am.lines`, told and undone as any other."""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
from pydantic import Field, Strict

from accessmap.errors import OptionError, ScenarioError
from accessmap.roads.readers.gtfs.calendars import WEEKDAYS
from accessmap.roads.transit import plans
from accessmap.roads.transit.timetable import Timetable
from accessmap.study.named import place_of
from accessmap.study.steps import Changes, Lat, Lon, Step, Text, place_told, step
from accessmap.study.study import Study
from accessmap.words.notes import DayRead, Note
from accessmap.words.words import Words

__all__ = ["LineStep"]

Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Texts = tuple[Text, ...]
Numbers = tuple[Number, ...]
Pair = tuple[Text, Text]
#: Departures that are written out.
MOST = 6


class LineStep(Step):
    """A change of lines: `planned` says which."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.values().items():  # lists of Python, and of numpy
            if isinstance(value, list | np.ndarray):
                plain = (each.item() if isinstance(each, np.generic) else each for each in value)
                object.__setattr__(self, name, tuple(plain))

    def planned(self, timetable: Timetable, study: Study) -> Timetable:
        """Return the timetable with the change."""
        raise NotImplementedError

    def apply(self, changes: Changes) -> None:
        """Change the timetable; say so where nothing of the line runs on the day whose minutes count."""
        before = changes.timetable
        try:
            after = self.planned(before, changes.before)
        except OptionError as error:
            raise ScenarioError(*error.problems) from error
        line, days = self.values().get("line"), changes.days
        if line is not None and not any(plans.runs_on(each, line, day) for each in (before, after) for day in days):
            name = plans.line_name(after, line)
            changes.cautions.append(Note("line_not_that_day", line=name, day=DayRead.of(days[0])))
        changes.timetable = after


@step
class AddLine(LineStep):
    """A line more, both ways: where it calls, minutes from its first stop, and when it leaves; see `lines.add`."""

    line: Text
    stops: Texts
    minutes: Numbers
    departures: Texts | None = None
    every: Number | None = None
    between: Pair | None = None
    both_ways: Flag | None = None
    days: Texts | None = None
    mode: Text | None = None

    def planned(self, timetable: Timetable, study: Study) -> Timetable:  # noqa: ARG002 - of the timetable alone
        asked: dict[str, Any] = self.values()
        return plans.add(timetable, asked.pop("line"), asked.pop("stops"), **asked)

    def told(self, study: Study, words: Words) -> str:
        names = Changes(study).timetable.stops["name"]
        stops = [str(names.get(stop, stop)) for stop in self.stops]
        if self.every is not None:
            first, last = self.between or ("06:00", "20:00")
            when = words(
                "line_every", every=words.cutoff(self.every), first=_clock(first, words), last=_clock(last, words)
            )
        else:
            leaves = self.departures or ()
            when = words(
                "line_departures",
                n=len(leaves),
                times=words.listed([_clock(each, words) for each in leaves], most=MOST),
            )
        ways = "" if self.both_ways in (None, True) else words("line_one_way")
        some = "" if self.days is None or len(self.days) == len(WEEKDAYS) else _days(self.days, words)
        return words("step_add_line", line=self.line, stops=" – ".join(stops), when=when + ways + some)


@step
class AddStop(LineStep):
    """A stop more, at the mairie of a commune or at a point in degrees, that a line of the same scenario may serve."""

    stop: Text
    name: Text | None = None
    commune: Text | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    placed = True

    def planned(self, timetable: Timetable, study: Study) -> Timetable:
        point, _ = place_of(self, study)
        at = gpd.GeoSeries([point], crs=study.services.crs).to_crs(4326).iloc[0]
        return plans.add_stop(timetable, self.stop, self.name or self.stop, lon=at.x, lat=at.y)

    def told(self, study: Study, words: Words) -> str:
        return words("step_add_stop", stop=self.name or self.stop, place=place_told(self, study, words))


@step
class CutLine(LineStep):
    """A line cut, or its trips that set out between two times of the day."""

    line: Text
    between: Pair | None = None

    def planned(self, timetable: Timetable, study: Study) -> Timetable:  # noqa: ARG002 - of the timetable alone
        return plans.cut(timetable, self.line, between=self.between)

    def told(self, study: Study, words: Words) -> str:
        return words(
            "step_cut_line", line=plans.line_name(Changes(study).timetable, self.line), when=_span(self.between, words)
        )


@step
class ShiftLine(LineStep):
    """The trips of a line so many minutes later (earlier where below 0), or those that set out between two times."""

    line: Text
    minutes: Number
    between: Pair | None = None

    def planned(self, timetable: Timetable, study: Study) -> Timetable:  # noqa: ARG002 - of the timetable alone
        return plans.shift(timetable, self.line, self.minutes, between=self.between)

    def told(self, study: Study, words: Words) -> str:
        key = "step_shift_line" if self.minutes >= 0 else "step_shift_line_earlier"
        line, minutes = plans.line_name(Changes(study).timetable, self.line), words.cutoff(abs(self.minutes))
        return words(key, line=line, minutes=minutes, when=_span(self.between, words))


@step
class SetInterval(LineStep):
    """A line at a fixed interval in minutes between two times of the day."""

    line: Text
    every: Number
    between: Pair

    def planned(self, timetable: Timetable, study: Study) -> Timetable:  # noqa: ARG002 - of the timetable alone
        return plans.interval(timetable, self.line, self.every, between=self.between)

    def told(self, study: Study, words: Words) -> str:
        line, every = plans.line_name(Changes(study).timetable, self.line), words.cutoff(self.every)
        return words("step_set_interval", line=line, every=every, when=_span(self.between, words))


def _clock(time: str, words: Words) -> str:
    hour, minute, *_ = f"{time}:00".split(":")
    return words("clock", hour=int(hour), minute=minute)


def _span(between: tuple[str, str] | None, words: Words) -> str:
    if between is None:
        return ""
    return words("line_between", first=_clock(between[0], words), last=_clock(between[1], words))


def _days(days: tuple[str, ...], words: Words) -> str:
    names = dict(zip(WEEKDAYS, words("weekdays_short").split(), strict=True))
    return words("line_days", days=", ".join(names.get(day, day) for day in days))
