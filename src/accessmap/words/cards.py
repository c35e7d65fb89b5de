"""How a study, a network and a scenario show themselves in a notebook, every text escaped."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.provenance import UNKNOWN_CREDIT, Provenance
from accessmap.words import words as labels
from accessmap.words.words import Words

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
    words = Words(lang)
    inside = communes["in_territory"]
    moving = services["mobile"].eq(True) if "mobile" in services else services["category"].isna()
    kinds = [
        words(key, n=int(count), kind=labels.category(str(kind)).name(lang, count=int(count)))
        for key, of in (("card_kind", services[~moving]), ("card_kind_mobile", services[moving]))
        for kind, count in of["category"].value_counts().items()
    ]
    minutes = ", ".join(_short(cutoff, words) for cutoff in thresholds)
    here = words("communes", n=int(inside.sum()))
    facts = {
        "card_territory": words("card_territory_line", communes=here, all=words.count(len(inside))),
        "card_people": words.people(float(communes.loc[inside, "population"].sum())),
        "card_services": ", ".join(kinds),
        "card_thresholds": minutes and f"{minutes}{labels.NO_BREAK}{labels.unit('minutes', lang=lang, short=True)}",
        "card_scenarios": ", ".join(scenarios) or words("card_none"),
    }
    return _facts("card_study", title, {**facts, **_sources(provenance, words)}, words)


def network_card(nodes: int, edges: int, *, access_kmh: float, provenance: Provenance, lang: Lang = "fr") -> str:
    """Return a road network as HTML: how large it is, whether it is modelled, its parameters and sources."""
    words = Words(lang)
    facts = {
        "card_nodes": words.count(nodes),
        "card_edges": words.count(edges),
        "card_access": f"{_short(access_kmh, words)}{labels.NO_BREAK}km/h",
    }
    return _facts("card_network", "", {**facts, **_sources(provenance, words)}, words)


def timetable_card(
    *,
    covers: str,
    day: str,
    stops: str,
    trips: str,
    within: bool,
    notes: Sequence[str],
    provenance: Provenance,
    lang: Lang = "fr",
) -> str:
    """Return a timetable as HTML: the days it covers, the day chosen and why, what runs on it, and what was noted."""
    words = Words(lang)
    place = "card_stops_within" if within else "card_stops"
    facts: dict[str, str] = {"card_covers": covers, "card_day": day, place: stops}
    facts["card_trips_within" if within else "card_trips"] = trips
    told = Markup("<br>").join(notes)
    return _facts("card_timetable", "", {**facts, **_sources(provenance, words), "card_noted": told}, words)


def scenario_card(name: str, steps: Sequence[Mapping[str, Any]], *, lang: Lang = "fr") -> str:
    """Return a scenario as HTML: what each step, as `Step.given` says it, does to what, where and with which values."""
    words = Words(lang)
    columns = ("card_step", "card_action", "card_what", "card_where", "card_values")
    head = _HEAD.format(cells=_joined(_COLUMN.format(words(key)) for key in columns))
    rows = [
        _ROW.format(number, _joined(_CELL.format(cell) for cell in _step(step, words)))
        for number, step in enumerate(steps[:MOST_STEPS], start=1)
    ]
    if len(steps) > MOST_STEPS:
        more = words("and_others", n=len(steps) - MOST_STEPS).strip()
        rows.append(_ROW.format("…", _joined(_CELL.format(cell) for cell in (more, "", "", ""))))
    count = words("card_steps", n=len(steps)) if steps else words("step_none")
    caption = _caption("card_scenario", words, name, count)
    return _card(_TABLE.format(caption=caption, head=head if rows else "", rows=_joined(rows)), words)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " – ".join(map(_value, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _step(step: Mapping[str, Any], words: Words) -> tuple[str, str, str, str]:
    """Return what is done, to what, where, and with which values."""
    action = step["action"]
    what = [str(step[key]) for key in ("name", "id") if key in step]
    if "category" in step:
        what.insert(0, labels.category(step["category"]).name(words.lang))
    if "road" in step:
        what.append(" – ".join(str(node) for node in step["road"]))
    point = [words.count(step[key], digits=4) for key in ("lon", "lat") if key in step]
    where = str(step.get("commune", "")) or words("joined").join(point)
    given: Sequence[tuple[str, Any]] = step.get("properties", ())
    values = [f"{name} = {_value(value)}" for name, value in given]
    return step.get("label") or words(f"card_do_{action}"), ", ".join(what), where, ", ".join(values)


def _sources(provenance: Provenance, words: Words) -> dict[str, str]:
    """Return the rows of provenance: modelled or not, the parameters, the sources with licence and hash."""
    unknown = words("provenance_unknown") if words.lang != "fr" else UNKNOWN_CREDIT
    told = [source.credit + (f" sha256 {source.sha256[:12]}" if source.sha256 else "") for source in provenance.sources]
    rows = {"card_roads": words("modelled_banner")} if provenance.modelled else {}
    joint, colon = words("joined"), f"{labels.NO_BREAK * (words.lang == 'fr')}: "
    pairs = provenance.parameters.items()
    parameters = joint.join(f"{words.told(name)}{colon}{words.told(value)}" for name, value in pairs)
    return {**rows, "card_parameters": parameters, "card_sources": joint.join(told) or unknown}


def _facts(kind: str, title: str, facts: Mapping[str, str], words: Words) -> str:
    """Return a card of one row a fact; what is empty is left out."""
    rows = _joined(_ROW.format(words(key), _CELL.format(value)) for key, value in facts.items() if value)
    return _card(_TABLE.format(caption=_caption(kind, words, title), head="", rows=rows), words)


def _caption(kind: str, words: Words, *parts: str) -> Markup:
    return _STRONG.format(words(kind), "".join(f" · {part}" for part in parts if part))


def _card(body: Markup, words: Words) -> str:
    return str(_CARD.format(lang=words.lang, body=body))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _short(value: float, words: Words) -> str:
    """Return a number with one decimal, or none where it is whole."""
    return words.count(value, digits=0 if float(value).is_integer() else 1)
