"""Values by commune of another year, brought to the communes of today."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import accessmap as am
from accessmap.errors import OptionError, SourceError, TableError
from accessmap.read.codes import merged_communes

COLUMNS = ["MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "LIBELLE_AV", "TYPECOM_AP", "COM_AP", "LIBELLE_AP"]


def moves(*rows: tuple[str, ...]) -> pd.DataFrame:
    full = [(mod, day, "COM", before, "", "COM", after, "") for mod, day, before, after in rows]
    return am.codes.read(pd.DataFrame(full, columns=COLUMNS))


# Les Essarts took in three in 2016, two of which stand alone again since 2024 (85084, 85165 L'Oie, 85212).
ESSARTS = moves(
    *[("32", "2016-01-01", code, "85084") for code in ("85084", "85030", "85165", "85212")],
    *[("21", "2024-01-01", "85084", code) for code in ("85084", "85165", "85212")],
)


def test_people_of_merged_communes_add_up_and_it_is_said():
    found = am.codes.to_current(pd.Series({"02301": 300, "02018": 1900, "02173": 9}), 2013)
    assert found.to_dict() == {"02018": 2200, "02173": 9}
    assert found.attrs["read_notes"][0].told("fr").startswith("1 commune issue de fusion, valeurs additionnées")


def test_a_code_that_changed_has_its_new_one():
    found = am.codes.to_current(pd.Series({"69159": 4.0}), 2020)  # Porte des Pierres Dorées
    assert found.to_dict() == {"69114": 4.0}
    assert "69159 → 69114" in found.attrs["read_notes"][0]


def test_a_share_is_averaged_by_weight_and_what_is_unknown_stays_so():
    share, people = pd.Series({"02018": 0.5, "02301": 1.0, "02173": np.nan}), pd.Series({"02018": 300, "02301": 100})
    found = am.codes.to_current(share, 2013, how="mean", weights=people)
    assert found["02018"] == 0.625
    assert np.isnan(found["02173"])
    assert np.isnan(am.codes.to_current(pd.Series({"02018": 1.0, "02301": np.nan}), 2013)["02018"])


@pytest.mark.parametrize("table", [None, ESSARTS])
def test_a_commune_split_since_is_refused_without_a_rule(table):
    people = pd.Series({"85084": 9000.0})
    with pytest.raises(TableError, match="85084 was split after 2020"):
        am.codes.to_current(people, 2020, moves=table)
    today = pd.Series({"85084": 6000, "85165": 1500, "85212": 1500})
    found = am.codes.to_current(people, 2020, moves=table, split_by=today)
    assert found.to_dict() == {"85084": 6000, "85165": 1500, "85212": 1500}
    assert "shared by people" in found.attrs["read_notes"][0]


def test_parts_that_have_rows_of_their_own_are_not_split_again():
    before = pd.Series({"85084": 5000, "85030": 700, "85165": 1200, "85212": 1400})
    assert am.codes.to_current(before, 2013).to_dict() == {"85084": 5700, "85165": 1200, "85212": 1400}
    after = pd.Series({"85084": 6000, "85165": 1500, "85212": 1500})
    assert am.codes.to_current(after, 2025, moves=ESSARTS).to_dict() == after.to_dict()


def test_movements_are_followed_by_their_dates():
    chain = moves(
        ("32", "2016-01-01", "01001", "01002"),
        ("32", "2016-01-01", "01002", "01002"),
        ("50", "2019-01-01", "01002", "01003"),
    )
    people = pd.Series({"01001": 1, "01002": 2})
    assert am.codes.to_current(people, 2015, moves=chain).to_dict() == {"01003": 3}
    assert am.codes.to_current(pd.Series({"01002": 2}), 2016, moves=chain).to_dict() == {"01003": 2}
    assert am.codes.to_current(pd.Series({"01002": 2}), 2019, moves=chain).to_dict() == {"01002": 2}


@pytest.mark.parametrize("day", ["2019-01-01", "20190101", "01/01/2019"])
def test_dates_of_every_edition(day):
    assert moves(("32", day, "02301", "02018"))["date"].iloc[0] == pd.Timestamp(2019, 1, 1)


def test_delegated_communes_move_no_code():
    rows = [
        ("32", "2019-01-01", "COM", "02301", "", "COMD", "02301", ""),
        ("32", "2019-01-01", "COM", "02301", "", "COM", "02018", ""),
    ]
    assert am.codes.read(pd.DataFrame(rows, columns=COLUMNS))["after"].tolist() == ["02018"]


def test_what_is_no_table_of_movements_is_refused():
    with pytest.raises(SourceError, match="no table of movements"):
        am.codes.read(pd.DataFrame({"COM": ["02173"], "PMUN": [9]}))
    with pytest.raises(SourceError, match="no date"):
        moves(("32", "bientôt", "02301", "02018"))


def test_slips_are_refused():
    with pytest.raises(TableError, match="stands twice"):
        am.codes.to_current(pd.Series([1, 2], index=["02173", "02173"]), 2013)
    with pytest.raises(TableError, match="numbers are needed"):
        am.codes.to_current(pd.Series(["a"], index=["02173"]), 2013)
    with pytest.raises(OptionError, match="weights"):
        am.codes.to_current(pd.Series([1], index=["02173"]), 2013, how="mean")


@given(st.lists(st.sampled_from([*sorted(merged_communes())[::97], "02173", "02018"]), unique=True, min_size=1))
def test_nobody_is_lost(codes):
    people = pd.Series(range(1, len(codes) + 1), index=codes)
    assert am.codes.to_current(people, 2026).sum() == people.sum()
