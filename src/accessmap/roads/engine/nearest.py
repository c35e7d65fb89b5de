"""The nearest few of many points, from every node of the graph, in one sweep.

All points climb the hierarchy together; at each node only the k best arrivals are carried on, since what k others beat
there they beat everywhere beyond. The order is by time and then by the number of the point, so ties always fall alike.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.graph import MINUTES_PER_MS
from accessmap.roads.engine.kernels import kernel


@kernel
def nearest_one(nodes, costs, numbers, bits, climb, fall, place, minutes, which):
    """Fill `minutes` and `which`, one a row of `place`, with the nearest point; NaN and -1 where none is reached.

    Time and number travel in one whole number, of which the number has the lowest `bits`: no time may need more than
    what is left of 62.
    """
    up_indptr, up_above, up_ms = climb
    indptr, above, ms = fall
    n = len(indptr) - 1
    none = np.int64(1) << 62
    best = np.full(n, none, dtype=np.int64)
    first = -1
    for i in range(len(nodes)):
        best[nodes[i]] = min(best[nodes[i]], (np.int64(costs[i]) << bits) | numbers[i])
        first = max(first, nodes[i])
    for node in range(first, -1, -1):
        label = best[node]
        if label < none:
            for arc in range(up_indptr[node], up_indptr[node + 1]):
                best[up_above[arc]] = min(best[up_above[arc]], label + (np.int64(up_ms[arc]) << bits))
    end = indptr[0]
    for node in range(n):
        begin, end = end, indptr[node + 1]
        if end > begin:
            # Most nodes hang from one or two: both are taken without asking, one of them twice.
            second = np.uint32(min(np.uint32(begin + 1), np.uint32(end - 1)))
            label = min(best[node], best[above[begin]] + (np.int64(ms[begin]) << bits))
            label = min(label, best[above[second]] + (np.int64(ms[second]) << bits))
            for arc in range(np.uint32(begin + 2), end):
                label = min(label, best[above[arc]] + (np.int64(ms[arc]) << bits))
            best[node] = label
    number = (np.int64(1) << bits) - 1
    for row in range(len(place)):
        label = best[place[row]]
        minutes[row] = np.float32((label >> bits) * MINUTES_PER_MS) if label < none else np.float32(np.nan)
        which[row] = np.int32(label & number) if label < none else np.int32(-1)


@kernel
def _offer(times, which, node, time, number):
    """Put an arrival among the best of a node, once a point; return False if it is later than all of them."""
    k = times.shape[1]
    last = k - 1
    if time > times[node, last] or (time == times[node, last] and number > which[node, last] >= 0):
        return False
    for i in range(k):
        if which[node, i] == number:
            if times[node, i] <= time:
                return True
            last = i
            break
    i = last
    while i > 0 and (times[node, i - 1] > time or (times[node, i - 1] == time and which[node, i - 1] > number)):
        times[node, i] = times[node, i - 1]
        which[node, i] = which[node, i - 1]
        i -= 1
    times[node, i] = time
    which[node, i] = number
    return True


@kernel
def _pass_on(times, which, source, target, cost, inf):
    """Offer what is best at `source` to `target`, which lies `cost` beyond."""
    if times[target, 0] == inf:
        for i in range(times.shape[1]):
            times[target, i] = min(times[source, i] + cost, inf)
            which[target, i] = which[source, i]
        return
    for i in range(times.shape[1]):
        if times[source, i] == inf:
            return
        if not _offer(times, which, target, times[source, i] + cost, which[source, i]):
            return


@kernel
def nearest_few(nodes, costs, numbers, climb, fall, inf, place, k, minutes, nearest):
    """Fill `minutes` and `nearest` (nodes, k) with the k nearest points, NaN and -1 where there are fewer."""
    up_indptr, up_above, up_ms = climb
    indptr, above, ms = fall
    n = len(indptr) - 1
    times = np.full((n, k), inf, dtype=ms.dtype)
    which = np.full((n, k), -1, dtype=np.int32)
    for i in range(len(nodes)):
        _offer(times, which, nodes[i], costs[i], numbers[i])
    for node in range(n - 1, -1, -1):
        if times[node, 0] != inf:
            for arc in range(up_indptr[node], up_indptr[node + 1]):
                _pass_on(times, which, node, up_above[arc], up_ms[arc], inf)
    for node in range(n):
        for arc in range(indptr[node], indptr[node + 1]):
            _pass_on(times, which, above[arc], node, ms[arc], inf)
    for node in range(len(place)):
        for i in range(k):
            time = times[place[node], i]
            minutes[node, i] = np.float32(time * MINUTES_PER_MS) if time != inf else np.float32(np.nan)
            nearest[node, i] = which[place[node], i]
