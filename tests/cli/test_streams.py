"""Streams that are not UTF-8, pipes that close early, and one language a command."""

import os
import re
import subprocess
import sys

import pytest
from studyfiles import TOY, write_toy

from accessmap.cli import main

ENGLISH = re.compile(r"\b(the|is|not|with|column|are|of|give|and|or|must|unknown|missing|problems?)\b")
FRENCH = re.compile(r"\b(le|la|les|est|une|des|pas|avec|colonne|donnez|manque|inconnue?|problèmes?|du)\b")
# What people wrote, names of columns and files: the same in every language.
QUOTED = re.compile(
    r"«[^»]*»|“[^”]*”|\"[^\"]*\"|'[^']*'|\([^()]*\)|\S*[\w.-]+\.\w+\S*|\[[^\]]*\]|\w+_\w+| = .*?(?=\xa0:|:)"
)


@pytest.fixture
def toy(toy_study, tmp_path):
    return write_toy(toy_study, tmp_path)


def run(*arguments, cwd=None, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "accessmap", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("encoding", "lang"), [("cp1252", "fr"), ("ascii", "fr"), ("latin-1", "en")])
def test_no_encoding_stops_a_command(toy, encoding, lang):
    done = run("check", toy, "--lang", lang, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert "study.toml" in done.stdout.decode(encoding)
    toy.write_text(TOY.replace("residents.csv", "résidents.csv"), encoding="utf-8")
    refused = run("check", toy, "--lang", lang, PYTHONIOENCODING=encoding)
    assert refused.returncode == 1
    assert "sidents.csv" in refused.stderr.decode(encoding)


def test_help_is_written_in_any_encoding():
    done = run("--help", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Qui peut atteindre" in done.stdout.decode("ascii")


def test_a_pipe_that_closes_is_no_failure(toy):
    read, write = os.pipe()
    os.close(read)
    try:
        done = run("check", toy, stdout=write)
    finally:
        os.close(write)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def plain(text):
    # twice: what another program said stands in brackets, and may hold some
    return QUOTED.sub(" ", QUOTED.sub(" ", text.replace("\xa0", " ").replace("\u202f", " ")))


WRONG = {
    "unknown key": ("thresholds", "tresholds"),
    "missing file": ('"residents.csv"', '"resident.csv"'),
    "unknown commune": ('commune = "02002"', 'commune = "Bour"'),
    "unknown action": ('action = "open"', 'action = "opn"'),
    "no roads file": ("[roads]\n", '[roads]\npath = "x.tiff"\n'),
}


def wrong_toy(toy, case):
    before, after = WRONG[case]
    assert before in TOY, case
    toy.write_text(TOY.replace(before, after), encoding="utf-8")
    return toy


def told(capsys, toy, lang, code=1):
    """Return what a check of a study says in one language, without what people wrote."""
    assert main(["check", str(toy), "--lang", lang]) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("case", WRONG)
def test_a_refusal_speaks_one_language(capsys, toy, case):
    french, english = (told(capsys, wrong_toy(toy, case), lang) for lang in ("fr", "en"))
    assert french != english
    assert not ENGLISH.search(plain(french)), french
    assert not FRENCH.search(plain(english)), english


def test_what_readers_refuse_is_told_in_the_language_of_the_command(capsys, toy):
    residents = toy.parent / "residents.csv"
    head, *rows = residents.read_text("utf-8").splitlines()
    residents.write_text("\n".join([head.replace("population", "peuple"), *rows]), encoding="utf-8")
    for lang, other in (("fr", ENGLISH), ("en", FRENCH)):
        said = told(capsys, toy, lang)
        assert "population" in said
        assert not other.search(plain(said)), said


def test_what_a_scenario_refuses_is_told_in_the_language_of_the_command(capsys, toy):
    road = '[[scenario]]\nname = "Pont"\n[[scenario.step]]\naction = "close_road"\nroad = ["a", "b"]\n'
    before, after = TOY.partition("[[scenario]]")[0], "[dossier]" + TOY.partition("[dossier]")[2]
    toy.write_text(before + road + after, encoding="utf-8")
    french = told(capsys, toy, "fr")
    assert "aucun nœud 'a'" in french
    assert not ENGLISH.search(plain(french)), french
    assert "no node 'a'" in told(capsys, toy, "en")


def test_a_study_that_is_right_is_told_in_one_language(capsys, toy):
    french = told(capsys, toy, "fr", code=0)
    assert not ENGLISH.search(plain(french)), french
    toy.write_text(TOY.replace("thresholds", 'lang = "en"\nthresholds'), encoding="utf-8")  # of its notes and pages
    english = told(capsys, toy, "en", code=0)
    assert not FRENCH.search(plain(english)), english


def test_a_place_that_is_not_there_is_refused_in_one_language(capsys, toy):
    for lang, other in (("fr", ENGLISH), ("en", FRENCH)):
        assert main(["explain", "Atlantis", "Aville", "--study", str(toy), "--lang", lang]) == 1
        said = "".join(capsys.readouterr())
        assert not other.search(plain(said)), said


# What is asked of a study that is right, and refused.
REFUSED = {
    "site, unknown category": ["site", "--category", "france_servics", "-p", "2"],
    "site, too few": ["site", "--category", "france_services", "-p", "1"],
    "site, too many": ["site", "--category", "france_services", "-p", "99"],
    "site, unknown candidates": ["site", "--category", "france_services", "-p", "2", "--candidates", "tabac"],
    "site, no candidate": ["site", "--category", "mairie", "-p", "3", "--candidates", "mairie"],
    "site, cutoff": ["site", "--category", "france_services", "-p", "2", "--objective", "coverage", "--cutoff", "-1"],
    "site, none added": ["site", "--category", "france_services", "--add", "0"],
    "site, unknown to keep": ["site", "--category", "france_services", "--add", "1", "--keep", "zz"],
    "site, unknown to forbid": ["site", "--category", "france_services", "--add", "1", "--forbid", "zz"],
    "site, seconds": ["site", "--category", "france_services", "-p", "2", "--time-limit", "-1"],
    "isochrones, ending": ["isochrones", "--out", "iso.pdf"],
    "isochrones, minutes": ["isochrones", "--minutes", "-3"],
    "isochrones, category": ["isochrones", "--category", "tabac"],
    "isochrones, place": ["isochrones", "--at", "Atlantis"],
    "isochrones, degrees": ["isochrones", "--at", "400,3"],
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_command_refuses_in_one_language(capsys, toy, monkeypatch, case):
    monkeypatch.chdir(toy.parent)
    said = {}
    for lang, other in (("fr", ENGLISH), ("en", FRENCH)):
        assert main([*REFUSED[case], "--lang", lang]) == 1
        said[lang] = "".join(capsys.readouterr())
        assert not other.search(plain(said[lang])), said[lang]
    assert said["fr"] != said["en"]


def test_a_run_refuses_in_one_language(capsys, toy):
    def said(lang, *options):
        assert main(["run", str(toy), "--lang", lang, *options]) == 1
        return "".join(capsys.readouterr()).replace(str(toy.parent), "")

    assert main(["run", str(toy)]) == 0
    capsys.readouterr()
    for case in (None, *WRONG):
        options = ["--no-overwrite"] if case is None else []
        if case is not None:
            wrong_toy(toy, case)
        french, english = said("fr", *options), said("en", *options)
        assert french != english
        assert not ENGLISH.search(plain(french)), french
        assert not FRENCH.search(plain(english)), english


# A file of roads that is not what its name says, or lacks what is needed: its name, its text, its keys in [roads].
BAD_ROADS = {
    "no OpenStreetMap": ("a.osm", "<osm>", ""),
    "no PBF": ("a.osm.pbf", "", ""),
    "empty OpenStreetMap": ("a.osm", '<?xml version="1.0"?><osm version="0.6"></osm>', ""),
    "no GraphML": ("a.graphml", "<graphml>", ""),
    "no BD TOPO": ("a.geojson", '{"type": "FeatureCollection", "features": []}', ""),
    "no saved network": ("a.roads", "PK", ""),
    "no column": ("edges.csv", "u,v\na,b\n", ""),
    "no length": ("edges.csv", "u,v,road_class\na,b,c\n", "kmh = { c = 50 }\n"),
    "no speed": ("edges.csv", "u,v,road_class,length_m\na,b,d,1\n", "kmh = { c = 50 }\n"),
    "unknown node": ("edges.csv", "u,v,minutes\nzz,1,2\n", ""),
    "negative minutes": ("edges.csv", "u,v,minutes\nmairie-a,mairie-b,-2\n", ""),
    "minutes of text": ("edges.csv", "u,v,minutes\nmairie-a,mairie-b,deux\n", ""),
    "metres of text": ("edges.csv", "u,v,road_class,length_m\na,b,c,loin\n", "kmh = { c = 50 }\n"),
    "nothing in it": ("edges.csv", "", ""),
}


@pytest.mark.parametrize("case", BAD_ROADS)
def test_a_file_of_roads_is_refused_in_one_language(capsys, toy, case):
    name, text, keys = BAD_ROADS[case]
    (toy.parent / name).write_text(text, encoding="utf-8")
    before = 'nodes = "nodes.csv"\nedges = "edges.csv"\ndirected = false\n'
    assert before in TOY
    toy.write_text(TOY.replace(before, keys + (before if name == "edges.csv" else f'path = "{name}"\n')), "utf-8")
    french, english = told(capsys, toy, "fr"), told(capsys, toy, "en")
    assert french != english
    assert not ENGLISH.search(plain(french)), french
    assert not FRENCH.search(plain(english)), english


@pytest.mark.parametrize(("lang", "foreign"), [("fr", ENGLISH), ("en", FRENCH)])
def test_files_of_a_folder_are_told_in_the_language_of_the_command(tmp_path, capsys, lang, foreign):
    broken = {
        "a.geojson": b'{"type": "FeatureCollection", "features": [',
        "b.json": b'[{"a": 1},',
        "c.zip": b"PK\x03\x04z",
    }
    broken |= {"d.csv": b"", "e.csv": b"a;b\n1;2;3\n", "f.csv": b"<!DOCTYPE html><html></html>"}
    broken |= {"g.csv": b"alpha;beta\n1;2\n", "h.xlsx": b"PK\x03\x04z", "i.csv": b"a,a\n1,2\n", "j.parquet": b"PAR1"}
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    assert main(["data", str(tmp_path), "--lang", lang]) == 0
    said = capsys.readouterr().out
    reasons = [line for line in said.splitlines() if re.match(r"  \S+ : ", line)]
    assert len(reasons) == len(broken)
    for line in reasons:
        bare = re.sub(r"\S*[\w-]+\.(?:geojson|json|zip|csv|xlsx|parquet)\b|'[^']*'", "", line)
        assert not foreign.search(bare), line
