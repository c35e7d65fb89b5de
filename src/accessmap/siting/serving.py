"""Who goes to which open site, how long that takes, and the result that says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.alignment import Floats
from accessmap.siting.inputs import Question
from accessmap.siting.outcome import Open
from accessmap.siting.result import Siting

__all__ = ["Service", "served", "siting_of"]


@dataclass(frozen=True, eq=False)
class Service:
    """Who goes where, and how long that takes."""

    which: NDArray[np.intp]
    minutes: Floats
    mean: float
    worst: float
    unreached: float


def served(minutes: NDArray[np.floating], people: Floats, y: Open, which: NDArray[np.intp] | None = None) -> Service:
    """Return who goes where: to the nearest open site, unless `which` says (by resident, -1 is nowhere)."""
    if which is None:
        far = np.where(np.isnan(minutes) | ~y, np.inf, minutes)
        which = np.where(np.isfinite(far).any(axis=1), far.argmin(axis=1), -1)
    own = minutes[np.arange(len(minutes)), which].astype("float64")
    own[which < 0] = np.nan
    counted = (which >= 0) & (people > 0)
    reached = float(people[counted].sum())
    mean = float(people[counted] @ own[counted]) / reached if reached else float("nan")
    worst = float(own[counted].max()) if counted.any() else float("nan")
    return Service(which, own, mean, worst, float(people[which < 0].sum()))


def siting_of(
    asked: Question,
    method: str,
    y: Open,
    objective: float,
    bound: float,
    *,
    proven: bool,
    parameters: Mapping[str, Any],
    size: Mapping[str, int],
    which: NDArray[np.intp] | None = None,
) -> Siting:
    """Return the result of a question."""
    service = served(asked.minutes, asked.people, y, which)
    names = asked.sites.to_numpy(dtype=object)
    assigned = names[service.which]
    assigned[service.which < 0] = None
    return Siting(
        method,
        tuple(names[y]),
        objective,
        bound,
        "optimal" if proven else "time limit",
        pd.Series(pd.array(assigned, dtype="string"), index=asked.residents, name="site"),
        pd.Series(service.minutes, index=asked.residents, name="minutes"),
        service.mean,
        service.worst,
        service.unreached,
        _by_site(asked, y, service),
        tuple(names[asked.choice.existing]),
        MappingProxyType(dict(parameters)),
        MappingProxyType({"residents": len(asked.residents), "sites": len(asked.sites), **size}),
        time.perf_counter() - asked.started,
    )


def _by_site(asked: Question, y: Open, service: Service) -> pd.DataFrame:
    """Return people, mean and longest minutes of those who go to each open site."""
    rows = []
    for site in np.flatnonzero(y):
        here = (service.which == site) & (asked.people > 0)
        people, minutes = asked.people[here], service.minutes[here]
        some = len(people) > 0
        mean, worst = (float(np.average(minutes, weights=people)), float(minutes.max())) if some else (np.nan, np.nan)
        rows.append((float(people.sum()), mean, worst))
    index = pd.Index(asked.sites[y], name="site")
    return pd.DataFrame(rows, index=index, columns=["people", "mean_minutes", "worst_minutes"])
