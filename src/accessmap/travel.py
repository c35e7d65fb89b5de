"""Travel times: from who and what, over how, to minutes."""

import logging

import geopandas as gpd
import pandas as pd

from accessmap.network import RoadNetwork
from accessmap.tables import check_residents, check_services

__all__ = ["travel_times"]

logger = logging.getLogger("accessmap")


def travel_times(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    network: RoadNetwork,
    *,
    limit: float | None = None,
    max_metres: float | None = None,
) -> pd.DataFrame:
    """Return minutes from home to service, float32, residents × services; NaN is not reached.

    The legs between the points and the road are part of the minutes, at both ends.

    Parameters
    ----------
    residents, services
        Tables in the contract of `accessmap.tables`: points, in EPSG:2154 or any other CRS that is set.
    network
        The roads.
    limit
        Minutes beyond which a service counts as not reached.
    max_metres
        A point further than this from every road is not reached, by default `network.max_metres`; `network.snap`
        lists such points.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    SnapError
        Where not one resident, or not one service, is near the network.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> msap = study.services.query("category == 'france_services'")
    >>> times = am.travel_times(study.residents.head(3), msap, study.network)
    >>> times.shape
    (3, 14)
    """
    check_residents(residents)
    check_services(services)
    minutes = network.travel_minutes(residents.geometry, services.geometry, limit=limit, max_metres=max_metres)
    times = pd.DataFrame(minutes, index=residents.index, columns=services.index)
    lost = int(times.isna().all(axis=1).sum())
    if lost and limit is None:
        logger.warning("%d of %d residents reach no service: see network.snap(residents)", lost, len(residents))
    return times
