"""There and back while the office is open: who can go by the timetable, be served, and come home the same day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, OptionError, Problem
from accessmap.measures.hours.spans import Openings, monday_of, openings
from accessmap.roads.engine.kernels import kernel
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.journeys import Journeys
from accessmap.tables.contracts import check_residents, check_services
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    import geopandas as gpd

Ints = npt.NDArray[np.int64]
_CELLS = 16_000_000  # of departures × residents × services that are held at a time, there and back
_SITES = 128  # services that are searched at a time
_LATE = np.int64(7 * 86_400)  # as good as never: what the search gives for it is later still


def round_trips(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    journeys: Journeys,
    *,
    stay: float | None = None,
    between: tuple[str, str] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return by resident the shortest day with which one of the services serves: there, in while it is open, and back.

    One leaves home at a minute of the day and takes what arrives first; waits until the site opens; stays; and from the
    next full minute takes what is home first. The day is that of the journeys, and the opening hours are those of its
    weekday.

    Parameters
    ----------
    residents, services
        Tables in their contracts; `hours` of the services count. A site whose hours are not known may be open.
    journeys
        Of `Timetable.journeys`: its terms say how one gets to a stop and from it.
    stay
        Minutes in the site, all while it is open; those of the journeys (60) where not given.
    between
        One leaves home from the first time on, and is home again at the second one at the latest; those of the
        journeys (8:00 and 18:00) where not given.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        By resident: service_id (of the shortest day; <NA> where there is none), leaves, arrives, served (when the stay
        begins), returns and home (minutes after midnight), away (minutes from leaving home to being back), lost (of
        these those that are no stay), ways (how many journeys there allow it, of all the sites; one that needs no ride,
        or goes on demand all the way, counts once a site), earliest_home (minutes after midnight, of any of them) and
        sure (whether it holds with the hours that are known alone).

    Raises
    ------
    TableError
        Where a table breaks its contract, or hours cannot be read.
    OptionError
        Where the times or the stay are none.
    SnapError
        Where not one resident, or not one service, is near the streets.
    """
    check_residents(residents)
    check_services(services)
    if not isinstance(journeys, Journeys):
        raise NetworkError(Problem("journeys_needed", call="round_trips", value=type(journeys).__name__))
    stay = journeys.terms.stay if stay is None else stay
    between = journeys.terms.between if between is None else between
    latest = span(between)[1]
    if not (np.isfinite(stay) and stay >= 0):
        raise OptionError(Problem("round_trips_stay", where="stay", value=stay))
    there = journeys.trips(residents.geometry, services.geometry, depart=between)
    back = journeys.trips(services.geometry, residents.geometry, homeward=True, depart=between)
    today = journeys.date.weekday() * 86_400
    cases = [_spans_of_day(case, today) for case in openings(services, monday_of(journeys.date))]
    on_foot = [_seconds(there.on_foot()), _seconds(back.on_foot())]
    terms = there.moments, round(stay * 60), latest
    every = max(1, _CELLS // (len(there.moments) * max(1, min(_SITES, len(services)))))
    rows = [slice(at, min(at + every, len(residents))) for at in range(0, len(residents), every)]
    found: list[list[Ints]] = []
    with progress_bar(Note("progress_round_trips"), len(rows), shown=progress) as done:
        for some in rows:
            walks = on_foot[0][some], on_foot[1][:, some]
            best = [_no_day(some.stop - some.start) for _ in cases]
            for first in range(0, len(services), _SITES):
                sites = slice(first, min(first + _SITES, len(services)))
                rides = (
                    there.arrivals(origins=some, destinations=sites),
                    there.asked_arrivals(origins=some, destinations=sites),
                    back.arrivals(origins=sites, destinations=some),
                )
                for case, mine in zip(cases, best, strict=True):
                    opened = case[0][first : sites.stop + 1], *case[1:]
                    _shortest(*rides, walks[0][:, sites], walks[1][sites], *opened, *terms, first, mine)
            found.append(best)
            done()
    sure, may = (np.concatenate(case) for case in zip(*found, strict=True))
    return _table(residents, services, may, sure, stay)


def _seconds(minutes: npt.NDArray[np.float32]) -> Ints:
    """Return whole seconds; -1 where there is no way."""
    seconds = np.ceil(np.round(np.nan_to_num(minutes.astype("float64")) * 60, 2))
    return np.where(np.isnan(minutes), -1, seconds).astype("int64")


def _spans_of_day(case: Openings, midnight: int) -> tuple[Ints, Ints, Ints]:
    """Return the spans of one day by site: where those of each begin, and opening and closing in seconds of the day."""
    start, end = (np.rint(side * 60).astype("int64") - midnight for side in (case.start, case.end))
    kept = (end > 0) & (start < 86_400)
    return np.searchsorted(case.site[kept], np.arange(case.count + 1)).astype("int64"), start[kept], end[kept]


@kernel
def _home(arrives, opens, closes, stay, moments, back, walk):  # type: ignore[no-untyped-def]
    """Return when the stay begins, in the first span that has room for it, and when one is home; late where never."""
    for one in range(len(opens)):
        served = max(arrives, opens[one])
        returns = served + stay
        if returns > closes[one]:
            continue
        home = _LATE
        slot = (returns - moments[0] + 59) // 60
        if slot < len(moments):
            home = min(home, np.int64(back[slot]))
        if walk >= 0:
            home = min(home, returns + walk)
        return served, home
    return _LATE, _LATE


def _no_day(residents: int) -> Ints:
    """Return rows of `_shortest` before any site: site, leaves, arrives, served, returns, home, ways, earliest home."""
    return np.full((residents, 8), [-1, -1, -1, -1, -1, -1, 0, -1])


@kernel
def _shortest(there, asked, back, walk_there, walk_back, first, opens, closes, moments, stay, latest, from_site, best):  # type: ignore[no-untyped-def]
    """Better the shortest day by resident, of `_no_day`, with sites from `from_site` on, whose spans `first` tells."""
    residents, _, sites = there.shape
    for resident in range(residents):
        mine = best[resident]
        shortest = mine[5] - mine[1] if mine[6] else _LATE
        for site in range(sites):
            walk, walked, later = walk_there[resident, site], False, _LATE
            if walk < 0 and there[resident, 0, site] >= _LATE:
                continue  # who leaves later arrives no sooner
            spans = slice(first[site], first[site + 1])
            # From the last departure to the first: of those that arrive together the last one is a journey.
            for at in range(len(moments) - 1, -1, -1):
                arrives = min(_LATE, np.int64(there[resident, at, site]))
                on_foot = walk >= 0 and moments[at] + walk <= arrives
                if on_foot:
                    arrives = moments[at] + walk
                # What comes when it is asked for is one way, as walking is, and not one a minute.
                on_foot = on_foot or (len(asked) > 0 and asked[resident, at, site] <= arrives)
                if arrives >= later:
                    continue
                later = arrives
                way = back[site, :, resident], walk_back[site, resident]
                served, home = _home(arrives, opens[spans], closes[spans], stay, moments, way[0], way[1])
                if home > latest:
                    continue
                walked = walked or on_foot
                mine[6] += not on_foot
                mine[7] = home if mine[7] < 0 else min(mine[7], home)
                if home - moments[at] < shortest:
                    shortest = home - moments[at]
                    mine[:6] = (from_site + site, moments[at], arrives, served, served + stay, home)
            mine[6] += walked


def _table(residents: gpd.GeoDataFrame, services: gpd.GeoDataFrame, may: Ints, sure: Ints, stay: float) -> pd.DataFrame:
    none = may[:, 0] < 0
    site = pd.Series(services.index.to_numpy(dtype=object)[may[:, 0]], residents.index, dtype="string")
    minutes = np.where(none[:, None], np.nan, may[:, 1:] / 60)
    table = pd.DataFrame({"service_id": site.mask(none)}, index=residents.index)
    for name, column in (("leaves", 0), ("arrives", 1), ("served", 2), ("returns", 3), ("home", 4)):
        table[name] = minutes[:, column]
    table["away"] = table["home"] - table["leaves"]
    table["lost"] = table["away"] - stay
    table["ways"] = may[:, 6]
    table["earliest_home"] = minutes[:, 6]
    table["sure"] = sure[:, 0] >= 0
    return table
