"""Study: the tables, the networks and what they know of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import pandas as pd

from accessmap.errors import Problem, Problems, StudyError
from accessmap.provenance import Provenance, Source
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.journeys import Journeys, JourneyTrips
from accessmap.roads.trips import Trips
from accessmap.study.saved import save
from accessmap.study.travel import Known
from accessmap.tables.checks import crs_name, on_earth
from accessmap.tables.contracts import (
    check_communes,
    check_digital,
    check_equipment,
    check_residents,
    check_schools,
    check_services,
    kinds_counted,
    moving,
)
from accessmap.tables.cutoffs import cutoffs_of
from accessmap.words.cards import study_card
from accessmap.words.near import category_meant, near_names, some
from accessmap.words.notes import Metres, Note, first_few

if TYPE_CHECKING:
    from accessmap.roads.transit.on_demand import OnDemand
    from accessmap.roads.transit.timetable import Timetable

NOTE_COLUMNS = ("table", "id", "commune", "problem", "remedy")


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Study:
    """Who, what and how of one territory, checked once; read-only.

    A study can be pickled and deep-copied (what it has routed stays behind), and kept as a folder: `save`.

    Parameters
    ----------
    communes, residents, services
        Tables in the contract of `accessmap.tables.contracts`.
    network
        The roads: one network, or one a mode as in `networks`.
    networks
        Mode to network, such as ``{"car": …, "walk": …}``: the first is that of minutes where no mode is named, and is
        one of roads. Any other may be the journeys of a timetable (`Timetable.journeys`): ``{…, "transit": journeys}``.
    title
        Name of the territory, as the public reads it.
    thresholds
        Minutes at which coverage is counted.
    scenarios
        Name to scenario.
    provenance
        Where the tables come from; that of the networks is added to it.
    notes
        What was repaired or supposed while the tables were read: table, id, commune, problem, remedy. What the tables
        themselves say of it (`.attrs["read_notes"]`) is added.
    cautions
        What whoever reads a result must know first, as sentences: the dossier prints them at its top.
    digital
        Shares of premises with fast internet, by commune (`accessmap.tables.contracts`), where they are known.
    schools, equipment
        Schools and what they are equipped with (`accessmap.tables.contracts`), where they are known.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    StudyError
        Where there is no network, or both `network` and `networks`.
    """

    communes: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    services: gpd.GeoDataFrame
    networks: Mapping[str, RoadNetwork | Journeys]
    title: str
    thresholds: tuple[float, ...]
    scenarios: Mapping[str, Any]  # a Scenario knows the study it is applied to, which need not know it
    provenance: Provenance
    notes: pd.DataFrame
    cautions: tuple[str, ...]
    digital: pd.DataFrame | None
    schools: gpd.GeoDataFrame | None
    equipment: pd.DataFrame | None
    _categories: frozenset[str] = field(init=False)  # had, here or before a scenario closed the last of their sites
    _known: dict[str, Known] = field(init=False)

    def __init__(
        self,
        communes: gpd.GeoDataFrame,
        residents: gpd.GeoDataFrame,
        services: gpd.GeoDataFrame,
        network: RoadNetwork | Mapping[str, RoadNetwork] | None = None,
        *,
        networks: Mapping[str, RoadNetwork | Journeys] | None = None,
        title: str = "",
        thresholds: Iterable[float] = (10, 20, 30),
        scenarios: Mapping[str, Any] = MappingProxyType({}),
        provenance: Provenance | None = None,
        notes: pd.DataFrame | None = None,
        cautions: Iterable[str] = (),
        digital: pd.DataFrame | None = None,
        schools: gpd.GeoDataFrame | None = None,
        equipment: pd.DataFrame | None = None,
    ) -> None:
        check_communes(communes)
        check_residents(residents, communes)
        check_services(services, communes)
        more = {"digital": digital, "schools": schools, "equipment": equipment}
        if digital is not None:
            check_digital(digital, communes)
        if schools is not None:
            check_schools(schools, communes)
        if equipment is not None:
            check_equipment(equipment, schools)
        if (network is None) == (networks is None):
            raise StudyError(Problem("study_networks_once"))
        self.__dict__.update(
            communes=communes,
            residents=residents,
            services=services,
            networks=_by_mode(network if networks is None else networks),
            title=title,
            thresholds=tuple(cutoffs_of(thresholds)),
            scenarios=MappingProxyType(dict(scenarios)),
            provenance=Provenance() if provenance is None else provenance,
            notes=_with_said(notes, communes=communes, residents=residents, services=services, **more),
            cautions=tuple(cautions),
            digital=digital,
            schools=schools,
            equipment=equipment,
            _categories=frozenset(services["category"]),
            _known={},
        )

    def __getstate__(self) -> dict[str, Any]:
        proxies = {"networks": dict(self.networks), "scenarios": dict(self.scenarios)}
        return {**self.__dict__, **proxies, "_known": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        proxies = {name: MappingProxyType(state[name]) for name in ("networks", "scenarios")}
        self.__dict__.update({**state, **proxies})

    # ------------------------------------------------------------------ who and what

    @property
    def network(self) -> RoadNetwork:
        """The first of the networks: that of minutes where no mode is named."""
        first: Any = next(iter(self.networks.values()))  # of roads: `_by_mode`
        return cast("RoadNetwork", first)

    @property
    def journeys(self) -> Journeys | None:
        """The journeys by a timetable, the first of the modes that are any; None where there are none."""
        return next((each for each in self.networks.values() if isinstance(each, Journeys)), None)

    @property
    def inside(self) -> pd.Series[bool]:
        """True for the residents of the territory, by resident."""
        inside = self.communes.index[self.communes["in_territory"]]
        return pd.Series(self.residents["commune"].isin(inside), name="in_territory")

    @property
    def people(self) -> pd.Series[float]:
        """The people of the territory, by resident: what a measure of the territory is weighted by."""
        people: pd.Series[float] = self.residents.loc[self.inside, "population"]
        return people

    @property
    def counted(self) -> gpd.GeoDataFrame:
        """The communes with the people that the residents count there as `population`: what every total is made of.

        What the communes themselves say, the legal population, is in `population_legal`; the two are one where
        residents were read with `calibrate=True`.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> bool(study.counted["population"].sum() == study.residents["population"].sum())
        True
        """
        people = self.residents["population"].groupby(self.residents["commune"]).sum()
        here = people.reindex(self.communes.index, fill_value=0)
        return self.communes.assign(population=here, population_legal=self.communes["population"])

    @property
    def mairies(self) -> gpd.GeoDataFrame:
        """The mairies among the services, which may be none."""
        return self.services[self.services["category"] == "mairie"]

    @property
    def credit(self) -> Provenance:
        """The provenance of a result: that of the tables and those of the networks."""
        first, *others = (network.provenance for network in self.networks.values())
        for other in others:
            first += Provenance(other.sources, modelled=other.modelled)
        if self.journeys is not None:
            first = Provenance(
                first.sources, {**first.parameters, **self.journeys.provenance.parameters}, first.modelled
            )
        return self.provenance + first

    @property
    def estimated(self) -> bool:
        """Whether minutes over real roads are estimates in a mode: see `RoadNetwork.estimated`."""
        return any(isinstance(each, RoadNetwork) and each.estimated for each in self.networks.values())

    @property
    def vintages(self) -> pd.DataFrame:
        """The date of each table and of each category of services: table, category, vintage, title, publisher.

        `vintage` is a year or a date as its source says it (several, with commas, where several sources fill one), and
        missing where none does. `category` is that of services, and the mode of roads; of other tables it is missing.
        After the tables of the study come the files beside them: "population", "epci", "zonage", "roll", "step_free",
        "reference".

        Examples
        --------
        >>> import accessmap as am
        >>> dates = am.load_sample().vintages
        >>> dates.loc[dates["category"] == "hospital", ["table", "vintage"]].to_numpy().tolist()
        [['services', '2020']]
        """
        asked: list[tuple[str, str | None, Iterable[Source]]] = []
        for name in _TABLES[:-1]:
            if getattr(self, name) is None:
                continue
            kinds = sorted(set(self.services["category"])) if name == "services" else [None]
            for kind in kinds:
                of = {name} if kind is None else {name, f"{name}.{kind}"}
                asked.append((name, kind, [each for each in self.provenance.sources if of & set(each.of)]))
        for mode, network in self.networks.items():
            own = [each for each in self.provenance.sources if f"roads.{mode}" in each.of]
            asked.append(("roads", mode, own or network.provenance.sources))
        names = [name for each in self.provenance.sources for name in each.of]
        more = dict.fromkeys(name for name in names if name.partition(".")[0] not in _TABLES)
        asked += [(name, None, [each for each in self.provenance.sources if name in each.of]) for name in more]
        rows = []
        for name, kind, sources in asked:
            told = [_once(getattr(each, key) for each in sources) for key in ("vintage", "title", "publisher")]
            table = getattr(self, name, None)
            attrs = table.attrs if isinstance(table, pd.DataFrame) else {}
            rows.append([name, kind, told[0] or (None if any(told) else attrs.get("vintage")), *told[1:]])
        tables = [getattr(self, name) for name in _TABLES[:-1]]
        beside = [table.attrs.get("beside", {}) for table in tables if table is not None]
        for name, credit in (pair for each in beside for pair in each.items()):
            rows.append([name.partition(".")[0], None, *map(credit.get, ("vintage", "title", "publisher"))])
        return pd.DataFrame(rows, columns=["table", "category", "vintage", "title", "publisher"], dtype=object)

    def vintage(self, table: str, category: str | None = None) -> str:
        """Return the date of a table, or of a category of services, as `vintages` has it; "" where it is not known.

        Examples
        --------
        >>> import accessmap as am
        >>> am.load_sample().vintage("services", "france_services"), am.load_sample().vintage("residents")
        ('2024-08-01', '2023')
        """
        dates = self.vintages
        chosen = dates["table"] == table
        if category is not None:
            chosen &= dates["category"] == category_meant(category, self._categories)
        return _once(dates["vintage"][chosen].dropna()) or ""

    def sites(self, category: str | Iterable[str], *, mobile: bool = False) -> gpd.GeoDataFrame:
        """Return the services of one category, or of several, in the order of the table; buses only where asked for.

        A bus that stops in a place on some days is no site that is there every day: minutes and coverage of a category
        are those to its fixed sites.

        Parameters
        ----------
        category
            A name, or several; of those published the French one too. Under a scenario that closed the last of its
            sites a category has none.
        mobile
            Whether those that move (`mobile` of the services) are among them.

        Raises
        ------
        StudyError
            Where the study has never had one of them, with near matches.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> len(study.sites("hospital")), len(study.sites(["hospital", "france_services"]))
        (7, 20)
        >>> len(study.sites("france_services", mobile=True))
        14
        """
        named = [category] if isinstance(category, str) or not isinstance(category, Iterable) else list(category)
        wanted = [category_meant(name, self._categories) if isinstance(name, str) else name for name in named]
        problems = Problems()
        for name in wanted:
            if name not in self._categories:
                problems.add("study_no_category", value=name, near=near_names(name, sorted(self._categories)))
        if problems or not wanted:
            raise StudyError(*problems or [Problem("study_no_category_given")])
        chosen = self.services["category"].isin(wanted)
        return self.services[chosen if mobile else chosen & ~moving(self.services)]

    # ------------------------------------------------------------------ minutes

    def minutes(
        self,
        services: str | Iterable[str] | gpd.GeoDataFrame | gpd.GeoSeries | None = None,
        *,
        mode: str | None = None,
        progress: bool = False,
    ) -> pd.DataFrame:
        """Return minutes of every resident to these services, float32, residents × services; NaN is not reached.

        Each place is routed to once and remembered, here and in every study made from this one with the same
        residents and network: a scenario is then a choice of columns. A site too far from every road is reached by
        nobody, whatever else is asked with it, be it the only one of the study: `report_data` lists such sites.

        Parameters
        ----------
        services
            A category or several (their fixed sites), or a table of points, such as `sites` returns; all services of
            the study, buses too, where not given.
        mode
            One of `networks`; the first where not given.
        progress
            Show a progress bar on standard error, or in the notebook.

        Raises
        ------
        StudyError
            Where the study has no such category or mode.
        SnapError
            Where not one resident is near the network: the two do not cover one area.

        Examples
        --------
        >>> import accessmap as am
        >>> am.load_sample().minutes("france_services").shape
        (7376, 13)
        """
        return self._routed(mode).minutes(self._points(services), progress=progress)

    def nearest(
        self, category: str | Iterable[str] | gpd.GeoDataFrame, *, mode: str | None = None, progress: bool = False
    ) -> pd.DataFrame:
        """Return the nearest site of every resident, the minutes to it and its id: columns service_id and minutes.

        Parameters
        ----------
        category, mode, progress
            As in `minutes`.

        Returns
        -------
        pandas.DataFrame
            By resident: service_id (<NA> where none is reached) and minutes (NaN there). Of two equally near, the first
            of the table comes first.

        Raises
        ------
        StudyError, SnapError
            As in `minutes`.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> near = study.nearest("france_services")[study.inside]
        >>> am.coverage(near["minutes"], study.people, 10).round(2).to_dict("list")
        {'minutes': [0.72]}
        """
        return self._routed(mode).nearest(self._points(category), progress=progress)

    def trips(self, mode: str | None = None) -> Trips | JourneyTrips:
        """Return the residents of the study joined to the roads of a mode, once: ``.to(points)`` are their trips."""
        return self._routed(mode).trips

    def _routed(self, mode: str | None) -> Known:
        mode = self._mode(mode)
        if mode not in self._known:
            self._known[mode] = Known(self.networks[mode], self.residents.geometry)
        return self._known[mode]

    def _mode(self, mode: str | None) -> str:
        if mode is None:
            return next(iter(self.networks))
        if mode not in self.networks:
            raise StudyError(
                Problem(
                    "study_no_mode",
                    value=mode,
                    near=near_names(mode, self.networks),
                    modes=first_few(list(self.networks)),
                )
            )
        return mode

    def _points(self, services: object) -> gpd.GeoSeries:
        """Return the points that are asked for, in the CRS of the services."""
        if services is None:
            services = self.services
        if isinstance(services, str) or (isinstance(services, Iterable) and not isinstance(services, _NO_NAMES)):
            services = self.sites(services)
        if not isinstance(services, (gpd.GeoDataFrame, gpd.GeoSeries)):
            raise StudyError(Problem("study_no_places", value=type(services).__name__))
        points = services.geometry
        strange = points.geom_type[points.notna()] != "Point"
        if strange.any():
            raise StudyError(Problem("study_no_points", n=int(strange.sum()), value=strange.index[strange][0]))
        same = points.crs is None or points.crs == self.services.crs
        if not same and not on_earth(points.crs):
            raise StudyError(Problem("points_crs_undefined", value=crs_name(points.crs)))
        return points if same else points.to_crs(self.services.crs)

    # ------------------------------------------------------------------ what if

    def with_services(self, services: gpd.GeoDataFrame) -> Study:
        """Return the same study with other services; the minutes already known are kept."""
        check_services(services, self.communes)
        return self._with(services=services)

    def with_network(self, network: RoadNetwork | Journeys, *, mode: str | None = None) -> Study:
        """Return the same study over other roads in one mode, the first where not given: it is routed again."""
        mode = self._mode(mode)
        networks, old = {**self.networks, mode: network}, self.networks[mode]
        for name, each in self.networks.items():  # journeys go by the roads of the study where they did
            if name != mode and isinstance(each, Journeys) and isinstance(network, RoadNetwork):
                streets = {of: network if one is old else one for of, one in each.streets.items()}
                networks[name] = each if streets == each.streets else each.by(streets)
        known = {name: each for name, each in self._known.items() if networks[name] is self.networks[name]}
        known.pop(mode, None)
        return self._with(networks=_by_mode(networks), _known=known)

    def about(self, codes: Iterable[str], *, title: str) -> Study:
        """Return the same study reported on other communes; the minutes already known are kept.

        Parameters
        ----------
        codes
            INSEE codes of the communes of the new territory, all among those of the study.
        title
            Name of the new territory.

        Raises
        ------
        StudyError
            Where a code is no commune of the study, or none is given.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> noyon = study.communes.index[study.communes["epci"] == "246000756"]
        >>> study.about(noyon, title="CC du Pays Noyonnais").title
        'CC du Pays Noyonnais'
        """
        wanted = list(dict.fromkeys(codes))
        unknown = [code for code in wanted if code not in self.communes.index]
        if unknown:
            raise StudyError(Problem("study_unknown_communes", codes=some(unknown, self.communes.index)))
        if not wanted:
            raise StudyError(Problem("study_no_commune_given"))
        return self._with(communes=self.communes.assign(in_territory=self.communes.index.isin(wanted)), title=title)

    def changed(
        self,
        services: gpd.GeoDataFrame,
        network: RoadNetwork,
        *,
        timetable: Timetable | None = None,
        on_demand: Mapping[str, tuple[OnDemand, ...]] = MappingProxyType({}),
        digital: pd.DataFrame | None = None,
        equipment: pd.DataFrame | None = None,
        cautions: Iterable[str] = (),
    ) -> Study:
        """Return the study with tables whose changes the caller has checked; other roads are routed again.

        By another timetable, or other transport on demand by mode, only the rides are searched again: the ways to the
        stops are kept.
        """
        study = self if network is self.network else self.with_network(network)
        for mode, journeys in study.networks.items():
            if not isinstance(journeys, Journeys):
                continue
            lines = journeys.timetable if timetable is None else timetable
            asked = on_demand.get(mode, journeys.terms.on_demand)
            if lines is not journeys.timetable or asked != journeys.terms.on_demand:
                planned = journeys.over(lines, on_demand=asked, car=study.networks.get("car"))
                known = {**study._known, mode: study._routed(mode).over(planned)}
                study = study._with(networks=_by_mode({**study.networks, mode: planned}), _known=known)
        return study._with(
            services=services, digital=digital, equipment=equipment, cautions=(*self.cautions, *cautions)
        )

    def knowing(self, categories: Iterable[str]) -> Study:
        """Return the study with no site of these categories where it never had one: a scenario opens the first."""
        study = self._with()
        study.__dict__["_categories"] = self._categories.union(categories)
        return self if study._categories == self._categories else study

    def _with(self, **changed: object) -> Study:
        """Return a copy with fields changed, without checking again what has been checked."""
        study = object.__new__(type(self))
        study.__dict__.update({**self.__dict__, **changed})
        study.__dict__["_categories"] = self._categories.union(study.services["category"])
        return study

    # ------------------------------------------------------------------ kept and told

    def save(self, folder: str | Path) -> Path:
        """Write the whole study to a folder of its own and return it; `accessmap.load_study` gives it back equal.

        The folder appears whole or not at all; one that holds a saved study is replaced.

        Raises
        ------
        StudyError
            Where the folder holds anything but a saved study, or a value has no form that could be kept.

        Examples
        --------
        >>> import tempfile
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> with tempfile.TemporaryDirectory() as home:
        ...     again = am.load_study(study.save(Path(home, "chauny")))
        >>> again.residents.equals(study.residents), again.provenance == study.provenance
        (True, True)
        """
        return save(self, Path(folder))

    def report_data(self) -> pd.DataFrame:
        """Return what was repaired, supposed or left out, one row each: table, id, commune, problem, remedy."""
        lost = []
        for name, table in (("residents", self.residents), ("services", self.services)):
            legs = self.network.snap(table)
            # Who joins the main network too, by another leg, is reached.
            legs = legs[[note != "" and note.key != "roads_joins_cut_off_part_and_main" for note in legs["problem"]]]
            problem = [
                Note("study_far_from_roads", metres=Metres.of(metres)) if far else Note("study_cut_off")
                for metres, far in zip(legs["metres"], legs["u"].isna(), strict=True)
            ]
            told = pd.DataFrame(
                {"problem": problem, "remedy": Note("study_not_reached")}, index=legs.index, dtype=object
            )
            told["commune"] = table["commune"].reindex(legs.index) if "commune" in table else pd.NA
            lost.append(told.assign(table=name, id=legs.index)[list(NOTE_COLUMNS)])
        found = [part for part in (self.notes, *lost) if len(part)]
        return pd.concat(found, ignore_index=True) if found else self.notes.copy()

    def _repr_html_(self) -> str:
        tables, names = (self.counted, self.services), tuple(self.scenarios)
        return study_card(
            *tables, title=self.title, thresholds=self.thresholds, scenarios=names, provenance=self.credit
        )

    def __repr__(self) -> str:
        inside = self.communes["in_territory"]
        people = self.people.sum()
        counts = ", ".join(f"{count} {category}" for category, count in kinds_counted(self.services).items())
        return (
            f"<Study {self.title!r}: {inside.sum()} communes of {len(inside)}, {people:,.0f} people, {counts}; "
            f"{self.network!r}>"
        )


def said_rows(table: str, notes: Iterable[str]) -> pd.DataFrame:
    """Return what a reader said it did as notes of a study: of its file, of no one commune, no remedy apart.

    >>> said_rows("services", [Note("territory_all", n=2, file="c.gpkg")]).iloc[0, :2].to_list()
    ['services', 'c.gpkg']
    """
    rows = [(table, str(getattr(note, "values", {}).get("file", "")), pd.NA, note, "") for note in notes]
    return pd.DataFrame(rows, columns=list(NOTE_COLUMNS), dtype=object)


def _with_said(notes: pd.DataFrame | None, **tables: pd.DataFrame | None) -> pd.DataFrame:
    """Return the notes of a study with what its tables say of how they were read, each sentence of a table once."""
    notes = pd.DataFrame(columns=list(NOTE_COLUMNS)) if notes is None else notes
    known = set(zip(notes["table"], notes["problem"], strict=True))
    said = [
        said_rows(
            name, [note for note in dict.fromkeys(table.attrs.get("read_notes", ())) if (name, note) not in known]
        )
        for name, table in tables.items()
        if table is not None
    ]
    found = [part for part in (notes, *said) if len(part)]
    return pd.concat(found, ignore_index=True) if any(map(len, said)) else notes


_TABLES = ("communes", "residents", "services", "digital", "schools", "equipment", "roads")


def _once(texts: Iterable[str]) -> str | None:
    """Return each text that is not blank once, with commas; None of none."""
    return ", ".join(dict.fromkeys(text for text in texts if text)) or None


# Tables and mappings are no lists of categories.
_NO_NAMES = (pd.DataFrame, gpd.GeoSeries, Mapping)


def _by_mode(networks: object) -> Mapping[str, RoadNetwork | Journeys]:
    """Return the networks by mode, roads first; one alone is that of its own mode, the car's where it does not say."""
    if isinstance(networks, RoadNetwork):
        networks = {networks.provenance.parameters.get("mode", "car"): networks}
    if not isinstance(networks, Mapping) or not networks:
        raise StudyError(Problem("study_networks", value=type(networks).__name__))
    for mode, network in networks.items():
        if not isinstance(mode, str) or not isinstance(network, RoadNetwork | Journeys):
            raise StudyError(Problem("study_networks_value", value=mode, kind=type(network).__name__))
    first = next(iter(networks))
    if isinstance(networks[first], Journeys):
        raise StudyError(Problem("study_journeys_first", value=first))
    return MappingProxyType(dict(networks))
