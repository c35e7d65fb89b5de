"""Times of day as they are asked for, in seconds after midnight."""

import re
from collections.abc import Sequence

from accessmap.errors import OptionError, Problem


def span(between: Sequence[str], *, where: str = "between") -> tuple[int, int]:
    """Return two times of day ("07:00"), the first before the second, in seconds after midnight.

    Raises
    ------
    OptionError
        Where they are not two such times.

    Examples
    --------
    >>> span(("07:00", "09:30"))
    (25200, 34200)
    """
    texts = [] if isinstance(between, str) or len(between) != 2 else list(between)
    times = [time for text in texts if (time := re.fullmatch(r"(\d{1,2}):([0-5]\d)", str(text)))]
    seconds = [int(time[1]) * 3600 + int(time[2]) * 60 for time in times]
    if len(seconds) != 2 or seconds[0] >= seconds[1]:
        told = between if isinstance(between, str) else ", ".join(map(str, between))
        raise OptionError(Problem("transit_between", where=where, value=told))
    return seconds[0], seconds[1]
