"""From per cent, and from premises counted, to shares 0-1: what a file of coverage means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from accessmap.digital_tables import COUNTS, RATES
from accessmap.findings import SHOWN, count, first_few
from accessmap.sources.columns import Reading, plain

__all__ = ["Denominator", "as_shares", "merged_rows", "rates_of_counts"]

PERCENT_WORDS = frozenset({"pct", "pourcentage", "pourcent", "percent"})


@dataclass(frozen=True)
class Denominator:
    """What premises reached are divided by, where the file does not say it.

    Parameters
    ----------
    premises
        All premises by commune code.
    cap
        Whether more premises reached than counted are taken for all.
    """

    premises: pd.Series | None
    cap: bool


def as_shares(reading: Reading, percent: bool | None) -> None:
    """Turn the rates of the reading that are per cent into shares, naming those that are neither."""
    for name in (name for name in RATES if name in reading.table.columns):
        values = reading.table[name]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            continue  # the check of the contract names what is no number
        source = reading.sources.get(name, name)
        numbers = values.astype("float64")
        is_percent = _is_percent(reading, source, numbers, percent)
        if not is_percent:
            continue
        wrong = np.flatnonzero(((numbers < 0) | (numbers > 100)).to_numpy())
        if len(wrong):
            named = first_few([f"{reading.rows[row]} ({numbers.iloc[row]:g})" for row in wrong.tolist()], str)
            reading.problems.append(
                f"{source!r} is not between 0 and 100 in {count(len(wrong), 'row')}: {named}: "
                "a percentage is; correct it, or leave it blank where it is not known."
            )
            numbers = numbers.where((numbers >= 0) & (numbers <= 100))
        reading.table = reading.table.assign(**{name: numbers / 100})
        reading.notes.append(f"{reading.file}: {source} is in per cent, divided by 100.")


def _is_percent(reading: Reading, source: str, numbers: pd.Series, percent: bool | None) -> bool:
    """Whether these rates are per cent: as the caller, then the name of the column, then most of the values say."""
    if percent is not None:
        return percent
    positive = numbers[numbers > 0]
    mostly = bool(len(positive)) and float((positive > 1).mean()) > 0.5
    named = "%" in source or not PERCENT_WORDS.isdisjoint(plain(source).split("_"))
    if named and len(positive) and not mostly:
        reading.problems.append(
            f"{source!r} is per cent by its name and a share by most of its values "
            f"(median {positive.median():g}): say which with percent=True or percent=False."
        )
    return mostly


def merged_rows(reading: Reading, not_kept: Sequence[str]) -> None:
    """Make one row of those that are one commune today: counts added, rates weighted by premises, the rest if equal."""
    table = reading.table.drop(columns=[name for name in reading.table.columns if plain(name) in not_kept])
    reading.table = table
    if reading.problems or not table["code"].duplicated().any():
        return
    groups = table.groupby("code", sort=False)
    merged = pd.DataFrame(index=groups.size().index)
    lost = set()
    for name in (column for column in table.columns if column != "code"):
        if name in COUNTS:
            # a sum of some of the parts would be less than the commune has
            merged[name] = groups[name].sum().where(groups[name].count() == groups.size())
        else:
            same = groups[name].nunique(dropna=False) == 1  # noqa: PD101 (a number for each group, not for the column)
            merged[name] = groups[name].first().where(same)
            if name in RATES:
                merged[name] = merged[name].where(same, _weighted(table, name).reindex(merged.index))
            lost |= set(merged.index[merged[name].isna() & groups[name].count().gt(0)])
    rows = dict(zip(reversed(table["code"]), reversed(list(reading.rows)), strict=True))
    reading.table = merged.reset_index()
    reading.rows = [rows[code] for code in merged.index]
    if lost:
        named = ", ".join(map(repr, sorted(lost)[:SHOWN]))
        reading.notes.append(
            f"{reading.file}: figures of {count(len(lost), 'commune')} made of several ({named}) differ and cannot be "
            "weighted, left unknown."
        )


def _weighted(table: pd.DataFrame, name: str) -> pd.Series:
    """The rate by code, weighted by premises, missing where a part has no rate or no premises."""
    if "premises" not in table.columns:
        return pd.Series(dtype="float64")
    parts = pd.DataFrame({"code": table["code"], "reached": table[name] * table["premises"], "all": table["premises"]})
    sums = parts.groupby("code")[["reached", "all"]].sum(min_count=1)
    whole = parts.groupby("code")["reached"].count() == parts.groupby("code").size()
    return (sums["reached"] / sums["all"].where(sums["all"] > 0)).where(whole)


def rates_of_counts(reading: Reading, given: Denominator) -> None:
    """Add the rates that follow from premises reached and all premises; missing where the latter are not known."""
    if reading.problems:
        return
    table = reading.table
    if given.premises is not None and "premises" not in table.columns:
        table = table.assign(premises=table["code"].map(given.premises.astype("float64")))
        reading.notes.append(f"{reading.file}: all premises are those given with premises=….")
    for rate in ("fibre", "very_high_speed"):
        counted = f"{rate}_premises"
        if counted not in table.columns or rate in table.columns:
            continue
        if "premises" not in table.columns:
            table = table.assign(**{rate: np.nan})
            reading.notes.append(
                f"{reading.file}: {counted} has no total to be divided by, {rate} is left unknown; give premises=…."
            )
            continue
        table = table.assign(**{rate: _share(reading, table, counted, cap=given.cap)})
    reading.table = table
    _tell_satellite(reading)


def _share(reading: Reading, table: pd.DataFrame, counted: str, *, cap: bool) -> pd.Series:
    """Premises reached over all premises, missing where there are none or they are not known."""
    total = table["premises"].where(table["premises"] > 0)
    share = table[counted] / total
    over = np.flatnonzero((share > 1).to_numpy())
    if len(over):
        named = first_few(
            over, lambda row: f"{reading.rows[row]} ({table[counted].iloc[row]:g} of {total.iloc[row]:g})"
        )
        if cap:
            reading.notes.append(f"{reading.file}: more {counted} than premises, taken for all, in {named}.")
        else:
            reading.problems.append(
                f"{counted!r} are more than all premises in {count(len(over), 'row')}: {named}: take premises of the "
                "same vintage, or cap=True for a share of 1 there."
            )
    return share.clip(upper=1.0)


def _tell_satellite(reading: Reading) -> None:
    """Warn of a file whose very high speed counts satellite, which reaches everyone and tells nothing."""
    table = reading.table
    if reading.sources.get("very_high_speed_premises") != "elig_thd30" or len(table) < 2:
        return
    if (table["very_high_speed_premises"] == table["premises"]).all():
        reading.notes.append(
            f"{reading.file}: every premises has 30 Mbit/s, so satellite is counted (commune_debit.csv of ARCEP); "
            "commune_debit_terrestre.csv and commune_debit_filaire.csv leave it out."
        )
