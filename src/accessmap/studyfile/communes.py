"""Private to `studyfile`: the communes that a study.toml asks for, with the territory marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.provenance import Source
from accessmap.read.communes import communes_around, communes_of_country, read_communes
from accessmap.read.territory import codes_of, reason_of
from accessmap.study.study import NOTE_COLUMNS
from accessmap.studyfile.edge import at_the_edge
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key
from accessmap.words.notes import Note
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.studyfile.settings import Credit, Settings

_NAMED = 3


def marked_communes(ledger: Ledger, *, country: bool = False) -> gpd.GeoDataFrame | None:
    """Return the communes, the territory marked (all, of a country); None after keeping the problems."""
    section = ledger.settings.communes
    if section.sample:
        from accessmap.sample import sample_communes, sample_notes, sample_provenance

        table = sample_communes()
        ledger.notes.append(sample_notes())
        taken = _of_the_sample(ledger.settings)
        ledger.sources += [
            replace(source, of=tuple(name for name in source.of if taken(name)))
            for source in sample_provenance().sources
        ]
    else:
        beside = _beside(ledger)
        files = {name: ledger.tried(at, partial(ledger.found, *at)) for name, at in beside.items()}
        asked: dict[str, Any] = {name: files.get(name) for name in ("population", "epci")}
        asked["zonages"] = [file for name, file in files.items() if name.startswith("zonage") and file is not None]
        wanted = ledger.settings.study.territory
        whole = communes_of_country if country else read_communes
        read = partial(communes_around, territory=wanted) if wanted else whole
        counted = _counted_people(ledger.settings)
        table = ledger.table(("communes", "path"), section.source, partial(read, **section.options, **asked))
        if table is not None and counted and section.population is None:
            words = Words(ledger.settings.study.lang)
            ledger.sources.append(
                _of_people(ledger.sources[-1], table.attrs["people_of"], section.population_source, words)
            )
        for name, at in beside.items() if table is not None else ():
            if files[name] is not None:
                ledger.beside(table, name, *at, of=counted if name == "population" else ())
    if table is None:
        return None
    before = len(ledger.problems)
    marked = _marked(ledger, table)
    if len(ledger.problems) > before:
        return marked  # no study will come of it, but the other tables can be looked at
    communes = _nearby(ledger, marked)
    if not communes["in_territory"].any():
        ledger.add("studyfile_empty_territory", "study", "territory")
    if not country:  # whose edge is its border
        _note_the_edge(ledger, communes)
    return communes


def _counted_people(settings: Settings) -> tuple[str, ...]:
    """Return that the people are those of the population of communes, where they are spread or brought to it."""
    section = settings.residents
    return ("residents",) if section is None or section.path is None or section.calibrate else ()


def _of_people(communes: Source, year: str, told: Credit | None, words: Words) -> Source:
    """Return the source of people who are counted in the file of communes itself, which need not be of its date."""
    vintage = told.vintage if told is not None and told.vintage else year
    if vintage == communes.vintage:
        return replace(communes, of=("residents",))
    title = words("labelled", name=communes.title, value=words("vintage_population"))
    return replace(communes, of=("residents",), vintage=vintage, title=title)


def _beside(ledger: Ledger) -> dict[str, Key]:
    """Return where the settings name each file that stands beside the communes, by what it is."""
    section = ledger.settings.communes
    found: dict[str, Key] = {
        name: ("communes", name) for name in ("population", "epci") if getattr(section, name) is not None
    }
    if isinstance(section.zonages, str):
        return found | {"zonage.0": ("communes", "zonages")}
    return found | {f"zonage.{n}": ("communes", "zonages", n) for n in range(len(section.zonages))}


def _of_the_sample(settings: Settings) -> Callable[[str], bool]:
    """Return whether a table, or a category of services, is the sample's, where the communes are."""
    own = settings.residents is not None and not settings.residents.sample
    kinds = {each.category for each in settings.services if each.sample} if settings.services else {None}

    def taken(name: str) -> bool:
        table, _, category = name.partition(".")
        return not own if table == "residents" else None in kinds or category in kinds if category else True

    return taken


def title_of(communes: gpd.GeoDataFrame) -> str:
    """Return the name of the territory: of its EPCI where the communes tell it, else of its largest commune."""
    inside = communes[communes["in_territory"]]
    names = inside["epci_name"].dropna().unique() if "epci_name" in inside else []
    if len(inside) and 0 < len(names) <= _NAMED:
        return " · ".join(names)
    return str(inside["name"][inside["population"].idxmax()]) if len(inside) else ""


def official_title(communes: gpd.GeoDataFrame, title: str | None, territory: Sequence[str] | None) -> str:
    """Return the title of a study; one that only repeats how whole EPCI were typed is their official name."""
    if title and title != " · ".join(territory or ()):  # written by hand
        return title
    inside = communes["in_territory"]
    if title and ("epci_name" not in communes or communes.loc[inside, "epci_name"].isna().any()):
        return title
    if title and communes.loc[inside, "epci_name"].nunique() > _NAMED:  # they would be called by their largest commune
        return title
    part = title and communes.loc[~inside, "epci_name"].isin(communes.loc[inside, "epci_name"]).any()
    return title if title and part else title_of(communes)


def _marked(ledger: Ledger, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communes with `in_territory` as the settings ask; of names that are unknown the problems are kept."""
    wanted = ledger.settings.study.territory
    if not wanted:
        return communes
    said = ledger.said.get("communes", ())  # the file need not say what the settings do
    ledger.said["communes"] = tuple(note for note in said if getattr(note, "key", "") != "territory_all")
    codes, unknown = codes_of(communes, wanted)
    for each in unknown:
        reason = reason_of(each)
        place = ("study", "territory", each.position)
        told = {"name": each.name, "codes": ", ".join(each.several)}
        ledger.add(reason, *place, near=each.near, **told)
    if unknown and codes.empty:
        return communes.assign(in_territory=True)  # no study comes of it: the other tables are looked at with all
    return communes.assign(in_territory=communes.index.isin(codes))


def _nearby(ledger: Ledger, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communes at most `around_km` from the territory, all where it is not given; count the others."""
    most = ledger.settings.communes.around_km
    inside = communes[communes["in_territory"]]
    if most is None or inside.empty:
        return communes
    near = communes.geometry.intersects(inside.union_all().buffer(most * 1000))
    left = Note("studyfile_left_far", n=int((~near).sum()), km=f"{most:g}")
    ledger.said["communes"] = (*ledger.said.get("communes", ()), left)
    return communes[near]


def _note_the_edge(ledger: Ledger, communes: gpd.GeoDataFrame) -> None:
    """Keep a note where the territory reaches the edge of the data, beyond which no service is known."""
    inside = communes[communes["in_territory"]]
    edge = inside.index.intersection(at_the_edge(communes))
    if edge.empty:
        return
    words = Words(ledger.settings.study.lang)
    told = words("studyfile_edge", n=len(edge)), words("studyfile_edge_add")
    row = ("communes", title_of(communes), pd.NA, *told)
    ledger.notes.append(pd.DataFrame([row], columns=list(NOTE_COLUMNS)))
    place = ", ".join(inside["name"][edge[:_NAMED]]) + (", …" if len(edge) > _NAMED else "")
    ledger.cautions.append(ledger.file.problem("studyfile_caution_edge", "study", "territory", places=place))
