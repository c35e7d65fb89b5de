"""Baskets of services: the mean time to the nearest of each service that everyday life needs.

A basket is a list of categories and so is data: those shipped are in presets/baskets.csv, each line dated, with its
source and its basis: "named" where the source names the service, "read" where it is our reading of what the source only
describes ("soins de première nécessité") or of the kind of basket it defines. They are approximations: the everyday
basket of INSEE has 22 services, of which 11 stand here; of the three baskets of the SDAASP only some services do.
Care, shops and culture ("health", "proximity_shops", "culture") are services that INSEE's proximity range of 2025 names
in the domains D (health), A and B (services and shops) and F (culture) of the BPE; its craftsmen, estate agents and
charging points are left out. It names only the library in culture: the cinema and the theatre are of its sub-domain F3,
and rarer.
"""

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, Problems, TableError
from accessmap.tables.aligned import check_columns, minutes_of
from accessmap.tables.contracts import moving
from accessmap.words.near import category_meant, near_names

__all__ = ["REMOTE_MINUTES", "basket", "basket_minutes", "basket_named", "baskets"]

REMOTE_MINUTES = 7.0
"""Beyond it, in minutes, a resident is remote from the everyday basket (INSEE Première 1579, January 2016)."""


def baskets() -> pd.DataFrame:
    """Return the baskets shipped, one row a service: basket, vintage, category, stands_for, basis, source.

    Examples
    --------
    >>> list(baskets()["basket"].unique())
    ['everyday', 'sdaasp_public', 'sdaasp_shops', 'sdaasp_rarer', 'health', 'proximity_shops', 'culture']
    """
    with (files("accessmap") / "presets" / "baskets.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str)


def basket_named(name: str) -> tuple[str, ...]:
    """Return the categories of a basket shipped with accessmap.

    Parameters
    ----------
    name
        One of ``baskets()["basket"]``.

    Raises
    ------
    ValueError
        If there is no basket of that name.

    Examples
    --------
    >>> basket_named("sdaasp_rarer")
    ('cinema', 'supermarket')
    """
    shipped = baskets()
    chosen = shipped.loc[shipped["basket"] == name, "category"]
    if chosen.empty:
        known = shipped["basket"].unique()
        raise OptionError(Problem("basket_unknown", value=name, near=near_names(name, known), known=", ".join(known)))
    return tuple(chosen)


def basket(times: pd.DataFrame, services: pd.DataFrame, categories: Sequence[str]) -> pd.Series:
    """Return the mean over `categories` of the minutes to the nearest service of each, by resident.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    services
        With `category`; every service of `times`, and maybe others.
    categories
        The basket: ``basket_named("everyday")`` or a list of your own; of the published ones the French name too.

    Returns
    -------
    Series
        Minutes by resident; NaN where one service of the basket is not reached, for a mean without it would look
        better than the basket is.

    Raises
    ------
    TableError
        If a service is missing, no service at all has a category of the basket (missing data is not "not reached"), or
        the basket is empty or repeats itself.

    Notes
    -----
    Source: INSEE Première 1579 (January 2016), where the time to a basket is the mean over its services.

    Examples
    --------
    >>> services = pd.DataFrame({"category": ["bakery", "bakery", "pharmacy"]}, index=["b1", "b2", "p1"])
    >>> times = pd.DataFrame([[4.0, 2.0, 8.0], [3.0, 9.0, np.nan]], index=["r1", "r2"], columns=services.index)
    >>> basket(times, services, ["bakery", "pharmacy"])
    r1    5.0
    r2    NaN
    Name: basket, dtype: float64
    """
    parts = basket_minutes(times, services, categories)
    total = np.zeros(len(parts))
    for category in parts:
        total += parts[category].to_numpy()
    return pd.Series(total / parts.shape[1], index=times.index, name="basket")


def basket_minutes(times: pd.DataFrame, services: pd.DataFrame, categories: Sequence[str]) -> pd.DataFrame:
    """Return the minutes to the nearest service of each category of a basket: residents × categories.

    Its mean by resident is :func:`basket`; by commune and in points it is a score over the whole basket, as
    :func:`accessmap.measures.imbalance.score` makes it.

    Parameters
    ----------
    times, services, categories
        As for `basket`, and refused alike.

    Returns
    -------
    DataFrame
        Minutes (float64), NaN where none of the category is reached; columns in the order of `categories`, named as
        the services have them.

    Examples
    --------
    >>> services = pd.DataFrame({"category": ["bakery", "bakery", "pharmacy"]}, index=["b1", "b2", "p1"])
    >>> times = pd.DataFrame([[4.0, 2.0, 8.0], [10.0, 9.0, 20.0]], index=["02173", "02304"], columns=services.index)
    >>> minutes = basket_minutes(times, services, ["bakery", "pharmacy"])
    >>> minutes.loc["02304"].tolist()
    [9.0, 20.0]

    A score by commune, in which 20 minutes count 0 and 5 count 100, each service alike:

    >>> from accessmap.measures.imbalance import score
    >>> score(minutes, weights=dict.fromkeys(minutes, 1), bounds=dict.fromkeys(minutes, (20, 5))).round(1).to_dict()
    {'02173': 90.0, '02304': 36.7}
    """
    categories = _checked(times, services, categories)
    fixed = services["category"].mask(moving(services))  # a bus is no site that is there every day
    minutes, kinds = minutes_of(times), fixed.loc[times.columns].to_numpy(dtype=object)
    # NaN never wins: fmin passes over it, and a resident who reaches none keeps NaN.
    nearest = {
        category: np.fmin.reduce(minutes[:, kinds == category], axis=1, initial=np.nan, dtype=np.float64)
        for category in categories
    }
    return pd.DataFrame(nearest, index=times.index, columns=pd.Index(categories, name="category"))


def _checked(times: pd.DataFrame, services: pd.DataFrame, categories: Sequence[str]) -> list[str]:
    """Return the categories of a basket as the services have them; refuse what they cannot answer, every reason."""
    check_columns(services, "category", about="services")
    known = services["category"].dropna().unique()
    meant = [category_meant(name, known) for name in categories]
    problems = Problems()
    if not meant:
        problems.add("basket_empty")
    if len(set(meant)) != len(meant):
        problems.add("basket_twice")
    absent = times.columns[~times.columns.isin(services.index)]
    if len(absent):
        problems.add("services_of_minutes_missing", n=len(absent), value=absent[0])
    for category in dict.fromkeys(meant):
        if category not in known:
            problems.add("basket_category_absent", value=category, near=near_names(category, known))
    problems.raise_if_any(TableError, "services")
    return meant
