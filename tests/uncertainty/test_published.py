"""The 90 % band holds 90 % of the published minutes of the half of the départements that the fit leaves aside."""

import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


@pytest.mark.slow
def test_the_band_holds_the_published_minutes_of_departements_not_used_to_fit(data_folder):
    from departements import published
    from uncertainty import bands, halves

    parts = halves(published(data_folder))
    assert not set(parts["fit"]) & set(parts["test"])
    table = bands(data_folder, parts["test"])
    share = table["held"].mean()
    assert len(table) == 50
    assert share >= 0.9, f"{share:.0%} are held: {table}"
    assert (table["low"] < table["ours"]).all()


def test_the_halves_go_by_the_hash_of_the_code_and_the_fit_takes_the_narrowest_that_holds_its_share():
    from uncertainty import fitted, halves

    codes = [f"{number:02}" for number in range(1, 11)]
    parts = halves(pd.Series(1.0, pd.MultiIndex.from_product([codes, ["cinema"]], names=["dep", "category"])))
    order = sorted(codes, key=lambda code: sha256(code.encode()).hexdigest())
    assert (set(parts["fit"]), set(parts["test"])) == (set(order[:5]), set(order[5:]))
    pairs = {(0.1, 1.2): (1, 1.5), (0.2, 0.8): (2, 3), (0.2, 1.2): (2, 5)}  # held of two, and high when low is 1
    rows = {(*pair, f"0{k}", "cinema"): (1.0, high, k < held) for pair, (held, high) in pairs.items() for k in (0, 1)}
    index = pd.MultiIndex.from_tuples(rows, names=["network", "turnover", "dep", "category"])
    told, pair = fitted(pd.DataFrame(list(rows.values()), index, ["low", "high", "held"]))
    assert pair == (0.2, 0.8)
    assert told["held"].to_list() == [0.5, 1.0, 1.0]
    assert told["wide"].to_list() == pytest.approx([1.5, 3.0, 5.0])
