"""Which rule forbids a way that would be quicker, in words: a turn, a road that is no way through, or turning round."""

import numpy as np

from accessmap.roads.graph import RoadGraph
from accessmap.words.notes import Figure, Note


def forbidden(roads: RoadGraph, edges: list[int], saved: float) -> Note:
    """Return the first rule that a way breaks, and the minutes that it would save.

    Parameters
    ----------
    roads
        With their rules.
    edges
        Rows of the edges of the way, as they are driven.
    saved
        Minutes.
    """
    seconds = Figure.of(saved * 60)
    tails, heads, _ = roads.arcs
    nodes = [int(tails[edges[0]]), *(int(heads[edge]) for edge in edges)]
    if roads.turns is not None:
        ids = roads.nodes.index
        known = dict(zip(map(tuple, roads.turns["nodes"]), range(len(roads.turns)), strict=True))
        way = [ids[node] for node in nodes]
        for size in sorted(set(map(len, known))):
            for at in range(len(way) - size + 1):
                row = known.get(tuple(way[at : at + size]))
                if row is not None:
                    before, after = _name(roads, edges[at]), _name(roads, edges[at + size - 2])
                    turn = roads.turns.iloc[row]
                    why = ", ".join(str(turn[name]) for name in ("kind", "source") if name in turn)
                    return Note("roads_direct_way_turn", seconds=seconds, before=before, after=after, why=why)
    if "through" in roads.edges:
        open_ = roads.edges["through"].to_numpy("bool")[edges]
        public = np.flatnonzero(open_)
        crossed = [at for at in range(len(edges)) if not open_[at] and len(public) and public[0] < at < public[-1]]
        if crossed:
            return Note("roads_direct_way_through", seconds=seconds, road=_name(roads, edges[crossed[0]]))
    return Note("roads_direct_way_round", seconds=seconds)


def _name(roads: RoadGraph, edge: int) -> Note:
    name = roads.edges["name"].iloc[edge] if "name" in roads.edges else ""
    return Note.plain(str(name)) if isinstance(name, str) and name else Note("cli_explain_unnamed")
