"""Many searches in one sweep: the kernels of times from many points to many points.

A block of points, one a lane, climbs the hierarchy once: the nodes above any of them are met in the order of their
numbers, and each carries the times of all lanes side by side. Then one sweep descends over the nodes above the
targets, in the same order, and each takes the least over its arcs, for all lanes at once: the inner loops run over
contiguous whole numbers, which the processor does many at a time.

Sources: D. Delling, A. V. Goldberg, A. Nowatzyk and R. F. Werneck, PHAST: Hardware-Accelerated Shortest Path Trees,
IPDPS 2011, 921-931; D. Delling, A. V. Goldberg and R. F. Werneck, Faster Batched Shortest Paths in Road Networks,
ATMOS 2011, 52-63 (the restriction to the nodes above the targets, RPHAST).
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.graph import MINUTES_PER_MS
from accessmap.roads.engine.kernels import kernel

#: Targets gathered at a time, so that rows are written by whole cache lines.
_TILE = 128


@kernel
def restrict(targets, indptr, above, ms):
    """Return the graph above the targets: (place of each node in it plus one or 0, indptr, above, ms)."""
    n = len(indptr) - 1
    places = np.zeros(n, dtype=np.int32)
    last = -1
    for target in targets:
        if target >= 0:
            places[target] = 1
            last = max(last, target)
    nodes, arcs = 0, np.int64(0)
    for node in range(last, -1, -1):
        if places[node]:
            nodes += 1
            arcs += np.int64(indptr[node + 1]) - np.int64(indptr[node])
            for arc in range(indptr[node], indptr[node + 1]):
                places[above[arc]] = 1
    part_indptr = np.zeros(nodes + 1, dtype=np.uint32)
    part_above = np.empty(arcs, dtype=np.uint32)
    part_ms = np.empty(arcs, dtype=ms.dtype)
    count, at = 0, 0
    for node in range(last + 1):
        if places[node]:
            for arc in range(indptr[node], indptr[node + 1]):
                part_above[at] = places[above[arc]] - 1
                part_ms[at] = ms[arc]
                at += 1
            count += 1
            places[node] = count
            part_indptr[count] = at
    return places, part_indptr, part_above, part_ms


@kernel
def _push(heap, size, node):
    """Put a node on the heap of which the highest is on top."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] >= node:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = node


@kernel
def _pop(heap, size):
    """Close the gap at the top by the entry at `size`."""
    node = heap[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= node:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = node


@kernel
def _open(node, slots, met, count, carried, inf):
    """Give a node that is met for the first time its row, with no time yet."""
    slots[node] = count + 1
    met[count] = node
    row = carried[count]
    for lane in range(len(row)):
        row[lane] = inf


@kernel
def _plant(nodes, costs, inf, work):
    """Give the nodes where a block of points joins the graph their times; return how many: there is room for all."""
    slots, met, carried, heap = work
    count = 0
    for lane in range(len(nodes)):
        for seed in range(nodes.shape[1]):
            node = nodes[lane, seed]
            if node < 0:
                continue
            if slots[node] == 0:
                _open(node, slots, met, count, carried, inf)
                _push(heap, count, node)
                count += 1
            row = carried[slots[node] - 1]
            row[lane] = min(row[lane], costs[lane, seed])
    return count


@kernel
def _climb(nodes, costs, indptr, above, ms, inf, work):
    """Carry the times of a block of points to all nodes above them; return (how many, False for want of room)."""
    slots, met, carried, heap = work
    count = _plant(nodes, costs, inf, work)
    size = count
    while size > 0:
        node = heap[0]
        size -= 1
        if size > 0:
            _pop(heap, size)
        row = carried[slots[node] - 1]
        for arc in range(indptr[node], indptr[node + 1]):
            head = above[arc]
            if slots[head] == 0:
                if count == len(carried):
                    return count, False
                _open(head, slots, met, count, carried, inf)
                count += 1
                _push(heap, size, head)
                size += 1
            target = carried[slots[head] - 1]
            cost = ms[arc]
            for lane in range(len(row)):
                target[lane] = min(target[lane], ms.dtype.type(row[lane] + cost))
    return count, True


@kernel
def _descend(indptr, above, ms, inf, begins, carried, times):
    """Give every node the least of what it was carried (row `begins` - 1) and of what comes from above."""
    for node in range(len(indptr) - 1):
        row = times[node]
        if begins[node]:
            begin = carried[begins[node] - 1]
            for lane in range(len(row)):
                row[lane] = begin[lane]
        else:
            for lane in range(len(row)):
                row[lane] = inf
        for arc in range(indptr[node], indptr[node + 1]):
            source = times[above[arc]]
            cost = ms[arc]
            for lane in range(len(row)):
                row[lane] = min(row[lane], ms.dtype.type(source[lane] + cost))


@kernel
def _least(times, targets, costs, target, inf, row):
    """Write the ms of all lanes to one target: the least over the nodes where it joins the graph."""
    for lane in range(len(row)):
        row[lane] = inf
    for seed in range(targets.shape[1]):
        node = targets[target, seed]
        if node < 0:
            continue
        source = times[node]
        cost = costs[target, seed]
        for lane in range(len(row)):
            row[lane] = min(row[lane], times.dtype.type(source[lane] + cost))


@kernel
def _minutes(times, targets, costs, begin, end, inf, limit, row, tile):
    """Write a tile of minutes, one row a target, NaN beyond the limit."""
    for target in range(begin, end):
        line = tile[target - begin]
        _least(times, targets, costs, target, inf, row)
        for lane in range(len(line)):
            line[lane] = np.float32(row[lane] * MINUTES_PER_MS) if row[lane] <= limit else np.float32(np.nan)


@kernel
def _lines(times, targets, costs, begin, end, inf, limit, rows, first, last, offsets, extras, out):
    """Write minutes to targets of one seed each straight into the rows of `out`, which is where most time goes."""
    flat = times.reshape(-1)
    for target in range(begin, end):
        node = targets[target, 0]
        offsets[target - begin] = max(node, 0) * times.shape[1]
        extras[target - begin] = costs[target, 0] if node >= 0 else inf
    for lane in range(last - first):
        line = out[rows[first + lane]][begin:end]
        at = np.uint32(lane)
        for i in range(len(line)):
            ms = times.dtype.type(flat[np.uint64(offsets[i] + at)] + extras[i])
            line[i] = np.float32(ms * MINUTES_PER_MS) if ms <= limit else np.float32(np.nan)


@kernel
def _ms(times, targets, costs, begin, end, inf, limit, row, tile):
    """Write a tile of ms, one row a target, -1 beyond the limit."""
    for target in range(begin, end):
        line = tile[target - begin]
        _least(times, targets, costs, target, inf, row)
        for lane in range(len(line)):
            line[lane] = row[lane] if row[lane] <= limit else -1


@kernel
def _write(tile, begin, end, rows, first, last, across, out):
    """Write a tile (targets, lanes) to where it belongs."""
    if across:
        for i in range(begin, end):
            row = tile[i - begin]
            line = out[i]
            for lane in range(last - first):
                line[rows[first + lane]] = row[lane]
    else:
        for lane in range(last - first):
            line = out[rows[first + lane]]
            for i in range(begin, end):
                line[i] = tile[i - begin, lane]


@kernel
def _block(nodes, costs, climb, part, inf, work):
    """Sweep one block of points; return whether there was room for all nodes above them."""
    slots, met, carried, heap, begins, times = work
    places, indptr, above, ms = part
    count, fits = _climb(nodes, costs, climb[0], climb[1], climb[2], inf, (slots, met, carried, heap))
    if fits:
        for i in range(count):
            if places[met[i]]:
                begins[places[met[i]] - 1] = i + 1
        _descend(indptr, above, ms, inf, begins, carried, times)
    for i in range(count):
        slots[met[i]] = 0
        if places[met[i]]:
            begins[places[met[i]] - 1] = 0
    return fits


@kernel
def sweep_minutes(nodes, costs, rows, climb, part, targets, target_costs, inf, limit, work, across, out):
    """Fill `out` with minutes from points (`rows` of it, or columns if `across`); return how many points were done."""
    times = work[5]
    lanes = times.shape[1]
    row = np.empty(lanes, dtype=times.dtype)
    tile = np.empty((_TILE, lanes), dtype=np.float32)
    offsets, extras = np.empty(_TILE, dtype=np.uint32), np.empty(_TILE, dtype=times.dtype)
    straight = targets.shape[1] == 1 and not across
    for first in range(0, len(nodes), lanes):
        last = min(first + lanes, len(nodes))
        if not _block(nodes[first:last], costs[first:last], climb, part, inf, work):
            return first
        for begin in range(0, len(targets), _TILE):
            end = min(begin + _TILE, len(targets))
            if straight:
                _lines(
                    times, targets, target_costs, begin, end, inf, limit, rows, first, last, offsets, extras, out
                )  # fmt: skip
                continue
            _minutes(times, targets, target_costs, begin, end, inf, limit, row, tile)
            _write(tile, begin, end, rows, first, last, across, out)
    return len(nodes)


@kernel
def sweep_ms(nodes, costs, rows, climb, part, targets, target_costs, inf, limit, work, across, out):
    """Fill `out` with whole ms, -1 where not reached; otherwise as `sweep_minutes`."""
    times = work[5]
    lanes = times.shape[1]
    row = np.empty(lanes, dtype=times.dtype)
    tile = np.empty((_TILE, lanes), dtype=times.dtype)
    for first in range(0, len(nodes), lanes):
        last = min(first + lanes, len(nodes))
        if not _block(nodes[first:last], costs[first:last], climb, part, inf, work):
            return first
        for begin in range(0, len(targets), _TILE):
            end = min(begin + _TILE, len(targets))
            _ms(times, targets, target_costs, begin, end, inf, limit, row, tile)
            _write(tile, begin, end, rows, first, last, across, out)
    return len(nodes)
