"""Every cell of a CSV is read, or the file is refused with the row: nothing is cut, nothing guessed."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from accessmap.errors import SourceError, TableError
from accessmap.read.columns import read_numbers
from accessmap.read.delimited import read_delimited
from accessmap.read.files import read_table
from accessmap.read.residents import read_residents
from accessmap.read.services import read_services

COMMUNES = gpd.GeoDataFrame(
    {"name": ["A"], "population": [9], "epci": ["x"], "in_territory": [True]},
    geometry=[shapely.box(710_000, 6_940_000, 720_000, 6_950_000)],
    index=pd.Index(["02173"], name="code"),
    crs=2154,
)


def put(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def residents(folder: Path, text: str) -> gpd.GeoDataFrame:
    return read_residents(put(folder, text), COMMUNES, crs="EPSG:2154")


LONGER = {
    "first row": ("a;b\n1;2;3\n4;5\n", "line 2 3 cells"),
    "second row": ("a;b\n1;2\n4;5;6\n", "line 3 3 cells"),
    "every row": ("a;b\n1;2;3\n4;5;6\n", "line 2 3 cells, line 3 3 cells"),
    "much longer": ("a;b\n1;2\n4;5;6;7;8;9\n", "line 3 6 cells"),
    "quoted": ('a;b\n"1;0";2;3\n4;5\n', "line 2 3 cells"),
    "under a separator line": ("sep=;\na;b\n1;2;3\n", "line 3 3 cells"),
}


@pytest.mark.parametrize(("text", "said"), LONGER.values(), ids=LONGER)
def test_row_longer_than_the_header_is_refused_and_never_cut(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=rf"rows of unequal length .*{said}") as error:
        read_delimited("t.csv", text.encode())
    assert "des lignes de longueur inégale" in error.value.told("fr")


def test_blank_cells_beyond_the_header_are_nothing_and_missing_ones_are_told() -> None:
    raw = read_delimited("t.csv", b"a;b\n1;2;;\n3\n\n5;6\n")
    assert raw.table.fillna("").to_numpy().tolist() == [["1", "2"], ["3", ""], ["5", "6"]]
    assert raw.notes == (
        (
            "t.csv: 1 row has fewer cells than the header has columns (2): "
            "what is missing at its end is taken as blank (line 3)."
        ),
    )


def test_unquoted_hours_and_figures_are_not_cut(tmp_path: Path) -> None:
    hours = "id;nom;insee;longitude;latitude;hours\n1;A;02173;3.21;49.61;Mo-Fr 09:00-12:00; Sa 09:00-12:00\n"
    with pytest.raises(SourceError, match="unequal length"):
        read_services(put(tmp_path, hours), category="france_services")
    with pytest.raises(SourceError, match="unequal length"):
        residents(tmp_path, "id,x,y,population\n1,715000,6945000,1,234\n2,715000,6945000,2,345\n")


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n", "mixed"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_line_ends_of_every_maker_and_encodings_with_a_mark(ends: str, encoding: str) -> None:
    lines = ["id;nom", "1;Chauny", "2;La Fère", "3;Tergnier"]
    text = "".join(line + end for line, end in zip(lines, ["\r", "\n", "\r\n", "\r"], strict=True))
    text = text if ends == "mixed" else ends.join(lines) + ends
    content = text.encode(encoding)
    raw = read_delimited("t.csv", content, "utf-16-le" if encoding == "utf-16-le" else None)
    assert raw.table.to_numpy().tolist() == [["1", "Chauny"], ["2", "La Fère"], ["3", "Tergnier"]]
    assert list(raw.lines) == ["line 2", "line 3", "line 4"]


ACCENTS = "id;nom\n1;École élémentaire à La Fère\n2;LYCÉE GAY-LUSSAC\n3;Crèche – l’Île\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-16-le", "t.csv was read as UTF-16, of which it has no mark."),
        ("utf-16-be", "t.csv was read as UTF-16, of which it has no mark."),
        ("mac_roman", "t.csv was read as Mac OS Roman: French words come out in it, and not in Windows-1252."),
        ("cp850", "t.csv was read as CP850 (MS-DOS): French words come out in it, and not in Windows-1252."),
        ("cp1252", "t.csv was read as Windows-1252."),
    ],
)
def test_encodings_without_a_mark_are_told_by_french_words(tmp_path: Path, encoding: str, told: str) -> None:
    text = ACCENTS if encoding != "cp850" else ACCENTS.replace(" – ", " - ").replace("’", "'")
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    raw = read_table(path)
    assert raw.table["nom"].tolist() == [line.partition(";")[2] for line in text.split("\n")[1:-1]]
    assert list(raw.notes) == [told]


def test_names_of_other_countries_are_no_french_of_an_old_mac(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("id;nom\n1;Žižkov\n2;Café Šašek, 3 €\n3;…\n".encode("cp1252"))
    assert read_table(path).table["nom"].tolist() == ["Žižkov", "Café Šašek, 3 €", "…"]


BROKEN = {
    "stray byte": (b"id;nom\n1;F\xc3\xa8re\n2;Chau\xffny\n", r"0xff at line 3, column 7"),
    "stray byte, Mac": (b"id;nom\r1;F\xc3\xa8re\r2;Chau\xffny\r", r"0xff at line 3, column 7"),
    "NUL": (b"id;nom\n1;Ch\0auny\n", r"NUL byte at line 2, column 5"),
    "header again": (b"id;nom\n1;A\nid;nom\n2;B\n", r"header again in line 3"),
    "column twice": (b"id;nom;id\n1;A;2\n", r"column 'id' twice"),
    "open quote": (b'id;nom;x\n1;"A;3\n2;B;4\n', r"quotation mark"),
    "two open quotes": (b'id;nom;x\n1;"A;3\n2;"B;4\n5;C;6\n', r"quotation mark opened in line 2"),
    "lines taken in": (b'id;nom;x\n1;"A;3\n2;B;4\n5;C";6\n', r"quotation mark opened in line 2"),
    "neither encoding": (b"id;nom\n1;\x81\xe9\n", r"neither UTF-8 nor Windows-1252.*line 2, column 3"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_broken_csv_is_refused_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said) as error:
        read_delimited("t.csv", content)
    assert error.value.told("fr") != str(error.value)


def test_quoted_cell_may_hold_line_ends_and_separators() -> None:
    raw = read_delimited("t.csv", b'id;nom;x\n1;"rue A; bis\n2e ""etage""";3\n4;B;5\n')
    assert raw.table["nom"].tolist() == ['rue A; bis\n2e "etage"', "B"]


def test_columns_beyond_the_stated_most_are_refused_at_once() -> None:
    for count in (100_000, 1_000_000):
        names = ";".join(f"c{number}" for number in range(count)).encode()
        start = time.process_time()
        with pytest.raises(SourceError, match=r"has \d+ columns, more than the 16384"):
            read_delimited("t.csv", names + b"\n" + b"1;" * (count - 1) + b"1\n")
        assert time.process_time() - start < 10


def test_blank_cell_does_not_make_a_column_text(tmp_path: Path) -> None:
    read = residents(tmp_path, "id;population;x;y;age_75_over\n1;5;715000;6945000;\n2;6;715000;6945000;3\n")
    assert read["age_75_over"].dtype == np.float64
    assert read["age_75_over"].isna().tolist() == [True, False]
    assert read["age_75_over"].iloc[1] == 3


# What a column comes to: all values together tell how it is written.
NUMBERS = {
    "French decimal": (["3,25", "49,6"], [3.25, 49.6]),
    "English decimal": (["3.25", "49.6"], [3.25, 49.6]),
    "both decimals": (["3,25", "49.6"], [3.25, 49.6]),
    "blanks": (["1 234,5", "1\u202f200", "7"], [1234.5, 1200, 7]),
    "French with points": (["1.234,5", "1.200"], [1234.5, 1200]),
    "English with commas": (["1,234.5", "1,200"], [1234.5, 1200]),
    "English millions": (["6,945,000", "1,200"], [6_945_000, 1200]),
    "points of millions": (["6.945.000", "1.200"], [6_945_000, 1200]),
    "decimal told by a nought": (["0,125", "1,200"], [0.125, 1.2]),
    "decimal told by four figures": (["1200,125"], [1200.125]),
    "decimal told by another": (["1,200", "3,5"], [1.2, 3.5]),
    "point alone": (["1.200", "3.125"], [1.2, 3.125]),
    "negative": (["-3,2", "+1"], [-3.2, 1]),
    "two ways": (["1,200", "800"], "number_two_ways"),
    "two ways, with a point": (["1,200", "3.5"], "number_two_ways"),
    "two ways, points and commas": (["3,25", "1.234"], "number_two_ways"),
    "two ways, blanks": (["1 200", "1,200"], "number_two_ways"),
    "contradiction": (["1,234.5", "1.234,5"], "number_unreadable"),
    "no groups of three": (["12 34"], "number_unreadable"),
    "word": (["3", "trois"], "number_unreadable"),
    "too large": (["1e400", "3"], "number_unreadable"),
}


@pytest.mark.parametrize(("written", "right"), NUMBERS.values(), ids=NUMBERS)
def test_whole_column_tells_how_its_numbers_are_written(written: list[str], right: object) -> None:
    read = read_numbers(pd.Series(written))
    assert (read.key or read.numbers.tolist()) == right
    assert bool(read.key) == read.bad.any()


def test_degrees_have_no_thousands() -> None:
    assert read_numbers(pd.Series(["3,252", "49,612"]), degrees=True).numbers.tolist() == [3.252, 49.612]


ENGLISH = {
    "population": ("id;population;x;y\n1;1,234;715000;6945000\n", r"'population' may be .*line 2 '1' \('1,234'\)"),
    "ages": ("id;population;age_0_14;x;y\n1;9;1,234;715000;6945000\n", r"'age_0_14' may be .*write 1234 .*1\.234"),
    "x": ("id;population;x;y\n1;5;715,000;6945000\n", r"'x' may be read two ways.*'715,000'.*write 715000"),
}


@pytest.mark.parametrize(("text", "said"), ENGLISH.values(), ids=ENGLISH)
def test_english_thousands_are_refused_and_not_made_thousandths(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TableError, match=said) as error:
        residents(tmp_path, text)
    assert "deux façons" in error.value.told("fr")


@pytest.mark.parametrize("y", ["6,945,000", "6945,000"])
def test_capacity_and_coordinates_in_english_are_refused(tmp_path: Path, y: str) -> None:
    path = put(tmp_path, f"id;nom;insee;X_L93;Y_L93;capacite\n1;A;02173;715,000;{y};1,200\n")
    with pytest.raises(TableError, match=r"'capacity' may be read two ways.*'x' may be read two ways"):
        read_services(path, category="pharmacy")


def test_what_was_taken_is_told_and_what_cannot_be_told_stays_text(tmp_path: Path) -> None:
    head = "id;nom;insee;longitude;latitude;capacite;surface\n"
    rows = "1;A;02173;3,21;49,61;1,200;1,200\n2;B;02173;3,22;49,62;0,5;800\n"
    read = read_services(put(tmp_path, head + rows), category="pharmacy")
    assert read["capacity"].tolist() == [1.2, 0.5]
    assert read["surface"].tolist() == ["1,200", "800"]
    notes = " ".join(read.attrs["read_notes"])
    assert "commas in 'capacity' are taken as decimal" in notes
    assert "'surface' may be read two ways" in notes


ODD = (b"a;b\n", b"a\n1\n", b";;\n;;\n", b'"a;b\n1;2\n', b"a;b\n" + b"x" * 200_000, b'a;b\n"' + b"x" * 200_000)


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_every_refusal_names_the_file(content: bytes) -> None:
    with suppress(SourceError):
        read_delimited("t.csv", content)
    if content.endswith(b"x"):
        return
    with pytest.raises(SourceError, match="t.csv"):
        read_delimited("t.csv", content)


@pytest.mark.parametrize(
    ("values", "taken"),
    [(["1.234", "345"], "numbers_points"), (["1.234", "345.5"], ""), (["1.234", "0.345"], ""), (["1234", "345"], "")],
)
def test_points_that_may_separate_thousands_are_decimal_and_said(values, taken) -> None:
    read = read_numbers(pd.Series(values))
    assert read.numbers.tolist() == [float(value) for value in values]
    assert (read.taken, read.key) == (taken, "")
    assert read_numbers(pd.Series(values), degrees=True).taken == ""
