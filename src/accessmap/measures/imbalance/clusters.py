"""Where deficits gather: Moran, and by commune local Moran and Getis-Ord with permutations and false discovery rate.

The local ones need the extra `accessmap[clusters]` (esda and libpysal). Geometry stays outside: neighbours come as a
graph, such as ``libpysal.graph.Graph.build_contiguity(communes)``.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import AccessmapError, OptionError, Problem, Problems, TableError
from accessmap.tables.aligned import Floats, complete

_QUADRANTS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}


def moran(values: pd.Series, graph: Any) -> float:
    """Return Moran's I of `values`: above 0 like values are neighbours, near 0 they are strewn, below 0 they alternate.

    I = n / Σ_ij w_ij · Σ_ij w_ij z_i z_j / Σ_i z_i², z the difference from the plain mean of communes.

    Parameters
    ----------
    values
        A measure by commune, none missing.
    graph
        Neighbours of the same communes, a libpysal Graph; rows are standardised here.

    Returns
    -------
    float
        NaN where all values are one, or nobody has neighbours.

    Raises
    ------
    TableError
        If values are missing, or the graph is not of the same communes.

    Notes
    -----
    Source: Moran (1950), Biometrika 37(1/2).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from scipy.sparse import csr_array
    >>> pair = SimpleNamespace(unique_ids=pd.Index(["a", "b"]), sparse=csr_array([[0.0, 1.0], [1.0, 0.0]]))
    >>> moran(pd.Series({"a": 1.0, "b": 3.0}), pair)
    -1.0
    """
    numbers = _ordered(values, graph)
    around = np.asarray(graph.sparse.sum(axis=1)).ravel()
    apart = numbers - numbers.mean()
    lag = np.divide(graph.sparse @ apart, around, out=np.zeros_like(apart), where=around > 0)
    neighboured = int((around > 0).sum())
    if not neighboured or _alike(numbers):
        return float("nan")
    return float(len(numbers) / neighboured * (apart @ lag) / (apart @ apart))


def local_moran(
    values: pd.Series, graph: Any, *, permutations: int = 9999, seed: int = 0, alpha: float = 0.05
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
        Of the conditional permutations that the p-values come from. With few, no p-value is small enough to remain a
        discovery among hundreds of communes.
    alpha
        Rate of false discoveries (Benjamini-Hochberg) allowed among the clusters named.

    Returns
    -------
    DataFrame
        Indexed like `values`: `statistic`; `p_value` (two-sided); `cluster`, one of high_high, low_low (clusters),
        high_low, low_high (exceptions), or not_significant.

    Raises
    ------
    TableError
        If values are missing, or the graph is not of the same communes.
    AccessmapError
        If esda is not installed.

    Notes
    -----
    Where nothing can be known there is no statistic and no cluster: a commune without neighbours, values that are all
    one (but for the noise of their rounding), fewer than three communes.

    Source: Anselin (1995), Geographical Analysis 27(2).

    Examples
    --------
    >>> local_moran(minutes, Graph.build_contiguity(communes))  # doctest: +SKIP
    """
    esda, numbers = _esda(), _ordered(values, graph)
    if not (isinstance(permutations, Integral) and permutations >= 1):
        raise OptionError(Problem("not_above_0", where="permutations", value=permutations))
    if _says_nothing(numbers, graph):
        return _nothing(values.index)
    with _own_p_values():
        found = esda.Moran_Local(numbers, graph, transformation="r", permutations=permutations, seed=seed, n_jobs=1)
    kinds = [_QUADRANTS[int(quadrant)] for quadrant in found.q]
    return _clusters(values.index, graph, found.Is, _two_sided(found.Is, found.sim), kinds, alpha)


def getis_ord(
    values: pd.Series, graph: Any, *, permutations: int = 9999, seed: int = 0, alpha: float = 0.05
) -> pd.DataFrame:
    """Return, by commune, whether high or low values gather around it: Getis-Ord's G*, its p-value and its cluster.

    Parameters
    ----------
    values
        A measure by commune, 0 or more, none missing.
    graph
        Neighbours of the same communes, a libpysal Graph; all weigh the same, each commune is its own neighbour too.
    permutations, seed, alpha
        As for `local_moran`, and refused alike.

    Returns
    -------
    DataFrame
        Indexed like `values`: `statistic` (standardised, above 0 is high); `p_value` (two-sided); `cluster`, one of
        high, low or not_significant.

    Notes
    -----
    Where nothing can be known there is no statistic and no cluster, as for `local_moran`; nor around a commune whose
    neighbours are all there is.

    Source: Ord & Getis (1995), Geographical Analysis 27(4).

    Examples
    --------
    >>> getis_ord(minutes, Graph.build_contiguity(communes))  # doctest: +SKIP
    """
    esda, numbers = _esda(), _ordered(values, graph)
    if not (isinstance(permutations, Integral) and permutations >= 1):
        raise OptionError(Problem("not_above_0", where="permutations", value=permutations))
    if _says_nothing(numbers, graph):
        return _nothing(values.index)
    starred = graph.transform("B").assign_self_weight(1)
    with _own_p_values():
        found = esda.G_Local(numbers, starred, transform="R", star=None, permutations=permutations, seed=seed, n_jobs=1)
    kinds = ["high" if statistic > 0 else "low" for statistic in found.Zs]
    all_around = np.asarray(graph.cardinalities) >= len(numbers) - 1
    return _clusters(
        values.index, graph, np.where(all_around, np.nan, found.Zs), _two_sided(found.Gs, found.sim), kinds, alpha
    )


def _esda() -> ModuleType:
    """Return esda, or say how to have it."""
    try:
        import esda
    except ModuleNotFoundError as missing:
        raise AccessmapError(Problem("clusters_need_esda")) from missing
    return esda  # type: ignore[no-any-return]


@contextmanager
def _own_p_values() -> Iterator[None]:
    """Silence esda on its own p-values, not used here: the next release doubles them, and isolates have none."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.filterwarnings("ignore", message="The alternative hypothesis", category=DeprecationWarning)
        yield


def _alike(numbers: Floats) -> bool:
    """Return whether values are one but for the noise of their rounding: float32 minutes keep 24 bits."""
    return not np.ptp(numbers) > np.finfo(np.float32).eps * np.abs(numbers).max(initial=0.0) if len(numbers) else True


def _says_nothing(numbers: Floats, graph: Any) -> bool:
    """Return whether there is nothing to find: too few communes to permute, all alike, or nobody with neighbours."""
    return len(numbers) < 3 or _alike(numbers) or bool((graph.cardinalities == 0).all())


def _nothing(index: pd.Index) -> pd.DataFrame:
    """Return the table of a local statistic where nothing is known."""
    unknown = np.full(len(index), np.nan)
    return pd.DataFrame({"statistic": unknown, "p_value": unknown, "cluster": "not_significant"}, index=index)


def _two_sided(statistic: Floats, drawn: Floats) -> Floats:
    """Return two-sided p-values of statistics among those drawn (permutations × ids), equal ones on both sides.

    What differs by the rounding of a sum alone is equal: else one draw of two that are possible is a rarity.
    """
    draws = len(drawn)
    noise = 1e-9 * np.abs(drawn).max(axis=0)
    above, below = (drawn >= statistic - noise).sum(axis=0), (drawn <= statistic + noise).sum(axis=0)
    p_values: Floats = np.minimum(1.0, 2.0 * (np.minimum(above, below) + 1.0) / (draws + 1.0))
    return p_values


def _ordered(values: pd.Series, graph: Any) -> Floats:
    """Return the values in the order of the graph, refusing a graph of other communes."""
    if not (hasattr(graph, "unique_ids") and hasattr(graph, "sparse")):
        raise TableError(Problem("not_a_graph", value=type(graph).__name__), about="graph")
    ids = pd.Index(graph.unique_ids)
    problems = Problems(Problem("no_place_in_graph", value=id_) for id_ in values.index[~values.index.isin(ids)][:5])
    problems += [Problem("no_value_in_graph", value=id_) for id_ in ids[~ids.isin(values.index)][:5]]
    problems.raise_if_any(TableError, "graph")
    return complete(values.loc[ids], "values", negative=True)


def _clusters(
    index: pd.Index, graph: Any, statistic: Floats, p_value: Floats, kinds: Sequence[str], alpha: float
) -> pd.DataFrame:
    """Return the table of a local statistic in the order of `index`, with clusters named where they are significant."""
    known = np.asarray(graph.cardinalities > 0) & np.isfinite(statistic)
    p_value = np.where(known, p_value, np.nan)
    significant = p_value <= _discovery_threshold(p_value[known], alpha)
    table = pd.DataFrame(
        {
            "statistic": np.where(known, statistic, np.nan),
            "p_value": p_value,
            "cluster": np.where(significant, np.asarray(kinds, dtype=object), "not_significant"),
        },
        index=pd.Index(graph.unique_ids),
    )
    return table.reindex(index)


def _discovery_threshold(p_values: Floats, alpha: float) -> float:
    """Return the largest p-value that is a discovery at the rate alpha, below all if none is.

    Source: Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57(1).
    """
    ordered = np.sort(p_values)
    passing = ordered[ordered <= alpha * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)]
    return float(passing[-1]) if len(passing) else -1.0
