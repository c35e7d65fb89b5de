"""Redundancy: the second nearest site, the sites whose loss hurts most, the communes one closure away from far.

When one site closes, a resident goes to the nearest that is left, so the nearest and the second nearest are all there
is to know. Sites that close together (the stops of one mobile service, say) are first made one column:
``times.T.groupby(services["round"]).min().T``.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.measures.minutes import nearest
from accessmap.tables.aligned import check_columns, check_rows, people_of
from accessmap.tables.cutoffs import is_within

__all__ = [
    "criticality",
    "dependence",
    "dependence_by_commune",
    "one_closure_away",
    "outside_demand",
    "outside_sites",
    "redundancy",
    "site_places",
]


def redundancy(times: pd.DataFrame) -> pd.DataFrame:
    """Return by resident the nearest and the second nearest service, the minutes to each, and those between them.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.

    Returns
    -------
    DataFrame
        `service_id`, `minutes`; `next_id`, `next_minutes` (what is left when the nearest closes; <NA> and NaN where
        nothing is); `added`, the minutes that closing would add.

    Raises
    ------
    TableError
        If `times` breaks its contract.

    Examples
    --------
    >>> redundancy(pd.DataFrame({"a": [12.0, 8.0], "b": [9.0, np.nan]}, index=["r1", "r2"]))
       service_id  minutes next_id  next_minutes  added
    r1          b      9.0       a          12.0    3.0
    r2          a      8.0    <NA>           NaN    NaN
    """
    first, second = nearest(times), nearest(times, k=2)
    return first.assign(
        next_id=second["service_id"], next_minutes=second["minutes"], added=second["minutes"] - first["minutes"]
    )


def criticality(times: pd.DataFrame, population: pd.Series, *, cutoff: float = 30) -> pd.DataFrame:
    """Return what each service's closing, alone, would do to people; the one whose loss hurts most comes first.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    population
        People by resident.
    cutoff
        Minutes; someone at exactly the cutoff is within it. 30 is what France services promise everyone (ANCT).

    Returns
    -------
    DataFrame
        By service, every column of `times`, sorted by `beyond` and then by `person_minutes`, both from most to least:

        - `people` whose nearest it is (of two as near, the first column);
        - `person_minutes` that its closing adds, over those who still reach another;
        - `minutes` added to each of these on average, NaN where there are none;
        - `beyond`, people within the cutoff now and no more after, the unreached among them included;
        - `unreached`, people who would reach nothing any more, whatever the cutoff.

    Raises
    ------
    TableError
        If residents differ, or values break the contract.

    Notes
    -----
    Exact, not sampled: closing j moves only those whose nearest is j, to their second nearest.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 20.0], "b": [25.0, 40.0]}, index=["r1", "r2"])
    >>> criticality(times, pd.Series({"r1": 100, "r2": 10}), cutoff=30)
                people  person_minutes  minutes  beyond  unreached
    service_id
    a            110.0          2200.0     20.0    10.0        0.0
    b              0.0             0.0      NaN     0.0        0.0
    """
    found = redundancy(times)
    people = people_of(population, times.index)
    now, after = found["minutes"].to_numpy(np.float64), found["next_minutes"].to_numpy(np.float64)
    moved = np.isfinite(after)
    reached = np.isfinite(now)
    by_resident = pd.DataFrame(
        {
            "people": np.where(reached, people, 0.0),
            "person_minutes": people * np.where(moved, after - np.where(reached, now, 0.0), 0.0),
            "moved": np.where(moved, people, 0.0),
            "beyond": np.where(is_within(now, cutoff) & ~is_within(after, cutoff), people, 0.0),
            "unreached": np.where(reached & ~moved, people, 0.0),
        }
    )
    sums = by_resident.groupby(found["service_id"].to_numpy(dtype=object)).sum()
    table = sums.reindex(times.columns, fill_value=0.0).rename_axis("service_id")
    table.insert(2, "minutes", table["person_minutes"] / table["moved"].where(table["moved"] > 0))
    return table.drop(columns="moved").sort_values(["beyond", "person_minutes"], ascending=False, kind="stable")


def one_closure_away(times: pd.DataFrame, residents: pd.DataFrame, *, cutoff: float = 30) -> pd.DataFrame:
    """Return by commune how many people are within the cutoff thanks to one single site, and which that is.

    Parameters
    ----------
    times, cutoff
        As for `criticality`.
    residents
        The same residents, with `commune` and `population`.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: `people`; `within` the cutoff now; `one_away`, those of them who would be beyond it
        (or reach nothing) after the loss of one site; `share` of the people of the commune who are one away (0-1, NaN
        where nobody lives); `service_id` of the site on which most of these rely, <NA> where there are none.

    Raises
    ------
    TableError
        If residents differ, a column is missing, or values break the contract.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 20.0], "b": [25.0, 40.0]}, index=["r1", "r2"])
    >>> residents = pd.DataFrame({"commune": ["02173", "02304"], "population": [100, 10]}, index=["r1", "r2"])
    >>> one_closure_away(times, residents, cutoff=30)
           people  within  one_away  share service_id
    code
    02173   100.0   100.0       0.0    0.0       <NA>
    02304    10.0    10.0      10.0    1.0          a
    """
    check_columns(residents, "commune", "population", about="residents")
    found = redundancy(times)
    people = people_of(residents["population"], times.index)
    within = is_within(found["minutes"].to_numpy(np.float64), cutoff)
    alone = within & ~is_within(found["next_minutes"].to_numpy(np.float64), cutoff)
    by_resident = pd.DataFrame(
        {
            "code": residents["commune"].loc[times.index].to_numpy(dtype=object),
            "service_id": found["service_id"].to_numpy(dtype=object),
            "people": people,
            "within": np.where(within, people, 0.0),
            "one_away": np.where(alone, people, 0.0),
        }
    )
    table = by_resident.groupby("code")[["people", "within", "one_away"]].sum()
    table["share"] = table["one_away"] / table["people"].where(table["people"] > 0)
    relied = by_resident[by_resident["one_away"] > 0].groupby(["code", "service_id"])["one_away"].sum().reset_index()
    first = relied.sort_values(["one_away", "service_id"], ascending=[False, True]).drop_duplicates("code")
    table["service_id"] = first.set_index("code")["service_id"].reindex(table.index).astype("string")
    return table


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
    code = code.where(communes.index.get_indexer(code) >= 0)
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
        As for `dependence`, and refused alike.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: people `inside`, `outside`, `unreached`; `share` of its people who go outside (0-1,
        NaN where nobody lives).

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


def outside_sites(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, *, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the sites outside the territory on which its residents lean, and what each one's closing would do to them.

    By EPCI: ``outside_sites(…).groupby("epci", dropna=False)[["people", "person_minutes"]].sum()``.

    Parameters
    ----------
    times, services, residents, communes
        As for `dependence`, and refused alike.

    Returns
    -------
    DataFrame
        By service, the most people first; people are residents of the territory whose nearest site it is:

        - `name`, `commune`, `epci` of the site;
        - `people`, and `minutes` to it on average;
        - if it closed alone: `added` minutes on average for those who still reach another; `back_inside`, people whose
          nearest would then be inside; `unreached`, people who would reach nothing any more;
        - `person_minutes`, people times minutes today, for sums over several sites.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> sites = study.sites("france_services")
    >>> table = outside_sites(study.minutes(sites), sites, study.residents, communes=study.communes)
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
        As for `dependence`, and refused alike; the residents of the neighbouring communes must be among them.

    Returns
    -------
    DataFrame
        By (`service_id`, `epci`), the most people first; an empty epci is "" : `people`, `person_minutes` (people times
        minutes, for means over several rows).

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


def _served(
    times: pd.DataFrame, services: gpd.GeoDataFrame, residents: pd.DataFrame, communes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return by resident: home, its side, the nearest site and its side, people, and what its closing would do."""
    check_rows(services.index, times.columns)
    check_columns(residents, "commune", "population", about="residents")
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
