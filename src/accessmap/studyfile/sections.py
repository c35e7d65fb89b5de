"""Private to `studyfile`: the communes that a study.toml asks for, with the territory marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import NetworkError, SourceError
from accessmap.provenance import Provenance, Source
from accessmap.read.accessibility import entrances
from accessmap.read.calibration import calibrated_rule
from accessmap.read.columns import booleans, codes, numbers
from accessmap.read.communes import communes_around, communes_of_country, read_communes
from accessmap.read.coverage import digital as read_digital
from accessmap.read.database import Database
from accessmap.read.dating import credited
from accessmap.read.files import read_table
from accessmap.read.layouts.registry import layout_of
from accessmap.read.published import reference as read_reference
from accessmap.read.raw import RawTable, refusal_of_rows
from accessmap.read.residents import read_residents
from accessmap.read.school_lists import equipment as read_equipment
from accessmap.read.school_lists import schools as read_schools
from accessmap.read.services import read_services
from accessmap.read.spread import spread_residents, spread_rule
from accessmap.read.territory import codes_of, reason_of
from accessmap.roads.network import CLASS_SPEEDS, RoadNetwork
from accessmap.roads.saved import check_ignored
from accessmap.study.study import NOTE_COLUMNS
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key, StudyFileError, dotted
from accessmap.studyfile.template import at_the_edge
from accessmap.words.near import near_names
from accessmap.words.notes import Note
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.studyfile.settings import Credit, ModeSection, ServicesSection, Settings


def tables_of(ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> dict[str, pd.DataFrame]:
    """Return the tables that the settings name, by the field of `Study` that each fills."""
    settings = ledger.settings
    found: dict[str, pd.DataFrame | None] = {}
    if settings.digital is not None:
        chosen = {name: getattr(settings.digital, name) for name in ("quarter", "percent", "cap")}
        found["digital"] = _read(ledger, "digital", partial(read_digital, communes=communes, **chosen))
    if settings.schools is not None:
        read = partial(read_schools, communes=communes, mairies=_mairies(services), clip=settings.schools.clip)
        options: dict[str, Any] = {"crs": settings.schools.crs}
        if settings.schools.roll is not None:
            options["roll"] = ledger.tried(("schools", "roll"), partial(ledger.found, "schools", "roll"))
        found["schools"] = table = _read(ledger, "schools", partial(read, **options))
        if table is not None and options.get("roll") is not None:
            ledger.beside(table, "roll", "schools", "roll")
    schools = found.get("schools")
    if settings.equipment is not None and schools is not None:
        found["equipment"] = _read(ledger, "equipment", partial(read_equipment, schools=schools))
    return {name: table for name, table in found.items() if table is not None}


def _read(ledger: Ledger, name: str, read: Callable[..., pd.DataFrame]) -> pd.DataFrame | None:
    """Return the table of one section, or None after keeping its problem."""
    section = getattr(ledger.settings, name)
    options = {key: section.options[key] for key in ("columns", "encoding", "layer")}
    table: pd.DataFrame | None = ledger.table((name, "path"), section.source, partial(read, **options))
    return table


def _mairies(services: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the mairies with their communes; None where there are none."""
    if services is None or "commune" not in services:
        return None
    mairies = services[services["category"] == "mairie"]
    return mairies if len(mairies) else None


def residents_of(
    ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the residents: from a file, of the sample, or spread around the mairies; None where services are lost."""
    section = ledger.settings.residents
    if section is not None and section.path is not None:
        chosen = {name: getattr(section, name) for name in ("cell_metres", "clip", "calibrate")}
        read = partial(read_residents, communes=communes, mairies=_mairies(services), **section.options, **chosen)
        table: gpd.GeoDataFrame | None = ledger.table(("residents", "path"), section.source, read)
        return table
    if section.sample if section is not None else ledger.settings.communes.sample:
        from accessmap.sample import sample_residents

        return sample_residents()
    if services is None:
        return None
    mairies = _mairies(services)
    if mairies is None:
        key = ("residents", "modelled") if section is not None else ("residents",)
        raise ledger.file.refused("studyfile_residents_need_mairies", *key)
    by_commune = mairies.dropna(subset="commune").drop_duplicates("commune").set_index("commune")
    return spread_residents(communes, _with_middles(ledger, communes, by_commune))


MOST_WITHOUT_MAIRIE = 0.05
"""Share of communes: the public directory lacks 0.2 % of the mairies of France, new communes above all."""


def _with_middles(ledger: Ledger, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the mairies, and for the few communes that have none a place inside, which is noted."""
    without = communes.index.difference(mairies.index)
    if without.empty or len(without) > MOST_WITHOUT_MAIRIE * len(communes):
        return mairies
    words = Words(ledger.settings.study.lang)
    told = words("studyfile_without_mairie", n=len(without)), words("studyfile_without_mairie_add")
    names = communes.loc[without, "name"]
    rows = [("residents", code, name, *told) for code, name in zip(without, names, strict=True)]
    ledger.notes.append(pd.DataFrame(rows, columns=list(NOTE_COLUMNS)))
    middles = communes.geometry.loc[without].representative_point().to_crs(mairies.crs)
    return gpd.GeoDataFrame(geometry=pd.concat([mairies.geometry, middles]), crs=mairies.crs)


def people_of(settings: Settings) -> tuple[str, ...]:
    """Return that the people are those of the population of communes, where they are spread or brought to it."""
    section = settings.residents
    return ("residents",) if section is None or section.path is None or section.calibrate else ()


def rule_of(settings: Settings) -> Mapping[str, str]:
    """Return how people were spread, or brought to the legal population, as a page prints it; else nothing."""
    if settings.residents is not None and settings.residents.path is not None:
        return {"population": calibrated_rule()} if settings.residents.calibrate else {}
    return {"population": spread_rule()}


SUFFIXES: Final = {
    **dict.fromkeys((".osm.pbf", ".pbf", ".osm", ".osm.gz"), "osm"),
    ".graphml": "graph",
    **dict.fromkeys((".gpkg", ".shp", ".geojson"), "bdtopo"),
    ".roads": "saved",
}
"""Endings of files of roads, and what each holds; `.roads` is what `RoadNetwork.save` writes."""


def networks_of(
    ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> dict[str, RoadNetwork] | None:
    """Return the roads by mode; None after keeping the problem of one, or where services are lost."""
    found: dict[str, RoadNetwork | None] = {}
    for mode, (at, section) in ledger.settings.roads.by_mode.items():
        network = ledger.tried(at, partial(_network, ledger, at, mode, section, communes, services))
        # a saved network knows its mode (a modelled one is the car's unless it says); [roads] need not name one
        known = network.provenance if network is not None else Provenance(())
        saved = known.parameters.get("mode", "car" if known.modelled else mode)
        if saved != mode and (len(at) > 1 or saved in found or saved in ledger.settings.roads.by_mode):
            ledger.add("studyfile_other_mode", *at, "path", saved=saved, mode=mode)
        found[saved if len(at) == 1 else mode] = network
    kept = {mode: network for mode, network in found.items() if network is not None}
    return kept if len(kept) == len(found) else None


def _network(
    ledger: Ledger,
    at: tuple[str, ...],
    mode: str,
    section: ModeSection,
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame | None,
) -> RoadNetwork | None:
    """Return the network of one section: from a file, from two tables, or modelled."""
    if section.edges is not None:
        return _from_tables(ledger, at, section)
    if section.path is None:
        if services is None:
            return None
        mairies = _mairies(services)
        if mairies is None:
            raise ledger.file.refused("studyfile_roads_need_mairies", *at)
        return RoadNetwork.modelled(communes, mairies, mode=mode)
    path = ledger.found(*at, "path")
    kind = next((kind for ending, kind in SUFFIXES.items() if path.name.casefold().endswith(ending)), None)
    kind = "bdtopo" if isinstance(path, Database) else kind
    if kind is None:
        raise ledger.file.refused("studyfile_roads_unknown", *at, "path", known=", ".join(SUFFIXES))
    read = partial(_read_roads, kind, path, mode, section, communes)
    network: RoadNetwork | None = ledger.tried((*at, "path"), read)
    if network is not None and section.source is not None:
        own = [source.vintage for source in network.provenance.sources]
        ledger.sources.append(ledger.credit(path, section.source, f"roads.{mode}", vintage=", ".join(own)))
    return network


def _read_roads(
    kind: str, path: Path | Database, mode: str, section: ModeSection, communes: gpd.GeoDataFrame
) -> RoadNetwork:
    if kind == "saved":
        return RoadNetwork.load(path)
    if kind == "bdtopo":
        return RoadNetwork.from_bdtopo(path, mode=mode, layer=section.layer)
    if kind == "graph":
        return RoadNetwork.from_graph(path, mode=mode, country=section.country)
    bounds = tuple(communes.to_crs(4326).total_bounds) if section.clip else None
    buffer = section.buffer_metres if section.clip else 0
    return RoadNetwork.from_osm(path, mode=mode, clip=bounds, buffer_metres=buffer, country=section.country)


def _from_tables(ledger: Ledger, at: tuple[str, ...], section: ModeSection) -> RoadNetwork:
    """Return the network of two files: nodes (id, lon, lat) and edges (u, v, and minutes or what they follow from)."""
    nodes_path, edges_path = ledger.found(*at, "nodes"), ledger.found(*at, "edges")
    renamed = {name: column for column, name in section.columns.items()}
    read = (read_table(path) for path in (nodes_path, edges_path))
    raw_nodes, raw_edges = (replace(raw, table=raw.table.rename(columns=renamed)) for raw in read)
    told = {name: getattr(section, name) for name in ("directed", "access_kmh", "local_metres", "max_metres")}
    kmh: dict[str, str] = {}
    if section.kmh and "minutes" not in raw_edges.table:
        kmh = {Note(CLASS_SPEEDS): Note.plain(", ".join(f"{name} {v:g} km/h" for name, v in section.kmh.items()))}
        raw_edges = _timed(ledger, at, raw_edges, section.kmh)
    elif "minutes" not in raw_edges.table:
        raw_edges, usual, speeds = _timed_as_published(ledger, at, raw_edges)
        kmh = {Note(CLASS_SPEEDS): Note.plain(speeds)} if speeds else kmh
        told |= {name: value for name, value in usual.items() if name not in section.model_fields_set}
    nodes, edges = raw_nodes.table, raw_edges.table
    missing = [
        ledger.file.problem(
            "studyfile_missing_minutes" if column == "minutes" else "studyfile_missing_column",
            *(*at, key),
            column=column,
            columns=", ".join(map(str, table.columns)),
        )
        for key, table, wanted in (("nodes", nodes, ("id", "lon", "lat")), ("edges", edges, ("u", "v", "minutes")))
        for column in wanted
        if column not in table
    ]
    if missing:
        raise StudyFileError(*missing, about=ledger.file.path.name)
    degrees = partial(numbers, degrees=True)
    nodes = _read_columns(ledger, (*at, "nodes"), raw_nodes, {"id": codes, "lon": degrees, "lat": degrees}).set_index(
        "id"
    )
    of_edges = {"u": codes, "v": codes, "minutes": numbers, "length_m": numbers}
    of_edges |= {"snappable": booleans, "through": booleans}
    edges = _read_columns(ledger, (*at, "edges"), raw_edges, of_edges)
    _check_rows(ledger, (*at, "edges"), raw_edges, nodes.index, edges)
    options: dict[str, Any] = told
    provenance = Provenance((ledger.credit(edges_path, section.source, **credited(raw_edges, "edges")),), kmh)
    try:
        check_ignored(nodes, edges, directed=told["directed"])
    except NetworkError as error:
        raise ledger.file.refused("studyfile_refused", *at, message=error) from error
    return RoadNetwork.from_edges(nodes[["lon", "lat"]], edges, provenance=provenance, **options)


def _check_rows(ledger: Ledger, at: Key, raw: RawTable, nodes: pd.Index, edges: pd.DataFrame) -> None:
    """Refuse edges that lead to no node, and numbers below 0, by their lines in the file."""
    for end in ("u", "v"):
        unknown = np.flatnonzero(~edges[end].isin(nodes))
        if len(unknown):
            near = near_names(edges[end].iloc[unknown[0]], nodes)
            error = refusal_of_rows(raw, end, "roads_end_unknown", unknown, near=near)
            raise ledger.file.refused("studyfile_refused", *at, message=error)
    for name in ("minutes", "length_m"):
        wrong = np.flatnonzero(~(np.isfinite(edges[name]) & (edges[name] >= 0))) if name in edges else ()
        if len(wrong):
            error = refusal_of_rows(raw, name, "roads_edge_impossible", wrong)
            raise ledger.file.refused("studyfile_refused", *at, message=error)


def _timed(ledger: Ledger, at: tuple[str, ...], raw: RawTable, kmh: Mapping[str, float]) -> RawTable:
    """Return edges with the minutes of their length at the speed of their class; refused where either is missing."""
    edges = raw.table
    missing = [name for name in ("length_m", "road_class") if name not in edges]
    told = {"columns": ", ".join(map(str, edges.columns))}
    problems = [ledger.file.problem("studyfile_missing_column", *at, "kmh", column=name, **told) for name in missing]
    unknown = [] if missing else sorted(set(edges["road_class"].astype(str)) - set(kmh))
    if unknown:
        problems.append(ledger.file.problem("studyfile_no_speed", *at, "kmh", classes=", ".join(unknown)))
    if problems:
        raise StudyFileError(*problems, about=ledger.file.path.name)
    speed = edges["road_class"].astype(str).map(dict(kmh))
    edges = _read_columns(ledger, (*at, "edges"), raw, {"length_m": numbers})
    return replace(raw, table=edges.assign(minutes=edges["length_m"] / 1000 / speed * 60))


def _timed_as_published(
    ledger: Ledger, at: tuple[str, ...], raw: RawTable
) -> tuple[RawTable, Mapping[str, float | bool], str]:
    """Return edges of a published file without minutes with those of its speeds, what a network takes, and km/h."""
    layout = layout_of(set(raw.names), "none", ("edges",))
    if layout is None or not layout.kmh:
        return raw, {}, ""
    edges = raw.table.rename(columns={"u_id": "u", "v_id": "v"})
    system = edges["system"].astype(str)
    kmh = system.map({one: next(v for k, v in layout.kmh.items() if re.fullmatch(k, one)) for one in system.unique()})
    edges = _read_columns(ledger, (*at, "edges"), replace(raw, table=edges), {"length_m": numbers})
    speeds = " / ".join(f"{value:g}" for value in layout.kmh.values())
    said = raw.note("roads_timed_by_system", title=layout.title, kmh=speeds, access=layout.roads.get("access_kmh"))
    ledger.said[dotted(at)] = (*ledger.said.get(dotted(at), ()), said)
    timed = replace(raw, table=edges.assign(minutes=edges["length_m"] / 1000 / kmh * 60))
    return timed, layout.roads, f"{speeds} km/h"


def _read_columns(
    ledger: Ledger, at: Key, raw: RawTable, read: Mapping[str, Callable[[RawTable, str], pd.Series]]
) -> pd.DataFrame:
    """Return a table with columns, where it has them, read by the rules of every table."""
    try:
        return raw.table.assign(**{name: reader(raw, name) for name, reader in read.items() if name in raw.table})
    except SourceError as error:
        raise ledger.file.refused("studyfile_refused", *at, message=error) from error


def services_of(ledger: Ledger, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the services of all sections as one table."""
    sections = ledger.settings.services
    if not sections and ledger.settings.communes.sample:
        return _sampled_services(ledger, communes, None)
    if not sections:
        ledger.add("studyfile_no_services", "services")
        return None
    # Mairies first: they place what has no point of its own.
    order = sorted(range(len(sections)), key=lambda number: sections[number].category != "mairie")
    tables: dict[int, gpd.GeoDataFrame] = {}
    mairies = None
    for number in order:
        table = _one(ledger, number, sections[number], communes, mairies)
        if table is None:
            continue
        tables[number] = table
        mairies = _mairies(table) if mairies is None else mairies
    _forget_the_others(ledger, {each.category for each in sections if each.sample})
    return _stacked([tables[number] for number in sorted(tables)]) if len(tables) == len(sections) else None


def _one(
    ledger: Ledger,
    number: int,
    section: ServicesSection,
    communes: gpd.GeoDataFrame,
    mairies: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame | None:
    """Return the services of one section, or None after keeping its problem."""
    table: gpd.GeoDataFrame | None
    if section.sample:
        table = _sampled_services(ledger, communes, section.category)
    else:
        key = ("services", number, "path")
        options = {**section.options, "category": section.category, "layout": section.layout, "spread": section.spread}
        if section.types is not None:
            at = ("services", number, "types")
            options["types"] = ledger.tried(at, partial(ledger.found, *at))
        read = partial(read_services, communes=communes, mairies=mairies, clip=section.clip, **options)
        table = ledger.table(key, section.source, read)
    return table if section.accessibility is None or table is None else _with_entrances(ledger, number, table)


def _with_entrances(ledger: Ledger, number: int, services: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the services with what acceslibre says of their entrances, how they matched said; None after a problem."""
    at = ("services", number, "accessibility")
    path = ledger.tried(at, partial(ledger.found, *at))
    found: gpd.GeoDataFrame | None = None if path is None else ledger.tried(at, partial(entrances, path, services))
    if found is not None:
        section = dotted(at[:-1])
        ledger.said[section] = (*ledger.said.get(section, ()), *found.attrs.pop("read_notes"))
        ledger.beside(found, "step_free", *at)
    return found


def reference_of(ledger: Ledger) -> pd.DataFrame | None:
    """Return the published figures of all files, their sources kept; None where none is named, or after a problem."""
    section = ledger.settings.reference
    if section is None:
        return None
    tables, notes = [], []
    for number in range(len(section.paths)):
        at: Key = ("reference", "path") if isinstance(section.path, str) else ("reference", "path", number)
        table: pd.DataFrame | None = ledger.read(at, partial(read_reference, encoding=section.encoding))
        if table is None:
            continue
        known = table.attrs["beside"]["reference"]
        dates = sorted(set(table["vintage"].dropna().astype(str))) or [known.get("vintage", "")]
        known = {**known, "vintage": ", ".join(dates)}
        source = ledger.credit(ledger.found(*at), section.source, "reference", **known)
        ledger.sources.append(source)
        notes += table.attrs["read_notes"]
        tables.append(table.assign(vintage=table["vintage"].fillna(source.vintage or pd.NA)))
    ledger.said["reference"] = tuple(notes)
    return pd.concat(tables, ignore_index=True) if len(tables) == len(section.paths) else None


def _sampled_services(ledger: Ledger, communes: gpd.GeoDataFrame, category: str | None) -> gpd.GeoDataFrame:
    """Return the services of the sample, of one category where it is named; incomplete away from its own territory."""
    from accessmap.sample import sample_communes, sample_services

    table = sample_services()
    kept = table if category is None else table[table["category"] == category]
    typed = [name for name in kept["category"].unique() if name != "mairie"]
    known = sample_communes()["in_territory"]  # where the lists that were typed by hand are complete
    if typed and not known.reindex(communes.index[communes["in_territory"]]).all():
        ledger.notes.append(_incomplete(typed, Words(ledger.settings.study.lang)))
        reason = CAUTIONS[category]
        sections = [each.category if each.sample else "" for each in ledger.settings.services]
        key = ("services", sections.index(category)) if category in sections else ("communes",)
        ledger.cautions.append(ledger.file.problem(reason, *key))
    return kept


def _forget_the_others(ledger: Ledger, kept: set[str | None]) -> None:
    """Drop what was noted of services of the sample that the study does not take."""
    from accessmap.sample import sample_services

    if not ledger.settings.communes.sample or None in kept:
        return
    table = sample_services()
    others = table.index[~table["category"].isin(kept)]
    ledger.notes = [notes[~((notes["table"] == "services") & notes["id"].isin(others))] for notes in ledger.notes]


def _stacked(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return all services as one table; an id that stands in two files gets the number of its section before it."""
    seen: set[str] = set()
    parts = []
    for number, table in enumerate(tables, start=1):
        if seen & set(table.index):
            table = table.set_axis(pd.Index([f"{number}-{key}" for key in table.index], name=table.index.name))
        seen |= set(table.index)
        parts.append(table)
    if len(parts) == 1:
        return parts[0]
    every = gpd.GeoDataFrame(pd.concat(parts), crs=parts[0].crs)
    if "step_free" in every:  # a file that says nothing of it is stacked on one that does
        every["step_free"] = every["step_free"].fillna("unknown")
    return every


def _incomplete(typed: list[str], words: Words) -> pd.DataFrame:
    """Return a note by category typed by hand: complete around the Pays Chaunois, perhaps not elsewhere."""
    rows = [
        ("services", category, pd.NA, words("studyfile_sample_incomplete"), words("studyfile_sample_add"))
        for category in typed
    ]
    return pd.DataFrame(rows, columns=list(NOTE_COLUMNS))


_NAMED = 3
# The lists of the sample that were typed by hand, and what is said where they are used elsewhere.
CAUTIONS = {
    None: "studyfile_caution_sample",
    "france_services": "studyfile_caution_sample_france_services",
    "hospital": "studyfile_caution_sample_hospital",
}


def communes_of(ledger: Ledger, *, country: bool = False) -> gpd.GeoDataFrame | None:
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
        counted = people_of(ledger.settings)
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
