"""What journeys may be asked: times of leaving or arriving, percentiles, and terms that the streets allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from accessmap.errors import NetworkError, OptionError, Problem
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.terms import Terms
from accessmap.words.near import near_names

#: Seconds between two departures of a window.
EACH = 60


def moments_of(asked: str | Sequence[str], where: str) -> tuple[int, ...]:
    """Return one time of day, or each minute between two (the second not included), in seconds after midnight.

    Examples
    --------
    >>> moments_of("08:00", "depart"), len(moments_of(("07:00", "09:00"), "depart"))
    ((28800,), 120)
    """
    if isinstance(asked, str):
        return (span((asked, "99:59"), where=where)[0],)
    return tuple(range(*span(asked, where=where), EACH))


def check_percentile(percentile: float) -> None:
    """Raise OptionError where a percentile is none."""
    if not (isinstance(percentile, int | float | np.number) and 0 <= percentile <= 100):
        raise OptionError(Problem("journeys_percentile", value=percentile))


def check(networks: Mapping[str, RoadNetwork], terms: Terms) -> None:
    """Raise OptionError or NetworkError where journeys cannot be made so, by these streets."""
    for mode, network in networks.items():
        if not isinstance(network, RoadNetwork):
            raise NetworkError(Problem("journeys_no_network", value=type(network).__name__, mode=str(mode)))
    for where, mode in (("access", terms.access), ("egress", terms.egress), ("streets", "walk")):
        if mode not in networks:
            near = near_names(mode, networks)
            raise OptionError(
                Problem("journeys_no_streets", where=where, value=mode, near=near, known=", ".join(networks))
            )
    check_on_demand(networks, terms)
    for name in ("access_minutes", "egress_minutes", "parking_minutes", "transfer_minutes", "stay"):
        value = getattr(terms, name)
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(Problem("journeys_minutes_below", where=name, value=value))
    check_percentile(terms.percentile)
    span(terms.between)
    if terms.parking is not None and terms.access != "car":
        raise OptionError(Problem("journeys_parking_without_car", where="parking", value=terms.access))
    if not (isinstance(terms.most_rides, int) and terms.most_rides >= 1):
        raise OptionError(Problem("journeys_rides", where="most_rides", value=terms.most_rides))


def check_on_demand(networks: Mapping[str, RoadNetwork], terms: Terms) -> None:
    """Raise OptionError where transport on demand is none, or has no roads to go by."""
    for each in terms.on_demand:
        if not isinstance(each, OnDemand):
            raise OptionError(Problem("journeys_on_demand", where="on_demand", value=type(each).__name__))
    if terms.on_demand and "car" not in networks:
        known = ", ".join(networks)
        raise OptionError(Problem("journeys_on_demand_without_car", where="on_demand", known=known))
