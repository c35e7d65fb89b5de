"""The date of every table of a study, by category of services."""

import accessmap as am
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
