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
    return QUOTED.sub(" ", text.replace("\xa0", " ").replace("\u202f", " "))


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
