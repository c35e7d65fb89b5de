"""What rides cost, as a feed says it: `fare_attributes.txt` and `fare_rules.txt` (GTFS fares, version 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import Problem, SourceError
from accessmap.roads.readers.gtfs.feed import Feed, among, open_feed, whole
from accessmap.roads.readers.gtfs.stops import number

RULES = ("route_id", "origin_id", "destination_id", "contains_id")


class Rides(Protocol):
    """What fares ask of a timetable."""

    @property
    def stops(self) -> Any:
        """Return its stops."""

    @property
    def trips(self) -> Any:
        """Return its runs."""

    @property
    def calls(self) -> Any:
        """Return where and when they call."""

    @property
    def first_call(self) -> npt.NDArray[np.int64]:
        """Return where the calls of each run begin."""


@dataclass(frozen=True, eq=False)
class Fares:
    """The fares of a feed.

    Attributes
    ----------
    attributes
        By fare: price (NaN where it is not in euros), agency ("" any), transfers (-1 any number) and seconds (-1 any)
        within which they are made.
    rules
        fare, and the route, zones of origin and destination, and zones that are passed ("" any).
    zones
        The zone of each stop (id).
    agencies
        The agency of each route (id).
    """

    attributes: pd.DataFrame
    rules: pd.DataFrame
    zones: Mapping[str, str]
    agencies: Mapping[str, str]

    def of(self, rides: pd.DataFrame, timetable: Rides) -> list[float]:
        """Return the euros of each ride of one journey: of the fares that hold the cheapest, 0 while one still holds.

        NaN where none holds, or one of them is not in euros.
        """
        found: list[float] = []
        ticket, left, until = "", 0.0, 0.0
        for ride in rides.to_dict("records"):
            holds = self._holding(*self._passed(ride, timetable))
            if ticket in holds and left > 0 and ride["leaves"] * 60 <= until:
                left -= 1
                found.append(0.0)
                continue
            prices = self.attributes.loc[holds, "price"]
            ticket = "" if prices.empty or prices.isna().any() else str(prices.idxmin())
            found.append(float(prices[ticket]) if ticket else np.nan)
            if ticket:
                transfers, seconds = (float(self.attributes[name][ticket]) for name in ("transfers", "seconds"))
                left = np.inf if transfers < 0 else transfers
                until = np.inf if seconds < 0 else ride["leaves"] * 60 + seconds
        return found

    def _passed(self, ride: Mapping[Any, Any], timetable: Rides) -> tuple[str, list[str]]:
        """Return the route of a ride, and the zones of the stops it calls at, in order."""
        ids = [ride["trip"], *(str(ride["goes_on_as"]).split(", ") if ride["goes_on_as"] else [])]
        trips = timetable.trips["trip"]
        rows = [int(trips.index[trips == each][0]) for each in ids]
        stops = np.concatenate(
            [timetable.calls["stop"].to_numpy()[slice(*timetable.first_call[[row, row + 1]])] for row in rows]
        )
        names = timetable.stops["name"].to_numpy()[stops]
        on = int(np.flatnonzero(names == ride["from_stop"])[0])
        off = on + 1 + int(np.flatnonzero(names[on + 1 :] == ride["to_stop"])[0])
        called = timetable.stops.index.to_numpy()[stops[on : off + 1]]
        return str(timetable.trips["route"].iloc[rows[0]]), [self.zones.get(str(stop), "") for stop in called]

    def _holding(self, route: str, zones: Sequence[str]) -> list[str]:
        """Return the fares that hold for a ride; those without a rule hold for any."""
        rules = self.rules
        ends = (("route", route), ("origin", zones[0]), ("destination", zones[-1]))
        fits = np.logical_and.reduce(
            [((rules[name] == "") | (rules[name] == value)).to_numpy() for name, value in ends]
        )
        passed = rules[fits & (rules["contains"] != "").to_numpy()].groupby("fare")["contains"].agg(set)
        held = {*rules.loc[fits & (rules["contains"] == "").to_numpy(), "fare"]}
        held |= {fare for fare, each in passed.items() if each == set(zones)}
        held |= set(self.attributes.index) - {*rules["fare"]}
        agency = self.attributes["agency"]
        return [
            fare
            for fare in self.attributes.index
            if fare in held and agency[fare] in ("", self.agencies.get(route, ""))
        ]


def read_fares(path: str | Path, *, name: str | None = None) -> Fares:
    """Return the fares of a GTFS feed: zip or folder.

    Fares of version 2 (`fare_products.txt`) are not read.

    Parameters
    ----------
    path
        The feed.
    name
        Of the feed, where the timetable was read of several: its ids bear it ("bus:12").

    Raises
    ------
    SourceError
        Where there is no feed, it says no fares, or a row cannot be read.
    """
    feed, _ = open_feed(path, name or "")
    before = f"{name}:" if name else ""
    attributes = _attributes(feed)
    rules = _rules(feed, before)
    unknown = sorted({*rules["fare"]} - {*attributes.index})
    if unknown:
        feed.problems.add("gtfs_fare_unknown", where="fare_rules.txt", value=unknown[0], n=len(unknown))
    feed.problems.raise_if_any(SourceError, feed.file)
    zones = feed.table("stops.txt", ("stop_id", "zone_id"), ("stop_id",))
    routes = feed.table("routes.txt", ("route_id", "agency_id"), ("route_id",))
    both = [
        {}
        if table is None
        else {
            f"{before}{key}": str(value) for key, value in zip(table[first].texts(), table[second].texts(), strict=True)
        }
        for table, first, second in ((zones, "stop_id", "zone_id"), (routes, "route_id", "agency_id"))
    ]
    return Fares(attributes, rules, both[0], both[1])


def _attributes(feed: Feed) -> pd.DataFrame:
    columns = ("fare_id", "price", "currency_type", "payment_method", "transfers", "agency_id", "transfer_duration")
    table = feed.table("fare_attributes.txt", columns, columns[:3])
    if table is None or not table.rows:
        raise SourceError(Problem("gtfs_no_fares", where="fare_attributes.txt"), about=feed.file)
    ids = table["fare_id"]
    price, odd = table["price"].parsed(number, np.nan)
    feed.wrong("gtfs_fare_price", table, odd | ~table["price"].given | (price < 0), table["price"], id=ids)
    transfers, odd = table["transfers"].parsed(among(range(6)), -1)
    feed.wrong("gtfs_fare_number", table, odd, table["transfers"], id=ids, column="transfers")
    seconds, odd = table["transfer_duration"].parsed(whole, -1)
    feed.wrong("gtfs_fare_number", table, odd, table["transfer_duration"], id=ids, column="transfer_duration")
    index = pd.Index(ids.texts(), name="fare", dtype=str)
    feed.wrong("gtfs_twice", table, index.duplicated(), ids, column="fare_id")
    euros = np.array([each.upper() == "EUR" for each in table["currency_type"].texts()])
    return pd.DataFrame(
        {
            "price": np.where(euros, price, np.nan),
            "agency": table["agency_id"].texts(),
            "transfers": transfers,
            "seconds": seconds,
        },
        index=index,
    )


def _rules(feed: Feed, before: str) -> pd.DataFrame:
    table = feed.table("fare_rules.txt", ("fare_id", *RULES), ("fare_id",))
    if table is None or not table.rows:
        return pd.DataFrame({name: pd.Series(dtype=str) for name in ("fare", *(each[:-3] for each in RULES))})
    found = {each[:-3]: table[each].texts() for each in RULES}
    found["route"] = np.array([before + each if each else "" for each in found["route"]], dtype=object)
    return pd.DataFrame({"fare": table["fare_id"].texts(), **found})
