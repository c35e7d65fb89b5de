"""A country kept in a folder for those who compute its parts, and given back equal."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.country.certified import Sites
from accessmap.country.parts import Country
from accessmap.files import read_json
from accessmap.provenance import Provenance, Source
from accessmap.roads.network import RoadNetwork

ARRAYS = tuple(each.name for each in fields(Sites) if each.name != "kinds")


def save_country(country: Country, folder: Path) -> Path:
    """Write all that parts are made of to a new folder, and return it."""
    folder.mkdir(parents=True)
    country.network.save(folder / "network.roads")
    country.communes.to_parquet(folder / "communes.parquet")
    country.residents.to_parquet(folder / "residents.parquet")
    country.services.to_parquet(folder / "services.parquet")
    country.territory.rename("territory").to_frame().to_parquet(folder / "territory.parquet")
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(country.sites, name), allow_pickle=False)
    asked = {
        "kinds": country.sites.kinds,
        "names": dict(country.names),
        "k": country.k,
        "thresholds": country.thresholds,
        "metres": country.metres,
        "sources": [asdict(source) for source in country.provenance.sources],
        "modelled": country.provenance.modelled,
    }
    (folder / "country.json").write_text(json.dumps(asked), "utf-8")
    return folder


@lru_cache(maxsize=1)
def load_country(folder: Path) -> Country:
    """Return the country that `save_country` wrote; the last is remembered."""
    asked = read_json(folder / "country.json")
    sites = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in ARRAYS}
    return Country(
        gpd.read_parquet(folder / "communes.parquet"),
        gpd.read_parquet(folder / "residents.parquet"),
        pd.read_parquet(folder / "services.parquet"),
        Sites(kinds=tuple(asked["kinds"]), **sites),
        RoadNetwork.load(folder / "network.roads"),
        pd.read_parquet(folder / "territory.parquet")["territory"],
        asked["names"],
        asked["k"],
        tuple(asked["thresholds"]),
        asked["metres"],
        Provenance(tuple(Source(**each) for each in asked["sources"]), modelled=asked["modelled"]),
    )
