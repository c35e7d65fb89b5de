"""Private to `cli`: `accessmap explain`, the quickest way between two places, stretch by stretch."""

from __future__ import annotations

import argparse
from collections.abc import Hashable
from math import isnan
from typing import TYPE_CHECKING, Any

from accessmap.cli.places import add_mode, add_study, mode_asked, place, study_asked
from accessmap.cli.say import Say
from accessmap.errors import Problem, SourceError, StudyError
from accessmap.words import words as labels
from accessmap.words.reasons import road_told

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.roads.network import RoadNetwork
    from accessmap.roads.readers.gtfs.fares import Priced
    from accessmap.roads.transit.journeys import Journeys
    from accessmap.study.study import Study
    from accessmap.studyfile.reading import StudyFile


# What a stretch of a trip is, where it is not a road.
def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("origin", metavar=say("from"), help=say("help_place"))
    parser.add_argument("destination", metavar=say("to"), help=say("help_place"))
    add_mode(parser, say)
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--depart", default=None, metavar="HH:MM", help=say("help_depart"))
    when.add_argument("--arrive", default=None, metavar="HH:MM", help=say("help_arrive"))
    add_study(parser, say, first=False)


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print minutes and kilometres by stretch and by class of road; 1 where there is no way."""
    import accessmap as am
    from accessmap.roads.transit.journeys import Journeys

    study, file = study_asked(asked, say)
    (start_name, start), (end_name, end) = place(asked.origin, study), place(asked.destination, study)
    mode = mode_asked(asked, study)
    network = study.networks[mode]
    if isinstance(network, Journeys):
        return _by_timetable(network, (start_name, start), (end_name, end), asked, say, file)
    if asked.depart or asked.arrive:
        raise StudyError(Problem("cli_explain_hours_without"))
    way = network.explain(start, end)
    if way.empty:
        raise StudyError(Problem("studyfile_no_way", start=start_name, end=end_name))
    minutes, km = float(way["minutes"].sum()), float(way["length_m"].sum()) / 1000
    told = say.words.minutes(minutes)
    say.tell("explain_total", start=start_name, end=end_name, minutes=told, km=_km(km, say))
    cost = am.lines.costs_by_mode(start, end, {mode: network})
    grams, euros = (float(cost[name][mode]) for name in ("grams", "euros"))
    _costs(km, grams, euros, say, "explain_costs")
    if network.provenance.modelled:
        say.tell("run_modelled", way="")
    say.line()
    along = _along(way, network, study) if network.provenance.modelled else [""] * len(way)
    way["label"] = [
        _label(row, say) + (f" ({names})" if names else "")
        for row, names in zip(way.to_dict("records"), along, strict=True)
    ]
    titles = [say(f"explain_{name}") for name in ("road", "km", "speed", "minutes")]
    say.rows(titles, [_row(row, say) for row in way.to_dict("records")])
    say.line()
    way["note"] = way["note"].map(say.words.told)
    for note in way.loc[way["note"] != "", "note"]:
        say.tell("explain_forbidden", note=note)
        say.line()
    classes = way.assign(road_class=way["road_class"].where(way["road_class"] != "", way["what"]))
    by_class = classes.groupby("road_class", sort=False)[["length_m", "minutes"]].sum().sort_values("minutes")[::-1]
    say.tell("explain_by_class")
    rows = [
        (
            road_told(str(row["road_class"]), say.words),
            _km(row["length_m"] / 1000, say),
            say.words.minutes(row["minutes"]),
        )
        for row in by_class.reset_index().to_dict("records")
    ]
    say.rows([say("explain_class"), say("explain_km"), say("explain_minutes")], rows)
    stretches = way.drop(columns=["geometry", "label"]).assign(along=along).to_dict("records")
    modelled = network.provenance.modelled
    say.result(
        start=start_name, end=end_name, minutes=minutes, km=km, grams_co2=grams, euros=euros,
        modelled=modelled, stretches=stretches,
    )  # fmt: skip
    return 0


def _by_timetable(
    journeys: Journeys,
    start: tuple[str, Any],
    end: tuple[str, Any],
    asked: argparse.Namespace,
    say: Say,
    file: StudyFile | None,
) -> int:
    """Print the journey of one time leg by leg, and in a sentence."""
    import accessmap as am

    legs = journeys.explain(start[1], end[1], depart=asked.depart, arrive=asked.arrive)
    if legs.empty:
        raise StudyError(Problem("studyfile_no_way", start=start[0], end=end[0]))
    say.line(f"{start[0]} → {end[0]}")
    told = am.sentences.itinerary(legs, lang=say.lang)
    say.line(told)
    fares, unread = _fares(file, say)
    cost = am.lines.costs(legs, journeys.timetable, fares=fares, date=journeys.date)
    km, grams, euros = (float(cost[name].sum(skipna=False)) for name in ("km", "grams", "euros"))
    straight = (cost["measured"] == "stops")[legs["kind"] == "ride"]
    how = "streets" if straight.empty else "stops" if straight.all() else "some_stops" if straight.any() else "lines"
    price = "explain_price_rides_and_car" if "car" in set(legs["kind"]) else "explain_price_rides"
    _costs(km, grams, euros, say, "explain_costs_by_timetable", price, how=say(f"explain_km_{how}"))
    for each in (*unread, *(note.told(say.lang) for note in (fares.notes if fares is not None else ()))):
        say.line(f"  {each}")
    say.line()
    for note in journeys.notes:
        say.line(f"  {note.told(say.lang)}")
    if journeys.provenance.modelled:
        say.tell("run_modelled", way="")
    rows = legs.drop(columns="geometry").to_dict("records")
    modelled = journeys.provenance.modelled
    say.result(start=start[0], end=end[0], date=journeys.date.isoformat(), told=told, modelled=modelled, legs=rows,
               km=km, grams_co2=grams, euros=euros)  # fmt: skip
    return 0


def _fares(file: StudyFile | None, say: Say) -> tuple[Priced | None, list[str]]:
    """Return what rides cost as the feeds say it, and why that cannot be read."""
    from accessmap.studyfile.transit import fares_of

    try:
        return None if file is None else fares_of(file), []
    except SourceError as error:
        return None, [error.told(say.lang)]


def _costs(
    km: float, grams: float, euros: float, say: Say, key: str, price_key: str = "explain_price", **how: Any
) -> None:
    """Print what a trip costs one person, and how it is counted."""
    co2 = say("explain_co2_unknown")
    if not isnan(grams):
        value, digits, unit = (grams / 1000, 1, "kg") if grams >= 1000 else (grams, 0, "g")
        co2 = say("explain_co2", amount=f"{say.words.count(value, digits=digits)}{labels.NO_BREAK}{unit}")
    price = say("explain_price_unknown") if isnan(euros) else say(price_key, euros=say.words.count(euros, digits=2))
    say.tell(key, km=_km(km, say), co2=co2, price=price, **how)


def _along(way: gpd.GeoDataFrame, network: RoadNetwork, study: Study) -> list[str]:
    """Return the communes along each stretch of a modelled network, whose nodes are their mairies, by their code."""
    import geopandas as gpd

    nodes = network.nodes
    points = gpd.GeoSeries.from_xy(nodes["lon"], nodes["lat"], index=nodes.index, crs="EPSG:4326").to_crs(way.crs)
    names = study.communes["name"].reindex(nodes.index.astype(str))
    at = {(round(x), round(y)): name for x, y, name in zip(points.x, points.y, names, strict=True)}
    found = []
    for line in way.geometry:
        met = [at.get((round(x), round(y))) for x, y, *_ in line.coords]
        found.append(" – ".join(dict.fromkeys(str(name) for name in met if isinstance(name, str))))
    return found


def _label(row: dict[Hashable, Any], say: Say) -> str:
    if row["what"] != "road":
        return road_told(str(row["what"]), say.words)
    return " ".join(part for part in (row["name"], road_told(str(row["road_class"]), say.words)) if part) or say(
        "explain_unnamed"
    )


def _row(row: dict[Hashable, Any], say: Say) -> tuple[str, str, str, str]:
    speed = say.words.count(row["speed_kmh"])
    return str(row["label"]), _km(row["length_m"] / 1000, say), speed, say.words.minutes(row["minutes"])


def _km(value: float, say: Say) -> str:
    return f"{say.words.count(value, digits=1)}{labels.NO_BREAK}km"
