"""Small networks with forbidden turns and private roads, and a slow reference that looks at whole walks."""

import heapq
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from accessmap.roads.expanded import FORBIDDEN, Expanded, expand

Place = int | tuple[int, float]  # a node, or how far along which arc


@dataclass(frozen=True)
class Roads:
    """A small network, its rules, and what the slow reference makes of them: whole walks, each looked at whole."""

    n: int
    arcs: list[tuple[int, int, int, bool]]  # tail, head, ms, through
    turns: list[tuple[int, ...]]
    turn_ms: list[int]

    def added(self, nodes: tuple[int, ...]) -> int:
        """What the turns add to the last arc of a walk; FORBIDDEN where it may not be driven."""
        ends = [ms for turn, ms in zip(self.turns, self.turn_ms, strict=True) if nodes[-len(turn) :] == turn]
        return FORBIDDEN if FORBIDDEN in ends else sum(ends)

    def trips(self, start: Place) -> list[tuple[int, int, tuple[int, ...], str]]:
        """Every way to be somewhere that may matter: (ms, node, nodes driven, kinds of the arcs driven)."""
        most = max((len(turn) for turn in self.turns), default=1)
        if isinstance(start, tuple):
            tail, head, ms, through = self.arcs[start[0]]
            heap = [(round((1 - start[1]) * ms), (tail, head), "+" if through else "-")]
        else:
            heap = [(0, (start,), "")]
        done: dict[Any, Any] = {}
        while heap:
            ms, nodes, kinds = heapq.heappop(heap)
            key = nodes[-most:], re.sub(r"(.)\1+", r"\1", kinds)
            if key in done:
                continue
            done[key] = ms, nodes[-1], nodes, kinds
            for tail, head, cost, through in self.arcs:
                walk, driven = (*nodes, head), kinds + ("+" if through else "-")
                if tail == nodes[-1] and tail != head and re.fullmatch(r"-*\+*-*", driven):
                    added = self.added(walk)
                    if added != FORBIDDEN:
                        heapq.heappush(heap, (ms + cost + added, walk, driven))
        return list(done.values())

    def ms(self, start: Place, end: Place) -> int:
        """The quickest trip; -1 where there is none. Straight along one arc is not looked at."""
        found = []
        for ms, node, nodes, kinds in self.trips(start):
            if not isinstance(end, tuple):
                found += [ms] * (node == end)
                continue
            tail, head, cost, through = self.arcs[end[0]]
            added = self.added((*nodes, head))
            driven = kinds + ("+" if through else "-")
            if node == tail and added != FORBIDDEN and re.fullmatch(r"-*\+*-*", driven):
                found.append(ms + added + round(end[1] * cost))
        return min(found, default=-1)

    def turning_round(self, junctions: int) -> "Roads":
        """The network with turning round as `expand` says, street by street: forbidden after forbidden turns, and
        costing what it would save after turns that cost time.
        """
        before: dict[int, int] = {}
        found: set[tuple[int, ...]] = set()
        evaded = [
            turn
            for turn, ms in zip(self.turns, self.turn_ms, strict=True)
            if ms == FORBIDDEN and not (len(turn) == 3 and turn[0] == turn[2])
        ]
        strict = replace(self, turns=evaded, turn_ms=[FORBIDDEN] * len(evaded))
        beginnings = {turn[:size] for turn in evaded for size in range(2, len(turn))}
        begun = [
            (number, junctions)
            for beginning in beginnings
            for number, (tail, head, _, _) in enumerate(self.arcs)
            if tail == beginning[-1] and head not in (tail, beginning[-2])
            and strict.added((*beginning, head)) != FORBIDDEN
        ]  # fmt: skip
        while begun:
            number, left = begun.pop()
            if before.get(number, -1) >= left:
                continue
            before[number] = left
            u, x, _, way = self.arcs[number]
            beside = {b if a == x else a for a, b, _, through in self.arcs if x in (a, b) and (through or not way)}
            others = beside - {u, x}
            onward = [
                (following, head)
                for following, (tail, head, _, through) in enumerate(self.arcs)
                if tail == x and head in others and (through or not way) and self.added((u, x, head)) != FORBIDDEN
            ]
            returns = any(arc[:2] == (x, u) for arc in self.arcs)
            junction = len(others) > 1
            if returns and onward and not (junction and left == 0):
                found.add((u, x, u))
                begun += [(following, left - junction) for following, _ in onward]
        saved = self.saved_by_turning_round()
        return replace(
            self,
            turns=[*self.turns, *sorted(found), *saved],
            turn_ms=self.turn_ms + [FORBIDDEN] * len(found) + [ms + 1 for ms in saved.values()],
        )

    def saved_by_turning_round(self) -> dict[tuple[int, ...], int]:
        """What going past a turn of three nodes, turning round and coming back would save, by where one turns round."""
        saved: dict[int, int] = {}

        def past(u: int, v: int, w: int, left: int, public: bool) -> None:
            for number, (tail, head, ms, through) in enumerate(self.arcs):
                returns = [cost for a, b, cost, _ in self.arcs if (a, b) == (head, v)]
                if tail != v or head in (u, v, w) or not returns or (public and not through):
                    continue
                turned = self.added((u, v, head)), self.added((head, v, w))
                rest = left - sum(turned) - ms - min(returns)
                if FORBIDDEN not in turned and rest > saved.get(number, -1):
                    saved[number] = rest
                    past(v, head, v, rest, through)

        for turn in self.turns:
            if len(turn) == 3:
                past(*turn, self.added(turn), public=False)
        found: dict[tuple[int, ...], int] = {}
        for number, ms in saved.items():
            u, v, *_ = self.arcs[number]
            found[u, v, u] = max(ms, found.get((u, v, u), 0))
        return found

    def expanded(self, **how: Any) -> Expanded:
        tails, heads, ms, through = (np.array([arc[i] for arc in self.arcs], "int64") for i in range(4))
        how = {"junctions": None, **how}
        return expand(
            self.n, tails, heads, ms, through=through.astype(bool), turns=self.turns,
            turn_ms=np.array(self.turn_ms, "int64"), **how,
        )  # fmt: skip


@st.composite
def walks(draw: st.DrawFn, arcs: list[tuple[int, int]]) -> tuple[int, ...]:
    """A sequence of nodes that can be driven, of two arcs and more."""
    walk = list(draw(st.sampled_from(arcs)))
    for _ in range(draw(st.integers(1, 4))):
        following = [head for tail, head in arcs if tail == walk[-1]]
        if following:
            walk.append(draw(st.sampled_from(following)))
    return tuple(walk)


@st.composite
def networks(draw: st.DrawFn, *, most: int = 7, costs: bool = True) -> Roads:
    """Any few roads: two-way streets, one-ways, parallel arcs, loops; sequences that overlap; private roads."""
    n = draw(st.integers(2, most))
    node, cost = st.integers(0, n - 1), st.integers(0, 9)
    through = st.sampled_from([True, True, False]) if draw(st.booleans()) else st.just(True)
    arcs = draw(st.lists(st.tuples(node, node, cost, through), min_size=1, max_size=2 * n))
    if draw(st.booleans()):
        arcs = arcs + [(head, tail, ms, way) for tail, head, ms, way in arcs]
    ends = [(tail, head) for tail, head, *_ in arcs if tail != head]
    turns = draw(st.lists(walks(ends), max_size=8)) if ends else []
    turns = [turn for turn in turns if len(turn) > 2]
    price = st.sampled_from([FORBIDDEN, FORBIDDEN, 3, 50]) if costs and draw(st.booleans()) else st.just(FORBIDDEN)
    return Roads(n, arcs, turns, [draw(price) for _ in turns])


def places(draw: Any, roads: Roads) -> list[Place]:
    """Nodes, and places part-way along arcs."""
    driven = [at for at, (tail, head, *_) in enumerate(roads.arcs) if tail != head]
    part_way = [st.tuples(st.sampled_from(driven), st.sampled_from([0.1, 0.5, 0.8]))] if driven else []
    return draw(st.lists(st.one_of(st.integers(0, roads.n - 1), *part_way), min_size=1, max_size=5))
