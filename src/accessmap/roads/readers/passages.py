"""What a node of a road is to who passes there: barriers, locks, fords, and what delays (OpenStreetMap tags).

Rules follow the OpenStreetMap wiki (Key:barrier and a page a kind, Key:locked, Key:ford, Tag:highway=stop).
"""

from accessmap.roads.law import rows_of
from accessmap.roads.readers.osm_conditions import CAR, opened, quantity
from accessmap.roads.readers.osm_limits import Tags
from accessmap.roads.readers.rights import Right, is_divided, said, stops_a_car, values

BARRIERS = {row["barrier"]: row for row in rows_of("barriers")}
# Drawn as a line across a road these stop what a node would; walls and fences have gaps that nobody drew.
DRAWN = {name for name, row in BARRIERS.items() if row["drawn"] == "yes"}
GAPS = {name for name, row in BARRIERS.items() if row["car"] == "no" and row["bike"] == "yes"} - {"door", "wicket_gate"}
NO_BARRIERS = {"no", "kerb"}
GATES = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "hampshire_gate"}
GAPPED = {"bollard", "block", "planter", "jersey_barrier"}  # stand apart, as far as `maxwidth` says
LOWERED = {"rising", "foldable"}
# A node that is one of these says by its access tags who may use the crossing or the stop, not who may pass along.
OTHERS = ("crossing", "public_transport", "amenity", "shop", "tourism", "leisure", "railway", "emergency")
# Of several things at one node the one that delays most, first.
DELAYING = ("traffic_signals", "stop", "mini_roundabout", "give_way")
HEADINGS = {"forward", "backward", "both"}


def passages(tags: Tags, mode: str) -> tuple[Right, Right]:
    """Return who may pass a node along its way, and against it: the same, but for access tags of one direction.

    >>> [right.name for right in passages({"barrier": "lift_gate", "vehicle:backward": "no"}, "car")]
    ['YES', 'NO']
    """
    ahead = passage(tags, mode, "forward")
    return ahead, passage(tags, mode, "backward") if is_divided(tags) else ahead


def passage(tags: Tags, mode: str, heading: str = "") -> Right:
    """Return who may pass a node: an access tag decides, else a lock, else the kind of barrier (of several, each).

    A gate without access tags is taken as one that opens, after a stop; a locked one as shut, and one whose
    `opening_hours` say that it is shut as well, but to those who have its key.

    >>> passage({"barrier": "gate"}, "car").name, passage({"barrier": "gate", "locked": "yes"}, "walk").name
    ('YES', 'NO')
    """
    kinds = [kind for kind in values(tags.get("barrier", "")) if kind not in NO_BARRIERS]
    if not kinds and (any(key in tags for key in OTHERS) or tags.get("highway", "elevator") != "elevator"):
        return Right.YES
    if mode == "car" and stops_a_car(tags):
        return Right.NO
    told = said(tags, mode, heading)
    open_ = None if "toll_booth" in kinds else opened(tags)  # hours of a booth are its clerk's
    if open_ is False and (told is None or told.right is Right.YES):
        return Right.NO
    if told is not None:
        return told.right
    ford = tags.get("ford", "no")
    if ford == "boat" or (ford == "stepping_stones" and mode != "walk"):
        return Right.NO
    # Beside a locked bollard, block or chain there is a gap still.
    gap = mode != "car" and bool(kinds) and GAPS.issuperset(kinds)
    if tags.get("locked") == "yes" and not gap and not open_:
        return Right.NO
    return Right.YES if all(_lets_pass(kind, tags, mode) for kind in kinds) else Right.NO


def _lets_pass(kind: str, tags: Tags, mode: str) -> bool:
    """Whether a kind of barrier lets a mode pass; one that nobody knows stops cars."""
    if mode == "car" and kind in GAPPED:
        gap = quantity(tags.get("maxwidth:physical", tags.get("maxwidth", "")))
        return (kind == "bollard" and tags.get("bollard") in LOWERED) or (gap is not None and gap >= CAR["width"])
    return BARRIERS[kind][mode] == "yes" if kind in BARRIERS else mode != "car"


def node_event(tags: Tags) -> str | None:
    """Return what delays at a node, a row of the table of delays, or None.

    >>> node_event({"highway": "crossing;traffic_signals"}), node_event({"highway": "crossing"}), node_event({})
    ('signal', 'crossing', None)
    """
    barriers = values(tags.get("barrier", ""))
    if not GATES.isdisjoint(barriers):
        return "gate"
    if "toll_booth" in barriers:
        return "toll_booth"
    highway = values(tags.get("highway", ""))
    for kind in DELAYING:
        if kind in highway:
            return "signal" if kind == "traffic_signals" else kind
    if ("crossing" in highway or "crossing" in tags) and tags.get("crossing") != "no":
        signals = "traffic_signals" in values(tags.get("crossing", "")) or tags.get("crossing:signals") == "yes"
        return "crossing_signal" if signals else "crossing"
    if tags.get("railway") == "level_crossing":
        return "level_crossing"
    return "traffic_calming" if tags.get("traffic_calming", "no") != "no" else None


def facing(tags: Tags, event: str) -> str:
    """Return whom an event delays: who goes "forward" or "backward" along the way, "both", at a junction "all"; or "".

    >>> facing({"highway": "stop", "direction": "backward"}, "stop"), facing({"highway": "stop"}, "stop")
    ('backward', '')
    >>> facing({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, "signal")
    'forward'
    """
    if event not in {"signal", "stop", "give_way", "traffic_calming"}:
        return "both"
    own = "traffic_signals" if event == "signal" else event
    for key in (f"{own}:direction", "direction"):
        told = HEADINGS.intersection(values(tags.get(key, "")))
        if told:
            return told.pop() if len(told) == 1 else "both"
    if event in {"signal", "traffic_calming"}:
        return "both"
    return "all" if tags.get("stop") == "all" else ""
