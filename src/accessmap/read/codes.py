"""Codes of communes through time: values and codes of another year brought to the communes of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import OptionError, Problem, Rows, TableError
from accessmap.read.columns import as_text, noted
from accessmap.read.files import Tabular, read_table
from accessmap.read.parts import Wanted
from accessmap.read.raw import refusal
from accessmap.tables.aligned import check_kind
from accessmap.words.notes import Note, first_few

__all__ = ["read", "to_current"]

TODAY = 2026
"""The year of the tables that are shipped (INSEE, Code officiel géographique au 1er janvier 2026)."""
FIRST_DATED = 2021  # mergers and splits before it have no date in them


def merged_communes() -> Mapping[str, str]:
    """Return former code → code of 2026, of all France: merged, delegated and associated communes, arrondissements.

    Notes
    -----
    Source: INSEE, Code officiel géographique 2026, through the npm package @etalab/decoupage-administratif 6.0.0
    (Licence Ouverte); the `year` beside is the first edition without the code, told by the packages of 2021 to 2026. A
    code in use today is not in it, nor is a commune that was split up.

    Examples
    --------
    >>> merged_communes()["02301"], merged_communes()["75101"]  # Faucoucourt: Anizy-le-Grand; Paris 1er: Paris
    ('02018', '75056')
    """
    return MappingProxyType(_merged())


@cache
def _merged() -> dict[str, str]:
    table = _preset("merged_communes.csv")
    return dict(zip(table["code"], table["now"], strict=True))


@cache
def _splits() -> pd.DataFrame:
    """Communes restored since 2021: `code`, `of` which it was a part, and the `year` from which it stands alone."""
    table = _preset("split_communes.csv")
    return table.assign(year=table["year"].astype(int))


def _preset(name: str) -> pd.DataFrame:
    with (files("accessmap") / "presets" / name).open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str)


@dataclass(frozen=True)
class Moved:
    """Codes of rows as they are today, where the commune of today is loaded, and which of them that changed.

    Parameters
    ----------
    was, codes
        Before and after: text, missing where unknown.

    Examples
    --------
    >>> moved = to_loaded(pd.Series(["02301", "02173", "99999"]), pd.Index(["02018", "02173"]))
    >>> moved.codes.tolist(), moved.changed.tolist(), moved.told()
    (['02018', '02173', '99999'], [True, False, False], '02301 → 02018')
    """

    was: pd.Series
    codes: pd.Series

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Where a code is another one today."""
        return ((self.was != self.codes) & self.was.notna()).to_numpy(dtype=bool)

    @property
    def pairs(self) -> list[str]:
        """Each change once, "02301 → 02018", in the order of the rows."""
        both = zip(self.was[self.changed], self.codes[self.changed], strict=True)
        return [f"{was} → {now}" for was, now in dict.fromkeys(both)]

    def told(self) -> Note:
        """Return the first few changes."""
        return first_few(self.pairs, str)


def to_loaded(codes: pd.Series, loaded: pd.Index, successors: Mapping[str, str] | None = None) -> Moved:
    """Return codes of rows of any year brought to the communes that are loaded, of the tables that are shipped.

    Parameters
    ----------
    codes
        Text, missing where unknown.
    loaded
        Codes of the communes table: one of them is never changed, and none becomes what is not in it.
    successors
        Former code → code of today, which goes before :func:`merged_communes`.
    """
    today = codes.map(lambda code: (successors or {}).get(code) or _now(code), na_action="ignore")
    return Moved(codes, codes.where(codes.isin(loaded) | ~today.isin(loaded), today))


def _now(code: str) -> str:
    """The commune that one of any year is, or is in, today; its own code of what is not known."""
    return _merged().get(code, code)


def read(path: Tabular) -> pd.DataFrame:
    """Return what happened to communes, one row a code before and after: `date`, `before`, `after`, by date.

    Parameters
    ----------
    path
        INSEE's table of movements (v_mvtcommune, mvtcommune: MOD, DATE_EFF, TYPECOM_AV, COM_AV, TYPECOM_AP, COM_AP) of
        any edition, or its list of new communes (DepComN, DepComA and a date). Only communes as such are kept:
        what becomes of delegated and associated ones moves no code.

    Raises
    ------
    SourceError
        When the file cannot be read or is neither.

    Examples
    --------
    >>> row = {"MOD": "32", "DATE_EFF": "2019-01-01", "TYPECOM_AV": "COM", "TYPECOM_AP": "COM"}
    >>> moves = read(pd.DataFrame([row | {"COM_AV": code, "COM_AP": "02018"} for code in ("02018", "02301")]))
    >>> moves.to_dict("list")["before"]
    ['02018', '02301']
    """
    raw = read_table(path, wanted=Wanted(("merged",)))
    names = raw.names
    dates = [name for name in names if name.startswith(("date_eff", "date"))]
    if {"com_av", "com_ap"} <= set(names) and dates:
        table = raw.table
        kinds = [as_text(table[names[name]]) for name in ("typecom_av", "typecom_ap") if name in names]
        kept = np.logical_and.reduce([kind == "COM" for kind in kinds]) if kinds else np.ones(len(table), bool)
        columns = "com_av", "com_ap"
    elif {"depcoma", "depcomn"} <= set(names) and dates:
        kept, columns = np.ones(len(raw.table), bool), ("depcoma", "depcomn")
    else:
        raise refusal(raw.name, "no_moves", has=", ".join(map(str, raw.table.columns[:12])))
    before, after = (as_text(raw.table[names[name]]).str.zfill(5) for name in columns)
    when = _dates(raw.table[names[dates[0]]])
    if (bad := np.flatnonzero(when.isna())).size:
        raise refusal(raw.name, "moves_undated", n=len(bad), rows=raw.named(bad, raw.table[names[dates[0]]]))
    moves = pd.DataFrame({"date": when, "before": before, "after": after})[kept].dropna().drop_duplicates()
    return noted(moves.sort_values("date", kind="stable").reset_index(drop=True), raw.notes, raw.vintage)


def _dates(values: pd.Series) -> pd.Series:
    """Return dates written 2019-01-01, 20190101 or 01/01/2019; missing where they are none."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    text = as_text(values)
    found = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    for written in ("%Y%m%d", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S"):
        found = found.fillna(pd.to_datetime(text, format=written, errors="coerce"))
    return found


def to_current(
    values: pd.Series,
    year: int,
    *,
    moves: pd.DataFrame | None = None,
    how: Literal["sum", "mean"] = "sum",
    weights: pd.Series | None = None,
    split_by: pd.Series | None = None,
) -> pd.Series:
    """Return values by commune of today (index `code`, sorted), from values by commune of another year.

    Those of merged communes are added up, or averaged; a commune whose code changed has its new one. What was done
    stands in `.attrs["read_notes"]`.

    Parameters
    ----------
    values
        Numbers by code, such as people by commune of 2013, each code once.
    year
        Whose codes they are: those of 1 January.
    moves
        What happened since, as :func:`read` returns it: mergers and splits of every year, by their dates. Without it
        the tables that are shipped, which know every former code and the splits since 2021.
    how
        "sum" for counts of people or things; "mean" for shares and minutes, weighted by `weights`.
    weights
        By code of that year, of "mean".
    split_by
        People by commune of today: the value of a commune that was split since is shared in this proportion ("sum"), or
        given to each part ("mean"). Without it a split is refused.

    Raises
    ------
    TableError
        When a code stands twice, values are no numbers, or a commune was split and `split_by` does not say how.
    OptionError
        When `how` is neither, or "mean" has no weights.

    Examples
    --------
    >>> people = pd.Series({"02018": 1900, "02301": 300, "02173": 11_600})  # Anizy and Faucoucourt merged in 2019
    >>> to_current(people, 2013).to_dict()
    {'02018': 2200, '02173': 11600}
    """
    check_kind(values, "values", pd.Series)
    if how not in ("sum", "mean") or (how == "mean" and weights is None):
        raise OptionError(Problem("codes_how", value=how))
    if not pd.api.types.is_numeric_dtype(values):
        raise TableError(Problem("codes_not_numbers", value=values.dtype), about="values")
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise TableError(Problem("codes_twice", where=Rows.of(len(twice), first_few(twice)), value=twice[0]))
    targets = _targets(values.index, year, moves)
    split = {code: after for code, after in targets.items() if len(after) > 1}
    if split and (split_by is None or any(not split_by.reindex(after).sum() > 0 for after in split.values())):
        code, after = next(iter(split.items()))
        raise TableError(Problem("codes_split", n=len(split), value=code, parts=", ".join(after), year=str(year)))
    rows = pd.DataFrame(
        [(code, to, len(after)) for code, after in targets.items() for to in after], columns=["was", "code", "parts"]
    )
    given = values.reindex(rows["was"]).to_numpy()
    share = np.ones(len(rows))
    if split and split_by is not None:
        people = split_by.reindex(rows["code"]).astype(float).fillna(0).to_numpy()
        whole = pd.Series(people).groupby(rows["was"]).transform("sum").to_numpy()
        share = np.where(rows["parts"] > 1, people / np.where(whole > 0, whole, 1), 1.0)
    if how == "sum":
        counted = rows.assign(value=given * share if split else given)
        result = counted.groupby("code")["value"].sum(skipna=False)
    else:
        weight = weights.reindex(rows["was"]).astype(float).to_numpy() * share if weights is not None else share
        sums = rows.assign(value=given * weight, weight=weight).groupby("code")[["value", "weight"]]
        added = sums.sum(skipna=False)
        result = added["value"] / added["weight"].where(added["weight"] > 0)
    result.name = values.name
    return noted(result, _what_was_done(rows, split, how))


def _what_was_done(rows: pd.DataFrame, split: Mapping[str, Iterable[str]], how: str) -> list[Note]:
    """Return the notes on codes that moved."""
    notes = []
    counts = rows["code"].value_counts()
    together = rows[rows["code"].isin(counts.index[counts > 1]) & (rows["parts"] == 1)]
    if len(together):
        groups = together.groupby("code")["was"].agg(list)
        named = first_few([f"{' + '.join(was)} → {code}" for code, was in groups.items()], str)
        notes.append(Note(f"codes_merged_{how}", n=len(groups), pairs=named))
    alone = rows[(rows["was"] != rows["code"]) & (rows["parts"] == 1) & ~rows["code"].isin(together["code"])]
    if len(alone):
        named = first_few([f"{was} → {code}" for was, code in zip(alone["was"], alone["code"], strict=True)], str)
        notes.append(Note("codes_changed", n=len(alone), pairs=named))
    if split:
        named = first_few([f"{code} → {' + '.join(after)}" for code, after in split.items()], str)
        notes.append(Note("codes_shared", n=len(split), pairs=named))
    return notes


def _targets(codes: pd.Index, year: int, moves: pd.DataFrame | None) -> dict[str, list[str]]:
    """Return the communes of today that each code of a year became: one, or those into which it was split."""
    if moves is not None:
        return _followed(codes, pd.Timestamp(int(year), 1, 1), moves)
    present = set(codes)
    parts = {str(of): part for of, part in _splits().groupby("of")}
    found = {}
    for code in codes:
        now = _now(code)
        later = parts.get(now)
        # A part that has a row of its own was not in the whole, or is not any more.
        since = [] if later is None else [to for to in later["code"][later["year"] > year] if to not in present]
        found[code] = [now, *since]
    return found


def _followed(codes: pd.Index, since: pd.Timestamp, moves: pd.DataFrame) -> dict[str, list[str]]:
    """Return what each code became, event by event, each day's at once: a code may be taken up again."""
    found = {code: {code: None} for code in codes}
    for _, day in moves[moves["date"] > since].groupby("date"):
        after = {str(code): list(dict.fromkeys(part)) for code, part in day.groupby("before")["after"]}
        for code, now in found.items():
            if not after.keys().isdisjoint(now):
                found[code] = dict.fromkeys(to for one in now for to in after.get(one, [one]))
    return {code: list(now) for code, now in found.items()}
