"""The study of one territory, cut from what a national run was made of: its tables and roads, and a study.toml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.categories import CATEGORIES, Lang
from accessmap.country.territories import INPUTS
from accessmap.errors import Problem, SnapError, StudyError
from accessmap.files import read_json
from accessmap.provenance import Source
from accessmap.read.counts import spread_counts
from accessmap.roads.cutting import cut
from accessmap.roads.network import RoadNetwork
from accessmap.study.saved import read_part
from accessmap.study.study import Study
from accessmap.studyfile.communes import official_title
from accessmap.studyfile.template import placed, rendered
from accessmap.words.near import Categories, near_matches
from accessmap.words.words import Words

#: Around the territory, kilometres: as far as a national run looks at the first.
AROUND_KM: Final = 40.0
ALONGSIDE: Final = 6
#: What floating point may make of the same minutes.
HAIR: Final = 0.001
#: What a dossier is about where it is not said: the first of these whose nearest sites are all at hand.
FIRST: Final = ("france_services", "pharmacy", "general_practitioner", "post_office", "mairie")


@dataclass(frozen=True, eq=False)
class Start:
    """A study of its own, and what stands in the file that describes it.

    Parameters
    ----------
    study
        The territory and what is around it.
    title, category, alongside
        Of the dossier.
    far
        Categories that are left out: some residents of the territory have one nearer than those of what is cut.
    """

    study: Study
    title: str
    category: str
    alongside: tuple[str, ...]
    far: tuple[str, ...]


def start(
    folder: Path,
    territory: Sequence[str],
    *,
    around_km: float = AROUND_KM,
    category: str | None = None,
    title: str = "",
) -> Start:
    """Return the study of a territory, cut from the inputs of a national run with so many kilometres around.

    Services known by their count are spread inside their communes, as the run has them. Of the categories that
    accessmap has words for (all, where it has none), those stay that every resident of the territory reaches in what is
    cut out as quickly as in the whole country: of the others something nearer lies beyond.

    Raises
    ------
    StudyFileError
        Where a name is that of no EPCI or commune, with near matches.
    StudyError
        Where the folder holds no run, a category is none of it, or its nearest sites are beyond.
    """
    if not (folder / INPUTS).is_dir():
        raise StudyError(Problem("country_page_nothing", value=str(folder)))
    named: list[str] = []
    codes: list[str] = []

    def kept(communes: gpd.GeoDataFrame) -> pd.Index:
        nonlocal codes, named
        found, named = placed(communes, territory)
        codes = [str(code) for code in found]
        land = communes.geometry[communes.index.isin(codes)].union_all().buffer(around_km * 1000)
        rows = np.sort(communes.sindex.query(land, predicate="intersects"))
        near: pd.Index = communes.index[rows]
        return near

    whole = read_part(folder / INPUTS, kept)
    communes = whole["communes"]
    communes = communes.assign(in_territory=communes.index.isin(codes))
    known = sorted(whole["categories"])
    kinds = [kind for kind in CATEGORIES if kind in known] or known
    if category is not None and category not in known:
        near = near_matches(category, known)
        told: dict[str, Any] = {"category": Categories.of([category]), "known": Categories.of(known)}
        raise StudyError(Problem("studyfile_unknown_category", near=near, **told))
    kinds = list(dict.fromkeys([*kinds, *([category] if category else [])]))
    residents = whole["residents"]
    services = whole["services"][whole["services"]["category"].isin(kinds)]
    services = spread_counts(services, communes, services[services["category"] == "mairie"], residents)
    networks = {mode: _cut(network, communes) for mode, network in whole["networks"].items()}
    homes = residents[residents["commune"].isin(codes)]
    far = _far(folder, homes, services, kinds, networks[next(iter(networks))])
    if category in far:
        raise StudyError(Problem("start_far", value=category, km=f"{around_km:g}"))
    services = services[~services["category"].isin(far)]
    chosen = category or next((kind for kind in FIRST if _inside(services, kind, codes)), "")
    chosen = chosen or next((kind for kind in kinds if kind not in far), "")
    if not chosen:
        raise StudyError(Problem("start_far", value=", ".join(far), km=f"{around_km:g}"))
    here = set(services["category"])
    study = Study(
        communes,
        residents,
        services.dropna(axis="columns", how="all"),
        networks=networks,
        title=title or official_title(communes, " · ".join(named), territory),
        thresholds=whole["thresholds"],
        provenance=whole["provenance"],
        cautions=whole["cautions"],
    )
    beside = [kind for kind in kinds if kind in here and kind not in (chosen, "mairie")]
    return Start(study, study.title, chosen, tuple(beside[:ALONGSIDE]), tuple(far))


def write_start(
    made: Start, at: Callable[[str], Path], folder: str, territory: Sequence[str], *, file: str, lang: Lang
) -> str:
    """Write the tables and roads of a study, and return the text of the study.toml beside the folder that holds them.

    `at` says where to write a file of the folder.
    """
    study, words = made.study, Words(lang)
    sources = {name: source for source in study.credit.sources for name in source.of}

    def named(name: str) -> str:
        return f"{folder}/{name}"

    study.communes.drop(columns="in_territory").to_parquet(at("communes.parquet"))
    study.residents.to_parquet(at("habitants.parquet"))
    services = []
    by_source = study.services["category"].map(lambda kind: sources.get(f"services.{kind}"))
    for number, (source, table) in enumerate(_parts(study.services, by_source), 1):
        name = f"services-{number}.parquet"
        table.to_parquet(at(name))
        services.append({"path": named(name), "source": _credit(source)})
    roads = {}
    for mode, network in study.networks.items():
        assert isinstance(network, RoadNetwork)
        roads[mode] = named(network.save(at(f"routes-{mode}.roads")).name)
    return rendered(
        "national.toml.j2",
        say=words,
        file=file,
        lang=lang,
        title=made.title,
        territory=list(territory),
        thresholds=list(study.thresholds),
        communes={"path": named("communes.parquet"), "source": _credit(sources.get("communes"))},
        residents={"path": named("habitants.parquet"), "source": _credit(sources.get("residents"))},
        services=services,
        roads=roads,
        category=made.category,
        alongside=list(made.alongside),
        far=made.far,
    )


def _far(
    folder: Path, homes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, kinds: Sequence[str], network: RoadNetwork
) -> list[str]:
    """Return the kinds to which some of these residents take longer, among these services, than the run found."""
    import pyarrow.dataset as ds

    wanted = set(homes["commune"])
    parts = [cells for cells, codes in _parts_of_run(folder) if wanted & codes]
    known = pd.DataFrame(index=homes.index)  # a part that was not computed knows nothing
    if parts:
        cells = ds.dataset(parts, format="parquet")
        columns = [homes.index.name, *(kind for kind in kinds if kind in cells.schema.names)]
        found = cells.to_table(columns=columns, filter=ds.field("commune").isin(sorted(wanted))).to_pandas()
        known = (found.set_index(homes.index.name) if homes.index.name in found else found).reindex(homes.index)
    points = homes.geometry.to_crs(network.crs)
    far = []
    for kind in kinds:
        sites = services.geometry[services["category"] == kind].to_crs(network.crs)
        if sites.empty:
            far.append(kind)
        elif kind in known and known[kind].notna().any():
            try:
                minutes = network.nearest_minutes(points, sites)[0][:, 0]
            except SnapError:  # none of these sites is near a road
                far.append(kind)
                continue
            if not (np.isnan(known[kind]) | (minutes <= known[kind] + HAIR)).all():
                far.append(kind)
    return far


def _parts_of_run(folder: Path) -> list[tuple[str, set[str]]]:
    """Return of every part that a run has the file of its cells, and the codes of its communes."""
    parts = []
    for record in sorted((folder / "parts").glob("*.json")):
        at = {Path(each).parts[0]: folder / each for each in read_json(record)["files"]}
        parts.append((str(at["cells"]), set(pd.read_parquet(at["communes"], columns=[]).index)))
    return parts


def _inside(services: gpd.GeoDataFrame, kind: str, codes: Sequence[str]) -> bool:
    return bool(((services["category"] == kind) & services["commune"].isin(codes)).any())


def _cut(network: Any, communes: gpd.GeoDataFrame) -> RoadNetwork:
    """Return the roads of these communes; a network that is no roads alone cannot be cut."""
    if not isinstance(network, RoadNetwork):
        raise StudyError(Problem("start_journeys"))
    west, south, east, north = communes.to_crs(network.crs).total_bounds
    return cut(network, (west, south, east, north)).network


def _parts(services: gpd.GeoDataFrame, source: pd.Series) -> list[tuple[Source | None, gpd.GeoDataFrame]]:
    """Return the services of each source, those of none last."""
    known = list(dict.fromkeys(source.dropna()))
    parts: list[tuple[Source | None, gpd.GeoDataFrame]] = [
        (each, services[source.map(lambda own, each=each: own == each).to_numpy(dtype=bool)]) for each in known
    ]
    return [*parts, *([(None, services[source.isna()])] if source.isna().any() else [])]


def _credit(source: Source | None) -> dict[str, str]:
    if source is None:
        return {}
    told = {name: getattr(source, name) for name in ("title", "publisher", "licence", "vintage")}
    return {name: value for name, value in told.items() if value}
