"""Studies of whole départements of France: people spread around the mairies, equipment of 2013 at them, modelled roads.

Reads the folder that ACCESSMAP_DATA names; `uncertainty.py` and a test use it, nothing of the library does.
"""

import geopandas as gpd
import pandas as pd

import accessmap as am
from accessmap.read.codes import merged_communes
from accessmap.read.spread import spread_residents
from accessmap.tables.checks import METRIC_CRS

# Equipment whose access times are published, as the counts by commune name it. (Of France services no list of
# all France is at hand.)
EQUIPMENT = {
    "emergency": "Urgences",
    "middle_school": "Collège",
    "gendarmerie": "Gendarmerie",
    "pharmacy": "Pharmacie",
    "cinema": "Cinéma",
}
PUBLISHED = {
    "urgences": "emergency",
    "college": "middle_school",
    "gendarmerie": "gendarmerie",
    "pharmacie": "pharmacy",
    "cinema": "cinema",
}
AROUND_METRES = 20_000


def published(folder):
    """Published mean car minutes, 2023: by (département, category)."""
    table = pd.read_csv(folder / "france" / "access_minutes_2023.csv", dtype={"dep": str})
    table = table[table["dep"] != "FR"].assign(category=table["Libelle_TYPEQU"].map(PUBLISHED))
    return table.dropna(subset="category").set_index(["dep", "category"])["moyenne"].sort_index()


def france(folder):
    """Every commune of France with people and a mairie inside it, in metres; and the counts of equipment."""
    communes = gpd.read_parquet(folder / "france" / "communes.parquet")
    communes = communes[communes.geometry.notna() & (communes["population"] > 0)].set_index("code").to_crs(METRIC_CRS)
    counts = pd.read_parquet(folder / "france" / "bpe_2013_counts.parquet")
    counts = counts[counts["equipment"].isin(EQUIPMENT.values())]
    return communes, counts.assign(commune=counts["depcom"].replace(dict(merged_communes())))


def departement(code, communes, counts):
    """The study of one département with what lies within 20 km of it, reported on the département."""
    here = communes[communes["dep"] == code]
    near = communes[communes.intersects(here.union_all().buffer(AROUND_METRES, quad_segs=2))].copy()
    near = near.assign(in_territory=near["dep"] == code, epci=near["epci"].fillna("")).astype({"population": "int64"})
    halls = gpd.GeoSeries.from_xy(near["mairie_lon"], near["mairie_lat"], index=near.index, crs=4326).to_crs(METRIC_CRS)
    astray = halls.is_empty | ~halls.within(near.geometry, align=False)
    halls = halls.where(~astray, near.representative_point())
    mairies = gpd.GeoDataFrame({"commune": near.index}, geometry=halls, index=near.index, crs=METRIC_CRS)
    kinds = {name: kind for kind, name in EQUIPMENT.items()}
    rows = counts[counts["commune"].isin(near.index)].groupby(["commune", "equipment"])["count"].sum().reset_index()
    kind, commune = rows["equipment"].map(kinds).to_numpy(), rows["commune"].to_numpy()
    services = gpd.GeoDataFrame(
        {
            "name": kind,
            "category": kind,
            "commune": commune,
            "capacity": rows["count"].to_numpy("float64"),
            "point_quality": "placed_at_mairie",
        },
        geometry=halls[commune].to_numpy(),
        index=pd.Index(kind + "-" + commune, name="service_id"),
        crs=METRIC_CRS,
    )
    columns = ["name", "population", "epci", "in_territory", "geometry"]
    source = am.provenance.Source("BPE", "INSEE", "Licence Ouverte", "2013", of=("services",))
    return am.Study(
        near[columns],
        spread_residents(near, mairies),
        services,
        am.RoadNetwork.modelled(near, mairies),
        title=f"Département {code}",
        provenance=am.provenance.Provenance((source,)),
    )
