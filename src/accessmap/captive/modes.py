"""Minutes and coverage by mode: one network a mode, the same residents and sites."""

from collections.abc import Mapping, Sequence

import pandas as pd

from accessmap.alignment import Floats
from accessmap.errors import StudyError, did_you_mean
from accessmap.measures import coverage
from accessmap.network import RoadNetwork
from accessmap.study import Study

__all__ = ["Networks", "against_car", "coverage_by_mode", "minutes_by_mode"]

Networks = Mapping[str, RoadNetwork]


def minutes_by_mode(study: Study, networks: Networks, *, category: str) -> pd.DataFrame:
    """Return minutes of every resident to the nearest site (rows) by mode (columns); NaN is not reached.

    Any measure of minutes takes it: `coverage`, `by_commune`, `imbalance.summary` of a column.

    Parameters
    ----------
    study
        Its residents and sites; its own network plays no part unless it is among those given.
    networks
        Name of a mode → its network, such as ``{"car": study.network, "walk": on_foot}``; the columns, in this order.
    category
        Of the sites.

    Raises
    ------
    StudyError
        Where no network is given, or the study has no site of the category.
    SnapError
        Where not one resident, or not one site, is near one of the networks.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="walk")
    >>> minutes = minutes_by_mode(study, {"car": study.network, "walk": on_foot}, category="hospital")
    >>> bool((minutes["walk"] > minutes["car"]).all())
    True
    """
    if not networks:
        raise StudyError("minutes_by_mode: no network is given: name one a mode, such as {'car': study.network}.")
    sites = study.sites(category).geometry
    homes = study.residents.geometry
    found = {mode: network.nearest_minutes(homes, sites)[0][:, 0] for mode, network in networks.items()}
    return pd.DataFrame(found, index=study.residents.index).rename_axis(columns="mode")


def coverage_by_mode(
    study: Study, networks: Networks, *, category: str, cutoffs: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return the people of the territory, and their share (0-1), within each cutoff of a site, by mode.

    Parameters
    ----------
    study, networks, category
        As in `minutes_by_mode`.
    cutoffs
        Minutes; `study.thresholds` where not given.

    Returns
    -------
    DataFrame
        By (mode, cutoff): `people`, `share`. Who reaches nothing is in the denominator.

    Raises
    ------
    StudyError, SnapError
        As in `minutes_by_mode`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> table = coverage_by_mode(study, {"car": study.network}, category="hospital", cutoffs=[30])
    >>> table.loc[("car", 30)].round(2).to_dict()
    {'people': 70550.0, 'share': 1.0}
    """
    inside = study.territory
    minutes = minutes_by_mode(study, networks, category=category)[inside]
    people = study.residents.loc[inside, "population"].astype("float64")
    shares = coverage(minutes, people, study.thresholds if cutoffs is None else cutoffs)
    share = pd.concat({mode: shares[mode] for mode in shares}, names=["mode", "cutoff"])
    return pd.DataFrame({"people": share * people.sum(), "share": share})


def against_car(study: Study, networks: Networks, category: str, car: str) -> tuple[Floats, dict[str, Floats]]:
    """Return the minutes by car, and those of every other mode."""
    if car not in networks or len(networks) < 2:
        raise StudyError(
            f"without a car: the networks are {', '.join(map(repr, networks)) or 'none'}: give that of {car!r}, to "
            f"compare with, and at least one other{did_you_mean(car, networks) if car not in networks else ''}."
        )
    minutes = minutes_by_mode(study, networks, category=category)
    return minutes[car].to_numpy(), {mode: minutes[mode].to_numpy() for mode in networks if mode != car}
