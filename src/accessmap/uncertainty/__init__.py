"""How sure is the answer? Ranges of every figure, the chance that a plan is the best, and what to check first."""

from accessmap.face import renamed
from accessmap.uncertainty.drawing import Draws, draw
from accessmap.uncertainty.flips import tornado
from accessmap.uncertainty.inputs import Assumptions, assumptions
from accessmap.uncertainty.rerouting import rerouted
from accessmap.uncertainty.told import ranges, regret, to_check, undecided

__all__ = [
    "Assumptions",
    "Draws",
    "assumptions",
    "draw",
    "ranges",
    "regret",
    "rerouted",
    "to_check",
    "tornado",
    "undecided",
]

__getattr__ = renamed("uncertainty")
