"""The steps of a scenario that change transport on demand (TAD): one more beside the timetable, or one less."""

from __future__ import annotations

from typing import Annotated, Any, Final

import geopandas as gpd
import shapely
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from accessmap.errors import AccessmapError, OptionError, Problem, ScenarioError
from accessmap.roads.readers.tables import clip_polygon
from accessmap.roads.transit.on_demand import OnDemand, notice_note
from accessmap.study.line_steps import Flag, LineStep, Texts
from accessmap.study.named import commune_code
from accessmap.study.steps import Amount, Changes, Share, Text, step
from accessmap.study.study import Study
from accessmap.words.near import near_names
from accessmap.words.notes import DayRead, Note
from accessmap.words.opening import hours_text
from accessmap.words.words import Words

__all__ = ["zone_texts"]

#: Communes and stops that are written out.
MOST: Final = 6
#: Square metres of a square kilometre.
KM2: Final = 1e6


def _notice(value: object) -> object:
    try:
        notice_note(value)  # type: ignore[arg-type]
    except OptionError as error:
        raise PydanticCustomError("notice", "{why}", {"why": str(error).replace("{", "(")}) from error
    return value


@step
class AddOnDemand(LineStep):
    """Transport on demand more: its zone, its hours and its notice, as `OnDemand`; it goes by the roads of "car".

    The zone is codes or names of communes, or one polygon in degrees as text (WKT).
    """

    name: Text
    zone: Annotated[Texts, Field(min_length=1)]
    hours: Text
    stops: Annotated[Texts, Field(min_length=1)] | None = None
    speed_factor: Share | None = None
    wait: Amount | None = None
    notice: Annotated[Any, AfterValidator(_notice)] = None
    door: Flag | None = None
    wheelchair: Flag | None = None

    def apply(self, changes: Changes) -> None:
        if self.name in changes.names_on_demand:
            raise ScenarioError(Problem("step_on_demand_taken", value=self.name))
        more, timetable, car = self._made(changes.before), changes.timetable, changes.before.networks.get("car")
        try:
            runs = [more.asked(day, timetable.stops) for day in changes.days]
            for journeys in changes.journeys:
                journeys.over(timetable, on_demand=[more], car=car)
        except OptionError as error:
            raise ScenarioError(*error.problems) from error
        if not any(runs):
            day = DayRead.of(changes.days[0])
            changes.cautions.append(Note("on_demand_not_that_day", name=self.name, day=day))
        changes.on_demand = {mode: (*each, more) for mode, each in changes.on_demand.items()}

    def _made(self, study: Study) -> OnDemand:
        given = {name: value for name, value in self.values().items() if name != "zone"}
        drawn = _drawn(self.zone)
        zone = [commune_code(study, each) for each in self.zone] if drawn is None else drawn
        try:
            return OnDemand(zone, given.pop("hours"), given.pop("stops", None), communes=study.communes, **given)
        except AccessmapError as error:
            raise ScenarioError(*error.problems) from error

    def told(self, study: Study, words: Words) -> str:
        drawn = _drawn(self.zone)
        if drawn is None:
            names = study.communes["name"][[commune_code(study, each) for each in self.zone]]
            zone = words.listed(names.tolist(), most=MOST)
        else:
            area = gpd.GeoSeries([drawn], crs=4326).to_crs(study.services.crs).area.iloc[0] / KM2
            zone = words("on_demand_drawn", area=words.count(area, digits=0 if area >= 1 else 1))
        known = Changes(study).timetable.stops["name"]
        stops = [str(known.get(stop, stop)) for stop in self.stops or ()]
        key = "on_demand_between" if self.door is False else "on_demand_calls"
        calls = words(key, stops=words.listed(stops, most=MOST)) if stops else ""
        booked = "" if self.notice is None else words("on_demand_booked", booking=notice_note(self.notice))
        when = hours_text(self.hours, words)
        return words("step_add_on_demand", name=self.name, zone=zone, hours=when, calls=calls, booked=booked)


@step
class CutOnDemand(LineStep):
    """Transport on demand that stops: one of the study, or one that an earlier step adds, by its name."""

    name: Text

    def apply(self, changes: Changes) -> None:
        known = changes.names_on_demand
        if self.name not in known:
            near = near_names(self.name, known)
            raise ScenarioError(Problem("step_on_demand_unknown", value=self.name, near=near))
        changes.on_demand = {
            mode: tuple(each for each in asked if each.name != self.name) for mode, asked in changes.on_demand.items()
        }

    def told(self, study: Study, words: Words) -> str:  # noqa: ARG002 - it is called as the step calls it
        return words("step_cut_on_demand", name=self.name)


def zone_texts(zone: Any) -> tuple[str, ...]:
    """Return a zone as a step holds it: codes or names as they are, a place as one polygon in degrees (WKT)."""
    if isinstance(zone, str):
        return (zone,)
    if isinstance(zone, list | tuple) and all(isinstance(each, str) for each in zone):
        return tuple(zone)
    return (shapely.to_wkt(clip_polygon(zone), rounding_precision=6),)


def _drawn(zone: tuple[str, ...]) -> Any:
    """Return the polygon of a zone that is drawn; None where it is communes."""
    if len(zone) != 1 or not zone[0].strip().upper().startswith(("POLYGON", "MULTIPOLYGON")):
        return None
    try:
        return shapely.from_wkt(zone[0])
    except shapely.errors.ShapelyError as error:
        raise ScenarioError(Problem("step_on_demand_wkt", why=str(error))) from error
