"""The face of a council on its dossier: title, logo and colour, made safe to embed and to read."""

from __future__ import annotations

import base64
import colorsys
import os
import re
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree as ET

from accessmap.errors import OptionError, Problem, SourceError
from accessmap.files import check_input
from accessmap.words.notes import Note

LOGO_BYTES: Final = 300_000
"""The most that a logo may have: it is in each file once, in a third more bytes."""
# WCAG 2.1 AA for text, against the darkest ground that the pages set links and titles on.
CONTRAST: Final = 4.5
GROUND: Final = "#eef4f9"
SVG: Final = "http://www.w3.org/2000/svg"
LINK: Final = "{http://www.w3.org/1999/xlink}href"
# What a drawing is made of, and nothing that runs, moves or fetches.
DRAWN: Final = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "symbol", "use"),
        "style",
    }
)
# In an attribute or a style: what asks for something elsewhere. A backslash could hide any of these.
ELSEWHERE: Final = re.compile(
    r"""url\(\s*+(?!['"]?\#)|@import|expression\(|[a-z]script:|\\|image-set|src\(""", re.IGNORECASE
)


@dataclass(frozen=True)
class Brand:
    """What a council puts on its dossier; `Brand.of` makes one.

    Parameters
    ----------
    title, subtitle
        Heading of the page in place of ours, and a line below it; empty for none.
    logo
        A data: address; empty for none.
    colour
        Of titles and links, dark enough to be read; empty for ours.
    notes
        What was done to them.
    """

    title: str = ""
    subtitle: str = ""
    logo: str = ""
    colour: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        title: str | None = None,
        subtitle: str | None = None,
        logo: str | os.PathLike[str] | None = None,
        colour: str | None = None,
    ) -> Brand:
        """Return a brand whose logo and colour are checked.

        Parameters
        ----------
        title, subtitle
            Heading of the page in place of ours, and a line below it.
        logo
            Of a PNG, JPEG or SVG file of at most 300 kB. An SVG that runs a script or asks for anything outside itself
            is refused; what it holds beside the drawing is left out.
        colour
            As "#005B8F". One that is too light to be read is taken in a darker shade of its hue (WCAG 2.1 AA).

        Raises
        ------
        SourceError
            Where the logo is none of these, too large, damaged, or not safe.
        OptionError
            Where the colour is not written so.

        Examples
        --------
        >>> Brand.of(colour="#005B8F").colour
        '#005b8f'
        >>> made = Brand.of(colour="#FFCC00")
        >>> made.colour, len(made.notes)
        ('#876c00', 1)
        """
        shade = "" if colour is None else _checked_colour(colour)
        dark = _dark_enough(shade)
        notes = [Note("brand_darker", colour=colour, shade=dark)] if dark != shade else []
        return cls(title or "", subtitle or "", "" if logo is None else _logo(logo), dark, tuple(notes))

    def style(self) -> str:
        """Return the style of the pages: their colour and logo."""
        parts = []
        if self.colour:
            parts.append(f":root {{ --accent: {self.colour}; }}\n.ct {{ --ct-accent: {self.colour}; }}")
        if self.logo:
            parts.append(f".d-logo, .d-sheet-head::before {{ background-image: url({self.logo}); }}\n{_LOGO_STYLE}")
        return "\n".join(parts)

    def head_style(self, heading: str) -> str:
        """Return the style of a page that has one heading, such as a map: its colour, and the logo above it."""
        parts = [replace(self, logo="").style()] if self.colour else []
        parts += [f"{heading} {{ color: {self.colour}; }}"] if self.colour else []
        if self.logo:
            size = "display: block; width: 240px; height: 60px; margin: 0 0 8px"
            shown = f"background: url({self.logo}) left center / contain no-repeat"
            parts.append(f'{heading}::before {{ content: ""; {size}; {shown}; }}')
        return "\n".join(parts)

    def picture(self) -> tuple[bytes, int, int] | None:
        """Return the logo as bytes with its width and height in pixels; None of a drawing (SVG), or where it has none.

        >>> Brand().picture() is None
        True
        """
        kind, _, text = self.logo.partition(";base64,")
        content = base64.b64decode(text)
        if kind == "data:image/png":
            return content, int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
        at = 2
        while kind == "data:image/jpeg" and at + 9 < len(content):  # to the segment that begins the frame
            mark, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
            if mark in range(0xC0, 0xD0) and mark not in (0xC4, 0xC8, 0xCC):
                high, wide = content[at + 5 : at + 7], content[at + 7 : at + 9]
                return content, int.from_bytes(wide, "big"), int.from_bytes(high, "big")
            at += 2 + length
        return None


_LOGO_STYLE: Final = """\
.d-logo, .d-sheet-head::before { background-repeat: no-repeat; background-size: contain; }
.d-logo { width: 260px; max-width: 70%; height: 76px; margin: 0 0 14px; background-position: left center; }
.d-sheet-head { position: relative; }
.d-sheet-head h2, .d-sheet-head h3 { padding-right: 160px; }
.d-sheet-head::before { content: ""; position: absolute; right: 0; top: 0; width: 150px; height: 34px; }
.d-sheet-head::before { background-position: right top; }
@media screen and (max-width: 720px) {
  .d-sheet-head::before { display: none; }
  .d-sheet-head h2, .d-sheet-head h3 { padding-right: 0; }
}
@media print {
  .d-logo { width: 60mm; height: 16mm; margin-bottom: 4mm; }
  .d-sheet-head::before { width: 36mm; height: 9mm; }
}"""


# ------------------------------------------------------------------ the colour


def _checked_colour(colour: str) -> str:
    if not isinstance(colour, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise OptionError(Problem("brand_colour", value=colour, colour=str(colour)))
    return colour.lower()


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0-1 (WCAG 2.1).

    >>> round(luminance("#ffffff"), 3), round(luminance("#005b8f"), 3)
    (1.0, 0.095)
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _dark_enough(colour: str) -> str:
    """Return the lightest shade of a colour, of its hue, that is read on the grounds of the pages."""
    if not colour:
        return ""
    hue, light, saturation = colorsys.rgb_to_hls(*_parts(colour))
    while (luminance(GROUND) + 0.05) / (luminance(colour) + 0.05) < CONTRAST:
        light -= 0.005
        rgb = colorsys.hls_to_rgb(hue, max(light, 0.0), saturation)
        colour = "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
    return colour


# ------------------------------------------------------------------ the logo


def _logo(path: str | os.PathLike[str]) -> str:
    """Return a logo as a data: address."""
    name = os.path.basename(path)
    content = check_input(path).read_bytes()
    if len(content) > LOGO_BYTES:
        most = round(LOGO_BYTES / 1000)
        raise SourceError(Problem("brand_logo_large", where=name, kilobytes=round(len(content) / 1000), most=most))
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, whole = "png", content[-8:-4] == b"IEND"
    elif content.startswith(b"\xff\xd8\xff"):
        kind, whole = "jpeg", content.rstrip(b"\0").endswith(b"\xff\xd9")
    elif b"<svg" in content or b":svg" in content:
        kind, whole, content = "svg+xml", True, _safe_svg(content, name)
    else:
        raise SourceError(Problem("brand_logo_kind", where=name))
    if not whole:
        raise SourceError(Problem("brand_logo_cut", where=name))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _safe_svg(content: bytes, name: str) -> bytes:
    """Return a drawing written anew: what SVG calls a drawing and nothing beside it; refused where it does more."""
    if b"<!ENTITY" in content:  # which a reader unfolds, to any size or from any place
        raise SourceError(Problem("brand_logo_unsafe", where=name, what="<!ENTITY"))
    try:
        root = ET.fromstring(content)  # noqa: S314 - no entities, and at most LOGO_BYTES
    except (ET.ParseError, ValueError, LookupError) as error:
        raise SourceError(Problem("brand_logo_cut", where=name)) from error
    if root.tag != f"{{{SVG}}}svg":
        raise SourceError(Problem("brand_logo_kind", where=name))
    if not (root.get("viewBox") or (root.get("width") and root.get("height"))):
        raise SourceError(Problem("brand_logo_no_size", where=name))
    try:
        _clean(root, name)
    except RecursionError as error:
        raise SourceError(Problem("brand_logo_cut", where=name)) from error
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    written: bytes = ET.tostring(root, encoding="utf-8")
    return written


def _clean(element: ET.Element, name: str) -> None:
    """Leave out what other programs keep in an element, and refuse what is no drawing; the same of all within it."""
    for attribute, value in list(element.attrib.items()):
        link = attribute in ("href", LINK)
        plain = attribute.rpartition("}")[2]
        if plain.casefold().startswith("on") or (link and not value.strip().startswith("#")) or ELSEWHERE.search(value):
            raise SourceError(Problem("brand_logo_unsafe", where=name, what=f'{plain}="{value[:40]}"'))
        if attribute.startswith("{") and not link:
            del element.attrib[attribute]
    if element.tag == f"{{{SVG}}}style" and ELSEWHERE.search("".join(element.itertext())):
        raise SourceError(Problem("brand_logo_unsafe", where=name, what="<style>"))
    for child in list(element):
        space, _, tag = str(child.tag).rpartition("}")
        if space != f"{{{SVG}" or tag == "metadata":
            element.remove(child)
        elif tag not in DRAWN:
            raise SourceError(Problem("brand_logo_unsafe", where=name, what=f"<{tag}>"))
        else:
            _clean(child, name)
