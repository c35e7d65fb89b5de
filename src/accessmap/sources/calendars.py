"""Opening hours from a calendar of days: La Poste's file of the next three months, one row a point and day."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from accessmap.errors import SourceError
from accessmap.findings import count
from accessmap.sources.columns import as_text, noted, plain
from accessmap.sources.files import read_table
from accessmap.sources.rawtable import RawTable
from accessmap.sources.timetables import DAYS, osm_opening_hours

__all__ = ["POINT_IDS", "read_hours"]

POINT_IDS = ("identifiant_du_site", "identifiant_a", "identifiant")
"""Names, plain, under which La Poste's files give the identifier of a point of contact."""

SPANS = re.compile(r"plage_horaire_\d+")  # not those of the letter boxes (bp_plage_horaire_1)
SPAN = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
CLOSED = "ferme"
HOLIDAY = len(DAYS)  # the eighth "weekday"


def read_hours(path: str | Path, *, encoding: str | None = None) -> pd.Series:
    r"""Return the usual week of each of La Poste's points as OSM opening_hours, indexed by `service_id`.

    The file (laposte_ouvertur, "Calendrier d'ouverture des bureaux de poste, agences postales et relais poste") says
    for each point and each day of the next three months when it opens. What a weekday most often is makes the week; of
    two that are as frequent, such as every other Saturday, the shorter one, which is sure. Public holidays stay out of
    the weekdays and become "PH off", or their own hours. ``services.assign(hours=hours.reindex(services.index))`` gives
    them to the points that :func:`read_services` read; those that are not in the calendar stay unknown.

    Parameters
    ----------
    path
        The CSV: Identifiant, Date_calendrier, Plage_horaire_1 and following ("09:00-12:00", "FERME").
    encoding
        Where it is neither UTF-8 nor Windows-1252.

    Returns
    -------
    Series
        Named `hours`; "off" where every day of the calendar is closed. What was done is in ``.attrs["read_notes"]``:
        how many points have weekdays that change, how many are closed throughout, what could not be read.

    Raises
    ------
    SourceError
        When the file cannot be read, is no such calendar, or has days without a date.

    Examples
    --------
    >>> import tempfile
    >>> text = "Identifiant;Date_calendrier;Plage_horaire_1;Plage_horaire_2\n"
    >>> text += "05212A;2020-11-12;09:00-11:30;13:30-16:00\n05212A;2020-11-13;09:00-11:30;13:30-16:00\n"
    >>> text += "05212A;2020-11-14;FERME;\n05212A;2020-11-11;FERME;\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "laposte_ouvertur.csv")
    ...     _ = path.write_text(text)
    ...     read_hours(path)["poste-05212A"]
    'Th-Fr 09:00-11:30,13:30-16:00; PH off'
    """
    raw = read_table(path, encoding=encoding)
    days, notes = _days(raw)
    usual, changing = _usual(days)
    weeks = usual.pivot_table("spans", "point", "weekday", aggfunc="first").reindex(columns=range(HOLIDAY + 1))
    rows = list(weeks.astype(object).where(weeks.notna(), None).itertuples(index=False, name=None))
    texts = {week: _text(week) for week in set(rows)}
    hours = pd.Series([texts[week] for week in rows], index=weeks.index)
    notes.append(
        f"{raw.name}: usual week of {count(len(hours), 'point')} from {days['date'].min():%Y-%m-%d} to "
        f"{days['date'].max():%Y-%m-%d}."
    )
    if len(changing):
        notes.append(
            f"{raw.name}: {count(len(changing), 'point')} with weekdays that change from week to week, the most "
            f"frequent kept, such as {changing[0]}."
        )
    shut = hours.index[hours == "off"]
    if len(shut):
        notes.append(f"{raw.name}: {count(len(shut), 'point')} closed on every day of the calendar, such as {shut[0]}.")
    return noted(hours.rename("hours").rename_axis("service_id"), notes)


def _days(raw: RawTable) -> tuple[pd.DataFrame, list[str]]:
    """Return a row a point and day: id, date, weekday (7 a public holiday), spans as one text; and what was told."""
    names = {plain(column): column for column in raw.table.columns}
    point = next((names[name] for name in POINT_IDS if name in names), None)
    spans = [column for name, column in names.items() if SPANS.fullmatch(name)]
    if point is None or "date_calendrier" not in names or not spans:
        has = ", ".join(map(str, raw.table.columns[:8]))
        raise SourceError(
            f"{raw.name} is not La Poste's calendar of opening (laposte_ouvertur), with Identifiant, Date_calendrier "
            f"and Plage_horaire_1: it has columns {has}."
        )
    said = as_text(raw.table[names["date_calendrier"]])
    dates = pd.to_datetime(said, format="%Y-%m-%d", errors="coerce")
    ids = as_text(raw.table[point])
    lost = (dates.isna() | ids.isna()).to_numpy()
    if lost.any():
        row = int(lost.argmax())
        raise SourceError(
            f"{raw.name}: {count(int(lost.sum()), 'day')} without a point or a date such as 2026-11-24, the first in "
            f"{raw.lines[row]} ({said.iloc[row]!r})."
        )
    days = pd.DataFrame({"point": "poste-" + ids, "date": dates, "weekday": dates.dt.day_of_week})
    days["weekday"] = days["weekday"].mask(days["date"].isin(_holidays(dates)), HOLIDAY)
    together = as_text(raw.table[spans[0]]).fillna("")
    for column in spans[1:]:
        further = as_text(raw.table[column])
        together = together + ("," + further).where(further.notna(), "")
    read = {text: _spans(text) for text in together.unique()}
    days["spans"] = together.map(read)
    unread = days["spans"].isna()
    notes = []
    if unread.any():
        row = int(unread.to_numpy().argmax())
        notes.append(
            f"{raw.name}: {count(int(unread.sum()), 'day')} not understood, passed over, such as {raw.lines[row]} "
            f"({together.iloc[row]!r})."
        )
    if unread.all():
        raise SourceError(f"{raw.name}: no day is understood, such as {together.iloc[0]!r}: '09:00-12:00' or 'FERME'.")
    return days[~unread], notes


def _spans(text: str) -> str | None:
    """Spans in order as one text, "" where closed, None where they are neither."""
    if plain(text) == CLOSED:
        return ""
    parts = [SPAN.fullmatch(part.replace(" ", "")) for part in text.split(",")]
    spans = [(part[1].zfill(5), part[2].zfill(5).replace("00:00", "24:00")) for part in parts if part is not None]
    if not spans or len(spans) < len(parts) or any(opens >= closes for opens, closes in spans):
        return None
    return ",".join("-".join(span) for span in sorted(spans))


def _holidays(dates: pd.Series) -> list[pd.Timestamp]:
    """Those of the dates that are public holidays of France, as `hours` and its "PH" understand them."""
    from opening_hours import OpeningHours  # loaded only where hours are read

    holidays = OpeningHours("PH 00:00-24:00", country="FR")
    noon = pd.Timedelta(hours=12)
    return [day for day in dates.unique() if holidays.is_open((day + noon).to_pydatetime())]


def _usual(days: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the spans that each point and weekday most often has, and the points whose weekdays are not all alike."""
    seen = days.groupby(["point", "weekday", "spans"], sort=True).size().rename("days").reset_index()
    seen["minutes"] = seen["spans"].map({text: _minutes(text) for text in seen["spans"].unique()})
    seen = seen.sort_values(["point", "weekday", "days", "minutes"], ascending=[True, True, False, True], kind="stable")
    changes = seen.duplicated(["point", "weekday"]) & (seen["weekday"] != HOLIDAY)
    return seen.drop_duplicates(["point", "weekday"]), list(dict.fromkeys(seen.loc[changes, "point"]))


def _minutes(spans: str) -> int:
    """Minutes that spans last.

    >>> _minutes("09:00-12:00,13:30-14:00")
    210
    """
    clocks = [[int(part[:2]) * 60 + int(part[3:]) for part in span.split("-")] for span in spans.split(",") if span]
    return sum(closes - opens for opens, closes in clocks)


def _text(week: Sequence[str | None]) -> str:
    """The week as OSM opening_hours: seven weekdays and the public holidays; None is a day not in the calendar."""
    entries = [
        [day, day, [span.split("-") for span in spans.split(",")]]
        for day, spans in zip(DAYS, week[:HOLIDAY], strict=True)
        if spans
    ]
    if not entries and not week[HOLIDAY]:
        return "off"
    weekdays = osm_opening_hours(entries, closed_on_holidays=False)
    holidays = f"PH {week[HOLIDAY]}" if week[HOLIDAY] else "PH off"
    return f"{weekdays}; {holidays}" if weekdays else holidays
