"""The dossiers that every check of a whole page is made on: the sample, 20 services on real roads, a programme."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from aisne import COUNCIL, aisne_study

import accessmap as am
from accessmap.programme.files import sample as sample_programme

OPENS = "02217"


def with_fibre(study):
    """Return a study in which the fibre of four communes in five is known."""
    codes = study.communes.index
    rate = pd.Series(np.arange(len(codes)) % 5 / 4, index=codes)
    return replace(study, digital=pd.DataFrame({"fibre": rate[np.arange(len(codes)) % 7 < 6]}))


def with_schools(study):
    """Return a study of a school a commune, of every level; of two in three, what they have is known."""
    inside = study.communes[study.communes["in_territory"]]
    ids = pd.Index([f"00{code}A" for code in inside.index], name="school_id")
    levels = np.resize(["primary", "middle", "high"], len(ids))
    columns = {"name": ("École de " + inside["name"]).to_numpy(), "level": levels, "commune": inside.index}
    schools = gpd.GeoDataFrame(columns, geometry=inside.representative_point().to_numpy(), index=ids, crs=inside.crs)
    known = ids[np.arange(len(ids)) % 3 < 2]
    tablets = np.resize([12.0, 0.0, 0.0], len(known))
    return replace(
        study,
        schools=schools,
        equipment=pd.DataFrame({"tablets": tablets, "interactive_boards": 0.0}, index=known),
    )


def plan_of(study):
    """Return a plan that opens one site and closes another, both of the territory."""
    sites = study.sites("france_services")
    inside = study.communes.index[study.communes["in_territory"]]
    closed = sites.index[sites["commune"].isin(inside)][0]
    return am.Scenario("plan").open("france_services", commune=OPENS).close(closed)


def twenty_services(folder):
    """Return the communes of the sample on real roads, with the services of a council table and France services."""
    return aisne_study(folder, kinds=(*COUNCIL, "france_services"))


def dossier_of(kind, study, *, lang):
    """Return a study with fibre and its dossier of one plan; with schools and a programme where that is the kind."""
    study, programme = with_fibre(study), None
    plan = plan_of(study)
    if kind == "programme":
        study, programme = with_schools(study), sample_programme()
        lacking = study.digital["fibre"].reindex(study.schools["commune"]) < 1
        plan = plan.connect(lacking.index[lacking][0]).equip(study.equipment.index[1], tablets=8)
    alongside = COUNCIL if kind == "services" else None
    made = am.Dossier.of(study, plan, category="france_services", alongside=alongside, programme=programme, lang=lang)
    return study, made
