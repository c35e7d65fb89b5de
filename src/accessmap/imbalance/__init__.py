"""How unequally access is spread: indices over people, deficits by commune, clusters in space, one summary.

`values` and `weights` share their ids: values by resident or commune, weights the people there. A missing value is
never dropped in silence: the index of those who have access is not the index of all, so the indices refuse NaN and
`unreached_share` says how many people it is about. Ids of zero weight change nothing.
"""

from accessmap.imbalance.clusters import getis_ord, local_moran, moran
from accessmap.imbalance.deficits import DEFICIT_BOUNDS, deficit, deficit_class, score, score_sensitivity
from accessmap.imbalance.groups import split
from accessmap.imbalance.income import concentration, erreygers, palma, unranked_people
from accessmap.imbalance.indices import Theil, atkinson, gini, hoover, lorenz, theil
from accessmap.imbalance.overview import summary
from accessmap.imbalance.plot import LorenzPlot, lorenz_svg
from accessmap.imbalance.standing import fgt, percentile_ratio, quantile, unreached_share

__all__ = [
    "DEFICIT_BOUNDS",
    "LorenzPlot",
    "Theil",
    "atkinson",
    "concentration",
    "deficit",
    "deficit_class",
    "erreygers",
    "fgt",
    "getis_ord",
    "gini",
    "hoover",
    "local_moran",
    "lorenz",
    "lorenz_svg",
    "moran",
    "palma",
    "percentile_ratio",
    "quantile",
    "score",
    "score_sensitivity",
    "split",
    "summary",
    "theil",
    "unranked_people",
    "unreached_share",
]
