"""A toy study on disk, shared by the tests of study.toml and of the command line."""

from pathlib import Path

import pandas as pd

TOY = """\
[study]
title = "Trois villages"
thresholds = [2, 5]

[communes]
path = "communes.gpkg"

[residents]
path = "residents.csv"

[[services]]
path = "mairies.csv"
category = "mairie"

[[services]]
path = "france_services.csv"
category = "france_services"

[roads]
nodes = "nodes.csv"
edges = "edges.csv"
directed = false

[[scenario]]
name = "Bourg"
[[scenario.step]]
action = "open"
category = "france_services"
commune = "02002"

[dossier]
category = "france_services"
formats = ["csv"]
"""


def write_toy(study, folder: Path, text: str = TOY) -> Path:
    """Write the tables of `toy_study` as files, and the study.toml that names them; return its path."""
    study.communes.reset_index().to_file(folder / "communes.gpkg", driver="GPKG")
    points(study.residents).to_csv(folder / "residents.csv")
    services = points(study.services)
    for name, category in (("mairies", "mairie"), ("france_services", "france_services")):
        chosen = services[services["category"] == category]
        chosen.drop(columns="category").to_csv(folder / f"{name}.csv")
    study.network.nodes.rename_axis("id").to_csv(folder / "nodes.csv")
    edges = study.network.edges
    edges[edges["u"] < edges["v"]][["u", "v", "minutes"]].to_csv(folder / "edges.csv", index=False)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def points(table) -> pd.DataFrame:
    """Return a table of points with lon and lat."""
    degrees = table.geometry.to_crs(4326)
    return pd.DataFrame(table.drop(columns="geometry")).assign(lon=degrees.x, lat=degrees.y)
