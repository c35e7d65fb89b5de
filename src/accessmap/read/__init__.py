"""Tables from files: opening hours, INSEE's ranges, schools and their equipment, digital coverage, households.

What a file is, `recognise` tells.
"""

from typing import TYPE_CHECKING

from accessmap.face import found_in

if TYPE_CHECKING:
    from accessmap.read.accessibility import entrances as entrances
    from accessmap.read.commune_flags import zonages as zonages
    from accessmap.read.coverage import digital as digital
    from accessmap.read.insee import households as households
    from accessmap.read.insee import ranges as ranges
    from accessmap.read.matching import differences as differences
    from accessmap.read.opening_hours import hours as hours
    from accessmap.read.published import beside as beside
    from accessmap.read.published import reference as reference
    from accessmap.read.recognising import recognise as recognise
    from accessmap.read.school_lists import equipment as equipment
    from accessmap.read.school_lists import roll as roll
    from accessmap.read.school_lists import schools as schools

_HOME = {
    "beside": "read.published",
    "differences": "read.matching",
    "digital": "read.coverage",
    "entrances": "read.accessibility",
    "equipment": "read.school_lists",
    "hours": "read.opening_hours",
    "households": "read.insee",
    "ranges": "read.insee",
    "reference": "read.published",
    "recognise": "read.recognising",
    "roll": "read.school_lists",
    "schools": "read.school_lists",
    "zonages": "read.commune_flags",
}

__all__ = [
    *("differences", "digital", "entrances", "equipment", "hours", "households", "ranges", "recognise", "roll"),
    *("beside", "reference", "schools", "zonages"),
]

__getattr__ = found_in(_HOME, "read")


def __dir__() -> list[str]:
    return sorted(__all__)
