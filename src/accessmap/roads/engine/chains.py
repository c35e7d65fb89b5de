"""First step of preparing: contract the nodes between junctions, which need no search for other ways.

A node with at most two neighbours is replaced by one edge between them. No node gains a neighbour by it, so the lists
of neighbours are shortened in place. Going over the nodes again and again, and leaving the neighbours of what has just
been contracted for the next time, halves every chain at each pass: its depth grows with the logarithm of its length.

An edge is kept at both its ends as (neighbour, time towards it, time from it); `inf` means that way is closed.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.kernels import kernel


@kernel
def _turned(indptr, heads, weights):
    """Arcs by head: (indptr, tails, weights), the tails ascending."""
    n = len(indptr) - 1
    back = np.zeros(n + 1, dtype=np.int64)
    for arc in range(len(heads)):
        back[heads[arc] + 1] += 1
    for node in range(n):
        back[node + 1] += back[node]
    place = back[:-1].copy()
    tails = np.empty(len(heads), dtype=np.int32)
    costs = np.empty(len(heads), dtype=weights.dtype)
    for node in range(n):
        for arc in range(indptr[node], indptr[node + 1]):
            at = place[heads[arc]]
            place[heads[arc]] = at + 1
            tails[at] = node
            costs[at] = weights[arc]
    return back, tails, costs


@kernel
def edges_of(indptr, heads, weights, order, place, inf):
    """Edges at both ends, of nodes renumbered by `place` (old to new) and `order` (new to old)."""
    n = len(indptr) - 1
    back, tails, costs = _turned(indptr, heads, weights)
    start = np.empty(n + 1, dtype=np.int64)
    size = len(heads) * 2
    nbr = np.empty(size, dtype=np.int32)
    to = np.empty(size, dtype=weights.dtype)
    fro = np.empty(size, dtype=weights.dtype)
    at = 0
    for new in range(n):
        start[new] = at
        old = order[new]
        i, i_end, j, j_end = indptr[old], indptr[old + 1], back[old], back[old + 1]
        while i < i_end or j < j_end:
            head = heads[i] if i < i_end else np.int32(n)
            tail = tails[j] if j < j_end else np.int32(n)
            nbr[at] = place[min(head, tail)]
            to[at] = inf
            fro[at] = inf
            if head <= tail:
                to[at] = weights[i]
                i += 1
            if tail <= head:
                fro[at] = costs[j]
                j += 1
            at += 1
    start[n] = at
    return start, nbr[:at].copy(), to[:at].copy(), fro[:at].copy()


@kernel
def _cut(start, length, nbr, to, fro, node, gone):
    """Take the neighbour `gone` out of the list of `node`."""
    first = start[node]
    last = first + length[node] - 1
    for i in range(first, last + 1):
        if nbr[i] == gone:
            nbr[i], to[i], fro[i] = nbr[last], to[last], fro[last]
            length[node] -= 1
            return


@kernel
def _relink(start, length, nbr, to, fro, node, gone, other, there, back):
    """In the list of `node`, put the edge to `other` where the one to `gone` is, or merge it."""
    first = start[node]
    at = first
    known = -1
    for i in range(first, first + length[node]):
        if nbr[i] == gone:
            at = i
        elif nbr[i] == other:
            known = i
    if known < 0:
        nbr[at], to[at], fro[at] = other, there, back
        return
    to[known] = min(to[known], there)
    fro[known] = min(fro[known], back)
    last = first + length[node] - 1
    nbr[at], to[at], fro[at] = nbr[last], to[last], fro[last]
    length[node] -= 1


@kernel
def _through(first, second, inf):
    """Time along two edges, `inf` if either is closed, -1 if it passes `inf`."""
    if first == inf or second == inf:
        return np.int64(inf)
    total = np.int64(first) + second
    return total if total < inf else np.int64(-1)


@kernel
def _bridge(start, length, nbr, to, fro, inf, node):
    """Replace a node of two neighbours by an edge between them; return False if a time passed `inf`."""
    at = start[node]
    a, b = nbr[at], nbr[at + 1]
    there = _through(fro[at], to[at + 1], inf)
    back = _through(fro[at + 1], to[at], inf)
    if there < 0 or back < 0:
        return False
    if there == inf and back == inf:
        _cut(start, length, nbr, to, fro, a, node)
        _cut(start, length, nbr, to, fro, b, node)
    else:
        _relink(start, length, nbr, to, fro, a, node, b, there, back)
        _relink(start, length, nbr, to, fro, b, node, a, back, there)
    return True


@kernel
def contract_chains(start, length, nbr, to, fro, inf, rank):
    """Contract, in place, while a node has at most two neighbours; return False if a time passed `inf`.

    `rank` gets the turn of each node contracted; the list of a contracted node stays as it was at its turn: what it
    is joined to above.
    """
    n = len(length)
    blocked = np.full(n, -1, dtype=np.int32)
    waiting = np.arange(n).astype(np.int32)
    left, turn, done, before = n, 0, 0, -1
    while done != before:
        before = done
        kept = 0
        for i in range(left):
            node = waiting[i]
            # A node with more may come down to two yet: the last pass is the one that contracts nothing.
            if length[node] > 2 or blocked[node] == turn:
                waiting[kept] = node
                kept += 1
                continue
            rank[node] = done
            done += 1
            at = start[node]
            for j in range(at, at + length[node]):
                blocked[nbr[j]] = turn
            if length[node] == 1:
                _cut(start, length, nbr, to, fro, nbr[at], node)
            elif length[node] == 2 and not _bridge(start, length, nbr, to, fro, inf, node):
                return False
        left = kept
        turn += 1
    return True
