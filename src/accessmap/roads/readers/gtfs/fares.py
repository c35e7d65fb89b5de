"""What rides cost, as a feed says it: by `fare_attributes.txt` and `fare_rules.txt` (version 1), or by legs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from accessmap.errors import Problem, SourceError
from accessmap.roads.readers.gtfs.feed import Feed, among, open_feed, whole
from accessmap.roads.readers.gtfs.leg_fares import Ride, read_leg_fares
from accessmap.roads.readers.gtfs.reading import named_feeds
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.notes import Note

RULES = ("route_id", "origin_id", "destination_id", "contains_id")


class Priced(Protocol):
    """Fares of a feed, of either version."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what was taken, and what is not read."""

    def of(self, rides: Sequence[Ride], date: dt.date | None = None) -> list[float]:
        """Return the euros of each ride of one journey, NaN where they are not known."""


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
        The agency of each route (id) of the feed.
    notes
        What is not read.
    """

    attributes: pd.DataFrame
    rules: pd.DataFrame
    zones: Mapping[str, str]
    agencies: Mapping[str, str]
    notes: tuple[Note, ...] = ()

    def of(self, rides: Sequence[Ride], date: dt.date | None = None) -> list[float]:  # noqa: ARG002 - of any day
        """Return the euros of each ride of one journey: of the fares that hold the cheapest, 0 while one still holds.

        NaN where none holds, or one of them is not in euros.
        """
        found: list[float] = []
        ticket, left, until = "", 0.0, 0.0
        for ride in rides:
            holds = self._holding(ride.routes[0], [self.zones.get(stop, "") for stop in ride.stops])
            if ticket in holds and left > 0 and ride.leaves <= until:
                left -= 1
                found.append(0.0)
                continue
            prices = self.attributes.loc[holds, "price"]
            ticket = "" if prices.empty or prices.isna().any() else str(prices.idxmin())
            found.append(float(prices[ticket]) if ticket else np.nan)
            if ticket:
                transfers, seconds = (float(self.attributes[name][ticket]) for name in ("transfers", "seconds"))
                left = np.inf if transfers < 0 else transfers
                until = np.inf if seconds < 0 else ride.leaves + seconds
        return found

    def _holding(self, route: str, zones: Sequence[str]) -> list[str]:
        """Return the fares that hold for a ride; those without a rule hold for any of the feed."""
        if route not in self.agencies:  # of another feed
            return []
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


@dataclass(frozen=True, eq=False)
class SeveralFares:
    """The fares of several feeds, each of its own rides."""

    parts: tuple[Priced, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what was taken, and what is not read."""
        return tuple(note for part in self.parts for note in part.notes)

    def of(self, rides: Sequence[Ride], date: dt.date | None = None) -> list[float]:
        """Return the euros of each ride of one journey, NaN where they are not known."""
        each = np.array([part.of(rides, date) for part in self.parts]).reshape(len(self.parts), len(rides))
        return [next((float(price) for price in column if not np.isnan(price)), np.nan) for column in each.T]


def read_fares(
    path: str | Path | Sequence[str | Path] | Mapping[str, str | Path],
    *,
    name: str | None = None,
    rider: str | None = None,
) -> Priced:
    """Return the fares of a GTFS feed: zip or folder; of several as `Timetable.from_gtfs` takes them.

    Those of version 2 (`fare_products.txt`, `fare_leg_rules.txt`) go before those of version 1, as the reference
    recommends. `notes` says for whom the prices are, and what is not read.

    Parameters
    ----------
    path
        The feed; several, or name → path, where the timetable was read of several.
    name
        Of one feed, where the timetable was read of several: its ids bear it ("bus:12").
    rider
        Id of a category of riders (version 2). Without it the one that the feed says is usual, else adults.

    Raises
    ------
    SourceError
        Where there is no feed, it says no fares, or a row cannot be read.
    OptionError
        Where there is no such category of riders.
    """
    if name is not None and isinstance(path, str | Path):
        return _read(path, name, rider)
    named = named_feeds(path)
    if len(named) == 1:
        return _read(named[0][1], "", rider)
    found: list[Priced] = []
    for each, one in named:
        try:
            found.append(_read(one, each, rider))
        except SourceError as error:  # what another feed says is known all the same
            if any(problem.key != "gtfs_no_fares" for problem in error.problems):
                raise
            lacking = error
    if not found:
        raise lacking
    return SeveralFares(tuple(found))


def _read(path: str | Path, name: str, rider: str | None) -> Priced:
    feed, _ = open_feed(path, name)
    before = f"{name}:" if name else ""
    files = ("fare_products.txt", "fare_leg_rules.txt", "fare_attributes.txt")
    tables = [feed.table(file, ("fare_product_id", "fare_id")) for file in files]
    products, legs, by_rides = (table is not None and table.rows > 0 for table in tables)
    if products and legs:
        feed.note("gtfs_note_fares_both", n=int(by_rides))
        fares: Priced = read_leg_fares(feed, before, rider)
    else:
        fares = _by_rides(feed, before)
    feed.problems.raise_if_any(SourceError, feed.file)
    return replace(fares, notes=tuple(feed.notes))  # type: ignore[type-var]


def _by_rides(feed: Feed, before: str) -> Fares:
    """Return the fares of version 1."""
    attributes = _attributes(feed)
    rules = _rules(feed, before)
    unknown = sorted({*rules["fare"]} - {*attributes.index})
    if unknown:
        feed.problems.add("gtfs_fare_unknown", where="fare_rules.txt", value=unknown[0], n=len(unknown))
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
    feed.wrong(
        "gtfs_fare_price", table, odd | ~table["price"].given | (price < 0), table["price"], id=ids, column="price"
    )
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
