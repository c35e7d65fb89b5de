"""No cell of a CSV that is written runs in a spreadsheet; numbers and plain text stay as they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accessmap.studyfile import write_csv

HOSTILE = ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(A1)", "\uff1d1+1"]


@pytest.mark.parametrize("french", [True, False])
def test_hostile_text_is_neutralised_everywhere(tmp_path: Path, french: bool) -> None:
    table = pd.DataFrame(
        {"=name": HOSTILE, "kind": pd.Categorical(HOSTILE), "n": [-3.2] * len(HOSTILE)},
        index=pd.Index(HOSTILE, name="@id"),
    )
    path = write_csv(table, tmp_path / "a.csv", french=french)
    options = {"sep": ";", "decimal": ",", "encoding": "utf-8-sig"} if french else {}
    read = pd.read_csv(path, **options)
    assert read.columns.tolist() == ["'@id", "'=name", "kind", "n"]
    for column in ("'@id", "'=name", "kind"):
        assert all(value.startswith("'") for value in read[column])
    assert set(read["n"]) == {-3.2}


def test_two_levels_of_rows_and_of_columns(tmp_path: Path) -> None:
    rows = pd.MultiIndex.from_tuples([("=a", 1), ("b", -2)], names=["zone", "=n"])
    columns = pd.MultiIndex.from_tuples([("=x", "car"), ("y", "walk")])
    text = write_csv(pd.DataFrame([[1, 2], [3, 4]], index=rows, columns=columns), tmp_path / "a.csv").read_text()
    assert text == ",,'=x,y\n,,car,walk\nzone,'=n,,\n'=a,1,1,2\nb,-2,3,4\n"


def test_harmless_tables_are_written_as_pandas_does(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"name": ["Chauny", None], "text": ["-3.2", "+1,5"], "mixed": [-1, "x"], "x": [-1e-05, 2], "yes": [True, False]}
    )
    written = write_csv(table.astype({"mixed": object}), tmp_path / "a.csv").read_text()
    assert written == table.to_csv(lineterminator="\n")
