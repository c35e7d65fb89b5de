"""Words shown to the public, French first: chosen when they are shown, never stored in a table.

Under ``am.words`` stands how numbers are written in each language, for sentences of one's own:
``am.words.percent(0.713)`` is "71 %" with the space that French asks for, ``lang="en"`` gives "71%". `category` has the
words of a kind of service, `text` any text of the library by its key.
"""

from typing import TYPE_CHECKING

from accessmap.face import found_in

if TYPE_CHECKING:
    from accessmap.words.words import category, minutes, minutes_change, number, people, people_change, percent, text

__all__ = ["category", "minutes", "minutes_change", "number", "people", "people_change", "percent", "text"]

__getattr__ = found_in(dict.fromkeys(__all__, "words.words"), "words")


def __dir__() -> list[str]:
    return sorted(__all__)
