"""How unequally access is spread: indices over people, deficits by commune, clusters in space, one summary.

`values` and `weights` share their ids: values by resident or commune, weights the people there. A missing value is
never dropped in silence: the index of those who have access is not the index of all, so the indices refuse NaN and
`unreached_share` says how many people it is about. Ids of zero weight change nothing.
"""

from accessmap.face import renamed
from accessmap.measures.imbalance.clusters import getis_ord, local_moran, moran
from accessmap.measures.imbalance.communes import (
    DEFICIT_BOUNDS,
    deficit,
    deficit_class,
    people_by,
    score,
    score_sensitivity,
    split,
)
from accessmap.measures.imbalance.income import concentration, erreygers, palma, unranked_people
from accessmap.measures.imbalance.indices import (
    Theil,
    atkinson,
    fgt,
    gini,
    hoover,
    lorenz,
    percentile_ratio,
    quantile,
    theil,
    unreached_share,
)
from accessmap.measures.imbalance.overview import summary

__all__ = [
    "DEFICIT_BOUNDS",
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
    "moran",
    "palma",
    "people_by",
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

__getattr__ = renamed("imbalance")
