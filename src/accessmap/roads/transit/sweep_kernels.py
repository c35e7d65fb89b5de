"""The search for many origins at once: one sweep over all that runs, the last arrival first, for a block of ends.

What is worth boarding after each arrival is worked out once for a day, as in Witt (2015), *Trip-based public transit
routing using subsets of trips*. The sweep then holds, for each stage of each trip and each end of a block, the earliest
arrival of who sits there, and the fewest rides with which it is had; an origin takes the best of what it can board.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.kernels import kernel
from accessmap.roads.transit.kernels import _NONE, _lower
from accessmap.roads.transit.lines import NEVER

#: Ends that are swept together.
LANES = 64
#: An arrival and the rides after the first are one number: seconds times 1,024, and rides. No day has so many of them.
_BITS = 10
RIDES = 1 << _BITS
#: What no arrival is, in that number; seconds are below a million (11 days).
_FAR = np.int32(2**30)
#: A place that no pattern has: of a trip that has not been ridden.
_NOWHERE = np.int32(2**15 - 1)


@kernel
def _sit(reach, met, count, trip, place, last):
    """Have a trip, and the later ones of its pattern, ridden from a place on; return how many trips have been met."""
    for later in range(trip, last):
        if reach[later] <= place:
            break
        if reach[later] == _NOWHERE:
            met[count] = later
            count += 1
        reach[later] = place
    return count


@kernel
def _get_on(lines, ridden, stop, at, until):
    """Ride what leaves a stop from a time on, of what leaves before `until` (NEVER: the first of each pattern)."""
    (slot_start, slot_at, slot_trips, slot_trip, slot_place), slot_departure = lines[:2]
    event_start, event_departure, event_trip, event_place = lines[2]
    trip_last = lines[3][3]
    reach, met, boarded, count, found = ridden
    if until == NEVER:
        for slot in range(slot_start[stop], slot_start[stop + 1]):
            first = slot_at[slot]
            trip = _lower(slot_departure, first, first + slot_trips[slot], at) - first
            if trip < slot_trips[slot]:
                trip, place = trip + slot_trip[slot], slot_place[slot]
                if reach[trip] > place:
                    boarded[found, 0], boarded[found, 1] = trip, place
                    found += 1
                    count = _sit(reach, met, count, trip, place, trip_last[trip])
        return count, found
    event, end = _lower(event_departure, event_start[stop], event_start[stop + 1], at), event_start[stop + 1]
    while event < end and event_departure[event] < until:
        trip, place = np.int64(event_trip[event]), event_place[event]
        if reach[trip] > place:
            boarded[found, 0], boarded[found, 1] = trip, place
            found += 1
            count = _sit(reach, met, count, trip, place, trip_last[trip])
        event += 1
    return count, found


@kernel
def _change(lines, ridden, stop, at):
    """Ride what one catches who gets off at a stop at a time: there, and at those to which one walks."""
    change, (walk_start, walk_stop, walk_seconds) = lines[6:8]
    reach, met, boarded, count, found = ridden
    for walk in range(walk_start[stop] - (change[stop] >= 0), walk_start[stop + 1]):
        there, takes = (walk_stop[walk], walk_seconds[walk]) if walk >= walk_start[stop] else (stop, change[stop])
        count, found = _get_on(lines, (reach, met, boarded, count, found), there, np.int32(at + takes), NEVER)
    return count, found


@kernel
def _best(reach, trips, boarded, found):
    """Put first what has been boarded and is not ridden from an earlier place, or an earlier trip; return how much."""
    kept = _NONE
    for number in range(found):
        trip, place = boarded[number, 0], boarded[number, 1]
        if reach[trip] == place and (trips[4][trip] or reach[trip - 1] > place):
            boarded[kept, 0], boarded[kept, 1] = trip, place
            kept += 1
    return kept


@kernel
def _useful(lines, best, boarded, found, own, taken):
    """Put first of what is boarded that with which some stop is reached sooner; return how much, and stops so far."""
    trip_at, trip_stops, trip_width = lines[3][:3]
    arrival, alight_stop = lines[4], lines[5]
    for number in range(found):
        trip = boarded[number, 0]
        times, places = trip_at[trip], trip_stops[trip]
        for place in range(boarded[number, 1] + 1, trip_width[trip]):
            stop = alight_stop[places + place]
            if stop >= 0 and arrival[times + place] < best[stop, 0]:
                if best[stop, 0] == NEVER:
                    own[taken] = stop
                    taken += 1
                best[stop, 0] = arrival[times + place]
                best[stop, 1] = 1
    kept = _NONE
    for number in range(found):
        trip, needed = boarded[number, 0], False
        times, places = trip_at[trip], trip_stops[trip]
        for place in range(boarded[number, 1] + 1, trip_width[trip]):
            stop = alight_stop[places + place]
            if stop >= 0 and best[stop, 1] and arrival[times + place] == best[stop, 0]:
                best[stop, 1] = 0
                needed = True
        if needed:
            boarded[kept, 0], boarded[kept, 1] = trip, boarded[number, 1]
            kept += 1
    return kept, taken


@kernel
def changes(lines, first, last, counts):
    """Return what is worth boarding after the stages of some trips, trip by trip and each from its end.

    A stage is the way to a place of a trip; `counts` gets by stage how many there are to board. Each is told by the
    stage with which one goes on. Left out is what the trip, or one boarded at a later place of it, does no later.
    """
    trip_at, trip_stops, trip_width, trip_last, _ = lines[3]
    arrival, alight_stop, change = lines[4:7]
    reach = np.full(len(trip_at), _NOWHERE, np.int32)
    met, own = np.empty(len(trip_at), np.int32), np.empty(len(change), np.int32)
    boarded = np.empty((len(lines[2][1]) + 1, 2), np.int32)
    best = np.zeros((len(change), 2), np.int32)
    best[:, 0] = NEVER
    stages, size = np.empty(1024, np.int32), _NONE
    for trip in range(first, last):
        count, taken = _NONE, _NONE
        for place in range(trip_width[trip] - 1, 0, -1):
            count = _sit(reach, met, count, trip, np.int32(place), trip_last[trip])
            stop, found = alight_stop[trip_stops[trip] + place], _NONE
            if stop < 0:
                continue
            at = arrival[trip_at[trip] + place]
            if best[stop, 0] == NEVER:
                own[taken] = stop
                taken += 1
            best[stop, 0] = min(best[stop, 0], at)
            count, found = _change(lines, (reach, met, boarded, count, found), stop, at)
            found = _best(reach, lines[3], boarded, found)
            found, taken = _useful(lines, best, boarded, found, own, taken)
            if size + found > len(stages):
                grown = np.empty(2 * (size + found), np.int32)
                grown[:size] = stages[:size]
                stages = grown
            for number in range(found):
                stages[size] = trip_at[boarded[number, 0]] + boarded[number, 1] + 1
                size += 1
            counts[trip_at[trip] + place] = found
        for number in range(count):
            reach[met[number]] = _NOWHERE
        for number in range(taken):
            best[own[number], 0] = NEVER
    return stages[:size].copy()


@kernel
def in_order(cell, first, row, boarded, start, after):
    """Fill `after` with what is worth boarding after each stage, as stages; return those with what comes later, (n, 2).

    That of the place `cell[stage]` begins at `first` in `boarded`, and is to begin at `start`.
    """
    late = 0
    for stage in range(len(cell)):
        behind = first[cell[stage]] - start[stage]
        for at in range(start[stage], start[stage + 1]):
            after[at] = row[boarded[behind + at]]
            late += after[at] >= stage
    found, late = np.empty((late, 2), np.int32), 0
    for stage in range(len(cell)):
        for at in range(start[stage], start[stage + 1]):
            if after[at] >= stage:
                found[late, 0], found[late, 1] = stage, after[at]
                late += 1
    return found


@kernel
def _catch(lines, known, ridden, stop, at):
    """Ride what leaves a stop from a time on, of what no later departure of the same origin catches."""
    count, found = ridden[3], ridden[4]
    if at < known[stop]:
        count, found = _get_on(lines, ridden, stop, at, known[stop])
        known[stop] = at
    return count, found


@kernel
def _forget(values, places, nothing):
    for place in places:
        values[place] = nothing


@kernel
def first_rides(lines, access, timed, departures, sizes):
    """Return what each origin is to board first: by departure, the last first, stage and departure, (n, 2).

    `sizes` (origins) gets how many there are of each. What a later departure boards is not boarded again. `timed` are
    ways to stops that serve at some times alone.
    """
    access_start, access_stop, access_seconds = access
    timed_start, timed_stop, timed_seconds, timed_earliest, timed_latest = timed
    trip_at = lines[3][0]
    reach = np.full(len(trip_at), _NOWHERE, np.int32)
    met = np.empty(len(trip_at), np.int32)
    boarded = np.empty((len(lines[2][1]) + 1, 2), np.int32)
    known = np.full(len(lines[6]), NEVER, np.int32)
    rides, size = np.empty((1024, 2), np.int32), _NONE
    for origin in range(len(access_start) - 1):
        count, begin = _NONE, size
        for leaving in range(len(departures) - 1, -1, -1):
            found = _NONE
            for leg in range(access_start[origin], access_start[origin + 1]):
                stop, at = access_stop[leg], np.int32(departures[leaving] + access_seconds[leg])
                count, found = _catch(lines, known, (reach, met, boarded, count, found), stop, at)
            for leg in range(timed_start[origin], timed_start[origin + 1]):
                stop, at = timed_stop[leg], np.int32(departures[leaving] + timed_seconds[leg])
                if at <= timed_latest[leg]:
                    at = max(at, timed_earliest[leg])
                    count, found = _catch(lines, known, (reach, met, boarded, count, found), stop, at)
            found = _best(reach, lines[3], boarded, found)
            if size + found > len(rides):
                grown = np.empty((2 * (size + found), 2), np.int32)
                grown[:size] = rides[:size]
                rides = grown
            for number in range(found):
                rides[size, 0] = trip_at[boarded[number, 0]] + boarded[number, 1] + 1
                rides[size, 1] = leaving
                size += 1
        sizes[origin] = size - begin
        _forget(reach, met[:count], _NOWHERE)
        _forget(known, access_stop[access_start[origin] : access_start[origin + 1]], NEVER)
        _forget(known, timed_stop[timed_start[origin] : timed_start[origin + 1]], NEVER)
    return rides[:size].copy()


@kernel
def _go(row, timed, first, end, at):
    """Better a row by lane with the ways from `first` to `end` of those that serve at some times alone."""
    lane, seconds, earliest, latest = timed
    for leg in range(first, end):
        there = at + seconds[leg]
        if lane[leg] >= 0 and there <= latest[leg]:
            row[lane[leg]] = min(row[lane[leg]], np.int32(max(there, earliest[leg]) << _BITS))


@kernel
def _last_asked(goes_on, change_start, change_to):
    """Return by stage the last one that asks for it: that which goes on with it, or has it to board; else itself."""
    last = np.arange(len(goes_on)).astype(np.int32)
    for stage in range(len(goes_on)):
        if goes_on[stage] >= 0:
            last[goes_on[stage]] = stage
        for change in range(change_start[stage], change_start[stage + 1]):
            last[change_to[change]] = max(last[change_to[change]], np.int32(stage))
    return last


@kernel
def held(goes_on, change_start, change_to, kept):
    """Return by stage the row that holds it in a sweep, and how many rows there are.

    A row serves again once no further stage asks for it. `kept` are asked for at the end, or before they are swept (2):
    these have rows of their own.
    """
    last = _last_asked(goes_on, change_start, change_to)
    row, free, size, count = np.empty(len(goes_on), np.int32), np.empty(len(goes_on), np.int32), _NONE, _NONE
    for stage in range(len(goes_on)):
        if kept[stage] == 2:
            row[stage] = count
            count += 1
    for stage in range(len(goes_on)):
        if kept[stage] < 2 and size > 0:
            size -= 1
            row[stage] = free[size]
        elif kept[stage] < 2:
            row[stage] = count
            count += 1
        begin = change_start[stage]
        for change in range(begin - 2, change_start[stage + 1]):
            other = change_to[change] if change >= begin else goes_on[stage] if change == begin - 1 else stage
            if other >= 0 and last[other] == stage and not kept[other]:
                last[other] = -1
                free[size] = row[other]
                size += 1
    return row, count


@kernel
def _sweep(stages, rows, egress, timed_start, timed, found, before, add):
    """Fill `found` (rows, lanes) with the earliest arrival of who sits in a stage, given that of who boards one.

    `rows` are those of the stages.
    """
    goes_on, stop_of, arrival, change_start, change_to = stages
    egress_start, egress_lane, egress_seconds = egress
    for stage in range(len(goes_on)):
        row, stop = found[rows[stage]], stop_of[stage]
        if goes_on[stage] >= 0:
            later = found[rows[goes_on[stage]]]
            for lane in range(LANES):
                row[lane] = later[lane]
        else:
            for lane in range(LANES):
                row[lane] = _FAR
        if stop < 0:
            continue
        for leg in range(egress_start[stop], egress_start[stop + 1]):
            at = np.int32((arrival[stage] + egress_seconds[leg]) << _BITS)
            row[egress_lane[leg]] = min(row[egress_lane[leg]], at)
        _go(row, timed, timed_start[stop], timed_start[stop + 1], arrival[stage])
        # Four at a time: their rows are fetched together.
        end = change_start[stage + 1]
        for change in range(change_start[stage], end, 4):
            one, two = before[rows[change_to[change]]], before[rows[change_to[min(change + 1, end - 1)]]]
            three = before[rows[change_to[min(change + 2, end - 1)]]]
            four = before[rows[change_to[min(change + 3, end - 1)]]]
            for lane in range(LANES):
                there = min(min(one[lane], two[lane]), min(three[lane], four[lane]))
                row[lane] = min(row[lane], np.int32(there + add))


@kernel
def _settled(late, rows, found):
    """Return whether no change to a stage that is swept later than it would have been sooner."""
    for number in range(len(late)):
        row, there = found[rows[late[number, 0]]], found[rows[late[number, 1]]]
        for lane in range(LANES):
            if there[lane] + 1 < row[lane]:
                return False
    return True


@kernel
def _times(found, rows, leaving_of, direct, departures, limit, seconds, best, rest):
    """Fill `seconds` (departures, lanes) with what one origin takes; NEVER is none. `rest` gets the most rides by lane.

    `rows` and `leaving_of` are its first rides, the last departure first; `direct` its ways to lanes without any.
    """
    for lane in range(LANES):
        best[lane] = _FAR
    ride = _NONE
    for leaving in range(len(departures) - 1, -1, -1):
        while ride < len(rows) and leaving_of[ride] == leaving:
            row = found[rows[ride]]
            for lane in range(LANES):
                best[lane] = min(best[lane], row[lane])
            ride += 1
        into, departure = seconds[leaving], departures[leaving]
        _go(best, direct, _NONE, len(direct[0]), departure)
        for lane in range(LANES):
            rest[lane] = max(rest[lane], best[lane] & np.int32(RIDES - 1))
            took = np.int32((best[lane] >> _BITS) - departure)
            into[lane] = NEVER if (best[lane] == _FAR) | (took > limit) else took


@kernel
def _of_rank(seconds, rank, longest, low, high, count):
    """Leave in `high` by lane the least seconds within which more than `rank` departures reach; above is none."""
    for lane in range(LANES):
        low[lane], high[lane] = -1, longest + 1
    wide = np.int64(longest) + 2
    while wide > 1:
        wide = (wide + 1) >> 1
        for lane in range(LANES):
            count[lane] = 0
        for leaving in range(len(seconds)):
            row = seconds[leaving]
            for lane in range(LANES):
                middle = np.int32((low[lane] + high[lane]) >> 1)
                count[lane] = np.int32(count[lane] + (row[lane] <= middle))
        for lane in range(LANES):
            middle = np.int32((low[lane] + high[lane]) >> 1)
            high[lane] = middle if count[lane] > rank else high[lane]
            low[lane] = low[lane] if count[lane] > rank else middle


@kernel
def _collect(rides, direct, lane_of, found, departures, limit, ranks, lanes, out, within, over, most):
    """Fill `out` and `within` of the search for the ends of a block, and `over` with those that need too many rides."""
    first, row, leaving_of = rides
    direct_start, direct_end, direct_seconds, direct_earliest, direct_latest = direct
    window = len(departures)
    best, rest = np.empty(LANES, np.int32), np.zeros(LANES, np.int32)
    low, high, count = np.empty(LANES, np.int32), np.empty(LANES, np.int32), np.empty(LANES, np.int32)
    seconds = np.empty((window, LANES), np.int32)
    for origin in range(len(first) - 1):
        mine = slice(first[origin], first[origin + 1])
        own = direct_end[direct_start[origin] : direct_start[origin + 1]]
        begin = direct_start[origin] + _lower(own, _NONE, len(own), lanes[0])
        ways = slice(begin, direct_start[origin] + _lower(own, _NONE, len(own), lanes[-1] + 1))
        legs = lane_of[direct_end[ways]], direct_seconds[ways], direct_earliest[ways], direct_latest[ways]
        _times(found, row[mine], leaving_of[mine], legs, departures, limit, seconds, best, rest)
        longest = np.int32(0)
        for lane in range(len(lanes)):
            for leaving in range(window):
                took = seconds[leaving, lane]
                if took != NEVER:
                    longest = max(longest, took)
                    within[origin, lanes[lane]] += 1
                    if not len(ranks):
                        out[origin, leaving, lanes[lane]] = took + departures[leaving]
        for number in range(len(ranks)):
            _of_rank(seconds, ranks[number], longest, low, high, count)
            for lane in range(len(lanes)):
                if high[lane] <= longest:
                    out[origin, number, lanes[lane]] = high[lane]
    for lane in range(len(lanes)):
        over[lanes[lane]] = rest[lane] >= most


@kernel
def _legs_to(start, end, lane_of, into, lane, which):
    """Fill `into`, `lane` and `which` with the legs to the ends of a block, by stop; return how many there are."""
    size = _NONE
    into[0] = 0
    for stop in range(len(start) - 1):
        for leg in range(start[stop], start[stop + 1]):
            if lane_of[end[leg]] >= 0:
                lane[size], which[size] = lane_of[end[leg]], leg
                size += 1
        into[stop + 1] = size
    return size


@kernel
def sweep(
    stages,
    late,
    held_in,
    rides,
    egress,
    timed,
    direct,
    blocks,
    departures,
    most,
    limit,
    ranks,
    by_round,
    out,
    within,
    over,
):
    """Fill `out` and `within` as `kernels.search` does, for blocks of ends.

    `held_in` has the rows of the stages and how many there are, `rides` those of the first ones to board.
    `timed` are the legs to them, by stop, that serve at some times alone; `direct` are those of the origins, by end.
    `over` gets the ends with some arrival that needs more than `most` rides, whose cells are not to be used; with
    `by_round` there are none: what is boarded after k rides is then worked out from what is after k + 1.
    """
    (lanes_at, lanes), (rows, size) = blocks, held_in
    found = np.empty((size, LANES), np.int32)
    before, add = (np.empty_like(found), np.int32(0)) if by_round else (found, np.int32(1))
    start, lane, which = np.empty_like(egress[0]), np.empty_like(egress[1]), np.empty(len(egress[1]), np.int64)
    timed_start, timed_lane = np.empty_like(timed[0]), np.empty_like(timed[1])
    timed_which = np.empty(len(timed[1]), np.int64)
    lane_of = np.full(out.shape[2], -1, np.int32)
    for block in range(len(lanes_at) - 1):
        ends = lanes[lanes_at[block] : lanes_at[block + 1]]
        for number in range(len(ends)):
            lane_of[ends[number]] = number
        some = which[: _legs_to(egress[0], egress[1], lane_of, start, lane, which)]
        legs = start, lane, egress[2][some]
        some = timed_which[: _legs_to(timed[0], timed[1], lane_of, timed_start, timed_lane, timed_which)]
        timed_legs = timed_lane, timed[2][some], timed[3][some], timed[4][some]
        if by_round:
            before[:] = _FAR
        for number in range(len(late)):
            before[rows[late[number, 1]]] = _FAR
        left = most if by_round else 1
        while left > 0:
            _sweep(stages, rows, legs, timed_start, timed_legs, found, before, add)
            left -= 1
            if by_round:
                found, before = before, found
            elif not _settled(late, rows, found):
                left = 1
        _collect(rides, direct, lane_of, before, departures, limit, ranks, ends, out, within, over, most)
        for number in range(len(ends)):
            lane_of[ends[number]] = -1
