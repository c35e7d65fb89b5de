"""Why a road has its speed, told in a language: networks keep the reason as text, the same in every language."""

import csv
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from accessmap.words.words import Words

# What a reason is made of, in the order it is looked for; what none knows is told as it stands.
_FORMS: Final = (
    (re.compile(r"(?P<rest>.+), drivers (?P<share>\d+) %"), "reason_drivers"),
    (re.compile(r"(?P<road>\w+) in built-up area, as driven"), "reason_driven_urban"),
    (re.compile(r"(?P<road>\w+) in open country, as driven"), "reason_driven_rural"),
    (re.compile(r"bike on (?P<road>\w+)"), "reason_bike"),
    (re.compile(r"walk on (?P<road>\w+)"), "reason_walk"),
    (re.compile(r"ferry without timetable"), "reason_ferry"),
    (re.compile(r"ferry by its timetable"), "reason_timetable"),
    (re.compile(r"slope"), "reason_slope"),
    (re.compile(r"roundabout"), "reason_roundabout"),
    (re.compile(r"bicycle pushed"), "reason_pushed"),
    (re.compile(r"too narrow for two cars"), "reason_narrow"),
    (re.compile(r"visitors only(?: \((?P<tag>.*)\))?"), "reason_visitors"),
    (re.compile(r"surface(?::lanes)?=(?P<value>.+)"), "reason_surface"),
    (re.compile(r"smoothness(?::lanes)?=(?P<value>.+)"), "reason_smoothness"),
    (re.compile(r"tracktype(?::lanes)?=(?P<value>.+)"), "reason_tracktype"),
    (re.compile(r"sac_scale=(?P<value>.+)"), "reason_trail"),
    (re.compile(r"service=(?P<value>.+)"), "reason_service"),
    (re.compile(r"maxspeed:advisory(?::\w+)*=(?P<value>.+)"), "reason_advised"),
    (re.compile(r"maxspeed(?::forward|:backward)?=(?P<value>\d+)"), "reason_sign"),
    (
        re.compile(r"(?P<law>[A-Z]{2}(?:-[A-Z]{2,3})?|generic), (?P<setting>\w+) (?P<kmh>[\d.]+): (?P<source>.+)"),
        "reason_law",
    ),
    (re.compile(r"(?P<tag>[\w:]+=[^:]+(?::\w+)?): (?P<rest>[\w-]+, \w+ [\d.]+: .+)"), "reason_coded"),
)

# Ways that serve a place, as OpenStreetMap has them; of surfaces, presets/speeds says the word.
_SERVICES: Final = {
    "parking_aisle": "allée de parking",
    "driveway": "accès à un terrain",
    "alley": "ruelle",
    "drive-through": "service au volant",
}

OFF_ROAD: Final = {
    "leg to the road": "cli_explain_leg",
    "local streets": "cli_explain_local",
    "straight, without a road": "cli_explain_straight",
    "road": "cli_explain_unnamed",
    "turn": "cli_explain_turn",
}


def reason_told(reason: str, words: Words) -> str:
    r"""Return why a road has its speed in the language of the words; as it stands where it is of no known form.

    >>> reason_told("surface=gravel", Words("fr")), reason_told("roundabout, drivers 96 %", Words("en"))
    ('revêtement\xa0: gravier', 'roundabout, drivers at 96% of it')
    """
    for form, key in _FORMS:
        found = form.fullmatch(reason)
        if found:
            told: dict[str, Any] = {name: value or "" for name, value in found.groupdict().items()}
            if "rest" in told:
                told["rest"] = reason_told(told["rest"], words)
            if "road" in told:
                told["road"] = road_told(told["road"], words)
            if words.lang == "fr" and "value" in told:
                told["value"] = _in_french().get(told["value"], told["value"])
            if told.get("tag"):
                told["tag"] = f" ({told['tag']})" if key == "reason_visitors" else told["tag"]
            return words(key, **told).replace("  ", " ")
    return reason


@cache
def _in_french() -> dict[str, str]:
    """Return the French of the values of OpenStreetMap that slow a road down."""
    with (files("accessmap") / "presets" / "speeds" / "surfaces.csv").open(encoding="utf-8") as stream:
        return {row["value"]: row["fr"] for row in csv.DictReader(stream)} | _SERVICES


def road_told(road_class: str, words: Words) -> str:
    """Return a class of road in words, or what else a stretch is; one that has none as the network names it."""
    if not road_class:
        return ""
    if road_class in OFF_ROAD:
        return words(OFF_ROAD[road_class])
    try:
        return words(f"road_{road_class.removesuffix('_link')}")
    except KeyError:
        return road_class
