"""The alternatives: today, the proposals, the proven best of as many sites, what comes near, and what each costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.dossier.candidates import promising
from accessmap.dossier.layout import (
    Cell,
    Figure,
    Folded,
    How,
    Part,
    Table,
    count_cell,
    minutes_cell,
    share_cell,
    sortable,
)
from accessmap.dossier.pictures import small_figures
from accessmap.dossier.results import AT_LEAST, Known, Results, Tables, weighted_quantile
from accessmap.maps.choropleth import BETTER, NEUTRAL
from accessmap.maps.drawing import NO_DATA, Entry, View
from accessmap.measures.minutes import coverage
from accessmap.sentences.advice import APART
from accessmap.siting.alternatives import near_optimal, price
from accessmap.siting.median import p_median
from accessmap.siting.places import places
from accessmap.siting.result import Siting
from accessmap.study.comparison import winners_and_losers
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

NEAR: Final = APART  # of the proven best, in minutes a person
MOST_NEAR: Final = 5
MOST_NEXT: Final = 3  # of those that follow the best, told whatever they cost
# The most populous communes beyond the threshold quoted are tried too: their mayors will ask.
MOST_TOWNS: Final = 5
MOST_NAMED: Final = 3
SECONDS: Final = 10.0
MANY_KEPT: Final = 200  # sites that stay: of more only the nearest is looked at
Rows = dict[str, dict[str, Any]]
# What is counted of people beside their number, by the column of the residents that says it.
GROUPS: Final = {"age_75_over": "aged", "without_car": "without_car"}


def tables_of(
    study: Study, found: Results, candidates: str | gpd.GeoDataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, gpd.GeoDataFrame]]:
    """Return the plans that a council has before it, what a site at each candidate place would give, and their sites.

    Plans of as many sites, with the same closings, answer one question; the best of each is exact (`p_median`), or
    comes with its gap. Someone who reaches no site counts there for the longest way of all.

    Returns
    -------
    tuple of pandas.DataFrame
        By plan: `role` ("today", "proposal", "best", "near", "next", "town"), `name`, `question` (a number, -1 where
        the siting has no answer: a plan that opens nothing, or changes roads), `opens`, `closes`, `best` (whether it is
        the proven best), `mean`, `d9`, `worst` minutes, `share` (0-1) within the threshold quoted, `unreached_people`;
        `mean_added` (minutes a person), `people_added` (within the threshold) and `d9_added` against the best; people
        who `gain`, `lose`, are `newly_reached`, `no_longer_reached` or `unchanged`, `communes_gain`, `communes_lose`;
        `gain_aged` … of those of 75 and more and of those without a car (NaN where residents do not say);
        `total_aged` … how many they are; `for_whom`, the communes that gain most; `near`, whether it is within half a
        minute a person of the best, `counted` being the minutes a person where who reaches no site counts for the
        longest way; `status` and `gap` of the siting, `places`, how many it chose from, and
        `rank` among them, from 1 (NaN where it was not among the nearest).

        By candidate place, the best first, where one site more is asked for: `name`, `commune`, `mean`, `mean_added`,
        `people_added`; else empty.

        By plan of the first question, the sites that are open.
    """
    open_: dict[str, gpd.GeoDataFrame] = {}
    minutes = {BASELINE: found.minutes[BASELINE]}
    rows: Rows = {BASELINE: {"role": "today", "name": BASELINE, "question": -1}}
    asked: dict[tuple[tuple[str, ...], int], list[str]] = {} if found.scenarios else {(_ids(found, BASELINE), 1): []}
    for scenario in found.scenarios:
        name = scenario.name
        kept, opened = _kept(found, name)
        rows[name] = {"role": "proposal", "name": name, "question": -1, "opens": len(opened)}
        rows[name]["closes"] = len(found.sites[BASELINE]) - len(kept)
        minutes[name] = found.minutes[name]
        if len(opened) and scenario.apply(study).network is study.network:
            asked.setdefault((kept, len(opened)), []).append(name)
    tried, left = pd.DataFrame(), 0
    if candidates is not None and found.total and asked:
        free, left = promising(places(study, found.category, candidates)[1], study, found)
        for number, ((kept, count), names) in enumerate(asked.items()):
            question = _Question(study, found, free, kept, names)
            places_tried = question.answer(number, count, rows, minutes)
            tried = places_tried if tried.empty else tried
            open_ = open_ or question.open
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan")
    for name in ("opens", "closes"):
        table[name] = table[name].fillna(0).astype(int) if name in table else 0
    table["best"] = table["best"].eq(True) if "best" in table else False
    for name, value in (("status", ""), ("gap", np.nan), ("places", 0), ("rank", np.nan)):
        table[name] = table[name].fillna(value) if name in table else value
    worth = _worth(table, pd.DataFrame(minutes), study, found)
    worth.attrs["left"] = left
    return worth, tried, open_


def _ids(found: Results, name: str) -> tuple[str, ...]:
    return tuple(map(str, found.sites[name].index))


def _at(sites: gpd.GeoDataFrame) -> pd.Series:
    """Return where sites stand, as a text to compare by."""
    return pd.Series([f"{point.x:.1f} {point.y:.1f}" for point in sites.geometry], index=sites.index, dtype="str")


def _kept(found: Results, name: str) -> tuple[tuple[str, ...], gpd.GeoDataFrame]:
    """Return the ids of the sites of today that a scenario keeps where they are, and what it opens or moves."""
    before, after = found.sites[BASELINE], found.sites[name]
    kept = before[_at(before).isin(set(_at(after)))]
    return tuple(map(str, kept.index)), after[~_at(after).isin(set(_at(before)))]


class _Question:
    """The siting question of plans that open as many sites and close the same ones."""

    def __init__(
        self, study: Study, found: Results, free: gpd.GeoDataFrame, kept: tuple[str, ...], names: Sequence[str]
    ) -> None:
        self.study, self.found, self.kept = study, found, kept
        self.open: dict[str, gpd.GeoDataFrame] = {}
        own = pd.concat([free.iloc[:0], *(_kept(found, name)[1] for name in names)])
        own = own[~_at(own).isin(set(_at(free))) & ~_at(own).duplicated()]
        # What is proposed may be chosen too: the best is then never worse than a proposal.
        self.free = gpd.GeoDataFrame(pd.concat([free, own.set_axis("own " + own.index.astype(str))]), crs=free.crs)
        self.at = _at(self.free)
        self.at_names = {frozenset(_at(_kept(found, name)[1])): name for name in names}
        stay, self.standing = found.sites[BASELINE].loc[list(kept)], kept
        every = pd.concat([stay, self.free])
        if len(kept) > MANY_KEPT:  # all of them are open in every plan: the nearest of them is all that counts
            self.standing, every = ("kept",), self.free
        self.times = study.minutes(gpd.GeoDataFrame(geometry=every.geometry, crs=free.crs))[study.inside]
        if self.standing is not kept:
            self.times.insert(0, "kept", study.nearest(stay)["minutes"][study.inside])
        self.people = study.people.astype("float64")
        town = self.free["commune"].map(study.communes["name"]) if "commune" in self.free else pd.Series(dtype=object)
        self.names = town.reindex(self.free.index).fillna(self.free["name"]).astype("str")

    def answer(self, number: int, count: int, rows: Rows, minutes: dict[str, pd.Series]) -> pd.DataFrame:
        """Add the plans that answer the question; return what each place would give, empty but for one site more."""
        if count > len(self.free) or not self.times.notna().to_numpy().any():
            return pd.DataFrame()
        lost = self.times[list(self.standing)].isna().all(axis=1) & self.times.notna().any(axis=1)
        longest = float(np.nanmax(self.times.to_numpy())) if (self.people[lost] > 0).any() else None
        options: dict[str, Any] = {"existing": self.standing, "unreached_minutes": longest, "time_limit": SECONDS}
        best = p_median(self.times, self.people, len(self.standing) + count, **options)
        tried = self._prices(best) if count == 1 else pd.DataFrame()
        if count == 1:
            order: list[tuple[str, ...]] = [(str(site),) for site in tried.index]
            close = ((tried["mean_added"] <= NEAR) & (tried["unreached_added"] <= 0)).to_numpy()
        else:
            order, close = self._nearest(best)
        roles = dict.fromkeys(self._towns(tried), "town") if count == 1 else {}
        role_of = dict(zip(order, np.where(close, "near", "next"), strict=True))
        roles |= {sites: str(role_of[sites]) for sites in (self._better(order, minutes) if count == 1 else [])}
        # The first behind the best are told however far they are: what one gives up for it is asked of any best.
        told = [sites for k, sites in enumerate(order[:MOST_NEAR]) if k <= MOST_NEXT or role_of[sites] == "near"]
        roles |= {sites: str(role_of[sites]) for sites in told}
        roles[best.opened] = "best"
        ranks = {self._key(sites): rank for rank, sites in enumerate(order, start=1)}
        for sites in sorted(roles, key=lambda sites: list(order).index(sites) if sites in order else -1):
            key = self._key(sites)
            if key not in rows:
                rows[key] = {"role": roles[sites], "name": ", ".join(self.names[list(sites)])}
                minutes[key] = self.times[[*self.standing, *sites]].min(axis=1)
            rows[key]["best"] = roles[sites] == "best"
        every = pd.concat([self.found.sites[BASELINE], self.free])
        for sites in roles:
            self.open[self._key(sites)] = every.loc[[*self.kept, *sites]]
        self.open |= {name: self.found.sites[name] for name in self.at_names.values()}
        proof = {"question": number, "opens": count, "status": best.status, "gap": best.gap, "places": len(self.free)}
        proof["closes"] = len(self.found.sites[BASELINE]) - len(self.kept)
        for key in {*map(self._key, roles), *self.at_names.values()}:
            rows[key] |= {**proof, "rank": ranks.get(key, np.nan)}
        return tried

    def _better(self, order: Sequence[tuple[str, ...]], minutes: dict[str, pd.Series]) -> list[tuple[str, ...]]:
        """Return, of each proposal, the first place that is as good on every measure and better as it is written."""
        facts = {sites: self._measures(self.times[[*self.standing, *sites]].min(axis=1)) for sites in order}
        found = []
        for name in self.at_names.values():
            own = self._measures(minutes[name])
            as_good = [sites for sites, here in facts.items() if (here <= own + 1e-6).all()]
            found += [sites for sites in as_good if (facts[sites].round(1) < own.round(1))[:3].any()][:1]
        return found

    def _measures(self, of: pd.Series) -> npt.NDArray[np.float64]:
        """Return mean, last tenth, tens of percent beyond the threshold and people not reached: the less the better."""
        counted = _mean(of.fillna(float(np.nanmax(self.times.to_numpy()))), self.people)
        d9 = weighted_quantile(of, self.people, 0.9)
        beyond = 10 * float((self.people * ~(of <= self.found.quoted)).sum()) / self.found.total
        return np.array([counted, math.inf if math.isnan(d9) else d9, beyond, self.people[of.isna()].sum()])

    def _nearest(self, best: Siting) -> tuple[list[tuple[str, ...]], npt.NDArray[np.bool_]]:
        """Return what opens in each of the plans that follow the best, the best first; and whether it is near."""
        slack = NEAR * self.people.sum() / best.objective if best.objective else 0.0
        found = near_optimal(self.times, self.people, best, slack=max(slack, 1.0), limit=MOST_NEAR, time_limit=SECONDS)
        opened = [tuple(site for site in sites if site not in self.standing) for sites in found["sites"]]
        return opened, (found["worse"] <= slack + 1e-9).to_numpy()

    def _key(self, sites: Sequence[str]) -> str:
        """Return the name of the plan that opens these places: that of the proposal which does, else their ids."""
        return self.at_names.get(frozenset(self.at[list(sites)])) or " + ".join(sites)

    def _prices(self, best: Siting) -> pd.DataFrame:
        """Return by candidate place, the best first, what one site there gives."""
        cutoff = self.found.quoted
        prices = price(self.times, self.people, best, cutoff=cutoff)
        (site,) = best.opened
        first = pd.DataFrame(0.0, index=[site], columns=["mean_added", "beyond_added", "unreached_added"])
        whole = pd.concat([first, prices[first.columns].astype("float64")]).rename_axis("site")
        whole["people_added"] = -whole.pop("beyond_added")
        whole["mean"] = best.mean_minutes + whole["mean_added"]
        whole.insert(0, "name", self.names.reindex(whole.index))
        none = pd.Series(pd.NA, index=whole.index)
        whole.insert(1, "commune", self.free.get("commune", none).reindex(whole.index))
        return whole

    def _towns(self, prices: pd.DataFrame) -> list[tuple[str, ...]]:
        """Return the place of each of the most populous communes that are beyond the threshold quoted today."""
        communes = self.found.communes
        far = communes[~(communes[f"minutes {BASELINE}"] <= self.found.quoted)].sort_values(
            "population", ascending=False, kind="stable"
        )
        here = prices.reset_index().drop_duplicates("commune").set_index("commune")["site"]
        found: list[tuple[str, ...]] = [(str(here[code]),) for code in far.index if code in here.index]
        return found[:MOST_TOWNS]


def _worth(table: pd.DataFrame, minutes: pd.DataFrame, study: Study, found: Results) -> pd.DataFrame:
    """Return the plans with what they are worth to the people of the territory."""
    residents, people = study.residents[study.inside], found.people
    longest = float(np.nanmax(minutes.to_numpy("float64"), initial=-np.inf))
    facts = pd.DataFrame(
        {
            "mean": {name: _mean(of, people) for name, of in minutes.items()},
            "counted": {name: _mean(of.fillna(longest), people) for name, of in minutes.items()},
            "share": coverage(minutes, people, [found.quoted]).iloc[0],
            "d9": {name: weighted_quantile(of, people, 0.9) for name, of in minutes.items()},
            "worst": {name: of[people > 0].max() for name, of in minutes.items()},
            "unreached_people": {name: float(people[of.isna()].sum()) for name, of in minutes.items()},
            "for_whom": {name: _for_whom(minutes[BASELINE], of, residents, study) for name, of in minutes.items()},
        }
    ).reindex(minutes.columns)
    facts = facts.join(_moved(minutes, residents)).replace([np.inf, -np.inf], np.nan)
    whole = table.join(facts)
    best = whole[whole["best"]].drop_duplicates("question").set_index("question")
    at = whole["question"]
    whole["mean_added"] = whole["mean"] - at.map(best["mean"])
    whole["people_added"] = ((whole["share"] - at.map(best["share"])) * found.total).round(6)
    whole["d9_added"] = whole["d9"] - at.map(best["d9"])
    whole["near"] = (whole["counted"] - at.map(best["counted"])).round(5) <= NEAR
    return whole


def _moved(minutes: pd.DataFrame, residents: pd.DataFrame) -> pd.DataFrame:
    """Return by plan the people who gain and lose a minute or more, and the rest of all, and in how many communes."""
    sides = ["gain", "lose", "newly_reached", "no_longer_reached"]
    before, people = minutes[BASELINE], residents["population"].astype("float64")
    # Beside itself, so that today has a row too: nobody moves in it.
    moved = winners_and_losers(minutes.assign(**{BASELINE: before, " ": before}), residents, at_least=AT_LEAST)
    sums = moved[sides].groupby(level="scenario").sum().rename(index={" ": BASELINE})
    sums["unchanged"] = people.sum() - sums.sum(axis=1)
    for side, apart in (("gain", "newly_reached"), ("lose", "no_longer_reached")):
        here = (moved[side] + moved[apart]).round() > 0
        sums[f"communes_{side}"] = here.groupby(level="scenario").sum().rename(index={" ": BASELINE})
    for column, name in GROUPS.items():
        known = column in residents and bool(residents[column].notna().all())
        weights = residents[column].astype("float64") if known else people * np.nan
        sums[f"total_{name}"] = weights.sum(skipna=False)
        for side, sign, (one, other) in (("gain", -1, ("a", "b")), ("lose", 1, ("b", "a"))):
            for plan, after in minutes.items():
                ends = {"a": before, "b": after}
                change = (after - before).round(5) * sign
                mask = (change >= AT_LEAST) | (ends[one].isna() & ends[other].notna())
                sums.loc[str(plan), f"{side}_{name}"] = weights.where(mask, weights * 0.0).sum(skipna=False)
    return sums


def _mean(minutes: pd.Series, people: pd.Series) -> float:
    reached = minutes.notna()
    total = float(people[reached].sum())
    return float((minutes[reached].astype("float64") * people[reached]).sum()) / total if total else float("nan")


def _for_whom(before: pd.Series, after: pd.Series, residents: pd.DataFrame, study: Study) -> str:
    """Return the names of the communes whose people gain most minutes in all, with commas; empty where none does."""
    longest = float(np.nanmax([before.max(), after.max(), 0.0]))
    gained = (before.fillna(longest) - after.fillna(longest)).clip(lower=0.0) * residents["population"]
    total = gained.astype("float64").groupby(residents["commune"]).sum().nlargest(MOST_NAMED)
    return ", ".join(str(study.communes["name"][code]) for code in total.index[total > 0])


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return the plans a council has before it, and what one site more would give at each candidate place."""
    if len(known.alternatives) < 2:
        return None
    tried = {"places_tried": known.tried} if len(known.tried) else {}
    return {"alternatives": known.alternatives, **tried}


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how the table is read."""
    table = tables["alternatives"]
    left, of = int(table.attrs.get("left", 0)), int(table["places"].max())
    return [
        *([words("alternatives_read")] if table["best"].any() else []),
        *([words("candidates_left", n=of, of=of + left)] if left and of else []),
    ]


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the plans side by side, a map of what a site in each commune would give, and every place tried."""
    known = tables.known
    parts: list[Part] = [_table(tables["alternatives"], known, words)]
    if "places_tried" not in tables:
        return [*parts, How(words("how_alternatives_table"))]
    tried = tables["places_tried"]
    picture = _figure(tried, known, words)
    parts += [picture] if picture is not None else []
    parts.append(How(words("how_alternatives_table")))
    parts.append(Folded(words("tried_title", n=len(tried)), (words("tried_read"), _tried(tried, known, words))))
    return parts


def _table(table: pd.DataFrame, known: Known, words: Words) -> Table:
    """Return today, the proposals, the proven best and what is near it, and what each costs against the best."""
    found = known.results
    columns = (
        words("alternative_plan"),
        words("alternative_mean"),
        words("alternative_share", cutoff=words.cutoff(found.quoted)),
        words("alternative_d9"),
        words("alternative_gain"),
    )
    order = {"today": 0, "proposal": 1, "best": 2, "near": 3, "next": 4, "town": 5}
    ordered = table.assign(order=table["role"].map(order)).sort_values(["order", "counted"], kind="stable")
    rows: list[Sequence[Cell]] = []
    best = table[table["best"]].drop_duplicates("question").set_index("question")
    for role, here in ordered.groupby("order", sort=False):
        role_name = next(key for key, number in order.items() if number == role)
        rows.append((Cell(words(f"alternative_{role_name}", cutoff=words.cutoff(found.quoted), n=len(here))),))
        for row in here.to_dict("records"):
            today = row["role"] == "today"
            rank, of = row["rank"], row["places"]
            ranked = "" if math.isnan(rank) else words("ranked", rank=words.count(rank), of=words.count(of))
            name = words("baseline") if today else words("labelled_rank", name=row["name"], rank=ranked)
            names = words("alternative_for", names=row["for_whom"]) if row["for_whom"] else ""
            notes = ["", "", ""]
            if not math.isnan(row["mean_added"]) and not row["best"]:
                than = best.loc[row["question"]]
                notes = [words.change_beside(than[of], row[of], row[f"{of}_added"]) for of in ("mean", "d9")]
                notes.insert(1, labels.people_change(row["people_added"], lang=words.lang))
            rows.append(
                (
                    Cell(name, note=names),
                    minutes_cell(row["mean"], words, notes[0]),
                    share_cell(row["share"], words, notes[1]),
                    minutes_cell(row["d9"], words, notes[2]),
                    Cell("–") if today else count_cell(row["gain"] + row["newly_reached"], words),
                )
            )
    return Table(columns, rows, label=words("chapter_alternatives"))


def _tried(tried: pd.DataFrame, known: Known, words: Words) -> Table:
    found, best = known.results, float(tried["mean"].iloc[0])
    columns = (
        words("alternative_rank"),
        words("commune"),
        words("alternative_mean"),
        words("alternative_added"),
        words("alternative_people", cutoff=words.cutoff(found.quoted)),
    )
    rows = [
        (
            Cell(words.count(rank), rank),
            Cell(str(row["name"]), str(row["name"])),
            minutes_cell(row["mean"], words),
            Cell(words.change_beside(best, row["mean"], row["mean_added"]), sortable(row["mean_added"])),
            Cell(labels.people_change(row["people_added"], lang=words.lang), sortable(row["people_added"])),
        )
        for rank, row in enumerate(tried.to_dict("records"), start=1)
    ]
    return Table(columns, rows, numeric=(True, False, True, True, True), label=words("tried_label"), sortable=True)


def _tried_view(tried: pd.DataFrame, found: Results, words: Words) -> View | None:
    """Return the communes by how near the best they come; the classes of minutes would hold them all in one."""
    here = tried.dropna(subset="commune").drop_duplicates("commune").set_index("commune")
    if here.empty:
        return None
    best, most = here.iloc[0], words.minutes(NEAR)
    near = (here["mean_added"] < NEAR) & (here["unreached_added"] <= 0)
    number = pd.Series(2, here.index).mask(near, 1).mask(here["mean_added"] == best["mean_added"], 0)
    number = number.reindex(found.communes.index, fill_value=3)
    names = (
        words(
            "tried_best",
            name=words.listed(list(here["name"][here["mean_added"] == best["mean_added"]]), most=3),
            mean=words.minutes(best["mean"]),
        ),
        words("tried_near", most=most),
        words("tried_farther", most=most),
        words("tried_none"),
    )
    sums = found.communes["population"].astype("float64").groupby(number).sum()
    entries = tuple(
        Entry(name, *look, int((number == k).sum()), float(sums.get(k, 0.0)))
        for k, (name, look) in enumerate(
            zip(names, ((BETTER[3], ""), (BETTER[1], ""), (NEUTRAL, ""), (NO_DATA, "hatch")), strict=True)
        )
    )
    kept = [k for k, entry in enumerate(entries) if entry.communes]
    fill = {str(code): kept.index(k) for code, k in number.items()}
    title = words("tried_map_legend")
    return View("tried", words("tried_map"), title, tuple(entries[k] for k in kept), fill, dict.fromkeys(fill, ()))


def _figure(tried: pd.DataFrame, known: Known, words: Words) -> Figure | None:
    """Return the territory, each commune by how near the best one site more at its place would come."""
    study, found, plans = known.study, known.results, known.alternatives
    view = _tried_view(tried, found, words)
    if view is None:
        return None
    opened = [_kept(found, name)[1] for name in found.names]
    best = study.services.loc[study.services.index.isin(plans.index[plans["best"]])]
    new = pd.concat([*opened, best.assign(category=found.category)])
    sites = gpd.GeoDataFrame(pd.concat([found.sites[BASELINE], new]), crs=study.services.crs)
    sites = sites[~sites.index.duplicated()]
    stands_in: dict[str, tuple[int, ...]] = dict.fromkeys(map(str, sites.index), (0,))
    serving = set(found.communes["nearest_site_id"].dropna())
    fresh = frozenset(map(str, new.index))
    return small_figures(study, [view], sites, stands_in, "alternatives", words, fresh=fresh, serving=serving)[0]
