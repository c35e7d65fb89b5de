"""A whole country in parts: every territory computed apart, proven, written whole, and not again while it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.country.certified import Sites
from accessmap.country.parts import Country, is_whole, write_part
from accessmap.errors import OptionError, Problem
from accessmap.measures.resilience import site_places
from accessmap.tables.contracts import moving
from accessmap.tables.departments import department, department_name
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    from accessmap.study.study import Study

By = Literal["department", "epci", "tiles"]
TILE_METRES = 50_000
NO_EPCI = "none"
"""The territory of the communes that are in no EPCI, or of none that is known."""
KEPT, COMPUTED, FAILED = "kept", "computed", "failed"


def national(
    study: Study | str | Path,
    out: str | Path,
    *,
    by: By = "department",
    nearest: int = 1,
    buffer_km: float = 40.0,
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
        hashes, inputs, sources and version, `parts/02.json`.
    by
        What a territory is: "department", "epci" or "tiles" (squares of 50 km).
    nearest
        How many of the nearest of each kind.
    buffer_km
        How far around a territory roads are searched at the first; what is not proven there is searched further.
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
        Where an option is none, or no resident lives in a commune of a territory.
    StudyFileError, TableError
        Where the description is wrong.

    Examples
    --------
    >>> import tempfile, accessmap as am
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = am.national(am.load_sample(), folder, by="epci")
    ...     summary = pd.read_parquet(f"{folder}/summary")
    >>> parts["state"].unique().tolist(), "pharmacy" in summary.index
    (['computed'], False)
    """
    country = country_of(_study(study), by=by, nearest=nearest, buffer_km=buffer_km)
    return run(country, Path(out), progress=progress)


def run(country: Country, out: Path, *, progress: bool = False) -> pd.DataFrame:
    """Return what became of every territory, computed in this process."""
    codes = country.territories
    rows = {}
    with progress_bar(Note("progress_national"), len(codes), shown=progress) as done:
        for code in codes:
            rows[code] = _one(country, code, out)
            done()
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["state", "error"])
    table.insert(0, "name", [country.names[code] for code in table.index])
    return table.rename_axis("territory").sort_index()


def _one(country: Country, code: str, out: Path) -> tuple[str, str]:
    """Return the state of a territory after it was looked at, and what went wrong."""
    if is_whole(country, code, out):
        return KEPT, ""
    try:
        write_part(country, code, out)
    except Exception as error:  # whatever it is, the other territories can do without this one
        return FAILED, f"{type(error).__name__}: {error}"
    return COMPUTED, ""


def _study(study: Study | str | Path) -> Study:
    if not isinstance(study, str | Path):
        return study
    from accessmap.studyfile.loading import load_study

    return load_study(study)


def country_of(study: Study, *, by: By = "department", nearest: int = 1, buffer_km: float = 40.0) -> Country:
    """Return the country that a study describes, its communes in territories."""
    if not isinstance(nearest, int) or nearest < 1:
        raise OptionError(Problem("nearest_k_below_1", value=nearest))
    if not 0 < buffer_km < np.inf:
        raise OptionError(Problem("national_buffer", value=buffer_km))
    network = study.network
    communes = study.communes.to_crs(network.crs)
    territory, names = _territories(communes[communes["in_territory"]], by)
    fixed = study.services[~moving(study.services)]  # a bus is no site that is there every day
    services = site_places(fixed, study.communes)[["commune"]]
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
        Sites.of(fixed, network, told),
        network,
        territory,
        names,
        nearest,
        study.thresholds,
        buffer_km * 1000,
        study.credit,
    )


def _territories(communes: gpd.GeoDataFrame, by: By) -> tuple[pd.Series, dict[str, str]]:
    """Return the territory of each commune, and the names of territories."""
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
