"""Shared fixtures: where the real data is, and what is said when it is not there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prepared networks and downloads of the tests stay out of the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCESSMAP_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real data, or a skip that says how to bring it."""
    folder = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found in {folder}: set ACCESSMAP_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def real_data(data_folder: Path) -> Path:
    """Folder of the whole Aisne: communes, mairies, roads, census grid and published figures."""
    return data_folder / "pays-chaunois"


@pytest.fixture(scope="session")
def sample_study():
    """The bundled study, loaded once: it is read-only."""
    from accessmap import load_sample

    return load_sample()


@pytest.fixture
def toy_study():
    """Three square communes in a row, 2 km wide, mairies in the middle, 3 minutes apart; x is outside the territory.

    One france_services at "a" (id "fs-a") and one at "x"; people live at the mairies: a 100, b 50, x 10.
    """
    import geopandas as gpd
    import pandas as pd
    import pyproj
    import shapely

    from accessmap.roads.network import RoadNetwork
    from accessmap.study.study import Study

    codes = ["02001", "02002", "60001"]
    x0, y0 = 720_000.0, 6_950_000.0
    boxes = [shapely.box(x0 + 2000 * i, y0, x0 + 2000 * (i + 1), y0 + 2000) for i in range(3)]
    centres = [box.centroid for box in boxes]
    communes = gpd.GeoDataFrame(
        {"name": ["Aville", "Bourg", "Xanton"], "population": [100, 50, 10], "epci": ["200000001"] * 2 + ["200000002"]},
        geometry=boxes,
        index=pd.Index(codes, name="code"),
        crs=2154,
    ).assign(in_territory=[True, True, False])
    residents = gpd.GeoDataFrame(
        {"commune": codes, "population": [100, 50, 10]},
        geometry=centres,
        index=pd.Index(["ra", "rb", "rx"], name="resident_id"),
        crs=2154,
    )
    services = gpd.GeoDataFrame(
        {
            "name": ["Mairie A", "Mairie B", "Mairie X", "FS A", "FS X"],
            "category": ["mairie"] * 3 + ["france_services"] * 2,
            "commune": [*codes, "02001", "60001"],
        },
        geometry=[*centres, centres[0], centres[2]],
        index=pd.Index(["mairie-a", "mairie-b", "mairie-x", "fs-a", "fs-x"], name="service_id"),
        crs=2154,
    )
    to_degrees = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
    lon, lat = to_degrees.transform([point.x for point in centres], [point.y for point in centres])
    edges = pd.DataFrame({"u": codes[:2], "v": codes[1:], "minutes": [3.0, 3.0]})
    roads = RoadNetwork.from_edges(pd.DataFrame({"lon": lon, "lat": lat}, index=codes), edges, directed=False)
    return Study(communes, residents, services, roads, title="Trois villages", thresholds=(2, 5))


# What takes long, the longest first: two processes that take a file at a time then end together.
LONG = (
    "robust/test_fuzz.py",
    "browser/test_accessibility.py",
    "house/test_notebooks.py",
    "dossier/test_dossier.py",
    "dossier/dossier.py",
    "cli/test_study.py",
    "programme/sentences.py",
    "dossier/test_chapters.py",
    "dossier/test_odd_territories.py",
    "house/test_readme.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the long files, in that order, whatever is asked for."""
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get("/".join(item.path.parts[-2:]), len(LONG)))


@pytest.fixture(scope="session")
def country_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `am.national` writes of all communes of the sample by département, with one in nine of the residents."""
    import accessmap as am

    whole = am.load_sample()
    communes = whole.communes.assign(in_territory=True)
    told = {"title": "Autour de Chauny", "provenance": whole.provenance}
    study = am.Study(communes, whole.residents.iloc[::9], whole.services, whole.network, **told)
    folder = tmp_path_factory.mktemp("country") / "national"
    am.national(study, folder, buffer_km=10, workers=1)
    return folder
