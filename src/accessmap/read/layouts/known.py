"""The files of services that France publishes, known by their columns, each brought to the names of the contract."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.read.columns import as_text
from accessmap.read.coordinates import COORDINATES
from accessmap.read.layouts.bpe import bpe_services
from accessmap.read.layouts.directory import directory_services
from accessmap.read.layouts.fields import by_fields
from accessmap.read.layouts.finess import finess_plus_services, finess_services, with_emergencies
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.layouts.mednum import mediation_services
from accessmap.read.layouts.registry import Layout, layout_of, layouts
from accessmap.read.layouts.rpps import practitioners
from accessmap.read.layouts.transport import charging_services, stop_services
from accessmap.read.opening_hours import POINT_IDS
from accessmap.read.placing import quality_of
from accessmap.read.private import private_columns
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words import words
from accessmap.words.near import near_names
from accessmap.words.notes import Note

GENERIC = "generic"
COUNTS = "counts"
EVERY = (
    *("service_id", "name", "capacity", "capacity_unit", "hours", "step_free", "commune", "source", "point_quality"),
    *COORDINATES,
)
TEXTS = ("categetab", "categagretab", "typequ", "qualite_xy", "qualite_geoloc", "mode_exercice")
"""Further columns whose figures are codes."""
MOVES = ("oui", "o", "yes", "vrai", "true", "1", "itinerant", "itinerante", "itinerance", "bus", "mobile")
STAYS = ("non", "n", "no", "faux", "false", "0", "fixe", "non_itinerant", "non_itinerante")
Columns = Mapping[str, str | None] | None


@dataclass(frozen=True)
class Brought:
    """How the columns of one published file become those of the contract.

    Parameters
    ----------
    services
        From the raw table, and the caller's `columns`, to the same with the contract's names.
    takes
        Names that the caller's `columns` may give.
    """

    services: Callable[[RawTable, Columns], RawTable]
    takes: Sequence[str] = ()


def in_layout(
    raw: RawTable, layout: str | None, category: str | None, columns: Columns, labels: Mapping[str, str] | None = None
) -> tuple[RawTable, str]:
    """Return a raw table in the contract's names where its layout is known, and the name of that layout.

    Parameters
    ----------
    raw
        As read.
    layout
        A name of :data:`LAYOUTS`, "generic" to leave the table as it is, None to tell it by its columns.
    category
        Only rows of this kind are kept, where the layout is known.
    columns
        The caller's names of columns.
    labels
        Of types of the BPE, by code, before those that are known.

    Raises
    ------
    OptionError
        For a layout that is none.
    SourceError
        When the file is not in the layout asked for, or has no row of the category.

    Examples
    --------
    >>> raw = RawTable("s.csv", pd.DataFrame({"CODGEO": ["02173"], "TYPEQU": ["B203"], "NB_EQUIP": ["5"]}))
    >>> in_layout(raw, None, None, None)[1], in_layout(raw, "generic", None, None)[1]
    ('bpe', 'generic')
    """
    names = set(raw.names)
    told = layout_of(names)
    _refuse_no_services(raw, told)
    if layout is None:
        raw, layout = _told(raw, told, category, columns)
    if layout == GENERIC:
        return raw, GENERIC
    if layout == COUNTS:
        return _counted(raw, category), COUNTS
    if layout not in LAYOUTS:
        known = (*LAYOUTS, GENERIC)
        near = near_names(layout, known)
        raise OptionError(Problem("no_such_layout", value=layout, near=near, names=", ".join(known)))
    chosen, published = LAYOUTS[layout], layouts()[layout]
    title = f"{published.title} ({published.publisher})"
    if not published.matched(names):
        has = ", ".join(map(str, raw.table.columns[:12]))
        raise refusal(raw.name, "not_in_layout", value=layout, title=title, has=has)
    unused = [name for name in columns or {} if name not in chosen.takes]
    if unused:
        allowed = Note("layout_may_name", names=", ".join(chosen.takes)) if chosen.takes else ""
        asked = {"title": title, "names": ", ".join(map(repr, unused)), "allowed": allowed}
        raise refusal(raw.name, "layout_columns", value=unused[0], **asked)
    read = bpe_services(raw, labels) if labels and layout == "bpe" else chosen.services(raw, columns)
    read = read.told(raw.note("read_as_layout", title=title))
    private = [name for name in private_columns(raw.table) if name not in read.table.columns]
    if private and layout not in ("rpps", "mednum"):  # which say it in words of their own
        read = read.told(raw.note("private_left_out", n=len(private), names=", ".join(private)))
    if category is None:
        return read, layout
    kinds = read.table["category"]
    if not (kinds == category).any():
        found = list(dict.fromkeys(kinds))
        has = ", ".join(found[:12]) + (", …" if len(found) > 12 else "")
        raise refusal(raw.name, "no_row_of_category", value=category, near=near_names(category, found), has=has)
    left = int((kinds != category).sum())
    return read.keep(kinds == category, *([raw.note("other_kinds_left_out", n=left)] if left else [])), layout


def _told(raw: RawTable, told: Layout | None, category: str | None, columns: Columns) -> tuple[RawTable, str]:
    """The layout that the columns tell, and the table that is read by it."""
    if told is not None and told.name == COUNTS and not columns:
        return raw, COUNTS
    if told is None or told.name not in LAYOUTS:
        return raw, GENERIC
    return _unless_asked(raw, told, category, columns) if told.fields else (raw, told.name)


def _unless_asked(raw: RawTable, told: Layout, category: str | None, columns: Columns) -> tuple[RawTable, str]:
    """A list is read as any table where the caller names its columns, or says of all its rows what they are.

    A list of hospitals keeps all of them for the category that is asked for, each with its own kind in `finess_kind`.
    """
    if columns or (category is not None and told.category and category != told.category):
        return raw, GENERIC
    if told.name != "hospitals" or category is None:
        return raw, told.name
    label = raw.table[raw.names["facility_type"]]
    kinds = kinds_of("finess", [None] * len(label), as_text(label).tolist())["category"].set_axis(label.index)
    counted = kinds[kinds != category].value_counts()
    if len(counted):
        listed = ", ".join(f"{kind} {number}" for kind, number in counted.items())
        raw = raw.told(raw.note("other_kinds_kept", n=int(counted.sum()), kinds=listed, category=category))
    return replace(raw, table=raw.table.assign(finess_kind=kinds)), GENERIC


def _counted(raw: RawTable, category: str | None) -> RawTable:
    """A number by commune of what the caller names: the services of each commune, as many as it says."""
    if category is None:
        raise refusal(raw.name, "counts_of_what", value=str(raw.table.columns[-1]))
    column = next(raw.names[name] for name in ("count", "nombre", "nb") if name in raw.names)
    table = raw.table.rename(columns={column: "count"}).assign(equipment=category)
    read = bpe_services(replace(raw, table=table))
    ids = f"{category}-" + read.table["commune"].fillna("?")
    word = words.category(category)
    told = {"service_id": ids, "name": word.fr + " (" + read.table["commune"].fillna("?") + ")", "source": None}
    return replace(read, table=read.table.assign(**told, category=category, capacity_unit=word.plural))


NO_SERVICES = {
    "roll": "file_is_a_roll",
    "digital": "file_of_coverage",
    "dictionary": "file_of_modalities",
    **dict.fromkeys(("minutes", "indicator", "merged", "step_free"), "file_of_another_kind"),
}


def _refuse_no_services(raw: RawTable, found: Layout | None) -> None:
    """Refuse files that are known, and hold no services."""
    if found is not None and found.kind in NO_SERVICES:
        key = NO_SERVICES[found.kind]
        has = ", ".join(map(str, raw.table.columns[:12]))
        raise refusal(raw.name, key, has=has, title=found.title, kind=Note(f"kind_{found.kind}"))


def _france_services(raw: RawTable, columns: Columns) -> RawTable:  # noqa: ARG001 - one signature for all layouts
    """The list of the ANCT; a bus stands at its home, and is marked as mobile.

    The lists until 2023 say it in `itinerance` (Oui, Non), those since in `format_fs` (Bus, Bus_équivalent, Fixe,
    Multisites); where neither says it, a name that begins with "Bus" does.
    """
    names = raw.names
    blank = pd.Series("", raw.table.index)
    moves, kind, name = (
        as_text(raw.table[names[one]]).fillna("").map(plain) if one in names else blank
        for one in ("itinerance", "format_fs", "lib_fs")
    )
    mobile = moves.isin(MOVES) | kind.str.contains("bus|itineran|mobile")
    mobile |= (moves == "") & ~kind.str.contains("fixe") & name.str.match("bus(_|$)")
    unsure = np.flatnonzero(~moves.isin((*MOVES, *STAYS, "")) & ~mobile)
    several = kind.str.contains("multisite")
    notes = []
    if mobile.any():
        notes.append(raw.note("france_services_mobile", n=int(mobile.sum())))
    if several.any():
        notes.append(raw.note("france_services_several", n=int(several.sum())))
    if len(unsure):
        told = raw.named(unsure, raw.table[names["itinerance"]])
        notes.append(raw.note("mobile_unsure", n=len(unsure), column="'itinerance'", rows=told))
    return replace(raw, table=raw.table.assign(category="france_services", mobile=mobile)).told(*notes)


def _la_poste(raw: RawTable, columns: Columns) -> RawTable:  # noqa: ARG001 - one signature for all layouts
    """The points of contact of La Poste; step-free where both questions on it are answered yes."""
    names = raw.names
    table = raw.table
    labels = as_text(table[names["caracteristique_du_site"]])
    places = {name: column for name, column in names.items() if name in ("latitude", "longitude")}
    ids = next((names[name] for name in POINT_IDS if name in names), None)
    services = pd.DataFrame(
        {
            "name": as_text(table[names["libelle_du_site"]]),
            **kinds_of("laposte", [None] * len(table), labels.tolist()),
            "commune": as_text(table[names["code_insee"]]) if "code_insee" in names else None,
            "lon": table[places["longitude"]] if "longitude" in places else None,
            "lat": table[places["latitude"]] if "latitude" in places else None,
            "step_free": _step_free(table, names),
            "point_quality": _quality_of_poste(table, names),
            "caracteristique_du_site": labels,
            "source": "La Poste",
        }
    )
    if ids is not None:
        services = services.assign(service_id="poste-" + as_text(table[ids]))
    notes = [raw.note("laposte_hours_elsewhere")]
    rough = int((services["point_quality"] == "commune").sum())
    if rough:
        notes.append(raw.note("laposte_geocoded_roughly", n=rough))
    return replace(raw, table=services).told(*notes)


def _quality_of_poste(table: pd.DataFrame, names: Mapping[str, str]) -> pd.Series | None:
    """How well each point is known; the publisher's word where it is none of those known, None without the column."""
    column = next((names[name] for name in names if name.startswith("precision_du_geocodage")), None)
    if column is None:
        return None
    said = as_text(table[column])
    return said.map({word: quality_of(word) for word in said.dropna().unique()})


def _step_free(table: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    asked = [names[name] for name in names if "ressaut" in name or "entree_autonome_en_fauteuil" in name]
    if len(asked) != 2:
        return ["unknown"] * len(table)
    answers = [[plain(value) if isinstance(value, str) else "" for value in table[column]] for column in asked]
    return [
        "yes" if pair == ("oui", "oui") else "no" if "non" in pair else "unknown" for pair in zip(*answers, strict=True)
    ]


EMERGENCIES = {"t_finess": "san_urg", "hospitals": "emergency"}


def _by_fields(layout: Layout) -> Callable[[RawTable, Columns], RawTable]:
    """How a layout that is data alone is read."""
    said = EMERGENCIES.get(layout.name, "")
    return lambda raw, _: with_emergencies(by_fields(raw, layout), said)


LAYOUTS: Mapping[str, Brought] = {
    "finess": Brought(lambda raw, _: finess_services(raw)),
    "rpps": Brought(practitioners, ("consultations",)),
    "laposte": Brought(_la_poste),
    "bpe": Brought(lambda raw, _: bpe_services(raw)),
    "france_services": Brought(_france_services, EVERY),
    "mednum": Brought(lambda raw, _: mediation_services(raw)),
    "finess_plus": Brought(lambda raw, _: finess_plus_services(raw)),
    "dila": Brought(lambda raw, _: directory_services(raw)),
    "irve": Brought(lambda raw, _: charging_services(raw)),
    "gtfs_stops": Brought(lambda raw, _: stop_services(raw)),
    **{name: Brought(_by_fields(one)) for name, one in layouts().items() if one.fields},
}
"""How `read_services` reads each published file of services, by the name that its `layout=` takes."""
