"""The 90 % band holds 90 % of the published minutes of départements to which nothing was fitted."""

import sys
from pathlib import Path

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
