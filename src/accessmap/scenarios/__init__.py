"""What if a service opened, moved, closed or became accessible: scenarios, and what they change for whom."""

from accessmap.scenarios.before_after import apl_of, coverage_of, dependence_of, hours_of, imbalance_of
from accessmap.scenarios.comparison import category_changed, compare, compare_tables, winners_and_losers
from accessmap.scenarios.files import read_scenarios, write_scenarios
from accessmap.scenarios.scenario import BASELINE, Scenario, Step
from accessmap.scenarios.sentences import winners_sentence
from accessmap.scenarios.yearly import unit_values, yearly_costs

__all__ = [
    "BASELINE",
    "Scenario",
    "Step",
    "apl_of",
    "category_changed",
    "compare",
    "compare_tables",
    "coverage_of",
    "dependence_of",
    "hours_of",
    "imbalance_of",
    "read_scenarios",
    "unit_values",
    "winners_and_losers",
    "winners_sentence",
    "write_scenarios",
    "yearly_costs",
]
