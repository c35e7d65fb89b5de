"""Land that is only reached by private roads or through private gates: its roads are no way through either."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.tables import IntArray, Segments, cut_at

Bools = npt.NDArray[np.bool_]


def barred_roads(
    segments: Segments, ways: pd.DataFrame, nodes: pd.DataFrame, *, barriers: IntArray, gates: IntArray
) -> tuple[Segments, pd.DataFrame, pd.DataFrame]:
    """Return pieces, ways and nodes with roads ending at what bars the way, and land behind gates no way through.

    A gate for some only is shut between two pieces of public road, to all: those who have its key and would pass are
    few, and those who live there have their road. At the edge of land that has no other way in it is open, since who
    begins or ends a trip there has the key.

    Parameters
    ----------
    segments, ways, nodes
        The network; a way of which a part lies inside comes twice in what is returned.
    barriers, gates
        Positions of the nodes that nobody may pass, and of those that only some may.
    """
    segments, nodes = cut_at(barriers, segments, nodes)
    through = (ways["through_forward"] | ways["through_backward"]).to_numpy(dtype=bool)[segments.way]
    if through.all() and not len(gates):
        return segments, ways, nodes
    inside = _inside(segments, through, gates)
    public = through & ~inside
    sides = np.bincount(np.concatenate([segments.start[public], segments.end[public]]), minlength=len(nodes))
    parts, number = np.unique(segments.way[inside], return_inverse=True)
    way = segments.way.copy()
    way[inside] = len(ways) + number
    copies = ways.iloc[parts].assign(through_forward=False, through_backward=False)
    segments, nodes = cut_at(gates[sides[gates] > 1], Segments(segments.start, segments.end, way), nodes)
    return segments, pd.concat([ways, copies], ignore_index=True), nodes


def _inside(segments: Segments, through: Bools, gates: IntArray) -> Bools:
    """Whether each piece is public by its tags, and yet cut off by private ones from the largest public part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inside = np.zeros(len(through), dtype=bool)
    public = np.flatnonzero(through)
    count = 1 + int(max(segments.start.max(initial=0), segments.end.max(initial=0), gates.max(initial=0)))
    gated = np.zeros(count, dtype=bool)
    gated[gates] = True
    # At a gate every piece ends in a node of its own.
    ends = [end[public].astype(np.int32) for end in (segments.start, segments.end)]
    size = count
    for side in ends:
        at = np.flatnonzero(gated[side])
        side[at] = np.arange(size, size + len(at))
        size += len(at)
    graph = coo_array((np.ones(len(public), dtype=np.int8), tuple(ends)), shape=(size, size)).tocsr()
    _, part = connected_components(graph, directed=False)
    del graph
    of_piece = part[ends[0]]
    if not len(of_piece):
        return inside
    # Parts that a private road or a gate leads to.
    private = np.zeros(count, dtype=bool)
    private[segments.start[~through]] = private[segments.end[~through]] = True
    touched = np.zeros(len(part), dtype=bool)
    for end in (segments.start, segments.end):
        touched[of_piece[(private | gated)[end[public]]]] = True
    largest = int(np.bincount(of_piece).argmax())
    inside[public] = touched[of_piece] & (of_piece != largest)
    return inside
