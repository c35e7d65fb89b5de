"""A map as one picture for print: title, map, legend, north, scale and credit; SVG, and PNG made from that SVG."""

import os
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from markupsafe import Markup

from accessmap.errors import OptionError, Problem
from accessmap.files import write_whole
from accessmap.maps.drawing import OUTSIDE, PAPER, SHAPES, Drawing, Entry, Square, View
from accessmap.maps.page import grounds
from accessmap.maps.svg import LETTER, definitions, framed, paint, patterns, picture, seen
from accessmap.words import words as labels
from accessmap.words.notes import Figure

# A landscape page, in its own units: about 5 to a millimetre of A4.
WIDTH: Final = 1480
EDGE: Final = 40
LEGEND: Final = 380
GAP: Final = 32
BODY: Final = 19
SMALL: Final = 16
LEADING: Final = 1.32
MAP_WIDTH: Final = WIDTH - 2 * EDGE - LEGEND - GAP
NARROWEST: Final = 1000
# A map taller than it is wide is fitted into this.
MOST_HEIGHT: Final = 1100
# Mean width of a regular letter, in its size (bold ones take LETTER).
REGULAR: Final = 0.56
FONTS: Final = "DejaVu Sans, Liberation Sans, Noto Sans, Arial, Helvetica, sans-serif"
WIDEST_PNG: Final = 10_000

_TEXT = Markup('<text x="{}" y="{:.0f}" font-size="{}" fill="{}"{}>{}</text>')
_BOLD = Markup(' font-weight="bold"')


def sheet(drawing: Drawing, view: int = 0) -> str:
    """Return one view as a whole SVG page that holds all it needs."""
    if not 0 <= view < len(drawing.views):
        raise OptionError(Problem("map_view", value=view, most=len(drawing.views) - 1))
    shown = drawing.views[view]
    west, north, east, south = framed(drawing)
    scale = min(MAP_WIDTH / (east - west), MOST_HEIGHT / (south - north))
    wide, high = round((east - west) * scale), round((south - north) * scale)
    # A narrow map makes a narrow page, but not one where no title fits.
    page = max(2 * EDGE + wide + GAP + LEGEND, NARROWEST)
    title = _Column(EDGE, EDGE - 6, page - 2 * EDGE)
    title.write(drawing.title, size=30, bold=True)
    if len(drawing.views) > 1 and shown.name:
        title.write(shown.name, size=22)
    top = title.y + 22
    column = _Column(EDGE + wide + GAP, top, LEGEND)
    _legend(column, drawing, shown)
    foot = _Column(EDGE, max(top + high, column.y) + 14, page - 2 * EDGE)
    foot.write(drawing.credit, size=SMALL, colour="#4a4a4a")
    inner = [
        Markup("<style>{}</style>").format(Markup(_style(1 / scale))),  # noqa: S704 - ours
        Markup("<defs>{}</defs>").format(patterns("l", names={entry.pattern for entry in shown.entries})),
        definitions(drawing),
        Markup('<rect width="100%" height="100%" fill="#ffffff"/>'),
        *title.parts,
        _placed(drawing, view, top, wide, high),
        *column.parts,
        *foot.parts,
    ]
    height = round(foot.y + EDGE * 0.7)
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" font-family="{}"'
            ' lang="{}"><title>{}</title>{}</svg>\n'
        ).format(page, height, page, height, FONTS, drawing.lang, drawing.title, Markup("\n").join(inner))
    )


def _placed(drawing: Drawing, view: int, top: float, wide: int, high: int) -> Markup:
    """Return the picture of a view in its frame, at the left of the page."""
    alt = drawing.views[view].alt(drawing.lang)
    drawn = str(picture(drawing, view, key="m", alt=alt, pixels=wide))
    place = Markup('x="{}" y="{:.0f}" width="{}" height="{}"').format(EDGE, top, wide, high)
    paper = OUTSIDE if drawing.zones else PAPER
    frame = Markup('<rect {} fill="{}" stroke="#c9c5bd"/>').format(place, paper)
    return frame + Markup(drawn.replace("<svg ", f"<svg {place} ", 1))  # noqa: S704 - our own markup


def png(svg: str, *, width: int = 1600) -> bytes:
    """Return an SVG page as PNG, `width` pixels wide, by resvg: the same picture, no second way of drawing it.

    Without a font on the machine, the words would silently be missing: that is refused.
    """
    from resvg_py import svg_to_bytes

    if not 200 <= width <= WIDEST_PNG:
        raise OptionError(Problem("map_width", value=width, most=Figure.of(WIDEST_PNG)))
    probe = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" font-family="{}">{}</svg>'
    if svg_to_bytes(probe.format(FONTS, '<text y="18">N</text>')) == svg_to_bytes(probe.format(FONTS, "")):
        raise OptionError(Problem("map_no_font"))
    return bytes(svg_to_bytes(svg, width=width))


def saved(path: str | os.PathLike[str], *, svg: Callable[[], str], html: Callable[[], str]) -> Path:
    """Write a picture (.svg, .png) or a page (.html, .htm), as the name of the file ends, and return its path."""
    path = Path(path)
    match path.suffix.lower():
        case ".html" | ".htm":
            return write_whole(html(), path)
        case ".svg":
            return write_whole(svg(), path)
        case ".png":
            return write_whole(png(svg()), path)
    raise OptionError(Problem("map_ending", value=path.name))


class _Column:
    """Text and swatches from top to bottom; `y` is where the next thing goes."""

    def __init__(self, x: float, y: float, width: float) -> None:
        self.x, self.y, self.width = x, y, width
        self.parts: list[Markup] = []

    def write(
        self, words: str, *, size: int = BODY, bold: bool = False, indent: float = 0, colour: str = "#1b1b1b"
    ) -> None:
        """Write words, on as many lines as they take."""
        letters = int((self.width - indent) / (size * (LETTER if bold else REGULAR)))
        for line in textwrap.wrap(words.replace("\u202f", "\u00a0"), max(letters, 8)) or [""]:
            self.y += size * LEADING
            self.parts.append(
                _TEXT.format(self.x + indent, self.y - size * 0.3, size, colour, _BOLD if bold else "", line)
            )


def _legend(column: _Column, drawing: Drawing, view: View) -> None:
    column.write(view.title, bold=True)
    column.y += 8
    if view.square:
        _square(column, view.square)
    for entry in [*view.entries, *grounds(drawing)]:
        column.parts.append(_swatch(entry, column.x, column.y + 4, 36, 22))
        column.write(entry.label, indent=50)
        if count := entry.count(drawing.lang):
            column.write(count, size=SMALL, indent=50, colour="#4a4a4a")
        column.y += 5
    if view.note:
        column.write(view.note, size=SMALL, colour="#4a4a4a")
    column.y += 10
    for layer in drawing.layers:
        if not (standing := len(seen(drawing, layer, drawing.views.index(view)))):
            continue
        at = column.y + BODY * 0.75
        column.parts.append(
            Markup('<path d="{}" transform="translate({} {:.0f})" fill="{}" stroke="#fff"/>').format(
                SHAPES[layer.shape], column.x + 18, at, layer.colour
            )
        )
        name = labels.capitalised(labels.category(layer.key, layer.name).name(drawing.lang, count=standing))
        column.write(f"{name} ({standing})", indent=50)
        column.y += 4


def _swatch(entry: Entry, x: float, y: float, wide: float, high: float) -> Markup:
    if entry.line:
        dash = Markup(' stroke-dasharray="5 4"') if entry.pattern == "dash" else ""
        return Markup('<path d="M{} {:.0f}h{}" stroke="{}" stroke-width="{}"{}/>').format(
            x, y + high / 2, wide, entry.colour, entry.line * 1.3, dash
        )
    return Markup('<rect x="{}" y="{:.0f}" width="{}" height="{}" fill="{}" stroke="#6b6b6b"/>').format(
        x, y, wide, high, paint(entry, "l")
    )


def _square(column: _Column, square: Square) -> None:
    """Draw how the axes run: the classes of the first above, those of the second at the left."""
    column.write(f"→ {square.across}", size=SMALL, bold=True)
    column.write(f"↓ {square.down}", size=SMALL, bold=True)
    column.y += 6
    first = 118.0
    step = (column.width - first) / len(square.columns)
    heads = [_Column(column.x + first + step * k, column.y, step - 8) for k in range(len(square.columns))]
    for head, words in zip(heads, square.columns, strict=True):
        head.write(words, size=SMALL - 2)
    _take(column, heads)
    for words, row in zip(square.rows, square.looks, strict=True):
        column.y += 6
        name = _Column(column.x, column.y, first - 8)
        name.write(words, size=SMALL - 2)
        column.parts += [
            _swatch(entry, column.x + first + step * k, column.y + 2, step - 10, 34) for k, entry in enumerate(row)
        ]
        column.y += 36
        _take(column, [name])
    column.y += 16


def _take(column: _Column, beside: Iterable[_Column]) -> None:
    """Add columns that stand side by side; the next thing goes under the longest."""
    for part in beside:
        column.parts += part.parts
        column.y = max(column.y, part.y)


def _style(unit: float) -> str:
    """Return the styles of a picture whose pixel is so many drawn units: not every renderer keeps strokes steady."""
    widths = " ".join(f".am-w{k}{{stroke-width:{k * unit:.1f}px}}" for k in range(1, 6))
    return (
        f"use{{stroke-width:{0.8 * unit:.1f}px}} .am-edge{{stroke-width:{2 * unit:.1f}px}} {widths}"
        f" .am-land{{stroke-width:0}} .am-dash{{stroke-dasharray:{4 * unit:.1f} {3 * unit:.1f}}}"
        " .am-label{text-anchor:middle;font-weight:bold;fill:#1b1b1b;stroke:#fff;stroke-linejoin:round;"
        "paint-order:stroke}"
        " .am-scale{fill:#1b1b1b}"
    )
