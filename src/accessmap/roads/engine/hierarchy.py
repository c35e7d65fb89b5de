"""The prepared graph: nodes in an order in which every quickest way first climbs and then descends.

After contraction each arc or shortcut joins a node to one contracted later, "above" it, and every quickest way has an
equal one that climbs along arcs and then descends along arcs. Nodes are numbered so that all above a node come before
it, and otherwise as near as may be to the order of space: a sweep over ascending numbers meets every node after all
that it hangs from, and finds their times in the processor's cache.

Source: D. Delling, A. V. Goldberg, A. Nowatzyk and R. F. Werneck, PHAST: Hardware-Accelerated Shortest Path Trees,
IPDPS 2011, 921-931 (reordered here depth first, not level by level).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: Not reached, in int32 and in int64: two of them do not pass the type.
INF32, INF64 = 2**30 - 1, 2**61

_UInt32 = npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Side:
    """The arcs of one direction between each node and those above it.

    Parameters
    ----------
    indptr
        uint32 (n + 1). Unsigned, as kernels need not ask of such an index whether it counts from the end.
    above
        uint32 (m): the node above.
    ms
        int32 or int64 (m).
    """

    indptr: _UInt32
    above: _UInt32
    ms: npt.NDArray[np.integer[Any]]

    @property
    def arrays(self) -> tuple[_UInt32, _UInt32, npt.NDArray[np.integer[Any]]]:
        """The three arrays."""
        return self.indptr, self.above, self.ms


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A prepared graph.

    Parameters
    ----------
    place
        uint32 (n): the number in the hierarchy of each node of the graph.
    up
        Arcs that climb, from each node.
    down
        Arcs that descend, to each node.
    longest
        A bound, ms, of the sum along any way that climbs and descends, quickest or not.
    """

    place: _UInt32
    up: Side
    down: Side
    longest: int
