"""Car times in the Aisne: published (INSEE 2023), over real roads, and over the modelled network.

Run: ACCESSMAP_DATA=… python benchmarks/published_times.py
Prints the tables of docs/method. With --fit, searches the constants of the modelled network again.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from aisne import access_table, aisne_study, published, spread_equipment
from scipy.optimize import minimize

import accessmap as am
from accessmap.roads import modelled


def over_modelled_roads(study):
    """The same study with the modelled network."""
    mairies = study.services[study.services["category"] == "mairie"]
    return study.with_network(am.RoadNetwork.modelled(study.communes, mairies))


def between_mairies(study, others, *, pairs=300, seed=0):
    """Ratio of the minutes of another network to those of the study's, between random mairies 2 to 60 minutes apart."""
    mairies = study.services[study.services["category"] == "mairie"].geometry
    rng = np.random.default_rng(seed)
    start, end = (mairies.iloc[rng.choice(len(mairies), pairs, replace=False)] for _ in range(2))
    real = study.network.travel_minutes(start, end)
    model = others.network.travel_minutes(start, end)
    kept = (real > 2) & (real < 60)
    ratio = model[kept] / real[kept]
    return float(np.median(ratio)), float(np.abs(ratio - 1).mean())


def by_commune_in_the_territory(study, other, category):
    """Mean absolute difference (minutes) and correlation, over the communes of the territory."""
    inside = study.inside
    a, b = (
        am.by_commune(each.minutes(each.sites(category)).min(axis=1)[inside], each.residents[inside])["value"]
        for each in (study, other)
    )
    return float((a - b).abs().mean()), float(a.corr(b))


def fit(study, target):
    """Search the speeds by Nelder-Mead: published mean, median and D9, people's minutes, and pairs of mairies."""
    real = {kind: study.minutes(study.sites(kind)).min(axis=1) for kind in target.index}
    people = study.residents["population"]

    def loss(x):
        if min(x) < 5:
            return 1e6
        modelled.KMH.update(zip(modelled.KMH, x[:3], strict=True))
        modelled.ACCESS_KMH = x[3]
        other = over_modelled_roads(study)
        gap = (access_table(other, target.index) - target).abs()
        astray = sum(
            np.average((other.minutes(other.sites(kind)).min(axis=1) - real[kind]).abs(), weights=people)
            for kind in target.index
        )
        weighted = gap["mean"].sum() + 0.5 * gap["median"].sum() + 0.5 * gap["D9"].sum()
        return weighted + astray + 10 * between_mairies(study, other)[1]

    start = [*modelled.KMH.values(), modelled.ACCESS_KMH]
    found = minimize(loss, start, method="Nelder-Mead", options={"maxfev": 150, "xatol": 0.5, "fatol": 0.02})
    print("speeds of the links, then of the legs (km/h):", np.round(found.x, 1), "loss", round(found.fun, 2))


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="search the constants of the modelled network again")
    arguments = parser.parse_args()
    folder = Path(os.environ.get("ACCESSMAP_DATA", "../shared/data")) / "pays-chaunois"
    study = aisne_study(folder)
    target = published(folder)
    if arguments.fit:
        fit(study, target.drop(index="cinema"))
    other = over_modelled_roads(study)
    spread = study.with_services(spread_equipment(folder, study.services, study.residents))
    ruled = study.with_services(spread_equipment(folder, study.services))
    tables = {
        "published 2023": target,
        "real roads": access_table(study, target.index),
        "in the cells": access_table(spread, target.index),
        "by the law": access_table(ruled, target.index),
        "modelled": access_table(other, target.index),
    }
    print(pd.concat(tables, axis=1).round(2).to_string())
    median, error = between_mairies(study, other)
    print(f"modelled / real, between mairies 2-60 min apart: median {median:.3f}, mean error {error:.1%}")
    gap, correlation = by_commune_in_the_territory(study, other, "france_services")
    print(f"France services, communes of the territory: mean gap {gap:.2f} min, correlation {correlation:.2f}")


if __name__ == "__main__":
    main()
