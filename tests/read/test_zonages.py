"""Zonages of communes as their publishers describe them, and results told by them."""

import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import SourceError
from tests.read.test_companions import notes, squares

ZRR = {"CODGEO": ["02001", "02173", "02304"], "ZRR_SIMP": ["C  Classée en ZRR", "NC  Commune non classée", "P  Partie"]}
ANCT = {"insee_com": ["02001", "02173"], "id_acv": [None, "acv-32-1"], "id_pvd": ["pvd-1", None], "id_va": [None, None]}
QPV = {"code_qp": ["QN002", "QN003"], "lib_qp": ["Résidence", "Centre"], "insee_com": ["02173, 02304", "02173"]}


def test_a_table_of_classes_has_true_and_false():
    found = am.read.zonages(pd.DataFrame(ZRR))
    assert found["zrr"].to_dict() == {"02001": True, "02173": False, "02304": True}
    assert "1 commune is in zrr in part alone" in notes(found)


@pytest.mark.parametrize(
    ("word", "inside"), [("FRR socle", True), ("FRR+", True), ("Non classée", False), ("NC", False)]
)
def test_frr(word, inside):
    table = pd.DataFrame({"code_insee": ["2001"], "classement_frr": [word]})
    assert am.read.zonages(table)["frr"].to_dict() == {"02001": inside}


def test_programmes_and_quarters():
    found = am.read.zonages(pd.DataFrame(ANCT))
    assert found["acv"].to_dict() == {"02001": False, "02173": True}
    assert found["pvd"].to_dict() == {"02001": True, "02173": False}
    assert not found["village_avenir"].any()
    assert am.read.zonages(pd.DataFrame(QPV))["qpv"].to_dict() == {"02173": True, "02304": True}


def test_communes_have_the_flags_and_a_list_says_who_is_out():
    table = squares("02001", "02018", "02173", "02305", PMUN=[1, 2, 3, 4])
    classes = pd.DataFrame({"CODGEO": ["02001", "02301", "02173"], "ZRR_SIMP": ["C", "C", "NC"]})
    communes = am.read_communes(table, zonages=[classes, pd.DataFrame(QPV)])
    assert communes["zrr"][:3].to_dict() == {"02001": True, "02018": True, "02173": False}
    assert pd.isna(communes.loc["02305", "zrr"])
    assert communes["qpv"].to_dict() == {"02001": False, "02018": False, "02173": True, "02305": False}
    assert "02301 → 02018" in notes(communes)
    assert "zrr is not known of 1 commune" in notes(communes)


def test_results_are_told_by_a_flag():
    residents = pd.DataFrame({"commune": ["a", "a", "b", "c"], "population": [10, 10, 20, 5]})
    flag = pd.Series([True, False, pd.NA], index=["a", "b", "c"], name="frr", dtype="boolean")
    people = am.imbalance.people_by(flag, residents)
    told = am.imbalance.split(pd.Series([4.0, 8.0, 3.0, 1.0]), people)
    assert told["value"].to_dict() == {"frr": 6.0, "not frr": 3.0, "unknown": 1.0}
    assert told["people"].sum() == 45


def test_what_tells_no_zonage_is_refused():
    with pytest.raises(SourceError, match="no column tells a zonage"):
        am.read.zonages(pd.DataFrame({"insee_com": ["02173"], "nom": ["Chauny"]}))
    with pytest.raises(SourceError, match="no code of communes"):
        am.read.zonages(pd.DataFrame({"nom": ["Chauny"], "zrr": ["C"]}))


def test_shapes_of_communes_are_kept():
    communes = am.read_communes(squares("02173", PMUN=[3]), zonages=pd.DataFrame(QPV))
    assert isinstance(communes.geometry.iloc[0], shapely.Polygon)
