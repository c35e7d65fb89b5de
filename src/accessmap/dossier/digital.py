"""Digital access: what networks reach, who is far and little connected, who helps, what schools have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from accessmap.dossier.layout import Cell, Table, sortable
from accessmap.dossier.resilience import epci_names
from accessmap.dossier.results import Results, quoted_cutoff, weighted_quantile
from accessmap.measures.digital import CLASSES, RATES, coverage_rate, double_burden, typology_people
from accessmap.measures.schools import equipment_rates
from accessmap.study.comparison import studies_under
from accessmap.study.digital_help import MEDIATION
from accessmap.study.digital_help import open as mediation_open
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

__all__ = [
    "CONNECTED",
    "SCHOOL_MEASURES",
    "WHENS",
    "Online",
    "classes_table",
    "coverage_table",
    "helpers_table",
    "online",
    "schools_table",
    "sheet_lines",
    "told",
]

MOST_NAMED: Final = 12


def _exact(share: float, words: Words) -> str:
    """Return a share with a decimal: coverage is near 100 % everywhere, and the last places are what is left to do."""
    return labels.percent(share, lang=words.lang, digits=1)


def told(data: Online, words: Words) -> list[str]:
    """Return the chapter in a few sentences: coverage, who is left out of both ways, help, schools, what lacks."""
    return [*_coverage_told(data, words), *_help_told(data, words), *_schools_told(data, words)]


def _coverage_told(data: Online, words: Words) -> list[str]:
    if not data.technology:
        return [words("online_no_coverage")]
    technology = words(f"tech_{data.technology}")
    said = []
    rates = data.rates.loc[data.technology]
    for name in dict.fromkeys(rates.index.get_level_values("situation")):
        row = rates.loc[(name, "all")].to_dict()
        key = "online_rate" if name == BASELINE else "online_rate_scenario"
        said.append(words(key, share=_exact(row["rate"], words), technology=technology, name=name))
        if name == BASELINE and round(row["unknown_weight"]):
            said.append(words("digital_rate_unknown", n=round(row["unknown_weight"])))
    if len(data.below):
        shown = [
            words("labelled_share", name=row["name"], share=_exact(row["rate"], words))
            for row in data.below.to_dict("records")
        ]
        said.append(words("online_below", n=len(shown), names=words.listed(shown, most=MOST_NAMED)))
    if len(data.double):
        named = words.listed(list(data.double["name"]), most=MOST_NAMED)
        said.append(words("double_burden_communes", n=len(data.double), names=named))
    else:
        unknown = rates["unknown_weight"].to_dict()[BASELINE, "all"]
        said.append(words("double_burden_none_known" if round(unknown) else "double_burden_none"))
    return said


def _help_told(data: Online, words: Words) -> list[str]:
    if not data.kinds:
        return [words("online_no_help")]
    cutoff = words.cutoff(data.near_minutes)
    kinds = ", ".join(labels.category(kind).name(words.lang, count=2) for kind in data.kinds)
    share = words.percent(float(data.helpers["all"].to_dict()[BASELINE, "always"]))
    return [words("online_help", share=share, cutoff=cutoff, kinds=kinds)]


def _schools_told(data: Online, words: Words) -> list[str]:
    if not len(data.schools):
        return [words("online_no_schools")]
    said = []
    for name in dict.fromkeys(data.schools.index.get_level_values("situation")):
        row = data.schools.loc[(name, "equipped")].to_dict()
        if row["unknown_schools"] == row["schools"]:
            said.append(words("online_schools_nothing", n=round(row["schools"])))
            continue
        text = words("online_schools", n=round(row["schools_with"]), total=words.count(row["schools"]))
        said.append(text if name == BASELINE else words("labelled", name=words.name(str(name)), value=text))
        if name == BASELINE and row["unknown_schools"]:
            said.append(words("online_schools_unknown", n=round(row["unknown_schools"])))
    return said


def sheet_lines(data: Online, words: Words) -> pd.Series:
    """Return by commune the sentence of its sheet on coverage; empty where there is no digital table."""
    technology = words(f"tech_{data.technology}") if data.technology else ""
    return pd.Series(
        {
            code: [words("sheet_fibre", share=_exact(rate, words), technology=technology)]
            if rate == rate
            else [words("sheet_fibre_unknown", technology=technology)]
            for code, rate in data.communes["rate"].items()
        },
        dtype=object,
    )


def coverage_table(data: Online, words: Words) -> Table:
    """Return the rate by technology and territory, one column a situation that changes it."""
    situations = list(dict.fromkeys(data.rates.index.get_level_values("situation")))
    rows = []
    rates = data.rates.to_dict("index")
    for technology in dict.fromkeys(data.rates.index.get_level_values("technology")):
        title = words(f"tech_{technology}")
        for group in dict.fromkeys(data.rates.loc[technology].index.get_level_values("group")):
            place = words("online_territory") if group == "all" else str(group)
            cells = [Cell(labels.capitalised(title)), Cell(place)]
            cells += [_rate(rates.get((technology, name, group)), words) for name in situations]
            rows.append(tuple(cells))
    columns = (words("online_technology"), words("online_place"), *(words.name(str(name)) for name in situations))
    return Table(columns, (False, False, *[True] * len(situations)), tuple(rows))


def _rate(row: dict[Any, Any] | None, words: Words) -> Cell:
    """Return a rate, and for how many it is known where that is not everyone."""
    if row is None or row["rate"] != row["rate"]:
        return Cell("–")
    known = row["known_weight"] / (row["known_weight"] + row["unknown_weight"])
    note = words("online_known_part", share=words.percent(known)) if round(row["unknown_weight"]) else ""
    return Cell(_exact(row["rate"], words), sortable(row["rate"]), note, row["rate"])


def classes_table(data: Online, words: Words) -> Table:
    """Return people in each class of physical and digital access, one column a situation."""
    rows = []
    table = data.classes.to_dict()
    for kind in CLASSES:
        cells = [Cell(words(f"digital_{kind}"), note=words(f"online_class_{kind}"))]
        for name in data.classes.index:
            people, total = table[kind][name], table["people"][name]
            share = people / total if total else float("nan")
            cells.append(Cell(words.count(round(people)), people, words.percent(share), share))
        if kind != "unknown" or round(max(table[kind].values())):
            rows.append(tuple(cells))
    columns = (words("online_class"), *(words.name(str(name)) for name in data.classes.index))
    return Table(columns, (False, *[True] * len(data.classes)), tuple(rows))


def helpers_table(data: Online, words: Words) -> Table:
    """Return the share of people with help in reach, by moment, one column a situation that changes it."""
    situations = list(dict.fromkeys(data.helpers.index.get_level_values("situation")))
    shares = data.helpers.to_dict("index")
    rows = []
    for moment in ("always", *WHENS):
        cells = [Cell(words(f"when_{moment}"))]
        for name in situations:
            row = shares[name, moment]
            cells.append(_between(row["worst"], row["best"], float(shares[name, "always"]["all"]), words))
        rows.append(tuple(cells))
    columns = (words("moment"), *(words.name(str(name)) for name in situations))
    return Table(columns, (False, *[True] * len(situations)), tuple(rows))


def _between(worst: float, best: float, always: float, words: Words) -> Cell:
    """Return a share between two bounds; of sites whose hours are all unknown nothing can be said."""
    low, high = words.percent(worst), words.percent(best)
    if low == high:
        return Cell(low, sortable(worst), share=worst)
    if worst == 0 and best >= always:
        return Cell(words("hours_unknown"))
    return Cell(words("from_to", low=low, high=high), sortable(worst), share=worst)


def schools_table(data: Online, words: Words) -> Table:
    """Return what schools surely have, one column a situation that changes it, and what they have at best."""
    situations = list(dict.fromkeys(data.schools.index.get_level_values("situation")))
    facts = data.schools.to_dict("index")
    rows = []
    for measure in SCHOOL_MEASURES:
        title = words(f"equipment_{measure}", mbps=30) if measure == "connection" else words(f"equipment_{measure}")
        cells = [Cell(title)]
        for name in situations:
            row = facts[name, measure]
            note = words("online_of_schools", n=round(row["schools_with"]), total=words.count(row["schools"]))
            if row["unknown_schools"]:
                note += words("online_unknown_part", n=round(row["unknown_schools"]))
                note += f" ({words('open_at_best', share=words.percent(row['best']))})"
            # Of schools that nobody knows anything of, a rate over the others would say 100 %.
            cells.append(Cell(words.percent(row["worst"]), sortable(row["worst"]), note))
        rows.append(tuple(cells))
    columns = (words("online_equipment"), *(words.name(str(name)) for name in situations))
    return Table(columns, (False, *[True] * len(situations)), tuple(rows))


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
        By commune that is far and little connected today: see `accessmap.measures.digital.double_burden`; with `name`.
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
    present = [kind for kind in kinds if len(study.sites(kind))]
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
