"""The spreads of `am.uncertainty` fitted to INSEE's mean car minutes of half of the départements, held to the others'.

Run: ACCESSMAP_DATA=… python benchmarks/uncertainty.py
Prints the tables of docs/method_uncertainty.md: what holds of each pair of spreads on the half of the fit, the pair
taken, and how many of the published means its 90 % band holds in either half.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from departements import EQUIPMENT, departement, france, published

import accessmap as am
from accessmap.uncertainty.drawing import drawn
from accessmap.uncertainty.told import LEVEL, ranges
from accessmap.uncertainty.weighed import weighed

# The count of sites is of 2013, the minutes of 2023; these are to sites at whatever hours.
GIVEN = {"hours": 0.0, "years": {"services": 10, "population": 3}}
NETWORK = (0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24)
TURNOVER = (0.8, 1.2, 1.6)
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
    table = pd.DataFrame(list(rows.values()), index, ["published", "ours", "low", "high"])
    return table.assign(held=table["published"].between(table["low"], table["high"]))


def _asked(codes, communes, counts) -> Iterator:
    for code in codes:
        study = departement(code, communes, counts)
        for kind in EQUIPMENT:
            assumed = am.uncertainty.Assumptions(**GIVEN)
            yield code, kind, weighed(study, {}, category=kind, cutoff=10, assumed=assumed)


def fitted(table):
    """By pair of spreads, the share held and how wide the band is (the mean of high / low); and the pair to take.

    That is the one of the narrowest bands among those that hold the share they say they hold.
    """
    table = table.assign(wide=np.log(table["high"] / table["low"]))
    told = table.groupby(["network", "turnover"])[["held", "wide"]].mean()
    told["wide"] = np.exp(told["wide"])
    return told, told.loc[told["held"] >= LEVEL, "wide"].idxmin()


def main():
    """Print the fit, and how many are held, by half and kind, of the pair fitted and of that which is shipped."""
    folder = Path(os.environ.get("ACCESSMAP_DATA", "../shared/data"))
    parts = halves(published(folder))
    table = bands(folder, parts["fit"], SPREADS)
    told, pair = fitted(table)
    print(told.round(2).to_string())
    print(f"fitted on {parts['fit']}: network {pair[0]}, turnover {pair[1]}; shipped: {SHIPPED}")
    several = list(dict.fromkeys([pair, SHIPPED]))
    for half, here in (("fit", table), ("test", bands(folder, parts["test"], several))):
        for spreads in several:
            held = here.loc[spreads, "held"]
            by_kind = {kind: f"{share:.0%}" for kind, share in held.groupby("category").mean().items()}
            print(half, spreads, f"{held.mean():.0%} of {len(held)}", by_kind)
            print(here.loc[spreads][~held].round(1).to_string())


if __name__ == "__main__":
    main()
