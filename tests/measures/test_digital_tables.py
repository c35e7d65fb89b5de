"""The contract of the digital table: what is refused, and what is told about it."""

import numpy as np
import pandas as pd
import pytest

from accessmap.errors import TableError
from accessmap.tables.contracts import RATES, check_digital

COMMUNES = pd.DataFrame(index=pd.Index(["01004", "02159", "02173", "02395"], name="code"))


def table(*codes, **columns):
    return pd.DataFrame(columns, index=pd.Index(list(codes), name="code"))


def problems(digital, communes=None, **options):
    with pytest.raises(TableError) as caught:
        check_digital(digital, communes, **options)
    return caught.value.problems


def test_a_table_in_the_contract_passes_with_unknown_rates_and_counts():
    digital = table(
        *("02159", "02173"),
        premises=[150, np.nan],
        fibre=[0.899, np.nan],
        very_high_speed=[0.95, np.nan],
        mobile_4g=[1.0, 0.0],
        fibre_premises=[135, np.nan],
        median_income=[20_810, 19_000],
    )
    before = digital.copy()
    check_digital(digital, COMMUNES)
    pd.testing.assert_frame_equal(digital, before)


def test_zones_that_are_no_communes_pass_where_nobody_says_they_are():
    check_digital(table("1004", "2173", fibre=[0.1, 0.2]))
    check_digital(table("CRS3035RES1000mN2967000E3827000", fibre=[0.5]))


def test_a_percentage_is_told_by_row_value_and_remedy():
    (told,) = problems(table("02159", "02173", fibre=[89.9, 100.0]))
    assert told == (
        "'fibre' is over 1 in 2 rows: '02159' (89.9), '02173' (100): "
        "give a share 0-1: 100 looks like a percentage, divide by 100."
    )


def test_a_rate_of_103_is_wrong_even_as_a_percentage():
    (told,) = problems(table("02159", fibre=[103.0]))
    assert "'02159' (103)" in told
    assert "divide by 100, but is over 100 % even so" in told


@pytest.mark.parametrize("rate", RATES)
def test_a_negative_rate_is_told(rate):
    (told,) = problems(table("02159", **{rate: [-1.0]}))
    assert f"'{rate}' is negative in 1 row: '02159' (-1)" in told


def test_infinite_rates_text_and_truth_are_no_shares():
    assert "is infinite" in problems(table("02159", fibre=[np.inf]))[0]
    assert "is not a number" in problems(table("02159", fibre=["tout"]))[0]
    assert "is not a number" in problems(table("02159", fibre=[True]))[0]


def test_fibre_without_very_high_speed_is_a_contradiction():
    (told,) = problems(table("02159", fibre=[0.9], very_high_speed=[0.8]))
    assert "'very_high_speed' is below 'fibre' in 1 row: '02159' (0.8 and 0.9)" in told
    check_digital(table("02159", fibre=[0.9], very_high_speed=[0.9]))
    check_digital(table("02159", fibre=[0.1 + 0.2], very_high_speed=[0.3]))  # floating point is no contradiction


def test_no_rate_at_all_names_the_near_one():
    (told,) = problems(table("02159", fiber=[0.9]))
    assert "it has 'fiber'" in told
    assert "did you mean 'fibre'" in told


def test_an_unknown_commune_names_near_matches():
    (told,) = problems(table("02137", fibre=[0.9]), COMMUNES)
    assert "'02137' (did you mean '02173'" in told


def test_a_lost_zero_is_told_where_codes_are_those_of_insee():
    told = problems(table("1004", "02173", fibre=[0.9, 0.9]), COMMUNES)
    assert any("'code' has lost its leading zero in 1 row: '1004'" in one for one in told)
    assert any("did you mean '01004'" in one for one in told)
    assert "did you mean '01004'" in problems(table("1004", fibre=[0.9]), COMMUNES)[0]


def test_codes_that_are_numbers_or_twice_are_told():
    assert "'code' is a number" in problems(table(2173, fibre=[0.9]))[0]
    assert "more than once" in problems(table("02173", "02173", fibre=[0.9, 0.8]))[0]


def test_negative_premises_and_double_columns_are_told():
    assert "'premises' is negative" in problems(table("02173", fibre=[0.9], premises=[-4]))[0]
    twice = pd.DataFrame([[0.1, 0.2]], columns=["fibre", "fibre"], index=["02173"])
    assert "there twice" in problems(twice)[0]


def test_every_problem_is_told_at_once_with_the_lines_of_the_file():
    found = problems(table("02159", "99999", fibre=[103, -1]), COMMUNES, row_names=["line 2 '02159'", "line 3 '99999'"])
    assert len(found) == 3
    assert "line 3 '99999' (-1)" in " ".join(found)


def test_what_is_no_table_is_told():
    assert "DataFrame" in problems([0.5])[0]
