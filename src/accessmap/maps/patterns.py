"""Hatchings: what is missing, newly reached or lost, and the second value of a map of two, told without colour."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

# Two values at once: the first darkens from left to right, the second turns to pink from top to bottom and is textured
# too, since grey and colour-blind eyes lose the hue. Colours after Joshua Stevens, "Bivariate choropleth maps" (2015),
# spread in lightness until all nine are apart for the three colour-blindnesses and in grey (test_maps_two.py).
TWO: Final = (
    ("#f0f0f0", "#a5dcdc", "#45b3b3"),
    ("#e6c0dc", "#a3a4d0", "#3f86ad"),
    ("#c873b6", "#855aa5", "#2c3e87"),
)
_DOTS: Final = '<circle cx="4" cy="4" r="1.4" fill="{ink}"/>'
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
