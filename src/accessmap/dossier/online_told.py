"""Digital access in words: the sentences and tables of the chapter, and the lines of commune sheets."""

from typing import Any, Final

import pandas as pd

from accessmap import labels
from accessmap.digital import CLASSES
from accessmap.dossier.online import SCHOOL_MEASURES, WHENS, Online
from accessmap.dossier.writing import Cell, Table, Words, sortable
from accessmap.scenarios import BASELINE

__all__ = ["classes_table", "coverage_table", "helpers_table", "schools_table", "sheet_lines", "told"]

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
