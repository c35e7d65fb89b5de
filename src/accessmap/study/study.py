"""Study: the tables, the network and what they know of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import StudyError
from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.roads.trips import Trips
from accessmap.tables.contracts import (
    check_communes,
    check_digital,
    check_equipment,
    check_residents,
    check_schools,
    check_services,
)
from accessmap.words.cards import study_card
from accessmap.words.near import did_you_mean, some

if TYPE_CHECKING:
    from accessmap.study.scenario import Scenario

__all__ = ["NOTE_COLUMNS", "Study"]

NOTE_COLUMNS = ("table", "id", "commune", "problem", "remedy")


@dataclass
class _Known:
    """What a study and those made from it have routed: the residents joined to the roads, and minutes by place."""

    trips: Trips | None = None
    minutes: dict[tuple[float, float], npt.NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Who, what and how of one territory, checked once; read-only.

    Parameters
    ----------
    communes, residents, services
        Tables in the contract of `accessmap.tables.contracts`.
    network
        The roads.
    title
        Name of the territory, as the public reads it.
    thresholds
        Minutes at which coverage is counted.
    scenarios
        Name to scenario.
    provenance
        Where the tables come from; the network's is added to it.
    notes
        What was repaired or supposed while the tables were read: table, id, commune, problem, remedy.
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
    """

    communes: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    services: gpd.GeoDataFrame
    network: RoadNetwork
    title: str = ""
    thresholds: tuple[float, ...] = (10, 20, 30)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=Provenance)
    notes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(NOTE_COLUMNS)))
    cautions: tuple[str, ...] = ()
    digital: pd.DataFrame | None = None
    schools: gpd.GeoDataFrame | None = None
    equipment: pd.DataFrame | None = None
    _known: _Known = field(default_factory=lambda: _Known(), repr=False)

    def __post_init__(self) -> None:
        check_communes(self.communes)
        check_residents(self.residents, self.communes)
        check_services(self.services, self.communes)
        if self.digital is not None:
            check_digital(self.digital, self.communes)
        if self.schools is not None:
            check_schools(self.schools, self.communes)
        if self.equipment is not None:
            check_equipment(self.equipment, self.schools)
        object.__setattr__(self, "scenarios", MappingProxyType(dict(self.scenarios)))

    @property
    def territory(self) -> pd.Series:
        """True for the residents of the territory, by resident."""
        inside = self.communes.index[self.communes["in_territory"]]
        return pd.Series(self.residents["commune"].isin(inside), name="in_territory")

    @property
    def credit(self) -> Provenance:
        """The provenance of a result: that of the tables and that of the network."""
        return self.provenance + self.network.provenance

    def sites(self, category: str) -> gpd.GeoDataFrame:
        """Return the services of one category.

        Raises
        ------
        StudyError
            Where the study has none of them.
        """
        chosen = self.services[self.services["category"] == category]
        if chosen.empty:
            known = self.services["category"].unique()
            raise StudyError(f"study: no service of category {category!r}{did_you_mean(category, known)}.")
        return chosen

    def minutes(self, services: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
        """Return minutes of every resident to these services, float32, residents × services; NaN is not reached.

        Each place is routed to once and remembered, here and in every study made from this one with the same
        residents and network: a scenario is then a choice of columns.

        Parameters
        ----------
        services
            All of the study where not given.
        """
        services = self.services if services is None else services
        known = self._known
        places = list(zip(services.geometry.x, services.geometry.y, strict=True))
        new = dict.fromkeys(place for place in places if place not in known.minutes)
        if new:
            points = gpd.GeoSeries.from_xy(*zip(*new, strict=True), crs=services.crs)
            residents = self.residents.geometry
            known.trips = known.trips.to(points) if known.trips else self.network.trips(residents, points)
            known.minutes.update(zip(new, known.trips.minutes().T.copy(), strict=True))
        columns = np.empty((len(self.residents), len(places)), "float32", order="F")
        for number, place in enumerate(places):
            columns[:, number] = known.minutes[place]
        return pd.DataFrame(columns, index=self.residents.index, columns=services.index)

    def with_services(self, services: gpd.GeoDataFrame) -> Study:
        """Return the same study with other services; the minutes already known are kept."""
        check_services(services, self.communes)
        return self._with(services=services)

    def with_network(self, network: RoadNetwork) -> Study:
        """Return the same study over other roads: everything is routed again."""
        return self._with(network=network, _known=_Known())

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
        if unknown or not wanted:
            problem = (
                f"{some(unknown, self.communes.index)} not among its communes" if unknown else "no commune is given"
            )
            raise StudyError(f"study: {problem}: give codes of study.communes.")
        return self._with(communes=self.communes.assign(in_territory=self.communes.index.isin(wanted)), title=title)

    def changed(
        self,
        services: gpd.GeoDataFrame,
        network: RoadNetwork,
        *,
        digital: pd.DataFrame | None = None,
        equipment: pd.DataFrame | None = None,
    ) -> Study:
        """Return the study with tables whose changes the caller has checked; other roads are routed again."""
        same_roads = self if network is self.network else self.with_network(network)
        return same_roads._with(services=services, digital=digital, equipment=equipment)

    def _with(self, **changed: object) -> Study:
        """Return a copy with fields changed, without checking again what has been checked."""
        study = copy(self)
        for name, value in changed.items():
            object.__setattr__(study, name, value)
        return study

    def report_data(self) -> pd.DataFrame:
        """Return what was repaired, supposed or left out, one row each: table, id, commune, problem, remedy."""
        unsnapped = []
        for name, table in (("residents", self.residents), ("services", self.services)):
            legs = self.network.snap(table)
            lost = legs[legs["problem"] != ""]
            far = lost["u"].isna()
            problem = [
                f"à {metres:,.0f} m de la route la plus proche".replace(",", "\u202f")
                if is_far
                else "route isolée du réseau"
                for metres, is_far in zip(lost["metres"], far, strict=True)
            ]
            commune = table["commune"].reindex(lost.index) if "commune" in table else pd.NA
            rows = {"table": name, "id": lost.index, "commune": commune, "problem": problem}
            unsnapped.append(pd.DataFrame({**rows, "remedy": "compté comme non atteint"}))
        found = [part for part in (self.notes, *unsnapped) if len(part)]
        return pd.concat(found, ignore_index=True) if found else self.notes.copy()

    def _repr_html_(self) -> str:
        tables, names = (self.communes, self.services), tuple(self.scenarios)
        return study_card(
            *tables, title=self.title, thresholds=self.thresholds, scenarios=names, provenance=self.credit
        )

    def __repr__(self) -> str:
        inside = self.communes["in_territory"]
        people = self.communes.loc[inside, "population"].sum()
        categories = self.services["category"].value_counts()
        counts = ", ".join(f"{count} {category}" for category, count in categories.items())
        return (
            f"<Study {self.title!r}: {inside.sum()} communes of {len(inside)}, {people:,.0f} people, {counts}; "
            f"{self.network!r}>"
        )
