"""Where deficits gather: local Moran and Getis-Ord, with permutations and false discovery rate, through esda.

Needs the extra `accessmap[clusters]` (esda and libpysal). Geometry stays outside: the neighbours come as a graph, such as
``libpysal.graph.Graph.build_contiguity(communes)``.
"""

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from accessmap.alignment import Floats, complete
from accessmap.errors import AccessmapError, TableError

__all__ = ["getis_ord", "local_moran"]

_QUADRANTS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}


def local_moran(
    values: pd.Series, graph: Any, *, permutations: int = 999, seed: int = 0, alpha: float = 0.05
) -> pd.DataFrame:
    """Return, by commune, whether it and its neighbours are alike: local Moran's I, with its p-value and its cluster.

    Parameters
    ----------
    values
        A measure by commune, none missing.
    graph
        Neighbours of the same communes, a libpysal Graph; rows are standardised. A commune without neighbours has no
        statistic.
    permutations, seed
        Of the conditional permutations that the p-values come from.
    alpha
        Rate of false discoveries (Benjamini-Hochberg) allowed among the clusters named.

    Returns
    -------
    DataFrame
        Indexed like `values`: `statistic`; `p_value`; `cluster`, one of high_high, low_low (clusters), high_low, low_high
        (exceptions), or not_significant.

    Raises
    ------
    TableError
        If values are missing, or the graph is not of the same communes.
    AccessmapError
        If esda is not installed.

    Notes
    -----
    Source: Anselin (1995), Geographical Analysis 27(2).

    Examples
    --------
    >>> local_moran(pd.Series({"02173": 4.0}), graph=None)  # doctest: +SKIP
    """
    esda, numbers, ordered = _ready(values, graph)
    found = esda.Moran_Local(
        numbers, ordered, transformation="r", permutations=permutations, seed=seed, n_jobs=1, keep_simulations=False
    )
    kinds = [_QUADRANTS[int(quadrant)] for quadrant in found.q]
    return _table(values.index, ordered, found.Is, found.p_sim, kinds, alpha)


def getis_ord(
    values: pd.Series, graph: Any, *, permutations: int = 999, seed: int = 0, alpha: float = 0.05
) -> pd.DataFrame:
    """Return, by commune, whether high or low values gather around it: Getis-Ord's G*, with its p-value and its cluster.

    Parameters
    ----------
    values
        A measure by commune, 0 or more, none missing.
    graph
        Neighbours of the same communes, a libpysal Graph; each commune is its own neighbour too.
    permutations, seed
        Of the conditional permutations that the p-values come from.
    alpha
        Rate of false discoveries (Benjamini-Hochberg) allowed among the clusters named.

    Returns
    -------
    DataFrame
        Indexed like `values`: `statistic` (standardised: above 0 is high); `p_value`; `cluster`, one of high, low or
        not_significant.

    Raises
    ------
    TableError
        If values are missing, or the graph is not of the same communes.
    AccessmapError
        If esda is not installed.

    Notes
    -----
    Source: Ord & Getis (1995), Geographical Analysis 27(4).

    Examples
    --------
    >>> getis_ord(pd.Series({"02173": 4.0}), graph=None)  # doctest: +SKIP
    """
    esda, numbers, ordered = _ready(values, graph)
    found = esda.G_Local(
        numbers, ordered, transform="R", star=True, permutations=permutations, seed=seed, n_jobs=1, keep_simulations=False
    )
    kinds = ["high" if statistic > 0 else "low" for statistic in found.Zs]
    return _table(values.index, ordered, found.Zs, found.p_sim, kinds, alpha)
