"""How unequally minutes are spread."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap import sentences as told_of
from accessmap.dossier.layout import Beside, Cell, Folded, Heading, How, Part, Table, count_cell, minutes_cell, sortable
from accessmap.dossier.results import Known, Results, Tables
from accessmap.maps.charts import lorenz_chart
from accessmap.measures import decay
from accessmap.measures.floating import two_step_fca
from accessmap.measures.imbalance import DEFICIT_BOUNDS, deficit, deficit_class, hoover, lorenz, summary
from accessmap.measures.minutes import by_commune
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words, added_up

MOST_FURTHEST: Final = 5
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


def _ranged(communes: int, low: float | None, high: float | None, words: Words) -> str:
    """Return how many communes, and between which minutes: a class is of the mean, and not far or near of itself."""
    count = words("communes", n=communes)
    if low is None or high is None or math.isnan(low):
        return count
    return words("class_range", communes=count, low=words.count(low, digits=1), high=words.minutes(high))


def _curves(found: Results, words: Words) -> Markup:
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


def _curves_table(found: Results, words: Words) -> Table:
    """Return the same curves in figures: the share of all minutes that falls to each share of people."""
    minutes = _drawn(found)
    shares = np.arange(0.1, 1.0, 0.1)
    held = {}
    for name in minutes if len(minutes) else ():
        curve = lorenz(minutes[name], found.people[minutes.index])
        held[name] = np.interp(shares, curve["people"], curve["access"])
    rows = [
        [
            Cell(words.percent(float(each)), float(each))
            for each in (share, *(column[place] for column in held.values()))
        ]
        for place, share in enumerate(shares)
    ]
    columns = (words("lorenz_people"), *(words.name(str(name)) for name in held))
    return Table(columns, rows if held else (), label=words("lorenz_title"))


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return how unequally minutes are spread over the people of the territory, today and in each scenario.

    Returns
    -------
    dict
        imbalance
            Indicators of `accessmap.imbalance.summary` × situations; NaN where nobody is reached. Those of a threshold
            are of the one that the dossier quotes, those between groups of the EPCI where there are several.
        deficits
            By (situation, commune): value, deficit, percent, total, rank and class, against the mean of the situation.
        classes
            By (situation, class): communes and people; "unreached" are communes where nobody is reached.
        _moved
            By situation, the share (0-1) of capacity that would have to move; empty without capacities.
    """
    found = known.results
    groups = _epci(known)
    situations = {str(name): _indices(found, str(name), found.quoted, groups) for name in found.minutes}
    deficits = _deficits(found, known.study.residents[known.study.inside.to_numpy()])
    return {
        "imbalance": pd.DataFrame(situations, index=max(situations.values(), key=len).index),
        "deficits": deficits,
        "classes": _classes(deficits),
        "_moved": _moved(known.study, found).to_frame(),
    }


def _epci(known: Known) -> pd.Series | None:
    """Return the EPCI of each resident of the territory; None where not all are known, or there is one."""
    study = known.study
    epci = study.residents.loc[study.inside.to_numpy(), "commune"].map(study.communes["epci"])
    return epci if epci.notna().all() and len(epci.unique()) > 1 else None


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


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return the spread today, who is far, between whom, and what scenarios change."""
    found, groups = tables.known.results, _epci(tables.known)
    return told_of.inequality(
        tables["imbalance"],
        coverage=found.coverage,
        people=found.total,
        groups=0 if groups is None else len(groups.unique()),
        moved=tables["_moved"]["share_to_move"],
        capacity=_capacity(found),
        lang=words.lang,
    )


def _capacity(found: Results) -> str:
    """Return what capacities count: as the sites say, else as the category has it."""
    sites = found.sites[BASELINE]
    units = set(sites["capacity_unit"].dropna()) if "capacity_unit" in sites else set()
    return str(units.pop() if len(units) == 1 else labels.category(found.category).capacity_unit or "")


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the indices, the classes of communes, those furthest away, and the curves."""
    found = tables.known.results
    parts: list[Part] = [
        _indices_table(tables["imbalance"], found.quoted, words),
        Heading(words("classes_title")),
        words("classes_read"),
        _classes_table(tables["classes"], tables["deficits"], words),
        Heading(words("worst_off")),
        Beside(((_furthest_table(found, words),),)),
    ]
    curve = _curves(found, words)
    if curve:
        plot = Markup('<div class="d-plot">{}</div>').format(curve)
        beside = Beside(((plot,), (_curves_table(found, words),)), "d-curve")
        parts.append(Folded(words("lorenz_open"), (words("lorenz_read"), beside)))
    return [*parts, How(words("how_inequality"))]


def _furthest_table(found: Results, words: Words) -> Table:
    """Return the communes with the longest mean trip today; those not reached come first."""
    column = f"minutes {BASELINE}"
    order = found.communes[found.communes["population"] > 0].sort_values(
        column, ascending=False, na_position="first", kind="stable"
    )
    rows = [
        (Cell(str(row["name"])), count_cell(row["population"], words), minutes_cell(row[column], words))
        for _, row in order.head(MOST_FURTHEST).iterrows()
    ]
    return Table((words("commune"), words("inhabitants"), words("baseline")), rows, label=words("worst_off"))


def _indices_table(indices: pd.DataFrame, line: float, words: Words) -> Table:
    """Return the indices a council can use by situation, each with a plain name and what it means.

    Hoover and Theil themselves stay in the tables of the dossier: of minutes, they tell a council nothing that Gini
    and the part between intercommunal areas do not.
    """
    formats: dict[str, Callable[[float], str]] = {
        "mean": words.minutes,
        "median": words.minutes,
        "p10": words.minutes,
        "p90": words.minutes,
        "p90_p10": words.count,  # as its parts are written: below
        "unreached_people": words.people,
        "short_share": words.percent,
        "shortfall": lambda value: words.minutes(value * line),
        "gini": lambda value: words.count(value, digits=2),
        "theil_between": words.percent,
    }
    rows = []
    for key, written in formats.items():
        if key not in indices.index or (key == "unreached_people" and not indices.loc[key].any()):
            continue
        values = indices.loc[key].to_numpy(dtype="float64")
        named = key
        if key == "theil_between":
            named = "between"
            values = values / indices.loc["theil"].replace(0.0, np.nan).to_numpy(dtype="float64")
        told = [written(float(value)) for value in values]
        if key == "p90_p10":
            parts = zip(values, indices.loc["p90"], indices.loc["p10"], strict=True)
            told = [words("times", value=words.times(*ends)) if ratio == ratio else "–" for ratio, *ends in parts]
        cutoff = words.cutoff(line)
        title = Cell(words(f"index_{named}", cutoff=cutoff), note=words(f"index_{named}_read", cutoff=cutoff))
        rows.append((title, *(Cell(text, sortable(float(value))) for text, value in zip(told, values, strict=True))))
    return Table((words("metric"), *(words.name(str(name)) for name in indices)), rows, words("indices_title"))


def _classes_table(classes: pd.DataFrame, deficits: pd.DataFrame, words: Words) -> Table:
    """Return people, communes and their minutes by class of deficit: each column against its own mean."""
    near, far = (words.count(bound) for bound in DEFICIT_BOUNDS[2:])
    rows = []
    names = list(classes.index.unique("situation"))
    total = float(classes.loc[names[0], "people"].sum())
    counts = {name: added_up(classes["people"].xs(name, level="situation").tolist()) for name in names}
    lived_in = deficits[deficits["people"] > 0]
    minutes = lived_in.groupby([lived_in.index.get_level_values("situation"), "class"], observed=True)["value"]
    lowest, highest = minutes.min(), minutes.max()
    for number, kind in enumerate(classes.index.unique("class")):
        each = classes.xs(kind, level="class")
        if kind == "unreached" and not each["people"].any():
            continue
        title = Cell(words(f"class_{kind}"), note=words(f"class_{kind}_read", near=near, far=far))
        cells = [
            Cell(
                words.people(counts[name][number]),
                float(row["people"]),
                _ranged(int(row["communes"]), lowest.get((name, kind)), highest.get((name, kind)), words),
                row["people"] / total if total else None,
            )
            for name, row in each.loc[names].iterrows()
        ]
        rows.append((title, *cells))
    columns = (words("deficit_class"), *(words.name(str(name)) for name in names))
    return Table(columns, rows, label=words("classes_title"))
