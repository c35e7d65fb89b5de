"""Supply in reach: how much of it there is, and what is left of it where others want it too."""

from typing import TYPE_CHECKING

from accessmap.face import found_in

if TYPE_CHECKING:
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

# Found when used: the equilibrium of `raam` needs numba, which takes seconds to load, and the others do not.
_HOME = dict.fromkeys(__all__, "measures.floating") | {"raam": "measures.raam"}
_HOME |= dict.fromkeys(["gravity", "median_opportunities", "opportunities"], "measures.minutes")

__getattr__ = found_in(_HOME, "supply")


def __dir__() -> list[str]:
    return sorted(__all__)
