"""Contraction of the junctions, round by round: the heart of preparing a graph.

Each round contracts every node that is rated lower than all its neighbours: an independent set, so that the searches
for witnesses run side by side, and the hierarchy is the same whatever the number of threads. A witness may not pass
through another node of the same round: two ways as quick could each be left out for the sake of the other.

Sources: R. Geisberger, P. Sanders, D. Schultes and D. Delling, Contraction Hierarchies, WEA 2008, LNCS 5038, 319-333;
C. Vetter, Parallel Time-Dependent Contraction Hierarchies, Karlsruhe 2009 (contraction by independent sets).
"""

import numba as nb
import numpy as np

__all__ = ["contract_junctions"]

from accessmap.routing.threads import Team
from accessmap.routing.witness import HEAP, TOUCHED, contract_some, rate_some

SETTLE_RATE, SETTLE_CONTRACT, LEVEL = 16, 50, 100


@nb.njit(cache=True, nogil=True)
def compact(start, length, nbr, to, fro, rank, inf):  # type: ignore[no-untyped-def]
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


@nb.njit(cache=True, nogil=True)
def _lower(a, b, rating):  # type: ignore[no-untyped-def]
    """Whether node `a` goes before node `b`: by rating, then by a hash, so that equals are well spread."""
    if rating[a] != rating[b]:
        return rating[a] < rating[b]
    hash_a = (np.int64(a) * 2654435761) & 0xFFFFFFFF
    hash_b = (np.int64(b) * 2654435761) & 0xFFFFFFFF
    return hash_a < hash_b


@nb.njit(cache=True, nogil=True)
def _choose(live, left, start, length, nbr, rating, chosen, ban):  # type: ignore[no-untyped-def]
    """Move the nodes rated lower than all their neighbours from `live` to `chosen`; return (left, how many chosen)."""
    kept, count = 0, 0
    for i in range(left):
        node = live[i]
        lowest = True
        for j in range(start[node], start[node] + length[node]):
            if not _lower(node, nbr[j], rating):
                lowest = False
                break
        if lowest:
            chosen[count] = node
            count += 1
        else:
            live[kept] = node
            kept += 1
    for i in range(count):
        ban[chosen[i]] = 1
    return kept, count


@nb.njit(cache=True, nogil=True)
def _join(node, head, there, back, start, length, room, nbr, to, fro, used):  # type: ignore[no-untyped-def]
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


@nb.njit(cache=True, nogil=True)
def _add(tails, heads, costs, begin, inf, start, length, room, nbr, to, fro, used):  # type: ignore[no-untyped-def]
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


@nb.njit(cache=True, nogil=True)
def _leave(chosen, start, length, nbr, to, fro, level, dirty, marks):  # type: ignore[no-untyped-def]
    """Take the chosen nodes out of their neighbours' lists; write the neighbours, to be rated again; return how many."""
    count = 0
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
            if not marks[other]:
                marks[other] = 1
                dirty[count] = other
                count += 1
    for i in range(count):
        marks[dirty[i]] = 0
    return count


class _Scratch:
    """Working arrays, one set for each thread that asks; given back after use."""

    def __init__(self, n, dtype, inf):
        self._make = lambda: (
            np.full(n, inf, dtype=dtype),
            np.empty(HEAP, dtype=dtype),
            np.empty(HEAP, dtype=np.int32),
            np.empty(TOUCHED, dtype=np.int32),
        )
        self._free = []

    def take(self):
        try:
            return self._free.pop()
        except IndexError:
            return self._make()

    def give(self, scratch):
        self._free.append(scratch)


def contract_junctions(start, length, room, nbr, to, fro, used, inf, team):
    """Contract all nodes; return (turn of each node, start, length, nbr, to, fro): or None if a time passed `inf`."""
    n = len(length)
    dtype = to.dtype
    scratch = _Scratch(n, dtype, inf)
    rating = np.zeros(n, np.int64)
    level = np.zeros(n, np.int32)
    ban = np.zeros(n, np.uint8)
    marks = np.zeros(n, np.uint8)
    chosen = np.empty(n, np.int32)
    dirty = np.arange(n, dtype=np.int32)
    live = np.arange(n, dtype=np.int32)
    rank = np.empty(n, np.int32)
    left, done, ndirty = n, 0, n
    none = np.zeros(n, np.uint8)

    def buffers(size):
        return np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, dtype)

    import time
    T = [0.0] * 5
    rounds = 0
    nr = 0
    while left:
        t0 = time.perf_counter()
        some = dirty[:ndirty]
        nr += ndirty
        most = int(length[some].max(initial=0)) ** 2

        def rate(part, some=some, most=most):
            s = scratch.take()
            ok = rate_some(some[part], none, SETTLE_RATE, start, length, nbr, to, fro, inf, s, buffers(most), level, LEVEL, rating)
            scratch.give(s)
            return ok

        if not all(team.run(rate, ndirty, least=32)):
            return None
        t1 = time.perf_counter()
        left, count = _choose(live, left, start, length, nbr, rating, chosen, ban)
        t2 = time.perf_counter()
        some = chosen[:count]

        def contract(part, some=some):
            s = scratch.take()
            b = buffers(int((length[some[part]].astype(np.int64) ** 2).sum()))
            at = contract_some(some[part], ban, SETTLE_CONTRACT, start, length, nbr, to, fro, inf, s, b)
            scratch.give(s)
            return at, b

        found = team.run(contract, count, least=32)
        t3 = time.perf_counter()
        if any(at < 0 for at, _ in found):
            return None
        ndirty = _leave(some, start, length, nbr, to, fro, level, dirty, marks)
        rank[some] = np.arange(done, done + count)
        done += count
        for at, (tails, heads, costs) in found:
            begin = 0
            while True:
                begin, used = _add(tails[:at], heads[:at], costs[:at], begin, inf, start, length, room, nbr, to, fro, used)
                if begin == at:
                    break
                more = len(nbr) // 2 + 1024
                nbr, to, fro = (np.concatenate([a, np.empty(more, a.dtype)]) for a in (nbr, to, fro))
        t4 = time.perf_counter()
        T[0] += t1 - t0; T[1] += t2 - t1; T[2] += t3 - t2; T[3] += t4 - t3
        rounds += 1
    print('rounds', rounds, 'rated', nr / n, [round(t, 3) for t in T], 'arcs', length.sum(), 'used', used)
    return rank, start, length, nbr, to, fro
