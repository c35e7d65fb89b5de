"""What access hangs on: sites outside the territory, and single sites; the numbers, and how they read."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from accessmap.dossier.layout import Cell, Table, sortable
from accessmap.measures.resilience import criticality, dependence, one_closure_away, outside_demand, site_places
from accessmap.measures.resilience import outside_sites as carriers
from accessmap.study.study import Study
from accessmap.words.words import NO_BREAK, Words

__all__ = [
    "Leaning",
    "carriers_table",
    "closures_table",
    "closures_told",
    "demand_table",
    "epci_names",
    "leaning",
    "outside_told",
]

MOST_SITES: Final = 6
MOST_EPCI: Final = 3
MOST_COMMUNES: Final = 8


@dataclass(frozen=True, eq=False)
class Leaning:
    """What the access of the territory hangs on today.

    Parameters
    ----------
    sides
        inside, outside, unreached: people, share (0-1), minutes.
    carriers
        By site outside that is the nearest of someone inside: see `resilience.outside_sites`; with epci_name.
    demand
        By site inside: `people` of the territory whose nearest it is, and `outside_people` of elsewhere.
    criticality
        By site that is the nearest of someone inside: see `resilience.criticality`; a column of people beyond
        each cutoff.
    exposed
        By commune of the territory and cutoff: people within it thanks to one single site, and that site.
    cutoffs
        Minutes: the two longest thresholds.
    neighbours
        False where neither people nor sites outside the territory are loaded, so that nothing can be said of them.
    modelled
        Whether the roads are modelled.
    partial
        Whether sites outside are known to be missing: then nobody who comes from elsewhere can be counted.
    """

    sides: pd.DataFrame
    carriers: pd.DataFrame
    demand: pd.DataFrame
    criticality: pd.DataFrame
    exposed: pd.DataFrame
    cutoffs: tuple[float, ...]
    neighbours: bool
    modelled: bool
    partial: bool


def leaning(study: Study, category: str) -> Leaning:
    """Return what access to a category hangs on, for the people of the territory.

    >>> import accessmap as am
    >>> leaning(am.load_sample(), "france_services").sides["people"].round().to_dict()
    {'inside': 66421.0, 'outside': 4129.0, 'unreached': 0.0}
    """
    sites = study.sites(category)
    times, residents, communes = study.minutes(sites), study.residents, study.communes
    inside = study.inside.to_numpy()
    people = residents["population"].astype("float64")[inside]
    cutoffs = tuple(sorted(study.thresholds)[-2:])
    places = site_places(sites, communes)
    losses = {cutoff: criticality(times[inside], people, cutoff=cutoff) for cutoff in cutoffs}
    critical = losses[cutoffs[0]].drop(columns="beyond")
    for cutoff, table in losses.items():
        critical[f"beyond {cutoff:g}"] = table["beyond"]
    critical.insert(0, "name", sites["name"].reindex(critical.index))
    exposed = {cutoff: one_closure_away(times[inside], residents[inside], cutoff=cutoff) for cutoff in cutoffs}
    carried = carriers(times, sites, residents, communes=communes)
    carried.insert(3, "epci_name", epci_names(carried["epci"], communes))
    coming = outside_demand(times, sites, residents, communes=communes)["people"].groupby("service_id").sum()
    demand = critical.loc[critical.index.isin(places.index[places["inside"]]), ["name", "people"]]
    return Leaning(
        sides=dependence(times, sites, residents, communes=communes),
        carriers=carried,
        demand=demand.assign(outside_people=coming.reindex(demand.index).fillna(0.0)),
        criticality=critical[critical["people"] > 0],
        exposed=pd.concat(exposed, names=["cutoff"]).join(communes["name"], on="code"),
        cutoffs=cutoffs,
        neighbours=not (bool(communes["in_territory"].all()) and bool(places["inside"].all())),
        modelled=study.credit.modelled,
        partial=bool(study.cautions),
    )


def epci_names(codes: pd.Series, communes: pd.DataFrame) -> pd.Series:
    """Return the name of each EPCI: its own where it is known, else its code."""
    coded = f"EPCI{NO_BREAK}" + codes
    if "epci_name" not in communes:
        return coded
    names = communes.dropna(subset=["epci"]).drop_duplicates("epci").set_index("epci")["epci_name"]
    return codes.map(names).fillna(coded)


def outside_told(data: Leaning, words: Words) -> list[str]:
    """Return how much of the territory leans on the outside, on whom, and the reverse."""
    if not data.neighbours:
        return [words("lean_no_neighbours")]
    gone, share = (float(data.sides[column].to_dict()["outside"]) for column in ("people", "share"))
    if round(gone) == 0:
        said = [words("lean_nobody")]
    else:
        said = [words("lean_share", n=round(gone), share=words.percent(share))]
        named = data.carriers.assign(place=data.carriers["epci_name"].fillna(words("epci_unknown")))
        sums = named.groupby("place")["people"].sum().sort_values(ascending=False, kind="stable")
        sums = sums[sums.round() > 0]
        shown = [words("with_people", name=name, people=words.people(people)) for name, people in sums.items()]
        said.append(words("lean_epci", n=len(sums), names=words.listed(shown, most=MOST_EPCI)))
    coming = round(float(data.demand["outside_people"].sum()))
    if data.partial:
        said.append(words("lean_partial"))
    elif coming:
        key = "lean_more_come" if coming > round(gone) else "lean_fewer_come"
        said.append(words("lean_reverse", n=coming) + words(key) + ".")
    else:
        said.append(words("lean_nobody_comes"))
    return said


def carriers_table(data: Leaning, words: Words) -> Table:
    """Return the sites outside that carry the most people, and what the closing of each would do."""
    rows = []
    for _, site in data.carriers.head(MOST_SITES).iterrows():
        place = site["epci_name"] if isinstance(site["epci_name"], str) else words("epci_unknown")
        after = []
        if round(site["back_inside"]):
            after.append(words("lean_back", n=round(site["back_inside"])))
        if round(site["unreached"]):
            after.append(words("card_unreached", n=round(site["unreached"])))
        rows.append(
            (
                Cell(_text(site["name"], words), note=place),
                Cell(
                    words.count(site["people"]),
                    float(site["people"]),
                    words("lean_away", value=words.minutes(site["minutes"])),
                ),
                Cell(words.change(site["added"]), sortable(site["added"]), ", ".join(after)),
            )
        )
    columns = (words("site_outside"), words("inhabitants"), words("if_closed"))
    return Table(columns, (False, True, True), tuple(rows))


def demand_table(data: Leaning, words: Words) -> Table:
    """Return, by site inside, the people of the territory and of elsewhere whose nearest it is."""
    order = data.demand.sort_values(["outside_people", "people"], ascending=False, kind="stable")
    rows = tuple(
        (
            Cell(_text(site["name"], words)),
            Cell(words.count(site["outside_people"]), float(site["outside_people"])),
            Cell(words.count(site["people"]), float(site["people"])),
        )
        for _, site in order.head(MOST_SITES).iterrows()
    )
    columns = (words("site_inside"), words("people_of_elsewhere"), words("people_of_here"))
    return Table(columns, (False, True, True), rows)


def closures_told(data: Leaning, words: Words) -> list[str]:
    """Return who is near thanks to one single site, whose closing hurts most, and what a modelled network does."""
    total = float(data.sides["people"].sum())
    alone = {cutoff: float(data.exposed.xs(cutoff, level="cutoff")["one_away"].sum()) for cutoff in data.cutoffs}
    said = [words("close_modelled")] if data.modelled else []
    nobody = []
    for cutoff, people in alone.items():
        minutes = words.cutoff(cutoff)
        if round(people):
            share = words.percent(people / total)
            said.append(words("close_alone", n=round(people), share=share, cutoff=minutes))
        else:
            nobody.append(minutes)
    if nobody:
        said.append(words("close_alone_nobody", cutoffs=words("nor").join(nobody)))
    if len(data.criticality):
        said.append(_worst(data, words))
    exposed = pd.DataFrame(data.exposed.xs(data.cutoffs[0], level="cutoff"))
    most = exposed[exposed["share"] >= 0.5].sort_values("one_away", ascending=False, kind="stable")
    if len(most):
        names = words.listed(list(most["name"]), most=MOST_COMMUNES)
        said.append(words("close_communes", n=len(most), cutoff=words.cutoff(data.cutoffs[0]), names=names))
    return said


def _worst(data: Leaning, words: Words) -> str:
    worst = data.criticality.iloc[0]
    name = _text(worst["name"], words)
    if pd.isna(worst["minutes"]):
        return words("close_worst_unreached", site=name, n=round(worst["people"]))
    return words("close_worst", site=name, n=round(worst["people"]), minutes=words.minutes(worst["minutes"]))


def closures_table(data: Leaning, words: Words) -> Table:
    """Return the sites whose closing, alone, hurts most."""
    rows = []
    for _, site in data.criticality.head(MOST_SITES).iterrows():
        lost = round(site["unreached"])
        rows.append(
            (
                Cell(_text(site["name"], words)),
                Cell(words.count(site["people"]), float(site["people"])),
                Cell(
                    words.change(site["minutes"]),
                    sortable(site["minutes"]),
                    words("card_unreached", n=lost) if lost else "",
                ),
                *(
                    Cell(words.count(site[f"beyond {cutoff:g}"]), float(site[f"beyond {cutoff:g}"]))
                    for cutoff in data.cutoffs
                ),
            )
        )
    beyond = [words("would_be_beyond", cutoff=words.cutoff(cutoff)) for cutoff in data.cutoffs]
    columns = (words("site"), words("served"), words("if_closed"), *beyond)
    return Table(columns, (False, *[True] * (len(columns) - 1)), tuple(rows))


def _text(name: object, words: Words) -> str:
    return name if isinstance(name, str) else words("site_unnamed")
