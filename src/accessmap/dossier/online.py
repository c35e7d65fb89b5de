"""Digital access: what networks reach, who is far and little connected, who helps, what schools have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.digital import MEDIATION, RATES, coverage_rate, double_burden, mediation_open, typology_people
from accessmap.dossier.leaning import epci_names
from accessmap.dossier.results import Results, quoted_cutoff, weighted_quantile
from accessmap.scenarios import BASELINE, Scenario
from accessmap.scenarios.comparison import studies_under
from accessmap.schools import equipment_rates
from accessmap.study import Study

__all__ = ["CONNECTED", "SCHOOL_MEASURES", "WHENS", "Online", "online"]

# A commune where fewer premises can be connected is called little connected; a stated choice, shown on the page.
CONNECTED: Final = 0.95
WHENS: Final = ("after_17", "saturday_morning")
# Stands for "not reached" while people are put in order of their minutes.
FARTHEST: Final = 1e9
SCHOOL_MEASURES: Final = ("equipped", "tablets", "interactive_boards", "ent", "connection")


@dataclass(frozen=True, eq=False)
class Online:
    """Digital access of the territory, today and where a scenario changes it.

    Parameters
    ----------
    rates
        By (technology, situation, group): `rate` (0-1), known_weight, unknown_weight (people); groups are "all", then
        each EPCI of the territory where there are several.
    communes
        By commune of the territory, today: `minutes` that half of its people do not exceed, to the service studied,
        and `rate` (0-1); NaN where not reached, or unknown.
    below
        By commune of the territory whose fibre (or first technology known) is not everywhere: `name`, `rate`.
    classes
        By situation: people in each class of physical and digital access, and `people`.
    double
        By commune that is far and little connected today: see `accessmap.digital.double_burden`; with `name`.
    near_minutes
        What is near, to the service studied.
    helpers
        By (situation, moment): share of people (0-1) with a place that helps within `near_minutes`: all, best, worst.
    kinds
        Categories that help and that the study has.
    schools
        By (situation, measure): `rate`, `worst`, `best`, schools, schools_with, unknown_schools.
    weights
        What school rates are weighted by: "pupils" or "schools".
    """

    rates: pd.DataFrame
    communes: pd.DataFrame
    below: pd.DataFrame
    classes: pd.DataFrame
    double: pd.DataFrame
    near_minutes: float
    helpers: pd.DataFrame
    kinds: tuple[str, ...]
    schools: pd.DataFrame
    weights: str

    @property
    def technology(self) -> str:
        """The technology that classes are made with: fibre where it is known; empty without a digital table."""
        return str(self.rates.index[0][0]) if len(self.rates) else ""


def online(study: Study, scenarios: Sequence[Scenario], found: Results) -> Online:
    """Return the digital access of a study and of each scenario that changes it, on its territory.

    >>> import accessmap as am
    >>> from accessmap.dossier.results import results
    >>> study = am.load_sample()
    >>> data = online(study, (), results(study, (), "france_services"))
    >>> data.kinds, round(float(data.helpers.loc[("baseline", "always"), "all"]), 2)
    (('france_services',), 0.72)
    """
    studies = {name: _about_here(each) for name, each in studies_under(scenarios, study).items()}
    study = studies[BASELINE]
    near = quoted_cutoff(found.coverage)
    kinds = tuple(kind for kind in MEDIATION if kind in set(study.services["category"]))
    known = _schools_inside(study)
    weights = "pupils" if "pupils" in known and bool(known["pupils"].notna().all()) else "schools"
    rates, classes, helpers, schools = {}, {}, {}, {}
    for name, each in studies.items():
        new = name == BASELINE
        if each.digital is not None and (new or each.digital is not study.digital):
            for technology in RATES:
                if technology in each.digital.columns:
                    rates[technology, name] = _rates(each, technology)
        if each.digital is not None:
            classes[name] = _classes(each, found.minutes[name], near)
        if kinds and (new or not each.services.equals(study.services)):
            helpers[name] = _helpers(each, kinds, near)
        if len(known) and (new or each.equipment is not study.equipment):
            schools[name] = _schools(each, weights)
    order = sorted(rates, key=lambda key: RATES.index(key[0]))
    return Online(
        rates=pd.concat({key: rates[key] for key in order}, names=["technology", "situation"]) if rates else _none(),
        communes=_communes(study, found),
        below=_below(study),
        classes=pd.DataFrame(classes).T.rename_axis("situation"),
        double=_double(study, found, near),
        near_minutes=near,
        helpers=pd.concat(helpers, names=["situation", "moment"]) if helpers else _none(),
        kinds=kinds,
        schools=pd.concat(schools, names=["situation", "measure"]) if schools else _none(),
        weights=weights,
    )


def _none() -> pd.DataFrame:
    return pd.DataFrame()


def _about_here(study: Study) -> Study:
    """Return the study, without a digital table that has no commune of the territory: it says nothing of it."""
    if study.digital is None or study.digital.index.isin(_inside(study).index).any():
        return study
    return study.changed(study.services, study.network, equipment=study.equipment)


def _schools_inside(study: Study) -> gpd.GeoDataFrame:
    """Return the schools of the territory: none where the study has none there, or no schools at all."""
    if study.schools is None:
        return gpd.GeoDataFrame()
    codes = study.communes.index[study.communes["in_territory"]]
    return study.schools.loc[study.schools["commune"].isin(codes)]


def _inside(study: Study) -> pd.DataFrame:
    return pd.DataFrame(study.communes[study.communes["in_territory"]])


def _first(study: Study) -> pd.Series:
    """Return the rates of the technology that classes are made with, by commune."""
    assert study.digital is not None
    technology = next(name for name in RATES if name in study.digital.columns)
    return study.digital[technology].astype("float64")


def _rates(study: Study, technology: str) -> pd.DataFrame:
    """Return the rate of the territory, then of each of its EPCI, weighted by people."""
    assert study.digital is not None
    communes = _inside(study)
    people = communes["population"]
    whole = coverage_rate(study.digital, people, technology=technology)
    groups = communes["epci"]
    if groups.nunique() < 2:
        return whole
    parts = coverage_rate(study.digital, people, technology=technology, groups=groups)
    parts.index = pd.Index(epci_names(pd.Series(parts.index.astype("str")), communes), name=parts.index.name)
    return pd.concat([whole, parts])


def _communes(study: Study, found: Results) -> pd.DataFrame:
    """Return minutes and rate by commune; nothing without a digital table."""
    if study.digital is None:
        return pd.DataFrame(columns=["minutes", "rate"])
    rate = _first(study).reindex(found.communes.index)
    commune = study.residents.loc[found.people.index, "commune"]
    # Half of the people, as `double_burden` counts who is far: of a mean, a few who are near would make all near.
    middle = {
        code: weighted_quantile(minutes, found.people[minutes.index], 0.5)
        for code, minutes in found.minutes[BASELINE].fillna(FARTHEST).groupby(commune)
    }
    table = pd.DataFrame({"minutes": pd.Series(middle, dtype="float64").reindex(rate.index), "rate": rate})
    return table.replace(FARTHEST, float("nan"))


def _below(study: Study) -> pd.DataFrame:
    """Return the communes of the territory where the technology is not everywhere, the lowest first."""
    if study.digital is None:
        return pd.DataFrame(columns=["name", "rate"])
    communes = _inside(study)
    rate = _first(study).reindex(communes.index)
    table = pd.DataFrame({"name": communes["name"], "rate": rate})
    return table[rate < 1].sort_values(["rate", "name"], kind="stable")


def _classes(study: Study, minutes: pd.Series, near: float) -> pd.Series:
    residents = study.residents.loc[minutes.index]
    table = typology_people(
        minutes.astype("float64"), _first(study), residents["population"], near_minutes=near, by=residents["commune"]
    )
    return pd.Series(table.loc["all"])


def _double(study: Study, found: Results, near: float) -> pd.DataFrame:
    if study.digital is None:
        return pd.DataFrame(columns=["name"])
    minutes = found.minutes[BASELINE].astype("float64")
    residents = study.residents.loc[minutes.index]
    table = double_burden(minutes, _first(study), residents, near_minutes=near, connected_share=CONNECTED)
    return table.assign(name=study.communes["name"].reindex(table.index))


def _helpers(study: Study, kinds: Sequence[str], near: float) -> pd.DataFrame:
    """Return who has a place that helps within reach: at all, and where its hours are known when people can come."""
    present = [kind for kind in kinds if (study.services["category"] == kind).any()]
    if not present:  # a scenario has closed them all
        return pd.DataFrame(0.0, index=["always", *WHENS], columns=["all", "best", "worst"])
    table = mediation_open(study, within=near, whens=WHENS, kinds=present)
    whole = pd.DataFrame(dict.fromkeys(("all", "best", "worst"), table["all"].iloc[:1].to_numpy()), index=["always"])
    return pd.concat([whole, table])


def _schools(study: Study, weights: str) -> pd.DataFrame:
    table = equipment_rates(
        _schools_inside(study),
        study.equipment,
        weights="pupils" if weights == "pupils" else "schools",
    )
    return pd.DataFrame(table.xs("all", level=0)).reindex(list(SCHOOL_MEASURES))
