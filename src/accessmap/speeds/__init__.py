"""Minutes on a stretch of road: what the law lets, what the road lets, and what junctions cost, as data with sources.

The speed of an arc is the lowest of three: the limit (signed, or the country's own for such a road) times how far
drivers use it; the *practical speed* of its class in its setting, which is what width, bends, parked cars and houses
leave of it; and any cap of that road alone (surface, roundabout, visitors only). Seconds lost at signals, stops and
junctions are added to the arc that leads there.

The tables lie here as CSV: `limits.csv` (law, by country), `driving.csv` (practical speeds, km/h), `delays.csv`
(seconds) and `outlines.csv` (where which law holds). docs/method says how the practical speeds and delays were
fitted, and `benchmarks/accuracy.py` checks them against two other engines.
"""

from accessmap.speeds.delays import delay_seconds
from accessmap.speeds.law import COUNTRIES, country_at, legal_limit, limit_code, parse_maxspeed
from accessmap.speeds.timing import COMPLIANCE, MODES, SPEED_TABLE_VERSION, check_mode, time_arcs

__all__ = [
    "COMPLIANCE",
    "COUNTRIES",
    "MODES",
    "SPEED_TABLE_VERSION",
    "check_mode",
    "country_at",
    "delay_seconds",
    "legal_limit",
    "limit_code",
    "parse_maxspeed",
    "time_arcs",
]
