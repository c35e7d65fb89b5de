"""The search: RAPTOR by rounds, from the last departure of a window to the first.

Delling, Pajor and Werneck (2015), *Round-based public transit routing*, Transportation Science 49(3), with labels that
later departures leave to earlier ones kept by round. What has been ridden is not ridden again, as in Witt (2015),
*Trip-based public transit routing*: of each trip and round, the first place from which it was.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.kernels import kernel
from accessmap.roads.transit.lines import NEVER

# Counts begin as `_NONE`: a literal 0 would be a type of its own, for which numba compiles every kernel again.
_NONE = np.int64(0)
#: Before any time.
_EVER = np.int32(-(2**31))
#: What no time is: a stop that has not been met in this round.
_UNMET = np.int64(-(2**62))
#: A place that no pattern has: of a trip that has not been ridden.
_NOWHERE = np.int16(2**15 - 1)


@kernel
def _lower(values, start, end, wanted):
    """Return the first place from `start` on whose value is not below `wanted`; `end` where there is none."""
    while start < end:
        middle = (start + end) >> 1
        if values[middle] < wanted:
            start = middle + 1
        else:
            end = middle
    return start


@kernel
def _kth(values, count, k):
    """Return the k-th smallest of the first `count` values (from 0), which are put in another order."""
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return values[k]


@kernel
def _board(reach, queue, size, trip, place, last, k, rides):
    """Have a trip ridden from a place on, and return the length of the queue; nothing where it has been, or better."""
    before = reach[trip, k]
    if before <= place:
        return size
    queue[size, 0] = trip
    queue[size, 1] = place
    queue[size, 2] = before
    for later in range(trip, last):
        if reach[later, k] <= place:
            break
        for more in range(k, rides):
            if reach[later, more] <= place:
                break
            reach[later, more] = place
    return size + 1


@kernel
def _sooner(ready, fresh, before, count, stop, at, k, rides):
    """Have a stop ready for boarding at a time, and return how many such stops there are in this round."""
    if at >= ready[k, stop]:
        return count
    if before[stop] == _UNMET:
        before[stop] = ready[k, stop]
        fresh[count] = stop
        count += 1
    for more in range(k, rides):
        if ready[more, stop] <= at:
            break
        ready[more, stop] = at
    return count


@kernel
def _board_all(lines, state, fresh_stops, k, horizon):
    """Queue what can be boarded after `k` rides at the stops that are ready sooner than before; return how much."""
    (slot_start, slot_at, slot_trips, slot_trip, slot_place), slot_departure = lines[:2]
    event_start, event_departure, event_trip, event_place = lines[2]
    trip_last = lines[3][3]
    ready, _, reach, before, fresh, queue = state[:6]
    rides, queued = ready.shape[0], _NONE
    for number in range(fresh_stops):
        stop = fresh[number]
        known, at = before[stop], ready[k, stop]
        before[stop] = _UNMET
        first_event, end = event_start[stop], event_start[stop + 1]
        event = _lower(event_departure, first_event, end, at)
        # Who is ready right after the departure before boards the same: what comes between need not be looked at again.
        same = event_departure[event - 1] + 1 if event > first_event else _EVER
        for more in range(k, rides):
            if ready[more, stop] <= same:
                break
            ready[more, stop] = same
        if known == NEVER:
            for slot in range(slot_start[stop], slot_start[stop + 1]):
                first = slot_at[slot]
                trip = _lower(slot_departure, first, first + slot_trips[slot], at) - first
                if trip < slot_trips[slot] and slot_departure[first + trip] <= horizon:
                    trip += slot_trip[slot]
                    queued = _board(reach, queue, queued, trip, slot_place[slot], trip_last[trip], k, rides)
        else:
            # What leaves from then on has been boarded.
            while event < end and event_departure[event] < known:
                trip = np.int64(event_trip[event])
                queued = _board(reach, queue, queued, trip, event_place[event], trip_last[trip], k, rides)
                event += 1
    return queued


@kernel
def _ride(lines, state, queued, k, horizon):
    """Ride what is queued; return at how many stops one gets off sooner than before."""
    trip_at, trip_stops, trip_width, _, trip_first = lines[3]
    arrival, alight_stop = lines[4], lines[5]
    _, reached, reach, _, _, queue, alighted, is_alighted = state[:8]
    rides, off = reached.shape[0], _NONE
    for item in range(queued):
        trip, last = queue[item, 0], min(queue[item, 2], trip_width[queue[item, 0]] - 1)
        # From where an earlier trip is ridden, this one is not.
        if not trip_first[trip]:
            last = min(last, np.int32(reach[trip - 1, k]))
        times, places = trip_at[trip], trip_stops[trip]
        for place in range(queue[item, 1] + 1, last + 1):
            at = arrival[times + place]
            if at > horizon:
                break
            stop = alight_stop[places + place]
            if stop >= 0 and at < reached[k, stop]:
                if not is_alighted[stop]:
                    is_alighted[stop] = True
                    alighted[off] = stop
                    off += 1
                for more in range(k, rides):
                    if reached[more, stop] <= at:
                        break
                    reached[more, stop] = at
    return off


@kernel
def _get_off(lines, state, off, k, horizon, improved):
    """Make ready for the next ride; return how many stops are so sooner, and how many are reached sooner so far."""
    change, (walk_start, walk_stop, walk_seconds) = lines[6], lines[7]
    ready, reached, _, before, fresh, _, alighted, is_alighted, better, is_better = state
    rides, count = reached.shape[0], _NONE
    for number in range(off):
        stop = alighted[number]
        is_alighted[stop] = False
        if not is_better[stop]:
            is_better[stop] = True
            better[improved] = stop
            improved += 1
        if k + 1 < rides:
            at = reached[k, stop]
            if change[stop] >= 0:
                count = _sooner(ready, fresh, before, count, stop, at + change[stop], k + 1, rides)
            for walk in range(walk_start[stop], walk_start[stop + 1]):
                there = at + walk_seconds[walk]
                if there > horizon:
                    break
                count = _sooner(ready, fresh, before, count, walk_stop[walk], there, k + 1, rides)
    return count, improved


@kernel
def _note(ends, steps, size, reachable, leaving, to, there):
    """Note that one departure is at a destination sooner than the later ones; return the steps, and how many."""
    best, head, touched = ends
    if head[to] < 0:
        touched[reachable] = to
        reachable += 1
    best[to] = there
    if head[to] < 0 or steps[head[to], 1] != leaving:
        if size == len(steps):
            grown = np.empty((2 * size, 3), np.int32)
            grown[:size] = steps
            steps = grown
        steps[size, 0], steps[size, 1] = head[to], leaving
        head[to] = size
        size += 1
    steps[head[to], 2] = there
    return steps, size, reachable


@kernel
def _arrive(egress, timed, state, improved, ends, steps, size, reachable, leaving, horizon):
    """Note the destinations that one departure reaches sooner than the later ones."""
    egress_start, egress_to, egress_seconds = egress
    timed_start, timed_to, timed_seconds, timed_earliest, timed_latest = timed
    reached, better, is_better = state[1], state[8], state[9]
    best = ends[0]
    for number in range(improved):
        stop = better[number]
        is_better[stop] = False
        at = reached[reached.shape[0] - 1, stop]
        for leg in range(egress_start[stop], egress_start[stop + 1]):
            there, to = at + egress_seconds[leg], egress_to[leg]
            if there > horizon or there >= best[to]:
                continue
            steps, size, reachable = _note(ends, steps, size, reachable, leaving, to, there)
        for leg in range(timed_start[stop], timed_start[stop + 1]):
            there, to = at + timed_seconds[leg], timed_to[leg]
            if there > timed_latest[leg]:
                continue
            there = max(there, timed_earliest[leg])
            if there <= horizon and there < best[to]:
                steps, size, reachable = _note(ends, steps, size, reachable, leaving, to, there)
    return steps, size, reachable


@kernel
def _sum_up(steps, step, departures, limit, ranks, values, out):
    """Fill `out` for one destination from its steps, the first departure's first; return how many reach it."""
    leaving, held = _NONE, _NONE
    while step >= 0:
        for at in range(leaving, steps[step, 1] + 1):
            seconds = steps[step, 2] - departures[at]
            if seconds <= limit:
                if len(ranks):
                    values[held] = seconds
                else:
                    out[at] = steps[step, 2]
                held += 1
        leaving = steps[step, 1] + 1
        step = steps[step, 0]
    for number in range(len(ranks)):
        if ranks[number] < held:
            out[number] = _kth(values, held, ranks[number])
    return held


@kernel
def _set_out(access, timed, state, origin, departure, limit, horizon):
    """Make the stops ready that one is at before any ride; return how many there are so."""
    access_start, access_stop, access_seconds = access
    timed_start, timed_stop, timed_seconds, timed_earliest, timed_latest = timed
    ready, _, _, before, fresh = state[:5]
    rides, count = ready.shape[0], _NONE
    for leg in range(access_start[origin], access_start[origin + 1]):
        if access_seconds[leg] <= limit:
            at = departure + access_seconds[leg]
            count = _sooner(ready, fresh, before, count, access_stop[leg], at, _NONE, rides)
    for leg in range(timed_start[origin], timed_start[origin + 1]):
        at = departure + timed_seconds[leg]
        if at <= timed_latest[leg]:
            at = max(at, timed_earliest[leg])
            if at <= horizon:
                count = _sooner(ready, fresh, before, count, timed_stop[leg], at, _NONE, rides)
    return count


@kernel
def _go(direct, origin, ends, steps, size, reachable, leaving, departure, horizon):
    """Note the destinations to which one goes all the way without a ride, at the times when that serves."""
    start, destination, seconds, earliest, latest = direct
    best = ends[0]
    for leg in range(start[origin], start[origin + 1]):
        at, to = departure + seconds[leg], destination[leg]
        if at > latest[leg]:
            continue
        at = max(at, earliest[leg])
        if at <= horizon and at < best[to]:
            steps, size, reachable = _note(ends, steps, size, reachable, leaving, to, at)
    return steps, size, reachable


@kernel
def search(lines, access, egress, timed, departures, rides, limit, ranks, out, within):
    """Fill `out` for each origin and destination, and `within` with the departures that reach it in time.

    `timed` are legs that serve at some times alone (`TimedLegs`): to stops, from stops, and all the way.

    Without `ranks`, `out` (origins, departures, destinations) is seconds of arrival; with them (from 0) it is seconds
    on the way (origins, ranks, destinations). It holds NEVER before. Departures rise; what takes more than `limit`
    seconds is not reached.
    """
    access_start = access[0]
    stops, destinations, window, count_of_trips = len(lines[6]), out.shape[2], len(departures), len(lines[3][0])
    ready = np.empty((rides, stops), np.int32)
    reached = np.empty((rides, stops), np.int32)
    reach = np.empty((count_of_trips, rides), np.int16)
    before = np.full(stops, _UNMET, np.int64)
    fresh = np.empty(stops, np.int32)
    queue = np.empty((len(lines[2][1]) + 1, 3), np.int32)
    alighted, is_alighted = np.empty(stops, np.int32), np.zeros(stops, np.bool_)
    better, is_better = np.empty(stops, np.int32), np.zeros(stops, np.bool_)
    state = ready, reached, reach, before, fresh, queue, alighted, is_alighted, better, is_better
    best, head = np.empty(destinations, np.int32), np.empty(destinations, np.int32)
    touched = np.empty(destinations, np.int32)
    ends = best, head, touched
    steps = np.empty((1024, 3), np.int32)
    values = np.empty(window, np.int32)
    for origin in range(len(access_start) - 1):
        ready[:] = NEVER
        reached[:] = NEVER
        reach[:] = _NOWHERE
        best[:] = NEVER
        head[:] = -1
        size, reachable = _NONE, _NONE
        for leaving in range(window - 1, -1, -1):
            departure = departures[leaving]
            horizon = np.int32(min(np.int64(departure) + limit, np.int64(NEVER) - 1))
            improved = _NONE
            count = _set_out(access, timed[0], state, origin, departure, limit, horizon)
            steps, size, reachable = _go(timed[2], origin, ends, steps, size, reachable, leaving, departure, horizon)
            for k in range(rides):
                queued = _board_all(lines, state, count, k, horizon)
                off = _ride(lines, state, queued, k, horizon)
                count, improved = _get_off(lines, state, off, k, horizon, improved)
                if count == 0:
                    break
            steps, size, reachable = _arrive(
                egress, timed[1], state, improved, ends, steps, size, reachable, leaving, horizon
            )
        for number in range(reachable):
            to = touched[number]
            within[origin, to] = _sum_up(steps, head[to], departures, limit, ranks, values, out[origin, :, to])
