"""Several services in shared buildings over several years as one program: HiGHS chooses, rows say what it costs people.

By year and site: whether its building is fitted out, by service whether it is open there and how many half-days a week
are added. What the people then travel is one sum of minutes for each service, year and group of residents, bounded by
rows that are added when a solution breaks them (Benders): those of the p-median (`MeanMinutes`), which know no room,
and those of the transport of people to sites with room. For any minutes u_i that are paid to serve a person of
resident i and any rent r_j of a place, a plan costs at least sum a_i u_i - sum_j (r_j room_j + sum_i a_i (u_i - t_ij -
r_j)+ y_j): the dual of the textbook model, whose rows hold for every plan.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from accessmap.siting.question import needed_rows
from accessmap.siting.solver.minutes import MeanMinutes
from accessmap.siting.solver.program import TOLERANCE, Open, Solved, solved
from accessmap.tables.aligned import Floats

_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6
_BROKEN = 1e-6
_SOME = 1e-7  # of a site that is open in part
_ROUNDS = 60
_PATIENCE = 5  # rounds over which the bound of the relaxation must rise by this share of itself
_PROGRESS = 2e-4
_RELAXING = 0.35  # share of the time for that
_APART = 0.2  # share of the gap to which a program is solved before new rows are looked for
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Part:
    """One service: minutes (residents × sites, infinite where it cannot be), people (above 0), sites, costs.

    The last column may be a site that takes whoever is left out: its `today` is infinite.
    """

    minutes: Floats
    people: Floats
    today: Floats  # half-days a week by site, 0 where it is not open, below 0 where they are not known
    taken: Floats  # people from elsewhere who have their place there, no more than there are places today
    free: Open  # sites where it may be opened, or open longer
    weight: float
    opening: float
    half_day: float
    each: float  # people whom a half-day a week can serve; infinite where room does not count
    least: int
    most: int

    @property
    def there(self) -> Open:
        """Where it is open today."""
        return np.asarray(self.today != 0)

    @property
    def longest(self) -> Floats:
        """Half-days that can be added at each site at most."""
        more = np.where(self.there, np.floor(np.maximum(0.0, self.most - self.today) + _ROUNDING), self.most)
        if np.isinf(self.each):  # nobody needs more than the fewest
            more = np.where(self.there, 0.0, self.least)
        return np.where(self.free, more, 0.0)

    def room(self, added: Floats) -> Floats:
        """Return the people whom each site can take with so many half-days more."""
        with np.errstate(invalid="ignore"):
            room = self.each * (self.today + added) - self.taken
        return np.where(np.isinf(self.each) | np.isinf(self.today), np.inf, np.maximum(room, 0.0))


@dataclass(frozen=True, eq=False)
class Sent:
    """The best way to send people to sites, in part: person-minutes (infinite: none), people by pair, and duals."""

    value: float
    flow: sparse.csr_array
    paid: Floats  # minutes that a person of each resident pays
    rent: Floats  # minutes that a place of each site costs besides


@dataclass(eq=False)
class Best:
    """The best plan met, its person-minutes weighted, what none can beat, and the size of the program."""

    opened: Floats | None = None  # services × sites × years, 0 or 1
    added: Floats | None = None  # half-days, likewise
    flows: list[sparse.csr_array] = field(default_factory=list)  # people, residents × sites, by service and year
    value: float = np.inf
    bound: float = 0.0
    size: dict[str, int] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        """Whether no plan can be better."""
        return self.opened is not None and self.value - self.bound <= TOLERANCE * max(1.0, self.value)


def sent(part: Part, y: Floats, room: Floats, deadline: float, *, reach: bool = False) -> Sent:
    """Return how people go to sites that are open (in part), none beyond its room; with `reach` how many are left out.

    Of that only the people that no site has room for are counted, one each.
    """
    sites = np.flatnonzero(y > _SOME)
    usable = np.isfinite(part.minutes[:, sites])
    who, where = np.nonzero(usable)
    residents = len(part.people)
    cost = np.zeros(len(who)) if reach else part.minutes[who, sites[where]]
    upper = part.people[who] * np.minimum(1.0, y[sites[where]])
    if reach:  # a place for everyone beside
        who, where = np.append(who, np.arange(residents)), np.append(where, np.full(residents, len(sites)))
        cost, upper = np.append(cost, np.ones(residents)), np.append(upper, part.people)
    count = len(who)
    tight = np.flatnonzero(np.isfinite(room[sites]))
    at = np.full(len(sites) + 1, -1)
    at[tight] = np.arange(len(tight))
    full = np.flatnonzero(at[where] >= 0)
    rows = sparse.vstack(
        [
            sparse.csr_array((np.ones(count), (who, np.arange(count))), shape=(residents, count)),
            sparse.csr_array((np.ones(len(full)), (at[where[full]], full)), shape=(len(tight), count)),
        ],
        format="csr",
    )
    low = np.append(part.people, np.full(len(tight), -np.inf))
    high = np.append(part.people, room[sites][tight])
    found = solved(cost, (sparse.csr_array(rows), low, high), (np.zeros(count), upper), deadline=deadline)
    rent = np.zeros(len(y))
    if found.x is None or not found.optimal:
        return Sent(np.inf, sparse.csr_array(part.minutes.shape), np.zeros(residents), rent)
    own = where < len(sites)
    flow = sparse.csr_array((found.x[own], (who[own], sites[where[own]])), shape=part.minutes.shape)
    rent[sites[tight]] = np.maximum(0.0, -found.duals[residents:])
    return Sent(found.value, flow, found.duals[:residents], rent)


class Bundled:
    """The program of several services; `solve` is its one door.

    Sites are the columns of all parts (the last may be that of who is left out); `fitting` is what a building costs by
    site, `budget` the money by year.
    """

    def __init__(self, parts: list[Part], fitting: Floats, budget: Floats, *, carry: bool, deadline: float) -> None:
        self.parts, self.fitting, self.budget, self.carry, self.deadline = parts, fitting, budget, carry, deadline
        self.sites, self.years = parts[0].minutes.shape[1], len(budget)
        self.unit = max(sum(float(_nearest(part)) for part in parts) * self.years, 1e-9) / _SCALE
        self.means = [self._mean(part) for part in parts]
        block, services = self.sites * self.years, len(parts)
        self._y, self._e, self._money = block, block * (1 + services), block * (1 + 2 * services)
        ends = self._money + 1 + np.cumsum([0, *(mean.extra + 1 for mean in self.means for _ in range(self.years))])
        self._sums = [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]  # the last is for want of room
        self._count = int(ends[-1])
        self._rows: list[sparse.csr_array] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._lower, self._upper = self._bounds()
        self._frame()
        self._rounds = 0
        self._spare = 0.0  # seconds that it takes to value a plan: kept for the last one

    def _mean(self, part: Part) -> MeanMinutes:
        """Return the minutes as if there were room for all, as an objective; not reached is as far as the farthest."""
        longest = np.where(np.isfinite(part.minutes), part.minutes, -np.inf).max(axis=1)
        filled = np.where(np.isfinite(part.minutes), part.minutes, longest[:, None])
        nearest = filled[:, part.there].min(axis=1, initial=np.inf)
        mean = MeanMinutes(np.minimum(filled, nearest[:, None]), part.people, deadline=self.deadline)
        mean.scale = part.weight * float(part.people.sum()) / self.unit
        return mean

    def y(self, service: int, year: int) -> slice:
        """Return the variables of where a service is open in a year."""
        return self._slice(self._y, service, year)

    def e(self, service: int, year: int) -> slice:
        """Return the variables of the half-days that are added."""
        return self._slice(self._e, service, year)

    def _slice(self, start: int, service: int, year: int) -> slice:
        first = start + (service * self.years + year) * self.sites
        return slice(first, first + self.sites)

    def sums(self, service: int, year: int) -> slice:
        """Return the variables of the minutes of a service in a year, the last one for what want of room adds."""
        return self._sums[service * self.years + year]

    def _bounds(self) -> tuple[Floats, Floats]:
        lower, upper = np.zeros(self._count), np.full(self._count, np.inf)
        there = np.any([part.there for part in self.parts], axis=0)
        for year in range(self.years):
            building = self._slice(0, 0, year)
            lower[building], upper[building] = there, 1.0
            for service, part in enumerate(self.parts):
                y, e = self.y(service, year), self.e(service, year)
                lower[y], upper[y] = part.there, part.there | part.free
                upper[e] = part.longest
        upper[self._money] = 0.0
        return lower, upper

    def _add(self, blocks: list[tuple[slice, sparse.csr_array]], low: Floats | float, high: Floats | float) -> None:
        """Add rows made of blocks of columns."""
        height = blocks[0][1].shape[0]
        parts = [sparse.coo_array(block) for _, block in blocks]
        columns = [each.col + place.start for (place, _), each in zip(blocks, parts, strict=True)]
        row, data = [each.row for each in parts], [each.data for each in parts]
        at = np.concatenate(row), np.concatenate(columns)
        self._rows.append(sparse.csr_array((np.concatenate(data), at), shape=(height, self._count)))
        self._low.append(np.broadcast_to(np.asarray(low, "float64"), height))
        self._high.append(np.broadcast_to(np.asarray(high, "float64"), height))

    def _frame(self) -> None:
        """Add what every plan obeys: buildings, openings that stay, half-days, money, room enough, someone near."""
        one, row = sparse.eye_array(self.sites, format="csr"), np.ones((1, self.sites))
        for year in range(self.years):
            for service, part in enumerate(self.parts):
                y, e, building = self.y(service, year), self.e(service, year), self._slice(0, 0, year)
                self._add([(y, one), (building, -one)], -np.inf, 0.0)
                new = ~part.there
                fewest, most = (sparse.csr_array(np.diag(size)[new]) for size in (part.least * new, part.longest))
                if new.any():
                    kept = sparse.csr_array(np.eye(self.sites)[new])
                    self._add([(e, kept), (y, -fewest)], 0.0, np.inf)
                    self._add([(e, kept), (y, -most)], -np.inf, 0.0)
                fixed = part.room(np.zeros(self.sites))
                if np.isfinite(fixed).all():
                    self._add([(e, sparse.csr_array(part.each * row))], part.people.sum() - fixed.sum(), np.inf)
                if year:
                    self._add([(y, one), (self.y(service, year - 1), -one)], 0.0, np.inf)
                else:
                    needed = needed_rows(np.isfinite(part.minutes), part.there)
                    if len(needed):
                        self._add([(y, sparse.csr_array(needed.astype("float64")))], 1.0, np.inf)
            # a building is paid when its first service opens, not in a year that has money left
            blocks = [(self.y(service, year), one) for service in range(len(self.parts))]
            self._add([*blocks, (self._slice(0, 0, year), -one)], 0.0, np.inf)
            if year:
                self._add([(self._slice(0, 0, year), one), (self._slice(0, 0, year - 1), -one)], 0.0, np.inf)
        for year in range(self.years):
            first = 0 if self.carry else year
            money = sparse.csr_array(np.full((1, 1), -1.0 - (year - first)))
            blocks = [(slice(self._money, self._money + 1), money)]
            for then in range(first, year + 1):
                blocks += self._spent(then)
            self._add(blocks, -np.inf, self._most(first, year))

    def _most(self, first: int, year: int) -> float:
        """Return what may be spent from one year to another, what is there already taken off."""
        gone = sum(
            part.opening * float(part.there.sum()) for part in self.parts
        ) + float(self.fitting[np.any([part.there for part in self.parts], axis=0)].sum())  # fmt: skip
        return float(self.budget[first : year + 1].sum()) * (1 + _ROUNDING) + (gone if first == 0 else 0.0)

    def _spent(self, year: int) -> list[tuple[slice, sparse.csr_array]]:
        """Return the money of a year as blocks of a row: what is new is what was not there the year before."""
        found = [(self._slice(0, 0, year), sparse.csr_array(self.fitting[None, :]))]
        found += [(self._slice(0, 0, year - 1), sparse.csr_array(-self.fitting[None, :]))] if year else []
        row = np.ones((1, self.sites))
        for service, part in enumerate(self.parts):
            found.append((self.y(service, year), sparse.csr_array(part.opening * row)))
            found += [(self.y(service, year - 1), sparse.csr_array(-part.opening * row))] if year else []
            found.append((self.e(service, year), sparse.csr_array(part.half_day * row)))
        return found

    def solve(self) -> Best:
        """Return the best plan; none where there is none (the bound is then infinite), or none was found in time."""
        best = Best()
        cost = np.zeros(self._count)
        cost[self._money + 1 :] = 1.0
        point = self._taken(self._lower, best)  # nothing is added, if that may be
        self._relax(cost, best, until=time.perf_counter() + _RELAXING * (self.deadline - time.perf_counter()))
        self._branch(cost, best, point)
        best.size = {
            "variables": self._count, "rows": sum(each.shape[0] for each in self._rows), "rounds": self._rounds,
        }  # fmt: skip
        return best

    def more_money(self) -> float | None:
        """Return how much more a year would do where nothing did; None where no money would, or time is short."""
        cost = np.zeros(self._count)
        cost[self._money], self._upper[self._money] = 1.0, np.inf
        while time.perf_counter() < self.deadline:
            found = self._asked(cost, self._money)
            if found.x is None or not found.optimal:
                return None
            if not self._cut(found.x, reach=True):
                return float(found.x[self._money])
        return None

    def _asked(self, cost: Floats, whole: int, start: Floats | None = None, apart: float = 0.0) -> Solved:
        if len(self._rows) > 1:
            self._rows = [sparse.csr_array(sparse.vstack(self._rows, format="csr"))]
            self._low, self._high = [np.concatenate(self._low)], [np.concatenate(self._high)]
        matrix = self._rows[0], self._low[0], self._high[0]
        self._rounds += 1
        bounds, until = (self._lower, self._upper), self.deadline - (self._spare if whole else 0.0)
        return solved(cost, matrix, bounds, deadline=until, whole=whole, start=start, apart=apart)

    def _relax(self, cost: Floats, best: Best, *, until: float) -> None:
        """Add rows until the relaxation without whole numbers hardly moves, and forget those that do not bind it."""
        frame, values = sum(each.shape[0] for each in self._rows), [0.0]
        for _ in range(_ROUNDS):
            found = self._asked(cost, 0)
            if found.infeasible:
                best.bound = np.inf
            if found.x is None or not found.optimal:
                return
            best.bound = max(best.bound, min(found.value * self.unit, best.value))
            values.append(found.value)
            slow = len(values) > _PATIENCE and found.value - values[-_PATIENCE] < _PROGRESS * found.value
            if slow or time.perf_counter() > until or not self._cut(found.x):
                break
        matrix, low, high = (
            sparse.vstack(self._rows, format="csr"),
            np.concatenate(self._low),
            np.concatenate(self._high),
        )
        tight = matrix @ found.x - low <= _BROKEN
        tight[:frame] = True
        self._rows, self._low, self._high = [sparse.csr_array(matrix[tight])], [low[tight]], [high[tight]]

    def _branch(self, cost: Floats, best: Best, point: Floats | None) -> None:
        """Solve with whole numbers and add rows, until the best plan is proven or time is up."""
        cut = 1
        while not best.proven and best.bound < np.inf:
            gap = (best.value - best.bound) / self.unit if best.opened is not None else _SCALE
            apart = _APART * gap if cut and gap > 10 * TOLERANCE * _SCALE else 0.0
            found = self._asked(cost, self._money, point, apart)
            if found.infeasible:
                best.bound = np.inf if best.opened is None else best.value
                return
            best.bound = max(best.bound, min(found.bound * self.unit, best.value))
            if found.x is None:
                return
            x = found.x.copy()
            x[: self._money] = np.rint(x[: self._money])
            better = self._taken(x, best)
            point = point if better is None else better
            if time.perf_counter() > self.deadline:
                return
            cut = self._cut(x)
            if not cut and not apart:
                return

    def _taken(self, x: Floats, best: Best) -> Floats | None:
        """Keep the plan of a whole point if it is better than the best, and return the point with its minutes."""
        started = time.perf_counter()
        found = self._valued(x)
        self._spare = max(self._spare, 2 * (time.perf_counter() - started))
        if found is None or found[0] * self.unit >= best.value or not self._fits(found[1]):
            return None
        shape = len(self.parts), self.years, self.sites
        best.value, point, best.flows = found[0] * self.unit, found[1], found[2]
        best.opened = point[self._y : self._e].reshape(shape).transpose(0, 2, 1)
        best.added = point[self._e : self._money].reshape(shape).transpose(0, 2, 1)
        return point

    def _fits(self, x: Floats) -> bool:
        """Return whether a point obeys the rows that there are."""
        return all(
            (rows @ x >= low - _BROKEN * np.maximum(1.0, np.abs(low))).all()
            and (rows @ x <= high + _BROKEN * np.maximum(1.0, np.abs(high))).all()
            for rows, low, high in zip(self._rows, self._low, self._high, strict=True)
        )

    def _valued(self, x: Floats) -> tuple[float, Floats, list[sparse.csr_array]] | None:
        """Return the true objective of a whole point, the point with it, and who goes where; None: not all can go."""
        flows = []
        point = x.copy()
        point[self._money] = 0.0
        for service, part in enumerate(self.parts):
            mean = self.means[service]
            for year in range(self.years):
                y, e = x[self.y(service, year)], x[self.e(service, year)]
                sums = self.sums(service, year)
                point[sums] = np.append(self._groups(mean, y), 0.0)
                found = self._true(part, y, e)
                value = part.weight / self.unit * found.value
                if np.isinf(value):
                    return None
                flows.append(found.flow)
                point[sums.stop - 1] = max(0.0, value - float(point[sums].sum()))
        return float(point[self._money + 1 :].sum()), point, flows

    def _groups(self, mean: MeanMinutes, y: Floats) -> Floats:
        """Return what each group of residents travels to the nearest site."""
        near = mean.minutes[:, y > _SOME].min(axis=1, initial=np.inf)
        near = np.where(np.isfinite(near), near, mean.minutes.max(axis=1))
        sums: Floats = np.add.reduceat(near * mean.weights * mean.scale, mean.groups)
        return sums

    def _true(self, part: Part, y: Floats, e: Floats, *, reach: bool = False) -> Sent:
        """Return how people go: to the nearest site where all have room, else the best way."""
        room = part.room(e)
        if not reach and np.isin(y, (0.0, 1.0)).all() and (y > 0).any():
            far = np.where(y > 0, part.minutes, np.inf)
            which = far.argmin(axis=1)
            own = far[np.arange(len(far)), which]
            if np.isfinite(own).all() and (np.bincount(which, part.people, len(y)) <= room * (1 + _ROUNDING)).all():
                flow = sparse.csr_array((part.people, (np.arange(len(far)), which)), shape=far.shape)
                return Sent(float(part.people @ own), flow, own, np.zeros(len(y)))
        return sent(part, y, room, self.deadline, reach=reach)

    def _cut(self, x: Floats, *, reach: bool = False) -> int:
        """Add the rows that a point breaks, and return how many; with `reach` those alone that say who has a place."""
        before = len(self._rows)
        for service, (part, mean) in enumerate(zip(self.parts, self.means, strict=True)):
            for year in range(self.years):
                y, sums = x[self.y(service, year)], self.sums(service, year)
                if not reach:
                    groups = slice(sums.start, sums.stop - 1)
                    rows, low = mean.violated(np.concatenate([y, x[groups]]))
                    if rows.shape[0]:
                        own, rest = rows[:, : self.sites], rows[:, self.sites :]
                        self._add([(self.y(service, year), own), (groups, rest)], low, np.inf)
                if np.isfinite(part.each):
                    self._cut_room(service, year, x, reach=reach)
        return len(self._rows) - before

    def _cut_room(self, service: int, year: int, x: Floats, *, reach: bool) -> None:
        """Add the rows of the transport of one service in one year that a point breaks."""
        part, y, e, sums = (
            self.parts[service], x[self.y(service, year)], x[self.e(service, year)], self.sums(service, year),
        )  # fmt: skip
        found = None if reach else self._true(part, y, e)
        if found is None or np.isinf(found.value):
            found, reach = sent(part, y, part.room(e), self.deadline, reach=True), True
        if np.isinf(found.value):
            return
        rate = 1.0 / float(part.people.sum()) if reach else part.weight / self.unit
        minutes = np.where(np.isfinite(part.minutes), 0.0 if reach else part.minutes, np.inf)
        if found.value * rate - (0.0 if reach else float(x[sums].sum())) <= _BROKEN:
            return
        for rent in self._rents(part, minutes, found, y):
            kept = part.people @ np.maximum(found.paid[:, None] - minutes - rent, 0.0)
            given = part.each * np.where(np.isfinite(part.today), part.today, 0.0) - part.taken
            low = rate * float(part.people @ found.paid - rent @ given)
            blocks = [
                (self.y(service, year), sparse.csr_array(rate * kept[None, :])),
                (self.e(service, year), sparse.csr_array(rate * part.each * rent[None, :])),
            ]
            if not reach:
                blocks.append((sums, sparse.csr_array(np.ones((1, sums.stop - sums.start)))))
            self._add(blocks, low, np.inf)

    def _rents(self, part: Part, minutes: Floats, found: Sent, y: Floats) -> list[Floats]:
        """Return rents of places, right where sites are open: elsewhere none, and as a site with few half-days has."""
        shut = (y <= _SOME) & part.free
        worth = np.where(np.isfinite(minutes), found.paid[:, None] - minutes, -np.inf)[:, shut]
        order = np.argsort(-worth, axis=0)
        last = (np.cumsum(part.people[order], axis=0) > part.each * part.least).argmax(axis=0)
        over = part.people[np.isfinite(minutes).any(axis=1)].sum() > part.each * part.least
        margin = np.take_along_axis(np.take_along_axis(worth, order, axis=0), last[None, :], axis=0)[0]
        scarce = found.rent.copy()
        scarce[shut] = np.where(over & np.isfinite(margin), np.maximum(margin, 0.0), 0.0)
        return [found.rent] if (scarce == found.rent).all() else [found.rent, scarce]


def _nearest(part: Part) -> float:
    """Return the person-minutes, weighted, to the nearest of all sites."""
    return part.weight * float(part.people @ part.minutes.min(axis=1))
