"""The APL of general practitioners rebuilt commune by commune, against the values that DREES published for 2022.

Run: ACCESSMAP_DATA=… python benchmarks/apl_drees.py [--plot docs/images/apl_drees.png]
Prints the tables of docs/method_apl.md. One number is fitted, the factor on the minutes: on the communes *outside* the
territory, so that the territory is a test of it. The plot needs matplotlib.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from aisne import mairies, roads
from scipy.optimize import nnls
from scipy.stats import norm, spearmanr

import accessmap as am
from accessmap.measures.apl import apl
from accessmap.measures.apl import parameters as apl_parameters
from accessmap.measures.floating import two_step_fca
from accessmap.sample import sample_mairies

PARAMETERS = apl_parameters(2022)
# Consultations a year of each practitioner, within the bounds of DREES: activity is not in the data, and moves the mean
# only.
CONSULTATIONS = 4_800.0
VILLAGES = Path(__file__).parents[1] / "data" / "communes" / "villages.csv"  # what each merged commune was
FACTORS = np.round(np.arange(0.7, 1.55, 0.05), 2)


@dataclass(frozen=True)
class Inputs:
    """What the APL is made of, by commune of the study (all within 40 km, and the whole Aisne)."""

    communes: gpd.GeoDataFrame
    published: pd.Series
    need: pd.Series
    practitioners: pd.Series
    practitioners_2013: pd.Series
    minutes: dict[str, np.ndarray]

    @property
    def territory(self):
        return self.communes["in_territory"].to_numpy(bool)

    @property
    def outside(self):
        """The communes around the territory, on which the factor is chosen."""
        return self.communes["within_40km"].to_numpy(bool) & ~self.territory


def repaired(folder, communes):
    """The mairie of each commune: where the sample knows it better, from the sample."""
    points = mairies(folder, communes).set_index("commune").geometry
    better = sample_mairies().geometry.reindex(communes.index)
    return points.where(better.isna(), better)


def by_current_code(counts, communes):
    """Counts by commune of today: those of merged communes are added to the commune they became."""
    merged = pd.read_csv(VILLAGES, dtype=str).set_index("code")["commune"]
    current = counts.index.where(counts.index.isin(communes.index), counts.index.map(merged.to_dict()))
    return counts.groupby(current).sum().reindex(communes.index, fill_value=0).astype("float64")


def between(points, communes, folder):
    """Minutes between mairies: over the main roads, by links between neighbours, the quicker, in a straight line."""
    real = roads(folder).travel_minutes(points, points)
    halls = gpd.GeoDataFrame(
        {"name": communes["name"], "category": "mairie", "commune": communes.index}, geometry=points
    )
    linked = am.RoadNetwork.modelled(communes, halls).travel_minutes(points, points)
    x, y = points.x.to_numpy(), points.y.to_numpy()
    straight = np.hypot(x[:, None] - x, y[:, None] - y) / 1000 / 50 * 60
    return {
        "main roads": real,
        "links": linked,
        "quicker of both": np.fmin(real, linked),
        "50 km/h, straight": straight,
    }


def read_inputs(folder):
    """Read all that the benchmark compares."""
    communes = am.read_communes(folder / "communes.gpkg")
    drees = pd.read_csv(folder / "apl_generalistes_2022.csv", dtype={"insee": str}).set_index("insee")
    drees = drees.reindex(communes.index)
    of_2018 = pd.read_csv(folder / "generalistes_c2018.csv", dtype={"insee": str}).set_index("insee")["count"]
    equipment = pd.read_csv(folder / "bpe_2013_counts.csv", dtype={"insee": str}).set_index("insee")
    of_2013 = equipment.loc[equipment["equipment"] == "Médecin omnipraticien", "count"]
    minutes = between(repaired(folder, communes), communes, folder)
    minutes["main roads, mairies as given"] = roads(folder).travel_minutes(
        mairies(folder, communes).geometry, mairies(folder, communes).geometry
    )
    return Inputs(
        communes,
        drees["apl_generalistes"],
        drees["pop_standardisee"],
        by_current_code(of_2018, communes),
        by_current_code(of_2013, communes),
        minutes,
    )


def uncertain(sd):
    """The weights of DREES, smooth at the steps: their mean over a log-normal error of the minutes."""

    def weigh(minutes):
        logs = np.log(np.maximum(minutes, 1e-6).astype("float64"))
        return sum(norm.cdf((np.log(bound) - logs) / sd) for bound in (10, 15, 20)) / 3

    return weigh


def rebuilt(
    inputs, *, minutes="quicker of both", factor=1.0, added=0.0, practitioners=None, need=None, own=0.0, sd=None
):
    """The APL by commune; `own` minutes inside a commune, 0 by DREES's convention; `added` minutes a trip."""
    counts = inputs.practitioners if practitioners is None else practitioners
    sites = counts.index[counts > 0]
    times = inputs.minutes[minutes] * np.float32(factor) + np.float32(added)
    np.fill_diagonal(times, own)
    codes = inputs.communes.index
    table = pd.DataFrame(times, index=codes, columns=codes)[sites]
    need = inputs.need if need is None else need
    supply = counts[sites] * CONSULTATIONS
    if sd:
        return two_step_fca(table, supply, need, decay=uncertain(sd))
    return apl(table, supply, need, parameters=PARAMETERS)


def agreement(values, inputs, chosen):
    """Rank and linear correlation with DREES, mean of both, mean error as it is and with the means made equal."""
    ours, theirs = values[chosen], inputs.published[chosen]
    level = theirs.mean() / ours.mean()
    return {
        "rank": spearmanr(ours, theirs)[0],
        "linear": np.corrcoef(ours, theirs)[0, 1],
        "mean": ours.mean(),
        "published": theirs.mean(),
        "mean error": (ours - theirs).abs().mean(),
        "levelled": (ours * level - theirs).abs().mean(),
    }


def factor_scan(inputs, minutes):
    """Rank correlation by factor on the minutes: outside the territory, where it is chosen, and inside."""
    rows = {}
    for factor in FACTORS:
        values = rebuilt(inputs, minutes=minutes, factor=factor)
        rows[factor] = {
            "outside": agreement(values, inputs, inputs.outside)["rank"],
            "territory": agreement(values, inputs, inputs.territory)["rank"],
            "linear": agreement(values, inputs, inputs.territory)["linear"],
        }
    return pd.DataFrame(rows).T.rename_axis("factor")


def chosen_factor(inputs, minutes="quicker of both"):
    """The factor that ranks the communes outside the territory best."""
    return float(factor_scan(inputs, minutes)["outside"].idxmax())


def factor_by_distance(inputs, *, kilometres=20.0):
    """The factor that each part of the surroundings would choose, near and beyond, and what the territory has of it."""
    communes = inputs.communes
    territory = communes[communes["in_territory"]].union_all()
    far = (communes.representative_point().distance(territory) > kilometres * 1000).to_numpy()
    rows = {}
    for name, part in (("near", inputs.outside & ~far), ("beyond", inputs.outside & far)):
        every = {factor: rebuilt(inputs, factor=factor) for factor in FACTORS}
        ranks = {factor: agreement(values, inputs, part)["rank"] for factor, values in every.items()}
        best = max(ranks, key=ranks.get)
        inside = agreement(every[best], inputs, inputs.territory)["rank"]
        rows[name] = {"communes": int(part.sum()), "factor": float(best), "rank": ranks[best], "territory": inside}
    return pd.DataFrame(rows).T


def same_side(values, inputs, *, line=2.5):
    """Share of the communes of the territory that are on the same side of the line as for DREES, means made equal."""
    ours, theirs = values[inputs.territory], inputs.published[inputs.territory]
    return float(((ours * theirs.mean() / ours.mean() < line) == (theirs < line)).mean())


def chosen_minutes_a_trip(inputs):
    """The minutes added to each trip, in place of a factor, that rank the communes outside the territory best."""
    ranks = {
        added: agreement(rebuilt(inputs, added=added), inputs, inputs.outside)["rank"]
        for added in np.arange(0, 5.1, 0.5)
    }
    return max(ranks, key=ranks.get)


def simpler(inputs, factor):
    """Rank correlation with DREES, over the territory, of measures that are no APL."""
    sites = np.flatnonzero(inputs.practitioners > 0)
    times = inputs.minutes["quicker of both"] * np.float32(factor)
    np.fill_diagonal(times, 0)
    counts = inputs.practitioners.to_numpy()
    within = (times[:, sites] < 15) @ counts[sites]
    measures = {
        "practitioners of the commune, per inhabitant": counts / inputs.need.to_numpy(),
        "minutes to the nearest, fewest first": -times[:, sites].min(axis=1),
        "practitioners within 15 minutes": within,
        "the same, per inhabitant within 15 minutes": within / ((times < 15) @ inputs.need.to_numpy()),
    }
    inside = inputs.territory
    return {name: spearmanr(each[inside], inputs.published[inside])[0] for name, each in measures.items()}


def any_supply(inputs, *, factor, places):
    """The APL of the supply at `places` that fits DREES best within 40 km: what these minutes could give at most."""
    times = inputs.minutes["quicker of both"] * np.float32(factor)
    np.fill_diagonal(times, 0)
    weights = PARAMETERS.decay(times)
    share = (weights / (inputs.need.to_numpy() @ weights))[:, places]
    rows = inputs.communes["within_40km"].to_numpy(bool)
    supply, _ = nnls(share[rows], inputs.published.to_numpy()[rows], maxiter=50_000)
    return pd.Series(share @ supply, index=inputs.communes.index)


def hypotheses(inputs, factor):
    """What each hypothesis does to the agreement over the territory, all else as in the best reconstruction."""
    inside = inputs.communes["in_territory"]
    aisne = inputs.communes.index.str.startswith("02")
    counts = inputs.practitioners
    straight = factor_scan(inputs, "50 km/h, straight")["outside"].idxmax()
    added = chosen_minutes_a_trip(inputs)
    population = inputs.communes["population"].astype("float64")
    trend = (counts + 0.8 * (counts - inputs.practitioners_2013)).clip(lower=0)
    known = np.flatnonzero(counts > 0)
    everywhere = np.arange(len(counts))
    values = {
        "main roads, mairies as given, no factor": rebuilt(inputs, minutes="main roads, mairies as given"),
        "+ mairies repaired": rebuilt(inputs, minutes="main roads"),
        "+ local links between neighbours": rebuilt(inputs),
        f"+ minutes × {factor:g}: THE RECONSTRUCTION": rebuilt(inputs, factor=factor),
        f"  {added:g} minutes a trip, no factor": rebuilt(inputs, added=added),
        "  minutes uncertain by 10 %": rebuilt(inputs, factor=factor, sd=0.1),
        "  main roads only, same factor": rebuilt(inputs, minutes="main roads", factor=factor),
        "  links only, same factor": rebuilt(inputs, minutes="links", factor=factor),
        f"  straight line at {50 / straight:.0f} km/h": rebuilt(inputs, minutes="50 km/h, straight", factor=straight),
        "  2 minutes inside a commune": rebuilt(inputs, factor=factor, own=2.0),
        "  12 minutes inside a commune": rebuilt(inputs, factor=factor, own=12.0),
        "  practitioners of 2013": rebuilt(inputs, factor=factor, practitioners=inputs.practitioners_2013),
        "  practitioners of 2022, by the trend": rebuilt(inputs, factor=factor, practitioners=trend),
        "  none outside the Aisne": rebuilt(inputs, factor=factor, practitioners=counts.where(aisne, 0.0)),
        "  none outside the territory": rebuilt(inputs, factor=factor, practitioners=counts.where(inside, 0.0)),
        "  people not standardised by age": rebuilt(inputs, factor=factor, need=population),
        "  any supply, where there was one": any_supply(inputs, factor=factor, places=known),
        "  any supply, anywhere": any_supply(inputs, factor=factor, places=everywhere),
    }
    table = pd.DataFrame({name: agreement(each, inputs, inputs.territory) for name, each in values.items()}).T
    around = {name: agreement(each, inputs, inputs.outside)["rank"] for name, each in values.items()}
    return table.assign(**{"rank outside": pd.Series(around)})


def shuffled_years(inputs, factor, *, draws=200, seed=0):
    """Rank correlation, over the territory, of the APL with itself once four years change it as five changed it before.

    The changes from 2013 to 2018 are dealt out at random among the communes that have practitioners, of like number.
    """
    rng = np.random.default_rng(seed)
    base = rebuilt(inputs, factor=factor)[inputs.territory]
    had = inputs.practitioners.index[(inputs.practitioners > 0) | (inputs.practitioners_2013 > 0)]
    change = (inputs.practitioners - inputs.practitioners_2013)[had]
    size = pd.cut(inputs.practitioners[had], [-1, 1, 3, 8, np.inf], labels=False)
    found = []
    for _ in range(draws):
        moved = change.groupby(size).transform(lambda part: rng.permutation(part.to_numpy()))
        counts = inputs.practitioners.add(moved * 0.8, fill_value=0).clip(lower=0)
        found.append(spearmanr(rebuilt(inputs, factor=factor, practitioners=counts)[inputs.territory], base)[0])
    return np.quantile(found, [0.1, 0.5, 0.9])


def interval(values, inputs, *, draws=2000, seed=0):
    """The 95 % interval of the rank correlation over the territory, communes drawn with replacement."""
    rng = np.random.default_rng(seed)
    ours, theirs = values[inputs.territory].to_numpy(), inputs.published[inputs.territory].to_numpy()
    picks = rng.integers(0, len(ours), (draws, len(ours)))
    return np.quantile([spearmanr(ours[pick], theirs[pick])[0] for pick in picks], [0.025, 0.975])


def astray(values, inputs, *, count=6):
    """The communes that are furthest from DREES once the means are made equal, either way."""
    table = pd.DataFrame({"rebuilt": values, "published": inputs.published})[inputs.territory]
    table["rebuilt"] *= table["published"].mean() / table["rebuilt"].mean()
    table["error"] = table["rebuilt"] - table["published"]
    table.insert(0, "name", inputs.communes["name"])
    ordered = table.sort_values("error")
    return pd.concat([ordered.head(count), ordered.tail(count)])


def plot(values, inputs, path, *, factor):
    """Draw the two values of the communes of the territory, the means made equal, as a PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    table = pd.DataFrame({"rebuilt": values, "published": inputs.published})[inputs.territory]
    table["rebuilt"] *= table["published"].mean() / table["rebuilt"].mean()
    names, people = inputs.communes["name"], inputs.communes["population"]
    found = agreement(values, inputs, inputs.territory)
    figure, axes = plt.subplots(figsize=(6.4, 6.2), layout="constrained")
    axes.plot([1, 4.5], [1, 4.5], color="#888888", linewidth=1, zorder=1)
    size = 10 + people[table.index] / 40
    axes.scatter(table["published"], table["rebuilt"], s=size, color="#2b6ca3", alpha=0.65, linewidths=0.4, zorder=2)
    far = (table["rebuilt"] - table["published"]).abs().nlargest(5).index
    for code in far.union(people[table.index].nlargest(3).index):
        at = table.loc[code, ["published", "rebuilt"]]
        axes.annotate(names[code], at, xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.axvline(2.5, color="#b35c00", linewidth=0.8, linestyle=":")
    axes.set_xlabel("APL publiée par la DREES, 2022 (consultations par habitant standardisé et par an)")
    axes.set_ylabel("APL reconstruite, ramenée à la même moyenne")
    rank, linear = (f"{found[key]:.2f}".replace(".", ",") for key in ("rank", "linear"))
    told = f"{factor:g}".replace(".", ",")
    axes.set_title(
        f"84 communes du Pays Chaunois — corrélation de rang {rank}, linéaire {linear}\n"
        f"médecins de 2018, temps entre mairies × {told}, calé hors du territoire",
        fontsize=9.5,
    )
    figure.savefig(path, dpi=110, pil_kwargs={"optimize": True})
    plt.close(figure)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, metavar="PNG", help="also draw the values, published and rebuilt")
    arguments = parser.parse_args()
    inputs = read_inputs(Path(os.environ.get("ACCESSMAP_DATA", "../shared/data")) / "pays-chaunois")
    factor = chosen_factor(inputs)
    values = rebuilt(inputs, factor=factor)
    print(factor_scan(inputs, "quicker of both").round(3).to_string())
    print(factor_scan(inputs, "main roads").round(3).to_string())
    print(hypotheses(inputs, factor).round(3).to_string())
    print("around, 40 km:", pd.Series(agreement(values, inputs, inputs.outside)).round(3).to_dict())
    print(factor_by_distance(inputs).round(3).to_string())
    print(f"on the same side of 2.5 consultations: {same_side(values, inputs):.0%} of the communes")
    print("simpler measures:", pd.Series(simpler(inputs, factor)).round(3).to_dict())
    print("95 % interval of the rank correlation:", interval(values, inputs).round(3))
    print("with itself after four years (D1, median, D9):", shuffled_years(inputs, factor).round(3))
    level = inputs.published[inputs.territory].mean() / values[inputs.territory].mean()
    print(f"consultations a practitioner that give the published mean: {level * CONSULTATIONS:.0f}")
    print(astray(values, inputs).round(2).to_string())
    if arguments.plot:
        plot(values, inputs, arguments.plot, factor=factor)


if __name__ == "__main__":
    main()
