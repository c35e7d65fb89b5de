"""A programme, what it changes and its indicators in words: for the dossier, a notebook or a report."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from accessmap.programme.carrying import missing_told
from accessmap.programme.operation import Operation
from accessmap.programme.programme import Programme
from accessmap.programme.territories import OURS
from accessmap.study.study import Study
from accessmap.words import words as labels

__all__ = [
    "cutoff_text",
    "effect_rows",
    "operation_rows",
    "programme_rows",
    "programme_told",
    "side_rows",
    "side_told",
    "value_text",
]


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
    labels.check_lang(lang)
    names = [name for name in table.columns if name not in OURS]
    rows = []
    for row in table.to_dict("records"):
        indicator, category = row["indicator"], row["category"]
        kind = labels.category(category).name(lang) if category else ""
        told = labels.text(f"side_{indicator}", lang=lang, category=kind, minutes=cutoff_text(row["minutes"], lang))
        # Rates for 10,000 people are small numbers: a decimal tells them apart.
        digits = 1 if indicator.endswith("_per_10000") else 0
        values = {name: value_text(row[name], row["unit"], lang, digits=digits) for name in names}
        missing = missing_told(row["missing"], lang=lang)
        rows.append({"programme_indicator": told, **values, "programme_missing": missing})
    ours = {name: labels.text(name, lang=lang) for name in ("programme_indicator", "programme_missing")}
    return pd.DataFrame(rows, dtype="str").rename(columns=ours)


def side_told(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return, for each category, the share of each territory's people within its middle threshold, as sentences.

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
    >>> table = side_by_side(am.load_sample(), {"ours": "200071785", "Aisne": "02"}, categories=["france_services"])
    >>> side_told(table, lang="en")[0]
    'France services, within 20\xa0minutes: ours >\xa099%, Aisne 74%.'
    """
    labels.check_lang(lang)
    names = [name for name in table.columns if name not in OURS]
    said = []
    for category, rows in table[table["indicator"] == "share_within"].groupby("category", sort=False):
        row = rows.sort_values("minutes").iloc[len(rows) // 2]
        values = [
            labels.text("side_value", lang=lang, value=value_text(float(row[name]), "share", lang), name=name)
            for name in names
        ]
        kind = labels.capitalised(labels.category(str(category)).name(lang))
        minutes = cutoff_text(float(row["minutes"]), lang)
        said.append(
            labels.text("side_within_told", lang=lang, category=kind, minutes=minutes, values=", ".join(values))
        )
    return [*said, labels.text("side_border", lang=lang)]


def value_text(value: float, unit: str, lang: labels.Lang, *, digits: int = 0) -> str:
    """Return a number as it is read in its unit; what is not known is said to be."""
    if math.isnan(value):
        return labels.text("programme_unknown", lang=lang)
    if unit == "share":
        return labels.percent(value, lang=lang)
    if unit == "minutes":
        return labels.minutes(value, lang=lang)
    return labels.number(value, lang=lang, digits=digits)


def cutoff_text(minutes: float, lang: labels.Lang) -> str:
    """Return minutes as a cutoff is spelled out; empty where there is none."""
    return "" if math.isnan(minutes) else labels.cutoff(minutes, lang=lang)


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
    labels.check_lang(lang)
    by_id = programme.measurable(study).to_dict("index")
    rows = {}
    for operation in programme.operations:
        known = by_id.get(operation.id)
        unknown = labels.text("programme_unknown", lang=lang)
        title = operation.title
        rows[operation.id] = {
            "operation": title if operation.enabled else labels.text("programme_off", lang=lang, title=title),
            "owner": operation.owner,
            "where": _where(operation, study),
            "kind": labels.text(f"programme_kind_{operation.kind}", lang=lang),
            "year": unknown if operation.year is None else str(operation.year),
            "cost": unknown if operation.cost_eur is None else _euros(operation.cost_eur, lang),
            "financing": _financing(operation, lang),
            "measured": "–" if known is None else _measured(known, lang),
            "missing": "" if known is None else missing_told(known["missing"], lang=lang),
            "reading": operation.reading,
        }
    columns = ("operation", "owner", "where", "kind", "year", "cost", "financing", "measured", "missing", "reading")
    return _titled(rows, columns, lang)


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
    ValueError
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
    labels.check_lang(lang)
    names = indicators["scenario"].unique()
    if len(names) > 1:
        plans = ", ".join(map(repr, names))
        raise ValueError(f"programme_rows: the table is of {plans}: choose the rows of one.")
    rows = {
        row["indicator"]: {
            "indicator": labels.text(f"indicator_{row['indicator']}", lang=lang),
            **{name: value_text(row[name], row["unit"], lang) for name in ("before", "after")},
            "target": labels.text("programme_no_target", lang=lang)
            if math.isnan(row["target"])
            else value_text(row["target"], row["unit"], lang),
            "definition": labels.text(row["definition"], lang=lang, minutes=cutoff_text(row["minutes"], lang)),
            "missing": missing_told(row["missing"], lang=lang),
        }
        for row in indicators.to_dict("records")
    }
    return _titled(rows, ("indicator", "before", "after", "target", "definition", "missing"), lang)


def programme_told(
    programme: Programme, study: Study, indicators: pd.DataFrame, *, lang: labels.Lang = "fr"
) -> list[str]:
    """Return what a programme does, as sentences: how much of it can be measured, what lacks, what changes.

    Parameters
    ----------
    programme, study
        The programme, and the study as it is before it.
    indicators
        As `indicators` returns it for this programme.
    lang
        "fr" or "en".

    Raises
    ------
    ScenarioError
        Where an operation cannot be carried out.

    Examples
    --------
    >>> import accessmap as am
    >>> from accessmap.programme import indicators
    >>> from accessmap.programme.files import sample as sample_programme
    >>> study, programme = am.load_sample(), sample_programme()
    >>> programme_told(programme, study, indicators(study, programme), lang="en")[1]
    '3 operations of 7 can be measured with the data given, 1 of them in part.'
    """
    labels.check_lang(lang)
    measured = programme.measurable(study)
    title, year = programme.title, programme.year
    key = "programme_title_line" if year is not None else "programme_title_line_no_year"
    said = [labels.text(key, lang=lang, n=len(programme), title=title, year=year)]
    if len(measured):
        said.append(_share_told(measured, lang))
    for row in measured[measured["missing"].map(len) > 0].to_dict("records"):
        key = "programme_part_measured" if row["measured"] else "programme_not_measured"
        said.append(labels.text(key, lang=lang, title=row["title"], missing=missing_told(row["missing"], lang=lang)))
    changes = _changes_told(indicators[indicators["scenario"] == title], lang)
    said += changes or [labels.text("programme_unchanged", lang=lang)]
    said.append(_costs_told(programme, lang))
    if programme.partners:
        said.append(labels.text("programme_partners", lang=lang, names=", ".join(programme.partners)))
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
    labels.check_lang(lang)
    rows = {}
    for name, part in effects.groupby("operation", sort=False):
        changes = _changes_told(part.rename(columns={"alone": "after"}), lang)
        told = " ".join(changes) or labels.text("programme_no_effect", lang=lang)
        rows[str(name)] = {"operation": part["title"].iloc[0], "effect": told}
    return _titled(rows, ("operation", "effect"), lang)


def _titled(rows: dict[str, dict[str, str]], columns: Sequence[str], lang: labels.Lang) -> pd.DataFrame:
    """Return rows of text as a table whose columns have titles; the columns are there without rows too."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns), dtype="str")
    return table.rename(columns={name: labels.text(f"programme_{name}", lang=lang) for name in columns})


def _where(operation: Operation, study: Study) -> str:
    communes = study.communes
    if operation.communes:
        return ", ".join(str(communes["name"].get(code, code)) for code in operation.communes)
    members = communes[(communes["epci"] == operation.epci).fillna(False).astype(bool)]
    return str(members["epci_name"].iloc[0]) if "epci_name" in members and len(members) else f"EPCI {operation.epci}"


def _financing(operation: Operation, lang: labels.Lang) -> str:
    """Return who pays how much, as far as it is known, and who might."""
    unknown = labels.text("programme_unknown", lang=lang)
    paid = [f"{name} {unknown if euros is None else _euros(euros, lang)}" for name, euros in operation.financing]
    if operation.funders:
        paid.append(labels.text("programme_possible", lang=lang, names=", ".join(operation.funders)))
    return labels.text("programme_and", lang=lang).join(paid) or unknown


def _measured(row: Mapping[Hashable, Any], lang: labels.Lang) -> str:
    key = "in_part" if row["measured"] and row["missing"] else "yes" if row["measured"] else "no"
    return labels.text(f"programme_{key}", lang=lang)


def _euros(value: float, lang: labels.Lang) -> str:
    return labels.text("programme_euros", lang=lang, value=labels.number(value, lang=lang))


def _share_told(measured: pd.DataFrame, lang: labels.Lang) -> str:
    count, total = int(measured["measured"].sum()), len(measured)
    if count == 0:
        return labels.text("programme_measurable_none", lang=lang, total=total)
    if count == total:
        return labels.text("programme_measurable_all", lang=lang, n=count)
    told = labels.text("programme_measurable", lang=lang, n=count, total=total)
    part = int((measured["measured"] & (measured["missing"].map(len) > 0)).sum())
    return told[:-1] + labels.text("programme_of_which_part", lang=lang, n=part) + "." if part else told


def _changes_told(indicators: pd.DataFrame, lang: labels.Lang) -> list[str]:
    """Return a sentence for each indicator that changes, or becomes known."""
    said = []
    for row in indicators.to_dict("records"):
        before, after = row["before"], row["after"]
        if math.isnan(after) or before == after:
            continue
        key = "programme_now_known" if math.isnan(before) else "programme_changed"
        name = labels.text(f"indicator_{row['indicator']}", lang=lang)
        old, new = (value_text(value, row["unit"], lang) for value in (before, after))
        said.append(labels.text(key, lang=lang, indicator=name, before=old, after=new))
    return said


def _costs_told(programme: Programme, lang: labels.Lang) -> str:
    known = [operation.cost_eur for operation in programme if operation.cost_eur is not None]
    if not known:
        return labels.text("programme_costs_unknown", lang=lang)
    value = _euros(sum(known), lang)
    return labels.text("programme_costs", lang=lang, n=len(known), total=len(programme), value=value)
