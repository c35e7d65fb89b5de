"""How a study, a network and a scenario show themselves in a notebook, every text escaped."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.provenance import UNKNOWN_CREDIT, Provenance
from accessmap.words import words as labels
from accessmap.words.notes import Note

MOST_STEPS = 20  # rows of a scenario before "and so many others": a card is read at a glance

# No colour is set: notebooks are light or dark, and a card takes the notebook's own.
_CARD = Markup('<div class="accessmap-card" lang="{lang}">{body}</div>')
_TABLE = Markup("<table><caption style='text-align:left'>{caption}</caption>{head}<tbody>{rows}</tbody></table>")
_HEAD = Markup("<thead><tr>{cells}</tr></thead>")
_COLUMN = Markup("<th scope='col' style='text-align:left'>{}</th>")
_ROW = Markup("<tr><th scope='row' style='text-align:left;vertical-align:top'>{}</th>{}</tr>")
_CELL = Markup("<td style='text-align:left'>{}</td>")
_STRONG = Markup("<strong>{}</strong>{}")


def study_card(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    title: str,
    thresholds: Iterable[float],
    scenarios: Iterable[str],
    provenance: Provenance,
    lang: Lang = "fr",
) -> str:
    """Return a study as HTML: its territory, people, services by category, thresholds, scenarios and sources."""
    inside = communes["in_territory"]
    here = labels.text("communes", lang=lang, n=int(inside.sum()))
    counts = services["category"].value_counts()
    kinds = [
        f"{labels.number(count, lang=lang)}{labels.NO_BREAK}{labels.category(str(kind)).name(lang, count=int(count))}"
        for kind, count in counts.items()
    ]
    minutes = ", ".join(labels.number(cutoff, digits=_digits(cutoff), lang=lang) for cutoff in thresholds)
    facts = {
        "card_territory": labels.text("card_territory_line", lang=lang, communes=here, all=_count(len(inside), lang)),
        "card_people": labels.people(float(communes.loc[inside, "population"].sum()), lang=lang),
        "card_services": ", ".join(kinds),
        "card_thresholds": minutes and f"{minutes}{labels.NO_BREAK}{labels.unit('minutes', lang=lang, short=True)}",
        "card_scenarios": ", ".join(scenarios) or labels.text("card_none", lang=lang),
    }
    return _facts("card_study", title, {**facts, **_sources(provenance, lang)}, lang)


def network_card(nodes: int, edges: int, *, access_kmh: float, provenance: Provenance, lang: Lang = "fr") -> str:
    """Return a road network as HTML: how large it is, whether it is modelled, its parameters and sources."""
    facts = {
        "card_nodes": _count(nodes, lang),
        "card_edges": _count(edges, lang),
        "card_access": f"{labels.number(access_kmh, digits=_digits(access_kmh), lang=lang)}{labels.NO_BREAK}km/h",
    }
    return _facts("card_network", "", {**facts, **_sources(provenance, lang)}, lang)


def scenario_card(name: str, steps: Sequence[Mapping[str, Any]], *, lang: Lang = "fr") -> str:
    """Return a scenario as HTML: what each step does, to what, where, and with which values."""
    columns = ("card_step", "card_action", "card_what", "card_where", "card_values")
    head = _HEAD.format(cells=_joined(_COLUMN.format(labels.text(key, lang=lang)) for key in columns))
    rows = [
        _ROW.format(number, _joined(_CELL.format(cell) for cell in _step(step, lang)))
        for number, step in enumerate(steps[:MOST_STEPS], start=1)
    ]
    if len(steps) > MOST_STEPS:
        more = labels.text("and_others", lang=lang, n=len(steps) - MOST_STEPS).strip()
        rows.append(_ROW.format("…", _joined(_CELL.format(cell) for cell in (more, "", "", ""))))
    count = labels.text("card_steps", lang=lang, n=len(steps)) if steps else labels.text("step_none", lang=lang)
    caption = _caption("card_scenario", name, lang, count)
    return _card(_TABLE.format(caption=caption, head=head if rows else "", rows=_joined(rows)), lang)


def _step(step: Mapping[str, Any], lang: Lang) -> tuple[str, str, str, str]:
    """Return what is done, to what, where, and with which values."""
    action = step["action"]
    what = [str(step[key]) for key in ("name", "id") if key in step]
    if action == "open":
        what.insert(0, labels.category(step.get("category", "")).name(lang))
    if "road" in step:
        what.append(" – ".join(str(node) for node in step["road"]))
    point = [labels.number(step[key], digits=4, lang=lang) for key in ("lon", "lat") if key in step]
    where = str(step.get("commune", "")) or labels.text("joined", lang=lang).join(point)
    given: Sequence[tuple[str, Any]] = step.get("properties", ())
    values = [f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in given]
    done = step.get("label") or labels.text(f"card_do_{action}", lang=lang)
    return done, ", ".join(what), where, ", ".join(values)


def _sources(provenance: Provenance, lang: Lang) -> dict[str, str]:
    """Return the rows of provenance: modelled or not, the parameters, the sources with licence and hash."""
    unknown = labels.text("provenance_unknown", lang=lang) if lang != "fr" else UNKNOWN_CREDIT
    told = [source.credit + (f" sha256 {source.sha256[:12]}" if source.sha256 else "") for source in provenance.sources]
    rows = {"card_roads": labels.text("modelled_banner", lang=lang)} if provenance.modelled else {}
    joint, colon = labels.text("joined", lang=lang), f"{labels.NO_BREAK * (lang == 'fr')}: "
    parameters = joint.join(
        f"{_told(name, lang)}{colon}{_told(value, lang)}" for name, value in provenance.parameters.items()
    )
    return {**rows, "card_parameters": parameters, "card_sources": joint.join(told) or unknown}


def _told(text: str, lang: Lang) -> str:
    return text.told(lang) if isinstance(text, Note) else text


def _facts(kind: str, title: str, facts: Mapping[str, str], lang: Lang) -> str:
    """Return a card of one row a fact; what is empty is left out."""
    rows = _joined(
        _ROW.format(labels.text(key, lang=lang), _CELL.format(value)) for key, value in facts.items() if value
    )
    return _card(_TABLE.format(caption=_caption(kind, title, lang), head="", rows=rows), lang)


def _caption(kind: str, title: str, lang: Lang, told: str = "") -> Markup:
    rest = [part for part in (title, told) if part]
    return _STRONG.format(labels.text(kind, lang=lang), "".join(f" · {part}" for part in rest))


def _card(body: Markup, lang: Lang) -> str:
    return str(_CARD.format(lang=lang, body=body))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _count(value: int, lang: Lang) -> str:
    return labels.number(value, lang=lang)


def _digits(value: float) -> int:
    """Return how many decimals a number is written with: none where it is whole."""
    return 0 if float(value).is_integer() else 1
