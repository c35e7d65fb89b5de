"""Communes that merged: which commune a code of the past, or of a part of a commune, belongs to today."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

__all__ = ["current_codes", "merged_communes"]


def merged_communes() -> Mapping[str, str]:
    """Return former code → code of 2026, of all France: merged, delegated and associated communes, arrondissements.

    Notes
    -----
    Source: INSEE, Code officiel géographique 2026, through the npm package @etalab/decoupage-administratif 6.0.0
    (Licence Ouverte). A code in use today is not in it, nor is a commune that was split up.

    Examples
    --------
    >>> merged_communes()["02301"], merged_communes()["75101"]  # Faucoucourt: Anizy-le-Grand; Paris 1er: Paris
    ('02018', '75056')
    """
    return MappingProxyType(_merged())


@cache
def _merged() -> dict[str, str]:
    with (files("accessmap") / "presets" / "merged_communes.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str)
    return dict(zip(table["code"], table["now"], strict=True))


def current_codes(codes: pd.Series, loaded: pd.Index, successors: Mapping[str, str] | None = None) -> pd.Series:
    """Return codes of communes as they are today, where the commune of today is loaded.

    Parameters
    ----------
    codes
        Text, missing where unknown.
    loaded
        Codes of the communes table: one of them is never changed.
    successors
        Former code → code of today, which goes before :func:`merged_communes`.

    Examples
    --------
    >>> current_codes(pd.Series(["02301", "02173", "99999"]), pd.Index(["02018", "02173"])).tolist()
    ['02018', '02173', '99999']
    """
    table = {**_merged(), **(successors or {})}
    today = codes.map(lambda code: table.get(code, code), na_action="ignore")
    return codes.where(codes.isin(loaded) | ~today.isin(loaded), today)
