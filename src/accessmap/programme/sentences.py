"""A programme, what it changes and its indicators in words: for the dossier, a notebook or a report."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from accessmap import sentences as told_of
from accessmap.errors import Problem, TableError
from accessmap.programme.carrying import missing_told
from accessmap.programme.operation import Operation, members
from accessmap.programme.programme import Programme
from accessmap.sentences.plans import SIDE_COLUMNS, changed_told, cutoff_text, value_text
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.near import plain
from accessmap.words.words import Words


def side_rows(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> pd.DataFrame:
    """Return territories side by side as text: a row for each indicator, a column for each territory.

    Parameters
    ----------
    table
        As `side_by_side` returns it.
    lang
        "fr" or "en".

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme import side_by_side
    >>> table = side_by_side(am.load_sample(), {"Chauny": "200071785"}, categories=["france_services"])
    >>> side_rows(table, lang="en").iloc[1].tolist()
    ['People', '54,027', '']
    """
    words = Words(labels.check_lang(lang))
    names = [name for name in table.columns if name not in SIDE_COLUMNS]
    rows = []
    for row in table.to_dict("records"):
        indicator, category = row["indicator"], row["category"]
        kind = labels.category(category).name(lang) if category else ""
        title = words(f"side_{indicator}", category=kind, minutes=cutoff_text(row["minutes"], words))
        # Rates for 10,000 people are small numbers: a decimal tells them apart.
        digits = 1 if indicator.endswith("_per_10000") else 0
        values = {name: value_text(row[name], row["unit"], words, digits=digits) for name in names}
        missing = missing_told(row["missing"], lang=lang)
        rows.append({"programme_indicator": title, **values, "programme_missing": missing})
    ours = {name: words(name) for name in ("programme_indicator", "programme_missing")}
    return pd.DataFrame(rows, dtype="str").rename(columns=ours)


def operation_rows(programme: Programme, study: Study, *, lang: labels.Lang = "fr") -> pd.DataFrame:
    """Return every operation as text, by id: what it is, who, where, when, how much, whether it can be measured.

    Parameters
    ----------
    programme, study
        The programme, and the study as it is before it.
    lang
        "fr" or "en".

    Returns
    -------
    pandas.DataFrame
        Columns titled in `lang`; operations that are switched off are there, and said to be.

    Raises
    ------
    ScenarioError
        Where an operation cannot be carried out.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme.files import sample as sample_programme
    >>> operation_rows(sample_programme(), am.load_sample(), lang="en").loc["mairie-servais", ["Place", "Measured"]]
    Place       Servais
    Measured        yes
    Name: mairie-servais, dtype: str
    """
    words = Words(labels.check_lang(lang))
    by_id, places = programme.measurable(study).to_dict("index"), study.communes["name"]
    named = study.communes.get("epci_name", pd.Series(dtype="str")).dropna().unique()
    epcis = {plain(str(name)): str(name) for name in named}
    rows = {}
    for operation in programme.operations:
        known = by_id.get(operation.id)
        unknown = words("programme_unknown")
        title = operation.title
        where = ", ".join(str(places.get(code, code)) for code in operation.communes)
        measured = "–"
        if known is not None:
            key = "in_part" if known["measured"] and known["missing"] else "yes" if known["measured"] else "no"
            measured = words(f"programme_{key}")
        rows[operation.id] = {
            "operation": title if operation.enabled else words("programme_off", title=title),
            "owner": epcis.get(plain(operation.owner), operation.owner),
            "where": where or members(study.communes, operation.epci)[1],
            "kind": words(f"programme_kind_{operation.kind}"),
            "year": unknown if operation.year is None else str(operation.year),
            "cost": unknown if operation.cost_eur is None else _euros(operation.cost_eur, words),
            "financing": _financing(operation, words),
            "measured": measured,
            "missing": "" if known is None else missing_told(known["missing"], lang=lang),
            "reading": operation.reading,
        }
    columns = ("operation", "owner", "where", "kind", "year", "cost", "financing", "measured", "missing", "reading")
    return _titled(rows, columns, words)


def programme_rows(indicators: pd.DataFrame, *, lang: labels.Lang = "fr") -> pd.DataFrame:
    """Return the indicator table of one plan as text, by indicator: before, after, target, what it means, what lacks.

    Parameters
    ----------
    indicators
        As `indicators` returns it; of several plans, choose the rows of one.
    lang
        "fr" or "en".

    Raises
    ------
    TableError
        Where the table is of more than one plan.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme import indicators
    >>> from accessmap.programme.files import sample as sample_programme
    >>> rows = programme_rows(indicators(am.load_sample(), sample_programme()), lang="en")
    >>> rows.loc["services_created", ["Before", "After", "Target"]].tolist()
    ['0', '1', 'not set']
    """
    words = Words(labels.check_lang(lang))
    names = indicators["scenario"].unique()
    if len(names) > 1:
        raise TableError(Problem("programme_rows_of_several", plans=", ".join(map(repr, names))))
    rows = {
        row["indicator"]: {
            "indicator": words(f"indicator_{row['indicator']}"),
            **{name: value_text(row[name], row["unit"], words) for name in ("before", "after")},
            "target": words("programme_no_target")
            if math.isnan(row["target"])
            else value_text(row["target"], row["unit"], words),
            "definition": words(row["definition"], minutes=cutoff_text(row["minutes"], words)),
            "missing": missing_told(row["missing"], lang=lang),
        }
        for row in indicators.to_dict("records")
    }
    return _titled(rows, ("indicator", "before", "after", "target", "definition", "missing"), words)


def programme_told(
    programme: Programme, study: Study, indicators: pd.DataFrame, *, lang: labels.Lang = "fr"
) -> list[str]:
    """Return what a programme does, as sentences: how much of it can be measured, what lacks, what changes."""
    words = Words(labels.check_lang(lang))
    measured = programme.measurable(study)
    title, year = programme.title, programme.year
    key = "programme_title_line" if year is not None else "programme_title_line_no_year"
    said = [words(key, n=len(programme), title=title, year=year)]
    if len(measured):
        said.append(_share_told(measured, words))
    for row in measured[measured["missing"].map(len) > 0].to_dict("records"):
        key = "programme_part_measured" if row["measured"] else "programme_not_measured"
        said.append(words(key, title=row["title"], missing=missing_told(row["missing"], lang=lang)))
    said += told_of.programme(indicators[indicators["scenario"] == title], lang=lang)
    said.append(_costs_told(programme, words))
    if programme.partners:
        said.append(words("programme_partners", names=", ".join(programme.partners)))
    return said


def effect_rows(effects: pd.DataFrame, *, lang: labels.Lang = "fr") -> pd.DataFrame:
    """Return what each operation alone changes as text, by id: its title, and each indicator before and after.

    Parameters
    ----------
    effects
        As `effects` returns it.
    lang
        "fr" or "en".

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme import effects
    >>> from accessmap.programme.files import sample as sample_programme
    >>> rows = effect_rows(effects(am.load_sample(), sample_programme()), lang="en")
    >>> rows["What it changes"].iloc[[2, 4]].tolist()
    ['Step-free services: unknown before, at least 1 after.', 'Nothing measured.']
    """
    words = Words(labels.check_lang(lang))
    rows = {}
    for name, part in effects.groupby("operation", sort=False):
        changes = changed_told(part.rename(columns={"alone": "after"}), words)
        effect = " ".join(changes) or words("programme_no_effect")
        rows[str(name)] = {"operation": part["title"].iloc[0], "effect": effect}
    return _titled(rows, ("operation", "effect"), words)


def _titled(rows: dict[str, dict[str, str]], columns: Sequence[str], words: Words) -> pd.DataFrame:
    """Return rows of text as a table whose columns have titles; the columns are there without rows too."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns), dtype="str")
    return table.rename(columns={name: words(f"programme_{name}") for name in columns})


def _financing(operation: Operation, words: Words) -> str:
    """Return who pays how much, as far as it is known, and who might."""
    unknown = words("programme_unknown")
    paid = [f"{name} {unknown if euros is None else _euros(euros, words)}" for name, euros in operation.financing]
    if operation.funders:
        paid.append(words("programme_possible", names=", ".join(operation.funders)))
    return words("programme_and").join(paid) or unknown


def _euros(value: float, words: Words) -> str:
    return words("programme_euros", value=words.count(value))


def _share_told(measured: pd.DataFrame, words: Words) -> str:
    count, total = int(measured["measured"].sum()), len(measured)
    if count == 0:
        return words("programme_measurable_none", total=total)
    if count == total:
        return words("programme_measurable_all", n=count)
    told = words("programme_measurable", n=count, total=total)
    part = int((measured["measured"] & (measured["missing"].map(len) > 0)).sum())
    return told[:-1] + words("programme_of_which_part", n=part) + "." if part else told


def _costs_told(programme: Programme, words: Words) -> str:
    known = [operation.cost_eur for operation in programme if operation.cost_eur is not None]
    if not known:
        return words("programme_costs_unknown")
    value = _euros(sum(known), words)
    return words("programme_costs", n=len(known), total=len(programme), value=value)
