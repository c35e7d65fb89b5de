"""How sure is the answer? Ranges of every figure, the chance that a plan is the best, and what to check first."""

from accessmap.face import renamed
from accessmap.uncertainty.drawing import Draws, draw, times_in_worlds
from accessmap.uncertainty.flips import tornado
from accessmap.uncertainty.inputs import GROUPS, Assumptions, assumptions
from accessmap.uncertainty.rerouting import rerouted
from accessmap.uncertainty.robust import RobustSiting, robust_p_median
from accessmap.uncertainty.supply import supply_in_worlds
from accessmap.uncertainty.told import ranges, regret, to_check, undecided

__all__ = [
    "GROUPS",
    "Assumptions",
    "Draws",
    "RobustSiting",
    "assumptions",
    "draw",
    "ranges",
    "regret",
    "rerouted",
    "robust_p_median",
    "supply_in_worlds",
    "times_in_worlds",
    "to_check",
    "tornado",
    "undecided",
]

__getattr__ = renamed("uncertainty")
