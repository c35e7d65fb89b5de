"""Leaning on the outside: who of the territory is served by sites beyond its border, which, and who comes in.

A site is inside where its `commune` is of the territory; without a commune, where its point lies in one. A site whose
commune is not among those loaded is outside. Only the nearest site of each resident counts; minutes are those of
`times`, to which the outside must have been routed too, or the border hides what this module is there to show.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.alignment import people_of
from accessmap.bounds import check_rows
from accessmap.closures import redundancy
from accessmap.drees import AplParameters, apl
from accessmap.errors import TableError

__all__ = ["apl_dependence", "carriers", "dependence", "dependence_by_commune", "outside_demand", "site_places"]

_SIDES = ("inside", "outside", "unreached")


def site_places(services: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return by service the commune it is in, its EPCI, and whether it is inside the territory.

    Parameters
    ----------
    services
        With points; `commune` where it is known.
    communes
        With `epci`, `in_territory` and polygons.

    Returns
    -------
    DataFrame
        By service: `commune` (code; <NA> beyond the communes loaded), `epci` (<NA> where there is none or it is not
        known), `inside` (bool).

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> site_places(study.sites("france_services"), study.communes)["inside"].sum()
    np.int64(3)
    """
    code = pd.Series(pd.NA, index=services.index, dtype="string")
    if "commune" in services:
        code = services["commune"].astype("string")
    homeless = services[code.isna().to_numpy()]
    if len(homeless):
        polygons = communes[["geometry"]].rename_axis("code").reset_index()
        found = gpd.sjoin(homeless[["geometry"]], polygons, predicate="intersects")["code"]
        code = code.fillna(found[~found.index.duplicated()].astype("string"))
    code = code.where(code.isin(communes.index))
    inside = code.map(communes["in_territory"]).astype("boolean").fillna(False).astype(bool)
    return pd.DataFrame({"commune": code, "epci": code.map(communes["epci"]).astype("string"), "inside": inside})


def dependence(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, *, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return how many residents of the territory have their nearest site inside it, outside it, or reach none.

    Parameters
    ----------
    times
        Residents × services of one kind, minutes, NaN where not reached; inside and outside the territory.
    services
        With a row for each column of `times`, others are set aside.
    residents
        The same residents as in `times`, with `commune` and `population`.
    communes
        With `epci` and `in_territory`.

    Returns
    -------
    DataFrame
        Rows inside, outside, unreached: `people`; `share` of the people of the territory (0-1, together 1); `minutes`
        on average to their nearest site (NaN for nobody).

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> sites = study.sites("france_services")
    >>> table = dependence(study.minutes(sites), sites, study.residents, communes=study.communes)
    >>> table["people"].sum()
    np.float64(70550.0)
    """
    table = _served(times, services, residents, communes)
    home = table[table["home_inside"]]
    sums = home.groupby("side")[["people", "person_minutes"]].sum().reindex(list(_SIDES), fill_value=0.0)
    total = sums["people"].sum()
    minutes = sums["person_minutes"] / sums["people"].where(sums["people"] > 0)
    return pd.DataFrame(
        {
            "people": sums["people"],
            "share": sums["people"] / (total if total > 0 else np.nan),
            "minutes": minutes.mask(sums.index == "unreached"),
        }
    )


def dependence_by_commune(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, *, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return by commune of the territory the people whose nearest site is inside, outside, or not there at all.

    Parameters
    ----------
    times, services, residents, communes
        As for `dependence`.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: people `inside`, `outside`, `unreached`; `share` of its people who go outside (0-1,
        NaN where nobody lives).

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> sites = study.sites("hospital")
    >>> table = dependence_by_commune(study.minutes(sites), sites, study.residents, communes=study.communes)
    >>> len(table)
    84
    """
    table = _served(times, services, residents, communes)
    home = table[table["home_inside"]]
    sums = home.pivot_table(index="home", columns="side", values="people", aggfunc="sum", fill_value=0.0)
    sums = sums.reindex(columns=list(_SIDES), fill_value=0.0).astype("float64").rename_axis(index="code", columns=None)
    total = sums.sum(axis=1)
    return sums.assign(share=sums["outside"] / total.where(total > 0))


def carriers(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, *, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the sites outside the territory on which its residents lean, and what each one's closing would do to them.

    By EPCI: ``carriers(…).groupby("epci", dropna=False)[["people", "person_minutes"]].sum()``.

    Parameters
    ----------
    times, services, residents, communes
        As for `dependence`.

    Returns
    -------
    DataFrame
        By service, the most people first; people are residents of the territory whose nearest site it is:

        - `name`, `commune`, `epci` of the site;
        - `people`, and `minutes` to it on average;
        - if it closed alone: `added` minutes on average for those who still reach another; `back_inside`, people whose
          nearest would then be inside; `unreached`, people who would reach nothing any more;
        - `person_minutes`, people times minutes today, for sums over several sites.

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> sites = study.sites("france_services")
    >>> table = carriers(study.minutes(sites), sites, study.residents, communes=study.communes)
    >>> table["name"].iloc[0]
    'France services de Saint-Simon'
    """
    table = _served(times, services, residents, communes)
    leaning = table[table["home_inside"] & (table["side"] == "outside") & (table["people"] > 0)]
    sums = leaning.groupby("service_id")[
        ["people", "person_minutes", "moved", "added", "back_inside", "unreached"]
    ].sum()
    places = site_places(services.loc[sums.index], communes)
    found = pd.DataFrame(
        {
            "name": services.loc[sums.index, "name"] if "name" in services else pd.NA,
            "commune": places["commune"],
            "epci": places["epci"],
            "people": sums["people"],
            "minutes": sums["person_minutes"] / sums["people"],
            "added": sums["added"] / sums["moved"].where(sums["moved"] > 0),
            "back_inside": sums["back_inside"],
            "unreached": sums["unreached"],
            "person_minutes": sums["person_minutes"],
        },
        index=sums.index.rename("service_id"),
    )
    return found.sort_values("people", ascending=False, kind="stable")


def outside_demand(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, *, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the people from outside the territory whose nearest site is inside, by site and by EPCI of origin.

    By EPCI alone, or by site alone: ``outside_demand(…).groupby("epci").sum()``.

    Parameters
    ----------
    times, services, residents, communes
        As for `dependence`; the residents of the neighbouring communes must be among them.

    Returns
    -------
    DataFrame
        By (`service_id`, `epci`), the most people first; an empty epci is "" : `people`, `person_minutes` (people times
        minutes, for means over several rows).

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> sites = study.sites("france_services")
    >>> table = outside_demand(study.minutes(sites), sites, study.residents, communes=study.communes)
    >>> sorted(table.index.unique("service_id"))
    ['france_services-02173', 'france_services-02304', 'france_services-02602']
    """
    table = _served(times, services, residents, communes)
    coming = table[~table["home_inside"] & (table["side"] == "inside") & (table["people"] > 0)]
    origin = coming["home"].map(communes["epci"]).astype("string").fillna("").rename("epci")
    sums = coming.groupby(["service_id", origin])[["people", "person_minutes"]].sum()
    return sums.sort_values("people", ascending=False, kind="stable")


def apl_dependence(
    times: pd.DataFrame,
    supply: pd.Series,
    need: pd.Series,
    *,
    inside: pd.Series,
    parameters: AplParameters | None = None,
) -> pd.DataFrame:
    """Return by resident the APL, the part of it that comes from sites outside the territory, and the share of that.

    Parameters
    ----------
    times, supply, need, parameters
        As for `accessmap.drees.apl`: everyone who competes, inside and outside.
    inside
        By service, whether it is inside: ``site_places(services, communes)["inside"]``.

    Returns
    -------
    DataFrame
        By resident: `apl`; `outside`, in the same unit (consultations per standardised inhabitant and year); `share`
        (0-1, NaN where the APL is 0).

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Notes
    -----
    The APL is a sum over sites, and a site without supply changes nothing for the others: the part of the outside is
    the APL with the supply of the inside set to 0, competition unchanged.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0], "b": [12.0]}, index=["r1"])
    >>> supply, need = pd.Series({"a": 3000.0, "b": 1000.0}), pd.Series({"r1": 1000.0})
    >>> apl_dependence(times, supply, need, inside=pd.Series({"a": True, "b": False}))
        apl  outside  share
    r1  4.0      1.0   0.25
    """
    check_rows(inside.index, times.columns, "inside")
    beyond = supply.mask(inside.reindex(supply.index, fill_value=False).astype(bool), 0.0)
    total = apl(times, supply, need, parameters=parameters)
    outside = apl(times, beyond, need, parameters=parameters)
    return pd.DataFrame({"apl": total, "outside": outside, "share": outside / total.where(total > 0)})


def _served(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return by resident: home, its side, the nearest site and its side, people, and what its closing would do."""
    check_rows(services.index, times.columns)
    absent = [column for column in ("commune", "population") if column not in residents]
    if absent:
        raise TableError("residents", [f"{column!r} is missing." for column in absent])
    people = people_of(residents["population"], times.index)
    home = residents["commune"].loc[times.index]
    inside = site_places(services[services.index.isin(times.columns)], communes)["inside"]
    found = redundancy(times)
    reached = found["minutes"].notna()
    next_inside = found["next_id"].map(inside).astype("boolean").fillna(False).astype(bool)
    side = found["service_id"].map(inside).astype("boolean").map({True: "inside", False: "outside"})
    left = found["next_minutes"].notna()
    return pd.DataFrame(
        {
            "home": home,
            "home_inside": home.map(communes["in_territory"]).astype("boolean").fillna(False).astype(bool),
            "service_id": found["service_id"],
            "side": side.astype("string").fillna("unreached"),
            "people": people,
            "person_minutes": people * found["minutes"].astype("float64").fillna(0.0),
            "moved": np.where(left, people, 0.0),
            "added": people * found["added"].astype("float64").fillna(0.0),
            "back_inside": np.where(next_inside, people, 0.0),
            "unreached": np.where(reached & ~left, people, 0.0),
        }
    )
