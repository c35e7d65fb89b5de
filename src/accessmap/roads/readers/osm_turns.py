"""Turn restrictions of OpenStreetMap: whom and when they bind, and which sequences of nodes they are about.

Rules follow the OpenStreetMap wiki (Relation:restriction). It leaves open what `only_*` over via ways forbids: here,
whoever has come from `from` onto the first of them may not leave them before `to` (what the tests of OSRM ask of the
last junction agrees). Of roads that run on across the junction, of which two ways of driving a restriction remain, the
side that it names decides (a left turn comes from one side only); what can be driven in two ways still is left out.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from accessmap.roads.readers.osm_conditions import holding

# Most telling first; on foot nobody is bound by them.
KEYS = {"car": ("motorcar", "motor_vehicle", "vehicle"), "bike": ("bicycle", "vehicle"), "walk": ()}
EXCEPTED = {"car": {*KEYS["car"], "car"}, "bike": {*KEYS["bike"]}, "walk": set()}
KINDS = {
    *("no_left_turn", "no_right_turn", "no_straight_on", "no_u_turn", "no_entry", "no_exit"),
    *("only_left_turn", "only_right_turn", "only_straight_on", "only_u_turn"),
}
#: Tags by which a relation is looked at.
TAGS = ("restriction", *(f"restriction:{key}" for key in ("motorcar", "motor_vehicle", "vehicle", "bicycle")))
TAGS = (*TAGS, *(f"{key}:conditional" for key in TAGS))

#: Why a relation is left out, in the order in which it is told.
OTHERS, UNKNOWN, MEMBERS, ABSENT, APART, TWO_WAYS, CLOSED = (
    "roads_told_turns_others",
    "roads_told_turns_unknown",
    "roads_told_turns_members",
    "roads_told_turns_absent",
    "roads_told_turns_apart",
    "roads_told_turns_two_ways",
    "roads_told_turns_closed",
)

Step = tuple[int, int, int]  # way, node, next node
Places = Callable[[int], tuple[float, float]]
STRAIGHT, ROUND = 30.0, 150.0  # degrees up to which a way on is straight, and from which one turns back


class Relation(NamedTuple):
    """A restriction that binds the mode: its kinds, and the ids of its members."""

    number: int
    kinds: tuple[str, ...]
    from_: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]
    to: tuple[int, ...]
    one_each: bool


class Read(NamedTuple):
    """One way of driving a restriction: the steps, from the last of `from` to the first of `to`."""

    kind: str
    steps: list[Step]
    source: int


def kinds(tags: Mapping[str, str], mode: str) -> tuple[str, ...]:
    """Return the kinds of restriction that bind a mode at the hour of all trips; none where it does not.

    >>> kinds({"type": "restriction", "restriction": "no_left_turn", "except": "bicycle"}, "bike")
    ()
    >>> kinds({"type": "restriction", "restriction:conditional": "no_u_turn @ (Mo-Fr 07:00-19:00)"}, "car")
    ('no_u_turn',)
    """
    own = tags.get("type", "").partition(":")[2]
    excepted = {name.strip().casefold() for name in tags.get("except", "").split(";")}
    if not KEYS[mode] or (own and own not in KEYS[mode]) or not excepted.isdisjoint(EXCEPTED[mode]):
        return ()
    for key in (*(f"restriction:{name}" for name in KEYS[mode]), "restriction"):
        value = holding(tags.get(f"{key}:conditional", ""), mode) or (tags.get(key, "") if _in_its_hours(tags) else "")
        if value:
            found = [kind.strip().casefold() for kind in value.split(";")]
            return tuple(kind for kind in found if kind not in ("", "none", "no"))
    return ()


def _in_its_hours(tags: Mapping[str, str]) -> bool:
    """Return whether the hours hold that are told in the old way (day_on, day_off, hour_on, hour_off)."""
    days = "-".join(tags[key][:2].title() for key in ("day_on", "day_off") if tags.get(key))
    hours = "-".join(tags[key] for key in ("hour_on", "hour_off") if tags.get(key))
    return not (days or hours) or holding(f"yes @ ({days} {hours})") is not None


@dataclass
class Restrictions:
    """The restrictions of a file that bind a mode, and how many were left out, by reason.

    Parameters
    ----------
    mode
        As in `RoadNetwork.from_osm`.
    """

    mode: str
    relations: list[Relation] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, number: int, tags: Mapping[str, str], members: list[tuple[str, int, str]]) -> None:
        """Take a relation: its id, tags, and members (type, id, role)."""
        if tags.get("type", "").partition(":")[0] != "restriction" or self.mode == "walk":
            return
        found = kinds(tags, self.mode)
        known = tuple(kind for kind in found if kind in KINDS)
        if not known or len({kind.partition("_")[0] for kind in known}) > 1:
            self.left_out[UNKNOWN if found else OTHERS] += 1
            return
        ways = {
            role: tuple(dict.fromkeys(ref for kind, ref, as_ in members if as_ == role and kind == "w"))
            for role in ("from", "via", "to")
        }
        nodes = {ref for kind, ref, role in members if role == "via" and kind == "n"}
        if not ways["from"] or not ways["to"] or len(nodes) + bool(ways["via"]) != 1:
            self.left_out[MEMBERS] += 1
            return
        several = (len(ways["from"]) > 1 and set(known) != {"no_entry"}) or (
            len(ways["to"]) > 1 and set(known) != {"no_exit"}
        )
        via = min(nodes, default=None)
        self.relations.append(Relation(number, known, ways["from"], via, ways["via"], ways["to"], several))

    @property
    def ways(self) -> set[int]:
        """The ids of all ways that are members."""
        return {way for relation in self.relations for way in (*relation.from_, *relation.via_ways, *relation.to)}

    def read(self, refs: Mapping[int, list[int]], known: set[int], steps: set[Step], places: Places) -> list[Read]:
        """Return how they can be driven; those that cannot be read are counted.

        Parameters
        ----------
        refs
            Ids of the nodes of each way that the network has.
        known
            Ids of the ways that the file has.
        steps
            What can be driven.
        places
            Longitude and latitude of a node by its id.
        """
        found = []
        for relation in self.relations:
            driven: list[Read] = []
            sides = relation.from_, relation.to
            if relation.one_each:
                # A road that was split, of which every piece is listed: the one that is at the junction counts.
                near = {way for side in sides for way in side if relation.via_node in refs.get(way, ())}
                sides = tuple(filter(near.__contains__, sides[0])), tuple(filter(near.__contains__, sides[1]))
            why = MEMBERS if relation.one_each and list(map(len, sides)) != [1, 1] else ""
            for from_ in sides[0] if not why else ():
                for to in sides[1]:
                    walks = self._walks(relation, from_, to, refs, known, steps)
                    if not isinstance(walks, str) and len(walks) > 1 and not _back_and_forth(walks):
                        turned = [walk for walk in walks if _turned(walk, places) == _side(relation.kinds)]
                        walks = turned if len(turned) == 1 else TWO_WAYS
                    if isinstance(walks, str):
                        why = why or walks
                        continue
                    driven += [Read(kind, walk, relation.number) for kind in relation.kinds for walk in walks]
            found += driven
            if not driven:
                self.left_out[why] += 1
        return found

    def _walks(
        self, relation: Relation, from_: int, to: int, refs: Mapping[int, list[int]], known: set[int], steps: set[Step]
    ) -> list[list[Step]] | str:
        """Return the ways of driving one `from` to one `to`, or why there is none."""
        members = (from_, *relation.via_ways, to)
        if not known.issuperset(members):
            return ABSENT
        if not set(refs).issuperset(members):
            return CLOSED
        if relation.via_node is None:
            ends = {end for way in relation.via_ways for end in (refs[way][0], refs[way][-1])}
            middles = [
                (node, walk)
                for node in sorted(ends.intersection(refs[from_]))
                for walk in _chained(node, relation.via_ways, refs)
                if walk[-1][2] in refs[to]
            ]
        else:
            meets = relation.via_node in refs[from_] and relation.via_node in refs[to]
            middles = [(relation.via_node, [])] if meets else []
        if not middles:
            return APART
        walks = [
            [before, *middle, after]
            for node, middle in middles
            for before in _entries(from_, node, refs, steps)
            for after in _exits(to, middle[-1][2] if middle else node, refs, steps)
            if steps.issuperset(middle)
        ]
        if from_ == to and relation.via_node is not None:
            back = [walk for walk in walks if walk[0][1] == walk[1][2]]
            if any("u_turn" in kind for kind in relation.kinds):
                # Turning round on one way may be forbidden on both sides of the node.
                return back or CLOSED
            walks = [walk for walk in walks if walk not in back] or back
        return walks or CLOSED


def _back_and_forth(walks: list[list[Step]]) -> bool:
    """Whether all turn round on one way: on both sides of a node at once."""
    return all(len(walk) == 2 and walk[0][1] == walk[1][2] for walk in walks)


def _side(kinds_: tuple[str, ...]) -> str:
    """The side that kinds name: "left", "right", "straight", "u", or ""."""
    sides = {kind.split("_")[1] for kind in kinds_}
    return sides.pop() if len(sides) == 1 else ""


def _turned(walk: list[Step], places: Places) -> str:
    """Which side a walk turns to, from its first step to its last."""
    (_, a, b), (_, c, d) = walk[0], walk[-1]
    (x, y), (x2, y2), (x3, y3), (x4, y4) = map(places, (a, b, c, d))
    shrink = math.cos(math.radians(y2))
    before, after = math.atan2(y2 - y, (x2 - x) * shrink), math.atan2(y4 - y3, (x4 - x3) * shrink)
    angle = (math.degrees(after - before) + 180) % 360 - 180
    if abs(angle) <= STRAIGHT:
        return "straight"
    return "u" if abs(angle) >= ROUND else "left" if angle > 0 else "right"


def _entries(way: int, node: int, refs: Mapping[int, list[int]], steps: set[Step]) -> list[Step]:
    return [(way, other, node) for other in _beside(refs[way], node) if (way, other, node) in steps]


def _exits(way: int, node: int, refs: Mapping[int, list[int]], steps: set[Step]) -> list[Step]:
    return [(way, node, other) for other in _beside(refs[way], node) if (way, node, other) in steps]


def _beside(nodes: list[int], node: int) -> list[int]:
    return sorted({other for pair in _pairs(nodes) if node in pair for other in pair if other != node})


def _pairs(nodes: list[int]) -> Iterator[tuple[int, int]]:
    return ((a, b) for a, b in itertools.pairwise(nodes) if a != b)


def _chained(node: int, ways: tuple[int, ...], refs: Mapping[int, list[int]]) -> Iterator[list[Step]]:
    """Yield the steps along all of these ways, each once and whole, from a node on, whatever their order."""
    for way in ways:
        for nodes in (refs[way], refs[way][::-1]):
            if nodes[0] != node:
                continue
            walk = [(way, a, b) for a, b in _pairs(nodes)]
            rest = tuple(other for other in ways if other != way)
            if not rest:
                yield walk
                continue
            for onward in _chained(nodes[-1], rest, refs):
                yield walk + onward
