"""Opening hours: who can reach an *open* site, and when.

Services carry `hours` in OSM opening_hours syntax, local time, "PH" being the public holidays of France. A site without
hours is unknown, never closed: every result has a `worst` case (unknown counted as closed) and a `best` case (unknown
counted as open). A rule that says "unknown", or that carries a comment ("sur rendez-vous"), is unknown too.

Everything is about one week: that of Monday 8 June 2026, an ordinary one, unless `week` names a day of another. A
service that goes round (a bus that stops half a day in each commune) is several rows of the table, one a stop, each
with its own hours; no measure needs to know that they are one.
"""

from accessmap.face import renamed
from accessmap.measures.hours.access import (
    heat_table,
    hours_in_reach,
    meets_france_services_hours,
    minutes_when,
    open_access,
    open_table,
    open_when,
    reach_by_commune,
)
from accessmap.measures.hours.counted import half_days, hours_of_half_days
from accessmap.measures.hours.spans import WHENS

__all__ = [
    "WHENS",
    "half_days",
    "heat_table",
    "hours_in_reach",
    "hours_of_half_days",
    "meets_france_services_hours",
    "minutes_when",
    "open_access",
    "open_table",
    "open_when",
    "reach_by_commune",
]

__getattr__ = renamed("hours")
