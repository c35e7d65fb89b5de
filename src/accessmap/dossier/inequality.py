"""How unequally minutes are spread: the numbers of the chapter, and how it reads itself out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap import decay
from accessmap.dossier.layout import Cell, Table, sortable
from accessmap.dossier.results import Results, quoted_cutoff
from accessmap.maps.charts import lorenz_chart
from accessmap.measures.floating import two_step_fca
from accessmap.measures.imbalance import DEFICIT_BOUNDS, deficit, deficit_class, hoover, lorenz, summary
from accessmap.measures.minutes import by_commune
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

__all__ = ["Inequality", "classes_table", "curve_of", "curve_table", "imbalance_table", "inequality", "told"]

MOST_CURVES: Final = 4  # as many as lorenz_chart tells apart
LONGEST_NAME: Final = 20


def _drawn(found: Results) -> pd.DataFrame:
    """Return the minutes of which curves are drawn: situations where all are reached, else today's of those reached.

    A curve is about the same people as the Gini index of the table; the rows of a table must be the same for all.
    """
    minutes = found.minutes.astype("float64").set_axis(list(map(str, found.minutes)), axis=1)
    peopled = minutes[found.people > 0]
    whole = minutes.loc[peopled.index, peopled.notna().all() & (peopled.max() > 0)]
    if whole.shape[1]:
        return whole.iloc[:, :MOST_CURVES]
    today = peopled[[BASELINE]].dropna()
    return today if (today > 0).any(axis=None) else today.iloc[:0]


def curve_of(found: Results, words: Words) -> Markup:
    """Return the Lorenz curves as one picture; empty where nobody is reached."""
    minutes = _drawn(found)
    if minutes.empty:
        return Markup("")
    drawing = lorenz_chart(
        minutes.set_axis(_short([words.name(BASELINE) if name == BASELINE else str(name) for name in minutes]), axis=1),
        found.people[minutes.index],
        title=words("lorenz_title"),
        people_label=words("lorenz_people"),
        access_label=words("lorenz_access"),
        lang=words.lang,
    )
    return Markup(drawing.svg)  # noqa: S704 - escaped where made


def _short(names: list[str]) -> list[str]:
    """Return names cut to the width of the drawing, numbered where that makes two alike; the table has them whole."""
    cut = [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…" for name in names]
    return cut if len(set(cut)) == len(cut) else [f"{number}. {name}" for number, name in enumerate(cut)]


def curve_table(found: Results, words: Words) -> Table:
    """Return the same curves in figures: the share of all minutes that falls to each share of people."""
    minutes = _drawn(found)
    shares = np.arange(0.1, 1.0, 0.1)
    held = {}
    for name in minutes if len(minutes) else ():
        curve = lorenz(minutes[name], found.people[minutes.index])
        held[name] = np.interp(shares, curve["people"], curve["access"])
    rows = tuple(
        (
            Cell(words.percent(share), float(share)),
            *(Cell(words.percent(float(column[place])), float(column[place])) for column in held.values()),
        )
        for place, share in enumerate(shares)
    )
    columns = (words("lorenz_people"), *(words.name(str(name)) for name in held))
    return Table(columns, (False, *[True] * len(held)), rows if held else ())


@dataclass(frozen=True, eq=False)
class Inequality:
    """How unequally minutes are spread over the people of the territory, today and in each scenario.

    Parameters
    ----------
    table
        Indicators of `accessmap.measures.imbalance.summary` × situations; NaN where nobody is reached.
    deficits
        By (situation, commune): value, deficit, percent, total, rank and class, against the mean of the situation.
    classes
        By (situation, class): communes and people; "unreached" are communes where nobody is reached.
    moved
        By situation, the share (0-1) of capacity that would have to move; empty without capacities.
    line
        The threshold, in minutes, of short_share and shortfall.
    groups
        Number of EPCIs compared; 0 where they are not known, or there is one.
    """

    table: pd.DataFrame
    deficits: pd.DataFrame
    classes: pd.DataFrame
    moved: pd.Series
    line: float
    groups: int


def inequality(study: Study, found: Results) -> Inequality:
    """Return how unequally minutes are spread, on the territory and nothing else.

    >>> import accessmap as am
    >>> from accessmap.dossier.results import results
    >>> study = am.load_sample()
    >>> data = inequality(study, results(study, (), "france_services"))
    >>> round(float(data.table.loc["p90", "baseline"]), 1), data.groups
    (13.7, 2)
    """
    line = quoted_cutoff(found.coverage)
    residents = study.residents[study.inside.to_numpy()]
    epci = residents["commune"].map(study.communes["epci"])
    groups = epci if epci.notna().all() and len(epci.unique()) > 1 else None
    situations = {str(name): _indices(found, str(name), line, groups) for name in found.minutes}
    deficits = _deficits(found, residents)
    return Inequality(
        table=pd.DataFrame(situations, index=max(situations.values(), key=len).index),
        deficits=deficits,
        classes=_classes(deficits),
        moved=_moved(study, found),
        line=line,
        groups=0 if groups is None else len(groups.unique()),
    )


def _indices(found: Results, name: str, line: float, groups: pd.Series | None) -> pd.Series:
    """Return the indices of one situation; where nobody is reached, only that."""
    minutes = found.minutes[name].astype("float64")
    reached = minutes.notna()
    if found.people[reached].sum() <= 0:
        total = float(found.people.sum())
        nobody = {"people": total, "unreached_people": total, "unreached_share": 1.0, "mean": float("nan")}
        return pd.Series(nobody).rename_axis("indicator")
    table = summary(
        minutes,
        found.people,
        unit="minutes",
        higher_is_better=False,
        line=line,
        groups=None if groups is None else groups[reached],
    )
    return table["value"]


def _deficits(found: Results, residents: pd.DataFrame) -> pd.DataFrame:
    """Return the deficit of each commune in each situation, against the mean of that situation."""
    parts = {}
    people = residents["population"].groupby(residents["commune"]).sum().astype("float64")
    for name in map(str, found.minutes):
        values = by_commune(found.minutes[name], residents)
        reached = people - values["unreached_people"]
        if values["value"].notna().any() and reached.sum() > 0:
            table = deficit(values["value"], reached, higher_is_better=False)
        else:
            columns = ["value", "deficit", "percent", "total", "rank"]
            table = pd.DataFrame(np.nan, index=values.index, columns=columns)
        table["class"] = deficit_class(table["percent"]).astype(object).where(table["value"].notna(), "unreached")
        parts[name] = table.assign(people=people)
    return pd.concat(parts, names=["situation", "code"])


def _classes(deficits: pd.DataFrame) -> pd.DataFrame:
    kinds = [*deficit_class(pd.Series(dtype="float64")).cat.categories, "unreached"]
    populated = deficits[deficits["people"] > 0]
    sums = populated.groupby([populated.index.get_level_values("situation"), "class"], sort=False)["people"]
    table = pd.DataFrame({"communes": sums.size(), "people": sums.sum()})
    names = list(deficits.index.unique("situation"))
    every = pd.MultiIndex.from_product([names, kinds], names=["situation", "class"])
    return table.reindex(every, fill_value=0)


def _moved(study: Study, found: Results) -> pd.Series:
    """Return Hoover's share of capacity by situation, where every site of it has a capacity.

    Capacity per person is that of two-step floating catchments within the longest threshold: what a person can reach,
    shared with all who reach it too.
    """
    shares = {}
    for name, sites in found.sites.items():
        supply = sites["capacity"].astype("float64") if "capacity" in sites else pd.Series(dtype="float64")
        if len(supply) == 0 or supply.isna().any() or supply.sum() <= 0:
            continue
        times = study.minutes(sites)
        people = study.residents["population"].astype("float64")
        access = two_step_fca(times, supply, people, decay=decay.binary(max(study.thresholds)))
        shares[name] = hoover(access[found.people.index], found.people)
    return pd.Series(shares, dtype="float64").dropna().rename("share_to_move")


def told(data: Inequality, found: Results, words: Words) -> list[str]:
    """Return the chapter in a few sentences: the spread today, who is far, between whom, and what scenarios change."""
    today = data.table[BASELINE]
    if math.isnan(today["mean"]):
        return [words("ineq_nobody")]
    said = [_spread(today, words), _beyond(found, words)]
    if data.groups and today["theil"] > 0:
        share = today["theil_between"] / today["theil"]
        rest = words.percent(1 - share)
        said.append(words("ineq_between", share=words.percent(share), n=data.groups, rest=rest))
    said += [_scenario(data, found, name, words) for name in found.names]
    said += [
        words(
            "ineq_moved",
            situation=words.name(str(name)),
            share=words.percent(share),
            unit=_unit(found, words),
            cutoff=words.cutoff(max(found.coverage.index)),
        )
        for name, share in data.moved.items()
    ]
    return said


def _unit(found: Results, words: Words) -> str:
    """Return what capacities count: as the sites say, else as the category has it; those words are French."""
    sites = found.sites[BASELINE]
    told = set(sites["capacity_unit"].dropna()) if "capacity_unit" in sites else set()
    unit = told.pop() if len(told) == 1 else labels.category(found.category).capacity_unit
    return str(unit) if unit and words.lang == "fr" else words("capacity")


def _spread(today: pd.Series, words: Words) -> str:
    best, worst = words.minutes(today["p10"]), words.minutes(today["p90"])
    ratio = float(today["p90_p10"])
    if math.isnan(ratio):
        return words("ineq_spread", best=best, worst=worst)
    whole = ratio >= 10 or round(ratio, 1) == round(ratio)
    return words("ineq_spread_ratio", best=best, worst=worst, ratio=words.count(ratio, digits=0 if whole else 1))


def _beyond(found: Results, words: Words) -> str:
    """Return how many people are beyond each threshold today; those not reached are beyond all."""
    total = float(found.people.sum())
    parts: list[str] = []
    for cutoff, share in found.coverage[BASELINE].items():
        left = 1 - float(share)
        minutes = words.cutoff(float(str(cutoff)))
        if round(left * total) == 0:
            parts.append(words("ineq_beyond_nobody" if parts else "ineq_beyond_nobody_first", cutoff=minutes))
            break
        key = "ineq_beyond_more" if parts else "ineq_beyond"
        parts.append(words(key, n=round(left * total), share=words.percent(left), cutoff=minutes))
    return ", ".join(parts) + "."


def _scenario(data: Inequality, found: Results, name: str, words: Words) -> str:
    """Return what a scenario changes; a Gini index that falls because everyone is further off is no progress."""
    now, then = data.table[BASELINE], data.table[name]
    if math.isnan(then["mean"]):
        return words("ineq_scenario_nobody", name=words.name(name))
    total = float(found.people.sum())
    more = (float(found.coverage[BASELINE][data.line]) - float(found.coverage[name][data.line])) * total
    further = float(then["p90"] - now["p90"])
    before, after = (words.count(float(side["gini"]), digits=2) for side in (now, then))
    if before == after:
        verdict = words("ineq_gini_same", gini=after)
    else:
        longer = then["mean"] > now["mean"]
        key = ("less" if then["gini"] < now["gini"] else "more") + ("_longer" if longer else "")
        verdict = words(f"ineq_gini_{key}", before=before, after=after)
    return words(
        "ineq_scenario",
        name=words.name(name),
        worst=words.minutes(then["p90"]),
        change=words("unchanged") if abs(further) < 0.05 else words.change(further),
        cutoff=words.cutoff(data.line),
        people=words.people((1 - float(found.coverage[name][data.line])) * total),
        more=words("same_number") if round(more) == 0 else labels.people_change(round(more), lang=words.lang),
        verdict=verdict,
    )


def imbalance_table(data: Inequality, words: Words) -> Table:
    """Return the indices a council can use by situation, each with a plain name and what it means.

    Hoover and Theil themselves stay in the tables of the dossier: of minutes, they tell a council nothing that Gini
    and the part between intercommunal areas do not.
    """
    formats: dict[str, Callable[[float], str]] = {
        "mean": words.minutes,
        "median": words.minutes,
        "p10": words.minutes,
        "p90": words.minutes,
        "p90_p10": lambda value: words("times", value=words.count(value, digits=1)) if value == value else "–",
        "unreached_people": words.people,
        "short_share": words.percent,
        "shortfall": lambda value: words.minutes(value * data.line),
        "gini": lambda value: words.count(value, digits=2),
        "theil_between": words.percent,
    }
    rows = []
    for key, written in formats.items():
        if key not in data.table.index or (key == "unreached_people" and not data.table.loc[key].any()):
            continue
        values = data.table.loc[key].to_numpy(dtype="float64")
        named = key
        if key == "theil_between":
            named = "between"
            values = values / data.table.loc["theil"].replace(0.0, np.nan).to_numpy(dtype="float64")
        cutoff = words.cutoff(data.line)
        title = Cell(words(f"index_{named}", cutoff=cutoff), note=words(f"index_{named}_read", cutoff=cutoff))
        rows.append(
            (
                title,
                *(Cell(written(float(value)), sortable(float(value))) for value in values),
            )
        )
    columns = (words("metric"), *(words.name(str(name)) for name in data.table))
    return Table(columns, (False, *[True] * len(data.table.columns)), tuple(rows))


def classes_table(data: Inequality, words: Words) -> Table:
    """Return people and communes by class of deficit: each column against its own mean."""
    near, far = (words.count(bound) for bound in DEFICIT_BOUNDS[2:])
    rows = []
    names = list(data.classes.index.unique("situation"))
    total = float(data.classes.loc[names[0], "people"].sum())
    for kind in data.classes.index.unique("class"):
        each = data.classes.xs(kind, level="class")
        if kind == "unreached" and not each["people"].any():
            continue
        title = Cell(words(f"class_{kind}"), note=words(f"class_{kind}_read", near=near, far=far))
        cells = [
            Cell(
                words.people(row["people"]),
                float(row["people"]),
                words("communes", n=int(row["communes"])),
                row["people"] / total if total else None,
            )
            for _, row in each.loc[names].iterrows()
        ]
        rows.append((title, *cells))
    columns = (words("deficit_class"), *(words.name(str(name)) for name in names))
    return Table(columns, (False, *[True] * len(names)), tuple(rows))
