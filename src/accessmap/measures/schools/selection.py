"""Which schools are meant, and schools as services: to be chosen for a purchase, and to be travelled to."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.errors import Problem, Problems, TableError
from accessmap.tables.contracts import LEVELS, SECTORS, check_communes, check_schools, check_services
from accessmap.words.near import near_names

CATEGORY_OF_LEVEL: Final = MappingProxyType(
    {"nursery": "nursery_school", "primary": "primary_school", "middle": "middle_school", "high": "high_school"}
)

Choice = str | Iterable[str] | None


def schools_of(
    schools: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame | None = None,
    *,
    commune: Choice = None,
    epci: Choice = None,
    level: Choice = None,
    sector: Choice = None,
) -> gpd.GeoDataFrame:
    """Return the schools of a commune, an EPCI, a level or a sector, in the order of the table.

    Each option takes one value or several; a school must answer all of them. None asks nothing. No school may be left,
    which is an answer: the table is then empty.

    Parameters
    ----------
    schools
        In the contract of :func:`~accessmap.tables.contracts.check_schools`.
    communes
        In the contract: needed for `epci`, and so that a code is known where no school stands.
    commune, epci
        Codes, such as "02456" and "200071769".
    level
        Of :data:`accessmap.tables.contracts.LEVELS`.
    sector
        public or private; a school whose sector is unknown is in neither.

    Raises
    ------
    TableError
        For a code, level or sector that is none, with near matches; or `epci` without communes.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["Les Marais", "Jean Rostand"], "level": ["primary", "middle"], "commune": ["02173", "02173"]},
    ...     index=pd.Index(["0020001A", "0020002B"], name="school_id"),
    ...     geometry=shapely.points([[0, 0], [5, 5]]), crs="EPSG:2154")
    >>> schools_of(schools, commune="02173", level=["nursery", "primary"]).index.tolist()
    ['0020001A']
    """
    check_schools(schools, communes)
    problems = Problems()
    kept = pd.Series(True, index=schools.index)
    if commune is not None:
        known = schools["commune"] if communes is None else communes.index
        names = {} if communes is None else communes["name"].to_dict()
        kept &= schools["commune"].isin(_known("commune", commune, known, problems, names))
    if epci is not None and communes is None:
        problems.add("epci_needs_communes")
    elif epci is not None and communes is not None:
        check_communes(communes)
        codes = communes["epci"]
        kept &= schools["commune"].map(codes).isin(_known("epci", epci, codes.dropna(), problems)).to_numpy(dtype=bool)
    if level is not None:
        kept &= schools["level"].isin(_known("level", level, LEVELS, problems))
    if sector is not None:
        chosen = _known("sector", sector, SECTORS, problems)
        kept &= schools["sector"].isin(chosen) if "sector" in schools.columns else False
    problems.raise_if_any(TableError, "schools")
    return schools[kept.to_numpy(dtype=bool)]


def _known(
    option: str,
    choice: str | Iterable[str],
    known: Iterable[str],
    problems: Problems,
    names: dict[str, str] | None = None,
) -> list[str]:
    """Return the values asked for, and add a problem for each that is none."""
    wanted = [choice] if isinstance(choice, str) else list(choice)
    there = list(dict.fromkeys(known))
    by_name = {name.casefold(): code for code, name in (names or {}).items()}
    for value in wanted:
        if value in there:
            continue
        code = by_name.get(str(value).casefold())
        if code:
            problems.add("schools_code_is", where=option, value=value, n=len(there), code=code)
        else:
            problems.add("schools_none_there", where=option, value=value, n=len(there), near=near_names(value, there))
    return wanted


def school_services(schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return schools as services, so that minutes to a school are minutes to any other place.

    A primary school with nursery classes (`with_nursery` is "yes") is two services, one of them a nursery_school: a
    child of four goes there too. `capacity` stays unknown: pupils on the roll are not seats.

    Parameters
    ----------
    schools
        In the contract of :func:`~accessmap.tables.contracts.check_schools`.

    Returns
    -------
    GeoDataFrame
        In the contract of services: index `service_id` (that of the school, with "-nursery" for the second of two),
        `name`, `category` (nursery_school, primary_school, middle_school, high_school), `commune`, `geometry`, and
        `point_quality` where the schools have it.

    Raises
    ------
    TableError
        Where the schools break their contract.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["Les Marais"], "level": ["primary"], "commune": ["02173"], "with_nursery": ["yes"]},
    ...     index=pd.Index(["0020001A"], name="school_id"), geometry=shapely.points([[0, 0]]), crs="EPSG:2154")
    >>> school_services(schools)["category"].to_dict()
    {'0020001A': 'primary_school', '0020001A-nursery': 'nursery_school'}
    """
    check_schools(schools)
    columns = [name for name in ("name", "commune", "point_quality", "geometry") if name in schools.columns]
    own = schools[columns].assign(category=schools["level"].map(CATEGORY_OF_LEVEL)).rename_axis("service_id")
    both = schools["level"] == "primary"
    both &= schools["with_nursery"] == "yes" if "with_nursery" in schools.columns else False
    nursery = own[both.to_numpy(dtype=bool)].assign(category="nursery_school")
    nursery.index = (nursery.index + "-nursery").rename("service_id")
    services = gpd.GeoDataFrame(pd.concat([own, nursery]), geometry="geometry", crs=schools.crs)
    services = services[["name", "category", *columns[1:]]]
    check_services(services)
    return services


def schools_from_counts(counts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one school for each that INSEE's BPE counts in a commune: where no list of schools is at hand.

    Names, pupils, classes and sectors are unknown, and so is the place: it is that of the count (the mairie, if
    ``read_services`` was given the mairies), and `point_quality` says so. A "primary" school may or may not have
    nursery classes. Good for how many schools there are, by commune and level, not for who walks to which.

    Parameters
    ----------
    counts
        Services from ``read_services("bpe….csv", communes=…, mairies=…)``: school categories with the number of schools
        as `capacity`. Services of other categories are passed over.

    Returns
    -------
    GeoDataFrame
        In the contract of schools, index such as "bpe-02173-C101-2" (not a UAI).

    Raises
    ------
    TableError
        Where there is no school among the counts, or a number of schools is missing or not whole.

    Examples
    --------
    >>> import shapely
    >>> counts = gpd.GeoDataFrame(
    ...     {"name": ["Collège (02173)"], "category": ["middle_school"], "commune": ["02173"], "capacity": [2]},
    ...     index=pd.Index(["bpe-02173-C201"], name="service_id"), geometry=shapely.points([[0, 0]]), crs="EPSG:2154")
    >>> schools_from_counts(counts)[["name", "level"]].to_numpy().tolist()
    [['Collège (02173) 1/2', 'middle'], ['Collège (02173) 2/2', 'middle']]
    """
    check_services(counts)
    level_of = {category: level for level, category in CATEGORY_OF_LEVEL.items()}
    rows = counts[counts["category"].isin(level_of)]
    if rows.empty or "capacity" not in rows.columns or "commune" not in rows.columns:
        raise TableError(Problem("no_school_counted"), about="schools")
    wrong = rows[rows["capacity"].isna() | (rows["capacity"] % 1 != 0) | rows["commune"].isna()]
    if len(wrong):
        raise TableError(Problem("school_count_wrong", value=wrong.index[0]), about="schools")
    many = rows["capacity"].astype("int64").to_numpy()
    each = rows.loc[rows.index.repeat(many)]
    place = each.groupby(level=0, sort=False).cumcount() + 1
    total = each["capacity"].astype("int64")
    names = [name if of == 1 else f"{name} {at}/{of}" for name, at, of in zip(each["name"], place, total, strict=True)]
    quality = each["point_quality"].to_numpy() if "point_quality" in each.columns else "unknown"
    schools = gpd.GeoDataFrame(
        {
            "name": names,
            "level": each["category"].map(level_of).to_numpy(),
            "commune": each["commune"].to_numpy(),
            "point_quality": quality,
        },
        index=pd.Index([f"{row}-{at}" for row, at in zip(each.index, place, strict=True)], name="school_id"),
        geometry=each.geometry.to_numpy(),
        crs=counts.crs,
    )
    check_schools(schools)
    return schools
