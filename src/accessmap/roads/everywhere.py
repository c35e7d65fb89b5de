"""The nearest destination of each kind from every node, streamed to Parquet one kind at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problems
from accessmap.files import draft_of
from accessmap.roads.engine.threads import Team, thread_count
from accessmap.roads.snapping import ending_at
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    import pyarrow as pa

    from accessmap.provenance import Provenance
    from accessmap.roads.graph import RoadGraph

NODES = "nodes"
#: Rows of a group, which is written and read as one.
ROWS = 1 << 20
#: Bytes that a kind at work fills for each node, and all of them together may.
_NODE_BYTES, _ALL_BYTES = 32, 1_500_000_000


def write_nearest(
    roads: RoadGraph,
    destinations: Mapping[str, npt.ArrayLike],
    folder: Path,
    provenance: Provenance,
    *,
    progress: bool = False,
) -> Path:
    """Write what `RoadNetwork.nearest_everywhere` says, and return the folder."""
    _check(destinations, folder)
    kinds = {kind: pd.unique(roads.numbers(ids)) for kind, ids in destinations.items()}
    roads.router.expect(len(kinds))
    threads = max(1, min(thread_count(), _ALL_BYTES // (_NODE_BYTES * max(1, len(roads.nodes)))))
    with (
        draft_of(folder) as draft,
        Team(threads) as team,
        progress_bar(Note("progress_travel_times"), len(kinds), shown=progress) as done,
    ):
        draft.mkdir()
        roads.nodes[["lon", "lat"]].rename_axis("node").to_parquet(draft / f"{NODES}.parquet", compression="zstd")

        def write(some: slice) -> None:
            for kind in names[some]:
                _write(roads, kinds[kind], draft / f"{kind}.parquet", provenance.as_json(kind=kind))
                done()

        names = list(kinds)
        team.run(write, len(names), most=1)
    return folder


def _check(destinations: Mapping[str, npt.ArrayLike], folder: Path) -> None:
    problems = Problems()
    if folder.exists():
        problems.add("roads_everywhere_taken", where=str(folder))
    seen = {NODES}
    for kind in destinations:
        if not isinstance(kind, str) or not re.fullmatch(r"\w[\w -]*", kind) or kind.casefold() in seen:
            problems.add("roads_everywhere_kind", where="destinations", value=kind)
        seen.add(str(kind).casefold())
    problems.raise_if_any(NetworkError, "nearest_everywhere")


def _write(roads: RoadGraph, numbers: npt.NDArray[np.int64], path: Path, about: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = roads.router.nearest(ending_at(roads.grown, numbers))
    minutes, which = (roads.grown.begun(each)[:, 0] for each in found)
    none = which < 0
    ids: pa.Array = pa.array(roads.nodes.index[numbers])
    columns = {
        "nearest": pa.DictionaryArray.from_arrays(pa.array(which, mask=none), ids),
        "minutes": pa.array(minutes, mask=none),
    }
    table = pa.table(columns).replace_schema_metadata({"accessmap": about})
    # The fastest level takes a tenth more room than the usual one, and half its time.
    pq.write_table(
        table, path, compression="zstd", compression_level=1, use_dictionary=["nearest"], row_group_size=ROWS
    )
