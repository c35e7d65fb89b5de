"""Who can reach which public services, how unfairly that is spread, and what would change.

Submodules, and the heavy libraries behind them, load when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from accessmap import decay as decay
    from accessmap import hours as hours
    from accessmap import imbalance as imbalance
    from accessmap import siting as siting
    from accessmap import stepfree as stepfree
    from accessmap.areas import catchments as catchments
    from accessmap.areas import isochrones as isochrones
    from accessmap.baskets import basket as basket
    from accessmap.baskets import basket_named as basket_named
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
    from accessmap.maps import catchment_map as catchment_map
    from accessmap.maps import compare_map as compare_map
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
    from accessmap.provenance import Provenance as Provenance
    from accessmap.provenance import Source as Source
    from accessmap.sample import load_sample as load_sample
    from accessmap.scenarios import Scenario as Scenario
    from accessmap.scenarios import compare as compare
    from accessmap.scenarios import compare_tables as compare_tables
    from accessmap.scenarios import read_scenarios as read_scenarios
    from accessmap.scenarios import winners_and_losers as winners_and_losers
    from accessmap.scenarios import winners_sentence as winners_sentence
    from accessmap.scenarios import write_scenarios as write_scenarios
    from accessmap.scenarios import yearly_costs as yearly_costs
    from accessmap.sources.communes import read_communes as read_communes
    from accessmap.sources.residents import read_residents as read_residents
    from accessmap.sources.services import read_services as read_services
    from accessmap.study import Study as Study
    from accessmap.travel import nearest_times as nearest_times
    from accessmap.travel import travel_times as travel_times
    from accessmap.travel import travel_times_long as travel_times_long

_HOME = {
    "access_map": "maps",
    "AccessmapError": "errors",
    "apl": "drees",
    "apl_activity": "drees",
    "apl_dependence": "outside",
    "apl_parameters": "drees",
    "balanced_fca": "floating",
    "balancing_cost": "floating",
    "basket": "baskets",
    "basket_named": "baskets",
    "by_commune": "measures",
    "carriers": "outside",
    "catchment_map": "maps",
    "catchments": "areas",
    "compare": "scenarios",
    "compare_map": "maps",
    "compare_tables": "scenarios",
    "coverage": "measures",
    "criticality": "closures",
    "dependence": "outside",
    "dependence_by_commune": "outside",
    "Dossier": "dossier",
    "gravity": "measures",
    "isochrones": "areas",
    "load_sample": "sample",
    "median_opportunities": "measures",
    "nearest": "measures",
    "nearest_times": "travel",
    "one_closure_away": "closures",
    "opportunities": "measures",
    "outside_demand": "outside",
    "Provenance": "provenance",
    "raam": "equilibrium",
    "read_communes": "sources.communes",
    "read_residents": "sources.residents",
    "read_scenarios": "scenarios",
    "read_services": "sources.services",
    "redundancy": "closures",
    "RoadNetwork": "network",
    "route_map": "maps.routes",
    "Scenario": "scenarios",
    "Source": "provenance",
    "spatial_availability": "floating",
    "standardised_need": "drees",
    "Study": "study",
    "three_step_fca": "floating",
    "travel_times": "travel",
    "travel_times_long": "travel",
    "two_step_fca": "floating",
    "winners_and_losers": "scenarios",
    "winners_sentence": "scenarios",
    "write_scenarios": "scenarios",
    "yearly_costs": "scenarios",
}
_MODULES = ("decay", "hours", "imbalance", "siting", "stepfree")

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
