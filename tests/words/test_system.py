"""What the system, a server or a parser said of a fault: English quotes it, French has words of its own."""

import errno
import http.client
import socket
import tomllib
import urllib.error
from email.message import Message
from pathlib import Path

import pytest

import accessmap as am
from accessmap.errors import AccessmapError
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.osmnx_graph import read_graph
from accessmap.words.system import why_failed

FAULTS: dict[str, tuple[BaseException, str, str]] = {
    "no right": (PermissionError(errno.EACCES, "Permission denied"), "Permission denied", "l’accès est refusé"),
    "full": (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "le disque est plein"),
    "unknown number": (
        OSError(errno.EXDEV, "Invalid cross-device link"),
        "Invalid cross-device link",
        "cause inconnue",
    ),
    "status": (
        urllib.error.HTTPError("http://a.fr", 404, "Not Found", Message(), None),
        "HTTP 404 Not Found",
        "erreur HTTP 404",
    ),
    "no server": (
        urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
        "Name or service not known",
        "serveur introuvable\u00a0: pas d’internet, ou une adresse fausse",
    ),
    "cut": (http.client.RemoteDisconnected("Remote end closed"), "Remote end closed", "la connexion s’est interrompue"),
    "slow": (TimeoutError("timed out"), "timed out", "pas de réponse à temps"),
    "TOML": (
        tomllib.TOMLDecodeError("Invalid value (at line 3, column 5)"),
        "Invalid value (at line 3, column 5)",
        "à la ligne 3",
    ),
    "no words": (ValueError(), "ValueError", "cause inconnue"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_quoted_in_english_and_worded_in_french(name: str) -> None:
    error, english, french = FAULTS[name]
    assert (why_failed(error), why_failed(error).told("fr")) == (english, french)


def test_files_of_roads_and_timetables_are_refused_in_french_alone(tmp_path: Path) -> None:
    for name, content in (("a.osm", b"not xml"), ("a.osm.pbf", b"no"), ("a.graphml", b"<graph>"), ("a.zip", b"PK\3\4")):
        (tmp_path / name).write_bytes(content)
    not_saved = "enregistré par accessmap, ou est abîmé."
    refused = (
        (lambda: read_osm(tmp_path / "a.osm"), "ce ne sont pas des données d’OpenStreetMap, ou elles sont abîmées"),
        (lambda: read_osm(tmp_path / "a.osm.pbf"), "ce ne sont pas des données d’OpenStreetMap, ou elles sont abîmées"),
        (lambda: read_graph(tmp_path / "a.graphml"), "ce n’est pas du GraphML"),
        (lambda: am.Timetable.from_gtfs(tmp_path / "none.zip"), "ne peut pas être ouvert (il n’y a rien à ce nom)"),
        (
            lambda: am.RoadNetwork.load(tmp_path / "a.zip"),
            f"n’est pas un réseau {not_saved}",
        ),
        (lambda: am.Timetable.load(tmp_path / "a.zip"), f"n’est pas un horaire {not_saved}"),
    )
    for make, french in refused:
        with pytest.raises(AccessmapError) as caught:
            make()
        told = caught.value.told("fr")
        assert french in told
        assert told.rpartition("/")[2].count("(") == french.count("("), told  # nothing that a library said
