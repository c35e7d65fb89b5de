"""Styles as QGIS keeps them, QML and SLD, of the legend of a map: the same classes, colours and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from accessmap.maps.choropleth import change_entries, class_entries
from accessmap.maps.communes import CHANGE_MINUTES
from accessmap.maps.drawing import Entry
from accessmap.words.words import Words

# The version whose format is written; later ones read it.
VERSION: Final = "3.28.0-Firenze"
OUTLINE: Final = "#6b6b6b"
# The hatchings of `svg.PATTERNS`: what is under, the lines, and their names in QGIS and in its SLD.
BRUSHES: Final = {
    "hatch": ("#e4e4e4", "#8c8c8c", "b_diagonal", "slash"),
    "dots": ("#c7eae5", "#01665e", "dense6", "brush://dense6"),
    "cross": ("#f6e8c3", "#8c510a", "cross", "cross"),
}
# Our markers, by the nearest that QGIS has, and their turn in degrees.
MARKERS: Final = {
    **{name: (name, 0) for name in ("circle", "square", "triangle", "diamond", "star", "pentagon")},
    "cross": ("cross_fill", 0),
    "wedge": ("triangle", 180),
    "hourglass": ("diagonal_half_square", 45),
    "bar": ("half_square", 90),
}
# A column, how it compares, and with what; "null" and "known" with nothing.
Condition = tuple[str, Literal[">", ">=", "<", "<=", "null", "known"], float]
SIGNS: Final = {">": "GreaterThan", ">=": "GreaterThanOrEqualTo", "<": "LessThan", "<=": "LessThanOrEqualTo"}
SE, OGC, SLD = "http://www.opengis.net/se", "http://www.opengis.net/ogc", "http://www.opengis.net/sld"


@dataclass(frozen=True)
class Rule:
    """What is painted alike: the line of the legend, and what a row must be, None for all that no other rule takes.

    Points have a `shape`, as `drawing.SHAPES` names them; land has none.
    """

    entry: Entry
    where: tuple[Condition, ...] | None = ()
    shape: str = ""
    size: float = 2.0  # millimetres


def level_rules(column: str, breaks: Sequence[float], words: Words) -> list[Rule]:
    """Return the rules of minutes, one a class, as `choropleth.classes` has them; the last is that of no data."""
    *known, none = class_entries(breaks, "minutes", words)
    return [*_between(column, [None, *breaks, None], known), Rule(none, ((column, "null", 0.0),))]


def change_rules(change: str, before: str, after: str, words: Words) -> list[Rule]:
    """Return the rules of a change of minutes, as `choropleth.change_classes` has them."""
    *known, newly, no_longer, none = change_entries(CHANGE_MINUTES, "minutes", words)
    edges = [None, *(-size for size in reversed(CHANGE_MINUTES)), *CHANGE_MINUTES, None]
    return [
        *_between(change, edges, known),
        Rule(newly, ((before, "null", 0.0), (after, "known", 0.0))),
        Rule(no_longer, ((before, "known", 0.0), (after, "null", 0.0))),
        Rule(none, None),
    ]


def _between(column: str, edges: Sequence[float | None], entries: Sequence[Entry]) -> list[Rule]:
    """Return a rule for each class between edges, which belong to the class that is nearer to zero."""
    found = []
    for entry, (low, high) in zip(entries, pairwise(edges), strict=True):
        where: list[Condition] = []
        if low is not None:
            where.append((column, ">=" if low < 0 else ">", low))
        if high is not None:
            where.append((column, "<" if high < 0 else "<=", high))
        found.append(Rule(entry, tuple(where) or ((column, "known", 0.0),)))
    return found


# ------------------------------------------------------------------ QML


def qml(rules: Sequence[Rule], aliases: Mapping[str, str]) -> str:
    """Return a style in QGIS's own form: rules, and what the columns are called.

    Format: https://docs.qgis.org/latest/en/docs/user_manual/appendices/qgis_file_formats.html, as QGIS 3.28 writes it.
    """
    whole = ET.Element("qgis", version=VERSION, styleCategories="Symbology|Fields")
    options = {"type": "RuleRenderer", "symbollevels": "0", "forceraster": "0", "enableorderby": "0"}
    renderer = ET.SubElement(whole, "renderer-v2", options, referencescale="-1")
    listed, symbols = ET.SubElement(renderer, "rules", key=_key("rules")), ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        told = {"symbol": str(number), "label": rule.entry.label, "key": _key(f"{number} {rule.entry.label}")}
        if rule.where is None:
            told["filter"] = "ELSE"
        elif rule.where:
            told["filter"] = " AND ".join(_expression(*each) for each in rule.where)
        ET.SubElement(listed, "rule", told)
        kind = "marker" if rule.shape else "fill"
        symbol = ET.SubElement(
            symbols, "symbol", type=kind, name=str(number), alpha="1", clip_to_extent="1", force_rhr="0"
        )
        for layer, values in _layers(rule):
            at = ET.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
            option = ET.SubElement(at, "Option", type="Map")
            for name, value in values.items():
                ET.SubElement(option, "Option", type="QString", name=name, value=value)
                ET.SubElement(at, "prop", k=name, v=value)  # what QGIS before 3.26 reads
    names = ET.SubElement(whole, "aliases")
    for number, (field, name) in enumerate(aliases.items()):
        ET.SubElement(names, "alias", field=field, index=str(number), name=name)
    ET.indent(whole, " ")
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(whole, encoding="unicode") + "\n"


def _key(name: str) -> str:
    """Return the identifier of a rule: always the same one, so that a file made again is the same."""
    return f"{{{uuid5(NAMESPACE_URL, f'accessmap {name}')}}}"


def _expression(column: str, sign: str, value: float) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    return {"null": f"{quoted} IS NULL", "known": f"{quoted} IS NOT NULL"}.get(sign, f"{quoted} {sign} {value:g}")


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _layers(rule: Rule) -> list[tuple[str, dict[str, str]]]:
    """Return what a symbol is drawn of, from below."""
    colour, outline = rule.entry.colour, {"outline_color": _rgba(OUTLINE), "outline_width_unit": "MM"}
    if rule.shape:
        name, turn = MARKERS[rule.shape]
        size = {"size": f"{rule.size:g}", "size_unit": "MM", "scale_method": "diameter"}
        outline |= {"outline_style": "solid", "outline_width": "0.2"}
        return [("SimpleMarker", {"name": name, "angle": f"{turn}", "color": _rgba(colour), **size, **outline})]
    outline |= {"outline_style": "solid", "outline_width": "0.2", "joinstyle": "bevel"}
    if rule.entry.pattern not in BRUSHES:
        return [("SimpleFill", {"color": _rgba(colour), "style": "solid", **outline})]
    under, lines, brush, _ = BRUSHES[rule.entry.pattern]
    over = {"color": _rgba(lines), "style": brush, **outline}
    return [("SimpleFill", {"color": _rgba(under), "style": "solid", **outline}), ("SimpleFill", over)]


# ------------------------------------------------------------------ SLD


def sld(rules: Sequence[Rule], layer: str) -> str:
    """Return the same style for other programs: Styled Layer Descriptor 1.1 with Symbology Encoding (OGC 05-078r4)."""
    for prefix, address in (("se", SE), ("ogc", OGC), ("", SLD)):
        ET.register_namespace(prefix, address)
    whole = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", version="1.1.0")
    named = ET.SubElement(whole, f"{{{SLD}}}NamedLayer")
    ET.SubElement(named, f"{{{SE}}}Name").text = layer
    style = ET.SubElement(named, f"{{{SLD}}}UserStyle")
    ET.SubElement(style, f"{{{SE}}}Name").text = layer
    features = ET.SubElement(style, f"{{{SE}}}FeatureTypeStyle")
    for each in rules:
        rule = ET.SubElement(features, f"{{{SE}}}Rule")
        ET.SubElement(rule, f"{{{SE}}}Name").text = each.entry.label
        title = ET.SubElement(rule, f"{{{SE}}}Description")
        ET.SubElement(title, f"{{{SE}}}Title").text = each.entry.label
        if each.where is None:
            ET.SubElement(rule, f"{{{SE}}}ElseFilter")
        elif each.where:
            _filter(ET.SubElement(rule, f"{{{OGC}}}Filter"), each.where)
        for paint in _painted(each):
            rule.append(paint)
    ET.indent(whole, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(whole, encoding="unicode") + "\n"


def _filter(at: ET.Element, where: Sequence[Condition]) -> None:
    at = ET.SubElement(at, f"{{{OGC}}}And") if len(where) > 1 else at
    for column, sign, value in where:
        if sign in SIGNS:
            compared = ET.SubElement(at, f"{{{OGC}}}PropertyIs{SIGNS[sign]}")
        else:
            inside = at if sign == "null" else ET.SubElement(at, f"{{{OGC}}}Not")
            compared = ET.SubElement(inside, f"{{{OGC}}}PropertyIsNull")
        ET.SubElement(compared, f"{{{OGC}}}PropertyName").text = column
        if sign in SIGNS:
            ET.SubElement(compared, f"{{{OGC}}}Literal").text = f"{value:g}"


def _painted(rule: Rule) -> list[ET.Element]:
    if rule.shape:
        symbol = ET.Element(f"{{{SE}}}PointSymbolizer")
        graphic = ET.SubElement(symbol, f"{{{SE}}}Graphic")
        name, turn = MARKERS[rule.shape]
        _mark(graphic, name, rule.entry.colour)
        ET.SubElement(graphic, f"{{{SE}}}Size").text = f"{rule.size / 0.28:g}"  # of a pixel of 0.28 mm (OGC 05-077r4)
        if turn:
            rotation = ET.SubElement(graphic, f"{{{SE}}}Rotation")
            ET.SubElement(rotation, f"{{{OGC}}}Literal").text = f"{turn}"
        return [symbol]
    under, lines, _, brush = BRUSHES.get(rule.entry.pattern, (rule.entry.colour, "", "", ""))
    plain, hatched = ET.Element(f"{{{SE}}}PolygonSymbolizer"), ET.Element(f"{{{SE}}}PolygonSymbolizer")
    _parameter(ET.SubElement(plain, f"{{{SE}}}Fill"), "fill", under)
    _parameter(ET.SubElement(plain, f"{{{SE}}}Stroke"), "stroke", OUTLINE)
    if not brush:
        return [plain]
    filled = ET.SubElement(ET.SubElement(hatched, f"{{{SE}}}Fill"), f"{{{SE}}}GraphicFill")
    _mark(ET.SubElement(filled, f"{{{SE}}}Graphic"), brush, lines)
    return [plain, hatched]


def _mark(graphic: ET.Element, name: str, colour: str) -> None:
    mark = ET.SubElement(graphic, f"{{{SE}}}Mark")
    ET.SubElement(mark, f"{{{SE}}}WellKnownName").text = name
    _parameter(ET.SubElement(mark, f"{{{SE}}}Fill"), "fill", colour)
    _parameter(ET.SubElement(mark, f"{{{SE}}}Stroke"), "stroke", colour if "slash" in name else OUTLINE)


def _parameter(at: ET.Element, name: str, value: str) -> None:
    ET.SubElement(at, f"{{{SE}}}SvgParameter", name=name).text = value
