"""Scenario: a named, ordered list of changes to services, roads and lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from accessmap.errors import Problem, Problems, ScenarioError
from accessmap.roads.transit.on_demand import Notice
from accessmap.study.line_steps import AddLine, AddStop, CutLine, SetInterval, ShiftLine
from accessmap.study.on_demand_steps import AddOnDemand, CutOnDemand, zone_texts
from accessmap.study.steps import (
    Changes,
    Close,
    CloseRoad,
    Connect,
    Equip,
    Move,
    Open,
    Set,
    SetSpeed,
    Step,
    add_fault,
)
from accessmap.study.study import Study
from accessmap.tables.contracts import check_services
from accessmap.words.cards import scenario_card
from accessmap.words.near import near_names
from accessmap.words.notes import Note
from accessmap.words.words import BASELINE, Words

# What a scenario is: a plan that may be decided, or how things were before.
KINDS: Final = ("proposal", "history")


@dataclass(frozen=True)
class Scenario:
    """A named, ordered list of changes to services, roads and lines; each method returns a new one.

    No study is touched.

    Parameters
    ----------
    name
        As maps and tables show it.
    steps
        The changes, first to last.
    kind
        "proposal", what may be decided; or "history", how things were: a dossier tells it apart, never as a plan.

    Examples
    --------
    >>> plan = Scenario("Coucy").open("france_services", commune="02217").close("france_services-02602")
    >>> [step.action for step in plan.steps]
    ['open', 'close']

    A site has its id, or is the only one of a category in a commune:

    >>> plan = Scenario("Chauny").close(category="mairie", commune="Chauny")
    """

    name: str
    steps: tuple[Step, ...] = ()
    kind: str = "proposal"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ScenarioError(Problem("scenario_blank_name", value=self.name, name=repr(self.name)))
        if self.name == BASELINE:
            raise ScenarioError(Problem("scenario_baseline_name", value=self.name, name=repr(self.name)))
        if self.kind not in KINDS:
            near = near_names(self.kind, KINDS) if isinstance(self.kind, str) else ()
            raise ScenarioError(Problem("scenario_kind", value=self.kind, near=near, shown=repr(self.kind)))

    def then(self, step: Step) -> Scenario:
        """Return the scenario with one more step, of any action: those below, or one of yours."""
        if not isinstance(step, Step):
            raise ScenarioError(Problem("scenario_no_step", value=step, shown=repr(step)))
        return replace(self, steps=(*self.steps, step))

    def open(
        self,
        category: str,
        *,
        commune: str | None = None,
        lon: float | None = None,
        lat: float | None = None,
        id: str | None = None,
        name: str | None = None,
        category_label: str | None = None,
    ) -> Scenario:
        """Return the scenario with a new site of this category, at a commune's mairie or at a point in degrees.

        A category of your own whose name is near that of another is taken for a slip, unless `category_label`, the word
        that maps show, says that it is meant.
        """
        place: dict[str, Any] = {"commune": commune, "lon": lon, "lat": lat}
        return self.then(Open(category=category, category_label=category_label, id=id, name=name, **place))

    def close(self, id: str | None = None, *, category: str | None = None, commune: str | None = None) -> Scenario:
        """Return the scenario with this site closed: the one of this id, or of this category in this commune."""
        return self.then(Close(id=id, category=category, commune=commune))

    def move(
        self,
        id: str | None = None,
        *,
        category: str | None = None,
        from_commune: str | None = None,
        commune: str | None = None,
        lon: float | None = None,
        lat: float | None = None,
    ) -> Scenario:
        """Return the scenario with a site, by id or by category and commune, at a commune's mairie or a point."""
        place: dict[str, Any] = {"commune": commune, "lon": lon, "lat": lat}
        return self.then(Move(id=id, category=category, from_commune=from_commune, **place))

    def adapt(
        self,
        id: str | None = None,
        *,
        category: str | None = None,
        commune: str | None = None,
        step_free: str = "yes",
    ) -> Scenario:
        """Return the scenario with a site, named as for `close`, made step-free ("yes"), not ("no"), or "unknown"."""
        return self.then(Set(id=id, category=category, commune=commune, step_free=step_free))

    def resize(
        self, id: str | None = None, *, capacity: float, category: str | None = None, commune: str | None = None
    ) -> Scenario:
        """Return the scenario with another capacity for a site, named as for `close`, in the unit of its category."""
        return self.then(Set(id=id, category=category, commune=commune, capacity=capacity))

    def set_hours(
        self, id: str | None, hours: str, *, category: str | None = None, commune: str | None = None
    ) -> Scenario:
        """Return the scenario with other opening hours (OSM syntax) of a site; of id None named as for `close`."""
        return self.then(Set(id=id, category=category, commune=commune, hours=hours))

    def close_road(self, u: Any, v: Any) -> Scenario:
        """Return the scenario with the road between two nodes closed, both ways: a bridge, say."""
        return self.then(CloseRoad(road=(u, v)))

    def set_speed(self, u: Any, v: Any, *, kmh: float) -> Scenario:
        """Return the scenario with another speed between two nodes, both ways, in km/h; delays at the ends are lost."""
        return self.then(SetSpeed(road=(u, v), kmh=kmh))

    def connect(self, commune: str, *, technology: str = "fibre", share: float = 1.0) -> Scenario:
        """Return the scenario with this share (0-1) of a commune's premises connectable, never less than before."""
        return self.then(Connect(commune=commune, technology=technology, share=share))

    def equip(
        self,
        school: str,
        *,
        tablets: float | None = None,
        interactive_boards: float | None = None,
        ent: str | None = None,
        connection_mbps: float | None = None,
    ) -> Scenario:
        """Return the scenario with this school equipped: tablets and boards come on top of those that are there."""
        given = {"tablets": tablets, "interactive_boards": interactive_boards, "connection_mbps": connection_mbps}
        return self.then(Equip(id=school, ent=ent, **given))

    def add_line(
        self,
        line: str,
        stops: Sequence[str],
        *,
        minutes: Sequence[float],
        departures: Sequence[str] | None = None,
        every: float | None = None,
        between: tuple[str, str] | None = None,
        both_ways: bool | None = None,
        days: Sequence[str] | None = None,
        mode: str | None = None,
    ) -> Scenario:
        """Return the scenario with a line more in the timetable of the study; options are those of `lines.add`."""
        lists = {"departures": departures, "between": between, "days": days}
        given: dict[str, Any] = {
            name: value if value is None or isinstance(value, str) else tuple(value) for name, value in lists.items()
        }
        calls: dict[str, Any] = {"stops": stops if isinstance(stops, str) else tuple(stops), "minutes": tuple(minutes)}
        return self.then(AddLine(line=line, every=every, both_ways=both_ways, mode=mode, **calls, **given))

    def add_stop(
        self,
        stop: str,
        *,
        name: str | None = None,
        commune: str | None = None,
        lon: float | None = None,
        lat: float | None = None,
    ) -> Scenario:
        """Return the scenario with a stop more, at a commune's mairie or at a point in degrees, for a line to serve."""
        return self.then(AddStop(stop=stop, name=name, commune=commune, lon=lon, lat=lat))

    def cut_line(self, line: str, *, between: tuple[str, str] | None = None) -> Scenario:
        """Return the scenario with a line cut, or its trips that set out between two times: see `lines.cut`."""
        return self.then(CutLine(line=line, between=between))

    def shift_line(self, line: str, minutes: float, *, between: tuple[str, str] | None = None) -> Scenario:
        """Return the scenario with the trips of a line so many minutes later, or earlier: see `lines.shift`."""
        return self.then(ShiftLine(line=line, minutes=minutes, between=between))

    def set_interval(self, line: str, every: float, *, between: tuple[str, str]) -> Scenario:
        """Return the scenario with a line every so many minutes between two times of the day: see `lines.interval`."""
        return self.then(SetInterval(line=line, every=every, between=between))

    def add_on_demand(
        self,
        name: str,
        zone: Any,
        hours: str,
        stops: Sequence[str] | None = None,
        *,
        speed_factor: float | None = None,
        wait: float | None = None,
        notice: Notice = None,
        door: bool | None = None,
        wheelchair: bool | None = None,
    ) -> Scenario:
        """Return the scenario with transport on demand (TAD) more; options are those of `accessmap.OnDemand`.

        The zone is a commune (code or name), several, or a place as `OnDemand` takes it. It goes by the roads of "car".
        """
        given: dict[str, Any] = {"speed_factor": speed_factor, "wait": wait, "door": door, "wheelchair": wheelchair}
        given["notice"] = tuple(notice) if isinstance(notice, list) else notice
        given["stops"] = stops if stops is None or isinstance(stops, str) else tuple(stops)
        return self.then(AddOnDemand(name=name, zone=zone_texts(zone), hours=hours, **given))

    def cut_on_demand(self, name: str) -> Scenario:
        """Return the scenario without the transport on demand of this name that is given beside the timetable."""
        return self.then(CutOnDemand(name=name))

    def named(self, name: str) -> Scenario:
        """Return the same changes under another name."""
        return replace(self, name=name)

    def table(self) -> dict[str, Any]:
        """Return the scenario as a TOML file holds it: name, kind where it is history, steps with their action."""

        def told(step: Step) -> dict[str, Any]:
            given = {name: list(value) if isinstance(value, tuple) else value for name, value in step.values().items()}
            return {"action": step.action, **given}

        kind = {} if self.kind == "proposal" else {"kind": self.kind}
        return {"name": self.name, **kind, "step": [told(step) for step in self.steps]}

    @property
    def hash(self) -> str:
        """A hash of the changes (not of the name), the same on every machine and in every version of Python."""
        steps = [step.given() for step in self.steps]
        return sha256(json.dumps(steps, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def __add__(self, other: Scenario) -> Scenario:
        """Return both, one after the other, named "a + b"; it is history where both are."""
        if not isinstance(other, Scenario):
            return NotImplemented
        kind = self.kind if self.kind == other.kind else "proposal"
        return Scenario(f"{self.name} + {other.name}", self.steps + other.steps, kind)

    def apply(self, study: Study) -> Study:
        """Return the study as it would be; minutes that are known are not routed again unless the roads change.

        Raises
        ------
        ScenarioError
            Every step that cannot be carried out, at once, with near matches.
        TableError
            Where a changed service breaks the contract.
        """
        return self._carried_out(study)[0]

    def with_ids(self, study: Study) -> Scenario:
        """Return the scenario with the id of each site that a step names by category and commune.

        Raises
        ------
        ScenarioError
            As `apply`.
        """
        if not any(step.names_site and step.id is None for step in self.steps):
            return self
        return replace(self, steps=self._carried_out(study)[1])

    def told(self, study: Study, words: Words) -> list[str]:
        """Return what each step does, in words: a site that an earlier step opens has its name too."""
        changes, lines = Changes(study), []
        for step in self.with_ids(study).steps:
            lines.append(step.told(changes.study(), words))
            step.apply(changes)
        return lines

    def _carried_out(self, study: Study) -> tuple[Study, tuple[Step, ...]]:
        problems = Problems()
        changes = Changes(study)
        done: list[Step] = []
        for number, step in enumerate(self.steps, start=1):
            found = step.wrong()
            place = Note("scenario_step", number=number, action=step.action)
            for fault in found:
                add_fault(problems, fault, type(step), step.values(), place)
            if found:
                continue
            try:
                done.append(step.with_id(changes))
                done[-1].apply(changes)
            except ScenarioError as error:
                problems += [problem.at(place) for problem in error.problems]
        problems.raise_if_any(ScenarioError, Note("scenario_named", name=repr(self.name)))
        # What no step has touched was checked with the study.
        touched = changes.services.index.intersection(list(changes.touched))
        if len(touched):
            check_services(changes.services.loc[touched], study.communes)
        return changes.study(), tuple(done)

    def _repr_html_(self) -> str:
        told = [
            {**step.given(), **({"label": step.words["fr"].format(**step.values())} if step.words else {})}
            for step in self.steps
        ]
        return scenario_card(self.name, told)
