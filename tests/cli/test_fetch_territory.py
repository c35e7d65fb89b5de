"""`accessmap new --epci … --fetch`, whole, against a server on loopback that answers in the published forms."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publishers import LUMBRES, WITHOUT_MAIRIE, Publishers, manifest, served

import accessmap as am
from accessmap.cli import main
from accessmap.read import downloading
from accessmap.read.downloading import download
from accessmap.roads.readers.tables import file_sha256

Run = Callable[..., tuple[int, str, str]]
NAME = "communauté de communes PAYS de lumbres"


@pytest.fixture(scope="module")
def publishers(data_folder: Path) -> Iterator[Publishers]:
    with served(Publishers(data_folder)) as found:
        yield found


@pytest.fixture
def server(publishers: Publishers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publishers:
    """The server, asked nothing yet, and a home of one's own with its list of downloads."""
    monkeypatch.setenv("ACCESSMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloading, "PAUSE_SECONDS", 0.01)
    monkeypatch.chdir(tmp_path)
    Path("downloads.toml").write_text(manifest(publishers.url), encoding="utf-8")
    publishers.asked.clear()
    publishers.ranges.clear()
    publishers.faults.clear()
    return publishers


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: str) -> tuple[int, str, str]:
        code = main(["new", "--epci", NAME, "--fetch", "--manifest", "downloads.toml", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return ran


def test_an_epci_comes_whole_and_is_asked_for_once(server: Publishers, run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert server.most_at_once == 1
    came = {"communes.geojson", "mairies.json", "france-services.csv", "annuaire-education.csv", "BPE25.parquet"}
    assert {each.name for each in Path("donnees").iterdir()} == {*came, "network.roads", "telechargements.toml"}
    assert "static.data.gouv.fr/resources/liste-france-services-2026.csv" in " ".join(server.asked)
    settings = tomllib.loads(Path("study.toml").read_text(encoding="utf-8"))
    assert settings["study"] == {
        "title": "CC du Pays de Lumbres",
        "lang": "fr",
        "thresholds": [10, 20, 30],
        "territory": [LUMBRES],
    }
    assert settings["roads"]["path"] == "donnees/network.roads"
    assert settings["schools"]["path"] == "donnees/annuaire-education.csv"
    assert [each.get("category") for each in settings["services"]] == [None, "mairie", "france_services"]
    record = tomllib.loads(Path("donnees/telechargements.toml").read_text(encoding="utf-8"))
    assert record["territory"] == [LUMBRES]
    assert all(record["file"][name]["sha256"] == file_sha256(Path("donnees", name)) for name in came)
    assert record["file"]["mairies.json"]["asked"][0]["address"].startswith(f"{server.url}/api-lannuaire")
    study = am.load_study("study.toml")
    inside = study.communes["in_territory"]
    assert (int(inside.sum()), int(study.communes["population"][inside].sum())) == (36, 24_248)
    assert (~inside).sum() > 20
    assert {"59", "62"} <= set(study.communes.index.str[:2])
    assert set(study.services["category"]) >= {"mairie", "france_services", "pharmacy", "bakery"}
    former = study.services["commune_in_file"] == "62884"
    assert study.services.loc[former, "commune"].tolist() == ["62008"]
    mairies = study.services[study.services["category"] == "mairie"]
    assert set(study.communes.index).difference(mairies["commune"]) == {WITHOUT_MAIRIE}
    assert study.residents.groupby("commune")["population"].sum()[WITHOUT_MAIRIE] == 3_626
    (noted,) = study.notes.loc[study.notes["table"] == "residents", ["id", "commune"]].to_numpy().tolist()
    assert noted == [WITHOUT_MAIRIE, "Lumbres"]
    assert set(mairies["hours"]) == {"Mo-Fr 08:30-12:00; PH off"}
    assert len(study.schools) == 20
    asked = len(server.asked)
    code, out, _ = run("--force", "--lang", "en")
    assert (code, len(server.asked)) == (0, asked)
    assert out.count("already in donnees") == 6
    for each in came:  # what is lost is had from the cache, and not asked for again
        Path("donnees", each).unlink()
    assert run("--force")[0] == 0
    assert len(server.asked) == asked


def test_what_moved_is_told_with_the_way_by_hand_and_the_rest_goes_on(server: Publishers, run: Run) -> None:
    faults = {"www.data.gouv.fr": ["404"], "data.education": ["html"], "insee": ["large"] * 4}
    server.faults |= faults | {"overpass": ["400"], "api-lannuaire": ["503", "cut"]}
    text = Path("downloads.toml").read_text(encoding="utf-8").replace("most_mb = 500", "most_mb = 2")
    Path("downloads.toml").write_text(text, encoding="utf-8")
    code, out, err = run("--category", "mairie")
    assert (code, err) == (0, "")
    (missing,) = [line for line in out.splitlines() if line.startswith("liste des structures France services")]
    assert (
        "(erreur HTTP 404). Ouvrez https://www.data.gouv.fr/datasets/liste-des-structures-france-services/" in missing
    )
    assert "téléchargez le fichier CSV le plus récent, mettez le fichier dans donnees" in missing
    assert "ce qui est venu n’est pas ce fichier\u00a0: annuaire-education.csv est une page HTML" in out
    assert "dépasse les 2 Mo attendus. Ouvrez https://www.insee.fr" in out
    assert "extrait .osm.pbf" in out
    assert len([each for each in server.asked if "insee" in each]) == 1
    assert {each.name for each in Path("donnees").iterdir()} == {
        "communes.geojson",
        "mairies.json",
        "telechargements.toml",
    }
    assert "modelled = true" in Path("study.toml").read_text(encoding="utf-8")
    by_hand = server.body("/static.data.gouv.fr/", {})
    Path("donnees", "telecharge a la main.csv").write_bytes(by_hand)
    server.asked.clear()
    server.faults.clear()
    code, out, _ = run("--force", "--json")
    told = json.loads(out)
    assert told["missing"] == []
    assert not any("static" in each for each in server.asked)
    assert "telecharge a la main.csv" in Path("study.toml").read_text(encoding="utf-8")


def test_names_and_folders_that_cannot_be_meant(server: Publishers, run: Run, capsys) -> None:
    told = ["new", "--fetch", "--manifest", "downloads.toml"]
    assert main([*told, "--epci", "CC du Pays de Lumbre"]) == 1
    err = capsys.readouterr().err
    assert "n’est le nom ni le code d’aucune intercommunalité (vouliez-vous dire 'CC du Pays de Lumbres'" in err
    assert main(told) == 1
    assert "--fetch demande --epci" in capsys.readouterr().err
    Path("donnees").mkdir(exist_ok=True)
    Path("donnees/telechargements.toml").write_text("territory = [", encoding="utf-8")
    assert "telechargements.toml ne dit pas les téléchargements comme il faut" in run("--force")[2]
    Path("donnees/telechargements.toml").write_text('territory = ["200000001"]\n', encoding="utf-8")
    code, _, err = run("--force")
    assert code == 1
    assert "d’un autre territoire (200000001)" in err
    server.faults["epcis"] = ["404"]
    Path("downloads.toml").write_text(manifest(server.url).replace("/epcis?", "/moved/epcis?"), encoding="utf-8")
    code, _, err = run("--force")
    assert code == 1
    assert "n’ont pas pu être téléchargées" in err
    listed = manifest(server.url)
    wrong = {"adress": ("address =", "adress ="), "epci.most_mb = True": ("most_mb = 5\n", "most_mb = true\n")}
    wrong |= {"{dep}": ("{department}/", "{dep}/"), "[epci": ("[epci]", "[epci"), "around": ("[around]", "[round]")}
    for told, (before, after) in wrong.items():
        Path("downloads.toml").write_text(listed.replace(before, after, 1), encoding="utf-8")
        code, _, err = run("--force")
        assert code == 1
        assert "ne dit pas les téléchargements comme il faut" in err
        assert told in err or told == "[epci"


BOUNDS = {"most_bytes": 1_000_000, "seconds": 20}
LIST = "/static.data.gouv.fr/liste.csv"


def test_a_file_that_is_cut_is_resumed(server: Publishers, tmp_path: Path) -> None:
    body = server.body(LIST, {})
    server.faults["liste"] = ["cut", "cut"]
    heard: list[tuple[int, int | None]] = []
    kept = download(server.url + LIST, tmp_path, **BOUNDS, progress=lambda *told: heard.append(told))
    assert kept.path.read_bytes() == body
    half = len(body) // 2
    assert server.ranges == [f"bytes={half}-", f"bytes={half + (len(body) - half) // 2}-"]
    assert heard[-1] == (len(body), len(body))
    assert download(server.url + LIST, tmp_path, **BOUNDS) == kept
    assert len(server.asked) == 3
    kept.path.write_bytes(body[:-1])  # changed on disk: asked for again
    assert download(server.url + LIST, tmp_path, **BOUNDS).path.read_bytes() == body


def test_a_server_without_ranges_begins_again(server: Publishers, tmp_path: Path) -> None:
    server.faults["liste"] = ["cut", "no range"]
    assert download(server.url + LIST, tmp_path, **BOUNDS).path.read_bytes() == server.body(LIST, {})


def test_a_part_of_another_edition_is_not_joined(server: Publishers, tmp_path: Path) -> None:
    server.faults["liste"] = ["cut", "changed"]
    assert download(server.url + LIST, tmp_path, **BOUNDS).path.read_bytes() == server.body(LIST, {})
    assert len(server.asked) == 3


def test_a_run_that_was_stopped_goes_on_where_it_was(server: Publishers, tmp_path: Path) -> None:
    server.faults["liste"] = ["cut"] * downloading.ATTEMPTS
    with pytest.raises(am.errors.SourceError, match="the connection was cut"):
        download(server.url + LIST, tmp_path, **BOUNDS)
    assert download(server.url + LIST, tmp_path, **BOUNDS).path.read_bytes() == server.body(LIST, {})
    assert len(server.ranges) == downloading.ATTEMPTS


@pytest.mark.parametrize(
    ("fault", "told", "requests"),
    [
        ("slow", "is too slow", 1),
        ("large", "larger than the 1 MB", 1),
        ("410", "HTTP 410", 1),
        ("503", "HTTP 503", 4),
        ("to ftp://example.org/liste.csv", "no https address", 1),
        ("to file:///etc/hostname", "not allowed", 1),
    ],
)
def test_bounds_of_a_download(server: Publishers, tmp_path: Path, fault: str, told: str, requests: int) -> None:
    server.faults["liste"] = [fault] * 4
    with pytest.raises(am.errors.SourceError, match=told):
        download(server.url + LIST, tmp_path, most_bytes=1_000_000, seconds=0.5)
    assert len(server.asked) == requests
    left = {each.suffix for each in tmp_path.iterdir() if each.is_file() and each.name != "downloads.toml"}
    assert left == ({".begun", ".validator"} if fault == "slow" else set())


def test_a_redirection_is_followed_and_bounded(server: Publishers, tmp_path: Path) -> None:
    server.faults["liste"] = [f"to {server.url}{LIST}"]
    assert download(server.url + LIST, tmp_path, **BOUNDS).path.read_bytes() == server.body(LIST, {})
    server.faults["liste"] = [f"to {server.url}{LIST}"] * 40
    server.asked.clear()
    with pytest.raises(am.errors.SourceError):
        download(f"{server.url}{LIST}?again", tmp_path, **BOUNDS)
    assert len(server.asked) < 10
    request = downloading.urllib.request.Request("https://example.org/a")
    with pytest.raises(am.errors.SourceError, match="no https address"):
        downloading._Redirects().redirect_request(request, None, 302, "", {}, "http://example.org/b")
