"""A large OpenStreetMap file cut by territory: each piece reads as the whole file clipped there."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd
import pytest
import shapely

from accessmap.cli import main
from accessmap.country.splitting import split_osm
from accessmap.errors import SourceError
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.tables import clip_polygon

# Node n lies n thousandths of a degree east of 3°, by 100 further north. A ferry line in two ways, of which one lies
# far from the first commune; a built-up area around it that has no node in it; a wall across the road where it leaves
# the commune; a turn that may not be made; a square to walk across, drawn as a relation.
TAGS = {
    "road": {"highway": "tertiary", "name": "Route, n° 1 = 100 %"},
    "street": {"highway": "residential"},
    "area": {"landuse": "residential"},
    "wall": {"barrier": "jersey_barrier"},
    "building": {"building": "yes"},
    "": {},
}
WAYS = {
    1: ("road", [1, 2, 3, 60]),
    2: ("road", [60, 61, 90]),
    3: ("street", [102, 2]),
    4: ("", [3, 203]),
    5: ("", [203, 290]),
    6: ("area", [900, 999, -101, -100, 900]),
    7: ("wall", [60, 160]),
    8: ("building", [1, 101, 102, 1]),
    9: ("", [101, 102, 202, 201, 101]),
    10: ("street", [201, 1]),
    11: ("street", [90, 290]),
}
RELATIONS = """
<relation id="1"><member type="way" ref="3" role="from"/><member type="node" ref="2" role="via"/>
<member type="way" ref="1" role="to"/><tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
<relation id="2"><member type="way" ref="4" role=""/><member type="way" ref="5" role=""/>
<tag k="type" v="route"/><tag k="route" v="ferry"/><tag k="duration" v="01:00"/></relation>
<relation id="3"><member type="way" ref="9" role="outer"/><tag k="type" v="multipolygon"/>
<tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></relation>"""
BOX_OF = {
    "01001": (2.9995, 48.9995, 3.0055, 49.0065),
    "02001": (3.08, 48.9995, 3.095, 49.0065),
    "03001": (4, 49, 4.1, 49.1),
}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def tags(pairs: dict[str, str]) -> str:
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs.items())

    used = sorted({node for _, nodes in WAYS.values() for node in nodes})
    text = "".join(
        f'<node id="{n}" version="1" lat="{49 + n // 100 / 500}" lon="{3 + n % 100 / 1000}">'
        f"{tags({'highway': 'stop'} if n == 61 else {})}</node>"
        for n in used
    )
    for way, (kind, nodes) in WAYS.items():
        drawn = "".join(f'<nd ref="{n}"/>' for n in nodes)
        text += f'<way id="{way}" version="1" timestamp="2024-06-02T00:00:00Z">{drawn}{tags(TAGS[kind])}</way>'
    path = tmp_path_factory.mktemp("extract") / "land.osm"
    path.write_text(f'<osm version="0.6">{text}{RELATIONS}</osm>', "utf-8")
    return path


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    return _communes(BOX_OF)


def _communes(boxes: dict[str, tuple[float, ...]]) -> gpd.GeoDataFrame:
    shapes = gpd.GeoSeries([shapely.box(*box) for box in boxes.values()], index=list(boxes), crs=4326).to_crs(2154)
    columns = {"name": list(boxes), "population": 100.0, "epci": [code[:2] for code in boxes], "in_territory": True}
    return gpd.GeoDataFrame(columns, geometry=shapes, index=shapes.index.rename("code"))


def _equal(piece: Path, whole: Path, clip: gpd.GeoDataFrame, metres: float, mode: str) -> int:
    ours, theirs = (read_osm(path, mode=mode, clip=clip, buffer_metres=metres) for path in (piece, whole))
    for name in ("nodes", "edges", "turns", "turn_costs"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        assert (found is None) == (expected is None)
        if found is not None:
            # Each file has categories of its own, words of roads further off.
            words = dict.fromkeys(found.select_dtypes("category"), "str")
            pd.testing.assert_frame_equal(found.astype(words), expected.astype(words))
    return len(ours.edges)


def test_a_piece_reads_as_the_whole_file_clipped(extract: Path, communes: gpd.GeoDataFrame, tmp_path: Path) -> None:
    pieces = split_osm(extract, communes, tmp_path / "roads", buffer_km=0.05)
    assert pieces["state"].to_dict() == {"01": "written", "02": "written", "03": "empty"}
    assert sorted(path.name for path in (tmp_path / "roads").iterdir()) == [
        "01.json",
        "01.osm.pbf",
        "02.json",
        "02.osm.pbf",
    ]
    for code in ("01", "02"):
        for mode in ("car", "walk"):
            assert _equal(Path(pieces.loc[code, "file"]), extract, communes.loc[[f"{code}001"]], 50, mode)
    ours = read_osm(pieces.loc["01", "file"], clip=clip_polygon(communes.loc[["01001"]], buffer_metres=50))
    assert len(ours.turns) == 1
    assert set(ours.edges["road_class"]) == {"tertiary", "residential", "ferry"}
    assert (ours.edges.loc[ours.edges["road_class"] == "ferry", "speed_reason"] == "ferry by its timetable").all()
    assert set(ours.edges["name"].dropna()) == {"Route, n° 1 = 100 %"}
    assert ours.edges["speed_reason"].str.contains("tertiary in built-up|urban").any()
    assert not {160, 999} & set(ours.nodes.index)


def test_an_extract_that_is_not_sorted_by_kind_is_cut_alike(
    extract: Path, communes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    text = extract.read_text("utf-8").replace("-10", "70").replace("</osm>", "")
    nodes = text[text.index("<node") : text.index("<way")]
    for name, parts in (("sorted", (nodes, text[text.index("<way") :])), ("last", (text[text.index("<way") :], nodes))):
        (tmp_path / f"{name}.osm").write_text(f'<osm version="0.6">{"".join(parts)}</osm>', "utf-8")
        pieces = split_osm(tmp_path / f"{name}.osm", communes, tmp_path / name, buffer_km=0.05)
        assert pieces["state"].to_dict() == {"01": "written", "02": "written", "03": "empty"}
    for code in ("01", "02"):
        ours, theirs = (tmp_path / name / f"{code}.osm.pbf" for name in ("last", "sorted"))
        assert _equal(ours, theirs, communes.loc[[f"{code}001"]], 50, "car")


def test_what_is_whole_is_kept_and_what_is_not_is_written_again(
    extract: Path, communes: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    split_osm(extract, communes, tmp_path, buffer_km=0.05)
    again = split_osm(extract, communes, tmp_path, buffer_km=0.05)
    assert again["state"].to_dict() == {"01": "kept", "02": "kept", "03": "empty"}
    (tmp_path / "01.osm.pbf").write_bytes((tmp_path / "01.osm.pbf").read_bytes()[:-9])
    (tmp_path / "02.json").unlink()
    assert set(split_osm(extract, communes, tmp_path, buffer_km=0.05)["state"]) == {"written", "empty"}
    other = split_osm(extract, communes, tmp_path, buffer_km=0.06)
    assert other["state"].to_dict() == {"01": "written", "02": "written", "03": "empty"}


def test_a_file_of_deleted_objects_is_refused_by_the_command_too(
    extract: Path, communes: gpd.GeoDataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    communes.to_file(tmp_path / "communes.gpkg")
    asked = ["--communes", str(tmp_path / "communes.gpkg"), "--by", "epci", "--buffer-km", "1"]
    assert main(["split", str(extract), *asked, "--out", str(tmp_path / "roads"), "--lang", "en"]) == 0
    assert "2 pieces written" in capsys.readouterr().out
    damaged = tmp_path / "gone.osm"
    damaged.write_text(extract.read_text("utf-8").replace('<way id="8"', '<way id="8" action="delete"'), "utf-8")
    with pytest.raises(SourceError, match="deleted objects"):
        split_osm(damaged, communes, tmp_path / "none")
    assert not list((tmp_path / "none").iterdir())


def test_pieces_of_a_real_extract_read_as_the_whole_which_is_decoded_once(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = data_folder / "osm" / "liechtenstein.osm.pbf"
    communes = _communes({"01001": (9.50, 47.05, 9.53, 47.16), "02001": (9.53, 47.05, 9.60, 47.16)})
    decoded = []

    class Counted(osmium.io.Reader):
        def __init__(self, source: object, entities: object = osmium.osm.ALL) -> None:
            super().__init__(source, entities)
            if str(source) == str(extract) and entities != osmium.osm.NOTHING:  # of nothing the header alone is read
                decoded.append(entities)

    with monkeypatch.context() as patched:
        patched.setattr(osmium.io, "Reader", Counted)
        pieces = split_osm(extract, communes, tmp_path, buffer_km=0.7)
    assert decoded == [osmium.osm.ALL]
    for code, mode in (("01", "walk"), ("02", "car")):
        assert _equal(Path(pieces.loc[code, "file"]), extract, communes.loc[[f"{code}001"]], 700, mode) > 1000
