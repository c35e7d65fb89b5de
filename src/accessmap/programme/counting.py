"""Private to `programme`: each indicator of a contract, counted on one study; what lacks to count it is named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Problem, Problems, TableError
from accessmap.measures.digital import coverage_rate
from accessmap.measures.minutes import coverage
from accessmap.measures.resilience import site_places
from accessmap.measures.schools import equipment_rates
from accessmap.measures.stepfree import step_free
from accessmap.programme.carrying import Missing
from accessmap.study.digital_help import MEDIATION
from accessmap.study.study import Study
from accessmap.tables.contracts import moving
from accessmap.words.near import near_names
from accessmap.words.notes import written

Counted = tuple[float, tuple[Missing, ...]]

UNKNOWN: Final = float("nan")
# The maisons de services au public of 2017 are what France services were called.
HELP: Final = (*MEDIATION, "msap")
COWORKING: Final = ("coworking",)
ECOLES: Final = ("nursery", "primary")
# Columns that services may carry, by which they are in a network.
SHARED: Final = ("operator", "network")
REFERS: Final = "refers_to"
HELPED: Final = "people_helped"


@dataclass(frozen=True)
class Situation:
    """What is counted: a study as it is or would be, and the study of before, of which services are kept.

    `openings` says what is missing of each opening in the territory that is certain, though its kind or place is not:
    no service stands for it yet. Digital help `within` so many minutes is in reach.
    """

    study: Study
    before: Study
    within: float
    openings: tuple[Missing, ...] = ()

    @cached_property
    def inside(self) -> gpd.GeoDataFrame:
        """The services that stand in the territory."""
        return _inside(self.study)

    @cached_property
    def inside_before(self) -> gpd.GeoDataFrame:
        """The services that stood in the territory before."""
        return self.inside if self.study is self.before else _inside(self.before)

    @cached_property
    def ecoles(self) -> tuple[float, float, tuple[Missing, ...]]:
        """How many écoles are surely equipped, how many there are, and what is not known of them."""
        return _schools(self.study)


def _inside(study: Study) -> gpd.GeoDataFrame:
    return study.services[site_places(study.services, study.communes)["inside"].to_numpy()]


def _kept(found: Situation) -> Counted:
    old, now = found.inside_before.index, found.inside.index
    return float(len(old.intersection(now))), ()


def _created(found: Situation) -> Counted:
    old, now = found.before.services.index, found.inside.index
    return float(len(now.difference(old)) + len(found.openings)), found.openings


def _networked(found: Situation) -> Counted:
    """Count the sites of the territory that share an operator or network, or of which one refers to the other."""
    services = found.study.services
    carried = [name for name in (*SHARED, REFERS) if name in services and services[name].notna().any()]
    if not carried:
        return UNKNOWN, tuple(Missing.of("column", column=name, table="services") for name in (*SHARED, REFERS))
    linked = pd.Series(False, index=services.index)
    for name in set(carried) & set(SHARED):
        names = _split(services[name])
        many = names.groupby(names).transform("size") > 1
        linked |= many.groupby(level=0).any().reindex(services.index, fill_value=False)
    if REFERS in carried:
        to = _split(services[REFERS])
        to = to[to.isin(services.index) & (to != to.index)]
        linked |= services.index.isin(to.index) | services.index.isin(to)
    inside = found.inside.index
    silent = services.loc[inside, carried].isna().all(axis=1) & ~linked[inside]
    told = Missing.of("unknown_sites", n=int(silent.sum()), column=", ".join(carried))
    return float(linked[inside].sum()), (told,) if silent.any() else ()


def _split(values: pd.Series) -> pd.Series:
    """Return the names of a column, one a row: several in one cell are parted by semicolons."""
    each = values.dropna().astype(str).str.split(";").explode().str.strip()
    return each[each != ""]


def _step_free(found: Situation) -> Counted:
    answers = step_free(found.inside)
    unknown = int(answers.isna().sum())
    told = (Missing.of("unknown_sites", n=unknown, column="step_free"),) if unknown else ()
    known = int(answers.notna().sum())
    return float(answers.sum()) if known else UNKNOWN, told


def _fibre(found: Situation) -> Counted:
    """Return the share of the premises of the territory that fibre can reach.

    Where the premises of some commune are not known, each commune counts for its people.
    """
    study = found.study
    digital = study.digital
    if digital is None:
        return UNKNOWN, (Missing.of("table", table="digital"),)
    if "fibre" not in digital:
        return UNKNOWN, (Missing.of("column", column="fibre", table="digital"),)
    communes = study.counted[study.communes["in_territory"]]
    known = digital["fibre"].reindex(communes.index).notna()
    told = () if known.all() else (Missing.of("unknown_communes", n=int((~known).sum())),)
    weights = communes["population"]
    if "premises" in digital:
        premises = digital["premises"].reindex(communes.index)
        # A commune whose rate is not known is in no rate, so that its premises need not be known either.
        weights = premises.fillna(0.0) if premises[known].notna().all() else weights
    return float(coverage_rate(digital, weights)["rate"].iloc[0]), told


def _schools(study: Study) -> tuple[float, float, tuple[Missing, ...]]:
    """Return how many écoles are surely equipped, how many there are, and what is not known of them."""
    if study.schools is None:
        return UNKNOWN, UNKNOWN, (Missing.of("table", table="schools"),)
    inside = study.communes.index[study.communes["in_territory"]]
    chosen = study.schools[study.schools["commune"].isin(inside) & study.schools["level"].isin(ECOLES)]
    if chosen.empty:
        return UNKNOWN, UNKNOWN, (Missing.of("school", place=study.title),)
    equipment = study.equipment
    if equipment is not None:
        equipment = equipment[equipment.index.isin(chosen.index)]
    table = equipment_rates(chosen, equipment, weights="schools").xs("equipped", level="measure")
    sure, unknown = (int(table[name].iloc[0]) for name in ("schools_with", "unknown_schools"))
    told = (Missing.of("unknown_schools", n=unknown),) if unknown else ()
    return float(sure) if unknown < len(chosen) else UNKNOWN, float(len(chosen)), told


def _coworking(found: Situation) -> Counted:
    services = found.study.services
    if not services["category"].isin(COWORKING).any():
        return UNKNOWN, tuple(Missing.of("category", category=name) for name in COWORKING)
    return float((found.inside["category"].isin(COWORKING) & ~moving(found.inside)).sum()), ()


def digital_help_sites(study: Study) -> gpd.GeoDataFrame:
    """Return the fixed services that help with procedures online, inside the territory and out."""
    return study.services[study.services["category"].isin(HELP) & ~moving(study.services)]


def _help_sites(found: Situation) -> Counted:
    if digital_help_sites(found.study).empty:
        return UNKNOWN, (Missing.of("places_of_help"),)
    return float((found.inside["category"].isin(HELP) & ~moving(found.inside)).sum()), ()


def _help_reach(found: Situation) -> Counted:
    study = found.study
    sites = digital_help_sites(study)
    if sites.empty:
        return UNKNOWN, (Missing.of("places_of_help"),)
    inside = study.inside.to_numpy()
    minutes = study.minutes(sites).min(axis=1)[inside]
    share = coverage(minutes.rename("share"), study.people, cutoffs=[found.within])
    return float(share["share"].iloc[0]), ()


def _helped(found: Situation) -> Counted:
    services = found.inside
    services = services[services["category"].isin(HELP)]
    if HELPED not in services or not services[HELPED].notna().any():
        return UNKNOWN, (Missing.of("column", column=HELPED, table="services"),)
    given = _people(services[HELPED])
    silent = int(given.isna().sum())
    told = (Missing.of("unknown_sites", n=silent, column=HELPED),) if silent else ()
    return float(np.nansum(given)), told


def _people(values: pd.Series) -> pd.Series:
    """Return numbers of people, NaN where not given; what is no number of people is refused."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    wrong = values[(numbers.isna() & values.notna()) | (numbers < 0)]
    if len(wrong):
        told: dict[str, Any] = {"name": HELPED, "site": written(wrong.index[0]), "shown": written(wrong.iloc[0])}
        raise TableError(Problem("helped_wrong", value=wrong.iloc[0], **told), about="services")
    return numbers


def target_problems(targets: Mapping[str, float]) -> Problems:
    """Return what is wrong with targets: names that are no indicator, values that none can have."""
    problems = Problems()
    for name, value in targets.items():
        if name not in COUNTS:
            told: dict[str, Any] = {"name": repr(name), "near": near_names(name, COUNTS), "known": ", ".join(COUNTS)}
            problems.add("target_unknown", value=name, **told)
        elif not 0 <= value <= (1 if COUNTS[name][0] == "share" else math.inf):
            key = "target_share" if COUNTS[name][0] == "share" else "target_amount"
            problems.add(key, value=value, name=repr(name), target=repr(value))
    return problems


COUNTS: Final[dict[str, tuple[str, Callable[[Situation], Counted]]]] = {
    "services_kept": ("sites", _kept),
    "services_created": ("sites", _created),
    "services_networked": ("sites", _networked),
    "services_step_free": ("sites", _step_free),
    "fibre_rate": ("share", _fibre),
    "schools_equipped": ("schools", lambda found: (found.ecoles[0], found.ecoles[2])),
    "schools_equipped_share": ("share", lambda found: (found.ecoles[0] / found.ecoles[1], found.ecoles[2])),
    "coworking_places": ("sites", _coworking),
    "help_reach": ("share", _help_reach),
    "help_sites": ("sites", _help_sites),
    "people_helped": ("people_a_year", _helped),
}
"""Each indicator of the contract: its unit, and how it is counted. Shares are 0-1."""
