"""How many of INSEE's published mean car minutes fall into the 90 % band that `am.uncertainty` draws about ours.

Run: ACCESSMAP_DATA=… python benchmarks/uncertainty.py
Prints the table of docs/method_uncertainty.md: ten départements to which the spreads were fitted, ten that were not.
"""

import os
from pathlib import Path

import pandas as pd
from departements import EQUIPMENT, departement, france, published

import accessmap as am

# The count of sites is of 2013, the minutes of 2023; these are to sites at whatever hours.
ASSUMED = am.uncertainty.Assumptions(hours=0.0, years={"services": 10, "population": 3})


def halves(figures):
    """The départements with published minutes, every second one for the fit and the others for the test."""
    codes = sorted(set(figures.index.get_level_values("dep")))
    return {"fit": codes[::2], "test": codes[1::2]}


def bands(folder, codes, *, worlds=150):
    """By (département, category): published mean, ours, the ends of the band, and whether it holds the published."""
    figures = published(folder)
    communes, counts = france(folder)
    rows = {}
    for code in codes:
        study = departement(code, communes, counts)
        for kind in EQUIPMENT:
            draws = am.uncertainty.draw(study, {}, category=kind, cutoff=10, assumed=ASSUMED, n=worlds)
            row = am.uncertainty.ranges(draws).loc[("baseline", "mean")]
            rows[code, kind] = (figures[code, kind], row["now"], row["low"], row["high"])
    index = pd.MultiIndex.from_tuples(rows, names=["dep", "category"])
    table = pd.DataFrame(list(rows.values()), index, ["published", "ours", "low", "high"])
    return table.assign(held=table["published"].between(table["low"], table["high"]))


def main():
    """Print how many are held, by half and kind."""
    folder = Path(os.environ.get("ACCESSMAP_DATA", "../shared/data"))
    for half, codes in halves(published(folder)).items():
        table = bands(folder, codes)
        by_kind = table["held"].groupby("category").mean().to_dict()
        print(
            half,
            f"{table['held'].mean():.0%} of {len(table)}",
            {kind: f"{share:.0%}" for kind, share in by_kind.items()},
        )


if __name__ == "__main__":
    main()
