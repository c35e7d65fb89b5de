"""Which sites of two lists are one and the same: by place and name, for a check of a list or what another adds."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import Problem, TableError
from accessmap.read.raw import plain
from accessmap.tables.checks import CheckedTable

NEAR_METRES = 300.0
"""Within which two sites of one name are one: an address and its building, or two geocoders, differ by as much."""
SAME_METRES = 60.0
"""Within which two sites of one kind are one whatever their names: a name may be that of the chain or of the owner."""
# Words of a name that say its kind or nothing, so that two sites that share no more than them are not alike.
IDLE = frozenset(
    (
        *("de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et", "en", "sur", "sous", "s"),
        *("saint", "sainte", "st", "ste", "place", "rue", "mairie", "commune", "ville", "hotel", "france", "services"),
        *("pharmacie", "boulangerie", "ecole", "college", "lycee", "bibliotheque", "mediatheque", "bureau", "poste"),
        *("agence", "cabinet", "docteur", "dr", "medecin", "maison", "sante", "hopital", "hospitalier", "centre", "ch"),
        *("gendarmerie", "brigade", "police", "espace", "municipal", "municipale", "intercommunale", "publique"),
        *("public", "prive", "privee", "primaire", "maternelle", "elementaire", "sarl", "sas", "eurl", "selarl"),
    )
)


def words_of(name: object) -> frozenset[str]:
    """Return the words that tell a site's name from others, without those of its kind.

    >>> sorted(words_of("Pharmacie du Marché")), sorted(words_of("Mairie de la Fère"))
    (['marche'], ['fere'])
    """
    return frozenset(word for word in plain(name).split("_") if word and word not in IDLE)


def alike(name: object, other: object) -> bool:
    """Return whether two names may be of one site: equal but for case, accents and order, or one within the other.

    >>> alike("Mairie - Chauny", "MAIRIE DE CHAUNY"), alike("Pharmacie Dupont", "Pharmacie du Marché")
    (True, False)
    """
    if plain(name) == plain(other):
        return True
    first, second = words_of(name), words_of(other)
    return bool(first and second) and (first <= second or second <= first)


def near_pairs(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, metres: float) -> pd.DataFrame:
    """Return each pair of sites within so many metres: `left`, `right` `metres`, `alike`; nearest first."""
    if left.crs != right.crs:
        right = right.to_crs(left.crs)
    one, other = left.geometry.to_numpy(), right.geometry.to_numpy()
    rows = shapely.STRtree(other).query(one, predicate="dwithin", distance=metres)
    pairs = pd.DataFrame({"left": rows[0], "right": rows[1], "metres": shapely.distance(one[rows[0]], other[rows[1]])})
    names, others = left["name"].to_numpy(), right["name"].to_numpy()
    same = [alike(names[a], others[b]) for a, b in zip(pairs["left"], pairs["right"], strict=True)]
    pairs["alike"] = np.array(same, dtype=bool)
    return pairs.sort_values(["metres", "left", "right"], kind="stable").reset_index(drop=True)


def differences(
    services: gpd.GeoDataFrame, others: gpd.GeoDataFrame, *, within: gpd.GeoDataFrame | None = None
) -> pd.DataFrame:
    """Return the sites of a list and of another beside each other, one row a site: which are in both, which in one.

    Two sites of a category are one where they bear one name within 300 m, or stand within 60 m of each other; each is
    paired once, the surest pairs first. ``am.sentences.differences`` says it in a sentence.

    Parameters
    ----------
    services
        The list to check, in the contract.
    others
        Of another source, such as ``read_services("picardie.osm.pbf", category="pharmacy")``.
    within
        Communes: of `others` only what lies in them is asked for, since an extract reaches further than a list.

    Returns
    -------
    DataFrame
        `category`, `where` ("both", "list", "other"), `service_id`, `name`, `other_id`, `other_name` (missing where
        there is none), `metres` between the two, `match` ("name" or "place").

    Examples
    --------
    >>> def sites(ids, x, name):
    ...     points = gpd.GeoSeries(shapely.points(x, [0] * len(x)), index=ids, crs=2154)
    ...     return gpd.GeoDataFrame({"name": name, "category": "pharmacy"}, index=ids, geometry=points)
    >>> listed = sites(["a", "b"], [0, 5000], ["Pharmacie Dupont", "Pharmacie de la Gare"])
    >>> table = differences(listed, sites(["node/1"], [120], ["Dupont"]))
    >>> table[["where", "service_id", "other_id"]].fillna("").to_numpy().tolist()
    [['both', 'a', 'node/1'], ['list', 'b', '']]
    """
    for name, table in (("services", services), ("others", others)):
        found = CheckedTable(name, table)
        if found.is_table(geographic=True):
            found.columns("name", "category")
        found.raise_if_any()
    if within is not None:
        inside = others.to_crs(within.crs).sindex.query(within.geometry.to_numpy(), predicate="intersects")[1]
        others = others.iloc[np.unique(inside)]
    kinds = list(dict.fromkeys(services["category"]))
    if not set(kinds) & set(others["category"]) and len(others):
        raise TableError(Problem("differences_no_category", value=kinds[0], names=", ".join(kinds)), about="others")
    by_kind = [[table[table["category"] == kind] for table in (services, others)] for kind in kinds]
    return pd.concat([_of_kind(kind, *pair) for kind, pair in zip(kinds, by_kind, strict=True)], ignore_index=True)


def _of_kind(kind: str, left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> pd.DataFrame:
    pairs = near_pairs(left, right, NEAR_METRES)
    sure = pd.concat([pairs[pairs["alike"]], pairs[~pairs["alike"] & (pairs["metres"] <= SAME_METRES)]])
    taken: dict[int, tuple[int, float, str]] = {}
    used: set[int] = set()
    for a, b, metres, named in sure.itertuples(index=False, name=None):
        if a not in taken and b not in used:
            taken[a] = b, metres, "name" if named else "place"
            used.add(b)
    rows = []
    for a, (number, name) in enumerate(zip(left.index, left["name"], strict=True)):
        b, metres, how = taken.get(a, (None, np.nan, None))
        pair = (None, None) if b is None else (right.index[b], right["name"].iloc[b])
        rows.append((kind, "list" if b is None else "both", number, name, *pair, metres, how))
    for b, (number, name) in enumerate(zip(right.index, right["name"], strict=True)):
        if b not in used:
            rows.append((kind, "other", None, None, number, name, np.nan, None))
    columns = ["category", "where", "service_id", "name", "other_id", "other_name", "metres", "match"]
    return pd.DataFrame(rows, columns=columns)
