"""FINESS: the extraction of establishments that Etalab publishes, with or without coordinates."""

import io
import re
from dataclasses import replace

import pandas as pd

from accessmap.read.coordinates import degrees, epsg_of_commune, epsg_of_text, metres
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.raw import RawTable, RowNames, refusal
from accessmap.words.notes import Listed, Note

# The file has no header. Source: format of etalab-cs1100502 and etalab-cs1100507 (DREES, data.gouv.fr, "FINESS
# Extraction du fichier des établissements"); the first field of each row says which of the two kinds it is.
STRUCTURE = (
    *("nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie"),
    *("compvoie", "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone"),
    *("telecopie", "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft"),
    *("libmft", "codesph", "libsph", "dateouv", "dateautor", "maj", "numuai"),
)
PLACE = ("nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj")
KEPT = ("nofinessej", "categetab", "libcategetab", "categagretab", "siret", "libsph", "dateouv", "sourcecoordet")
# Territories that FINESS writes with a letter, and the first two figures of their communes' codes.
LETTERS = {f"9{letter}": "97" for letter in "ABCDEF"} | {"9J": "98"}


# A field in quotation marks, those inside it doubled; else one without: `"LES LILAS" EHPAD` is written as it stands.
FIELD = re.compile(r'(?:^|;)(?:"((?:[^"]|"")*)"(?=;|$)|([^;]*))')


def _fields(line: str) -> list[str]:
    """Return what stands between the semicolons of a line, of which some may be quoted."""
    if '"' not in line:
        return line.split(";")
    # read line by line: a quotation mark that is never closed must not take the next establishments with it
    return [quoted.replace('""', '"') or plain for quoted, plain in FIELD.findall(line)]


def is_finess(text: str) -> bool:
    r"""Whether a text is the extraction as published, without header.

    >>> is_finess("finess;etalab;98;2026-05-12\nstructureet;010000024;010780054;CH DE FLEYRIAT")
    True
    """
    return text.startswith(("finess;", "structureet;"))


def finess_table(name: str, text: str) -> RawTable:
    r"""Return establishments joined to their coordinates, by the line of the establishment.

    Parameters
    ----------
    name
        File name, for messages.
    text
        Its rows, `structureet` (31 fields and the mark) and `geolocalisation` (5 and the mark), separated by
        semicolons; a field with a semicolon of its own is in quotation marks.

    Raises
    ------
    SourceError
        When a row has more fields than its kind, or there is no establishment.

    Examples
    --------
    >>> text = "structureet;020000063;020000253;CH\ngeolocalisation;020000063;714500.5;6946500.5;1,A,96,BAN,EPSG:2154"
    >>> raw = finess_table("finess.csv", text)
    >>> raw.table.loc[0, ["nofinesset", "coordxet"]].tolist(), list(raw.lines)
    (['020000063', '714500.5'], ['line 1'])
    """
    structures: dict[str, tuple[str, ...]] = {}
    places: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    wrong, twice, date = [], [], ""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        mark, *fields = (field.strip() for field in _fields(line.rstrip("\n")))
        names = {"structureet": STRUCTURE, "geolocalisation": PLACE}.get(mark)
        if mark == "finess":
            date = fields[-1] if fields else ""
        if names is None:
            continue
        if len(fields) < 3 or _is_shifted(fields, names):
            wrong.append(Note("line_of_fields", number=str(number), count=len(fields)))
            continue
        into = structures if mark == "structureet" else places
        if fields[0] in into:
            twice.append(Note("row_with_id", row=Note("line_number", number=str(number)), id=repr(fields[0])))
        into[fields[0]] = tuple((fields + [""] * len(names))[: len(names)])
        lines.setdefault(fields[0], number)
    if wrong:
        sizes = {"whole": len(STRUCTURE), "place": len(PLACE)}
        raise refusal(name, "finess_shifted", value=wrong[0], rows=Listed.of(wrong[:5]), **sizes)
    if not structures:
        raise refusal(name, "finess_empty")
    table = pd.DataFrame(list(structures.values()), columns=list(STRUCTURE))
    where = pd.DataFrame(list(places.values()), columns=list(PLACE)).drop(columns="datemaj")
    joined = table.merge(where, on="nofinesset", how="left").replace("", None)
    notes = [Note("finess_of", n=len(joined), file=name, date=date)]
    lost = sorted(set(places) - set(structures))
    if lost:
        notes.append(Note("finess_places_left_out", n=len(lost), file=name, example=lost[0]))
    if twice:
        notes.append(Note("finess_repeated", n=len(twice), file=name, rows=Listed.of(twice[:5])))
    places_in_file = RowNames("line_number", [lines[number] for number in joined["nofinesset"]])
    return RawTable(name, joined, places_in_file, tuple(notes))


def _is_shifted(fields: list[str], names: tuple[str, ...]) -> bool:
    """Whether a row has a separator too many (in a name), so that every field after it is not what it should be."""
    if len(fields) <= len(names):
        return False
    kind = fields[names.index("categetab")] if "categetab" in names else "000"
    return any(fields[len(names) :]) or not (kind.isdigit() and len(kind) == 3)


def finess_services(raw: RawTable) -> RawTable:
    """Return establishments as services: number, name, category, commune's code and point in degrees.

    The projection of each point is the one its `sourcecoordet` names; the code of the commune is made of the department
    and three figures. Establishments geocoded to their commune only are marked "commune" in `point_quality`.

    Parameters
    ----------
    raw
        The joined table, from the extraction or from a file with a header of the same names.

    Examples
    --------
    >>> row = {"nofinesset": "020000063", "rs": "CH", "departement": "02", "commune": "173", "categetab": "355",
    ...        "libcategetab": "C.H.", "coordxet": "714500", "coordyet": "6946500",
    ...        "sourcecoordet": "1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93"}
    >>> read = finess_services(RawTable("finess.csv", pd.DataFrame([row]))).table.iloc[0]
    >>> read[["service_id", "category", "commune", "point_quality"]].tolist()
    ['020000063', 'hospital', '02173', 'geocoded']
    """
    table = raw.table.rename(columns=str.casefold)
    table = table.assign(**{name: None for name in PLACE[1:4] if name not in table.columns})
    codes = [_commune(*pair) for pair in zip(table["departement"], table["commune"], strict=True)]
    source = [str(text).split(",") if isinstance(text, str) else [] for text in table["sourcecoordet"]]
    said = [epsg_of_text(",".join(parts)) for parts in source]
    has_point = table["coordxet"].notna().to_numpy()
    guessed = [bool(has and code and epsg is None) for has, code, epsg in zip(has_point, codes, said, strict=True)]
    epsg = [epsg_of_commune(code) if guess else one for guess, code, one in zip(guessed, codes, said, strict=True)]
    named = replace(raw, table=table)
    lon, lat = degrees(metres(named, "coordxet"), metres(named, "coordyet"), epsg)
    kinds = kinds_of("finess", table["categetab"].tolist(), table["libcategetab"].tolist())
    name = table["rslongue"].where(table["rslongue"].notna(), table["rs"]) if "rslongue" in table else table["rs"]
    # a score that is no number ("."), or boundaries as the reference: placed at the one point of its commune
    rough = [len(parts) > 3 and (not parts[2].isdigit() or "ADMIN" in parts[3]) for parts in source]
    services = pd.DataFrame(
        {"service_id": table["nofinesset"], "name": name, **kinds, "commune": codes, "lon": lon, "lat": lat}
    ).assign(point_quality=["commune" if one else "geocoded" for one in rough], source="FINESS")
    services = services.join(table[[column for column in KEPT if column in table.columns]])
    notes = []
    if any(rough):
        notes.append(raw.note("finess_geocoded_roughly", n=sum(rough)))
    if any(guessed):
        notes.append(raw.note("finess_projection_told", n=guessed.count(True)))
    return replace(raw, table=services).told(*notes)


def _commune(department: object, commune: object) -> str | None:
    """Return "97101" for "9A" and "101"; a code of five characters is one already."""
    if not isinstance(commune, str) or not isinstance(department, str):
        return None
    if len(commune) == 5:
        return commune
    return LETTERS.get(department, department.zfill(2)[:2]) + commune.zfill(3)
