"""The spreads of `am.uncertainty` fitted to INSEE's mean car minutes of half of the départements, held to the others'.

Run: ACCESSMAP_DATA=… python benchmarks/uncertainty.py
Prints the tables of docs/method_uncertainty.md: what holds of each pair of spreads on the half of the fit, the pair
taken (which is the one shipped), what is left by kind and by département, how many of the published means its 90 % band
holds in either half; and how long 1,000 worlds of 10,000 residents and 20 sites take.
"""

import os
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from departements import EQUIPMENT, departement, france, published
from scipy import stats

import accessmap as am
from accessmap.uncertainty.drawing import drawn
from accessmap.uncertainty.told import LEVEL, ranges
from accessmap.uncertainty.weighed import weighed

# The count of sites is of 2013, the minutes of 2023; these are to sites at whatever hours.
GIVEN = {"hours": 0.0, "years": {"services": 10, "population": 3}}
NETWORK = (0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.28)
TURNOVER = (0.8, 1.2, 1.6)
CONFIDENCE = 0.95
SPREADS = list(product(NETWORK, TURNOVER))
SHIPPED = tuple(float(am.uncertainty.assumptions().loc[name, "spread"]) for name in ("network", "turnover"))


def halves(figures):
    """The départements with published minutes: the half whose codes have the smaller SHA-256 for the fit."""
    codes = sorted(set(figures.index.get_level_values("dep")), key=lambda code: sha256(code.encode()).hexdigest())
    return {"fit": sorted(codes[: len(codes) // 2]), "test": sorted(codes[len(codes) // 2 :])}


def bands(folder, codes, spreads=(SHIPPED,), *, worlds=150):
    """By (network, turnover, département, category): published mean, ours, the band, and whether it holds the first."""
    figures = published(folder)
    communes, counts = france(folder)
    rows = {}
    for code, kind, asked in _asked(codes, communes, counts):
        for pair in spreads:
            assumed = am.uncertainty.Assumptions(**GIVEN, network=pair[0], turnover=pair[1])
            row = ranges(drawn(asked, assumed, worlds, 0)).loc[("baseline", "mean")]
            rows[*pair, code, kind] = (figures[code, kind], row["now"], row["low"], row["high"])
    index = pd.MultiIndex.from_tuples(rows, names=["network", "turnover", "dep", "category"])
    table = pd.DataFrame(list(rows.values()), index, ["published", "ours", "low", "high"]).sort_index()
    return table.assign(held=table["published"].between(table["low"], table["high"]))


def _asked(codes, communes, counts) -> Iterator:
    for code in codes:
        study = departement(code, communes, counts)
        for kind in EQUIPMENT:
            assumed = am.uncertainty.Assumptions(**GIVEN)
            yield code, kind, weighed(study, {}, category=kind, cutoff=10, assumed=assumed)


def fitted(table):
    """By pair of spreads, the share held, its standard error and how wide the band is (mean of high / low); the pair.

    It is the narrowest band among those that hold the share they say with 95 % confidence (a tolerance interval: Wilks
    1941; the mean over départements and its standard error, by Student): a fit to so few is too narrow for others.
    """
    table = table.assign(wide=np.log(table["high"] / table["low"]))
    spreads = ["network", "turnover"]
    held = table.groupby([*spreads, "dep"])["held"].mean().groupby(spreads)
    told = pd.DataFrame(
        {"held": held.mean(), "error": held.sem(), "wide": np.exp(table.groupby(spreads)["wide"].mean())}
    )
    told["surely"] = told["held"] - told["error"] * stats.t.ppf(CONFIDENCE, table.index.unique("dep").size - 1)
    return told, told.loc[told["surely"] >= LEVEL, "wide"].idxmin()


def validated(table):
    """The share held in each département of the fit by the pair that all others choose, the mean of them."""
    codes = table.index.unique("dep")
    held = []
    for code in codes:
        left = table.index.get_level_values("dep") == code
        held.append(table[left].loc[fitted(table[~left])[1], "held"].mean())
    return float(np.mean(held))


def left_over(table):
    """What the minutes are off (logarithm of published over ours): mean, spread by département, by kind, and beside."""
    off = np.log(table["published"] / table["ours"]).rename("off").reset_index()
    off = off.pivot_table("off", "dep", "category")
    mean = off.to_numpy().mean()
    by_dep, by_kind = off.mean(axis=1) - mean, off.mean() - mean
    rest = off - mean - by_dep.to_numpy()[:, None] - by_kind.to_numpy()
    degrees = (off.shape[0] - 1) * (off.shape[1] - 1)
    spreads = {
        "département": by_dep.std(),
        "kind": by_kind.std(),
        "rest": np.sqrt((rest**2).to_numpy().sum() / degrees),
    }
    return {"mean": mean, "error": off.mean(axis=1).sem(), **spreads}, off.mean()


def seconds_of_a_thousand_worlds():
    """Seconds of the processor for 1,000 worlds of 10,000 residents and 20 sites, and of the clock."""
    study = am.load_sample()
    whole = study.about(study.communes.index, title="all")
    more = whole.residents.iloc[: 10_000 - len(whole.residents)]
    home = gpd.GeoDataFrame(pd.concat([whole.residents, more.set_axis(more.index + "-b")]), crs=more.crs)
    big = am.Study(whole.communes, home, whole.services, whole.network, provenance=whole.provenance)
    sites = big.sites(["france_services", "hospital"])
    begin = time.process_time(), time.perf_counter()
    am.uncertainty.draw(big, {"hospitals too": sites}, category="france_services", n=1000)
    return time.process_time() - begin[0], time.perf_counter() - begin[1]


def main():
    """Print the fit, what is left, how many are held by half and kind, and the seconds of a thousand worlds."""
    folder = Path(os.environ.get("ACCESSMAP_DATA", "../shared/data"))
    parts = halves(published(folder))
    table = bands(folder, parts["fit"], SPREADS)
    told, pair = fitted(table)
    print(told.round(3).to_string())
    print(f"fitted on {parts['fit']}: network {pair[0]}, turnover {pair[1]}; shipped: {SHIPPED}")
    print(f"held in a département by the pair that the nine others choose: {validated(table):.0%}")
    spreads, by_kind = left_over(table.loc[pair])
    print({name: round(float(value), 3) for name, value in spreads.items()}, by_kind.round(2).to_dict())
    several = list(dict.fromkeys([pair, SHIPPED]))
    for half, here in (("fit", table), ("test", bands(folder, parts["test"], several))):
        for spread in several:
            held = here.loc[spread, "held"]
            of_kinds = {kind: f"{share:.0%}" for kind, share in held.groupby("category").mean().items()}
            print(half, spread, f"{held.mean():.0%} of {len(held)}", of_kinds)
            print(here.loc[spread][~held].round(1).to_string())
    processor, clock = seconds_of_a_thousand_worlds()
    print(f"1,000 worlds of 10,000 residents and 20 sites: {processor:.1f} s of processor, {clock:.1f} s of the clock")


if __name__ == "__main__":
    main()
