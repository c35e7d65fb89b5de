"""Published figures set beside one's own: INSEE's minutes by département, DREES's APL by commune."""

import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import SourceError


def test_the_published_minutes_of_the_aisne(data_folder):
    found = am.read.reference(data_folder / "france" / "access_minutes_2023.csv")
    france = found[found["level"] == "france"].set_index("category")["value"]
    aisne = found[found["code"] == "02"].set_index("category")["value"]
    assert len(france) == 6
    assert aisne["gendarmerie"] == pytest.approx(6.96854643923737)
    assert set(found["measure"]) == {"minutes"}


def test_the_apl_of_the_aisne(data_folder):
    found = am.read.reference(data_folder / "pays-chaunois" / "apl_generalistes_2022.csv")
    assert set(found["category"]) == {"general_practitioner"}
    assert set(found["vintage"]) == {"2022"}
    assert found.set_index("code").loc["02001", "value"] == 3.07  # and not 2.856, that of doctors under 65
    own = pd.Series({"02001": 3.0, "02173": 2.0, "99999": 1.0})
    table = am.read.beside(own, found, category="general_practitioner")
    assert table.loc["02001", "difference"] == pytest.approx(-0.07)
    assert pd.isna(table.loc["99999", "published"])


def test_an_apl_of_several_merged_communes_is_not_made_up():
    table = pd.DataFrame({"codgeo": ["02018", "02301"], "APL aux médecins généralistes": ["2,5", "1,5"]})
    found = am.read.reference(table)
    assert pd.isna(
        am.read.beside(pd.Series({"02018": 2.0}), found, category="general_practitioner")["published"].iloc[0]
    )


def test_what_is_neither_is_refused():
    with pytest.raises(SourceError, match="neither published minutes"):
        am.read.reference(pd.DataFrame({"codgeo": ["02173"], "pop": [3]}))
    with pytest.raises(SourceError, match="not made of numbers"):
        am.read.reference(pd.DataFrame({"codgeo": ["02173"], "apl_dentistes": ["beaucoup"]}))
