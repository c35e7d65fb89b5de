"""A map as plain SVG: readable on paper and with JavaScript off; the communes' paths are in the page once."""

from typing import Final

from markupsafe import Markup

from accessmap.maps.choropleth import OUTSIDE
from accessmap.maps.drawing import SHAPES, Drawing

# Room around the territory, and the sizes of names and markers, as shares of the map's width.
MARGIN: Final = 0.03
NAME: Final = 0.030
# Mean width of a bold letter of the usual sans-serif fonts, in their size.
LETTER: Final = 0.62
MARKER: Final = 0.0021

# Hatchings, by the name a legend entry gives them: the side of the tile, its turn in degrees, what is in it.
PATTERNS: Final = {
    "hatch": (7, 45, '<rect width="7" height="7" fill="#e4e4e4"/><rect width="2" height="7" fill="#8c8c8c"/>'),
    "dots": (8, 0, '<rect width="8" height="8" fill="#c7eae5"/><circle cx="4" cy="4" r="2.2" fill="#01665e"/>'),
    "cross": (
        8,
        45,
        '<rect width="8" height="8" fill="#f6e8c3"/><path d="M0,4h8M4,0v8" stroke="#8c510a" stroke-width="1.6"/>',
    ),
}


def patterns(key: str = "am", *, scale: float = 1.0) -> Markup:
    """Return the hatchings, with ids that start with `key`, enlarged for a drawing whose units are small."""
    tile = Markup(
        '<pattern id="{key}-{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse"'
        ' patternTransform="scale({scale:.1f}) rotate({turn})">{inner}</pattern>'
    )
    return Markup("\n").join(
        tile.format(key=key, name=name, side=side, scale=scale, turn=turn, inner=Markup(inner))  # noqa: S704 - ours
        for name, (side, turn, inner) in PATTERNS.items()
    )


def page_patterns() -> Markup:
    """Return the hatchings that legends and interactive maps refer to; a page needs them once."""
    return Markup('<svg class="am-defs" aria-hidden="true" focusable="false"><defs>{}</defs></svg>').format(patterns())


def definitions(drawing: Drawing) -> Markup:
    """Return the paths of all zones and of the territory's outline, once for every map of the page."""
    paths = [
        Markup('<path id="z-{}" d="{}" vector-effect="non-scaling-stroke"/>').format(zone.code, zone.path)
        for zone in drawing.zones
    ]
    paths.append(Markup('<path id="z-outline" d="{}" vector-effect="non-scaling-stroke"/>').format(drawing.outline))
    return Markup('<svg class="am-defs" aria-hidden="true" focusable="false"><defs>{}</defs></svg>').format(
        Markup("\n").join(paths)
    )


def picture(drawing: Drawing, view: int, *, key: str, alt: str) -> Markup:
    """Return one view as SVG with its name and description for those who do not see it; ids start with `key`."""
    width, height = drawing.size
    margin = round(width * MARGIN)
    shown = drawing.views[view]
    parts = [
        Markup('<use href="#z-{}" fill="{}" stroke="#c9c5bd"/>').format(zone.code, OUTSIDE)
        for zone in drawing.zones
        if not zone.inside
    ]
    for zone in drawing.zones:
        if zone.inside and zone.code in shown.fill:
            entry = shown.entries[shown.fill[zone.code]]
            fill = f"url(#{key}-{entry.pattern})" if entry.pattern else entry.colour
            parts.append(Markup('<use href="#z-{}" fill="{}" stroke="#6b6b6b"/>').format(zone.code, fill))
    parts.append(Markup('<use href="#z-outline" fill="none" stroke="#1b1b1b" class="am-edge"/>'))
    parts += [*_names(drawing), *_marks(drawing, view), _scale(drawing, margin)]
    box = f"{-margin} {-margin} {width + 2 * margin} {height + 2 * margin}"
    return Markup(
        '<svg class="am-picture" viewBox="{}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc><defs>{}</defs>{}</svg>'
    ).format(box, key, key, key, shown.name, key, alt, patterns(key, scale=width / 380), Markup("\n").join(parts))


def _marks(drawing: Drawing, view: int) -> list[Markup]:
    size = drawing.size[0] * MARKER
    return [
        Markup(
            '<path d="{}" transform="translate({} {}) scale({})" fill="{}" stroke="#fff" stroke-width="1.6"'
            ' stroke-linejoin="round"/>'
        ).format(SHAPES[layer.shape], mark.x, mark.y, f"{size * (1.5 if mark.fresh else 1):.1f}", layer.colour)
        for layer in drawing.layers
        for mark in layer.marks
        if mark.stands_in(view)
    ]


def _names(drawing: Drawing) -> list[Markup]:
    """Return the names that do not lie over one another: of two, the larger commune's is kept."""
    size = round(drawing.size[0] * NAME)
    kept: list[tuple[int, int, float]] = []
    parts = []
    for x, y, name in drawing.names:
        half = len(name) * size * LETTER / 2
        if any(abs(x - u) < half + other and abs(y - v) < size * 1.2 for u, v, other in kept):
            continue
        kept.append((x, y, half))
        parts.append(
            Markup('<text x="{}" y="{}" font-size="{}" stroke-width="{}" class="am-label">{}</text>').format(
                x, y + round(size * 1.6), size, round(size / 5), name
            )
        )
    return parts


def _scale(drawing: Drawing, margin: int) -> Markup:
    """Return a bar of 5 km of ground, or of 1 km on a small map."""
    ground = drawing.size[0] * drawing.scale
    kilometres = 5 if ground > 15_000 else 1
    length = round(kilometres * 1000 / drawing.scale)
    foot, size = drawing.size[1] + round(margin * 0.4), round(drawing.size[0] * NAME)
    return Markup(
        '<path d="M0,{}v{}h{}v{}" fill="none" stroke="#1b1b1b" class="am-edge"/>'
        '<text x="{}" y="{}" font-size="{}" class="am-scale">{} km</text>'
    ).format(foot - size // 3, size // 3, length, -(size // 3), length + size // 2, foot, size, kilometres)
