"""The roads of all France in parts: their union is one computation over the whole network, cell by cell."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import accessmap as am
from accessmap.country.certified import Sites
from accessmap.country.parts import Country
from accessmap.country.territories import run
from accessmap.read.counts import service_places
from accessmap.read.spread import spread_residents
from accessmap.tables.departments import OVERSEAS, department, department_name

KINDS = {"Pharmacie": "pharmacy", "Urgences": "emergency", "Cour d'appel (CA)": "court_of_appeal"}


def roads(folder: Path) -> am.RoadNetwork:
    nodes = pd.read_csv(folder / "tm_france_nodes.csv.gz").set_index("id")[["lon", "lat"]]
    raw = pd.read_csv(folder / "tm_france_edges.csv.gz")
    kmh = raw["system"].map({"fraa": 113, "eure": 113, "fran": 75}).fillna(58)
    edges = raw[["u", "v", "length_m"]].assign(
        road_class=np.where(kmh == 113, "motorway", "road"), minutes=raw["length_m"] / 1000 / kmh * 60
    )
    legs = {"access_kmh": 18, "local_metres": 1_500, "max_metres": 4_000}
    return am.RoadNetwork.from_edges(nodes, edges, directed=False, **legs)


@pytest.mark.slow
def test_union_of_the_departements_is_france_cell_by_cell(data_folder: Path, tmp_path: Path) -> None:
    folder = data_folder / "france"
    communes = gpd.read_parquet(folder / "communes.parquet").set_index("code")
    told = communes.geometry.notna() & communes["population"].notna()
    communes = communes[told & ~communes["dep"].str.startswith(OVERSEAS)].to_crs(2154)
    middles = gpd.GeoDataFrame(geometry=communes.representative_point(), crs=communes.crs)
    residents = spread_residents(communes, middles, points=1)
    counts = pd.read_parquet(folder / "bpe_2013_counts.parquet")
    counts = counts[counts["equipment"].isin(KINDS) & counts["depcom"].isin(communes.index)]
    most = counts.groupby("depcom", observed=True)["count"].max()
    places = service_places(communes, middles, most)
    first = pd.Series(np.flatnonzero(~places["commune"].duplicated()), places["commune"].unique())
    number = counts["count"].clip(upper=64).to_numpy()
    service = np.repeat(np.arange(len(counts)), number)
    rank = np.arange(len(service)) - np.repeat(np.cumsum(number) - number, number)
    place = first.loc[counts["depcom"]].to_numpy()[service] + rank
    kinds = counts["equipment"].astype(str).map(KINDS)
    services = pd.DataFrame({"commune": counts["depcom"].to_numpy(), "category": kinds.to_numpy()})
    services.index = pd.Index(services["category"] + "-" + services["commune"], name="service_id")
    network = roads(folder)
    xy = np.column_stack([places.geometry.x, places.geometry.y])
    territory = pd.Series([department(code) for code in communes.index], communes.index)
    names = {code: department_name(code) for code in territory.unique()}
    country = Country(communes, residents, services, Sites.of(services, xy, place, service), network, territory, names)
    parts = run(country, tmp_path, workers=2)
    assert len(parts) == 96
    assert set(parts["state"]) == {"computed"}
    cells = gpd.read_parquet(tmp_path / "cells").loc[residents.index]
    for kind in KINDS.values():
        here = (services["category"].to_numpy()[service] == kind).nonzero()[0]
        minutes, which = network.nearest_minutes(residents.geometry, places.geometry.iloc[place[here]])
        np.testing.assert_array_equal(cells[kind], minutes[:, 0])
        ids = np.where(which[:, 0] >= 0, services.index[service[here[which[:, 0]]]], "")
        assert (cells[f"{kind}_site"].fillna("") == ids).all()
    assert cells["court_of_appeal"].max() > 90  # searched far beyond the first buffer
