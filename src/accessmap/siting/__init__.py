"""Where should the next site open? Exact answers, with what is proven about every other choice."""

from accessmap.siting.alternatives import near_optimal, price
from accessmap.siting.capacity import capacitated_p_median
from accessmap.siting.covering import max_coverage, p_center, set_cover
from accessmap.siting.dispersion import p_dispersion
from accessmap.siting.median import closures, p_median, worst_off
from accessmap.siting.plans import coverage_and_cost, mean_and_worst, openings
from accessmap.siting.plot import FrontPlot, front_svg
from accessmap.siting.result import Siting
from accessmap.siting.rounds import compare_rounds, mobile_round, week_of
from accessmap.siting.sentences import price_sentence
from accessmap.siting.unserved import unserved

__all__ = [
    "FrontPlot",
    "Siting",
    "capacitated_p_median",
    "closures",
    "compare_rounds",
    "coverage_and_cost",
    "front_svg",
    "max_coverage",
    "mean_and_worst",
    "mobile_round",
    "near_optimal",
    "openings",
    "p_center",
    "p_dispersion",
    "p_median",
    "price",
    "price_sentence",
    "set_cover",
    "unserved",
    "week_of",
    "worst_off",
]
