"""Where should the next site open? Exact answers, with what is proven about every other choice."""

from accessmap.siting.covering import max_coverage, p_center, p_dispersion, set_cover
from accessmap.siting.median import capacitated_p_median, closures, p_median, worst_off
from accessmap.siting.result import Siting

__all__ = [
    "Siting",
    "capacitated_p_median",
    "closures",
    "max_coverage",
    "p_center",
    "p_dispersion",
    "p_median",
    "set_cover",
    "worst_off",
]
