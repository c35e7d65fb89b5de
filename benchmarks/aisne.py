"""The real study of the Aisne and around: real roads, the census grid, equipment as counted by commune.

Reads the folder that ACCESSMAP_DATA names (data/README of the project says which files). The tests and
`published_times.py` use it; nothing of the library does.

`aisne_study(folder)` has the services whose access times are published; `aisne_study(folder, kinds=COUNCIL)` those of
the three words of a council, health, shops and culture, as `read_services` and the table of kinds read the BPE.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from departements import EQUIPMENT
from departements import PUBLISHED as OF_EQUIPMENT

import accessmap as am
from accessmap.measures.baskets import basket_named
from accessmap.tables.checks import METRIC_CRS

# What drivers really do on each class, and how much longer a road is than its waypoints joined by straight lines.
KMH = {"motorway": 120.0, "national": 80.0, "departmental": 62.0}
LONGER = 1.06
# The file has no local streets: a leg to the road, or a trip inside a town, goes straight at this speed.
ACCESS_KMH = 18.0
LOCAL_METRES = 1_500.0

# Of the Aisne there is a list of France services too.
PUBLISHED = {**OF_EQUIPMENT, "implantations_france_services_ifs": "france_services"}


# Baskets by the name of their domain; the count of 2013 has no library, which INSEE's list only had later.
BASKETS = {
    "health": (*basket_named("health"), "dentist", "medical_laboratory"),
    "proximity_shops": (*basket_named("proximity_shops"), "butcher", "supermarket", "post_office", "bank"),
    "culture": ("cinema", "theatre", "bookshop"),
}
COUNCIL = tuple(kind for basket in BASKETS.values() for kind in basket)
"""Kinds of a study that covers health, proximity commerce and culture."""


def roads(folder):
    """The main roads of the Aisne and around, both ways."""
    nodes = pd.read_csv(folder / "roads_nodes.csv").set_index("id")[["lon", "lat"]]
    raw = pd.read_csv(folder / "roads_edges.csv")
    length = raw["length_m"] * LONGER
    edges = pd.DataFrame({"u": raw["u_id"], "v": raw["v_id"], "length_m": length, "road_class": raw["cls"]})
    edges["minutes"] = length / 1000 / raw["cls"].map(KMH) * 60
    source = am.provenance.Source(
        "Routes (motorways, N, D)", "Travel Mapping, contributeurs d’OpenStreetMap", "ODbL", "2026-08"
    )
    speeds = ", ".join(f"{road_class} {kmh:g} km/h" for road_class, kmh in KMH.items())
    return am.RoadNetwork.from_edges(
        nodes,
        edges,
        directed=False,
        access_kmh=ACCESS_KMH,
        local_metres=LOCAL_METRES,
        max_metres=4_000,
        provenance=am.provenance.Provenance((source,), {"vitesses": speeds}),
    )


def mairies(folder, communes):
    """A mairie inside each commune: a point outside of it, or none, becomes a point of the commune."""
    points = gpd.read_file(folder / "mairies.gpkg").to_crs(METRIC_CRS).set_index("insee").geometry
    points = points.reindex(communes.index)
    astray = points.isna() | (points.distance(communes.geometry) > 0)
    points = points.where(~astray, communes.representative_point())
    return gpd.GeoDataFrame({"commune": communes.index}, geometry=points.to_numpy(), crs=METRIC_CRS)


def equipment(folder, communes, town_halls):
    """Mairies, and each kind of equipment placed at the mairie of the communes that have it."""
    places = town_halls.set_index("commune").geometry
    counts = pd.read_csv(folder / "bpe_2013_counts.csv", dtype={"insee": str})
    france_services = pd.read_csv(folder / "france_services_2024-08.csv", dtype={"insee": str})
    having = {category: counts.loc[counts["equipment"] == name, "insee"] for category, name in EQUIPMENT.items()}
    having |= {"france_services": france_services["insee"], "mairie": communes.index}
    rows = [(category, code) for category, codes in having.items() for code in sorted(set(codes) & set(places.index))]
    category, commune = (list(column) for column in zip(*rows, strict=True))
    return gpd.GeoDataFrame(
        {
            "name": [f"{kind} {communes['name'][code]}" for kind, code in rows],
            "category": category,
            "commune": commune,
        },
        geometry=places.loc[commune].to_numpy(),
        index=pd.Index([f"{kind}-{code}" for kind, code in rows], name="service_id"),
        crs=METRIC_CRS,
    )


def services_of(folder, communes, categories):
    """Each category of the count of 2013 at the mairie of the communes that have some; capacity is how many.

    `digital_help` is the digital advisers of 2022, at their places, and not the public digital spaces of 2013. Kinds
    that the table of kinds makes one category (grocery, primary school) are one service a commune. Merged communes are
    what they became. The rest of the file is there under its own names: ``services_of(folder, communes, ["taxi"])``.
    """
    halls = mairies(folder, communes)
    counted = am.read_services(folder / "bpe_2013_counts.csv", communes=communes, mairies=halls)
    absent = sorted(set(categories) - set(counted["category"]) - {"digital_help", "france_services"})
    if absent:
        raise ValueError(f"the count of 2013 has no {', '.join(absent)}: it has {', '.join(countable(counted))}.")
    kept = counted[counted["category"].isin(set(categories) - {"digital_help", "france_services"})]
    grouped = kept.groupby(["category", "commune"], sort=False)
    services = grouped[["category_label", "capacity_unit", "geometry", "point_quality"]].first()
    services["capacity"] = grouped["capacity"].sum()
    services = services.reset_index()
    services.index = pd.Index(services["category"] + "-" + services["commune"], name="service_id")
    words = services["capacity_unit"].str.capitalize() + " (" + services["commune"].map(communes["name"]) + ")"
    services = gpd.GeoDataFrame(services.assign(name=words, source="INSEE BPE 2013"), crs=counted.crs)
    further = []
    if "france_services" in categories:
        further.append(am.read_services(folder / "france_services_2024-08.csv", communes=communes, mairies=halls))
    if "digital_help" in categories:
        columns = {"capacity": "advisers"}
        path = folder / "conseillers_numeriques_2022.csv"
        advisers = am.read_services(path, category="digital_help", columns=columns, communes=communes, clip=True)
        further.append(advisers.assign(capacity_unit="conseillers numériques", source="ANCT 2022"))
    columns = [*services.columns, "hours"] if further else list(services.columns)
    tables = [table.reindex(columns=columns) for table in (services, *further)]
    return pd.concat(tables)[[name for name in columns if name != "geometry"] + ["geometry"]]


def spread_equipment(folder, services, residents=None):
    """Services with the equipment of the count of 2013 spread inside the communes, and not at their mairies.

    In the cells where most people live, where residents of a grid are given, else by the law of distances.
    """
    communes = am.read_communes(folder / "communes.gpkg")
    halls = services[services["category"] == "mairie"]
    counted = am.read_services(
        folder / "bpe_2013_counts.csv", communes=communes, mairies=halls, spread=True, residents=residents
    )
    at_halls = services[~services["category"].isin(EQUIPMENT)]
    return pd.concat([at_halls, counted.loc[counted["category"].isin(EQUIPMENT), at_halls.columns]])


def countable(counted):
    """Categories of the count that are published ones, the most frequent first."""
    published = counted[counted["category_label"].isna()]
    return list(published["category"].value_counts().index)


def aisne_study(folder, *, kinds=None, calibrate=False):
    """The study: communes with their neighbours, people on the 1 km census grid, equipment at the mairies.

    `kinds` brings other categories than those whose access times are published: see `services_of`, `COUNCIL`. Mairies
    are there in both. `calibrate` brings people to the legal population of each commune.
    """
    communes = am.read_communes(folder / "communes.gpkg")
    town_halls = mairies(folder, communes)
    grid = folder / "population_1km_2021.csv"
    options = {"cell_metres": 1000, "clip": True, "calibrate": calibrate, "mairies": town_halls}
    residents = am.read_residents(grid, communes, **options)
    services = equipment(folder, communes, town_halls)
    if kinds is not None:
        halls = services[services["category"] == "mairie"]
        services = pd.concat([halls, services_of(folder, communes, kinds)])
    sources = (
        am.provenance.Source("Carroyage de la population 2021", "Eurostat", "réutilisation avec mention", "2021"),
        am.provenance.Source("Base permanente des équipements", "INSEE", "Licence Ouverte", "2013"),
        am.provenance.Source("Liste des France services", "ANCT", "Licence Ouverte", "2024-08-01"),
    )
    if kinds is not None and "digital_help" in kinds:
        sources += (am.provenance.Source("Conseillers numériques", "ANCT", "Licence Ouverte", "2022"),)
    return am.Study(
        communes,
        residents,
        services,
        roads(folder),
        title="Pays Chaunois",
        provenance=am.provenance.Provenance(sources),
    )


def published(folder):
    """Published car minutes in the Aisne, 2023, by category: mean, D1, median, D9."""
    table = pd.read_csv(folder / "access_minutes_departement_2023.csv", dtype={"dep": str}).query("dep == '02'")
    table = table.assign(category=table["Libelle_TYPEQU"].map(PUBLISHED)).set_index("category")
    columns = {"moyenne": "mean", "decile1": "D1", "mediane": "median", "decile9": "D9"}
    return table.rename(columns=columns)[list(columns.values())]


def distribution(minutes, people):
    """Mean, D1, median and D9 of minutes over the people who are reached."""
    minutes = minutes.dropna().sort_values()
    values, weights = minutes.to_numpy("float64"), people[minutes.index].to_numpy("float64")
    share = weights.cumsum() / weights.sum()
    quantiles = {name: values[np.searchsorted(share, q)] for name, q in (("D1", 0.1), ("median", 0.5), ("D9", 0.9))}
    return {"mean": float(values @ weights / weights.sum()), **quantiles}


def access_table(study, categories):
    """Minutes of the people of the Aisne to the nearest of each category: mean, D1, median, D9."""
    aisne = study.residents["commune"].str.startswith("02")
    people = study.residents.loc[aisne, "population"]
    rows = {kind: distribution(study.minutes(study.sites(kind)).min(axis=1)[aisne], people) for kind in categories}
    return pd.DataFrame(rows).T
