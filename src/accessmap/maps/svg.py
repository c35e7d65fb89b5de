"""A map as plain SVG: readable on paper and with JavaScript off; the communes' paths are in the page once."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

from accessmap.maps.drawing import OUTSIDE, PAPER, SHAPES, Drawing, Entry, Layer, Mark, Served
from accessmap.words import words as labels

# Two values at once: the first darkens from left to right, the second turns to pink from top to bottom and is textured
# too, since grey and colour-blind eyes lose the hue. Colours after Joshua Stevens, "Bivariate choropleth maps" (2015),
# spread in lightness until all nine are apart for the three colour-blindnesses and in grey (test_maps_two.py).
TWO: Final = (
    ("#f0f0f0", "#a5dcdc", "#45b3b3"),
    ("#e6c0dc", "#a3a4d0", "#3f86ad"),
    ("#c873b6", "#855aa5", "#2c3e87"),
)
_DOTS: Final = '<circle cx="4" cy="4" r="1.4" fill="{ink}"/>'
_LINE: Final = '<path d="M{at},0v9" stroke="{ink}" stroke-opacity=".6" stroke-width="1.3"/>'
_LINES: Final = '<rect width="2" height="8" fill="{ink}"/>'


def _two() -> dict[str, tuple[int, int, str]]:
    made = {}
    for row, (texture, turn) in ((1, (_DOTS, 0)), (2, (_LINES, 45))):
        for column, colour in enumerate(TWO[row]):
            ink = "#ffffff" if (row, column) in ((2, 1), (2, 2), (2, 0)) else "#2b2b2b"
            made[f"two{row}{column}"] = (
                8,
                turn,
                f'<rect width="8" height="8" fill="{colour}"/>' + texture.format(ink=ink),
            )
    return made


# By the name a legend entry gives them: the side of the tile, its turn in degrees, what is in it.
PATTERNS: Final[Mapping[str, tuple[int, int, str]]] = MappingProxyType(
    {
        "hatch": (7, 45, '<rect width="7" height="7" fill="#e4e4e4"/><rect width="2" height="7" fill="#8c8c8c"/>'),
        "dots": (8, 0, '<rect width="8" height="8" fill="#c7eae5"/><circle cx="4" cy="4" r="2.2" fill="#01665e"/>'),
        "cross": (
            8,
            45,
            '<rect width="8" height="8" fill="#f6e8c3"/><path d="M0,4h8M4,0v8" stroke="#8c510a" stroke-width="1.6"/>',
        ),
        # Land beyond the last isochrone: known, so not hatched; no band, so not coloured.
        "beyond": (
            9,
            45,
            '<rect width="9" height="9" fill="#ffffff"/><circle cx="4.5" cy="4.5" r=".9" fill="#6b6b6b"/>',
        ),
        # Over a colour that is likely and not sure: one line dark and one light, to be seen on all of them.
        "unsure": (9, 135, _LINE.format(at=0.65, ink="#1b1b1b") + _LINE.format(at=1.95, ink="#ffffff")),
        **_two(),
    }
)


def patterns(key: str = "am", *, scale: float = 1.0, names: Iterable[str] = PATTERNS) -> Markup:
    """Return these hatchings, with ids that start with `key`, enlarged for a drawing whose units are small."""
    tile = Markup(
        '<pattern id="{key}-{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse"'
        ' patternTransform="scale({scale:.1f}) rotate({turn})">{inner}</pattern>'
    )
    told = {name: PATTERNS[name] for name in PATTERNS if name in set(names)}
    return Markup("\n").join(
        tile.format(key=key, name=name, side=side, scale=scale, turn=turn, inner=Markup(inner))  # noqa: S704 - ours
        for name, (side, turn, inner) in told.items()
    )


def page_patterns() -> Markup:
    """Return the hatchings that legends and interactive maps refer to; a page needs them once."""
    return Markup('<svg class="am-defs" aria-hidden="true" focusable="false"><defs>{}</defs></svg>').format(patterns())


# Room around the territory, as a share of the map's width; the sizes of names (pixels) and of markers.
MARGIN: Final = 0.03
NAME: Final = 15
MARKER: Final = 1.05
# Shares of the width that names and markers never exceed, however small the picture.
LARGEST_NAME: Final = 0.036
LARGEST_MARKER: Final = 0.0021
# Mean width of a bold letter of the usual sans-serif fonts, in their size.
LETTER: Final = 0.62
# More sites than this of one kind are drawn smaller, as map.js does.
MANY: Final = 60
# Where a name may stand: under what it names, over it, at its right, at its left, at a corner;
# how far its foot is below, in sizes of the name.
PLACES: Final = (
    (0, 1.6), (0, 2.0), (0, -0.8), (0, -1.2), (1, 0.35), (-1, 0.35), (1, 1.5), (-1, 1.5), (1, -0.7), (-1, -0.7)
)  # fmt: skip
Box = tuple[float, float, float, float]
# Lengths of a scale bar, in kilometres: the longest that takes no more than a fifth of the map.
BARS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


# The communes of the territory and those around it, each whole, for pictures that paint them all alike.
GROUPS: Final = {"territory": True, "around": False}
# What land without a value is filled and outlined with, around the territory and in it.
GROUND: Final = {False: (OUTSIDE, "#c9c5bd"), True: (PAPER, "#6b6b6b")}
NOTHING: Final = Markup()


def definitions(drawing: Drawing, *, ids: str = "z") -> Markup:
    """Return the paths of zones, outline and pieces, once for every map of the page, with ids that start with `ids`."""
    kinds = {name: [zone for zone in drawing.zones if zone.inside is inside] for name, inside in GROUPS.items()}
    parts = [
        Markup('<g id="{}-{}">{}</g>').format(
            ids, name, NOTHING.join(_path(ids, zone.code, zone.path) for zone in zones)
        )
        for name, zones in kinds.items()
    ]
    parts.append(_path(ids, "outline", drawing.outline))
    parts += [_path(ids, f"p-{number}", piece.path) for number, piece in enumerate(drawing.pieces)]
    return Markup(
        '<svg class="am-defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>{}</defs></svg>'
    ).format(Markup("\n").join(parts))


def _path(ids: str, name: str, path: str) -> Markup:
    return Markup('<path id="{}-{}" d="{}"/>').format(ids, name, path)


def picture(
    drawing: Drawing,
    view: int,
    *,
    key: str,
    alt: str,
    ids: str = "z",
    pixels: float = 380,
    corner: tuple[int, int] = (0, 0),
    over: Markup = NOTHING,
) -> Markup:
    """Return one view as SVG with its name and description for those who do not see it.

    Ids of its own start with `key`, those of the paths it uses with `ids`; words, markers and hatchings are made for a
    picture that is `pixels` wide. Where it shows a part of the map that the paths were made for, `corner` is where that
    part begins in it. What lies `over` the land is under the names and markers.
    """
    width = drawing.size[0]
    left, top, right, bottom = framed(drawing)
    shown = drawing.views[view]
    land = [*_zones(drawing, view, key, ids), *_pieces(drawing, view, key, ids)]
    if drawing.outline:
        land.append(Markup('<use href="#{}-outline" fill="none" stroke="#1b1b1b" class="am-edge"/>').format(ids))
    parts = [Markup('<g transform="translate({} {})">{}</g>').format(-corner[0], -corner[1], NOTHING.join(land))]
    parts = [*(parts if any(corner) else land), over]
    wide = right - left
    size = round(wide * min(LARGEST_NAME, NAME / pixels))
    marker = wide * min(LARGEST_MARKER, MARKER / pixels)
    parts += [*_names(drawing, size, marker), *_marks(drawing, view, marker), _scale(drawing, size, marker)]
    parts += _arrows(drawing, view, marker)
    box = f"{left} {top} {wide} {bottom - top}"
    hatchings = patterns(key, scale=width / pixels, names={entry.pattern for entry in shown.entries})
    return Markup(
        '<svg class="am-picture{}" viewBox="{}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc><defs>{}</defs>{}</svg>'
    ).format(
        "" if drawing.zones else " am-bare",
        box,
        key,
        key,
        key,
        shown.name,
        key,
        alt,
        hatchings,
        Markup("\n").join(parts),
    )


def paint(entry: Entry, key: str) -> str:
    """Return what land of this entry is filled with."""
    return f"url(#{key}-{entry.pattern})" if entry.pattern else entry.colour


def _zones(drawing: Drawing, view: int, key: str, ids: str) -> list[Markup]:
    """Return the communes: those outside, those that hold nothing, then those of each entry of the legend."""
    shown = drawing.views[view]
    bare: dict[bool, list[str]] = {}
    for zone in drawing.zones:
        if not (zone.inside and zone.code in shown.fill):
            bare.setdefault(zone.inside, []).append(zone.code)
    land = [
        Markup('<g fill="{}" stroke="{}">{}</g>').format(*GROUND[inside], _uses(ids, bare[inside]))
        if drawing.part
        else Markup('<use href="#{}-{}" fill="{}" stroke="{}"/>').format(ids, name, *GROUND[inside])
        for name, inside in sorted(GROUPS.items(), key=lambda group: group[1])
        if inside in bare
    ]
    filled: dict[str, list[str]] = {}
    for zone in drawing.zones:
        if zone.inside and zone.code in shown.fill:
            filled.setdefault(paint(shown.entries[shown.fill[zone.code]], key), []).append(zone.code)
    land += [
        Markup('<g fill="{}" stroke="{}">{}</g>').format(fill, GROUND[True][1], _uses(ids, codes))
        for fill, codes in filled.items()
    ]
    if shown.unsure:
        land.append(Markup('<g fill="{}">{}</g>').format(paint(shown.entries[-1], key), _uses(ids, shown.unsure)))
    return land


def _uses(ids: str, codes: Iterable[str]) -> Markup:
    return Markup("").join(Markup('<use href="#{}-{}"/>').format(ids, code) for code in codes)


def _pieces(drawing: Drawing, view: int, key: str, ids: str) -> list[Markup]:
    """Return the land or roads over the communes, and over them the borders that land has covered."""
    here = [(number, piece) for number, piece in enumerate(drawing.pieces) if piece.view == view]
    parts, covers = [], False
    for number, piece in here:
        entry = drawing.views[view].entries[piece.entry]
        if entry.line:
            look = f"am-w{entry.line}" + (" am-dash" if entry.pattern == "dash" else "")
            road = Markup('<use href="#{}-p-{}" class="{}" fill="none" stroke="{}"/>')
            parts.append(road.format(ids, number, look, entry.colour))
        else:
            covers = True
            parts.append(
                Markup('<use href="#{}-p-{}" class="am-land" fill="{}"/>').format(ids, number, paint(entry, key))
            )
    if covers:
        border = Markup('<g fill="none" stroke="#6b6b6b" stroke-opacity=".5">{}</g>')
        parts.append(border.format(_uses(ids, (zone.code for zone in drawing.zones))))
    return parts


def framed(drawing: Drawing) -> tuple[int, int, int, int]:
    """Return what a picture shows, in drawn units: left, top, right and bottom, with room around the territory."""
    (width, height), margin = drawing.size, round(drawing.size[0] * MARGIN)
    left, top, right, bottom = (max(margin, room) for room in drawing.room)
    return -left, -top, width + right, height + bottom


def _marks(drawing: Drawing, view: int, size: float) -> list[Markup]:
    """Return the sites that stand within the picture."""
    return [
        Markup(
            '<path d="{}" transform="translate({} {}) scale({})" fill="{}" stroke="#fff" stroke-width="1.6"'
            ' stroke-linejoin="round"/>'
        ).format(SHAPES[layer.shape], mark.x, mark.y, f"{size * _part(layer, mark):.1f}", layer.colour)
        for layer in drawing.layers
        for mark in seen(drawing, layer, view)
    ]


def _arrows(drawing: Drawing, view: int, size: float) -> list[Markup]:
    """Return an arrow at the edge of a picture towards each service that serves people inside and stands beyond it."""
    return [
        Markup(
            '<path d="M-9 -6L9 0L-9 6L-5 0z" transform="translate({:.0f} {:.0f}) rotate({:.0f}) scale({:.1f})"'
            ' fill="{}" stroke="#fff" stroke-width="1.6" stroke-linejoin="round" class="am-beyond"/>'
        ).format(*_on_edge(drawing, served, size), size, served.colour)
        for served in beyond(drawing, view)
    ]


def _on_edge(drawing: Drawing, served: Served, size: float) -> tuple[float, float, float]:
    """Return where the arrow towards a service beyond the picture stands, x and y, and its turn in degrees."""
    left, top, right, bottom = framed(drawing)
    x, y = (left + right) / 2, (top + bottom) / 2
    across, down = served.x - x, served.y - y
    part = min(
        ((right - left) / 2 - 11 * size) / abs(across) if across else math.inf,
        ((bottom - top) / 2 - 11 * size) / abs(down) if down else math.inf,
    )
    return x + across * part, y + down * part, math.degrees(math.atan2(down, across))


def beyond(drawing: Drawing, view: int) -> list[Served]:
    """Return the services that serve people inside and stand beyond a picture of this view."""
    left, top, right, bottom = framed(drawing)
    return [
        each
        for each in drawing.serving
        if (each.views is None or view in each.views) and not (left <= each.x <= right and top <= each.y <= bottom)
    ]


def seen(drawing: Drawing, layer: Layer, view: int) -> list[Mark]:
    """Return the sites of a kind that a picture of this view shows."""
    left, top, right, bottom = framed(drawing)
    return [
        mark for mark in layer.marks if mark.stands_in(view) and left <= mark.x <= right and top <= mark.y <= bottom
    ]


def _part(layer: Layer, mark: Mark) -> float:
    return 1.5 if mark.fresh else 0.55 if len(layer.marks) > MANY else 1


def _names(drawing: Drawing, size: int, marker: float) -> list[Markup]:
    """Return the names, none over another: beside the markers where there is room, else over one, else left out.

    Of two that would touch, the first is kept. Views of one drawing have their names at one place.
    """
    left, _, right, bottom = framed(drawing)
    marks = _marked(drawing, marker)
    kept = [_scale_box(drawing, size, marker)]
    parts = []
    for x, y, name in drawing.names:
        half = len(name) * size * LETTER / 2
        boxes: dict[tuple[int, int], Box] = {}
        for aside, down in PLACES:
            middle = min(max(x + aside * (half + size * 0.9), left + half), right - half)
            foot = y + down * size
            box = (middle - half - size * 0.2, foot - size * 0.8, middle + half + size * 0.2, foot + size * 0.3)
            if box[3] < bottom and not _touches(box, kept):
                boxes[round(middle), round(foot)] = box
        if not boxes:
            continue
        place = next((place for place, box in boxes.items() if not _touches(box, marks)), next(iter(boxes)))
        kept.append(boxes[place])
        parts.append(
            Markup('<text x="{}" y="{}" font-size="{}" stroke-width="{}" class="am-label">{}</text>').format(
                *place, size, round(size / 5), name
            )
        )
    return parts


def _marked(drawing: Drawing, marker: float) -> list[Box]:
    """Return the land under the markers and arrows of every view, each of which reaches about 9 of its units."""
    places: list[tuple[float, float, float]] = [
        (mark.x, mark.y, _part(layer, mark)) for layer in drawing.layers for mark in layer.marks
    ]
    for view in range(len(drawing.views)):
        places += [(*_on_edge(drawing, served, marker)[:2], 1) for served in beyond(drawing, view)]
    return [(x - reach, y - reach, x + reach, y + reach) for x, y, part in places for reach in [9 * marker * part]]


def _scale_box(drawing: Drawing, size: int, marker: float) -> Box:
    """Return where the scale stands: at the foot, at the left unless a marker or an arrow is there."""
    left, _, right, bottom = framed(drawing)
    wide = round(bar_kilometres(drawing) * 1000 / drawing.scale) + size * 6
    boxes = [(at, bottom - size * 2.6, at + wide, bottom) for at in (left, (left + right - wide) / 2, right - wide)]
    marks = _marked(drawing, marker)
    return next((box for box in boxes if not _touches(box, marks)), boxes[0])


def _touches(box: Box, others: Iterable[Box]) -> bool:
    west, north, east, south = box
    return any(west < right and left < east and north < low and high < south for left, high, right, low in others)


def bar_kilometres(drawing: Drawing) -> float:
    """Return the length of the scale bar: round, and at most a fifth of the map."""
    fifth = drawing.size[0] * drawing.scale / 5000
    return max((length for length in BARS if length <= fifth), default=BARS[0])


def _scale(drawing: Drawing, size: int, marker: float) -> Markup:
    """Return the arrow that points north, and beside it a bar of kilometres on the ground."""
    kilometres = bar_kilometres(drawing)
    length = round(kilometres * 1000 / drawing.scale)
    west, _, _, bottom = _scale_box(drawing, size, marker)
    margin = round(drawing.size[0] * MARGIN)
    edge, foot = round(west) + margin, round(bottom - margin * 0.6)
    words = labels.number(kilometres, digits=0 if kilometres >= 1 else 1, lang=drawing.lang)
    north = labels.text("north_letter", lang=drawing.lang)
    left = edge + round(size * 1.4)
    return Markup(
        '<path d="M{half},{tip}l{step},{tall}l-{step},-{notch}l-{step},{notch}z" fill="#1b1b1b" stroke="#fff"'
        ' stroke-width="{thin}" paint-order="stroke" class="am-north"/>'
        '<text x="{half}" y="{foot}" font-size="{size}" stroke-width="{halo}" class="am-label">{north}</text>'
        '<path d="M{left},{up}v{tick}h{length}v-{tick}" fill="none" stroke="#1b1b1b" class="am-edge"/>'
        '<text x="{end}" y="{foot}" font-size="{size}" class="am-scale">{words} km</text>'
    ).format(
        half=edge + size // 2,
        tip=foot - round(size * 2.1),
        step=size // 3,
        tall=round(size * 1.2),
        notch=size // 3,
        thin=round(size / 8),
        halo=round(size / 6),
        north=north,
        left=left,
        up=foot - size // 3,
        tick=size // 3,
        length=length,
        end=left + length + size // 2,
        foot=foot,
        size=size,
        words=words,
    )
