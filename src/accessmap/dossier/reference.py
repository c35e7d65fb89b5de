"""Published figures beside our own: INSEE's minutes by département, DREES's APL by commune."""

from __future__ import annotations

from typing import Any

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Folded, How, Part, Table, count_cell, sortable
from accessmap.dossier.results import Known, Tables, plainly
from accessmap.measures.apl import apl
from accessmap.measures.minutes import by_commune
from accessmap.read.published import beside
from accessmap.sentences.dates import known_date
from accessmap.sentences.published import place_told
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import Words

KEYS = ["measure", "category", "level", "code"]


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return our figures beside those that are published of the same services; None where none are given.

    Returns
    -------
    dict
        reference
            By (measure, category, level, code): `own`, `people` of the territory that it is of, `published`,
            `difference` (own less published), `vintage_own` (of the services) and `vintage_published`. "minutes" are
            means by car, of "departement" or "france", ours of the territory's people there; "apl" is the mean over
            the people of the communes of the "territory" whose APL is published.
        reference_by_commune
            By (category, code), of the APL: `name`, `people`, `own`, `published`, `difference`.
        _unpublished
            Categories of which nothing is published.
    """
    reference, study = known.reference, known.study
    if reference is None:
        return None
    asked = reference[reference["category"].isin(known.categories)]
    rows = {**_minutes(study, asked)}
    communes = {}
    for category in asked.loc[asked["measure"] == "apl", "category"].unique():
        table = _apl(study, asked, str(category))
        if table["published"].notna().any():
            communes[category] = table
            rows["apl", str(category), "territory", ""] = _mean(table) | {"vintage_published": _dates(asked, category)}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["own", "people", "published", "vintage_published"])
    found.index = pd.MultiIndex.from_tuples(list(rows), names=KEYS)
    found.insert(3, "difference", found["own"] - found["published"])
    found.insert(4, "vintage_own", [study.vintage("services", str(key[1])) or None for key in rows])
    order = sorted(found.index, key=lambda key: (known.categories.index(key[1]), key[0] != "minutes", key[2:]))
    lost = [name for name in known.categories if name not in set(found.index.get_level_values("category"))]
    tables = {
        "reference": found.loc[order] if len(found) else found,
        "_unpublished": pd.DataFrame(index=pd.Index(lost)),
    }
    return tables | ({"reference_by_commune": pd.concat(communes, names=["category"])} if communes else {})


def _minutes(study: Study, asked: pd.DataFrame) -> dict[tuple[str, str, str, str], dict[str, object]]:
    """Return mean minutes of the territory's people in each département that a figure is published of, and in all."""
    people = study.people.astype("float64")
    of = study.residents.loc[people.index, "commune"].map(departement)
    rows: dict[tuple[str, str, str, str], dict[str, object]] = {}
    for row in asked[asked["measure"] == "minutes"].to_dict("records"):
        here = of == row["code"] if row["level"] == "departement" else pd.Series(True, of.index)
        if not here.any():
            continue
        own = float("nan")
        if "car" in study.networks:
            minutes = study.nearest(row["category"], mode="car")["minutes"][people.index][here].astype("float64")
            weights = people[here].where(minutes.notna(), 0.0)
            own = float((minutes.fillna(0.0) * weights).sum() / weights.sum()) if weights.sum() else own
        code = row["code"] if row["level"] == "departement" else ""
        rows["minutes", row["category"], row["level"], code] = {
            "own": own,
            "people": float(people[here].sum()),
            "published": float(row["value"]),
            "vintage_published": row["vintage"],
        }
    return rows


def departement(commune: str) -> str:
    """Return the code of the département of a commune.

    >>> departement("02173"), departement("2A004"), departement("97411")
    ('02', '2A', '974')
    """
    return commune[: 3 if commune.startswith("97") else 2]


def _apl(study: Study, asked: pd.DataFrame, category: str) -> pd.DataFrame:
    """Return the APL of each commune of the territory, ours (NaN where it cannot be had) and that published."""
    sites = study.sites(category)
    supply = sites["consultations"] if "consultations" in sites else pd.Series(float("nan"), sites.index)
    here = study.counted[study.counted["in_territory"]]
    own = pd.Series(float("nan"), index=here.index)
    if supply.notna().all() and len(sites):
        values = apl(study.minutes(sites), supply.astype("float64"), study.residents["population"])
        own = by_commune(values, study.residents)["value"].reindex(here.index)
    table = beside(own, asked, category=category)
    table.insert(0, "name", here["name"])
    table.insert(1, "people", here["population"])
    return table.rename_axis("code")


def _mean(table: pd.DataFrame) -> dict[str, object]:
    """Return the means over the people of the communes whose figure is published; ours is missing where one is."""
    there = table[table["published"].notna() & (table["people"] > 0)]
    people = there["people"].astype("float64")
    own, published = ((there[name] * people).sum(skipna=False) / people.sum() for name in ("own", "published"))
    return {"own": float(own), "people": float(people.sum()), "published": float(published)}


def _dates(asked: pd.DataFrame, category: str) -> str | None:
    rows = asked[(asked["measure"] == "apl") & (asked["category"] == category)]
    return ", ".join(sorted(set(rows["vintage"].dropna().astype(str)))) or None


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return our figure beside each published one, and what nothing is published of."""
    lost, table = [str(name) for name in tables["_unpublished"].index], tables["reference"]
    level, kinds = table.index.get_level_values("level"), table.index.get_level_values("category")
    nearer = set(kinds[level == "departement"])  # the table has France beside it
    return told_of.reference(table[(level != "france") | ~kinds.isin(nearer)], unpublished=lost, lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return our figures and the published ones, side by side, and those by commune."""
    table = tables["reference"]
    columns = ("reference_what", "reference_place", "reference_own", "reference_published", "reference_difference")
    rows = []
    facts: dict[Any, Any] = table.to_dict("index")
    for (measure, category, level, code), row in facts.items():
        kind = labels.capitalised(labels.category(category).name(words.lang, count=2))
        people = words.people(row["people"])
        rows.append(
            (
                Cell(kind, kind, words(f"reference_{measure}")),
                Cell(place_told(level, code, words)),
                _cell(measure, row["own"], words, f"{people}, {_dated(row['vintage_own'], words)}"),
                _cell(measure, row["published"], words, _dated(row["vintage_published"], words)),
                _difference(measure, row["own"], row["published"], words),
            )
        )
    numeric = (False, False, True, True, True)
    parts: list[Part] = [
        Table([words(name) for name in columns], rows, numeric=numeric, label=words("chapter_reference"))
    ]
    if "reference_by_commune" in tables:
        communes = tables["reference_by_commune"]
        both = bool(communes["difference"].notna().any())  # the published alone is no reason to print a table
        parts.append(Folded(words("reference_open"), tuple(_communes(communes, words)), on_paper=both))
    return [*parts, How(words("how_reference"))]


def _communes(table: pd.DataFrame, words: Words) -> list[Table]:
    """Return the APL of each commune, ours and the published, a table a category."""
    columns = ("commune", "inhabitants", "reference_own", "reference_published", "reference_difference")
    found = []
    for category in table.index.unique("category"):
        here = pd.DataFrame(table.xs(category, level="category")).sort_values("name", key=plainly, kind="stable")
        rows = [
            (
                Cell(str(row["name"]), str(row["name"])),
                count_cell(row["people"], words),
                _cell("apl", row["own"], words),
                _cell("apl", row["published"], words),
                _difference("apl", row["own"], row["published"], words),
            )
            for row in here.to_dict("records")
        ]
        title = words("reference_apl_of", kind=labels.category(str(category)).name(words.lang, count=2))
        found.append(Table([words(name) for name in columns], rows, title=title, sortable=True))
    return found


def _cell(measure: str, value: float, words: Words, note: str = "") -> Cell:
    """Return a figure in the unit of its measure; what is not known is said to be."""
    if pd.isna(value):
        return Cell(words("reference_missing"), "", note)
    return Cell(words.minutes(value) if measure == "minutes" else words.count(value, digits=1), sortable(value), note)


def _dated(vintage: object, words: Words) -> str:
    return words("reference_of", date=known_date(vintage, words))


def _difference(measure: str, own: float, published: float, words: Words) -> Cell:
    """Return a difference as the numbers beside it subtract; a dash where one of them is not known."""
    if pd.isna(own) or pd.isna(published):
        return Cell("–")
    told = (words.change_shown if measure == "minutes" else words.difference_shown)(published, own)
    return Cell(told or words("reference_same"), sortable(own - published))
