"""Residents sent whole to sites with capacities: what each site can save, and good plans, in compiled loops.

`cost` is residents × sites, infinite where a resident cannot be sent; `people` and `room` are in one unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accessmap.roads.engine.kernels import kernel
from accessmap.tables.aligned import Floats

Whole = NDArray[np.int64]
Open = NDArray[np.bool_]

_BETTER = 1e-9  # share of a cost below which a plan is not better
_TRIED = 15  # sites of which, at most, the nearest replaces another
_STRIDE = 7919  # numbers drawn between two rounds
_BY_SIZE = 0.2  # share of the plans that are filled by size, not by regret
_ENTIRE = 7  # largest residents that a site takes whole or not at all, of those whom it may take
_LARGE = 0.1  # share of the largest room above which a resident goes first
_NOISE = 0.15  # by which costs are blurred at most while a plan is filled
_WORSE = 1.004  # a plan is gone on from if it is no worse than the best by this


@kernel
def parted(worth: Floats, people: Floats, room: float, order: Whole, ranks: Whole) -> tuple[Whole, Whole]:
    """Return the few residents whom a site takes whole or not at all, and the others, the most worth a person first."""
    large, small = np.empty(_ENTIRE, np.int64), np.empty(len(order), np.int64)
    whole = np.zeros(len(order), np.bool_)
    count, rest = 0, 0
    for i in order:
        if count == _ENTIRE or people[i] <= _LARGE * room:
            break
        if worth[i] > 0.0:
            large[count] = i
            whole[i] = True
            count += 1
    for i in ranks:
        if worth[i] <= 0.0:
            break
        if not whole[i]:
            small[rest] = i
            rest += 1
    return large[:count], small[:rest]


@kernel
def chosen_large(
    worth: Floats, people: Floats, room: float, large: Whole, size: Floats, gain: Floats
) -> tuple[float, int]:
    """Return the most that is saved with some of the large, and which (bits); `size` and `gain` are sums of the others.

    The others are split where that helps.
    """
    most, best, count = 0.0, 0, len(size) - 1
    for chosen in range(1 << len(large)):
        left, total = room, 0.0
        for k in range(len(large)):
            if chosen >> k & 1:
                left -= people[large[k]]
                total += worth[large[k]]
        if left >= 0.0:
            full, top = 0, count  # the last sum that has room
            while full < top:
                middle = (full + top + 1) // 2
                if size[middle] <= left:
                    full = middle
                else:
                    top = middle - 1
            total += gain[full]
            if full < count:
                total += (left - size[full]) * (gain[full + 1] - gain[full]) / (size[full + 1] - size[full])
            if total > most:
                most, best = total, chosen
    return most, best


@kernel
def saved_mostly(
    worth: Floats, people: Floats, room: Floats, order: Whole, ranks: Whole
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the most each site saves, the shares it takes, its margins, and what it saves if more places cost those.

    All but the largest residents may be split; `order` is of the residents, the largest first; `ranks` by
    site, the most worth a person first. A margin is what the
    last place of a site is worth a person.
    """
    sites = worth.shape[1]
    values, margin, ceiling = np.zeros(sites), np.zeros(sites), np.zeros(sites)
    shares = np.zeros(worth.shape)
    for j in range(sites):
        large, small = parted(worth[:, j], people, room[j], order, ranks[:, j])
        size, gain = np.zeros(len(small) + 1), np.zeros(len(small) + 1)
        for k in range(len(small)):
            size[k + 1], gain[k + 1] = size[k] + people[small[k]], gain[k] + worth[small[k], j]
        values[j], best = chosen_large(worth[:, j], people, room[j], large, size, gain)
        left = room[j]
        for k in range(len(large)):
            if best >> k & 1:
                shares[large[k], j] = 1.0
                left -= people[large[k]]
        for i in small:
            shares[i, j] = min(1.0, left / people[i])
            left -= shares[i, j] * people[i]
            if shares[i, j] < 1.0:
                margin[j] = worth[i, j] / people[i]
                break
        ceiling[j] = margin[j] * room[j]
        for i in range(len(people)):
            ceiling[j] += max(0.0, worth[i, j] - margin[j] * people[i])
    return values, shares, margin, ceiling


@kernel
def saved_whole(worth: Floats, people: Whole, room: Whole) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the most each site saves, nobody split, and whom it takes: a knapsack each, by dynamic programming."""
    residents, sites = worth.shape
    values = np.zeros(sites)
    taken = np.zeros((residents, sites), np.bool_)
    for j in range(sites):
        most = np.zeros(room[j] + 1)
        better = np.zeros((residents, room[j] + 1), np.bool_)
        for i in range(residents):
            size, gain = people[i], worth[i, j]
            if gain > 0.0:
                for full in range(room[j], size - 1, -1):
                    if most[full - size] + gain > most[full]:
                        most[full] = most[full - size] + gain
                        better[i, full] = True
        full = room[j]
        values[j] = most[full]
        for i in range(residents - 1, -1, -1):
            if better[i, full]:
                taken[i, j] = True
                full -= people[i]
    return values, taken


@kernel
def two_best(cost: Floats, blur: Floats, left: Floats, size: float, sites: Whole) -> tuple[int, float]:
    """Return the site of least cost that has room for a resident, -1 for none, and what the next one costs more."""
    one, two, first = np.inf, np.inf, -1
    for k in range(len(sites)):
        j = sites[k]
        each = cost[j] * blur[k]
        if left[j] >= size and each < two:
            two = each
            if two < one:
                one, two, first = two, one, j
    return first, two - one


@kernel
def filled(
    cost: Floats, people: Floats, room: Floats, sites: Whole, draw: Floats, start: int, stop: Open
) -> tuple[Whole, bool]:
    """Return the site of each resident, and whether all fit; costs are blurred by the numbers drawn from `start` on.

    Not all fit where it is told to `stop`.
    Next goes who is large, or loses most by going to his second choice (Martello & Toth 1981).
    """
    residents, places, drawn = len(people), len(sites), len(draw)
    where = np.full(residents, -1)
    best = np.full(residents, -1)
    left, rank = room.copy(), np.empty(residents)
    noise = 0.0 if start == 0 else _NOISE * draw[start % drawn]
    large = _LARGE * room.max()
    by_size = start > 0 and draw[(start + 1) % drawn] < _BY_SIZE
    blur = np.empty(places)
    stale = np.ones(residents, np.bool_)
    for _ in range(residents):
        if stop[0]:
            return where, False
        pick = -1
        for i in range(residents):
            if stale[i]:
                for k in range(places):
                    blur[k] = 1.0 + noise * draw[(start + i * places + k) % drawn]
                best[i], regret = two_best(cost[i], blur, left, people[i], sites)
                stale[i] = False
                if best[i] < 0:
                    return where, False
                rank[i] = np.inf if by_size or people[i] > large else regret
            if where[i] < 0 and (
                pick < 0 or rank[i] > rank[pick] or (rank[i] == rank[pick] and people[i] > people[pick])
            ):
                pick = i
        to = best[pick]
        where[pick] = to
        before = left[to]
        left[to] -= people[pick]
        for i in range(residents):  # whom the site could take before, and no more
            stale[i] = where[i] < 0 and left[to] < people[i] <= before
    return where, True


@kernel
def moved_alone(cost: Floats, people: Floats, left: Floats, where: Whole, sites: Whole) -> bool:
    """Return whether a resident went to a nearer site that had room; `where` and `left` are changed."""
    better = False
    for i in range(len(where)):
        for j in sites:
            old = where[i]
            if j != old and left[j] >= people[i] and cost[i, j] < cost[i, old] * (1.0 - _BETTER):
                left[old] += people[i]
                left[j] -= people[i]
                where[i] = j
                better = True
    return better


@kernel
def cheaper(cost: Floats, site: int, sites: Whole) -> bool:
    """Return whether another of these sites is cheaper for a resident."""
    for j in sites:  # noqa: SIM110 (numba compiles no generator)
        if cost[j] < cost[site]:
            return True
    return False


@kernel
def settled(cost: Floats, people: Floats, room: Floats, where: Whole, sites: Whole, stop: Open) -> float:
    """Return the cost after moving residents, and exchanging two of them, until nothing helps; `where` is changed.

    It ends before where it is told to `stop`.
    """
    left, residents = room.copy(), len(where)
    for i in range(residents):
        left[where[i]] -= people[i]
    better = True
    while better:
        better = moved_alone(cost, people, left, where, sites)
        for i in range(residents):
            if stop[0]:
                better = False
                break
            if not cheaper(cost[i], where[i], sites):
                continue
            for k in range(residents):  # an exchange is nearer for one of the two: that is i
                a, b, more = where[i], where[k], people[i] - people[k]
                if cost[i, b] >= cost[i, a] or left[b] < more or left[a] < -more:
                    continue
                if cost[i, b] + cost[k, a] < (cost[i, a] + cost[k, b]) * (1.0 - _BETTER):
                    left[a] += more
                    left[b] -= more
                    where[i], where[k] = b, a
                    better = True
    total = 0.0
    for i in range(residents):
        total += cost[i, where[i]]
    return total


@kernel
def opened(y: Open) -> Whole:
    """Return the places of the sites that are open."""
    sites = np.empty(len(y), np.int64)
    count = 0
    for j in range(len(y)):
        if y[j]:
            sites[count] = j
            count += 1
    return sites[:count]


@kernel
def members(where: Whole, site: int) -> Whole:
    """Return who goes to a site."""
    here = np.empty(len(where), np.int64)
    count = 0
    for i in range(len(where)):
        if where[i] == site:
            here[count] = i
            count += 1
    return here[:count]


@kernel
def total_of(values: Floats, chosen: Whole) -> float:
    """Return the sum of the values of those chosen."""
    total = 0.0
    for i in chosen:
        total += values[i]
    return total


@kernel
def moved(cost: Floats, people: Floats, room: Floats, where: Whole, y: Open, free: Open, price: Floats, money: float,
          stop: Open) -> bool:  # fmt: skip
    """Return whether a site was replaced by one nearer to all who go there; `where` and `y` are changed."""
    changed = False
    for j in range(len(y)):
        if not (y[j] and free[j]) or stop[0]:
            continue
        here, best = members(where, j), j
        load, spent = total_of(people, here), total_of(price, opened(y)) - price[j]
        least = total_of(cost[:, j], here) * (1.0 - _BETTER)
        for k in range(len(y)):
            if y[k] or not free[k] or room[k] < load or spent + price[k] > money:
                continue
            total = total_of(cost[:, k], here)
            if total < least:
                best, least = k, total
        if best != j:
            y[j], y[best] = False, True
            changed = True
            for i in here:
                where[i] = best
    return changed


@kernel
def plan_of(cost: Floats, people: Floats, room: Floats, y: Open, free: Open, price: Floats, money: float, draw: Floats,
            start: int, stop: Open) -> tuple[float, Whole]:  # fmt: skip
    """Return the cost of a good plan that starts from these sites, infinite where none is found, and who goes where.

    `y` is changed where a site that is `free` is better replaced, for no more than `money` in all.
    """
    where, fits = filled(cost, people, room, opened(y), draw, start, stop)
    if not fits:
        return np.inf, where
    while True:
        value = settled(cost, people, room, where, opened(y), stop)
        if not moved(cost, people, room, where, y, free, price, money, stop):
            return value, where


@kernel
def exchanged(cost: Floats, people: Floats, room: Floats, y: Open, where: Whole, value: float, free: Open,
              price: Floats, money: float, rounds: int, draw: Floats, stop: Open
              ) -> tuple[float, Open, Whole]:  # fmt: skip
    """Return the best plan met in so many rounds: one site is exchanged for another, and everyone is sent anew."""
    best, best_y, best_where = value, y.copy(), where.copy()
    now_y, now_where, drawn = y.copy(), where.copy(), len(draw)
    for turn in range(rounds):
        if stop[0]:
            break
        at = 1 + turn * _STRIDE
        out_of, into = opened(now_y & free), opened(free & ~now_y)
        new = now_y.copy()
        if len(out_of) and len(into):
            out = out_of[int(draw[at % drawn] * len(out_of))]
            to, least, here = -1, np.inf, members(now_where, out)
            for k in range(int(draw[(at + 1) % drawn] * _TRIED) + 1):  # of a few sites, the nearest to who went there
                site = into[int(draw[(at + 2 + k) % drawn] * len(into))]
                total = total_of(cost[:, site], here)
                if to < 0 or total < least:
                    to, least = site, total
            new[out], new[to] = False, True
            if total_of(price, opened(new)) > money:
                continue
        total, plan = plan_of(cost, people, room, new, free, price, money, draw, at, stop)
        if total <= best * _WORSE:
            now_y, now_where = new, plan
        if total < best * (1.0 - _BETTER):
            best, best_y, best_where = total, new.copy(), plan.copy()
    return best, best_y, best_where
