"""Opening hours as French lists write them in words: "du lundi au vendredi 9h-12h et 14h-17h30, samedi fermé"."""

import re
from collections.abc import Iterator, Sequence

from accessmap.read.opening_hours import DAYS, Timetable, parse_timetable
from accessmap.read.raw import plain

Group = tuple[list[int], list[list[str]] | None, str]
"""Days, their spans (None where shut), and the comment on them."""
APPOINTMENT = '"sur rendez-vous"'
"""The comment that OSM has for it: a door is then neither surely open nor surely shut."""
_DAY = "|".join(
    f"(?P<d{day}>{word})" for day, word in enumerate((
        *(r"lun(?:dis?)?|lu", r"mar(?:dis?)?|ma", r"mer(?:c(?:redis?)?)?|me", r"jeu(?:dis?)?|je"),
        *(r"ven(?:d(?:redis?)?)?|ve", r"sam(?:edis?)?|sa", r"dim(?:anches?)?|di"),
    ))
)  # fmt: skip
_MINUTES = r" ?(?P<m{0}>[0-5]\d)(?!\d| ?[h:])"
_TOKENS = re.compile(
    r"(?P<always>24 ?h(?:eures)? ?(?:/|sur) ?24(?: ?h)?)"
    r"|(?P<every>7 ?(?:j(?:ours)?) ?(?:/|sur) ?7(?: ?j(?:ours)?)?|tous les jours|chaque jour|tlj)"
    rf"|(?P<span>(?P<h1>\d{{1,2}})(?: ?(?:h(?:eures?)?|:)(?:{_MINUTES.format(1)})?)? ?(?:-|a|jusqu'a) ?"
    rf"(?P<h2>\d{{1,2}}) ?(?:h(?:eures?)?|:)(?:{_MINUTES.format(2)})?(?!\d))"
    r"|(?P<closed>fermee?s?\b|fermeture\b)|(?P<rdv>(?:uniquement )?sur (?:rendez[ -]?vous|rdv|r-v)\b)"
    rf"|(?:{_DAY})(?![a-z])\.?|(?P<to>au\b|a\b)|(?P<dash>-)"
    r"|(?P<nothing>(?:ouverte?s?|ouverture|horaires?|du|de|des|le|les|et|ainsi que|puis|matin(?:ee)?|apres-midi|soir)\b"
    r"|[,;:/|.&()\s])"
)
_ENDS = str.maketrans({"–": "-", "—": "-", "‑": "-", "’": "'", "\u00a0": " ", "\u202f": " "})


def day_spans(text: str) -> tuple[list[list[str]], str] | None:
    """Return the spans of one day as the public directory has them, and the comment on them; None where not read.

    >>> day_spans("9h-12h et de 14h à 17h30"), day_spans("09h00 - 12h00 sur RDV"), day_spans("le matin")
    (([['09:00', '12:00'], ['14:00', '17:30']], ''), ([['09:00', '12:00']], '"sur rendez-vous"'), None)
    """
    spans: list[list[str]] = []
    comment = ""
    for kind, value in _tokens(text):
        if isinstance(value, list):
            spans.append(value)
        elif kind == "rdv" and spans:
            comment = APPOINTMENT
        elif kind not in ("nothing", "dash"):
            return None
    return (spans, comment) if spans else None


def french_hours(text: str) -> Timetable | str | None:
    """Return the week that a text tells in French, as a timetable or OSM opening_hours; None where it is not all read.

    Days come before their hours. What holds in some weeks only, a day without hours and hours without a day are not
    read, and neither is anything beside them: half a week would be a wrong one.

    Examples
    --------
    >>> french_hours("Lundi, mardi et jeudi : 9h-12h / 13h30-17h ; samedi fermé").text()
    'Mo-Tu,Th 09:00-12:00,13:30-17:00; PH off'
    >>> french_hours("7j/7 24h/24"), french_hours("mardi 9h-12h sur rendez-vous"), french_hours("9h-12h sauf mardi")
    ('24/7', 'Tu 09:00-12:00 "sur rendez-vous"; PH off', None)
    """
    if {kind for kind, _ in _tokens(text)} - {"nothing"} == {"always", "every"}:
        return "24/7"
    return _week(_groups(text))


def _week(groups: Sequence[Group]) -> Timetable | str | None:
    """What days, spans and comments make; None where they contradict each other, or there are none."""
    opened: dict[int, list[list[str]]] = {}
    shut: set[int] = set()
    apart: set[int] = set()
    for days, spans, comment in groups:
        if not days or (spans is None and comment):
            return None
        for day in days:
            if spans is None:
                shut.add(day)
            else:
                opened.setdefault(day, []).extend(spans)
                apart |= {day} if comment else set()
    both = any(day in days and not comment for days, _, comment in groups for day in apart)
    if both or not opened or shut & opened.keys():
        return "off" if len(shut) == len(DAYS) and not opened else None
    week, marked = (
        parse_timetable([[DAYS[day], DAYS[day], spans] for day, spans in opened.items() if (day in apart) == only])
        for only in (False, True)
    )
    if not apart or week.problems or marked.problems:
        return None if apart else week
    rules = [f"{rule} {APPOINTMENT}" for rule in marked.text(closed_on_holidays=False).split("; ")]
    return "; ".join(filter(None, [week.text(closed_on_holidays=False), *rules, "PH off"]))


def _tokens(text: str) -> Iterator[tuple[str, list[str] | int | None]]:
    """What a text says, in order: "unknown" for what is none of the words known."""
    said = " ".join(_bare(text).split())
    at = 0
    while at < len(said):
        match = _TOKENS.match(said, at)
        if match is None:
            yield "unknown", None
            return
        at = match.end()
        kind = str(match.lastgroup if match["span"] is None else "span")
        if kind == "span":
            pairs = ((match["h1"], match["m1"]), (match["h2"], match["m2"]))
            yield kind, [f"{int(hour):02d}:{minute or '00'}" for hour, minute in pairs]
        elif re.fullmatch(r"d\d", kind):
            yield "day", int(kind[1])
        else:
            yield kind, None


def _bare(text: str) -> str:
    """A text in small letters without accents, with one kind of dash and of apostrophe."""
    return "".join(plain(one) or one if one.isalpha() else one for one in text.translate(_ENDS).casefold())


def _groups(text: str) -> list[Group]:
    """Days, their spans (None where shut) and the comment on them; none where the text is not all read."""
    groups: list[Group] = []
    days: list[int] = []
    spans: list[list[str]] | None = []
    comment, ranged, given = "", False, False
    for kind, value in [*_tokens(text), ("day", None)]:
        if kind in ("day", "every") and given:
            groups.append((days, spans, comment))
            days, spans, comment, given = [], [], "", False
        if kind == "day" and isinstance(value, int):
            if ranged and days:
                days += [(days[-1] + step) % 7 for step in range(1, (value - days[-1]) % 7 + 1)]
            else:
                days.append(value)
        elif kind == "every":
            days = list(range(len(DAYS)))
        elif kind in ("span", "always") and spans is not None:
            spans.append(value if isinstance(value, list) else ["00:00", "24:00"])
            given = True
        elif kind == "closed" and not spans:
            spans, given = None, True
        elif kind == "rdv" and spans:
            comment = APPOINTMENT
        elif kind not in ("nothing", "to", "dash", "day") or (kind == "to" and (given or not days)):
            return []
        ranged = not given and (kind in ("to", "dash") or (ranged and kind == "nothing"))
    return [] if days else groups  # days without hours
