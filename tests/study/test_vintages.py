"""The date of every table of a study, by category of services."""

import pytest

import accessmap as am
from accessmap.errors import StudyError
from accessmap.provenance import Provenance, Source
from accessmap.studyfile import load_study

TOML = """
[study]
territory = ["CC du Pays Noyonnais"]
[communes]
sample = true
[[services]]
sample = true
category = "mairie"
[[services]]
path = "doctors.csv"
category = "general_practitioner"
source = { title = "Médecins", publisher = "CNAM", vintage = "2013" }
"""


def test_one_file_behind_two_tables_is_one_source():
    doctors = Source("BPE", "INSEE", "LO", "2013", of=("services.general_practitioner",))
    pharmacies = Source("BPE", "INSEE", "LO", "2013", of=["services.pharmacy"])
    both = Provenance((doctors,)) + Provenance((pharmacies,))
    assert [source.of for source in both.sources] == [("services.general_practitioner", "services.pharmacy")]
    assert both == Provenance(
        (Source("BPE", "INSEE", "LO", "2013", of=("services.general_practitioner", "services.pharmacy")),)
    )


def test_each_category_has_the_date_of_its_file(tmp_path):
    (tmp_path / "doctors.csv").write_text("service_id,name,commune\nd1,Docteur A,60471\n", encoding="utf-8")
    (tmp_path / "study.toml").write_text(TOML, encoding="utf-8")
    study = load_study(tmp_path / "study.toml")
    assert study.vintage("services", "general_practitioner") == "2013"
    assert study.vintage("services", "mairie") == "2026"
    assert study.vintage("residents") == "2023"
    assert study.vintage("services") == "2013, 2026"
    again = am.load_study(study.save(tmp_path / "kept"))
    assert again.vintages.equals(study.vintages)


def test_a_table_whose_date_nobody_says_has_none():
    sample = am.load_sample()
    bare = am.Study(sample.communes, sample.residents, sample.services, sample.network)
    dates = bare.vintages.set_index("table")["vintage"]
    assert dates[["communes", "residents", "services"]].isna().all()
    assert dates["roads"] == "2026"
    assert bare.vintage("services", "hospital") == ""


# ---------------------------------------------------------------- two dates side by side


def test_two_dates_have_the_sentences_of_a_scenario():
    now = am.load_sample()
    before = now.scenarios["2017"].apply(now)
    result = am.compare_studies({"2017": before, "2024": now}, category="france_services")
    assert list(result) == ["2017", "2024"]
    back = am.compare(now.scenarios["2017"], now, category="france_services")
    assert result["2017"].equals(back["2017"].rename("2017"))
    inside = result[now.inside]
    told = am.sentences.winners_and_losers(inside, now.residents, scenario="2024", baseline="2017", minutes=10)
    lost = am.sentences.winners_and_losers(back[now.inside], now.residents, scenario="2017", minutes=10, lang="en")
    assert "gagnent plus de 10" in told[0]
    gain = am.winners_and_losers(inside, now.residents, baseline="2017")["gain"].sum()
    assert gain == am.winners_and_losers(back[now.inside], now.residents)["lose"].sum()
    assert "Nobody gains" in lost[0]


def test_people_of_the_last_date_are_counted_over_the_services_of_each():
    now = am.load_sample()
    fewer = now.residents.assign(population=1.0).iloc[::2]
    before = am.Study(now.communes, fewer, now.services, now.network)
    result = am.compare_studies({"2017": before, "2024": now}, category="hospital")
    assert result.index.equals(now.residents.index)
    assert result["2017"].equals(result["2024"].rename("2017"))


def test_territories_that_differ_are_refused_with_their_communes():
    now = am.load_sample()
    other = now.about([*now.communes.index[now.communes["in_territory"]][1:]], title="Less")
    with pytest.raises(StudyError, match="differ in 1 commune"):
        am.compare_studies({"2017": other, "2024": now}, category="hospital")
    with pytest.raises(StudyError, match="two studies"):
        am.compare_studies({"2024": now}, category="hospital")
    with pytest.raises(StudyError, match="hospitl"):
        am.compare_studies({"2017": now, "2024": now}, category="hospitl")
