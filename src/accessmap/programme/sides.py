"""Territories side by side in words: a table of text, and sentences."""

from __future__ import annotations

import pandas as pd

from accessmap import labels
from accessmap.programme.missing import missing_told
from accessmap.programme.territories import OURS
from accessmap.programme.writing import cutoff_text, value_text

__all__ = ["side_rows", "side_told"]


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
