"""What every page is made of: vendored Leaflet, our script and styles, and the panel of a map; nothing from outside."""

import base64
import os
import re
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.maps.drawing import OUTSIDE, PAPER, SHAPES, Drawing, Entry
from accessmap.maps.svg import picture
from accessmap.provenance import MODELLED_NOTE, UNKNOWN_CREDIT, Provenance
from accessmap.words import words as labels

# A still picture is made for a width between a telephone's and a screen's.
STILL_PIXELS: Final = 640


@cache
def environment() -> Environment:
    """Return the templates' environment: everything is escaped, and an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("accessmap", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=labels.curled,
    )
    made.globals.update(shapes=SHAPES)
    return made


@cache
def asset(name: str) -> str:
    """Return the text of one of our own files in `templates`."""
    return (files("accessmap") / "templates" / name).read_text("utf-8")


def policy(style: str, script: str = "") -> str:
    """Return the Content-Security-Policy: nothing from outside, our style and script by hash."""

    def hashed(code: str) -> str:
        return "'sha256-" + base64.b64encode(sha256(code.encode()).digest()).decode("ascii") + "'" if code else "'none'"

    return (
        f"default-src 'none'; img-src data:; style-src {hashed(style)}; script-src {hashed(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def today() -> date:
    """Return the day a page is dated: SOURCE_DATE_EPOCH (reproducible-builds.org), or today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else datetime.now().astimezone().date()


@cache
def leaflet_image(name: str) -> str:
    """Return one of Leaflet's images as a data: address."""
    raw = (files("accessmap") / "vendor" / "leaflet" / "images" / name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(raw).decode("ascii")


@cache
def leaflet_css() -> str:
    """Return Leaflet's styles with its images inside."""
    css = (files("accessmap") / "vendor" / "leaflet" / "leaflet.css").read_text("utf-8")
    return re.sub(r"url\(images/([\w.-]+)\)", lambda found: f"url({leaflet_image(found[1])})", css)


@cache
def leaflet_js() -> str:
    """Return Leaflet's script with its licence, and without the address of a source map, which browsers would fetch."""
    folder = files("accessmap") / "vendor" / "leaflet"
    code = (folder / "leaflet.js").read_text("utf-8")
    licence = (folder / "LICENSE").read_text("utf-8").strip()
    return f"/*! Leaflet 1.9.4\n{licence}\n*/\n" + re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", code)


def credit_line(provenance: Provenance | None, lang: Lang) -> str:
    """Return the credit of a map: a modelled network is named first, no source is said, the version is last."""
    parts = []
    credit = provenance.credit if provenance is not None else UNKNOWN_CREDIT
    if provenance is not None and provenance.modelled:
        parts.append(labels.text("modelled_banner", lang=lang))
        credit = credit.removeprefix(f"{MODELLED_NOTE} · ")
    if lang == "en":
        credit = labels.text("provenance_unknown", lang=lang) if credit == UNKNOWN_CREDIT else credit
    return labels.capitalised(" · ".join([*parts, credit, f"accessmap {version('accessmap')}"]))


def map_parts(drawing: Drawing, key: str, *, heading: str = "h2", paths: bool = True, ids: str = "z") -> Any:
    """Return the macros of `map.html` for one drawing: map(title, stills), legend(view), marker(shape, colour).

    Without `paths` the page holds them, with ids that start with `ids` (`svg.definitions`).
    """
    lang = drawing.lang
    return (
        environment()
        .get_template("map.html")
        .make_module(
            {
                "drawing": drawing,
                "key": key,
                "heading": heading,
                "grounds": grounds(drawing),
                "credit": drawing.credit,
                "data": Markup(drawing.to_json(paths=paths, ids=ids)),  # noqa: S704 - escaped for a script element by to_json
                "text": lambda name, **values: labels.text(name, lang=lang, **values),
            }
        )
    )


def stills(drawing: Drawing, key: str, *, ids: str) -> list[Markup]:
    """Return every view as a picture, for paper and for readers without JavaScript; their own ids start with `key`."""
    return [
        picture(drawing, number, key=f"{key}-{number}", alt=view.alt(drawing.lang), ids=ids, pixels=STILL_PIXELS)
        for number, view in enumerate(drawing.views)
    ]


def grounds(drawing: Drawing) -> list[Entry]:
    """Return what a legend says of the land that holds no value."""
    lang = drawing.lang
    said = [Entry(labels.text("cells_empty", lang=lang), PAPER)] if drawing.cells and drawing.zones else []
    if any(not zone.inside for zone in drawing.zones):
        said.append(Entry(labels.text("outside", lang=lang), OUTSIDE))
    return said
