"""Who can reach which public services, how unfairly that is spread, and what would change.

Submodules, and the heavy libraries behind them, load when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from accessmap import decay as decay
    from accessmap import digital as digital
    from accessmap import hours as hours
    from accessmap import imbalance as imbalance
    from accessmap import programme as programme
    from accessmap import schools as schools
    from accessmap import siting as siting
    from accessmap import stepfree as stepfree
    from accessmap.areas import catchments as catchments
    from accessmap.areas import isochrones as isochrones
    from accessmap.baskets import basket as basket
    from accessmap.baskets import basket_minutes as basket_minutes
    from accessmap.baskets import basket_named as basket_named
    from accessmap.captive import captive_people as captive_people
    from accessmap.captive import captive_sentence as captive_sentence
    from accessmap.captive import coverage_by_mode as coverage_by_mode
    from accessmap.captive import minutes_by_mode as minutes_by_mode
    from accessmap.captive import mode_gap as mode_gap
    from accessmap.captive import without_car as without_car
    from accessmap.closures import criticality as criticality
    from accessmap.closures import one_closure_away as one_closure_away
    from accessmap.closures import redundancy as redundancy
    from accessmap.dossier import Dossier as Dossier
    from accessmap.drees import apl as apl
    from accessmap.drees import apl_activity as apl_activity
    from accessmap.drees import apl_parameters as apl_parameters
    from accessmap.drees import standardised_need as standardised_need
    from accessmap.equilibrium import raam as raam
    from accessmap.errors import AccessmapError as AccessmapError
    from accessmap.floating import balanced_fca as balanced_fca
    from accessmap.floating import balancing_cost as balancing_cost
    from accessmap.floating import spatial_availability as spatial_availability
    from accessmap.floating import three_step_fca as three_step_fca
    from accessmap.floating import two_step_fca as two_step_fca
    from accessmap.maps import access_map as access_map
    from accessmap.maps import bivariate_map as bivariate_map
    from accessmap.maps import catchment_map as catchment_map
    from accessmap.maps import cell_map as cell_map
    from accessmap.maps import compare_map as compare_map
    from accessmap.maps import explore as explore
    from accessmap.maps import isochrone_map as isochrone_map
    from accessmap.maps import network_map as network_map
    from accessmap.maps.routes import route_map as route_map
    from accessmap.measures import by_commune as by_commune
    from accessmap.measures import coverage as coverage
    from accessmap.measures import gravity as gravity
    from accessmap.measures import median_opportunities as median_opportunities
    from accessmap.measures import nearest as nearest
    from accessmap.measures import opportunities as opportunities
    from accessmap.network import RoadNetwork as RoadNetwork
    from accessmap.outside import apl_dependence as apl_dependence
    from accessmap.outside import carriers as carriers
    from accessmap.outside import dependence as dependence
    from accessmap.outside import dependence_by_commune as dependence_by_commune
    from accessmap.outside import outside_demand as outside_demand
    from accessmap.programme import Programme as Programme
    from accessmap.programme import read_programme as read_programme
    from accessmap.programme import sample_programme as sample_programme
    from accessmap.programme import write_programme as write_programme
    from accessmap.provenance import Provenance as Provenance
    from accessmap.provenance import Source as Source
    from accessmap.sample import load_sample as load_sample
    from accessmap.scenarios import Scenario as Scenario
    from accessmap.scenarios import apl_of as apl_of
    from accessmap.scenarios import compare as compare
    from accessmap.scenarios import compare_tables as compare_tables
    from accessmap.scenarios import coverage_of as coverage_of
    from accessmap.scenarios import dependence_of as dependence_of
    from accessmap.scenarios import hours_of as hours_of
    from accessmap.scenarios import imbalance_of as imbalance_of
    from accessmap.scenarios import read_scenarios as read_scenarios
    from accessmap.scenarios import unit_values as unit_values
    from accessmap.scenarios import winners_and_losers as winners_and_losers
    from accessmap.scenarios import winners_sentence as winners_sentence
    from accessmap.scenarios import write_scenarios as write_scenarios
    from accessmap.scenarios import yearly_costs as yearly_costs
    from accessmap.sources.calendars import read_hours as read_hours
    from accessmap.sources.communes import read_communes as read_communes
    from accessmap.sources.fibre import read_digital as read_digital
    from accessmap.sources.ranges import read_ranges as read_ranges
    from accessmap.sources.residents import read_residents as read_residents
    from accessmap.sources.schools import read_equipment as read_equipment
    from accessmap.sources.schools import read_schools as read_schools
    from accessmap.sources.services import read_services as read_services
    from accessmap.study import Study as Study
    from accessmap.studyfile import load_study as load_study
    from accessmap.travel import nearest_times as nearest_times
    from accessmap.travel import travel_times as travel_times
    from accessmap.travel import travel_times_long as travel_times_long

_HOME = {
    "access_map": "maps",
    "AccessmapError": "errors",
    "apl": "drees",
    "apl_activity": "drees",
    "apl_dependence": "outside",
    "apl_of": "scenarios",
    "apl_parameters": "drees",
    "balanced_fca": "floating",
    "balancing_cost": "floating",
    "basket": "baskets",
    "basket_minutes": "baskets",
    "basket_named": "baskets",
    "bivariate_map": "maps",
    "by_commune": "measures",
    "captive_people": "captive",
    "captive_sentence": "captive",
    "carriers": "outside",
    "catchment_map": "maps",
    "catchments": "areas",
    "cell_map": "maps",
    "compare": "scenarios",
    "compare_map": "maps",
    "compare_tables": "scenarios",
    "coverage": "measures",
    "coverage_by_mode": "captive",
    "coverage_of": "scenarios",
    "criticality": "closures",
    "dependence": "outside",
    "dependence_by_commune": "outside",
    "dependence_of": "scenarios",
    "Dossier": "dossier",
    "explore": "maps",
    "gravity": "measures",
    "hours_of": "scenarios",
    "imbalance_of": "scenarios",
    "isochrone_map": "maps",
    "isochrones": "areas",
    "load_sample": "sample",
    "load_study": "studyfile",
    "median_opportunities": "measures",
    "minutes_by_mode": "captive",
    "mode_gap": "captive",
    "nearest": "measures",
    "nearest_times": "travel",
    "network_map": "maps",
    "one_closure_away": "closures",
    "opportunities": "measures",
    "outside_demand": "outside",
    "Programme": "programme",
    "Provenance": "provenance",
    "raam": "equilibrium",
    "read_communes": "sources.communes",
    "read_digital": "sources.fibre",
    "read_equipment": "sources.schools",
    "read_hours": "sources.calendars",
    "read_programme": "programme",
    "read_ranges": "sources.ranges",
    "read_residents": "sources.residents",
    "read_scenarios": "scenarios",
    "read_schools": "sources.schools",
    "read_services": "sources.services",
    "redundancy": "closures",
    "RoadNetwork": "network",
    "route_map": "maps.routes",
    "sample_programme": "programme",
    "Scenario": "scenarios",
    "Source": "provenance",
    "spatial_availability": "floating",
    "standardised_need": "drees",
    "Study": "study",
    "three_step_fca": "floating",
    "travel_times": "travel",
    "travel_times_long": "travel",
    "two_step_fca": "floating",
    "unit_values": "scenarios",
    "winners_and_losers": "scenarios",
    "winners_sentence": "scenarios",
    "without_car": "captive",
    "write_programme": "programme",
    "write_scenarios": "scenarios",
    "yearly_costs": "scenarios",
}
_MODULES = ("decay", "digital", "hours", "imbalance", "programme", "schools", "siting", "stepfree")

__all__ = ["__version__", *sorted(_HOME), *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"accessmap.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'accessmap' has no attribute {name!r}")
    value = getattr(import_module(f"accessmap.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
