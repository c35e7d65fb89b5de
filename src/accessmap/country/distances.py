"""Minutes between all pairs of places that are near each other, streamed to one Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from accessmap.errors import OptionError, Problem, TableError
from accessmap.files import draft_of
from accessmap.study.travel import CHUNK_BYTES, check_network, row_blocks
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.roads.network import RoadNetwork


def distances(
    places: gpd.GeoDataFrame,
    network: RoadNetwork,
    path: str | Path,
    *,
    to: gpd.GeoDataFrame | None = None,
    within: float = 60.0,
    progress: bool = False,
) -> Path:
    """Return the Parquet file with one row a pair of places within so many minutes: origin, destination, minutes.

    What is written is in the order of `places`, then of `to`, a block of origins at a time: memory does not grow with
    the number of pairs. The file appears whole or not at all.

    Parameters
    ----------
    places
        Points, by id: the mairies of all communes, for instance, by code of commune.
    network
        The roads.
    path
        Where to write. Columns: origin and destination (the ids, as dictionaries) and minutes (float32, the joining
        legs included). Its metadata "accessmap" name the roads, their sources, and `within`.
    to
        Other destinations than the places themselves.
    within
        Minutes; pairs further apart have no row. A place is 0 minutes from itself.
    progress
        Show a progress bar on standard error, or in the notebook.

    Raises
    ------
    TableError
        Where an id comes twice or is missing, or a geometry is no point.
    OptionError
        Where `within` is not a number above 0.
    SnapError
        Where not one place is near the network.
    WriteError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile, pandas as pd, accessmap as am
    >>> study = am.load_sample()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = am.distances(study.mairies, study.network, f"{folder}/minutes.parquet", within=10)
    ...     pd.read_parquet(path).columns.to_list()
    ['origin', 'destination', 'minutes']
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_network(network, "distances")
    if not within > 0:
        raise OptionError(Problem("distances_within", where="within", value=within))
    ends = places if to is None else to
    for table, name in ((places, "places"), (ends, "to")):
        _check_places(table, name)
    trips = network.trips(places.geometry, ends.geometry)
    names = [pa.array(table.index.astype(str), pa.string()) for table in (places, ends)]
    schema = pa.schema(
        [
            pa.field("origin", pa.dictionary(pa.int32(), pa.string())),
            pa.field("destination", pa.dictionary(pa.int32(), pa.string())),
            pa.field("minutes", pa.float32()),
        ],
        metadata={"accessmap": network.provenance.as_json(within=within)},
    )
    rows = row_blocks(len(places), len(ends), CHUNK_BYTES // 8)
    with (
        draft_of(path) as draft,
        pq.ParquetWriter(draft, schema, compression="zstd") as file,
        progress_bar(Note("progress_distances"), len(rows), shown=progress) as done,
    ):
        for some in rows:
            minutes = trips.minutes(within, some)
            origin, destination = np.nonzero(~np.isnan(minutes))
            columns = [
                pa.DictionaryArray.from_arrays((origin + some.start).astype("int32"), names[0]),
                pa.DictionaryArray.from_arrays(destination.astype("int32"), names[1]),
                minutes[origin, destination],
            ]
            file.write_table(pa.table(columns, schema=schema))
            done()
    return Path(path)


def _check_places(table: gpd.GeoDataFrame, name: str) -> None:
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise TableError(Problem("distances_twice", where=name, value=str(twice[0]), n=len(twice)))
    other = table.index[(table.geom_type != "Point") | table.geometry.is_empty | table.index.isna()]
    if len(other):
        raise TableError(Problem("distances_no_point", where=name, value=str(other[0]), n=len(other)))
