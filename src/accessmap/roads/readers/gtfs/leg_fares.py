"""What journeys cost by rules for legs and for transfers (GTFS fares, version 2)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import inf, isnan, nan

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.roads.readers.gtfs.calendars import Calendar, read_calendar
from accessmap.roads.readers.gtfs.calls import seconds
from accessmap.roads.readers.gtfs.feed import Coded, Feed, FeedTable, among, whole
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.near import near_names
from accessmap.words.notes import Note

# What an adult who has no reduction is called, where no category is said to be the usual one.
ADULT = re.compile(r"\b(adult\w*|plein|normal\w*|standard|regular|full|tout public)\b", re.IGNORECASE)
MOST_WAYS = 4_096  # to pay for one journey: more are not tried, and it is not known
DAY = 86_400
SIDES = ("from", "to")


@dataclass(frozen=True)
class Ride:
    """One ride, as fares ask of it.

    Attributes
    ----------
    routes
        The route of each trip in which one sits.
    stops
        Those it calls at (ids), with both ends.
    leaves, arrives
        Seconds after service midnight.
    """

    routes: tuple[str, ...]
    stops: tuple[str, ...]
    leaves: int
    arrives: int


@dataclass(frozen=True)
class Rule:
    """One row of fare_leg_rules.txt: "" any of what no other rule names; or any, where rules have priorities."""

    group: str
    network: str
    areas: tuple[str, str]
    times: tuple[str, str]
    price: float
    priority: int


@dataclass(frozen=True)
class Transfer:
    """One row of fare_transfer_rules.txt; `count` and `limit` are infinite where they are not said."""

    groups: tuple[str, str]
    count: float
    limit: float
    limit_type: int
    kind: int
    price: float


@dataclass(frozen=True, eq=False)
class LegFares:
    """The fares of a feed by legs and transfers.

    Attributes
    ----------
    rules, transfers
        What legs cost (euros, NaN not known), and what going on costs.
    networks, areas
        The network of each route ("" none), and the areas of each stop.
    timeframes
        By group: start and end (seconds) and the service on whose days they hold ("" all).
    calendar
        Of those services; None where there is none.
    named
        Networks, and areas of either end, that some rule names: a blank does not stand for them.
    ranked
        Whether rules have priorities, and a blank stands for any.
    joins
        Whether two rides may be one leg, which is not read: what more than one ride costs is then not known.
    notes
        For whom the prices are, and what is not read.
    """

    rules: Sequence[Rule]
    transfers: Sequence[Transfer]
    networks: Mapping[str, str]
    areas: Mapping[str, frozenset[str]]
    timeframes: Mapping[str, Sequence[tuple[int, int, str]]]
    calendar: Calendar | None
    named: tuple[frozenset[str], frozenset[str], frozenset[str]]
    ranked: bool
    joins: bool
    notes: tuple[Note, ...] = field(default=())

    def of(self, rides: Sequence[Ride], date: dt.date | None = None) -> list[float]:
        """Return the euros of each ride of one journey, those of the cheapest way to pay for it; NaN where not known.

        What a transfer adds is with the ride that it leads to.
        """
        ways = [self._ways(ride, date) for ride in rides]
        unknown = [nan] * len(rides)
        if self.joins and len(rides) > 1:
            return unknown
        if np.prod([len(each) for each in ways], dtype=float) > MOST_WAYS:
            return unknown
        paid = [self._paid(rides, chosen) for chosen in product(*ways)]
        known = [each for each in paid if not any(map(isnan, each))]
        return min(known, key=sum) if known else min(paid, key=lambda each: sum(map(isnan, each)), default=unknown)

    def _ways(self, ride: Ride, date: dt.date | None) -> list[tuple[float, str]]:
        """Return the price and the group of each rule that holds for a leg; one of no price where none is known to."""
        nothing = [(nan, "")]
        networks = {self.networks.get(route) for route in ride.routes}
        if len(networks) > 1 or None in networks:  # of other feeds, or of two networks without a change
            return nothing
        fits = []
        for rule in self.rules:
            held = self._holds(rule, str(next(iter(networks))), ride, date)
            if held is None:
                return nothing
            if held:
                fits.append(rule)
        if self.ranked:
            fits = [rule for rule in fits if rule.priority == max(each.priority for each in fits)]
        else:  # a rule that names the hours goes before one that does not
            named = [sum(map(bool, rule.times)) for rule in fits]
            fits = [rule for rule, count in zip(fits, named, strict=True) if count == max(named)]
        found = list(dict.fromkeys((rule.price, rule.group) for rule in fits))
        return nothing if not found or any(isnan(price) for price, _ in found) else found

    def _holds(self, rule: Rule, network: str, ride: Ride, date: dt.date | None) -> bool | None:
        """Return whether a rule holds for a leg; None where that hangs on a day that is not given."""
        ends = [self.areas.get(stop) or frozenset([""]) for stop in (ride.stops[0], ride.stops[-1])]
        for wanted, here, named in zip((rule.network, *rule.areas), ({network}, *ends), self.named, strict=True):
            if wanted not in here and (wanted or (not self.ranked and here <= named)):
                return False
        sure: bool | None = True
        for wanted, at in zip(rule.times, (ride.leaves, ride.arrives), strict=True):
            if wanted:
                held = self._within(wanted, at, date)
                if held is False:
                    return False
                sure = None if held is None else sure
        return sure

    def _within(self, group: str, at: int, date: dt.date | None) -> bool | None:
        """Return whether a time is within a group of timeframes; None where the day must be known."""
        days, second = divmod(at, DAY)
        unsure = False
        for start, end, service in self.timeframes.get(group, ()):
            if not start <= second < end:
                continue
            if service and date is None:
                unsure = True
            elif not service or (date is not None and self._runs(service, date + dt.timedelta(days))):
                return True
        return None if unsure else False

    def _runs(self, service: str, date: dt.date) -> bool:
        if self.calendar is None or service not in self.calendar.periods.index:
            return False
        return bool(self.calendar.active(date)[self.calendar.periods.index.get_loc(service)])

    def _paid(self, rides: Sequence[Ride], chosen: Sequence[tuple[float, str]]) -> list[float]:
        """Return what is paid with each ride, where each leg is paid for as it was chosen."""
        paid: list[float] = []
        chain: tuple[Transfer, int, int] | None = None  # the rule of the last transfer, where it began, how often
        for at, (price, group) in enumerate(chosen):
            rule, start, times = self._transfer(rides, at, chosen[at - 1][1], group, chain) if at else (None, at, 0)
            if rule is None:
                paid.append(price)
                chain = None
                continue
            if rule.kind == 2:  # the transfer is the price of both; of three legs the reference does not say
                paid[-1], more = (nan, nan) if chain is not None else (rule.price, 0.0)
                paid.append(more)
            else:
                paid.append(rule.price + (price if rule.kind == 1 else 0.0))
            chain = rule, start, times
        return paid

    def _transfer(
        self, rides: Sequence[Ride], at: int, one: str, other: str, chain: tuple[Transfer, int, int] | None
    ) -> tuple[Transfer | None, int, int]:
        """Return the rule for going on from the ride before, where its legs began and how many transfers it spans."""
        found: list[tuple[float, float, int, Transfer, int, int]] = []
        named = [{rule.groups[side] for rule in self.transfers} for side in (0, 1)]
        for row, rule in enumerate(self.transfers):
            sides = zip(rule.groups, (one, other), named, strict=True)
            fits = all(
                group and (wanted == group or (not wanted and group not in names)) for wanted, group, names in sides
            )
            again = chain is not None and chain[0].groups == rule.groups and rule.groups[0] == rule.groups[1] != ""
            start, times = (chain[1], chain[2] + 1) if again and chain is not None else (at - 1, 1)
            first, last = rides[start], rides[at]
            begins = first.leaves if rule.limit_type in (0, 1) else first.arrives
            ends = last.arrives if rule.limit_type in (0, 3) else last.leaves
            if fits and times <= rule.count and ends - begins <= rule.limit:
                found.append((rule.count, inf if isnan(rule.price) else rule.price, row, rule, start, times))
        return min(found)[3:] if found else (None, at, 0)


def read_leg_fares(feed: Feed, before: str, rider: str | None) -> LegFares:
    """Return the fares of a feed by legs and transfers; what is wrong is kept with the feed.

    Parameters
    ----------
    before
        What ids of the timetable have before them.
    rider
        Id of the category of riders; None for adults.
    """
    prices = _prices(feed, rider)
    columns = ("leg_group_id", "network_id", *(f"{side}_area_id" for side in SIDES))
    columns += (*(f"{side}_timeframe_group_id" for side in SIDES), "fare_product_id", "rule_priority")
    table = _table(feed, "fare_leg_rules.txt", columns, ("fare_product_id",))
    rank, odd = table["rule_priority"].parsed(whole, 0)
    feed.wrong(
        "gtfs_fare_number", table, odd, table["rule_priority"], id=table["fare_product_id"], column="rule_priority"
    )
    _tell_unknown(feed, table, prices)
    texts = [table[name].texts().tolist() for name in columns[:7]]
    rules = [
        Rule(group, network, (start, end), (since, until), prices[fare], int(each))
        for group, network, start, end, since, until, fare, each in zip(*texts, rank, strict=True)
        if fare in prices  # others are for other riders, or unknown
    ]
    timeframes, calendar = _timeframes(feed)
    joins = feed.table("fare_leg_join_rules.txt", ("from_network_id", "to_network_id"))
    joined = joins is not None and joins.rows > 0
    if joined:
        feed.note("gtfs_note_fares_joined")
    named = frozenset(texts[1]), frozenset(texts[2]), frozenset(texts[3])
    areas, networks = _areas(feed, before), _networks(feed, before)
    for side in (0, 1):
        lost = {rule.times[side] for rule in rules if rule.times[side] and rule.times[side] not in timeframes}
        for name in sorted(lost):
            feed.problems.add("gtfs_fare_timeframe", where="fare_leg_rules.txt", value=name)
    transfers, ranked = _transfers(feed, prices), "rule_priority" in table
    return LegFares(rules, transfers, networks, areas, timeframes, calendar, named, ranked, joined)


def _table(feed: Feed, name: str, columns: Sequence[str], needed: Sequence[str] = ()) -> FeedTable:
    table = feed.table(name, columns, needed)
    return FeedTable(name, 0, {}, np.zeros(0, np.int64)) if table is None else table


def _tell_unknown(feed: Feed, table: FeedTable, prices: Mapping[str, float]) -> None:
    """Keep a problem of products that are not there."""
    known, named = _table(feed, "fare_products.txt", ("fare_product_id",))["fare_product_id"], table["fare_product_id"]
    lost = named.places(dict.fromkeys([*known.words, *prices], 0)) == -2
    feed.wrong("gtfs_fare_product", table, lost, named, id=named)


def _prices(feed: Feed, rider: str | None) -> dict[str, float]:
    """Return the euros of each product for one category of riders, by the cheapest medium; NaN where not known."""
    columns = ("fare_product_id", "rider_category_id", "fare_media_id", "amount", "currency")
    table = _table(feed, "fare_products.txt", columns, ("fare_product_id", "amount", "currency"))
    ids, category = table["fare_product_id"], table["rider_category_id"].texts()
    amount, odd = table["amount"].parsed(number, nan)
    feed.wrong(
        "gtfs_fare_price", table, odd | ~table["amount"].given | (amount < 0), table["amount"], id=ids, column="amount"
    )
    feed.wrong("gtfs_blank", table, ~ids.given, ids, column="fare_product_id")
    euros = np.array([each.upper() == "EUR" for each in table["currency"].texts()], dtype=bool)
    feed.note("gtfs_note_fares_not_euros", n=int((~euros).sum()))
    usual, sure = _usual(feed, table["rider_category_id"], rider)
    frame = pd.DataFrame({"product": ids.texts(), "price": np.where(euros, amount, nan), "category": category})
    frame["medium"] = table["fare_media_id"].texts()
    if not sure:
        frame.loc[frame["category"] != "", "price"] = nan
    else:
        frame = frame[(frame["category"] == "") | (frame["category"] == usual)]
        own = frame["product"].isin(frame["product"][frame["category"] == usual])
        frame = frame[~own | (frame["category"] == usual)]  # a price of its own goes before that of everybody
    several = frame.drop_duplicates(["product", "price"]).groupby("product").size() > 1
    feed.note("gtfs_note_fares_media", n=int(several.sum()))
    found = frame.groupby("product")["price"].agg(lambda prices: prices.min(skipna=False))
    return {str(name): float(price) for name, price in found.items()}


def _usual(feed: Feed, named: Coded, rider: str | None) -> tuple[str, bool]:
    """Return the category of riders whose prices are taken, and whether it is known; what is taken is said."""
    columns = ("rider_category_id", "rider_category_name", "is_default_fare_category")
    table = _table(feed, "rider_categories.txt", columns)
    ids, names = table["rider_category_id"].texts().tolist(), table["rider_category_name"].texts().tolist()
    called = dict(zip(ids, names, strict=True)) | {each: "" for each in named.words if each not in ids}
    if rider is not None:
        if rider not in called:
            raise OptionError(Problem("gtfs_fare_rider", value=rider, near=near_names(rider, called)))
        chosen = [rider]
    else:
        default = (table["is_default_fare_category"].texts() == "1").tolist()
        chosen = [each for each, yes in zip(ids, default, strict=True) if yes]
        chosen = chosen or [each for each, name in called.items() if ADULT.search(f"{each} {name}".replace("_", " "))]
    if not called or not len(named.words):
        return "", True
    if len(chosen) != 1:
        feed.note("gtfs_note_fares_nobody", n=len(called))
        return "", False
    feed.note("gtfs_note_fares_rider", rider=called[chosen[0]] or chosen[0])
    return chosen[0], True


def _transfers(feed: Feed, prices: Mapping[str, float]) -> list[Transfer]:
    columns = ("from_leg_group_id", "to_leg_group_id", "transfer_count", "duration_limit", "duration_limit_type")
    more = ("fare_transfer_type", "fare_product_id")
    table = _table(feed, "fare_transfer_rules.txt", (*columns, *more), ("fare_transfer_type",))
    _tell_unknown(feed, table, prices)
    ids, parsed = table["from_leg_group_id"], []
    for name, read in (
        ("transfer_count", lambda text: -1 if text == "-1" else whole(text) or None),
        ("duration_limit", whole),
        ("duration_limit_type", among(range(4))),
        ("fare_transfer_type", among(range(3))),
    ):
        values, odd = table[name].parsed(read, -1)
        odd |= (name == "fare_transfer_type") & ~table[name].given
        feed.wrong("gtfs_fare_number", table, odd, table[name], id=ids, column=name)
        parsed.append(values.tolist())
    ends = (table[f"{side}_leg_group_id"].texts().tolist() for side in SIDES)
    fares = table["fare_product_id"].texts().tolist()
    return [
        Transfer((one, other), inf if count < 0 else count, inf if limit < 0 else limit, max(kind_of_limit, 0), kind,
                 prices.get(fare, nan) if fare else 0.0)
        for one, other, count, limit, kind_of_limit, kind, fare in zip(*ends, *parsed, fares, strict=True)
    ]  # fmt: skip


def _timeframes(feed: Feed) -> tuple[dict[str, list[tuple[int, int, str]]], Calendar | None]:
    table = _table(feed, "timeframes.txt", ("timeframe_group_id", "start_time", "end_time", "service_id"))
    ids, times = table["timeframe_group_id"], []
    for name, blank in (("start_time", 0), ("end_time", DAY)):
        time, odd = table[name].parsed(seconds, blank)
        feed.wrong("gtfs_fare_number", table, odd | (time > DAY), table[name], id=ids, column=name)
        times.append(time.tolist())
    found: dict[str, list[tuple[int, int, str]]] = {}
    for group, start, end, service in zip(ids.texts().tolist(), *times, table["service_id"].texts(), strict=True):
        found.setdefault(group, []).append((start, end, str(service)))
    return found, read_calendar(feed) if table["service_id"].given.any() else None


def _areas(feed: Feed, before: str) -> dict[str, frozenset[str]]:
    """Return the areas of each stop (id): its own, else those of its station."""
    table = _table(feed, "stop_areas.txt", ("area_id", "stop_id"))
    own: dict[str, set[str]] = {}
    for area, stop in zip(table["area_id"].texts().tolist(), table["stop_id"].texts().tolist(), strict=True):
        own.setdefault(stop, set()).add(area)
    stops = _table(feed, "stops.txt", ("stop_id", "parent_station"))
    parent = dict(zip(stops["stop_id"].texts().tolist(), stops["parent_station"].texts().tolist(), strict=True))

    def line(stop: str) -> Iterator[str]:
        for _ in range(3):  # a boarding area is of a platform, which is of a station
            if stop:
                yield stop
            stop = parent.get(stop, "")

    return {before + stop: frozenset(next((own[each] for each in line(stop) if each in own), ())) for stop in parent}


def _networks(feed: Feed, before: str) -> dict[str, str]:
    """Return the network of each route (id), "" where it is of none."""
    routes = _table(feed, "routes.txt", ("route_id", "network_id"), ("route_id",))
    found = dict(zip(routes["route_id"].texts().tolist(), routes["network_id"].texts().tolist(), strict=True))
    more = _table(feed, "route_networks.txt", ("network_id", "route_id"))
    found |= {
        route: network
        for network, route in zip(more["network_id"].texts().tolist(), more["route_id"].texts().tolist(), strict=True)
        if route in found
    }
    return {before + route: network for route, network in found.items()}
