"""The command line from `new` to `verify`, as a newcomer uses it."""

import json
import re
import signal
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import pandas as pd
import processes
import pytest
from bs4 import BeautifulSoup
from processes import python
from studyfiles import TOY, write_toy

import accessmap as am
from accessmap import cli
from accessmap.read.companions import populations
from accessmap.words.words import text

ROOT = Path(__file__).parents[2]
NOON = "1700000000"  # 2023-11-14
EPCI = "CC du Pays Noyonnais"


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """What somebody has who ran `new`, `check` and `run` in an empty folder, and what was said."""
    folder = tmp_path_factory.mktemp("newcomer")
    said = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SOURCE_DATE_EPOCH", NOON)
        for command in (["new", "--sample", "--epci", EPCI], ["check"], ["run"]):
            done = python("-W", "error", "-m", "accessmap", *command)
            assert (done.returncode, done.stderr) == (0, "")
            said[command[0]] = done.stdout
    return folder, said


@pytest.fixture
def toy(toy_study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_toy(toy_study, tmp_path)


def strict(text):
    """The object that a text is in JSON, without what JSON does not know (NaN)."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def run(capsys, *arguments):
    """Run a command, and return its exit code, what it printed and what it complained of."""
    code = cli.main([str(each) for each in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


# ------------------------------------------------------------------------------------------------ the way of a newcomer


def test_new_says_what_comes_next(newcomer):
    assert "accessmap check study.toml" in newcomer[1]["new"]
    assert "accessmap run study.toml" in newcomer[1]["new"]


def test_check_tells_the_territory_and_what_was_repaired_in_it(newcomer):
    said = newcomer[1]["check"]
    assert "rien à corriger" in said
    assert "CC du Pays Noyonnais, 42 communes, 31 901 habitants".replace(" ", "") in said.replace("\u202f", "").replace(
        "\xa0", ""
    ).replace(" ", "")
    assert "dans le territoire : mairie-60255, mairie-60502".replace(" :", "\xa0:") in said
    assert "il peut en manquer" in said
    assert "Attention, " in said


def test_the_dossier_is_about_the_epci_that_was_asked(newcomer):
    folder, said = newcomer
    page = (folder / "out" / "cc-du-pays-noyonnais.html").read_text("utf-8")
    communes = pd.read_excel(
        folder / "out" / "cc-du-pays-noyonnais.xlsx",
        sheet_name="Communes",
        engine="calamine",
        dtype={"Code INSEE": str},
    )
    assert f"<title>{EPCI}" in page
    assert len(communes) == 42
    assert communes["Habitants"].sum() == 31_901
    assert "Noyon" in set(communes["Commune"])
    assert "réseau modélisé" in page
    assert "Réseau modélisé" in said["run"]
    assert "les France services et les hôpitaux livrés avec accessmap sont incomplets" in said["run"]
    assert "toutes les France services et tous les hôpitaux ne sont pas dans les données" in page
    assert "livrés avec" not in page
    assert "France services à Guiscard" in page


def test_the_geopackage_holds_communes_and_services(newcomer):
    path = newcomer[0] / "out" / "cc-du-pays-noyonnais.gpkg"
    assert len(gpd.read_file(path, layer="communes")) == 42
    assert set(gpd.read_file(path, layer="services")["category"]) == {"france_services"}


@pytest.mark.slow
def test_the_same_inputs_make_the_same_bytes_and_what_is_replaced_is_said(newcomer, monkeypatch, capsys):
    folder, said = newcomer
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOON)
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    code, out, err = run(capsys, "run", folder / "study.toml", "--quiet")
    assert (code, err) == (0, "")
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
    assert "écrit" in said["run"]
    assert "remplacé" in out
    assert "écrit" not in out


def test_the_numbers_of_the_dossier_hold(newcomer, capsys):
    code, out, _ = run(capsys, "verify", newcomer[0] / "out" / "cc-du-pays-noyonnais.html", "--quiet")
    assert code == 0
    assert "Les chiffres tiennent." in out


def test_a_dossier_that_was_sent_elsewhere_is_verified_where_its_study_is(newcomer, tmp_path, capsys):
    folder = newcomer[0]
    for ending in ("html", "json"):
        name = f"cc-du-pays-noyonnais.{ending}"
        (tmp_path / name).write_bytes((folder / "out" / name).read_bytes())
    options = ["--study", folder / "study.toml", "--quiet", "--json"]
    code, out, _ = run(capsys, "verify", tmp_path / "cc-du-pays-noyonnais.html", *options)
    assert (code, strict(out)["differences"]) == (0, [])


def test_the_documentation_tells_what_every_file_is(newcomer):
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    told = set(re.findall(r"`…([-.\w]+)`", page))
    names = [path.name.removeprefix("cc-du-pays-noyonnais") for path in (newcomer[0] / "out").iterdir()]
    assert [name for name in names if name not in told] == []


def test_nothing_is_left_beside_the_results(newcomer):
    folder = newcomer[0]
    assert sorted(path.name for path in folder.iterdir()) == ["out", "study.toml"]
    assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".")]


def test_site_tells_where_and_what_comes_close_and_its_scenario_runs(newcomer, monkeypatch, capsys):
    folder = newcomer[0]
    monkeypatch.chdir(folder)
    code, out, _ = run(capsys, "site", "--category", "france_services", "-p", 2, "--out", folder / "sites", "--json")
    found = strict(out)
    assert (code, found["status"], found["gap"], found["opens"]) == (0, "optimal", 0.0, ["mairie-60181"])
    assert len(found["alternatives"]) == 5
    name = "cc-du-pays-noyonnais-sites-france_services"
    listed = pd.read_csv(folder / "sites" / f"{name}-tableur.csv", sep=";", decimal=",")
    assert listed["Habitants qui y vont"].sum() == 31_901
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "with_site.toml").write_text(text + f'[scenarios]\npath = "sites/{name}.toml"\n', encoding="utf-8")
    assert run(capsys, "check", "with_site.toml")[0] == 0
    for path in (*(folder / "sites").iterdir(), folder / "with_site.toml"):
        path.unlink()
    (folder / "sites").rmdir()


# ---------------------------------------------------------------------------------------------------------- new


def test_new_does_not_touch_a_file_that_is_there_unless_forced(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text("mine")
    code, _, err = run(capsys, "new", "--epci", EPCI)
    assert (code, (tmp_path / "study.toml").read_text()) == (1, "mine")
    assert "existe déjà" in err
    code, out, _ = run(capsys, "new", "--epci", EPCI, "--force")
    assert code == 0
    assert "remplacé" in out


def test_new_offers_the_names_that_come_near(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "new", "--epci", "Pays Noyonais")
    assert code == 1
    assert 'vouliez-vous dire "CC du Pays Noyonnais"' in err
    assert list(tmp_path.iterdir()) == []


def test_new_lists_the_epci_and_says_which_may_go_on_beyond_the_data(capsys):
    _, out, _ = run(capsys, "new", "--list")
    lines = {line.split("  ")[1]: line for line in out.splitlines() if line.startswith("  C")}
    assert len(lines) == 42
    assert lines[EPCI].endswith("oui")
    assert lines["CC du Clermontois"].endswith("pas sûr")
    assert "aucune livrée" in lines["CU du Grand Reims"]
    assert "aucune" not in lines[EPCI]
    listed = {each["name"]: each for each in strict(run(capsys, "new", "--list", "--json")[1])["epci"]}
    assert (listed[EPCI]["communes"], listed[EPCI]["whole"]) == (42, True)
    assert (listed[EPCI]["france_services"], listed["CU du Grand Reims"]["france_services"]) == (1, 0)


def test_new_says_where_it_falls_back_on_mairies_and_the_study_makes_a_dossier(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "new", "--epci", "CC des Deux Vallées")
    assert code == 0
    assert "l’étude porte sur les mairies" in out
    code, out, _ = run(capsys, "run", "--quiet")
    assert code == 0
    assert "accès aux mairies" in out
    assert "France services" not in out


def test_new_with_own_files_writes_paths_from_the_folder_of_the_file(toy, capsys):
    (toy.parent / "sub").mkdir()
    own = ["--communes", "communes.gpkg", "--services", "mairie=mairies.csv", "--residents", "residents.csv"]
    code, _, _ = run(capsys, "new", *own, "--category", "mairie", "--title", "Trois", "--out", "sub/own.toml")
    assert code == 0
    assert 'path = "../communes.gpkg"' in (toy.parent / "sub" / "own.toml").read_text("utf-8")
    assert run(capsys, "check", "sub/own.toml")[0] == 0
    code, _, err = run(capsys, "new", "--communes", "communes.gpkg", "--services", "mairie=lost.csv", "--out", "x.toml")
    assert code == 1
    assert "lost.csv" in err


# ---------------------------------------------------------------------------------------------------------- check


def test_check_lists_every_problem_in_french_or_english_or_json(toy, capsys):
    toy.write_text(TOY.replace("residents.csv", "resident.csv").replace("thresholds", "treshold"), encoding="utf-8")
    code, out, err = run(capsys, "check", toy)
    assert (code, out) == (1, "")
    assert 'ligne 3, study.treshold = [2, 5]\xa0: clé inconnue (vouliez-vous dire "thresholds"\u202f?)' in err
    assert "line 3" in run(capsys, "check", toy, "--lang", "en")[2]
    problems = strict(run(capsys, "check", toy, "--json")[1])
    assert (problems["ok"], problems["problems"][0]["line"], problems["problems"][0]["key"]) == (
        False,
        3,
        "study.treshold",
    )


def test_check_finds_all_that_run_would_refuse(toy, capsys):
    text = TOY.partition("[[scenario]]")[0].replace("france_services.csv", "mairies.csv")
    toy.write_text(text.replace('category = "france_services"', 'category = "hospital"'), encoding="utf-8")
    for command in ("check", "run"):
        code, _, err = run(capsys, command, toy)
        assert code == 1
        assert "rien ne dit de quel service parle le dossier. Ajoutez category sous [dossier]" in err


def test_check_tells_settings_and_data_together(toy, capsys):
    text = TOY.replace("thresholds", "treshold").replace('"residents.csv"', '"resident.csv"')
    toy.write_text(text.replace('commune = "02002"', 'commune = "Bour"'), encoding="utf-8")
    problems = strict(run(capsys, "check", toy, "--json")[1])["problems"]
    assert [each["line"] for each in problems] == [3, 9, 29]


def test_check_names_who_does_not_join_the_roads(toy, capsys):
    path = toy.parent / "residents.csv"
    table = pd.read_csv(path, dtype=str)
    table.loc[0, "lat"] = str(float(table.loc[0, "lat"]) + 0.06)
    table.assign(commune=table["commune"]).to_csv(path, index=False)
    code, out, _ = run(capsys, "check", toy, "--json")
    assert code == 0
    report = strict(out)["report"]
    assert [row["id"] for row in report if row["table"] == "residents"] == ["ra"]


def test_what_readers_did_is_denied_neither_by_check_nor_by_the_dossier_or_its_workbook(toy, capsys):
    path = toy.parent / "france_services.csv"
    table = pd.read_csv(path, dtype=str)
    table.loc[0, ["lon", "lat"]] = ""
    table.to_csv(path, index=False)
    twice = '[[services]]\npath = "france_services.csv"\ncategory = "library"\n\n[roads]'
    toy.write_text(TOY.replace("[roads]", twice).replace('["csv"]', '["xlsx"]'), encoding="utf-8")
    code, out, _ = run(capsys, "check", toy)
    placed = "france_services.csv\xa0: 1 service sans point, avec pour position la mairie de la commune"
    assert code == 0
    assert out.count(placed) == 1  # what two sections say is told once
    assert f"[services[2] et 1 autre] {placed}" in out
    assert "Rien n’a été réparé" not in out
    assert run(capsys, "run", toy)[0] == 0
    page = BeautifulSoup((toy.parent / "out" / "trois-villages.html").read_text("utf-8"), "html.parser")
    chapter = page.select_one("#corrections")
    assert len([line for line in chapter.select("li") if line.text.startswith(placed)]) == 1
    table = chapter.select("table")[-1]
    titles = [cell.text for cell in table.select("thead th")]
    counts = {row.th.text: [cell.text for cell in row.select("td")] for row in table.select("tbody tr")}
    assert counts["Services"][titles.index("Placé par une règle ou déplacé") - 1] == "1"  # counts before sentences
    assert [each.summary.text for each in chapter.select("details")][-1].endswith("à la lecture")
    assert "Aucune correction n’a été faite" not in chapter.text
    book = toy.parent / "out" / "trois-villages.xlsx"
    log = pd.read_excel(book, sheet_name="Journal des données", engine="openpyxl").astype(str)
    found = log[log["Ce qui n’allait pas"].str.startswith(placed)]
    assert found.iloc[0, :2].to_list() == ["Services", "france_services.csv"]


def test_an_earlier_study_is_checked_told_and_verified(toy, capsys):
    then = toy.parent / "alors"
    then.mkdir()
    for path in toy.parent.iterdir():
        if path.is_file():
            (then / path.name).write_bytes(path.read_bytes())
    services = pd.read_csv(then / "france_services.csv", dtype=str)
    services.iloc[1:].to_csv(then / "france_services.csv", index=False)
    toy.write_text(TOY + '[[earlier]]\nname = "2017"\npath = "alors/study.toml"\n', encoding="utf-8")
    assert run(capsys, "run", toy)[0] == 0
    page = BeautifulSoup((toy.parent / "out" / "trois-villages.html").read_text("utf-8"), "html.parser")
    assert "2017" in page.select_one("#history").text
    assert run(capsys, "verify", toy.parent / "out" / "trois-villages.html")[0] == 0
    services.to_csv(then / "france_services.csv", index=False)
    code, out, _ = run(capsys, "verify", toy.parent / "out" / "trois-villages.html")
    assert code == 3
    assert "alors/france_services.csv" in out
    toy.write_text(TOY + '[[earlier]]\nname = "2017"\npath = "alors/study.tml"\n', encoding="utf-8")
    code, _, err = run(capsys, "check", toy)
    assert code == 1
    assert "earlier[1].path" in err


# ---------------------------------------------------------------------------------------------------------- run


def test_run_refuses_before_it_counts_where_a_file_may_not_be_replaced(toy, capsys):
    (toy.parent / "out").mkdir()
    (toy.parent / "out" / "trois-villages.html").write_text("mine")
    code, _, err = run(capsys, "run", toy, "--no-overwrite")
    assert code == 1
    assert "trois-villages.html existe déjà" in err
    assert [path.name for path in (toy.parent / "out").iterdir()] == ["trois-villages.html"]


def test_an_interrupted_run_leaves_nothing(toy, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("accessmap.studyfile.write_maps", interrupted)
    before = sorted(path.name for path in toy.parent.iterdir())
    code, _, err = run(capsys, "run", toy)
    assert (code, sorted(path.name for path in toy.parent.iterdir())) == (130, before)
    assert "interrompu" in err


def test_ctrl_c_in_the_middle_of_a_run_leaves_nothing(tmp_path):
    text = '[communes]\nsample = true\n[dossier]\ncategory = "hospital"\n'
    (tmp_path / "study.toml").write_text(text)
    with processes.started(sys.executable, "-m", "accessmap", "run", cwd=tmp_path) as running:
        for _ in range(600):
            if list(tmp_path.glob(".accessmap-*")) or running.poll() is not None:
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert "interrompu" in err
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_names_that_hold_control_characters_do_not_reach_the_terminal(toy, capsys):
    services = pd.read_csv(toy.parent / "mairies.csv", dtype=str)
    services.assign(name="\x1b[31mrouge").to_csv(toy.parent / "mairies.csv", index=False)
    code, out, _ = run(capsys, "site", toy, "--category", "france_services", "-p", 2)
    assert code == 0
    assert "\x1b" not in out
    assert "rouge" in out


def test_run_in_json_is_one_object_and_says_what_was_written(toy, capsys, monkeypatch):
    monkeypatch.setenv("ACCESSMAP_BROWSER", "no-such-browser")  # what cannot be printed stops nothing, and is said
    (toy.parent / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    brand = '\nlogo = "logo.svg"\ncolour = "#FFCC00"\ntitle = "Trois villages, demain"'
    own = 'formats = ["parquet", "gpkg"]\nname = "x"\nout = "made"' + brand
    toy.write_text(TOY.replace('formats = ["csv"]', own), encoding="utf-8")
    code, out, err = run(capsys, "run", toy, "--json", "--pdf")
    found = strict(out)
    assert found["title"] == "Trois villages, demain"
    assert [each for each in found["said"] if "#FFCC00 est trop claire" in each]
    assert "logo.svg" in strict((toy.parent / "made" / "x.json").read_text("utf-8"))["inputs"]
    assert "Ctrl+P" in found["unprinted"]
    names = {path.rpartition("/")[2] for path in (each["path"] for each in found["files"])}
    assert (code, err, found["modelled"]) == (0, "", False)
    assert {"x.html", "x-fiches.html", "x.json", "x.gpkg", "x-communes.parquet", "x-map-compare.html"} <= names
    assert not any(name.endswith((".csv", ".pdf")) for name in names)
    assert gpd.read_parquet(toy.parent / "made" / "x-communes.parquet").crs == "EPSG:2154"
    code, out, _ = run(capsys, "verify", toy.parent / "made" / "x.html", "--json")
    assert (code, strict(out)["holds"]) == (0, True)


def test_a_study_with_a_network_on_foot_has_the_chapter_without_a_car(toy, capsys):
    assert run(capsys, "run", toy)[0] == 0
    assert "Sans voiture" not in (toy.parent / "out" / "trois-villages.html").read_text("utf-8")
    toy.write_text(TOY.replace("[[scenario]]", "[roads.walk]\nmodelled = true\n\n[[scenario]]"), encoding="utf-8")
    code, out, _ = run(capsys, "run", toy)
    assert code == 0
    assert "Réseau modélisé (à pied)\xa0: ces minutes" in out
    assert "Sans voiture" in (toy.parent / "out" / "trois-villages.html").read_text("utf-8")
    out = run(capsys, "check", toy)[1]
    assert "routes (en voiture)\xa0: " in out
    assert "routes (à pied)\xa0: réseau modélisé" in out


def test_verify_tells_which_numbers_differ_and_does_not_drown_in_them(toy, capsys):
    run(capsys, "run", toy)
    table = pd.read_csv(toy.parent / "residents.csv", dtype=str)
    table.assign(population=["10", "5000", "10"]).to_csv(toy.parent / "residents.csv", index=False)
    code, out, _ = run(capsys, "verify", toy.parent / "out" / "trois-villages.html")
    assert code == 3
    assert "donnée modifiée depuis\xa0: residents.csv" in out
    assert "chiffre différent" in out
    assert out.count("table différente") == 8
    assert re.search(r"et encore \d+ tables\n", out)


def test_verify_says_where_a_page_was_edited_and_first_that_there_is_none(toy, capsys):
    run(capsys, "run", toy)
    page = toy.parent / "out" / "trois-villages.html"
    text = page.read_text("utf-8")
    figure = re.search(r"Aujourd’hui, (\d+)", text)
    page.write_text(text.replace(figure[0], "Aujourd’hui, 99", 1), encoding="utf-8")
    code, out, _ = run(capsys, "verify", page)
    assert code == 3
    assert re.search(rf"dans la page «\xa0.*Aujourd’hui, 99.*», recalculé «\xa0.*Aujourd’hui, {figure[1]}", out)
    code, _, err = run(capsys, "verify", toy.parent / "out" / "other.html")
    assert code == 1
    assert "other.html n’existe pas" in err


def test_verify_is_exit_code_3_where_the_page_was_changed(toy, capsys):
    run(capsys, "run", toy)
    page = toy.parent / "out" / "trois-villages.html"
    page.write_text(page.read_text("utf-8").replace("Trois", "Quatre", 1), encoding="utf-8")
    code, out, _ = run(capsys, "verify", page)
    assert code == 3
    assert "trois-villages.html a été modifié" in out


# ------------------------------------------------------------------------------------- site, explain, isochrones, fetch


def test_site_counts_the_sites_of_the_territory(toy, capsys):
    code, _, err = run(capsys, "site", toy, "--category", "france_services", "-p", 1)
    assert code == 1
    assert "dont celui qui existe. Donnez 2\u202f; avec --free, celui qui existe peut fermer." in err
    code, out, _ = run(capsys, "site", toy, "--category", "france_services", "-p", 2)
    assert code == 0
    assert "+ Mairie B" in out


def test_sites_are_added_to_those_of_today_and_none_where_it_is_forbidden(toy, capsys):
    site = ["site", "--study", toy, "--category", "france_services"]
    found = strict(run(capsys, *site, "--add", 1, "--keep", "fs-a", "--json")[1])
    assert (found["opens"], found["closes"], found["forbidden"]) == (["mairie-b"], [], [])
    for given, said in {
        "--add 2": "Le nombre de lieux libres est de 1.",
        "--add 1 --forbid Bourg": "aucun lieu ne reste où ouvrir",
        "--add 1 --forbid Bour": 'vouliez-vous dire "Bourg"',
        "--add 1 --forbid 02001": "rien ne peut ouvrir à Aville",
        "--add 1 --forbid fs-a": "est ouvert aujourd’hui et le reste. Ajoutez --free",
        "--add 1 --keep fs-x": "Ceux qui le sont\xa0: fs-a (FS A).",
        "-p 1 --free --keep fs-a --forbid fs-a": "à la fois dans --keep et dans --forbid",
    }.items():
        code, _, err = run(capsys, *site, *given.split())
        assert (code, said in err) == (1, True), (given, err)


def test_several_services_are_placed_in_one_building_and_their_scenarios_are_read(toy, capsys):
    code, _, err = run(capsys, "site", toy, "--bundle")
    assert (code, "n’a pas de section [bundle]" in err) == (1, True)
    assert run(capsys, "site", toy, "-p", 2)[0] == 1  # neither a category nor a bundle
    said = """
[bundle]
building = 10
budget = { 2027 = 14, 2028 = 5 }
[bundle.services.france_services]
opening = 3
[bundle.services.digital_help]
half_day = 2
least = 2
"""
    toy.write_text(toy.read_text("utf-8") + said, "utf-8")
    code, out, _ = run(capsys, "site", toy, "--bundle")
    assert code == 0
    # Help alone at a (no building to pay) costs 4 a year; the France services of b then needs 13: too much for both.
    assert "2027\xa0: 4 dépensés sur 14" in out
    found = strict(run(capsys, "site", toy, "--bundle", "--json")[1])
    opens = [(each["year"], each["service"], each["site"]) for each in found["schedule"] if each["opens"]]
    assert opens == [(2027, "digital_help", "fs-a")]
    assert found["gap"] == 0
    table = next(Path(each["path"]) for each in found["files"] if str(each["path"]).endswith("bundle-tableur.csv"))
    assert "Demi-journées par semaine" in table.read_text("utf-8-sig")
    plans = next(Path(each["path"]) for each in found["files"] if str(each["path"]).endswith(".toml"))
    assert [step.action for step in am.scenarios.read(plans)["Bouquet 2027"].steps] == ["open", "set"]


def test_a_site_that_may_close_is_kept_or_closed_as_asked(toy, capsys):
    residents = pd.read_csv(toy.parent / "residents.csv", dtype=str)
    residents.assign(population=["1", "500", "10"]).to_csv(toy.parent / "residents.csv", index=False)
    site = ["site", toy, "--category", "france_services", "-p", 1, "--free", "--json"]
    kept = strict(run(capsys, *site, "--keep", "fs-a")[1])
    assert (kept["opens"], kept["closes"]) == ([], [])
    closed = strict(run(capsys, *site, "--forbid", "fs-a")[1])
    assert (closed["opens"], closed["closes"], closed["forbidden"]) == (["mairie-b"], ["fs-a"], ["fs-a"])
    stays = strict(run(capsys, *site, "--forbid", "Bourg")[1])
    assert (stays["opens"], stays["closes"], stays["forbidden"]) == ([], [], ["mairie-b"])


@pytest.mark.parametrize(
    ("objective", "opens"), [("mean", ["mairie-b"]), ("coverage", ["mairie-b"]), ("worst", ["mairie-b"])]
)
def test_every_objective_opens_what_helps(toy, capsys, objective, opens):
    options = ["--category", "france_services", "-p", 2, "--objective", objective, "--cutoff", 2, "--json"]
    assert strict(run(capsys, "site", toy, *options)[1])["opens"] == opens


def test_sites_that_may_close_are_moved_where_more_people_live(toy, capsys):
    services = pd.read_csv(toy.parent / "residents.csv", dtype=str)
    services.assign(population=["1", "500", "10"]).to_csv(toy.parent / "residents.csv", index=False)
    out = run(capsys, "site", toy, "--category", "france_services", "-p", 1, "--free", "--json")[1]
    found = strict(out)
    assert (found["opens"], found["closes"]) == (["mairie-b"], ["fs-a"])


def test_site_refuses_a_category_that_is_no_word(toy, capsys):
    code, _, err = run(capsys, "site", toy, "--category", "france_servics", "-p", 2)
    assert code == 1
    assert 'vouliez-vous dire "france_services"' in err


def test_explain_adds_up_to_the_minutes_of_the_study(toy, capsys, toy_study):
    code, out, _ = run(capsys, "explain", "Aville", "60001", "--study", toy, "--json")
    found = strict(out)
    assert code == 0
    assert found["minutes"] == pytest.approx(6, abs=0.01)
    assert sum(each["minutes"] for each in found["stretches"]) == pytest.approx(found["minutes"])


def test_answers_to_other_questions_are_other_files(toy, capsys):
    options = ["site", toy, "--category", "france_services", "-p", 2, "--objective"]
    for objective in ("mean", "coverage", "worst"):
        assert run(capsys, *options, objective)[0] == 0
    names = {path.name.partition("-sites-")[2] for path in (toy.parent / "out").iterdir()}
    stems = ("france_services", "france_services-coverage", "france_services-worst")
    assert names == {f"{stem}{ending}" for stem in stems for ending in ("-tableur.csv", ".toml")}


def test_a_choice_that_comes_close_is_told_from_the_best(newcomer, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(newcomer[0])
    options = ["--category", "france_services", "-p", 2, "--out", tmp_path, "--quiet", "--objective"]
    _, out, _ = run(capsys, "site", *options, "mean")
    assert "Mairie de Guiscard\xa0: +0,03\xa0min, 5,39\xa0min en moyenne contre 5,36\xa0min" in out
    assert "de moins bien" not in out
    assert "habitants à 10\xa0min ou moins\xa0:" in out  # the threshold that the dossier of this study quotes
    _, out, _ = run(capsys, "site", *options, "worst")
    assert "trajet le plus long à égalité" in out
    assert "0,0\xa0min" not in out
    _, out, _ = run(capsys, "site", *options, "coverage", "--cutoff", 20)
    assert "Ouvrir n’y change rien" in out
    _, out, _ = run(capsys, "site", *options, "coverage")
    assert "Ouvrir" not in out
    assert re.search(
        r"−[\d\u202f]+\xa0habitants?, [\d\u202f]+\xa0habitants à 10\xa0min ou moins, contre [\d\u202f]+\xa0habitants",
        out,
    )


def test_explain_knows_sites_by_name_and_id_and_names_the_communes_on_the_way(newcomer, monkeypatch, capsys):
    monkeypatch.chdir(newcomer[0])
    code, out, _ = run(capsys, "explain", "mairie de cuts", "france_services-60471")
    assert code == 0
    assert "De Mairie de Cuts à France services de Noyon" in out
    assert "(Cuts – Varesnes – Morlincourt)" in out
    assert "(Morlincourt – Noyon)" in out
    code, _, err = run(capsys, "explain", "Mairie de Cut", "Noyon")
    assert code == 1
    assert '"Mairie de Cuts"' in err


def test_explain_asks_which_where_two_sites_have_one_name(toy, capsys):
    table = pd.read_csv(toy.parent / "mairies.csv", dtype=str)
    table.assign(name="Mairie").to_csv(toy.parent / "mairies.csv", index=False)
    code, _, err = run(capsys, "explain", "Mairie", "Bourg", "--study", toy)
    assert code == 1
    assert "mairie-a, mairie-b, mairie-x" in err


def test_explain_takes_degrees_west_of_greenwich_and_names_what_it_does_not_know(toy, capsys):
    code, _, err = run(capsys, "explain", "-1.5,47.2", "Bourg", "--study", toy)
    assert code == 1
    assert "aucun chemin de -1.5, 47.2 à Bourg" in err
    assert "vouliez-vous dire" in run(capsys, "explain", "Bour", "Aville", "--study", toy)[2]
    assert "longitude, puis" in run(capsys, "explain", "3,99", "Aville", "--study", toy)[2]


def test_explain_without_a_study_uses_the_sample_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "explain", "Chauny", "Tergnier")
    assert code == 0
    assert "Pays Chaunois" in out
    assert "liaison avec une ville" in out


def test_isochrones_are_written_for_a_gis(toy, capsys):
    code, out, _ = run(capsys, "isochrones", "--study", toy, "--minutes", 2, 5, "--out", "iso.geojson")
    assert code == 0
    assert "FS A" in out
    areas = gpd.read_file(toy.parent / "iso.geojson")
    assert areas["minutes"].tolist() == [2, 5]
    assert areas.crs == "EPSG:4326"
    assert areas["km2"].is_monotonic_increasing
    assert run(capsys, "isochrones", "--study", toy, "--at", "Bourg", "--out", "iso.html")[0] == 0
    page = (toy.parent / "iso.html").read_bytes()
    assert b"Trois villages" in page
    assert run(capsys, "isochrones", "--study", toy, "--at", "Bourg", "--out", "iso.html")[0] == 0
    assert (toy.parent / "iso.html").read_bytes() == page
    code, _, err = run(capsys, "isochrones", "--study", toy, "--at", "Bourg", "--out", "iso.pdf")
    assert code == 1
    assert ".gpkg, .geojson, .html" in err


def test_isochrones_say_which_sites_they_are_made_from_and_all_takes_the_others(
    newcomer, monkeypatch, tmp_path, capsys
):
    monkeypatch.chdir(newcomer[0])
    options = ["isochrones", "--minutes", 5, "--out", tmp_path / "iso.geojson", "--quiet"]
    _, out, _ = run(capsys, *options)
    assert "Fait à partir du site du territoire seulement\u202f; --all ajoute les 12 d’à côté." in out
    assert "ces formes sont indicatives" in out
    assert len(gpd.read_file(tmp_path / "iso.geojson")) == 1
    _, out, _ = run(capsys, *options, "--all")
    assert "seulement" not in out
    assert len(gpd.read_file(tmp_path / "iso.geojson")) == 13  # 14 with the bus of Saint-Quentin


def test_tables_for_a_spreadsheet_are_french_and_hold_no_formula(toy, capsys):
    text = TOY.replace('formats = ["csv"]', 'formats = ["tableur", "csv"]').replace('name = "Bourg"', 'name = "=1+1"')
    toy.write_text(text, encoding="utf-8")
    assert run(capsys, "run", toy)[0] == 0
    for path in (toy.parent / "out").glob("*.csv"):
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf") == path.name.endswith("-tableur.csv")
        separator = ";" if path.name.endswith("-tableur.csv") else ","
        assert not re.search(rf'(^|{separator})"?[=+@\t]', raw.decode("utf-8-sig"), re.MULTILINE)
    name = "trois-villages-summary"
    french = pd.read_csv(toy.parent / "out" / f"{name}-tableur.csv", sep=";", decimal=",")
    plain = pd.read_csv(toy.parent / "out" / f"{name}.csv", index_col=0)
    assert french["Aujourd’hui"].to_numpy() == pytest.approx(plain["baseline"].to_numpy(), rel=1e-5, nan_ok=True)
    heads = {path.read_text("utf-8-sig").splitlines()[0] for path in (toy.parent / "out").glob("*-tableur.csv")}
    assert not [head for head in heads if re.search("_|people|baseline|(^|;)(name|code|category)(;|$)", head)]
    legal = populations(toy.parent / "out" / "trois-villages-communes-tableur.csv")  # our own readers read it back
    communes = pd.read_csv(toy.parent / "out" / "trois-villages-communes.csv", dtype={"code": str}, index_col="code")
    assert legal.table["population"].to_dict() == communes["population"].to_dict()


OSM = """<?xml version="1.0"?>
<osm version="0.6"><node id="1" version="1" lat="49.60" lon="3.20"/><node id="2" version="1" lat="49.61" lon="3.21"/>
<way id="3" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="tertiary"/></way></osm>"""


@pytest.fixture
def overpass():
    """A server on loopback that answers as Overpass does, and counts how often it is asked."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(OSM.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    server.server_close()
    thread.join(60)


def test_fetch_asks_once_and_writes_roads_that_a_study_reads(overpass, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    address, asked = overpass
    options = ["--area", "3.19,49.59,3.22,49.62", "--buffer", 0, "--cache", "cache", "--endpoint", address]
    for _ in range(2):
        code, out, err = run(capsys, "fetch", *options, "--out", "here.roads")
        assert (code, err) == (0, "")
    assert len(asked) == 1
    assert '[roads] path = "here.roads"' in out
    with zipfile.ZipFile("here.roads") as archive:
        assert "edges.arrow" in archive.namelist()


def test_a_server_that_refuses_is_told_in_french(tmp_path, monkeypatch, capsys):
    class Refusal(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400, "Bad Request")
            self.end_headers()

        def log_message(self, *_):
            pass

    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = ["--endpoint", f"http://127.0.0.1:{server.server_port}/", "--cache", "cache", "--buffer", 0]
        code, _, err = run(capsys, "fetch", "--area", "3.19,49.59,3.22,49.62", *options)
        server.shutdown()
    assert code == 1
    assert "les routes n’ont pu être téléchargées de http://127.0.0.1" in err
    assert "(erreur HTTP 400)" in err
    assert "nommez-le dans [roads] path" in err


def test_fetch_says_what_it_cannot_use(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "emprise" in run(capsys, "fetch", "--area", "1,2,3")[2]
    assert "accessmap new" in run(capsys, "fetch")[2]
    code, _, err = run(capsys, "fetch", "--area", "3,49,4,50", "--endpoint", "ftp://x")
    assert code == 1
    assert "n’est pas l’adresse d’un serveur" in err
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------- all of them


def test_every_command_takes_the_study_of_here_by_its_place_or_by_name(toy, capsys):
    other = toy.rename(toy.with_name("other.toml"))
    asked = {
        "check": [],
        "services": ["--category", "france_services"],
        "isochrones": ["--category", "france_services"],
        "explain": ["Aville", "Bourg"],
    }
    for command, options in asked.items():
        forms = [["--study", other]] if command == "explain" else [["--study", other], [other]]
        said = [run(capsys, command, *form, *options, "--json") for form in forms]
        assert [code for code, _, _ in said] == [0] * len(forms), command
        lost = run(capsys, command, *options, "--study", "lost.toml")
        assert (lost[0], "lost.toml n’existe pas" in lost[2]) == (1, True), lost[2]
    for command in (["check"], ["run"], ["fetch"]):  # the others take the sample, and say so
        assert "study.toml n’existe pas" in run(capsys, *command)[2]


@pytest.mark.parametrize("command", cli.COMMANDS)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_command_has_help_in_both_languages(command, lang, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help", "--lang", lang])
    out = capsys.readouterr().out
    assert stopped.value.code == 0
    assert " ".join(text(f"cli_about_{command}", lang=lang).split()) in " ".join(out.split())


def test_without_a_command_all_of_them_are_told(capsys):
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert all(f"\n    {name} " in err for name in cli.COMMANDS)


def test_a_mistyped_command_is_exit_code_2_and_the_nearest_is_named(capsys):
    for lang, told in (("fr", "vouliez-vous dire «\xa0check\xa0»\u202f?"), ("en", 'did you mean "check"?')):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["--lang", lang, "chek"])
        assert stopped.value.code == 2
        assert told in capsys.readouterr().err


# What is typed wrong, and what is said of it.
WRONG_USAGE = {
    "nothing given": (["site"], "il manque l’un de\xa0: -p --add --bundle."),
    "neither of two": (["site", "--category", "a"], "il manque l’un de\xa0: -p --add --bundle."),
    "a study named twice": (["check", "a.toml", "--study", "b.toml"], "--study et study.toml ne vont pas ensemble."),
    "no whole number": (["site", "--category", "a", "-p", "x"], "-p attend un nombre entier, et non «\xa0x\xa0»."),
    "no number": (["site", "--cutoff", "x"], "--cutoff attend un nombre, et non «\xa0x\xa0»."),
    "no value": (["fetch", "--out"], "--out attend une valeur."),
    "another choice": (
        ["fetch", "--mode", "cars"],
        "vouliez-vous dire «\xa0car\xa0»\u202f?). Choix\xa0: car, bike, walk.",
    ),
    "unknown option": (["run", "--nope", "--nix"], "arguments inconnus\xa0: --nope --nix. Voyez --help."),
    "two that exclude each other": (["new", "--sample", "--communes", "x"], "--communes et --sample ne vont pas"),
    "a value too much": (["run", "--quiet=yes"], "--quiet ne prend pas de valeur"),
    "an option cut short": (["site", "--c", "x"], "écrivez l’option en entier"),
}


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_is_told_in_french_and_in_english_where_asked(case, capsys):
    arguments, told = WRONG_USAGE[case]
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    err = capsys.readouterr().err
    assert stopped.value.code == 2
    assert told in err
    assert not re.search("invalid|expected|required|argument |unrecognized|allowed|could match", err)
    with pytest.raises(SystemExit):
        cli.main([*arguments[:1], "--lang=en", *arguments[1:]])
    assert told not in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_error():
    command = f"{sys.executable} -m accessmap new --list | head -1"
    done = processes.run("sh", "-c", command)
    assert done.stderr == ""


def test_starting_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, accessmap.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\n"
        "print([n for n in ('geopandas', 'pandas', 'pydantic', 'rich', 'folium') if n in sys.modules])"
    )
    done = python("-c", code, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
