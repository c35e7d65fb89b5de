"""Non-communications of BD TOPO: names of columns, exits that fork or follow one another, what is read two ways."""

import itertools

import pandas as pd
import pytest

from accessmap.errors import SourceError
from accessmap.roads.readers.bdtopo_turns import Row, forbidden, rows_of_table

# A crossroads at 0: roads a (from 1), b (to 2), c (to 3); d goes on from 2 to 4; e and f are two ways from 5 to 6.
WAYS = {"a": [[1, 10, 0]], "b": [[0, 2]], "c": [[3, 0]], "d": [[2, 20, 4]], "e": [[5, 6]], "f": [[5, 7, 6]]}
LEGS = [leg for lines in WAYS.values() for line in lines for leg in itertools.pairwise(line)]
STEPS = {*LEGS, *((v, u) for u, v in LEGS)}


@pytest.mark.parametrize(
    ("entry", "exits", "found"),
    [
        ("a", ("b",), {(10, 0, 2)}),
        ("a", ("b", "c"), {(10, 0, 2), (10, 0, 3)}),  # both begin at the junction
        ("a", ("b", "d"), {(10, 0, 2, 20)}),  # one follows the other
        ("c", ("a",), {(3, 0, 10)}),  # however the roads are drawn
        ("d", ("b", "c"), {(20, 2, 0, 3)}),
        ("a", ("d",), set()),  # do not meet
        ("a", ("z",), set()),  # not in the file
        ("z", ("a",), set()),
        ("a", (), set()),
        ("e", ("f",), set()),  # meet at both ends: at which is not said
    ],
)
def test_which_turns_a_row_forbids(entry: str, exits: tuple[str, ...], found: set[tuple[int, ...]]) -> None:
    told, silent = forbidden([Row("n", entry, exits)], WAYS, STEPS)
    assert {nodes for nodes, _ in told} == found
    assert silent == (not found)


def test_a_turn_that_cannot_be_driven_anyway_forbids_nothing() -> None:
    assert forbidden([Row("n", "a", ("b",))], WAYS, STEPS - {(0, 2)}) == ([], 1)


@pytest.mark.parametrize(
    "names",
    [
        ("cleabs", "lien_vers_troncon_entree", "liens_vers_troncon_sortie"),  # 3, GeoPackage
        ("ID", "ID_TR_ENT", "ID_TR_SOR"),
        ("ID", "LIEN_TR_E", "LIENS_TR_S"),
        ("ID", "TRONC_ENT", "TRONC_SOR"),
    ],
)
def test_the_columns_are_known_by_any_of_their_names(names: tuple[str, str, str]) -> None:
    table = pd.DataFrame([["N1", "TRON1", "TRON2/TRON3"], ["N2", None, ""]], columns=names).assign(date_creation="2006")
    assert rows_of_table(table, "t") == [Row("N1", "tron1", ("tron2", "tron3")), Row("N2", "", ())]


def test_a_table_without_both_columns_is_refused() -> None:
    with pytest.raises(SourceError, match="is no table of non-communications"):
        rows_of_table(pd.DataFrame({"cleabs": ["a"], "lien_vers_troncon_entree": ["b"]}), "t")
