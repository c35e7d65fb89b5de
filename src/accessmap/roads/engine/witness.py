"""Which shortcuts a node needs if it is contracted: short searches for another way as quick ("witnesses").

Source: R. Geisberger, P. Sanders, D. Schultes and D. Delling, Contraction Hierarchies: Faster and Simpler Hierarchical
Routing in Road Networks, WEA 2008, LNCS 5038, 319-333.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.kernels import kernel

#: Room of the heap of one search; a push that finds it full is left out, which can only miss a witness.
HEAP = 1024
TOUCHED = 4096


@kernel
def _push(keys, nodes, size, key, node):
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        nodes[i] = nodes[parent]
        i = parent
    keys[i] = key
    nodes[i] = node


@kernel
def _sink(keys, nodes, size):
    """Close the gap left at the top by the entry that stands at `size`."""
    key, node = keys[size], nodes[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        nodes[i] = nodes[child]
        i = child
    keys[i] = key
    nodes[i] = node


@kernel
def _search(source, skip, ban, bound, settle, start, length, nbr, to, inf, dist, keys, nodes, touched):
    """Dijkstra from `source` up to `bound` and `settle` nodes, round `skip` and `ban`; return how many were touched."""
    dist[source] = 0
    touched[0] = source
    keys[0] = 0
    nodes[0] = source
    count, size, settled = 1, 1, 0
    while size > 0 and settled < settle:
        key, node = keys[0], np.uint32(nodes[0])
        size -= 1
        if size > 0:
            _sink(keys, nodes, size)
        if key > dist[node]:
            continue
        settled += 1
        first = np.uint64(start[node])
        for i in range(first, first + np.uint64(length[node])):
            head = np.uint32(nbr[i])
            far = np.int64(key) + to[i]
            if far > bound or far >= dist[head] or head == skip or ban[head]:
                continue
            if size == HEAP or count == TOUCHED:
                continue
            if dist[head] == inf:
                touched[count] = head
                count += 1
            dist[head] = far
            _push(keys, nodes, size, far, head)
            size += 1
    return count


@kernel
def _has_witness(target, via, start, length, nbr, fro, dist):
    """Whether the search reached `target` within `via`, or a node one arc before it soon enough."""
    if dist[target] <= via:
        return True
    first = np.uint64(start[target])
    for i in range(first, first + np.uint64(length[target])):
        if np.int64(dist[np.uint32(nbr[i])]) + fro[i] <= via:
            return True
    return False


@kernel
def _farthest(entry, first, last, to, fro, inf):
    """Longest time by way of the node from one neighbour to another, -1 if there is no way."""
    farthest = np.int64(-1)
    for j in range(first, last):
        if j != entry and to[j] != inf:
            farthest = max(farthest, np.int64(fro[entry]) + to[j])
    return farthest


@kernel
def _shortcuts(node, ban, settle, start, length, nbr, to, fro, inf, scratch, tails, heads, costs, at):
    """Write the shortcuts that stand for `node` from place `at` on; return the place after, or -1 beyond `inf`."""
    dist, keys, nodes, touched = scratch
    first = start[node]
    last = first + length[node]
    for i in range(first, last):
        if fro[i] == inf:
            continue
        bound = _farthest(i, first, last, to, fro, inf)
        if bound < 0:
            continue
        if bound >= inf:
            return -1
        count = _search(nbr[i], node, ban, bound, settle, start, length, nbr, to, inf, dist, keys, nodes, touched)
        for j in range(first, last):
            if j == i or to[j] == inf:
                continue
            via = np.int64(fro[i]) + to[j]
            if not _has_witness(nbr[j], via, start, length, nbr, fro, dist):
                tails[at], heads[at], costs[at] = nbr[i], nbr[j], via
                at += 1
        for i_touched in range(count):
            dist[touched[i_touched]] = inf
    return at


@kernel
def rate_some(some, ban, settle, start, length, nbr, to, fro, inf, scratch, buffers, level, weight, rating):
    """Rate nodes: arcs added per arc removed, and depth; return False if a time passed `inf`."""
    tails, heads, costs = buffers
    for node in some:
        added = _shortcuts(node, ban, settle, start, length, nbr, to, fro, inf, scratch, tails, heads, costs, 0)
        if added < 0:
            return False
        removed = 0
        for i in range(start[node], start[node] + length[node]):
            removed += (to[i] != inf) + (fro[i] != inf)
        rating[node] = 1000 * added // max(removed, 1) + weight * level[node]
    return True


@kernel
def contract_some(some, ban, settle, start, length, nbr, to, fro, inf, scratch, buffers):
    """Write the shortcuts that stand for `some` nodes; return how many, or -1 if a time passed `inf`."""
    tails, heads, costs = buffers
    at = 0
    for node in some:
        at = _shortcuts(node, ban, settle, start, length, nbr, to, fro, inf, scratch, tails, heads, costs, at)
        if at < 0:
            return -1
    return at
