"""Communes remote from everyday equipment: as ANCT has them (2021), and over real roads to what was counted in 2013.

Run: ACCESSMAP_DATA=… python benchmarks/remoteness.py
Prints the tables of docs/method_remoteness.md. ANCT gives 0 or 100 % of a commune for three ranges of equipment; the
minutes it compares are not in the file, so both our bound (7 minutes, INSEE) and the one that agrees best are told.
"""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from aisne import aisne_study, mairies
from apl_drees import VILLAGES
from scipy.stats import rankdata

import accessmap as am
from accessmap.measures.baskets import REMOTE_MINUTES, basket, basket_named

# What stands for each category of the everyday basket in the count of 2013.
EVERYDAY = {
    "bakery": ("Boulangerie",),
    "supermarket": ("Supermarché", "Hypermarché"),
    "primary_school": ("École élémentaire", "Classe élémentaire de regroupement pédagogique intercommunal (RP"),
    "middle_school": ("Collège",),
    "high_school": ("Lycée d'enseignement général et/ou technologique", "Lycée d'enseignement professionnel"),
    "general_practitioner": ("Médecin omnipraticien",),
    "nurse": ("Infirmier",),
    "pharmacy": ("Pharmacie",),
    "dentist": ("Chirurgien dentiste",),
    "grocery": ("Épicerie", "Supérette"),
    "post_office": ("Bureau de poste", "Agence postale communale", "Relais poste commerçant"),
}
# The kinds of the basket that are not of the proximity range.
RARER = ("supermarket", "middle_school", "high_school")
# INSEE counts these as one kind when it makes its ranges.
TOGETHER = {name: names[0] for names in EVERYDAY.values() for name in names} | {
    "Classe maternelle de regroupement pédagogique intercommunal (RPI": "École maternelle",
    "Gendarmerie": "Police ou gendarmerie",
    "Police": "Police ou gendarmerie",
}
# The proximity range is made of the 27 kinds that the most communes have (INSEE Focus 113, May 2018). The bound between
# the other two is ours: the next 33 kinds, then the rest that at least five communes have.
PROXIMITY, INTERMEDIATE, LEAST = 27, 33, 5
RANGES = ("proximity", "intermediate", "superior")
CUTOFFS = np.arange(1.0, 60.0, 0.25)


def counted(folder, communes):
    """The count of 2013: kind and commune of today, once each; merged communes are what they became."""
    table = pd.read_csv(folder / "bpe_2013_counts.csv", dtype={"insee": str})
    became = pd.read_csv(VILLAGES, dtype=str).set_index("code")["commune"].to_dict()
    table["commune"] = table["insee"].where(table["insee"].isin(communes.index), table["insee"].map(became))
    return table[table["commune"].isin(communes.index)][["equipment", "commune"]].drop_duplicates()


def by_range(counts):
    """The kinds of each range, by how many communes have them."""
    kinds = counts.assign(equipment=counts["equipment"].replace(TOGETHER)).drop_duplicates()
    spread = kinds["equipment"].value_counts()
    spread = list(spread.index[spread >= LEAST])
    cuts = (0, PROXIMITY, PROXIMITY + INTERMEDIATE, len(spread))
    return {name: tuple(spread[cuts[k] : cuts[k + 1]]) for k, name in enumerate(RANGES)}, kinds


def everyday_services(counts, halls):
    """The services of the everyday basket, each at the mairie of the communes that have some."""
    rows = [
        (category, commune)
        for category, names in EVERYDAY.items()
        for commune in sorted(counts.loc[counts["equipment"].isin(names), "commune"].unique())
    ]
    places = halls.set_index("commune").geometry
    return gpd.GeoDataFrame(
        {"category": [category for category, _ in rows], "commune": [commune for _, commune in rows]},
        geometry=places.loc[[commune for _, commune in rows]].to_numpy(),
        index=[f"{category}-{commune}" for category, commune in rows],
        crs=halls.crs,
    )


def everyday_minutes(study, services, *, without=()):
    """Mean minutes of each resident to the everyday basket, or to what is left of it without some categories."""
    kept = [category for category in basket_named("everyday") if category not in without]
    return basket(study.minutes(services), services, kept)


def remote_share(minutes, residents, *, cutoff=REMOTE_MINUTES):
    """Share of the people of each commune who are over the cutoff."""
    return am.by_commune((minutes > cutoff).astype("float64"), residents)["value"]


def range_minutes(study, halls, kinds, names):
    """Mean over the kinds of a range of the minutes from each mairie to the nearest commune that has it, 0 at home."""
    places = halls.set_index("commune").geometry
    minutes = study.network.travel_minutes(places, places)
    np.fill_diagonal(minutes, 0)
    times = pd.DataFrame(minutes, index=places.index, columns=places.index)
    having = kinds.groupby("equipment")["commune"].agg(list)
    return pd.concat([times[having[name]].min(axis=1) for name in names], axis=1).mean(axis=1)


def kappa(found, said):
    """Agreement of two yes/no series beyond chance: 0 by chance, 1 perfect (Cohen 1960)."""
    same, both = (found == said).mean(), found.mean() * said.mean()
    chance = both + (1 - found.mean()) * (1 - said.mean())
    return float((same - chance) / (1 - chance)) if chance < 1 else float("nan")


def ranking(minutes, said):
    """Probability that a commune said remote has more minutes than one that is not (area under the ROC curve)."""
    order, remote = rankdata(minutes), said.to_numpy(bool)
    many, few = remote.sum(), (~remote).sum()
    return float((order[remote].sum() - many * (many + 1) / 2) / (many * few))


def verdict(minutes, said, cutoff):
    """How minutes over a cutoff agree with what is said: confusion, share remote of each, kappa, ranking."""
    found = minutes > cutoff
    return {
        "cutoff": cutoff,
        "both": int((found & said).sum()),
        "ours only": int((found & ~said).sum()),
        "ANCT only": int((~found & said).sum()),
        "neither": int((~found & ~said).sum()),
        "agree": float((found == said).mean()),
        "kappa": kappa(found, said),
        "ranking": ranking(minutes, said),
    }


def best_cutoff(minutes, said):
    """The cutoff, in quarters of a minute, with the best kappa."""
    return float(max(CUTOFFS, key=lambda cutoff: kappa(minutes > cutoff, said)))


def published_remote(folder, codes):
    """What ANCT says, True or False, by commune (rows) and range."""
    table = pd.read_csv(folder / "eloignement_equipements_2021.csv", dtype={"insee": str}).set_index("insee")
    table = table.reindex(codes)[[f"remote_from_{name}_pct" for name in RANGES]].set_axis(list(RANGES), axis=1)
    if not table.isin([0, 100]).all(axis=None):
        raise ValueError("eloignement_equipements_2021.csv: a share that is neither 0 nor 100.")
    return table == 100


def comparison(folder):
    """Everything compared, for the communes of the Aisne: minutes by measure, and what ANCT says."""
    study = aisne_study(folder)
    halls = mairies(folder, study.communes)
    counts = counted(folder, study.communes)
    ranges, kinds = by_range(counts)
    services = everyday_services(counts, halls)
    people = everyday_minutes(study, services)
    nearer = everyday_minutes(study, services, without=RARER)
    table = pd.DataFrame({"population": study.communes["population"], "name": study.communes["name"]})
    table["everyday"] = am.by_commune(people, study.residents)["value"]
    table["share"] = remote_share(people, study.residents)
    table["everyday, nearer"] = am.by_commune(nearer, study.residents)["value"]
    # What lies beyond the communes loaded is not there: the Aisne's own border is theirs in the south and the east.
    edge = study.communes.union_all().boundary
    table["km to the edge"] = study.communes.representative_point().distance(edge) / 1000
    for name in RANGES:
        table[name] = range_minutes(study, halls, kinds, ranges[name])
    table["in_territory"] = study.communes["in_territory"]
    said = published_remote(folder, table.index)
    inside = table.index.str.startswith("02") & table["everyday"].notna()
    return table[inside], said[inside], ranges


def differing(table, remote):
    """Who differs from ANCT at 7 minutes of the everyday basket, by distance to the bound and to the edge."""
    wrong = (table["everyday"] > REMOTE_MINUTES) != remote
    off = (table["everyday"] - REMOTE_MINUTES).abs()
    groups = {
        "all": off >= 0,
        "within 1 min of the bound": off <= 1,
        "1 to 3 min": (off > 1) & (off <= 3),
        "beyond 3 min": off > 3,
        "less than 8 km from the edge of the data": table["km to the edge"] < 8,
        "further inside": table["km to the edge"] >= 8,
    }
    rows = {
        name: {"communes": int(group.sum()), "differ": int(wrong[group].sum()), "share": wrong[group].mean()}
        for name, group in groups.items()
    }
    return pd.DataFrame(rows).T


def main():
    """Print the tables."""
    table, said, ranges = comparison(Path(os.environ.get("ACCESSMAP_DATA", "../shared/data")) / "pays-chaunois")
    remote, inside = said["proximity"], table["in_territory"]
    bounds = {
        "everyday basket, people": ("everyday", "proximity", REMOTE_MINUTES),
        "the same, best bound": ("everyday", "proximity", None),
        "without supermarket, collège, lycée": ("everyday, nearer", "proximity", REMOTE_MINUTES),
        "the same, best bound ": ("everyday, nearer", "proximity", None),
        "proximity range, mairies": ("proximity", "proximity", None),
        "intermediate range, mairies": ("intermediate", "intermediate", None),
        "superior range, mairies": ("superior", "superior", None),
    }
    rows = {}
    for name, (column, which, cutoff) in bounds.items():
        rows[name] = verdict(table[column], said[which], cutoff or best_cutoff(table[column], said[which]))
    rows["territory, everyday basket"] = verdict(table.loc[inside, "everyday"], remote[inside], REMOTE_MINUTES)
    print(pd.DataFrame(rows).T.round(3).to_string())
    people, share = table["population"], table["share"]
    print(f"correlation of the share of people over 7 min with ANCT's 0 or 1: {share.corr(remote.astype(float)):.3f}")
    print(f"people remote: ours {np.average(share, weights=people):.1%}, ANCT {np.average(remote, weights=people):.1%}")
    print(differing(table, remote).round(3).to_string())
    wrong = (table["everyday"] > REMOTE_MINUTES) != remote
    off = (table["everyday"] - REMOTE_MINUTES).abs()
    far = table[wrong].assign(ANCT=remote, off=off).sort_values("off", ascending=False).round(2)
    shown = ["name", "population", "everyday", "everyday, nearer", "proximity", "km to the edge", "ANCT"]
    print(far[shown].head(12).to_string())
    print(far.loc[far["in_territory"], shown].to_string())
    for name, kinds in ranges.items():
        print(f"{name} ({len(kinds)}): {', '.join(kinds)}")


if __name__ == "__main__":
    main()
