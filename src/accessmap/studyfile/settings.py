"""What a study.toml may say: its sections and keys, checked by pydantic."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from accessmap.read.layouts.known import GENERIC, LAYOUTS
from accessmap.words.near import category_meant

Minutes = Annotated[float, Field(gt=0, le=1440, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Text = Annotated[str, StringConstraints(min_length=1)]
CategoryName = Annotated[Text, AfterValidator(lambda name: category_meant(name))]
"""A category: one of those published may be named in French."""


class _Section(BaseModel):
    """A table of the file: no key but those named here, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    sources: ClassVar[tuple[str, ...]] = ()
    """Keys of which exactly one is given."""

    @property
    def own(self) -> bool:
        """Whether it says anything itself, and not only by its sub-tables."""
        return True

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in self.sources if getattr(self, name) not in (None, False)]
        if self.sources and self.own and len(given) != 1:
            kind = "one_of" if given else "none_of"
            raise PydanticCustomError(kind, "exactly one of {names}", {"names": ", ".join(self.sources)})
        return self


class Credit(_Section):
    """Where a file comes from, as pages must quote it."""

    title: str = ""
    publisher: str = ""
    licence: str = ""
    vintage: str = ""
    url: str | None = None


class StudySection(_Section):
    """`[study]`: title, language, thresholds in minutes, and the territory."""

    title: str = ""
    lang: Literal["fr", "en"] = "fr"
    thresholds: Annotated[list[Minutes], Field(min_length=1)] = [10, 20, 30]
    territory: list[Text] = []


class _FileSection(_Section):
    """A table of data: a file and how to read it, or what stands in for one."""

    path: Text | None = None
    columns: dict[str, str] = {}
    crs: str | int | None = None
    encoding: Text | None = None
    layer: Text | None = None
    source: Credit | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The options with which every reader of tables is called; an empty name of a column is none."""
        columns = {name: column or None for name, column in self.columns.items()} or None
        return {"columns": columns, "crs": self.crs, "encoding": self.encoding, "layer": self.layer}


class CommunesSection(_FileSection):
    """`[communes]`: a file and what stands beside it, or those of the sample, up to `around_km` from the territory."""

    sample: bool = False
    population: Text | None = None
    population_source: Credit | None = None
    epci: Text | None = None
    epci_source: Credit | None = None
    zonages: Text | list[Text] = []
    around_km: Positive | None = None
    sources = ("path", "sample")


class ResidentsSection(_FileSection):
    """`[residents]`: a file, the residents of the sample, or people spread around the mairies."""

    sample: bool = False
    modelled: bool = False
    cell_metres: Positive | None = None
    clip: bool = False
    calibrate: bool = False
    sources = ("path", "sample", "modelled")


class ServicesSection(_FileSection):
    """`[[services]]`: a file of services of one category or several, or the services of the sample."""

    sample: bool = False
    category: CategoryName | None = None
    layout: Text | None = None
    types: Text | None = None
    clip: bool = False
    spread: bool = False
    accessibility: Text | None = None
    sources = ("path", "sample")

    @field_validator("layout")
    @classmethod
    def _known(cls, layout: str | None) -> str | None:
        known = (*LAYOUTS, GENERIC)
        if layout is not None and layout not in known:
            expected = ", ".join(f"'{name}'" for name in known)
            raise PydanticCustomError("unknown_layout", "one of {expected}", {"expected": expected})
        return layout


class ModeSection(_Section):
    """`[roads.walk]`: a file of roads, two tables of nodes and edges, or a modelled network, of one mode."""

    path: Text | None = None
    nodes: Text | None = None
    edges: Text | None = None
    modelled: bool = False
    country: Text | None = None
    layer: Text | None = None
    clip: bool = False
    buffer_metres: NotNegative = 10_000
    directed: bool = True
    access_kmh: Positive = 4.8
    local_metres: NotNegative = 0
    max_metres: Positive = 2_000
    columns: dict[str, Text] = {}
    kmh: dict[str, Positive] = {}
    source: Credit | None = None
    sources = ("path", "edges", "modelled")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.nodes is None) != (self.edges is None):
            raise PydanticCustomError("nodes_and_edges", "nodes and edges go together")
        return self


class RoadsSection(ModeSection):
    """`[roads]`: the network of one mode, or of several in sub-tables; its own comes before theirs."""

    mode: Literal["car", "bike", "walk"] = "car"
    car: ModeSection | None = None
    bike: ModeSection | None = None
    walk: ModeSection | None = None

    @property
    def own(self) -> bool:
        """Whether it names a network itself."""
        return not self.model_fields_set or bool(self.model_fields_set - {"car", "bike", "walk"})

    @property
    def by_mode(self) -> dict[str, tuple[tuple[str, ...], ModeSection]]:
        """The path and the section of each network, by mode, in the order of the study."""
        found: dict[str, tuple[tuple[str, ...], ModeSection]] = {self.mode: (("roads",), self)} if self.own else {}
        for mode, section in (("car", self.car), ("bike", self.bike), ("walk", self.walk)):
            if section is not None:
                found[mode] = ("roads", mode), section
        return found

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if self.own and getattr(self, self.mode) is not None:
            raise PydanticCustomError("mode_twice", "{mode} twice", {"mode": self.mode})
        return self


Pair = Annotated[list[Text], Field(min_length=2, max_length=2)]


class OnDemandSection(_Section):
    """`[[transit.on_demand]]`: transport on demand beside the timetable, as `accessmap.OnDemand`."""

    zone: Text | Annotated[list[Text], Field(min_length=1)]
    hours: Text
    stops: Annotated[list[Text], Field(min_length=1)] | None = None
    speed_factor: Annotated[float, Field(gt=0, le=1)] = 1
    wait: NotNegative = 0
    notice: NotNegative | Text | Annotated[list[int | Text], Field(min_length=2, max_length=2)] | None = None
    door: bool = True
    wheelchair: bool | None = None
    name: str = ""


class TransitSection(_Section):
    """`[transit]`: timetables, and how one goes by them; the streets are those of `[roads.walk]`."""

    gtfs: Annotated[list[Text], Field(min_length=1)]
    licence: Text | None = None
    bad_trips: Literal["error", "drop"] = "error"
    date: Text | dt.date = "tuesday"
    access: Literal["walk", "bike", "car"] = "walk"
    egress: Literal["walk", "bike", "car"] = "walk"
    access_minutes: NotNegative = 30
    egress_minutes: NotNegative = 30
    transfer_minutes: NotNegative = 10
    most_rides: Annotated[int, Field(ge=1)] = 4
    depart: Text | list[Text] = ["07:00", "09:00"]
    percentile: Annotated[float, Field(ge=0, le=100)] = 50
    stay: NotNegative = 60
    between: Pair = ["08:00", "18:00"]
    wheelchair: bool = False
    on_demand: list[OnDemandSection] = []


class DigitalSection(_FileSection):
    """`[digital]`: fast internet by commune."""

    path: Text
    quarter: Text | None = None
    percent: bool | None = None
    cap: bool = False


class SchoolsSection(_FileSection):
    """`[schools]`: the schools, and the file of their pupils."""

    path: Text
    roll: Text | None = None
    clip: bool = False


class EquipmentSection(_FileSection):
    """`[equipment]`: what the schools are equipped with."""

    path: Text


class ReferenceSection(_Section):
    """`[reference]`: files of published figures, which the dossier sets beside its own."""

    path: Text | list[Text]
    encoding: Text | None = None
    source: Credit | None = None

    @property
    def paths(self) -> list[str]:
        """The files, in order."""
        return [self.path] if isinstance(self.path, str) else self.path


class EarlierSection(_Section):
    """`[[earlier]]`: the same territory at an earlier date: another study.toml, or the folder of a saved study."""

    name: Text
    path: Text


class ProgrammeSection(_Section):
    """`[programme]`: the operations of a contract."""

    path: Text


class ScenariosSection(_Section):
    """`[scenarios]`: files of scenarios, as `accessmap.read_scenarios` reads them."""

    path: Text | list[Text]

    @property
    def paths(self) -> list[str]:
        """The files, in order."""
        return [self.path] if isinstance(self.path, str) else self.path


class DossierSection(_Section):
    """`[dossier]`: which service it is about, where it is written, and in which formats."""

    category: CategoryName | None = None
    alongside: list[CategoryName] | None = None
    candidates: CategoryName = "mairie"
    out: Text = "out"
    name: Annotated[str, StringConstraints(pattern=r"^[\w][\w.-]*$")] | None = None
    title: Text | None = None
    subtitle: Text | None = None
    logo: Text | None = None
    colour: Text | None = None
    formats: list[Literal["csv", "gpkg", "parquet", "pdf", "tableur", "xlsx"]] = ["xlsx", "gpkg"]


HalfDays = Annotated[int, Field(ge=1, le=12)]


class BundleServiceSection(_Section):
    """`[bundle.services.france_services]`: as `accessmap.siting.BundleService`; and the half-days of unknown hours."""

    opening: NotNegative = 0
    half_day: NotNegative = 0
    capacity: Positive | None = None
    least: HalfDays = 1
    most: HalfDays = 10
    weight: Positive = 1
    today: Annotated[float, Field(gt=0, le=14)] | None = None


class BundleSection(_Section):
    """`[bundle]`: several services in shared buildings, for `accessmap site --bundle`."""

    name: Text = "Bouquet"
    candidates: CategoryName = "mairie"
    building: NotNegative = 0
    budget: Annotated[dict[Annotated[str, StringConstraints(pattern=r"^\d{4}$")], NotNegative], Field(min_length=1)]
    services: Annotated[dict[CategoryName, BundleServiceSection], Field(min_length=1)]
    carry_over: bool = False
    unserved_minutes: Positive | None = None


class CheckSection(_Section):
    """`[check]`: what of the roads may be beyond the bounds of `accessmap.study.plausibility`, by name."""

    accept: list[Text] = []


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=0.3, allow_inf_nan=False)]
Wide = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]


class UncertaintySection(_Section):
    """`[uncertainty]`: how sure the decision is; what is not given is as `accessmap.uncertainty.assumptions` has it."""

    network: Share | None = None
    road_class: Spread | None = None
    place: Spread | None = None
    legs: Share | None = None
    homes: Wide | None = None
    population: Share | None = None
    population_year: Share | None = None
    closed_year: Share | None = None
    missing_year: Share | None = None
    turnover: Wide | None = None
    hours: Share | None = None
    capacity: Share | None = None
    classes: dict[str, Spread] = {}
    years: dict[Literal["services", "population"], Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]] = {}


class Settings(_Section):
    """A whole study.toml."""

    study: StudySection = StudySection()
    communes: CommunesSection
    residents: ResidentsSection | None = None
    services: list[ServicesSection] = []
    roads: RoadsSection = RoadsSection(modelled=True)
    transit: TransitSection | None = None
    digital: DigitalSection | None = None
    schools: SchoolsSection | None = None
    equipment: EquipmentSection | None = None
    reference: ReferenceSection | None = None
    earlier: list[EarlierSection] = []
    programme: ProgrammeSection | None = None
    scenarios: ScenariosSection | None = None
    scenario: list[dict[str, Any]] = []
    dossier: DossierSection = DossierSection()
    uncertainty: UncertaintySection | None = None
    bundle: BundleSection | None = None
    check: CheckSection = CheckSection()

    @model_validator(mode="after")
    def _sample(self) -> Settings:
        parts = [part for part in (self.residents, *self.services) if part is not None]
        if self.equipment is not None and self.schools is None:
            raise PydanticCustomError("equipment_needs_schools", "equipment goes with schools")
        if not self.communes.sample and any(part.sample for part in parts):
            raise PydanticCustomError("sample_needs_sample", "the sample's tables go with its communes")
        return self
