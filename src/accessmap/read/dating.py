"""Of when the data of a file are: as its columns say, its title, its sheet or its name, and which was taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from accessmap.read.columns import as_text
from accessmap.read.layouts.registry import Layout, layout_of
from accessmap.read.raw import RawTable, plain
from accessmap.words.notes import Note

FIRST = 1960  # no older date is that of data of today
# Columns that say of when a table is, whoever made it; of the others, which may say when a place was built or opened,
# only one that says the same in all rows.
TELLING = re.compile(
    "millesime|vintage|edition|(date_)?(de_(la_)?)?(derniere_)?(maj|mise_a_jour|extraction)(_ligne)?|date_(des_)?donnees"
    "|(date|annee)_de_reference|annee_des_donnees|time_period"
)
SAME = re.compile("an|annee|year|date|periode")
YEAR = r"(?:19|20)\d\d"
DAY = r"(?:0[1-9]|[12]\d|3[01])"
MONTH = r"(?:0[1-9]|1[0-2])"
# How days, months, school years and years are written, the surest first; the last is "bpe21" and "RP2018" cut short.
WRITTEN = (
    re.compile(rf"(?<!\d)(?P<y>{YEAR})(?P<s>[-_./]?)(?P<m>{MONTH})(?P=s)(?P<d>{DAY})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<d>{DAY})(?P<s>[-_./]?)(?P<m>{MONTH})(?P=s)(?P<y>{YEAR})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<y>{YEAR})[-_/](?P<to>{YEAR})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<y>{YEAR})[-_.]?(?P<m>{MONTH})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<y>{YEAR})(?!\d)"),
    re.compile(r"(?<![a-z])(?:bpe|rp)[-_]?(?P<short>\d\d)(?!\d)", re.IGNORECASE),
)
# What a title says beside it: when it was put on line, comes into force, and whose communes they are.
# Columns of people that are named after a census or a year: P21_POP, PMUN2021, TOT_P_2018, population_2020.
OF_PEOPLE = re.compile(
    r"p(\d\d)_p(?:mun|op)|pmun_?(\d\d|\d{4})|(?:tot_?p|t|pop(?:ulation)?(?:_mun\w*|_legale)?)_?(\d{4})"
)
BESIDE = re.compile(
    r"(?:mise?s? en ligne|publi\w+|paru\w*|entr\w+ en vigueur|en vigueur|g[ée]ographi\w+|limites|d[ée]coupage|insee\b)"
    r"[^;.|()\n]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Said:
    """A date that one thing of a file says, and the note that tells which."""

    vintage: str
    by: Note


def day_of(text: str, *, whole: bool = False) -> str:
    """Return the date that a text says, as 2024-08-01, 2024-08, 2019-2020 or 2024; "" where it is none or to come.

    Parameters
    ----------
    text
        The name of a file, a title, or a value of a column.
    whole
        Whether the text begins with it, as a value does.

    Examples
    --------
    >>> day_of("stock-20230913-0338.csv"), day_of("liste_2022-12.csv"), day_of("bpe21_xy.csv"), day_of("epsg_2154.csv")
    ('2023-09-13', '2022-12', '2021', '')
    """
    for pattern in WRITTEN:
        found = [match for match in pattern.finditer(text) if not whole or match.start() == 0]
        for match in reversed(found):
            if said := _date(match.groupdict()):
                return said
    return ""


def _date(parts: dict[str, str | None]) -> str:
    """Return the parts of a date as one text; "" where there is no such date, or it is to come."""
    now = date.today()
    if short := parts.get("short"):
        parts = {"y": f"20{short}"}
    year, month, day = (int(parts.get(part) or 0) for part in "ymd")
    if not FIRST <= year <= now.year or ("to" in parts and int(parts["to"] or 0) != year + 1):
        return ""
    try:
        if date(year, month or 1, day or 1) > now:
            return ""
    except ValueError:
        return ""
    return (
        f"{year}-{parts['to']}"
        if "to" in parts
        else "-".join([str(year), *(parts[p] or "" for p in "md" if p in parts)])
    )


def dated(raw: RawTable, *files: str) -> RawTable:
    """Return a table that knows its date, where the file tells it, and a note on what tells it; of two dates which.

    What a format says of itself goes first, then columns, their names, the title, the sheet, and the name of the file.

    Parameters
    ----------
    raw
        As read.
    files
        Names of the file, and of that inside which it was.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"dom": [1], "millesime": ["2013"]})
    >>> read = dated(RawTable("bpe_2021.csv", table), "bpe_2021.csv")
    >>> read.vintage, read.notes[-1]
    ('2013', "bpe_2021.csv: data of 2013, as its column 'millesime' says; not of 2021, as the name of the file says.")
    """
    every = list(_said(raw, layout_of(set(raw.names), raw.shape), files))
    if not every:
        return raw
    first = every[0]
    other = next((one for one in every[1:] if years_of(first.vintage).isdisjoint(years_of(one.vintage))), None)
    if other is None:
        note = raw.note("dated_as_told", date=first.vintage, by=first.by)
    else:
        note = raw.note("dated_two_ways", date=first.vintage, by=first.by, other=other.vintage, other_by=other.by)
    return replace(raw, vintage=first.vintage).told(note)


def credited(raw: RawTable, *kinds: str) -> dict[str, str]:
    """Return what a page quotes of a file that stands beside a table: its date, and what it is where it is published.

    >>> import pandas as pd
    >>> credited(dated(RawTable("pop.csv", pd.DataFrame({"CODGEO": ["02173"], "PMUN2021": ["11600"]}))))["vintage"]
    '2021'
    """
    known = layout_of(set(raw.names), raw.shape, *([kinds] if kinds else []))
    told = {} if known is None else {name: getattr(known, name) for name in ("title", "publisher", "licence")}
    return {name: value for name, value in {**told, "vintage": raw.vintage}.items() if value}


def years_of(vintage: str) -> set[str]:
    """Return the years that a date is of: two of a school year.

    >>> sorted(years_of("2019-2020")), years_of("2024-08")
    (['2019', '2020'], {'2024'})
    """
    return set(re.findall(YEAR, re.sub(rf"({YEAR})-\d\d(-\d\d)?$", r"\1", vintage)))


def _said(raw: RawTable, layout: Layout | None, files: tuple[str, ...]) -> Iterator[_Said]:
    """All that says of when a table is, the surest first."""
    if raw.vintage:
        yield _Said(raw.vintage, Note("dated_by_format"))
    yield from _by_columns(raw, layout)
    title = day_of(BESIDE.sub(" ", raw.form.title))
    if title:
        yield _Said(title, Note("dated_by_title"))
    part = day_of(raw.form.part.rpartition("!")[2]) if raw.form.kind == "workbook" else ""
    if part:
        yield _Said(part, Note("dated_by_sheet", sheet=repr(raw.form.part)))
    for file in dict.fromkeys(files):
        if said := day_of(file):
            yield _Said(said, Note("dated_by_name"))


def _by_columns(raw: RawTable, layout: Layout | None) -> Iterator[_Said]:
    told = layout.dated if layout is not None else ""
    for name, column in raw.names.items():
        own = bool(told) and re.fullmatch(told, name) is not None
        if not own and (told or not (TELLING.fullmatch(name) or SAME.fullmatch(name))):
            continue
        values = as_text(raw.table[column].dropna().drop_duplicates())
        dates = sorted(said for said in (day_of(value, whole=True) for value in values) if said)
        if dates and (own or TELLING.fullmatch(name) or (len(values) == 1)):
            yield _Said(dates[-1], Note("dated_by_column", column=repr(str(column))))
    if layout is not None and layout.year:
        found = [match for name in raw.names if (match := re.fullmatch(layout.year, name))]
        years = [in_full(next(part for part in match.groups() if part)) for match in found if any(match.groups())]
    else:
        years = [year for year in map(year_of_people, raw.names) if year]
    if years:
        yield _Said(max(years), Note("dated_by_heading"))


def year_of_people(column: str) -> str:
    """Return the year that the name of a column of people says, "" where it says none.

    >>> year_of_people("PMUN22"), year_of_people("population")
    ('2022', '')
    """
    match = OF_PEOPLE.fullmatch(plain(column))
    return in_full(next((part for part in match.groups() if part), "")) if match is not None else ""


def in_full(digits: str) -> str:
    """Return a year in full: "21" is 2021 and "99" 1999.

    >>> in_full("21"), in_full("99"), in_full("2013")
    ('2021', '1999', '2013')
    """
    return digits if len(digits) != 2 else f"{'19' if digits > '60' else '20'}{digits}"
