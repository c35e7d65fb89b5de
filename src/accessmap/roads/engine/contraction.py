"""Contraction of the junctions, round by round: the heart of preparing a graph.

Each round contracts every node that is rated lower than all its neighbours: an independent set, so that the searches
for witnesses run side by side, and the hierarchy is the same whatever the number of threads. A witness may not pass
through another node of the same round: two ways as quick could each be left out for the sake of the other.

Sources: R. Geisberger, P. Sanders, D. Schultes and D. Delling, Contraction Hierarchies, WEA 2008, LNCS 5038, 319-333;
C. Vetter, Parallel Time-Dependent Contraction Hierarchies, Karlsruhe 2009 (contraction by independent sets).
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from accessmap.roads.engine.kernels import kernel
from accessmap.roads.engine.threads import Team
from accessmap.roads.engine.witness import HEAP, TOUCHED, contract_some, rate_some

#: Nodes that one search for a witness settles: few to rate, as most is rated again; more to contract.
_SETTLE_RATING = 4
_SETTLE_CONTRACTION = 30
#: What a step of depth weighs against an arc added for each arc removed (1000).
_LEVEL_WEIGHT = 100
#: Nodes below which it costs more to share them between threads.
_LEAST = 32


@kernel
def compact(start, length, nbr, to, fro, rank):
    """Return the nodes not yet contracted and their edges, renumbered from 0 in the same order, with room to grow."""
    n = len(length)
    number = np.full(n, -1, dtype=np.int32)
    kept = np.empty(n, dtype=np.int32)
    count, size = 0, 0
    for node in range(n):
        if rank[node] < 0:
            number[node] = count
            kept[count] = node
            count += 1
            size += 2 * length[node]
    first = np.empty(count, dtype=np.int64)
    room = np.empty(count, dtype=np.int32)
    used = np.empty(count, dtype=np.int32)
    pool = 2 * size + 64
    heads = np.empty(pool, dtype=np.int32)
    there = np.empty(pool, dtype=to.dtype)
    back = np.empty(pool, dtype=to.dtype)
    at = 0
    for new in range(count):
        old = kept[new]
        first[new] = at
        used[new] = length[old]
        room[new] = 2 * length[old]
        for i in range(length[old]):
            heads[at + i] = number[nbr[start[old] + i]]
            there[at + i] = to[start[old] + i]
            back[at + i] = fro[start[old] + i]
        at += room[new]
    return kept[:count].copy(), first, used, room, heads, there, back, at


@kernel
def _lower(a, b, rating):
    """Whether node `a` goes before node `b`: by rating, then by a hash, so that equals are well spread."""
    if rating[a] != rating[b]:
        return rating[a] < rating[b]
    hash_a = (np.int64(a) * 2654435761) & 0xFFFFFFFF
    hash_b = (np.int64(b) * 2654435761) & 0xFFFFFFFF
    return hash_a < hash_b


@kernel
def _choose(live, left, start, length, nbr, rating, stale, chosen, ban, again):
    """Sort the nodes rated lower than all their neighbours into those to contract and those to rate again first.

    Return (how many are left in `live`, how many are in `chosen`, how many in `again`).
    """
    kept, count, unsure = 0, 0, 0
    for i in range(left):
        node = live[i]
        lowest = True
        for j in range(start[node], start[node] + length[node]):
            if not _lower(node, nbr[j], rating):
                lowest = False
                break
        if lowest and not stale[node]:
            chosen[count] = node
            count += 1
            continue
        live[kept] = node
        kept += 1
        if lowest:
            stale[node] = 0
            again[unsure] = node
            unsure += 1
    for i in range(count):
        ban[chosen[i]] = 1
    return kept, count, unsure


@kernel
def _join(node, head, there, back, start, length, room, nbr, to, fro, used):
    """Put an edge into the list of `node`, or lower the one that is there; return the pool used, -1 if it is full."""
    first = start[node]
    count = length[node]
    for i in range(first, first + count):
        if nbr[i] == head:
            to[i] = min(to[i], there)
            fro[i] = min(fro[i], back)
            return used
    if count == room[node]:
        larger = 2 * count + 2
        if used + larger > len(nbr):
            return -1
        for i in range(count):
            nbr[used + i], to[used + i], fro[used + i] = nbr[first + i], to[first + i], fro[first + i]
        start[node], room[node] = used, larger
        first = used
        used += larger
    nbr[first + count], to[first + count], fro[first + count] = head, there, back
    length[node] = count + 1
    return used


@kernel
def _add(tails, heads, costs, begin, inf, start, length, room, nbr, to, fro, used):
    """Add shortcuts from place `begin` on; return (the first not added for want of room, pool used)."""
    for i in range(begin, len(tails)):
        grown = _join(tails[i], heads[i], costs[i], inf, start, length, room, nbr, to, fro, used)
        if grown < 0:
            return i, used
        used = grown
        grown = _join(heads[i], tails[i], inf, costs[i], start, length, room, nbr, to, fro, used)
        if grown < 0:
            return i, used
        used = grown
    return len(tails), used


@kernel
def _leave(chosen, start, length, nbr, to, fro, level, stale):
    """Take the chosen nodes out of their neighbours' lists; these are deeper now, and their rating is stale."""
    for node in chosen:
        for i in range(start[node], start[node] + length[node]):
            other = nbr[i]
            first = start[other]
            last = first + length[other] - 1
            for j in range(first, last + 1):
                if nbr[j] == node:
                    nbr[j], to[j], fro[j] = nbr[last], to[last], fro[last]
                    length[other] -= 1
                    break
            level[other] = max(level[other], level[node] + 1)
            stale[other] = 1


class Junctions:
    """What is left of the graph during contraction; `contract` takes it down to nothing.

    Parameters
    ----------
    pool
        Lists of neighbours, from `compact`: where each begins, how long it is, how long it may become, the neighbours
        with the times to and from them, and how much of this is taken.
    inf
        The time of a way that is closed.
    """

    def __init__(self, pool: Sequence[Any], inf: Any) -> None:
        self.start, self.length, self._room, self.nbr, self.to, self.fro, self._used = pool
        self._inf = inf
        n = len(self.length)
        self._rating = np.zeros(n, dtype=np.int64)
        self._level = np.zeros(n, dtype=np.int32)
        self._ban = np.zeros(n, dtype=np.uint8)
        self._none = np.zeros(n, dtype=np.uint8)
        self._stale = np.zeros(n, dtype=np.uint8)
        self._scratch: list[Any] = []

    def contract(self, team: Team, patience: float | None) -> None:
        """Contract all nodes; the list of each is left as it was at its turn.

        Raises
        ------
        OverflowError
            If a time passed `inf`.
        TimeoutError
            If there is no end in sight after `patience` seconds, as in graphs that are not like roads.
        """
        n = len(self.length)
        live, chosen, again = np.arange(n, dtype=np.int32), np.empty(n, dtype=np.int32), np.arange(n, dtype=np.int32)
        left, unsure = n, n
        deadline = None
        while left:
            self._rate(again[:unsure], team)
            left, count, unsure = _choose(
                live, left, self.start, self.length, self.nbr, self._rating, self._stale, chosen, self._ban, again
            )
            some = chosen[:count]
            shortcuts = self._shortcuts(some, team)
            _leave(some, *self._lists, self._level, self._stale)
            for found in shortcuts:
                self._add(*found)
            # The clock starts after the first round, in which the kernels may have to be compiled.
            if patience is not None and time.monotonic() > (deadline := deadline or time.monotonic() + patience):
                raise TimeoutError(f"{left} nodes left after {patience} s")

    @property
    def _lists(self):
        return self.start, self.length, self.nbr, self.to, self.fro

    def _rate(self, some, team: Team) -> None:
        most = int(self.length[some].max(initial=0)) ** 2

        def rate(part: slice) -> bool:
            scratch = self._take()
            done = rate_some(
                some[part], self._none, _SETTLE_RATING, *self._lists, self._inf, scratch, self._buffers(most),
                self._level, _LEVEL_WEIGHT, self._rating,
            )  # fmt: skip
            self._scratch.append(scratch)
            return bool(done)

        if not all(team.run(rate, len(some), least=_LEAST)):
            raise OverflowError("a time passed the type")

    def _shortcuts(self, some, team: Team) -> list[Any]:
        def search(part: slice) -> Any:
            scratch = self._take()
            buffers = self._buffers(int((self.length[some[part]].astype(np.int64) ** 2).sum()))
            count = contract_some(some[part], self._ban, _SETTLE_CONTRACTION, *self._lists, self._inf, scratch, buffers)
            self._scratch.append(scratch)
            return None if count < 0 else tuple(buffer[:count] for buffer in buffers)

        found = team.run(search, len(some), least=_LEAST)
        if any(shortcuts is None for shortcuts in found):
            raise OverflowError("a time passed the type")
        return found

    def _add(self, tails, heads, costs) -> None:
        done = 0
        while True:
            done, self._used = _add(
                tails, heads, costs, done, self._inf, self.start, self.length, self._room, self.nbr, self.to, self.fro,
                self._used,
            )  # fmt: skip
            if done == len(tails):
                return
            more = len(self.nbr) // 2 + 1024
            self.nbr, self.to, self.fro = (
                np.concatenate([pool, np.empty(more, dtype=pool.dtype)]) for pool in (self.nbr, self.to, self.fro)
            )

    def _take(self) -> Any:
        """Return the working arrays of one search: each thread takes a set, and gives it back."""
        try:
            return self._scratch.pop()
        except IndexError:
            kind = self.to.dtype
            return (
                np.full(len(self.length), self._inf, dtype=kind),
                np.empty(HEAP, dtype=kind),
                np.empty(HEAP, dtype=np.int32),
                np.empty(TOUCHED, dtype=np.int32),
            )

    def _buffers(self, size: int) -> Any:
        return np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32), np.empty(size, dtype=self.to.dtype)
