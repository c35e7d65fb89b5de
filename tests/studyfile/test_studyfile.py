"""study.toml: what it may say, what is said where it is wrong, and the study that it names."""

import pickle
import re
import tomllib
from pathlib import Path
from typing import get_args

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studyfiles import TOY, write_toy
from toy_transit import bus

from accessmap.cli import COMMANDS
from accessmap.dossier.results import category_of
from accessmap.errors import Problem, StudyError
from accessmap.read.territory import codes_of
from accessmap.roads.network import RoadNetwork
from accessmap.sample import sample_communes
from accessmap.study.comparison import compare_studies
from accessmap.studyfile import (
    Settings,
    StudyFileError,
    accepting,
    dossier_of,
    load_study,
    loaded,
    read_settings,
    readable_settings,
    study_text,
)
from accessmap.studyfile.communes import official_title
from accessmap.studyfile.loading import page_sentence
from accessmap.studyfile.problems import key_lines, line_of, problem, shown
from accessmap.studyfile.reading import settings_of
from accessmap.words.near import near_matches
from accessmap.words.notes import Figure, Note

ROOT = Path(__file__).parents[2]


def refused(path, text):
    """The problems of a text, by line and key."""
    with pytest.raises(StudyFileError) as error:
        settings_of(path, text)
    return error.value


# ---------------------------------------------------------------------------------------------------- lines of keys


def test_a_bracket_or_an_end_of_line_in_a_string_moves_no_line():
    text = 'a = "]"\n# [x]\nb = """\n[not]\nc = 1\n"""\nd = [\n  "]", # ]\n  2,\n]\n[e]\nf = \'#\'\n'
    assert key_lines(text) == {("a",): 1, ("b",): 3, ("d",): 7, ("e",): 11, ("e", "f"): 12}


def test_tables_of_an_array_are_counted_and_so_are_arrays_inside_them():
    text = "[[a]]\nx=1\n[[a]]\nx=2\n[[a.b]]\ny=1\n[[a.b]]\ny=2\n[a.c]\nz=1\n"
    found = key_lines(text)
    assert found["a", 0, "x"] == 2
    assert found["a", 1, "x"] == 4
    assert found["a", 1, "b", 1, "y"] == 8
    assert found["a", 1, "c", "z"] == 10


def test_a_key_inside_an_inline_table_has_the_line_of_the_table():
    assert line_of(("a", "b", "c"), key_lines("x = 1\na = { b = { c = 1 } }\n")) == 2
    assert line_of(("z",), key_lines("x = 1\n")) is None


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20) | st.lists(st.text(max_size=9)), min_size=1)
)
def test_every_key_of_any_toml_is_found(content):
    import tomli_w

    text = tomli_w.dumps({"t": content}, multiline_strings=False)
    found = key_lines(text)
    lines = text.split("\n")
    names = [key[-1] for key in found if len(key) == 2]
    assert len(names) == len(content)
    assert all(lines[line - 1] and not lines[line - 1].startswith("    ") for line in found.values())


# ---------------------------------------------------------------------------------------------------- bad settings

HEAD = "[communes]\nsample = true\n"
BAD = {
    "unknown section": ("[roadz]\nmodelled = true\n" + HEAD, ["line 1, roadz", "unknown key", '"roads"']),
    "unknown key": (HEAD + '[roads]\nmod = "car"\nmodelled = true\n', ["line 4, roads.mod", '"mode"', "Remove it"]),
    "no communes": ("[study]\n", ["communes: this key is missing"]),
    "communes without a file": ("[communes]\n", ["line 1, communes", "one of path, sample is needed"]),
    "two sources of communes": ('[communes]\nsample = true\npath = "a"\n', ["only one of path, sample"]),
    "title is a number": ("[study]\ntitle = 3\n" + HEAD, ["line 2, study.title = 3", "text in quotes"]),
    "unknown language": (
        '[study]\nlang = "fre"\n' + HEAD,
        ["line 2", '(did you mean "fr"?)', 'Take one of "fr", "en"'],
    ),
    "thresholds is no list": ("[study]\nthresholds = 10\n" + HEAD, ["study.thresholds = 10", "a list in brackets"]),
    "no thresholds": ("[study]\nthresholds = []\n" + HEAD, ["study.thresholds = []", "not empty"]),
    "threshold below 0": ("[study]\nthresholds = [10, -5]\n" + HEAD, ["study.thresholds[2] = -5", "above 0"]),
    "threshold of a day": ("[study]\nthresholds = [9999]\n" + HEAD, ["study.thresholds[1]", "1440 or less"]),
    "threshold as text": ('[study]\nthresholds = ["10"]\n' + HEAD, ['study.thresholds[1] = "10"', "a number"]),
    "threshold not finite": ("[study]\nthresholds = [inf]\n" + HEAD, ["study.thresholds[1] = inf", "a number"]),
    "sample is text": ('[communes]\nsample = "yes"\n', ['communes.sample = "yes"', "true or false"]),
    "wrong mode": (HEAD + '[roads]\npath="a.osm"\nmode = "cars"\n', ['roads.mode = "cars"', '(did you mean "car"?)']),
    "nodes alone": (HEAD + '[roads]\nnodes = "a"\nmodelled = true\n', ["nodes and edges go together"]),
    "cells of no size": (HEAD + '[residents]\npath="a"\ncell_metres = 0\n', ["cell_metres = 0", "above 0"]),
    "services as a table": (
        HEAD + '[services]\npath = "a"\n',
        ["line 3, services", "is written [[services]]"],
    ),
    "second service": (
        HEAD + '[[services]]\nsample=true\n[[services]]\ncategry="a"\n',
        ["services[2].categry", "line 6"],
    ),
    "layout": (HEAD + '[[services]]\npath="a"\nlayout = "fines"\n', ['(did you mean "finess" or ']),
    "format": (HEAD + '[dossier]\nformats = ["docx"]\n', ["dossier.formats[1]", '"csv", "gpkg", "parquet"']),
    "name with a folder": (HEAD + '[dossier]\nname = "../x"\n', ["dossier.name", "file name without a folder"]),
    "scenarios path": (HEAD + "[scenarios]\npath = 3\n", ["scenarios.path = 3"]),
    "scenario is no array": (HEAD + '[scenario]\nname = "a"\n', ["line 3, scenario", "is written [[scenario]]"]),
    "scenarios as an array": (
        HEAD + '[[scenarios]]\nname = "a"\n',
        ["line 3, scenarios", "one section [scenarios]", '"[[scenario]]"'],
    ),
    "dossier twice": (HEAD + '[[dossier]]\nname = "a"\n', ["one section [dossier], in single brackets, is expected."]),
    "sample without sample": ('[communes]\npath="a"\n[residents]\nsample = true\n', ["sample = true can only be"]),
    "not TOML": ("[communes]\npath = communes.gpkg\n", ["line 2: this is not TOML", "Text goes in quotes"]),
    "cut short": ('[communes]\npath = "a', ["line 2: this is not TOML"]),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_with_its_line_its_value_and_what_mends_it(tmp_path, case):
    text, expected = BAD[case]
    message = str(refused(tmp_path / "study.toml", text))
    assert message.startswith("study.toml: 1 problem.")
    for part in expected:
        assert part in message


@pytest.mark.parametrize("case", BAD)
def test_every_problem_is_told_in_french_too(tmp_path, case):
    told = refused(tmp_path / "study.toml", BAD[case][0]).told("fr")
    assert "1 problème." in told
    assert not any(word in told for word in (" line ", "did you mean", "expected"))


def test_all_problems_stand_in_one_message_in_the_order_of_the_file(tmp_path):
    text = '[study]\ntitel = "a"\nlang = "de"\n[communes]\npath = 3\n[dossier]\nout = 1\n'
    problems = refused(tmp_path / "study.toml", text).problems
    assert [problem.where.line for problem in problems] == [2, 3, 5, 7]


def test_an_error_of_a_study_file_survives_pickling(tmp_path):
    error = refused(tmp_path / "study.toml", "[study]\n")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    other = pickle.loads(pickle.dumps(StudyError(Problem("studyfile_no_way", start="a", end="b"))))
    assert str(other).startswith("no way from a to b")


def test_a_file_that_is_not_there_or_not_utf8_is_told(tmp_path):
    with pytest.raises(StudyFileError, match="there is no .*accessmap new"):
        read_settings(tmp_path / "study.toml")
    with pytest.raises(StudyFileError, match="cannot be read"):
        read_settings(tmp_path)
    (tmp_path / "study.toml").write_bytes(b'[study]\ntitle = "La F\xe8re"\n')
    with pytest.raises(StudyFileError, match="line 2: the file is not in UTF-8"):
        read_settings(tmp_path / "study.toml")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes('\ufeff[study]\r\ntitle = "a"\r\n[communes]\r\nsample = true\r\n'.encode())
    assert read_settings(path).settings.study.title == "a"
    assert read_settings(path).line("communes", "sample") == 4


def test_values_are_shown_on_one_line_and_cut_where_they_are_long():
    assert shown(["a"] * 99).endswith("…")
    assert len(shown("x" * 500)) == 60
    assert shown({"a": 1}) == ""
    assert "\n" not in shown("a\nb")


def test_near_matches_know_accents_and_parts_of_names():
    assert near_matches("la fere", ["La Fère", "Laon"])[0] == "La Fère"
    assert near_matches("chateau thierry", ["CA de la Région de Château-Thierry"]) != ()
    assert near_matches("zzz", ["Laon"]) == ()


# ---------------------------------------------------------------------------------------------------- bad data


@pytest.fixture
def toy(toy_study, tmp_path):
    return write_toy(toy_study, tmp_path)


def test_people_of_a_file_are_brought_to_the_legal_population_where_it_is_asked(toy):
    path = toy.parent / "residents.csv"
    table = pd.read_csv(path, dtype=str)
    table.assign(population=table["population"].astype(float) * 1.5).to_csv(path, index=False)
    assert loaded(read_settings(toy)).study.people.sum() == 225
    toy.write_text(toy.read_text("utf-8").replace('"residents.csv"', '"residents.csv"\ncalibrate = true'), "utf-8")
    found = loaded(read_settings(toy)).study
    assert (found.counted["population"] == found.counted["population_legal"]).all()
    assert found.people.sum() == 150
    assert found.provenance.parameters["population"].startswith("people of the file brought")


NODES = 'nodes = "nodes.csv"\nedges = "edges.csv"'
SERVICES = TOY[TOY.index("[[services]]") : TOY.index("[roads]")]


# What is changed in the toy study, into what, and what the message must hold.
def test_people_far_from_the_legal_population_are_doubted(toy):
    file = toy.with_name("residents.csv")
    table = pd.read_csv(file, dtype={"commune": str})
    legal = load_study(toy).counted.query("in_territory")["population_legal"].sum()
    for times, cautions in ((1.9, 0), (3, 1), (0.6, 0), (0.001, 1)):
        people = table["population"] * times * legal / load_study(toy).people.sum()
        table.assign(population=people).to_csv(file, index=False)
        assert sum("population légale" in each for each in load_study(toy).cautions) == cautions
        table.to_csv(file, index=False)


BAD_DATA = {
    "logo": (
        'formats = ["csv"]',
        'logo = "edges.csv"',
        "dossier.logo|edges.csv is neither a PNG nor a JPEG nor an SVG",
    ),
    "lost logo": ('formats = ["csv"]', 'logo = "lost.png"', "dossier.logo|lost.png"),
    "colour": ('formats = ["csv"]', 'colour = "blue"', "dossier.colour|'blue' is no colour"),
    "file not there": ('"residents.csv"', '"resident.csv"', 'line 9, residents.path|(did you mean "residents.csv"'),
    "file is a folder": ('"residents.csv"', '"."', "line 9, residents.path|there is no file"),
    "wrong category": (
        'services"\nformats',
        'service"\nformats',
        "dossier.category|there are: france_services",
    ),
    "unknown commune": ('commune = "02002"', 'commune = "Bour"', "scenario[1]|unknown commune 'Bour'"),
    "unknown action": ('action = "open"', 'action = "opne"', "unknown action 'opne'"),
    "territory": (
        "thresholds",
        'territory = ["Bourgg"]\nthresholds',
        'study.territory[1]|(did you mean "Bourg"?)',
    ),
    "roads format": (NODES, 'path = "edges.csv"', "roads.path|Known endings: .osm.pbf"),
    "no minutes": ('edges = "edges.csv"', 'edges = "nodes.csv"', "column minutes is missing|of the file: id, lon, lat"),
    "communes file": ('"communes.gpkg"', '"edges.csv"', "line 6, communes.path|communes (edges.csv): "),
    "residents without places": ('"residents.csv"', '"edges.csv"', "residents (edges.csv): "),
    "no services": (SERVICES, "", "services: no service is given"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_what_is_wrong_in_the_data_is_told_with_the_key_that_names_it(toy, case):
    before, after, expected = BAD_DATA[case]
    text = toy.read_text("utf-8")
    assert before in text
    toy.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study(toy)
    for part in expected.split("|"):
        assert part in str(error.value)


STEP = '[[scenario]]\nname = "x"\n[[scenario.step]]\n'
# What a step says, and what is told of it: its line, and what is needed to mend it.
BAD_STEPS = {
    "unknown commune": (
        'action = "open"\ncategory = "hospital"\ncommune = "Bour"',
        ["ligne 8, scenario[1].step[1].commune", "« Bour » n’est pas une commune", '"Bourg"'],
    ),
    "unknown site": (
        'action = "close"\nid = "Bourg"',
        ["ligne 7, scenario[1].step[1].id", "aucun site", "mairie-b (Mairie B)"],
    ),
    "site that nothing comes near": ('action = "close"\nid = "zzz"', ["ligne 7", "aucun site n’a l’identifiant"]),
    "unknown action": ('action = "shut"', ["ligne 6", "action inconnue « shut »", "open, close, move, set"]),
    "no action": ('id = "fs-a"', ["scenario[1].step[1].action", "Actions possibles"]),
    "unknown key": ('action = "close"\nid = "fs-a"\nday = 3', ["ligne 8", "step[1].day = 3", "clé inconnue"]),
    "action of another type": ("action = 3", ["step[1].action = 3", "action inconnue « 3 »"]),
    "kind": (
        'action = "close"\nid = "fs-a"\n[[scenario]]\nname = "y"\nkind = "past"',
        ["scenario[2].kind", "proposal, history"],
    ),
    "missing key": ('action = "connect"', ["scenario[1].step[1].commune", "il manque cette clé"]),
    "no site": ('action = "close"', ["scenario[1].step[1].id", "Donnez id, ou bien category + commune ensemble"]),
    "half a site": ('action = "set"\ncategory = "mairie"\nstep_free = "yes"', ["step[1].id", "category + commune"]),
    "site named twice": (
        'action = "close"\nid = "fs-a"\ncategory = "mairie"\ncommune = "Bourg"',
        ["ligne 7, scenario[1].step[1].id", "et pas les deux"],
    ),
    "site of an unknown commune": (
        'action = "close"\ncategory = "mairie"\ncommune = "Bour"',
        ["ligne 8, scenario[1].step[1].commune", '"Bourg"'],
    ),
    "no such site there": (
        'action = "close"\ncategory = "france_services"\ncommune = "Bourg"',
        ["ligne 5, scenario[1].step[1]", "aucun site « france_services » à Bourg. Il y a là : mairie-b (Mairie B)."],
    ),
    "unknown category of a site": (
        'action = "move"\ncategory = "mairi"\nfrom_commune = "Bourg"\ncommune = "Aville"',
        ["ligne 5", "aucun service de la catégorie 'mairi' (vouliez-vous dire 'mairie'"],
    ),
    "no place": ('action = "open"\ncategory = "hospital"', ["scenario[1].step[1]", "il manque le lieu"]),
    "degrees in another order": (
        'action = "move"\nid = "fs-a"\nlon = 49.5\nlat = 3.1',
        ["ligne 8", "49.5, 3.1 est hors des communes"],
    ),
    "site that exists": (
        'action = "open"\ncategory = "hospital"\nid = "fs-a"\ncommune = "Bourg"',
        ["ligne 5", "il y a déjà là le site fs-a (FS A, Bourg)"],
    ),
    "category": (
        'action = "open"\ncategory = "hospitall"\ncommune = "Bourg"',
        ["ligne 7", "hospitall", "hospital"],
    ),
    "road that is not there": (
        'action = "close_road"\nroad = ["a", "zz"]',
        ["ligne 5, scenario[1].step[1]", "aucun nœud"],
    ),
}


@pytest.mark.parametrize("case", BAD_STEPS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_wrong_in_a_step_is_told_at_the_line_of_the_step(toy, case, elsewhere):
    step, expected = BAD_STEPS[case]
    before, _, after = TOY.partition("[[scenario]]")
    rest = "[dossier]" + after.partition("[dossier]")[2]
    written = f"# 1\n# 2\n{STEP}{step}\n"
    if elsewhere:
        (toy.parent / "plans.toml").write_text(written, encoding="utf-8")
        toy.write_text(f'{before}[scenarios]\npath = "plans.toml"\n{rest}', encoding="utf-8")
    else:
        toy.write_text(f"{written}\n{before}{rest}", encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study(toy)
    assert len(error.value.problems) == 1
    told = error.value.told("fr").replace("\xa0", " ")
    assert ("plans.toml, ligne" in told) == elsewhere
    for part in expected:
        assert part in told


def test_steps_see_what_the_steps_before_them_did(toy):
    steps = (
        'action = "close"\nid = "fs-a"\n[[scenario.step]]\naction = "open"\ncategory = "france_services"\n'
        'commune = "Aville"\nid = "fs-a"\n[[scenario.step]]\naction = "move"\nid = "fs-a"\ncommune = "Bourg"\n'
    )
    toy.write_text(TOY + STEP + steps, encoding="utf-8")
    assert list(load_study(toy).scenarios) == ["Bourg", "x"]
    toy.write_text(TOY + STEP + 'action = "close"\nid = "fs-a"\n[[scenario.step]]\naction = "close"\nid = "fs-a"\n')
    with pytest.raises(StudyFileError, match=r"scenario\[2\].step\[2\].id"):
        load_study(toy)


def test_a_step_names_a_site_by_category_and_commune(toy):
    steps = (
        'action = "close"\ncategory = "france_services"\ncommune = "Aville"\n[[scenario.step]]\naction = "open"\n'
        'category = "france_services"\ncommune = "Aville"\nid = "fs-a"\n[[scenario.step]]\naction = "move"\n'
        'category = "france_services"\nfrom_commune = "02001"\ncommune = "Bourg"\n[[scenario.step]]\naction = "set"\n'
        'category = "mairie"\ncommune = "bourg"\nhours = "Mo 09:00-12:00"\n'
    )
    toy.write_text(TOY + STEP + steps, encoding="utf-8")
    study = load_study(toy)
    after = study.scenarios["x"].apply(study).services
    assert after.loc["fs-a", "commune"] == "02002"
    assert after.loc["mairie-b", "hours"] == "Mo 09:00-12:00"
    assert [step.id for step in study.scenarios["x"].with_ids(study).steps] == ["fs-a", "fs-a", "fs-a", "mairie-b"]


def test_a_scenario_opens_a_category_of_ones_own(toy):
    own = TOY.replace('category = "france_services"\ncommune', 'category = "ludothèque"\ncommune')
    near = TOY.replace('category = "france_services"\ncommune', 'category = "mairi"\ncommune')
    assert TOY not in (own, near)
    toy.write_text(own.replace('"france_services"\nformats', '"ludothèque"\nformats'), encoding="utf-8")
    assert load_study(toy).scenarios["Bourg"].steps[0].category == "ludothèque"
    toy.write_text(near, encoding="utf-8")
    with pytest.raises(StudyFileError, match=r'did you mean "mairie".*If you mean it.*category_label = "…"'):
        load_study(toy)
    toy.write_text(near.replace('"mairi"\n', '"mairi"\ncategory_label = "mairie annexe"\n'), encoding="utf-8")
    assert load_study(toy).scenarios["Bourg"].steps[0].category_label == "mairie annexe"


def test_everything_that_is_wrong_is_told_at_once(toy):
    text = TOY.replace("thresholds = [2, 5]", 'tresholds = [2, 5]\nterritory = ["Bourgg"]')
    text = text.replace('"residents.csv"', '"resident.csv"').replace('commune = "02002"', 'commune = "Bour"')
    toy.write_text(text.replace('category = "france_services"\nformats', 'category = "x"\nformats'), encoding="utf-8")
    file, known = readable_settings(toy)
    with pytest.raises(StudyFileError) as error:
        loaded(file, known=known)
    assert [(problem.where.line, problem.key) for problem in error.value.problems] == [
        (3, "studyfile_unknown_key"),
        (4, "studyfile_unknown_place"),
        (10, "studyfile_no_data_file"),
        (30, "studyfile_unknown_step_commune"),
        (33, "studyfile_unknown_category"),
    ]


def test_what_follows_from_a_problem_is_no_problem_of_its_own(toy):
    for wrong, line in (('pth = "residents.csv"', 9), ("path = 3", 9)):
        toy.write_text(TOY.replace('path = "residents.csv"', wrong), encoding="utf-8")
        file, known = readable_settings(toy)
        with pytest.raises(StudyFileError) as error:
            loaded(file, known=known)
        assert [problem.where.line for problem in error.value.problems] == [line]
    toy.write_text(TOY.replace('path = "mairies.csv"', "path = 3").replace('"edges.csv"', '"edge.csv"'))
    file, known = readable_settings(toy)
    with pytest.raises(StudyFileError) as error:
        loaded(file, known=known)
    assert [problem.where.path for problem in error.value.problems] == [("services", 0, "path"), ("roads", "edges")]
    toy.write_text(TOY.replace('category = "mairie"', 'categry = "mairie"'))
    file, known = readable_settings(toy)
    with pytest.raises(StudyFileError) as error:
        loaded(file, known=known)
    assert [problem.where.path for problem in error.value.problems] == [("services", 0, "categry")]


def test_without_communes_the_other_files_are_still_looked_for(toy):
    text = TOY.replace('"communes.gpkg"', '"commune.gpkg"').replace('"nodes.csv"', '"node.csv"')
    toy.write_text(text.replace('"mairies.csv"', '"mairie.csv"'), encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study(toy)
    assert [problem.where.line for problem in error.value.problems] == [6, 12, 20]
    assert "commune.gpkg n’existe pas (vouliez-vous dire" in error.value.told("fr").replace("\xa0", " ")


def test_a_dossier_must_know_its_service_and_a_study_need_not(toy):
    text = TOY.partition("[[scenario]]")[0].replace("france_services.csv", "mairies.csv")
    toy.write_text(text.replace('category = "france_services"', 'category = "hospital"'), encoding="utf-8")
    assert len(load_study(toy).services) == 6
    with pytest.raises(StudyFileError) as error:
        loaded(read_settings(toy), for_dossier=True)
    told = error.value.told("fr").replace("\xa0", " ")
    assert "dossier.category : rien ne dit de quel service parle le dossier" in told
    assert "hôpital, mairie" in told


def test_problems_of_several_files_are_told_together(toy):
    text = toy.read_text("utf-8").replace('"residents.csv"', '"r.csv"').replace('"nodes.csv"', '"n.csv"')
    toy.write_text(text.replace('"france_services.csv"', '"f.csv"'), encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study(toy)
    assert [problem.where.path for problem in error.value.problems] == [
        ("residents", "path"), ("services", 1, "path"), ("roads", "nodes"),
    ]  # fmt: skip


def test_two_scenarios_of_one_name_in_two_places_are_refused(toy):
    plans = '[[scenario]]\nname = "Bourg"\n[[scenario.step]]\naction = "close"\nid = "fs-a"\n'
    (toy.parent / "plans.toml").write_text(plans)
    toy.write_text(toy.read_text("utf-8") + '[scenarios]\npath = ["plans.toml"]\n', encoding="utf-8")
    with pytest.raises(StudyFileError, match='two scenarios are named "Bourg"'):
        load_study(toy)


# ---------------------------------------------------------------------------------------------------- good studies


def test_the_study_of_files_is_the_study_of_the_same_tables(toy, toy_study):
    study = load_study(toy)
    assert study.title == "Trois villages"
    assert study.thresholds == (2, 5)
    assert list(study.scenarios) == ["Bourg"]
    assert study.communes["in_territory"].tolist() == [True, True, False]
    assert study.minutes().round(3).to_numpy().tolist() == toy_study.minutes().round(3).to_numpy().tolist()
    assert set(study.services["category"]) == {"mairie", "france_services"}


def test_paths_start_from_the_folder_of_the_file(toy, monkeypatch):
    monkeypatch.chdir(toy.parent.parent)
    assert len(load_study(f"{toy.parent.name}/study.toml").residents) == 3


def test_every_file_is_a_source_with_its_hash(toy):
    source = 'source = { title = "Carroyage", publisher = "INSEE", licence = "LO", vintage = "2021" }'
    text = TOY.replace('path = "residents.csv"', f'path = "residents.csv"\n{source}')
    toy.write_text(text, encoding="utf-8")
    sources = {source.title: source for source in load_study(toy).credit.sources}
    assert set(sources) == {"communes.gpkg", "Carroyage", "mairies.csv", "france_services.csv", "edges.csv"}
    assert sources["Carroyage"].publisher == "INSEE"
    assert all(len(source.sha256) == 64 for source in sources.values())


def test_without_residents_and_roads_both_are_made_from_the_mairies_and_say_so(toy):
    lines = TOY.replace('[residents]\npath = "residents.csv"\n', "")
    toy.write_text(lines.replace('nodes = "nodes.csv"\nedges = "edges.csv"\ndirected = false', "modelled = true"))
    study = load_study(toy)
    assert study.network.provenance.modelled
    assert study.residents.groupby("commune")["population"].sum().tolist() == [100, 50, 10]
    assert "Weibull" in study.credit.parameters["population"]


def test_without_mairies_there_is_nothing_to_model_by(toy):
    toy.write_text(
        '[communes]\npath = "communes.gpkg"\n[[services]]\npath = "france_services.csv"\ncategory = "france_services"\n'
    )
    with pytest.raises(StudyFileError) as error:
        load_study(toy)
    assert {problem.key for problem in error.value.problems} == {
        "studyfile_roads_need_mairies",
        "studyfile_residents_need_mairies",
    }


def test_ids_that_stand_in_two_files_are_told_apart(toy):
    text = TOY.replace("france_services.csv", "mairies.csv")
    toy.write_text(text, encoding="utf-8")
    ids = load_study(toy).services.index
    assert ids.is_unique
    assert set(ids) == {"mairie-a", "mairie-b", "mairie-x", "2-mairie-a", "2-mairie-b", "2-mairie-x"}


def test_services_of_another_place_are_refused_in_one_sentence_without_python(toy):
    """Whatever else is wrong with rows of elsewhere, and without advice that is followed already."""
    elsewhere = "service_id,name,commune,lon,lat\na,A,97411,55.45,-20.9\nb,B,75056,2.35,48.86\nc,C,,,\n"
    (toy.parent / "elsewhere.csv").write_text(elsewhere, encoding="utf-8")
    text = TOY.replace('path = "france_services.csv"', 'path = "elsewhere.csv"\nclip = true')
    toy.write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        load_study(toy)
    error = caught.value
    assert len(error.problems) == 1
    told = error.told("fr")
    assert "Aucun service du fichier n’est dans les communes de l’étude : retirez cette section" in told.replace(
        "\xa0", " "
    )
    assert not re.search("clip|to_crs|accessmap|True", told)


def test_remedies_of_a_study_file_are_its_keys(toy):
    rows = "service_id,name,lon,lat\na,A,3.1,49.5\nb,B,55.4,-20.9\n"
    (toy.parent / "france_services.csv").write_text(rows, encoding="utf-8")
    toy.write_text(TOY, encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        load_study(toy)
    told = caught.value.told("fr")
    assert "ajoutez clip = true pour écarter" in told
    assert not re.search(r"\w=\w|to_crs|True|accessmap\.", told.replace("x=", "").replace("y=", ""))


def test_french_names_of_categories_are_taken_wherever_one_is_typed(toy):
    text = TOY.replace('category = "france_services"', 'category = "Pharmacie"').replace(
        'category = "mairie"', 'category = "Mairies"'
    )
    toy.write_text(text, encoding="utf-8")
    study = load_study(toy)
    assert set(study.services["category"]) == {"mairie", "pharmacy"}
    assert len(study.sites("pharmacie")) == len(study.sites("pharmacy"))
    assert read_settings(toy).settings.dossier.category == "pharmacy"
    (plan,) = study.scenarios.values()
    assert {step.category for step in plan.steps} == {"pharmacy"}
    assert category_of(study, (), "pharmacies") == "pharmacy"


@pytest.mark.parametrize(
    ("wanted", "marked"),
    [(["Xanton"], ["60001"]), (["200000001"], ["02001", "02002"]), (["60001", "bourg"], ["02002", "60001"])],
)
def test_territory_is_named_by_codes_or_names_of_epci_and_communes(toy, wanted, marked):
    toy.write_text(TOY.replace("thresholds", f"territory = {wanted!r}\nthresholds"), encoding="utf-8")
    communes = load_study(toy).communes
    assert communes.index[communes["in_territory"]].tolist() == marked


@pytest.mark.parametrize(
    ("territory", "title", "told"),
    [
        (["pays noyonais"], "Noyonnais", "Noyonnais"),
        (["cc pays noyonnais"], "cc pays noyonnais", "CC du Pays Noyonnais"),
        (["noyon"], "noyon", "noyon"),  # a part of an EPCI is not called as the whole
    ],
)
def test_a_title_as_the_territory_was_typed_is_the_official_name(territory, title, told):
    communes = sample_communes()
    wanted = ["cc pays noyonnais"] if told != "noyon" else territory
    communes["in_territory"] = communes.index.isin(codes_of(communes, wanted)[0])
    assert official_title(communes, title, territory) == told


def test_that_all_communes_are_the_territory_is_said_where_they_are(toy):
    path = toy.parent / "communes.gpkg"
    gpd.read_file(path).drop(columns="in_territory").to_file(path, driver="GPKG")
    assert "territory_all" in [note.key for note in loaded(read_settings(toy)).said["communes"]]
    toy.write_text(TOY.replace("thresholds", 'territory = ["Aville"]\nthresholds'), encoding="utf-8")
    found = loaded(read_settings(toy))
    assert "territory_all" not in [note.key for note in (*found.said["communes"], *found.study.notes["problem"][1:])]


def test_a_territory_at_the_edge_of_the_data_is_noted(toy):
    toy.write_text(TOY.replace("thresholds", 'territory = ["Aville"]\nthresholds'), encoding="utf-8")
    found = loaded(read_settings(toy))
    assert "au bord des données" in found.study.notes["problem"].iloc[0]
    assert [(each.key, each.where.line) for each in found.cautions] == [("studyfile_caution_edge", 3)]


def test_the_sample_is_complete_in_its_own_territory_alone(tmp_path):
    path = tmp_path / "study.toml"
    for territory, cautions in (
        ("200071785", []),
        ("Chauny", []),
        ("CC du Pays Noyonnais", ["studyfile_caution_sample"]),
    ):
        path.write_text(f'[study]\nterritory = ["{territory}"]\n[communes]\nsample = true\n')
        found = loaded(read_settings(path))
        assert [each.key for each in found.cautions] == cautions
        assert ("il peut en manquer" in " ".join(found.study.notes["problem"])) == bool(cautions)


def test_services_of_the_sample_that_are_not_taken_are_not_warned_of(tmp_path):
    path = tmp_path / "study.toml"
    head = '[study]\nterritory = ["CC du Pays Noyonnais"]\n[communes]\nsample = true\n'
    section = '[[services]]\nsample = true\ncategory = "{}"\n'
    for kept, expected in ((["mairie"], []), (["mairie", "hospital"], [("studyfile_caution_sample_hospital", 8)])):
        path.write_text(head + "".join(section.format(name) for name in kept))
        found = loaded(read_settings(path))
        assert [(each.key, each.where.line) for each in found.cautions] == expected
        notes = found.study.notes
        of_services = set(notes.loc[notes["table"] == "services", "id"].astype(str).str.partition("-")[0])
        assert of_services == set(kept)


CAUTIONS = (
    "studyfile_caution_sample",
    "studyfile_caution_sample_france_services",
    "studyfile_caution_sample_hospital",
    "studyfile_caution_edge",
    "studyfile_caution_people",
)


@pytest.mark.parametrize("reason", CAUTIONS)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_caution_on_a_page_is_in_words_for_who_never_saw_the_file(reason, lang):
    sentence = page_sentence(problem(reason, places="Aville", people=Figure.of(9), legal=Figure.of(1234))).told(lang)
    assert not re.search(r"\[|\]|livr|bundled|accessmap|section|table", sentence)
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_the_caution_of_the_study_is_that_of_the_page(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('[study]\nterritory = ["CC du Pays Noyonnais"]\n[communes]\nsample = true\n')
    (caution,) = load_study(path).cautions
    assert caution.replace("\xa0", " ") == (
        "Hors du Pays Chaunois, toutes les France services et tous les hôpitaux ne sont pas dans les données : "
        "là où il en manque, les temps affichés sont trop longs."
    )


def test_communes_far_from_the_territory_can_be_left_out(toy):
    text = TOY.replace("thresholds", 'territory = ["Aville"]\nthresholds')
    text = text.replace('path = "communes.gpkg"', 'path = "communes.gpkg"\naround_km = 1')
    for path in ("residents", "mairies", "france_services"):
        text = text.replace(f'"{path}.csv"', f'"{path}.csv"\nclip = true')
    toy.write_text(text, encoding="utf-8")
    found = loaded(read_settings(toy))
    assert found.study.communes.index.tolist() == ["02001", "02002"]
    assert found.said["communes"][-1] == "1 commune more than 1 km from the territory: left out."
    assert found.study.residents["population"].sum() == 150


@pytest.mark.parametrize("clip", ["true", "false"])
def test_roads_of_openstreetmap_are_read_by_their_ending_and_may_be_clipped(toy, toy_study, clip):
    nodes = toy_study.network.nodes.reset_index(drop=True)
    points = "".join(f'<node id="{n + 1}" lat="{row.lat}" lon="{row.lon}"/>' for n, row in nodes.iterrows())
    far = '<node id="9" lat="45.0" lon="3.3"/><node id="10" lat="45.01" lon="3.3"/>'
    road = '<way id="{}"><nd ref="{}"/><nd ref="{}"/><tag k="highway" v="tertiary"/></way>'
    ways = "".join(road.format(*ids) for ids in ((20, 1, 2), (21, 2, 3), (22, 9, 10)))
    (toy.parent / "toy.osm").write_text(f'<osm version="0.6">{points}{far}{ways}</osm>')
    roads = f'path = "toy.osm"\nmode = "bike"\nclip = {clip}'
    text = TOY.replace('nodes = "nodes.csv"\nedges = "edges.csv"\ndirected = false', roads)
    toy.write_text(text, encoding="utf-8")
    study = load_study(toy)
    assert (study.network.nodes["lat"].min() > 49) == (clip == "true")
    assert study.network.provenance.parameters["mode"] == "bike"
    assert study.minutes().notna().all(axis=None)


def test_networks_that_were_saved_are_read_again(toy, toy_study):
    toy_study.network.save(toy.parent / "toy.roads")
    text = TOY.replace('nodes = "nodes.csv"\nedges = "edges.csv"\ndirected = false', 'path = "toy.roads"')
    toy.write_text(text, encoding="utf-8")
    assert len(load_study(toy).network.edges) == 4


MORE = """
[digital]
path = "digital.csv"
[schools]
path = "schools.csv"
[equipment]
path = "equipment.csv"
"""


def test_internet_schools_and_their_equipment_are_part_of_the_study(toy):
    (toy.parent / "digital.csv").write_text("code_insee;nbr;elig_ftth\n02001;100;50\n02002;80;80\n")
    school = "uai;nom;niveau;insee;eleves\n0020001A;Ecole de Bourg;élémentaire;02002;40\n"
    (toy.parent / "schools.csv").write_text(school, encoding="utf-8")
    (toy.parent / "equipment.csv").write_text("UAI;tablettes\n0020001A;12\n")
    toy.write_text(TOY + MORE, encoding="utf-8")
    study = load_study(toy)
    assert study.digital["fibre"].dropna().tolist() == [0.5, 1.0]
    assert study.schools["commune"].tolist() == ["02002"]
    assert study.equipment["tablets"].tolist() == [12]


def test_entrances_published_minutes_and_zonages_are_told_of_the_study(toy):
    home = toy.parent
    communes = gpd.read_file(home / "communes.gpkg")
    site = communes.geometry.iloc[0].centroid
    place = gpd.GeoSeries([site], crs=communes.crs).to_crs(4326).iloc[0]
    (home / "acceslibre.csv").write_text(
        f"id,name,entree_plain_pied,longitude,latitude\nu,FS A,True,{place.x},{place.y}\n", encoding="utf-8"
    )
    (home / "minutes_2023.csv").write_text(
        "TYPEQU,Libelle_TYPEQU,dep,LIBGEO,moyenne,mediane\nA128,france services,02,Aisne,7.8,7\n", encoding="utf-8"
    )
    (home / "apl.csv").write_text("codgeo,apl_generalistes,annee\n02001,3.0,2022\n", encoding="utf-8")
    (home / "frr.csv").write_text("code_insee,classement_frr\n02001,FRR socle\n02002,NC\n60001,NC\n", encoding="utf-8")
    text = TOY.replace('"france_services.csv"\n', '"france_services.csv"\naccessibility = "acceslibre.csv"\n')
    text = text.replace('"communes.gpkg"\n', '"communes.gpkg"\nzonages = "frr.csv"\n')
    toy.write_text(text + '[reference]\npath = ["minutes_2023.csv", "apl.csv"]\n', encoding="utf-8")
    found = loaded(read_settings(toy))
    assert found.study.services.loc["fs-a", ["step_free", "step_free_match"]].tolist() == ["yes", "place_and_name"]
    assert found.study.services.loc["fs-x", "step_free"] == "unknown"
    assert found.study.communes["frr"].tolist() == [True, False, False]
    assert any("acceslibre.csv" in note for note in found.said["services[2]"])
    assert found.reference[["category", "vintage", "value"]].to_numpy().tolist() == [
        ["france_services", "2023", 7.8],
        ["general_practitioner", "2022", 3.0],
    ]
    told = {(name, each.publisher) for each in found.study.provenance.sources for name in each.of}
    assert told >= {
        ("step_free", "Ministère de la transition écologique"),
        ("reference", "INSEE, Nos services publics"),
        ("reference", "DREES"),
        ("zonage", "ANCT, DGCL"),
    }
    assert {"zonages", "reference"} <= set(dossier_of(read_settings(toy), found).tables)
    toy.write_text(text.replace("acceslibre.csv", "minutes_2023.csv"), encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"services\[2\].accessibility"):
        load_study(toy)


def test_study_files_of_two_dates_are_compared_and_history_stays_apart(toy):
    sites = pd.read_csv(toy.parent / "france_services.csv", dtype=str)
    sites[sites["service_id"] == "fs-x"].to_csv(toy.parent / "before.csv", index=False)
    before = toy.with_name("before.toml")
    before.write_text(TOY.replace('"france_services.csv"', '"before.csv"'), encoding="utf-8")
    past = STEP.replace('name = "x"', 'name = "2017"\nkind = "history"') + 'action = "close"\nid = "fs-a"\n'
    toy.write_text(TOY + past, encoding="utf-8")
    now = load_study(toy)
    dates = compare_studies({"2017": load_study(before), "2024": now}, category="france_services").round(2)
    assert dates["2017"].to_dict() == {"ra": 6.0, "rb": 3.0, "rx": 0.0}
    assert dates["2024"].to_dict() == {"ra": 0.0, "rb": 3.0, "rx": 0.0}
    assert {name: plan.kind for name, plan in now.scenarios.items()} == {"Bourg": "proposal", "2017": "history"}


def test_equipment_goes_with_schools(toy):
    toy.write_text(TOY + '[equipment]\npath = "equipment.csv"\n', encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"give \[schools\] path"):
        read_settings(toy)


def test_a_programme_is_read_and_what_it_changes_is_a_scenario(toy):
    programme = """
title = "Contrat"
year = 2017
[[operation]]
id = "b"
title = "Bourg"
owner = "Bourg"
communes = ["02002"]
kind = "service"
year = 2018
[[operation.step]]
action = "open"
category = "france_services"
commune = "02002"
"""
    (toy.parent / "programme.toml").write_text(programme)
    toy.write_text(TOY + '[programme]\npath = "programme.toml"\n', encoding="utf-8")
    found = loaded(read_settings(toy))
    assert found.programme is not None
    assert list(found.study.scenarios) == ["Bourg", "Contrat"]


def test_minutes_follow_from_lengths_and_speeds_by_class(toy):
    edges = pd.read_csv(toy.parent / "edges.csv", dtype=str).drop(columns="minutes")
    edges.assign(cls="D", length_m=["3000", "6000"]).to_csv(toy.parent / "edges.csv", index=False)
    speeds = 'edges = "edges.csv"\ncolumns = { road_class = "cls" }\nkmh = { D = 60 }'
    toy.write_text(TOY.replace('edges = "edges.csv"', speeds), encoding="utf-8")
    study = load_study(toy)
    assert sorted(set(study.network.edges["minutes"])) == [3.0, 6.0]
    told = {name.told("fr"): value for name, value in study.credit.parameters.items() if isinstance(name, Note)}
    assert told["vitesse moyenne par classe de route"] == "D 60 km/h"
    assert study.estimated
    toy.write_text(TOY.replace('edges = "edges.csv"', speeds.replace("D = 60", "N = 60")), encoding="utf-8")
    with pytest.raises(StudyFileError, match="no speed for D"):
        load_study(toy)
    toy.write_text(TOY.replace('edges = "edges.csv"', 'edges = "edges.csv"\nkmh = { D = 60 }'), encoding="utf-8")
    with pytest.raises(StudyFileError, match="column road_class is missing"):
        load_study(toy)


def test_roads_of_tables_are_read_by_the_rules_of_every_table(toy: Path) -> None:
    path = toy.parent / "edges.csv"
    edges = pd.read_csv(path, dtype=str)
    right = load_study(toy).network.edges
    edges.assign(minutes=edges["minutes"].str.replace(".", ","), snappable="oui").to_csv(path, sep=";", index=False)
    pd.testing.assert_frame_equal(load_study(toy).network.edges, right)
    for no in ("False", "0", "non", "FAUX"):
        for column in ("snappable", "through"):
            edges.assign(**{column: ["oui", no]}).to_csv(path, index=False)
            assert load_study(toy).network.edges[column].tolist().count(False) == 2
    wrong = {
        "snappable": ("peut-être", r"edges\.csv: 1 problem\. 'snappable' is neither true nor false .*line 2 \('peut-"),
        "minutes": ("1,234", r"edges\.csv.*'minutes' may be read two ways in 2 rows: line 2"),
        "u": ("", r"edges\.csv.*'u' is missing in 2 rows: line 2"),
    }
    for column, (value, said) in wrong.items():
        edges.assign(**{column: value}).to_csv(path, index=False)
        with pytest.raises(StudyFileError, match=said):
            load_study(toy)
    edges.to_csv(path, index=False)
    with path.open("a") as file:
        file.write("u,v,minutes\n")
    with pytest.raises(StudyFileError, match=r"edges\.csv has its header again in line 4"):
        load_study(toy)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("minutes", "-2", r"edges\.csv: 1 problem\. 'minutes' is not a number of at least 0 in .*line 3 \('-2'\)"),
        ("length_m", "-5", r"edges\.csv: 1 problem\. 'length_m' is not .* line 3 \('-5'\)"),
        ("v", "nowhere", r"edges\.csv: 1 problem\. 'v' is no node in 1 row: line 3 \('nowhere'\)"),
    ],
)
def test_edges_that_cannot_be_are_named_by_file_and_line(toy, column, value, said):
    path = toy.parent / "edges.csv"
    edges = pd.read_csv(path, dtype=str).assign(length_m="9000")
    edges.loc[1, column] = value
    edges.to_csv(path, index=False)
    with pytest.raises(StudyFileError, match=said):
        load_study(toy)


def test_columns_of_roads_that_would_be_passed_over_are_refused(toy):
    edges, nodes = (pd.read_csv(toy.parent / f"{name}.csv", dtype=str) for name in ("edges", "nodes"))
    edges.assign(oneway=["yes", "no"]).to_csv(toy.parent / "edges.csv", index=False)
    with pytest.raises(StudyFileError, match=r"'oneway' would say which way is driven.*one row for each way"):
        load_study(toy)
    edges.assign(oneway="no").to_csv(toy.parent / "edges.csv", index=False)  # as directed = false says
    load_study(toy)
    for column in ("snappable", "through", "oneway"):
        nodes.assign(**{column: "no"}).to_csv(toy.parent / "nodes.csv", index=False)
        with pytest.raises(StudyFileError, match=f"'{column}' is read of the edges, not of the nodes"):
            load_study(toy)


def test_counts_by_commune_are_spread_where_a_section_says_so(toy):
    counts = "CODGEO;TYPEQU;NB_EQUIP\n02001;D307;3\n02002;D307;1\n"
    (toy.parent / "bpe.csv").write_text(counts, encoding="utf-8")
    text, found = toy.read_text(encoding="utf-8"), []
    for more in ("", "spread = true\n"):
        toy.write_text(text + f'\n[[services]]\npath = "bpe.csv"\n{more}', encoding="utf-8")
        found.append(load_study(toy).sites("pharmacy"))
    at_halls, spread = found
    assert len(at_halls) == 2
    assert spread["capacity"].tolist() == [1.0] * 4
    assert spread["commune"].value_counts().to_dict() == {"02001": 3, "02002": 1}


def aisne_text(real_data):
    """A study.toml of the main roads of the Aisne."""
    import aisne

    return f"""
[communes]
path = '{real_data / "communes.gpkg"}'
[residents]
path = '{real_data / "population_1km_2021.csv"}'
cell_metres = 1000
clip = true
[[services]]
path = '{real_data / "france_services_2024-08.csv"}'
category = "france_services"
clip = true
[roads]
nodes = '{real_data / "roads_nodes.csv"}'
edges = '{real_data / "roads_edges.csv"}'
columns = {{ u = "u_id", v = "v_id", road_class = "cls" }}
kmh = {{ {", ".join(f"{name} = {kmh / aisne.LONGER}" for name, kmh in aisne.KMH.items())} }}
directed = false
access_kmh = {aisne.ACCESS_KMH}
local_metres = {aisne.LOCAL_METRES}
max_metres = 4000
"""


@pytest.mark.slow
def test_the_main_roads_of_the_aisne_are_those_of_the_benchmark(real_data, tmp_path):
    import aisne

    path = tmp_path / "study.toml"
    path.write_text(aisne_text(real_data), encoding="utf-8")
    study = load_study(path)
    expected = aisne.roads(real_data).edges["minutes"]
    assert study.network.edges["minutes"].to_numpy() == pytest.approx(expected.to_numpy())
    assert study.communes["in_territory"].sum() == 84
    assert study.minutes().min(axis=1)[study.inside].notna().all()


def test_what_readers_did_is_kept_by_section(toy):
    said = loaded(read_settings(toy)).said
    assert set(said) == {"communes", "residents", "services[1]", "services[2]"}


def test_the_real_files_of_the_aisne_are_read_as_they_were_published(real_data, tmp_path):
    text = f"""
[study]
territory = ["200071785", "200071769"]
[communes]
path = '{real_data / "communes.gpkg"}'
[residents]
path = '{real_data / "population_1km_2021.csv"}'
cell_metres = 1000
clip = true
[[services]]
path = '{real_data / "mairies.gpkg"}'
category = "mairie"
clip = true
[[services]]
path = '{real_data / "france_services_2024-08.csv"}'
category = "france_services"
clip = true
"""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study(path)
    # One of the communes of the country has no mairie in the file, and a modelled network needs one for each.
    assert [problem.where.path for problem in error.value.problems] == [("roads",)]
    assert "1 communes have no mairie" in str(error.value)


# ---------------------------------------------------------------------------------------------------- templates


def test_a_new_study_of_the_sample_is_about_the_epci_and_runs(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(study_text(territory=["246000756"], title="Noyonnais"), encoding="utf-8")
    study = load_study(path)
    assert study.title == "Noyonnais"
    assert set(study.communes.loc[study.communes["in_territory"], "epci_name"]) == {"CC du Pays Noyonnais"}
    assert study.communes["population"][study.communes["in_territory"]].sum() == 31_901
    assert list(study.scenarios) == ["France services à Guiscard"]
    assert "il peut en manquer" in study.notes["problem"].iloc[-1]


@pytest.mark.parametrize("epci", ["CU du Grand Reims", "CA de la Région de Compiègne et de la Basse Automne"])
def test_a_new_study_where_no_france_services_is_known_is_about_mairies_and_says_what_to_add(tmp_path, epci):
    path = tmp_path / "study.toml"
    path.write_text(study_text(territory=[epci]), encoding="utf-8")
    text = path.read_text("utf-8")
    found = loaded(read_settings(path), for_dossier=True)
    assert found.study.scenarios == {}
    assert set(found.study.services["category"]) == {"mairie"}
    assert read_settings(path).settings.dossier.category == "mairie"
    assert not [each for each in found.cautions if each.key.startswith("studyfile_caution_sample")]
    assert "il peut en manquer" not in " ".join(found.study.notes["problem"])
    assert "Liste des structures" in text
    asked = tomllib.loads(study_text(territory=[epci], category="france_services"))
    assert asked["dossier"]["category"] == "france_services"


@given(st.text(max_size=40))
def test_any_title_is_written_as_toml_that_reads_back(title):
    text = study_text(
        title=title or "x", communes="c.gpkg", services=[("s.csv", title or None)], category=title or None
    )
    content = tomllib.loads(text)
    assert content["study"]["title"] == (title or "x")
    assert content["services"][0].get("category", title) == title


def test_a_new_study_of_own_files_names_them_all(toy, toy_study):
    services = [("mairies.csv", "mairie"), ("france_services.csv", "france_services")]
    text = study_text(title="Trois", communes="communes.gpkg", residents="residents.csv", services=services)
    toy.write_text(text, encoding="utf-8")
    study = load_study(toy)
    assert study.title == "Trois"
    assert study.network.provenance.modelled
    assert study.scenarios == {}


def test_a_new_study_refuses_names_and_categories_that_are_not_there():
    with pytest.raises(StudyError, match="Noyonnais"):
        study_text(territory=["cc noyonais"])
    with pytest.raises(StudyError, match='did you mean "hospital"'):
        study_text(category="hopital")
    with pytest.raises(StudyError, match="without services"):
        study_text(communes="communes.gpkg")


def test_names_of_the_data_stay_data_in_the_page(toy, toy_study):
    from accessmap.studyfile import dossier_of

    hostile = '<script>alert(1)</script>" onload=’x’ {{ 7 * 7 }}'
    text = TOY.replace('"Trois villages"', f"'{hostile}'").replace('name = "Bourg"', f"name = '{hostile}'")
    toy.write_text(text, encoding="utf-8")
    communes = gpd.read_file(toy.parent / "communes.gpkg")
    communes.assign(name=[hostile, "b", "c"]).to_file(toy.parent / "communes.gpkg", driver="GPKG")
    services = pd.read_csv(toy.parent / "france_services.csv", dtype=str)
    services.assign(name=hostile).to_csv(toy.parent / "france_services.csv", index=False)
    file = read_settings(toy)
    page = dossier_of(file, loaded(file)).to_html()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page  # kept as it is, and not computed


# ---------------------------------------------------------------------------------------------------- networks by mode

ON_FOOT = "[roads.walk]\nmodelled = true\n"


def with_roads(toy, more, own="directed = false\n"):
    """The toy study with more below its [roads]."""
    toy.write_text(TOY.replace("directed = false\n", own + more), encoding="utf-8")
    return toy


def test_a_study_has_a_network_for_each_mode_that_it_names(toy):
    alone = load_study(toy)
    study = load_study(with_roads(toy, ON_FOOT + "[roads.bike]\n" + NODES + "\ndirected = false\n"))
    assert list(alone.networks) == ["car"]
    assert list(study.networks) == ["car", "bike", "walk"]
    pd.testing.assert_frame_equal(study.minutes("mairie"), alone.minutes("mairie"))
    pd.testing.assert_frame_equal(study.minutes("mairie", mode="bike"), alone.minutes("mairie"))
    assert study.networks["walk"].provenance.parameters["mode"] == "walk"
    assert study.networks["walk"].provenance.modelled


def test_sub_tables_alone_are_all_the_networks_there_are(toy):
    roads = f"{ON_FOOT}[roads.car]\n{NODES}\n"
    toy.write_text(TOY.replace(f"[roads]\n{NODES}\ndirected = false\n", roads), encoding="utf-8")
    assert list(load_study(toy).networks) == ["car", "walk"]


def test_a_modelled_network_is_that_of_its_mode(tmp_path):
    text = HEAD + '[roads]\nmodelled = true\nmode = "bike"\n'
    study = loaded(settings_of(tmp_path / "study.toml", text)).study
    assert list(study.networks) == ["bike"]
    assert study.network.provenance.parameters["mode"] == "bike"


# What is below [roads], and what is said of it in both languages.
BAD_ROADS = {
    "a mode twice": (
        f"[roads.car]\n{NODES}\n",
        "line 19, roads: |car is given twice|deux fois, ici et dans [roads.car]",
    ),
    "a mode in a mode": (f'{ON_FOOT}mode = "walk"\n', 'line 25, roads.walk.mode = "walk"|unknown key|clé inconnue'),
    "no source": ("[roads.walk]\nclip = true\n", "line 23, roads.walk: one of path, edges, modelled|il faut"),
    "no file": ('[roads.walk]\npath = "a.osm"\n', 'line 24, roads.walk.path = "a.osm"|there is no file|n’existe pas'),
    "no table": ("[roads.walk]\nmodelled = 3\n", "line 24, roads.walk.modelled = 3|true or false"),
    "another ending": ('[roads.walk]\npath = "edges.csv"\n', "line 24, roads.walk.path|Known endings|Fins connues"),
    "saved for another mode": (
        '[roads.walk]\npath = "car.roads"\n',
        "line 24, roads.walk.path|was saved for the mode car, not walk|enregistré pour le mode car, non walk",
    ),
}


@pytest.mark.parametrize("case", BAD_ROADS)
def test_what_is_wrong_in_the_network_of_a_mode_is_told_with_its_key(toy, case, toy_study):
    more, expected = BAD_ROADS[case]
    if case == "saved for another mode":
        RoadNetwork.modelled(toy_study.communes, toy_study.mairies).save(toy.parent / "car.roads")
    with pytest.raises(StudyFileError) as error:
        load_study(with_roads(toy, more))
    assert len(error.value.problems) == 1
    told = error.value.told("en") + error.value.told("fr").replace("\xa0", " ")
    for part in expected.split("|"):
        assert part in told


# ---------------------------------------------------------------------------------------------------- the page about it


def keys_of(model):
    """Every key that a model and those inside it know."""
    for name, field in getattr(model, "model_fields", {}).items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            yield from keys_of(inner)


def test_the_documentation_names_every_key_and_its_examples_are_right(tmp_path):
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    quoted = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    assert sorted(set(keys_of(Settings)) - quoted) == []
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert examples
    for text in examples:
        settings_of(tmp_path / "study.toml", text)


def test_the_documentation_tells_of_every_command():
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"| `accessmap {name}" not in page] == []


@pytest.mark.parametrize("directed", [True, False])
def test_main_roads_read_one_way_are_refused_and_the_real_ones_pass(real_data, tmp_path, directed):
    path = tmp_path / "study.toml"
    path.write_text(aisne_text(real_data).replace("directed = false", f"directed = {str(directed).lower()}"), "utf-8")
    file = read_settings(path)
    if not directed:
        assert loaded(file, for_dossier=True).cautions == ()
        return
    with pytest.raises(StudyFileError, match="write directed = false") as refused:
        loaded(file, for_dossier=True)
    assert "écrivez directed = false" in refused.value.told("fr")
    accepted = accepting(file, ["one_way_edges", "isolated_residents", "isolated_services"])
    study = loaded(accepted, for_dossier=True).study
    assert sum("(accepted: " in caution for caution in study.cautions) == 3


def test_on_foot_to_main_roads_the_legs_are_told_and_may_be_accepted(real_data, tmp_path):
    path = tmp_path / "study.toml"
    slow = aisne_text(real_data).replace("access_kmh = 18.0", "access_kmh = 4.8").replace("local_metres = 1500.0\n", "")
    path.write_text(slow, "utf-8")
    legs, published = loaded(read_settings(path), for_dossier=True).cautions
    assert "% of the minutes are spent off the roads" in legs
    assert "a factor of 1.6 from those that INSEE publishes" in published
    path.write_text(slow + '[check]\naccept = ["leg_share"]\n', "utf-8")
    legs, published = loaded(read_settings(path), for_dossier=True).study.cautions
    assert legs.endswith("(accepted: leg_share)")
    assert "accepted" not in published
    path.write_text(slow + '[check]\naccept = ["leg_shar"]\n', "utf-8")
    with pytest.raises(StudyFileError, match="'leg_shar' is no measure of plausibility"):
        loaded(read_settings(path), for_dossier=True)


TRANSIT = """\
[roads.walk]
nodes = "nodes.csv"
edges = "walk.csv"
directed = false
[transit]
gtfs = ["bus.zip"]
licence = "ODbL"
"""


def test_a_timetable_is_one_more_mode(toy, toy_study):
    home = toy.parent
    (home / "bus.zip").write_bytes(bus(toy_study))
    pd.read_csv(home / "edges.csv", dtype=str).assign(minutes=70).to_csv(home / "walk.csv", index=False)
    toy.write_text(TOY + TRANSIT + 'date = "friday"\nstay = 30\n', encoding="utf-8")
    found = loaded(read_settings(toy), for_dossier=True)
    journeys = found.study.journeys
    assert list(found.study.networks) == ["car", "walk", "transit"]
    assert (journeys.date.weekday(), journeys.terms.stay, journeys.terms.between) == (4, 30, ("08:00", "18:00"))
    assert set(journeys.notes) <= set(found.said["transit"])
    assert found.study.minutes("france_services", mode="transit")["fs-a"].tolist()[:2] == [0, 65]
    found.study.communes.to_file(home / "zone.geojson")
    asked = '[[transit.on_demand]]\nname = "TAD"\nhours = "Fr 06:00-20:00"\nnotice = [1, "16:00"]\nwait = 3\nzone = '
    for zone in ('["02001", "02002", "60001"]', '"zone.geojson"'):
        toy.write_text(TOY + TRANSIT + f'date = "friday"\n{asked}{zone}\n', encoding="utf-8")
        again = loaded(read_settings(toy))
        assert again.study.minutes("france_services", mode="transit").max(axis=None) < 65
        told = [note.told("fr").replace("\xa0", " ") for note in again.said["transit"]]
        assert any("« TAD »" in note and "la veille avant 16 h" in note for note in told)
    wrong = {
        'date = "fridays"\n': ("transit: ", "'friday'"),
        'date = "2031-01-01"\n': ("transit: ", "2031-01-01"),
        'access = "bike"\n': ("transit: ", "[roads.bike]"),
        'between = ["08:00"]\n': ("transit.between", "08:00"),
        'between = ["18:00", "08:00"]\n': ("transit: ", "18:00"),
        "stay = -1\n": ("transit.stay = -1", "0"),
        "gtfs = []\n": ("transit.gtfs", "not empty"),
        'gtfs = ["lost.zip"]\n': ("transit.gtfs[1]", "lost.zip"),
        'gtfs = ["walk.csv"]\n': ("transit.gtfs", "walk.csv"),
        'depart = ["07:00"]\n': ("transit: ", "07:00"),
        '[[transit.on_demand]]\nzone = ["02999"]\nhours = "24/7"\n': ("transit.on_demand[1]", "02999"),
        '[[transit.on_demand]]\nzone = "02001"\nhours = "matin"\n': ("transit.on_demand[1]", "matin"),
        '[[transit.on_demand]]\nzone = "02001"\nhours = "24/7"\nspeed_factor = 2\n': ("speed_factor = 2", "1"),
        '[[transit.on_demand]]\nzone = "lost.geojson"\nhours = "24/7"\n': ("zone", "lost.geojson"),
        '[[transit.on_demand]]\nzone = "02001"\nhours = "24/7"\nstops = ["x"]\n': ("transit: ", "'x'"),
    }
    for line, (place, told) in wrong.items():
        text = TOY + TRANSIT.replace('gtfs = ["bus.zip"]\n', "" if line.startswith("gtfs") else 'gtfs = ["bus.zip"]\n')
        toy.write_text(text + line, encoding="utf-8")
        with pytest.raises(StudyFileError) as caught:
            loaded(read_settings(toy))
        message = caught.value.told("en")
        assert place in message, (line, message)
        assert told in message, (line, message)
