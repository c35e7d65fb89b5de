"""Without a car: the same tables on foot and by bike, and the people who have no other way.

Minutes by mode are those of one network a mode (``RoadNetwork.from_osm(path, mode="walk")``, or `modelled` for want of
roads). Who has no car is not in a census grid: residents carry it in `without_car` (people), or it is a share by
commune, such as that of the households without a car in INSEE's table. Tables are of the territory alone.
"""

from accessmap.captive.comparison import mode_gap, without_car
from accessmap.captive.modes import coverage_by_mode, minutes_by_mode
from accessmap.captive.people import captive_people
from accessmap.captive.sentences import captive_sentence

__all__ = [
    "captive_people",
    "captive_sentence",
    "coverage_by_mode",
    "minutes_by_mode",
    "mode_gap",
    "without_car",
]
