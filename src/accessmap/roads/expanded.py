"""The graph that is travelled where turns are forbidden, cost time, or roads are no way through: nodes with a past.

A node at which it matters how it was reached is split into *states*; each arc between states is one original arc.
Two rules are laid one over the other, and neither touches the rest of the network:

*No through traffic.* A trip may begin and end on roads that are no way through, not cross them: the roads it takes are
private, then public, then private. So a node that such a road touches has up to three states: only private roads so
far, public, and private for good.

*Turns.* A forbidden turn is a sequence of nodes that may not be driven one after the other. The state is the longest
end of what was driven that begins such a sequence (A. Aho and M. Corasick, Efficient string matching, CACM 18 (1975)
333-340), so overlapping sequences of any length are exact. A turn that costs time adds it to the arc that completes it.
Nobody turns round to evade either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FORBIDDEN = -1
#: At so many junctions after a forbidden turn nobody turns round to evade it, nor in the streets between them.
JUNCTIONS = 2


@dataclass(frozen=True, eq=False)
class Expanded:
    """States and the arcs between them; the first states are the nodes themselves.

    Parameters
    ----------
    node
        The node that each state stands for, (states,).
    tails, heads, ms
        The arcs between states, (arcs,). Where every node is one state they are the original ones, as they came.
    arc
        The original arc that each is, (arcs,).
    start
        The state in which a trip begins at each node, (nodes,).
    entry
        The state in which a trip that began part-way along each original arc reaches its head, (original arcs,).
    more
        What of `ms` is the turn into each arc, (arcs,).
    """

    node: Ints
    tails: Ints
    heads: Ints
    ms: Ints
    arc: Ints
    start: Ints
    entry: Ints
    more: Ints

    @property
    def plain(self) -> bool:
        """Whether every node is one state."""
        return len(self.node) == len(self.start)

    @cached_property
    def at(self) -> Lists:
        """The states of each node."""
        return Lists.of(self.node, len(self.start))

    @cached_property
    def along(self) -> Lists:
        """The arcs between states of each original arc."""
        return Lists.of(self.arc, len(self.entry))

    def leaving(self, nodes: Ints, arcs: Ints) -> tuple[Ints, Ints, Ints]:
        """Return where trips that end at these nodes, or else along these arcs that leave them (-1: none), come from.

        Position, state, and what turning into the arc adds, ms.
        """
        every = np.arange(len(nodes))
        if self.plain:
            return every, nodes, np.zeros(len(nodes), "int64")
        at_node, on_arc = every[arcs < 0], every[arcs >= 0]
        first, state = self.at.each(nodes[at_node])
        second, arc = self.along.each(arcs[on_arc])
        more = np.concatenate([np.zeros(len(first), "int64"), self.more[arc]])
        return np.concatenate([at_node[first], on_arc[second]]), np.concatenate([state, self.tails[arc]]), more

    def least(self, minutes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return, of minutes by state in the last axis, the least at each node; NaN where there is none.

        They are written over those of the states that nodes are.
        """
        n = len(self.start)
        if self.plain:
            return minutes
        least = minutes[..., :n]
        # Few states are more than their node; each round takes the next of every node.
        more = np.arange(n, len(self.node))
        while len(more):
            _, first = np.unique(self.node[more], return_index=True)
            some = more[first]
            least[..., self.node[some]] = np.fmin(least[..., self.node[some]], minutes[..., some])
            more = np.delete(more, first)
        return least

    def begun(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return, of rows by state, those of trips that begin at each node."""
        n = len(self.start)
        return rows[:n] if self._begins_as_node else rows[self.start]

    @cached_property
    def _begins_as_node(self) -> bool:
        return bool((self.start == np.arange(len(self.start))).all())

    def before(self, minutes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return, of minutes by state (states,), the least from which each original arc is driven; NaN for none."""
        found = np.full(len(self.entry), np.nan, minutes.dtype)
        np.fmin.at(found, self.arc, minutes[self.tails] + (self.more / 60_000).astype(minutes.dtype))
        return found


@dataclass(frozen=True)
class Lists:
    """Lists of numbers, one for each of some things, in one array: that of thing i is `items[ends[i]:ends[i + 1]]`."""

    ends: Ints
    items: Ints

    @classmethod
    def of(cls, owner: Ints, count: int) -> Lists:
        """Return for each owner the positions at which it stands, in order."""
        shape = (count, max(len(owner), 1))
        # Compressed rows are sorted by counting, in one pass.
        rows = csr_array((np.ones(len(owner), "int8"), (owner, np.arange(len(owner)))), shape=shape)
        return cls(rows.indptr.astype("int64"), rows.indices.astype("int64"))

    def each(self, things: Ints) -> tuple[Ints, Ints]:
        """Return (position in `things`, item) of every item of these things."""
        sizes = self.ends[things + 1] - self.ends[things]
        which = np.repeat(np.arange(len(things)), sizes)
        before = np.cumsum(sizes) - sizes
        return which, self.items[np.arange(len(which)) - before[which] + self.ends[things][which]]


def expand(
    n: int,
    tails: Ints,
    heads: Ints,
    ms: Ints,
    *,
    through: Bools | None = None,
    turns: Sequence[Sequence[int] | npt.NDArray[np.integer]] = (),
    turn_ms: Ints | None = None,
    junctions: int | None = JUNCTIONS,
) -> Expanded:
    """Return the states of n nodes and the arcs between them.

    Parameters
    ----------
    tails, heads, ms
        Directed arcs between nodes; arcs from a node to itself are never driven.
    through
        False for arcs that are no way through: only trips that begin or end on such roads use them.
    turns
        Sequences of at least three nodes. Those of which a step is no arc cannot be driven and count for nothing.
    turn_ms
        What each sequence adds to the time of its last arc, or FORBIDDEN, which all are by default.
    junctions
        Nobody turns round in the street, nor at so many junctions, after a place where the turn is forbidden: else
        every forbidden turn could be had by turning round just behind it. At a dead end, and further away, one may.
        So could a turn of three nodes that costs time: turning round behind it costs what it would save, so that it
        saves nothing. None leaves turning round to `turns`.
    """
    through = np.ones(len(tails), "bool") if through is None else through
    real = tails != heads
    if not real.all():
        some = expand(
            n, tails[real], heads[real], ms[real],
            through=through[real], turns=turns, turn_ms=turn_ms, junctions=junctions,
        )  # fmt: skip
        entry = some.start[heads]
        entry[real] = some.entry
        return replace(some, arc=np.flatnonzero(real)[some.arc], entry=entry)
    found = _Turns.of(n, tails, heads, turns, turn_ms)
    if found is None and through.all():
        node, none = np.arange(n), np.zeros(len(tails), "int64")
        return Expanded(node, tails, heads, ms, np.arange(len(tails)), node, heads, none)
    base = _layers(n, tails, heads, through)
    if found is not None and junctions is not None:
        found = found.minding_who_turns_round(tails, heads, ms, through, junctions)
    grown = _reached(base if found is None else found.laid_over(base))
    if through.all():  # the original arcs come first
        entry = grown.heads[: len(tails)]
    else:
        entry = np.empty(len(tails), "int64")
        own = np.flatnonzero(grown.tails == grown.start[tails[grown.arc]])
        entry[grown.arc[own]] = grown.heads[own]
    return replace(grown, ms=grown.more + ms[grown.arc], entry=entry)


def _layers(n: int, tails: Ints, heads: Ints, through: Bools) -> Expanded:
    """Return the states by which roads are no way through: of a node first public, then private so far, then for good.

    `ms` and `entry` are not known yet.
    """
    node = start = np.arange(n)
    if through.all():
        arcs = np.arange(len(tails))
        ends = tails, heads
    else:
        touched = np.zeros(n, "bool")
        touched[tails[~through]] = touched[heads[~through]] = True
        twice = np.flatnonzero(touched)
        number = np.cumsum(touched) - 1
        before, after = n + number, n + len(twice) + number
        start = np.where(touched, before, node)
        node = np.concatenate([node, twice, twice])
        public, private = np.flatnonzero(through), np.flatnonzero(~through)
        leaving = public[touched[tails[public]]]
        pieces = (
            (public, tails, heads),
            (leaving, before[tails], heads),
            (private, before[tails], before[heads]),
            (private, tails, after[heads]),
            (private, after[tails], after[heads]),
        )
        ends = (
            np.concatenate([from_[arcs] for arcs, from_, _ in pieces]),
            np.concatenate([to[arcs] for arcs, _, to in pieces]),
        )
        arcs = np.concatenate([arcs for arcs, _, _ in pieces])
    unknown = np.empty(0, "int64")
    return Expanded(node, *ends, unknown, arcs, start, unknown, np.zeros(len(arcs), "int64"))


def _reached(grown: Expanded) -> Expanded:
    """Leave out the states that no trip can be in; the nodes themselves stay."""
    n = len(grown.start)
    begun = np.zeros(len(grown.node), "bool")
    begun[grown.start] = True
    # Where trips begin all arcs can be driven: only the others are looked at again and again.
    sure = begun[grown.tails]
    begun[grown.heads[sure]] = True
    open_ = np.flatnonzero(~sure)
    while True:
        met = begun.copy()
        met[grown.heads[open_]] = True
        left = met[grown.tails[open_]]
        if left.all():
            break
        open_ = open_[left]
    sure[open_] = True
    met[:n] = True
    if met.all() and sure.all():
        return grown
    number = np.cumsum(met) - 1
    return replace(
        grown,
        node=grown.node[met],
        tails=number[grown.tails[sure]],
        heads=number[grown.heads[sure]],
        more=grown.more[sure],
        arc=grown.arc[sure],
        start=number[grown.start],
    )


@dataclass(frozen=True, eq=False)
class _Turns:
    """The automaton of the sequences: state 0 is free, the others are beginnings of sequences, the shorter first.

    Parameters
    ----------
    n
        Nodes.
    steps
        tail × n + head of every step that a sequence has, ascending.
    words
        (state × steps + step) of every state but the free one, ascending: the state itself is its position + 1.
    last
        The last step of each state, -1 of the free one.
    fall
        The longest state that is an end of each state, and shorter.
    whole
        (state × steps + step) of every whole sequence, ascending.
    cost
        ms of each, or FORBIDDEN.
    told
        The sequences, as nodes, and their ms.
    """

    n: int
    steps: Ints
    words: Ints
    last: Ints
    fall: Ints
    whole: Ints
    cost: Ints
    told: tuple[Ints, Ints, Ints]

    @classmethod
    def of(cls, n: int, tails: Ints, heads: Ints, turns: Sequence[Any], turn_ms: Ints | None) -> _Turns | None:
        """Return the automaton of these sequences; None where not one can be driven."""
        if not len(turns):
            return None
        sizes = np.fromiter(map(len, turns), "int64", len(turns))
        flat = np.concatenate(turns).astype("int64")
        cost = np.full(len(turns), FORBIDDEN, "int64") if turn_ms is None else turn_ms
        owner, step = _steps(n, sizes, flat)
        met = np.zeros(n, "bool")
        met[step // n] = True
        near = np.flatnonzero(met[tails])
        undriven = np.bincount(owner, ~np.isin(step, tails[near] * n + heads[near]), len(sizes)) > 0
        chosen = ~undriven & (sizes > 2)
        return cls._of(n, sizes[chosen], flat[np.repeat(chosen, sizes)], cost[chosen]) if chosen.any() else None

    @classmethod
    def _of(cls, n: int, sizes: Ints, flat: Ints, cost: Ints) -> _Turns:
        """Return the automaton of sequences that can be driven."""
        told = sizes, flat, cost
        # The steps of sequence i are those from begin[i] on, size[i] of them.
        size = sizes - 1
        begin = np.cumsum(size) - size
        steps, number = np.unique(_steps(n, sizes, flat)[1], return_inverse=True)
        state = np.zeros(len(size), "int64")
        words, last, deep = [], [np.array([-1])], []
        known = 0
        for depth in range(int(size.max()) - 1):
            going = np.flatnonzero(size > depth + 1)
            key = state[going] * len(steps) + number[begin[going] + depth]
            new, which = np.unique(key, return_inverse=True)
            state[going] = known + 1 + which
            words.append(new)
            last.append(new % len(steps))
            deep.append(np.arange(known + 1, known + 1 + len(new)))
            known += len(new)
        whole, which = np.unique(state * len(steps) + number[begin + size - 1], return_inverse=True)
        total = np.bincount(which, np.maximum(cost, 0), len(whole)).astype("int64")
        total[which[cost == FORBIDDEN]] = FORBIDDEN
        made = cls(
            n, steps, np.concatenate(words), np.concatenate(last), np.zeros(known + 1, "int64"), whole, total, told
        )
        for new, key in zip(deep[1:], words[1:], strict=True):
            made.fall[new] = made.after(made.fall[key // len(steps)], key % len(steps))
        return made

    def after(self, state: Ints, step: Ints) -> Ints:
        """Return the state after a step (-1: one of no sequence)."""
        reached = np.zeros(len(state), "int64")
        left, at = np.arange(len(state)), state.copy()
        left = left[step >= 0]
        while len(left):
            found, where = self._find(self.words, at[left], step[left])
            reached[left[found]] = where[found] + 1
            left = left[~found & (at[left] > 0)]
            at[left] = self.fall[at[left]]
        return reached

    def price(self, state: Ints, step: Ints) -> Ints:
        """Return what a step costs in this state, ms, or FORBIDDEN."""
        total = np.zeros(len(state), "int64")
        left, at = np.flatnonzero((step >= 0) & (state > 0)), state.copy()
        while len(left):
            found, where = self._find(self.whole, at[left], step[left])
            price = np.where(found, self.cost[where], 0)
            total[left] = np.where(price == FORBIDDEN, FORBIDDEN, total[left] + price)
            at[left] = self.fall[at[left]]
            left = left[(at[left] > 0) & (total[left] != FORBIDDEN)]
        return total

    def _find(self, sorted_keys: Ints, state: Ints, step: Ints) -> tuple[Bools, Ints]:
        key = state * len(self.steps) + step
        where = np.minimum(np.searchsorted(sorted_keys, key), len(sorted_keys) - 1)
        return sorted_keys[where] == key, where

    def step_of(self, tails: Ints, heads: Ints) -> Ints:
        """Return the number of each step, -1 where it is in no sequence."""
        key = tails * self.n + heads
        where = np.minimum(np.searchsorted(self.steps, key), len(self.steps) - 1)
        return np.where(self.steps[where] == key, where, -1)

    @cached_property
    def here(self) -> Ints:
        """The node of each state but the free one."""
        return self.steps[self.last[1:]] % self.n

    def laid_over(self, base: Expanded) -> Expanded:
        """Return the states of both: each state of `base`, free, and those of the automaton at its node."""
        near = np.zeros(self.n, "bool")
        near[self.steps // self.n] = True
        local = near.copy()
        local[self.here] = True
        # Of each automaton's state one for each base state of its node.
        local = np.flatnonzero(local[base.node])
        owned = Lists.of(base.node[local], self.n)
        which, at = owned.each(self.here)
        state, below = which + 1, local[at]
        slot = np.zeros(len(base.node), "int64")
        slot[local[owned.items]] = np.arange(len(local)) - owned.ends[base.node[local[owned.items]]]
        begin = np.concatenate([[0, 0], np.cumsum(owned.ends[self.here + 1] - owned.ends[self.here])])

        def number(state: Ints, below: Ints) -> Ints:
            return np.where(state > 0, len(base.node) + begin[state] + slot[below], below)

        # Arcs out of free states: those of the base, into a state where their step begins a sequence.
        beginning = np.flatnonzero(near[base.node][base.tails])
        step = self.step_of(base.node[base.tails[beginning]], base.node[base.heads[beginning]])
        heads = base.heads.copy()
        heads[beginning] = number(self.after(np.zeros(len(step), "int64"), step), heads[beginning])
        # Arcs out of the others.
        splits = np.zeros(len(base.node), "bool")
        splits[below] = True
        leaving = np.flatnonzero(splits[base.tails])
        out = Lists.of(base.tails[leaving], len(base.node))
        which, at = out.each(below)
        arc = leaving[at]
        step = self.step_of(base.node[base.tails[arc]], base.node[base.heads[arc]])
        price = self.price(state[which], step)
        kept = price != FORBIDDEN
        which, arc, step = which[kept], arc[kept], step[kept]
        return replace(
            base,
            node=np.concatenate([base.node, base.node[below]]),
            tails=np.concatenate([base.tails, len(base.node) + which]),
            heads=np.concatenate([heads, number(self.after(state[which], step), base.heads[arc])]),
            more=np.concatenate([base.more, price[kept]]),
            arc=np.concatenate([base.arc, base.arc[arc]]),
        )

    def turn(self, u: Ints, v: Ints, w: Ints) -> Ints:
        """Return what turning at v from u to w costs for itself, ms, or FORBIDDEN."""
        return self.price(self.after(np.zeros(len(u), "int64"), self.step_of(u, v)), self.step_of(v, w))

    def minding_who_turns_round(self, tails: Ints, heads: Ints, ms: Ints, through: Bools, junctions: int) -> _Turns:
        """Return the automaton that forbids turning round after forbidden turns too, and lets it save no turn's time.

        Without turns nobody turns round: whoever does is back where he was, later.
        """
        out, into = Lists.of(tails, self.n), Lists.of(heads, self.n)
        barred = self._barred(tails, heads, through, junctions, out, into)
        priced, price = self._saving(tails, heads, ms, through, out)
        if not len(barred) + len(priced):
            return self
        sizes, flat, cost = self.told
        return self._of(
            self.n,
            np.concatenate([sizes, np.full(len(barred) + len(priced), 3)]),
            np.concatenate([flat, barred.ravel(), priced.ravel()]),
            np.concatenate([cost, np.full(len(barred), FORBIDDEN), price]),
        )

    def _saving(self, tails: Ints, heads: Ints, ms: Ints, through: Bools, out: Lists) -> tuple[Ints, Ints]:
        """Return where turning round would save the time of a turn: (u, v, u), and ms, one more than it would save.

        Who comes from u to v, to go on to w, may go past v, turn round, and come back to v from elsewhere: that saves
        the turn, and costs the way there and back and the turns of it. What is left of the saving is carried along
        that way until nothing is.
        """
        sizes, flat, cost = self.told
        last = np.cumsum(sizes)[(sizes == 3) & (cost > 0)] - 1
        u, v, w = flat[last - 2], flat[last - 1], flat[last]
        left, public = self.turn(u, v, w), np.zeros(len(u), "bool")
        most = np.full(len(tails), -1, "int64")
        while len(v):
            which, arc = out.each(v)
            here, x = v[which], heads[arc]
            there, back = self.turn(u[which], here, x), self.turn(x, here, w[which])
            of, returning = out.each(x)
            same = heads[returning] == here[of]
            ways = np.full(len(arc), np.iinfo("int64").max // 2)
            np.minimum.at(ways, of[same], ms[returning[same]])
            rest = left[which] - there - back - ms[arc] - ways
            better = (x != u[which]) & (x != w[which]) & (there != FORBIDDEN) & (back != FORBIDDEN)
            # Who is on a public road does not go on through a private one.
            better &= (rest > most[arc]) & (through[arc] | ~public[which])
            arc, rest = arc[better], rest[better]
            order = np.lexsort((-rest, arc))
            first = np.diff(arc[order], prepend=-1) > 0
            arc, left = arc[order][first], rest[order][first]
            most[arc] = left
            u, v, w, public = tails[arc], heads[arc], tails[arc], through[arc]
        # Of parallel arcs the one that saves most.
        arc = np.flatnonzero(most >= 0)
        way, which = np.unique(np.column_stack([tails[arc], heads[arc]]), axis=0, return_inverse=True)
        price = np.zeros(len(way), "int64")
        np.maximum.at(price, which.ravel(), most[arc] + 1)
        return way[:, [0, 1, 0]], price

    def _barred(self, tails: Ints, heads: Ints, through: Bools, junctions: int, out: Lists, into: Lists) -> Ints:
        """Return where nobody turns round, as there is a forbidden turn before: (u, v, u).

        It only matters on the streets that are driven while a forbidden sequence is begun, and on those that follow.
        """
        sizes, flat, cost = self.told
        ends = np.cumsum(sizes)
        back = (sizes == 3) & (flat[ends - 3] == flat[ends - 1])
        asked = (cost == FORBIDDEN) & ~back
        if not asked.any():
            return np.empty((0, 3), "int64")
        evaded = self if asked.all() else self._of(self.n, sizes[asked], flat[np.repeat(asked, sizes)], cost[asked])
        which, going = out.each(evaded.here)
        price = evaded.price(which + 1, evaded.step_of(tails[going], heads[going]))
        came = evaded.steps[evaded.last[1:]] // self.n
        front = np.unique(going[(price != FORBIDDEN) & (heads[going] != came[which])])
        most = np.full(len(tails), -1, "int64")
        left = np.full(len(front), junctions)
        found = [np.empty((0, 3), "int64")]
        while len(front):
            most[front] = left
            u, x = tails[front], heads[front]
            which, exits = out.each(x)
            # Who is on a public road does not go on through a private one.
            ours = through[exits] | ~through[front[which]]
            begun = self.after(np.zeros(len(which), "int64"), self.step_of(u[which], x[which]))
            closed = self.price(begun, self.step_of(tails[exits], heads[exits])) == FORBIDDEN
            onward = ours & ~closed & (heads[exits] != u[which])
            dead_end = np.bincount(which[onward], minlength=len(front)) == 0
            returns = np.bincount(which[heads[exits] == u[which]], minlength=len(front)) > 0
            others, entries = into.each(x)
            theirs = through[entries] | ~through[front[others]]
            pairs = np.concatenate(
                [
                    np.column_stack([which[ours], heads[exits[ours]]]),
                    np.column_stack([others[theirs], tails[entries[theirs]]]),
                ]
            )
            pairs = np.unique(pairs[pairs[:, 1] != u[pairs[:, 0]]], axis=0)
            junction = np.bincount(pairs[:, 0], minlength=len(front)) > 1
            barred = returns & ~dead_end & ~(junction & (left == 0))
            found.append(np.column_stack([u, x, u])[barred])
            onward &= barred[which]
            following, rest = exits[onward], (left - junction)[which[onward]]
            order = np.lexsort((-rest, following))
            following, rest = following[order], rest[order]
            best = np.diff(following, prepend=-1) > 0
            best &= rest > most[following]
            front, left = following[best], rest[best]
        return np.unique(np.concatenate(found), axis=0)


def _steps(n: int, sizes: Ints, flat: Ints) -> tuple[Ints, Ints]:
    """Return of every step of some sequences, which lie one after the other: its sequence, and tail × n + head."""
    inner = np.ones(len(flat), "bool")
    inner[np.cumsum(sizes) - sizes] = False
    at = np.flatnonzero(inner)
    return np.repeat(np.arange(len(sizes)), sizes - 1), flat[at - 1] * n + flat[at]
