"""Supply in reach: how much of it there is, and what is left of it where others want it too."""

from accessmap.measures.floating import (
    balanced_fca,
    balancing_cost,
    spatial_availability,
    three_step_fca,
    two_step_fca,
)
from accessmap.measures.minutes import gravity, median_opportunities, opportunities
from accessmap.measures.raam import raam

__all__ = [
    "balanced_fca",
    "balancing_cost",
    "gravity",
    "median_opportunities",
    "opportunities",
    "raam",
    "spatial_availability",
    "three_step_fca",
    "two_step_fca",
]
