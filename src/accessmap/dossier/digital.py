"""Digital access: what networks reach, who is far and little connected, who helps, what schools have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Figure, Heading, How, Part, Table, sortable
from accessmap.dossier.pictures import small_figures
from accessmap.dossier.resilience import epci_names
from accessmap.dossier.results import Known, Tables, weighted_quantile
from accessmap.measures.digital import CLASSES, RATES, coverage_rate, double_burden, typology_people
from accessmap.measures.schools import equipment_rates
from accessmap.study.comparison import studies_under
from accessmap.study.digital_help import MEDIATION
from accessmap.study.digital_help import open as help_open
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

# A commune where fewer premises can be connected is called little connected; a stated choice, shown on the page.
CONNECTED: Final = 0.95
WHENS: Final = ("after_17", "saturday_morning")
# Stands for "not reached" while people are put in order of their minutes.
FARTHEST: Final = 1e9
SCHOOL_MEASURES: Final = ("equipped", "tablets", "interactive_boards", "ent", "connection")


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return the digital access of the territory, today and in each scenario that changes it.

    Returns
    -------
    dict
        coverage_rates
            By (technology, situation, group): `rate` (0-1), known_weight, unknown_weight (people); groups are "all",
            then each EPCI of the territory where there are several.
        physical_digital
            By situation: people in each class of physical and digital access, and `people`.
        double_burden
            By commune that is far and little connected today: see `accessmap.digital.double_burden`; with `name`.
        digital_help
            By (situation, moment): share of people (0-1) with a place that helps within reach: all, best, worst.
        schools
            By (situation, measure): `rate`, `worst`, `best`, schools, schools_with, unknown_schools.
        _below
            `name` and `rate` of the communes whose fibre (or first technology known) is not everywhere.
        _communes
            By commune, today: `minutes` that half of its people do not exceed, to the service studied, and `rate`.
    """
    found, near = known.results, known.results.quoted
    studies = {name: _about_here(each) for name, each in studies_under(found.scenarios, known.study).items()}
    study = studies[BASELINE]
    kinds, pupils = _kinds(study), _schools_inside(study)
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
        if len(pupils) and (new or each.equipment is not study.equipment):
            owned = equipment_rates(_schools_inside(each), each.equipment, weights=_weights(each))
            schools[name] = pd.DataFrame(owned.xs("all", level=0)).reindex(list(SCHOOL_MEASURES))
    order = sorted(rates, key=lambda key: RATES.index(key[0]))
    return {
        "coverage_rates": _joined({key: rates[key] for key in order}, "technology", "situation"),
        "physical_digital": pd.DataFrame(classes).T.rename_axis("situation"),
        "double_burden": _double(study, known, near),
        "digital_help": _joined(helpers, "situation", "moment"),
        "schools": _joined(schools, "situation", "measure"),
        "_below": _below(study),
        "_communes": _communes(study, known),
    }


def _joined(parts: dict[Any, pd.DataFrame], *names: str) -> pd.DataFrame:
    return pd.concat(parts, names=list(names)) if parts else pd.DataFrame()


def _kinds(study: Study) -> tuple[str, ...]:
    """Return the categories that help and that the study has."""
    return tuple(kind for kind in MEDIATION if kind in set(study.services["category"]))


def _about_here(study: Study) -> Study:
    """Return the study, without a digital table that has no commune of the territory: it says nothing of it."""
    if study.digital is None or study.digital.index.isin(_inside(study).index).any():
        return study
    return study.changed(study.services, study.network, equipment=study.equipment)


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return coverage, who is left out of both ways, help, and schools."""
    known = tables.known
    return [
        *told_of.digital(
            tables["coverage_rates"],
            below=tables["_below"],
            double_burden=tables["double_burden"],
            lang=words.lang,
        ),
        *told_of.digital_help(
            tables["digital_help"], kinds=_kinds(known.study), cutoff=known.results.quoted, lang=words.lang
        ),
        *told_of.schools(tables["schools"], lang=words.lang),
    ]


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return coverage, the classes of physical and digital access with their map, help, and schools."""
    known = tables.known
    parts: list[Part] = []
    cutoff = words.cutoff(known.results.quoted)
    if len(tables["coverage_rates"]):
        parts.append(_coverage_table(tables["coverage_rates"], words))
    if len(tables["physical_digital"]):
        kind = labels.category(known.results.category).with_article(words.lang)
        parts += [
            Heading(words("online_classes_title")),
            words("online_classes_read", cutoff=cutoff, category=kind, share=words.percent(CONNECTED)),
            _classes_table(tables["physical_digital"], words),
            _map(tables, words),
        ]
    if len(tables["digital_help"]):
        parts.append(_helpers_table(tables["digital_help"], words("online_help_title", cutoff=cutoff), words))
    if len(tables["schools"]):
        by_pupils = _weights(known.study) == "pupils"
        title = words("online_schools_title" if by_pupils else "online_schools_title_schools")
        parts.append(_schools_table(tables["schools"], title, words))
    return [*parts, How(words("how_digital"))]


def _map(tables: Tables, words: Words) -> Figure:
    """Return the map of who is near or far, connected or not."""
    from accessmap.maps.bivariate import bivariate_map

    study, communes = tables.known.study, tables["_communes"]
    page = bivariate_map(
        study.counted,
        communes["minutes"].rename(words("median_trip")),
        communes["rate"].rename(words(f"tech_{tables['coverage_rates'].index[0][0]}")),
        first_breaks=[tables.known.results.quoted],
        second_breaks=[CONNECTED],
        units=("minutes", "share"),
        higher_is_better=(False, True),
        corners=(
            words("online_corner_near_connected"),
            words("online_corner_far_connected"),
            words("online_corner_near_unconnected"),
            words("online_corner_far_unconnected"),
        ),
        lang=words.lang,
    )
    view = replace(page.drawing.views[0], name=words("online_map_title"))
    return small_figures(study, [view], None, {}, "numerique-carte", words)[0]


def sheet_lines(tables: Tables, words: Words) -> dict[str, list[str]]:
    """Return by commune the sentence of its sheet on coverage; empty where there is no digital table."""
    if tables["coverage_rates"].empty:
        return {}
    technology = words(f"tech_{tables['coverage_rates'].index[0][0]}")
    return {
        str(code): [
            words("sheet_fibre", share=_exact(rate, words), technology=technology)
            if rate == rate
            else words("sheet_fibre_unknown", technology=technology)
        ]
        for code, rate in tables["_communes"]["rate"].items()
    }


def _exact(share: float, words: Words) -> str:
    """Return a share with a decimal: coverage is near 100 % everywhere, and the last places are what is left to do."""
    return labels.percent(share, lang=words.lang, digits=1)


def _coverage_table(table: pd.DataFrame, words: Words) -> Table:
    """Return the rate by technology and territory, one column a situation that changes it."""
    situations = list(table.index.unique("situation"))
    rows = []
    rates = table.to_dict("index")
    for technology in table.index.unique("technology"):
        title = Cell(labels.capitalised(words(f"tech_{technology}")))
        for group in table.loc[technology].index.unique("group"):
            place = Cell(words("online_territory") if group == "all" else str(group))
            rows.append((title, place, *(_rate(rates.get((technology, name, group)), words) for name in situations)))
    columns = (words("online_technology"), words("online_place"), *(words.name(str(name)) for name in situations))
    numeric = (False, False, *[True] * len(situations))
    return Table(columns, rows, words("online_coverage_title"), numeric=numeric)


def _rate(row: dict[Any, Any] | None, words: Words) -> Cell:
    """Return a rate, and for how many it is known where that is not everyone."""
    if row is None or row["rate"] != row["rate"]:
        return Cell("–")
    known = row["known_weight"] / (row["known_weight"] + row["unknown_weight"])
    note = words("online_known_part", share=words.percent(known)) if round(row["unknown_weight"]) else ""
    return Cell(_exact(row["rate"], words), sortable(row["rate"]), note, row["rate"])


def _classes_table(classes: pd.DataFrame, words: Words) -> Table:
    """Return people in each class of physical and digital access, one column a situation."""
    rows = []
    table = classes.to_dict()
    counts = {name: labels.added_up([table[kind][name] for kind in CLASSES]) for name in classes.index}
    for number, kind in enumerate(CLASSES):
        cells = [Cell(words(f"digital_{kind}"), note=words(f"online_class_{kind}"))]
        for name in classes.index:
            people, total = table[kind][name], table["people"][name]
            share = people / total if total else float("nan")
            cells.append(Cell(words.count(counts[name][number]), people, words.percent(share), share))
        if kind != "unknown" or round(max(table[kind].values())):
            rows.append(tuple(cells))
    columns = (words("online_class"), *(words.name(str(name)) for name in classes.index))
    return Table(columns, rows, label=words("online_classes_title"))


def _helpers_table(table: pd.DataFrame, title: str, words: Words) -> Table:
    """Return the share of people with help in reach, by moment, one column a situation that changes it."""
    situations = list(table.index.unique("situation"))
    shares = table.to_dict("index")
    rows = []
    for moment in ("always", *WHENS):
        here = [(shares[name, moment], float(shares[name, "always"]["all"])) for name in situations]
        between = (_between(row["worst"], row["best"], always, words) for row, always in here)
        rows.append((Cell(words(f"when_{moment}")), *between))
    return Table((words("moment"), *(words.name(str(name)) for name in situations)), rows, title)


def _between(worst: float, best: float, always: float, words: Words) -> Cell:
    """Return a share between two bounds; of sites whose hours are all unknown nothing can be said."""
    low, high = words.percent(worst), words.percent(best)
    if low == high:
        return Cell(low, sortable(worst), share=worst)
    if worst == 0 and best >= always:
        return Cell(words("hours_unknown"))
    return Cell(words("from_to", low=low, high=high), sortable(worst), share=worst)


def _schools_table(table: pd.DataFrame, title: str, words: Words) -> Table:
    """Return what schools surely have, one column a situation that changes it, and what they have at best."""
    situations = list(table.index.unique("situation"))
    facts = table.to_dict("index")
    rows = []
    for measure in SCHOOL_MEASURES:
        cells = [Cell(words(f"equipment_{measure}", mbps=30))]
        for name in situations:
            row = facts[name, measure]
            if row["schools"] and row["unknown_schools"] == row["schools"]:
                cells.append(Cell(words("hours_unknown")))
                continue
            note = words("online_of_schools", n=round(row["schools_with"]), total=words.count(row["schools"]))
            if row["unknown_schools"]:
                note += words("online_unknown_part", n=round(row["unknown_schools"]))
                note += f" ({words('open_at_best', share=words.percent(row['best']))})"
            # Of schools that nobody knows anything of, a rate over the others would say 100 %.
            cells.append(Cell(words.percent(row["worst"]), sortable(row["worst"]), note))
        rows.append(tuple(cells))
    return Table((words("online_equipment"), *(words.name(str(name)) for name in situations)), rows, title)


def _schools_inside(study: Study) -> gpd.GeoDataFrame:
    """Return the schools of the territory: none where the study has none there, or no schools at all."""
    if study.schools is None:
        return gpd.GeoDataFrame()
    codes = study.communes.index[study.communes["in_territory"]]
    return study.schools.loc[study.schools["commune"].isin(codes)]


def _inside(study: Study) -> pd.DataFrame:
    return pd.DataFrame(study.counted[study.communes["in_territory"]])


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


def _communes(study: Study, known: Known) -> pd.DataFrame:
    """Return minutes and rate by commune; nothing without a digital table."""
    if study.digital is None:
        return pd.DataFrame(columns=["minutes", "rate"])
    found = known.results
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


def _double(study: Study, known: Known, near: float) -> pd.DataFrame:
    if study.digital is None:
        return pd.DataFrame(columns=["name"])
    minutes = known.results.minutes[BASELINE].astype("float64")
    residents = study.residents.loc[minutes.index]
    table = double_burden(minutes, _first(study), residents, near_minutes=near, connected_share=CONNECTED)
    return table.assign(name=study.communes["name"].reindex(table.index))


def _helpers(study: Study, kinds: Sequence[str], near: float) -> pd.DataFrame:
    """Return who has a place that helps within reach: at all, and where its hours are known when people can come."""
    present = [kind for kind in kinds if len(study.sites(kind))]
    if not present:  # a scenario has closed them all
        return pd.DataFrame(0.0, index=["always", *WHENS], columns=["all", "best", "worst"])
    table = help_open(study, within=near, whens=WHENS, kinds=present)
    whole = pd.DataFrame(dict.fromkeys(("all", "best", "worst"), table["all"].iloc[:1].to_numpy()), index=["always"])
    return pd.concat([whole, table])


def _weights(study: Study) -> Literal["pupils", "schools"]:
    """Return what school rates are weighted by: pupils where those of every school are known."""
    known = _schools_inside(study)
    return "pupils" if "pupils" in known and bool(known["pupils"].notna().all()) else "schools"
