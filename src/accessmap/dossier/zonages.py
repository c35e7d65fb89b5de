"""Results told by zonage: people in communes of a zonage (ZRR, FRR, QPV …) and the others of the territory."""

from __future__ import annotations

from typing import Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, How, Part, Table, count_cell, share_cell
from accessmap.dossier.results import Known, Tables, weighted_quantile
from accessmap.measures.minutes import coverage
from accessmap.read.commune_flags import FLAGS
from accessmap.words.words import Words

SIDES: Final = ("in", "out", "unknown")


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return the results of the territory's people by zonage of their commune; None where communes have none.

    Returns
    -------
    dict
        zonages
            By (zonage, side "in", "out" or "unknown", situation): `communes`, `people`, `unreached_people`, `median`
            minutes (of those reached; NaN where nobody is) and `share` (0-1) of people within the threshold quoted.
    """
    found = known.results
    flags = [flag for flag in FLAGS if flag in known.study.communes]
    if not flags:
        return None
    here = known.study.communes[known.study.communes["in_territory"]]
    home = known.study.residents.loc[found.people.index, "commune"]
    rows = {}
    for flag in flags:
        side = here[flag].astype("boolean").map({True: "in", False: "out"}).astype(object).fillna("unknown")
        of = home.map(side)
        for name in SIDES:
            communes, chosen = int((side == name).sum()), (of == name).to_numpy()
            if not communes:
                continue
            minutes, people = found.minutes[chosen], found.people[chosen]
            total = float(people.sum())
            share = coverage(minutes, people, [found.quoted]).iloc[0] if total else None
            for situation in map(str, found.minutes):
                rows[flag, name, situation] = {
                    "communes": communes,
                    "people": total,
                    "unreached_people": float(people[minutes[situation].isna()].sum()),
                    "median": weighted_quantile(minutes[situation], people, 0.5),
                    "share": float("nan") if share is None else float(share[situation]),
                }
    keys = ["zonage", "side", "situation"]
    return {"zonages": pd.DataFrame.from_dict(rows, orient="index").rename_axis(keys)}


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how near people are in each zonage and beside it, today and in each scenario."""
    return told_of.zonages(tables["zonages"], cutoff=tables.known.results.quoted, lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return communes, people, and the share of people within the threshold, by zonage and situation."""
    table, quoted = tables["zonages"], words.cutoff(tables.known.results.quoted)
    situations = list(map(str, table.index.unique("situation")))
    rows: list[tuple[Cell, ...]] = []
    facts = table.to_dict("index")
    for flag in table.index.unique("zonage"):
        rows.append((Cell(words(f"zonage_{flag}")),))
        for side in SIDES:
            here = [facts[flag, side, name] for name in situations if (flag, side, name) in facts]
            if here:
                shares = (share_cell(row["share"], words, _median(row["median"], words)) for row in here)
                name = words(f"zone_{side}")
                counts = [count_cell(here[0][of], words) for of in ("communes", "people")]
                rows.append((Cell(name, name), *counts, *shares))
    columns = (words("zone_of"), words("zone_communes"), words("inhabitants"), *map(words.name, situations))
    return [Table(columns, rows, title=words("zonages_share", cutoff=quoted)), How(words("how_zonages", cutoff=quoted))]


def _median(value: float, words: Words) -> str:
    return "" if pd.isna(value) else words("zone_median", minutes=words.minutes(value))
