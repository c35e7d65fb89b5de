"""Who can reach which public services, how unfairly that is spread, and what would change.

What most sessions need stands here; the rest in namespaces, reached as ``am.supply`` or ``from accessmap import
supply``. Modules, and the heavy libraries behind them, load when a name is first used.
"""

from typing import TYPE_CHECKING

from accessmap.face import found_in

__version__ = "0.2.0"

if TYPE_CHECKING:
    from accessmap import maps as maps
    from accessmap import programme as programme
    from accessmap import provenance as provenance
    from accessmap import read as read
    from accessmap import sentences as sentences
    from accessmap import siting as siting
    from accessmap import uncertainty as uncertainty
    from accessmap import words as words
    from accessmap.country.distances import distances as distances
    from accessmap.country.territories import national as national
    from accessmap.dossier.chapter import Chapter as Chapter
    from accessmap.dossier.chapter import chapters as chapters
    from accessmap.dossier.council import council_table as council_table
    from accessmap.dossier.dossier import Dossier as Dossier
    from accessmap.errors import AccessmapError as AccessmapError
    from accessmap.maps.communes import access_map as access_map
    from accessmap.maps.communes import compare_map as compare_map
    from accessmap.maps.exploring import explore as explore
    from accessmap.measures import apl as apl
    from accessmap.measures import baskets as baskets
    from accessmap.measures import decay as decay
    from accessmap.measures import digital as digital
    from accessmap.measures import hours as hours
    from accessmap.measures import imbalance as imbalance
    from accessmap.measures import resilience as resilience
    from accessmap.measures import schools as schools
    from accessmap.measures import stepfree as stepfree
    from accessmap.measures import supply as supply
    from accessmap.measures.minutes import by_commune as by_commune
    from accessmap.measures.minutes import coverage as coverage
    from accessmap.measures.minutes import nearest as nearest
    from accessmap.programme.programme import Programme as Programme
    from accessmap.read import codes as codes
    from accessmap.read.communes import read_communes as read_communes
    from accessmap.read.residents import read_residents as read_residents
    from accessmap.read.services import read_services as read_services
    from accessmap.roads.network import RoadNetwork as RoadNetwork
    from accessmap.roads.transit import plans as lines  # noqa: F401
    from accessmap.roads.transit.on_demand import OnDemand as OnDemand
    from accessmap.roads.transit.timetable import Timetable as Timetable
    from accessmap.sample import load_sample as load_sample
    from accessmap.study import digital_help as digital_help
    from accessmap.study import modes as modes
    from accessmap.study import scenarios as scenarios
    from accessmap.study.areas import catchments as catchments
    from accessmap.study.areas import isochrones as isochrones
    from accessmap.study.comparison import compare as compare
    from accessmap.study.comparison import compare_studies as compare_studies
    from accessmap.study.comparison import compare_tables as compare_tables
    from accessmap.study.comparison import winners_and_losers as winners_and_losers
    from accessmap.study.round_trips import round_trips as round_trips
    from accessmap.study.scenario import Scenario as Scenario
    from accessmap.study.study import Study as Study
    from accessmap.study.travel import departure_share as departure_share
    from accessmap.study.travel import journey_times as journey_times
    from accessmap.study.travel import nearest_times as nearest_times
    from accessmap.study.travel import travel_times as travel_times
    from accessmap.study.travel import travel_times_long as travel_times_long
    from accessmap.studyfile import load_study as load_study

_HOME = {
    "access_map": "maps.communes",
    "AccessmapError": "errors",
    "by_commune": "measures.minutes",
    "catchments": "study.areas",
    "Chapter": "dossier.chapter",
    "chapters": "dossier.chapter",
    "compare": "study.comparison",
    "compare_map": "maps.communes",
    "compare_studies": "study.comparison",
    "compare_tables": "study.comparison",
    "council_table": "dossier.council",
    "coverage": "measures.minutes",
    "distances": "country.distances",
    "departure_share": "study.travel",
    "Dossier": "dossier.dossier",
    "explore": "maps.exploring",
    "isochrones": "study.areas",
    "journey_times": "study.travel",
    "load_sample": "sample",
    "load_study": "studyfile",
    "national": "country.territories",
    "nearest": "measures.minutes",
    "nearest_times": "study.travel",
    "OnDemand": "roads.transit.on_demand",
    "Programme": "programme.programme",
    "read_communes": "read.communes",
    "read_residents": "read.residents",
    "read_services": "read.services",
    "RoadNetwork": "roads.network",
    "round_trips": "study.round_trips",
    "Scenario": "study.scenario",
    "Study": "study.study",
    "Timetable": "roads.transit.timetable",
    "travel_times": "study.travel",
    "travel_times_long": "study.travel",
    "winners_and_losers": "study.comparison",
}
_NAMESPACES = {
    "apl": "measures.apl",
    "baskets": "measures.baskets",
    "codes": "read.codes",
    "decay": "measures.decay",
    "digital": "measures.digital",
    "digital_help": "study.digital_help",
    "hours": "measures.hours",
    "imbalance": "measures.imbalance",
    "lines": "roads.transit.plans",
    "maps": "maps",
    "modes": "study.modes",
    "programme": "programme",
    "provenance": "provenance",
    "read": "read",
    "resilience": "measures.resilience",
    "scenarios": "study.scenarios",
    "schools": "measures.schools",
    "sentences": "sentences",
    "siting": "siting",
    "stepfree": "measures.stepfree",
    "supply": "measures.supply",
    "uncertainty": "uncertainty",
    "words": "words",
}

__all__ = ["__version__", *sorted(_HOME), *_NAMESPACES]


__getattr__ = found_in({**_HOME, **{name: f"{module}." for name, module in _NAMESPACES.items()}})


def __dir__() -> list[str]:
    return sorted(__all__)
