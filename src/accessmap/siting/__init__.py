"""Where should the next site open? Exact answers, with what is proven about every other choice."""

from accessmap.face import renamed
from accessmap.siting.alternatives import near_optimal, price, unserved
from accessmap.siting.bundle_plan import BundlePlan
from accessmap.siting.bundles import BundleService, bundle
from accessmap.siting.capacity import capacitated_p_median
from accessmap.siting.covering import max_coverage, p_center, p_dispersion, set_cover
from accessmap.siting.fronts import coverage_and_cost, mean_and_worst, openings
from accessmap.siting.median import closures, p_median, worst_off
from accessmap.siting.places import BundleSites, bundle_sites
from accessmap.siting.result import Siting
from accessmap.siting.rounds import compare_rounds, mobile_round, week_of

__all__ = [
    "BundlePlan",
    "BundleService",
    "BundleSites",
    "Siting",
    "bundle",
    "bundle_sites",
    "capacitated_p_median",
    "closures",
    "compare_rounds",
    "coverage_and_cost",
    "max_coverage",
    "mean_and_worst",
    "mobile_round",
    "near_optimal",
    "openings",
    "p_center",
    "p_dispersion",
    "p_median",
    "price",
    "set_cover",
    "unserved",
    "week_of",
    "worst_off",
]

__getattr__ = renamed("siting")
