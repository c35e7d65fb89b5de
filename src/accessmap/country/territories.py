"""A whole country in parts: every territory computed apart, proven, written whole, and not again while it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.country.certified import Sites
from accessmap.country.parts import TABLES, Country
from accessmap.country.running import here, in_processes, on_dask
from accessmap.errors import OptionError, Problem
from accessmap.measures.resilience import site_places
from accessmap.read.counts import counted, places_of_counts
from accessmap.tables.contracts import moving
from accessmap.tables.departments import department, department_name
from accessmap.words.notes import Note, first_few
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    from accessmap.study.study import Study

By = Literal["department", "epci", "tiles"]
TILE_METRES = 50_000
INPUTS = "inputs"
"""The folder of the study itself beside its parts: what the study of one territory is cut from."""
NO_EPCI = "none"
"""The territory of the communes that are in no EPCI, or of none that is known."""


def national(
    study: Study | str | Path,
    out: str | Path,
    *,
    by: By = "department",
    nearest: int = 1,
    buffer_km: float = 40.0,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return what became of every territory of a country: one row a territory, its tables written as Parquet.

    Each is computed on the roads around it, so far that every time is proven to be that of the whole network: the union
    of all equals one computation over the country, resident by resident. What is there already, whole and of the same
    inputs, is kept: a run that was stopped goes on, and a changed input costs the territories that depend on it.

    Parameters
    ----------
    study
        A study, or the path of a study.toml: communes, residents, services of every kind, roads. The communes of its
        territory (all, where it names none) are reported, those around only lend their services.
    out
        Folder. Of every territory: `cells` (residents with minutes to the nearest of each kind, and its id; GeoParquet
        of points), `communes` (with people and minutes to the baskets; GeoParquet), `access` (communes × kinds:
        minutes, people who reach none, shares within the thresholds, share who go outside the territory) and `summary`
        (kinds: imbalance, coverage, share outside), each as `cells/territory=02/cells.parquet`; and its record with
        hashes, inputs, sources and version, `parts/02.json`. And `inputs`, the study itself.
    by
        What a territory is: "department", "epci" or "tiles" (squares of 50 km).
    nearest
        How many of the nearest of each kind.
    buffer_km
        How far around a territory roads are searched at the first; what is not proven there is searched further.
    workers
        Processes of this machine; by default as many as fit in its memory, by the peak of the first, and in its cores.
        1 computes in this process. The bytes that are written are the same.
    scheduler
        Address of a Dask cluster ("tcp://…") whose workers see `out` under the same path and have `accessmap[dask]`.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        By code of territory: name, state ("computed", "kept" or "failed") and error (empty, or what went wrong: the
        others are whole).

    Raises
    ------
    OptionError
        Where an option is none, no resident lives in a commune of a territory, Dask is not installed, or the folder
        holds parts of other territories: those of another `by`, or of another country.
    StudyFileError, TableError
        Where the description is wrong.

    Examples
    --------
    >>> import tempfile, accessmap as am
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = am.national(am.load_sample(), folder, by="epci", workers=1)
    ...     summary = pd.read_parquet(f"{folder}/summary")
    >>> parts["state"].unique().tolist(), "pharmacy" in summary.index
    (['computed'], False)
    """
    if workers is not None and not (isinstance(workers, int) and workers >= 1):
        raise OptionError(Problem("national_workers", value=workers))
    study = _study(study)
    country = country_of(study, by=by, nearest=nearest, buffer_km=buffer_km)
    _check_parts(country, Path(out))
    study.save(Path(out, INPUTS))  # first: where nothing can be written there, nothing is computed
    return run(country, Path(out), workers=workers, scheduler=scheduler, progress=progress)


def _check_parts(country: Country, out: Path) -> None:
    """Refuse a folder with parts of other territories: whoever reads it whole would count people twice."""
    there = {path.name.partition("=")[2] for table in TABLES for path in (out / table).glob("territory=*")}
    others = sorted(there - set(country.territories))
    if others:
        raise OptionError(Problem("national_other_parts", value=str(out), n=len(others), names=first_few(others)))


def run(
    country: Country, out: Path, *, workers: int | None = 1, scheduler: str | None = None, progress: bool = False
) -> pd.DataFrame:
    """Return what became of every territory of a country, as `national` does."""
    with progress_bar(Note("progress_national"), len(country.territories), shown=progress) as done:
        if scheduler is not None:
            states = on_dask(country, out, done, scheduler=scheduler)
        elif workers == 1 or len(country.territories) < 2:
            states = here(country, out, done)
        else:
            states = in_processes(country, out, done, workers=workers)
    table = pd.DataFrame.from_dict(states, orient="index", columns=["state", "error"])
    table.insert(0, "name", [country.names[code] for code in table.index])
    return table.rename_axis("territory").sort_index()


def _study(study: Study | str | Path) -> Study:
    if not isinstance(study, str | Path):
        return study
    from accessmap.studyfile.loading import loaded
    from accessmap.studyfile.reading import read_settings

    return loaded(read_settings(study), country=True).study


def country_of(study: Study, *, by: By = "department", nearest: int = 1, buffer_km: float = 40.0) -> Country:
    """Return the country that a study describes, its communes in territories."""
    if not isinstance(nearest, int) or nearest < 1:
        raise OptionError(Problem("nearest_k_below_1", value=nearest))
    if not 0 < buffer_km < np.inf:
        raise OptionError(Problem("national_buffer", value=buffer_km))
    network = study.network
    communes = study.communes.to_crs(network.crs)
    territory, names = territories_of(communes[communes["in_territory"]], by)
    fixed = study.services[~moving(study.services)]  # a bus is no site that is there every day
    services = site_places(fixed, study.communes)[["commune"]].assign(category=fixed["category"])
    told = services.assign(territory=services["commune"].map(territory))
    homes = study.residents.geometry.to_crs(network.crs).to_numpy()
    residents = study.residents[["commune", "population"]]
    residents = gpd.GeoDataFrame(residents, geometry=homes, crs=network.crs)
    if not residents["commune"].isin(territory.index).any():
        raise OptionError(Problem("national_nobody"))
    return Country(
        communes,
        residents,
        services,
        sites_of(fixed, services, told, study.mairies, communes, residents),
        network,
        territory,
        names,
        nearest,
        study.thresholds,
        buffer_km * 1000,
        study.credit,
    )


def sites_of(
    fixed: gpd.GeoDataFrame,
    services: pd.DataFrame,
    told: pd.DataFrame,
    mairies: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
) -> Sites:
    """Return where services stand: those of which a commune's count is all that is known, spread inside it.

    Parameters
    ----------
    fixed
        Services that do not move.
    services
        Their communes.
    told
        What the results tell of them.
    mairies, communes, residents
        Around which, inside which, and among whom.
    """
    known = fixed.geometry.to_crs(communes.crs)
    xy, own = np.column_stack([known.x, known.y]), np.arange(len(fixed))
    by_count = counted(fixed).to_numpy() & services["commune"].isin(communes.index).to_numpy()
    if not by_count.any():
        return Sites.of(told, xy, own, own)
    code = services["commune"][by_count].astype(str)
    rows = fixed[by_count]
    found = places_of_counts(rows["capacity"], code, rows["category"], communes, mairies, residents)
    place = np.concatenate([own[~by_count], len(fixed) + found.place])
    service = np.concatenate([own[~by_count], own[by_count][found.row]])
    order = np.argsort(service, kind="stable")
    points = np.column_stack([found.points.x, found.points.y])
    return Sites.of(told, np.vstack([xy, points]), place[order], service[order])


def territories_of(communes: gpd.GeoDataFrame, by: By) -> tuple[pd.Series, dict[str, str]]:
    """Return the code of the territory of each commune, and the names of territories by code."""
    if by == "department":
        territory = pd.Series([department(code) for code in communes.index], communes.index)
        return territory, {code: department_name(code) for code in territory.unique()}
    if by == "epci":
        territory = communes["epci"].fillna(NO_EPCI).astype(str)
        names = communes["epci_name"] if "epci_name" in communes else communes["epci"]
        return territory, dict(zip(territory, names.fillna(territory).astype(str), strict=True))
    if by == "tiles":
        middle = communes.geometry.representative_point()
        steps = (np.floor(each / TILE_METRES).astype(int) for each in (middle.x, middle.y))
        territory = pd.Series([f"{x}_{y}" for x, y in zip(*steps, strict=True)], communes.index)
        return territory, {code: code for code in territory.unique()}
    raise OptionError(Problem("national_by", value=by, known=", ".join(get_args(By))))
