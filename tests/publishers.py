"""A server on loopback that answers as the publishers of France do, of the communes around the Pays de Lumbres."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LUMBRES = "246201016"
WITHOUT_MAIRIE = "62534"  # the directory lacks some, of new communes above all
HTML = b"<!doctype html><html><body>Cette page a chang\xc3\xa9</body></html>"
MOST_REQUESTS = 80


class Publishers:
    """What is served, what was asked, and what goes wrong: `faults` of a part of an address, one a request."""

    def __init__(self, shared: Path) -> None:
        france = gpd.read_parquet(shared / "france" / "communes.parquet")
        metric = france[france["dep"].isin(["62", "59"])].to_crs(2154)
        apart = metric.distance(metric[metric["epci"] == LUMBRES].union_all())
        # of the Nord the nearest, which are at the points 20 km around
        self.communes = france.loc[metric.index[apart < np.where(metric["dep"] == "62", 8_000, 26_000)]]
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.faults: dict[str, list[str]] = {}
        self.at_once = self.most_at_once = 0
        self.url = ""
        self._shared = shared
        self._bodies: dict[str, bytes] = {}

    def body(self, path: str, query: Mapping[str, list[str]]) -> bytes:
        """What an address answers."""
        if "/epcis/" in path:
            return self._geojson(self.communes["epci"] == path.split("/")[-2])
        if "/departements/" in path:
            return self._geojson(self.communes["dep"] == path.split("/")[-2])
        if path.endswith("/epcis"):
            rows = self.communes.drop_duplicates("epci").dropna(subset="epci")
            short = rows["epci_name"].str.replace("Communauté de communes", "CC").str.replace("agglomération", "agglo")
            return _json([{"nom": name, "code": code} for name, code in zip(short, rows["epci"], strict=True)])
        if path.endswith("/communes"):
            place = shapely.Point(float(query["lon"][0]), float(query["lat"][0]))
            here = self.communes[self.communes.contains(place)]
            return _json([{"code": one["code"], "codeDepartement": one["dep"]} for one in here.to_dict("records")])
        whole = {
            "api-lannuaire": self._mairies,
            "static.data.gouv.fr": self._france_services,
            "www.data.gouv.fr": self._dataset,
            "data.education": self._schools,
            "insee": self._equipment,
            "overpass": self._roads,
        }
        name = next(name for name in whole if name in path)
        if name not in self._bodies:
            self._bodies[name] = whole[name](query)
        return self._bodies[name]

    def _geojson(self, mask: pd.Series) -> bytes:
        kept = self.communes[mask]
        table = kept[["geometry"]].assign(
            nom=kept["name"],
            code=kept["code"],
            codeDepartement=kept["dep"],
            population=kept["population"].astype(int),
            codeEpci=kept["epci"],
            epci=[{"code": a, "nom": b} for a, b in zip(kept["epci"], kept["epci_name"], strict=True)],
        )
        return table.to_json(drop_id=True).encode()

    def _mairies(self, query: Mapping[str, list[str]]) -> bytes:
        where = query["where"][0]
        assert 'pivot like "mairie"' in where
        wanted = re.findall(r'startswith\(code_insee_commune, "(\w+)"\)', where)
        hours = {"nom_jour_debut": "Lundi", "nom_jour_fin": "Vendredi", "valeur_heure_debut_1": "08:30:00"}
        hours |= {"valeur_heure_fin_1": "12:00:00", "valeur_heure_debut_2": "", "valeur_heure_fin_2": ""}
        return _json(
            [
                {
                    "id": f"m{one['code']}",
                    "nom": f"Mairie - {one['name']}",
                    "pivot": json.dumps([{"type_service_local": "mairie", "code_insee_commune": [one["code"]]}]),
                    "adresse": json.dumps(
                        [
                            {
                                "type_adresse": "Adresse",
                                "longitude": str(one["mairie_lon"]),
                                "latitude": str(one["mairie_lat"]),
                            }
                        ]
                    ),
                    "plage_ouverture": json.dumps([hours]),
                    "code_insee_commune": one["code"],
                }
                for one in self.communes.to_dict("records")
                if one["dep"] in wanted and one["code"] != WITHOUT_MAIRIE
            ]
        )

    def _dataset(self, _: Mapping[str, list[str]]) -> bytes:
        listed = [("documentation.pdf", "pdf", "2026-10-01"), ("liste-france-services-2026.csv", "csv", "2026-09-01")]
        listed += [("liste-france-services-2021.csv", "csv", "2021-09-01"), ("autre.csv", "csv", "2026-11-01")]
        address = f"{self.url}/static.data.gouv.fr/resources/"
        return _json(
            {
                "slug": "liste-des-structures-france-services",
                "resources": [
                    {"title": name, "format": form, "url": address + name, "last_modified": f"{day}T00:00:00+00:00"}
                    for name, form, day in listed
                ],
            }
        )

    def _france_services(self, _: Mapping[str, list[str]]) -> bytes:
        return (self._shared / "opendata" / "france_services_2022-12.csv").read_bytes()

    def _schools(self, query: Mapping[str, list[str]]) -> bytes:
        """The first rows of the published file, moved to the mairies of the territory."""
        assert "startswith(code_commune" in query["where"][0]
        text = (self._shared / "opendata" / "annuaire_education_35.csv").read_bytes()
        table = pd.read_csv(io.BytesIO(text), sep=";", dtype=str, encoding="utf-8-sig")
        table = table[table["Type_etablissement"] == "Ecole"].head(20)
        home = self.communes[self.communes["epci"] == LUMBRES].head(len(table))
        placed = {"Code_commune": "code", "latitude": "mairie_lat", "longitude": "mairie_lon", "Nom_commune": "name"}
        table = table.assign(**{name: home[own].astype(str).to_numpy() for name, own in placed.items()})
        position = home["mairie_lat"].astype(str) + "," + home["mairie_lon"].astype(str)
        return table.assign(position=position.to_numpy()).to_csv(sep=";", index=False).encode("utf-8-sig")

    def _equipment(self, _: Mapping[str, list[str]]) -> bytes:
        """Two kinds at some mairies, a site of a commune since merged and one far away, as in the detailed file."""
        places = gpd.GeoSeries.from_xy(self.communes["mairie_lon"], self.communes["mairie_lat"], crs=4326)
        metric = places.to_crs(2154)
        known = {"AN": "2025", "DEPCOM": self.communes["code"], "DEP": self.communes["dep"], "NOMRS": ""}
        known |= {"LAMBERT_X": metric.x, "LAMBERT_Y": metric.y, "LONGITUDE": places.x, "LATITUDE": places.y}
        every = pd.DataFrame(known, index=self.communes.index)
        parts = [every.iloc[::9].assign(TYPEQU="D307"), every.iloc[::3].assign(TYPEQU="B207")]
        far = {"DEPCOM": "13055", "LAMBERT_X": 892_000.0, "LAMBERT_Y": 6_247_000.0, "LONGITUDE": 5.37, "LATITUDE": 43.3}
        former = every[every["DEPCOM"] == "62008"].assign(DEPCOM="62884", TYPEQU="A304")  # merged since
        body = io.BytesIO()
        pd.concat([*parts, former, parts[0].head(1).assign(**far)]).to_parquet(body, index=False)
        return body.getvalue()

    def _roads(self, _: Mapping[str, list[str]]) -> bytes:
        """Overpass's XML of roads between each mairie and its next four."""
        places = self.communes[["mairie_lon", "mairie_lat"]].to_numpy()
        nodes = [f'<node id="{n + 1}" version="1" lat="{y}" lon="{x}"/>' for n, (x, y) in enumerate(places)]
        ways = []
        for n, place in enumerate(places):
            for other in np.argsort(np.hypot(*(places - place).T))[1:5]:
                ends = f'<nd ref="{n + 1}"/><nd ref="{other + 1}"/>'
                ways.append(f'<way id="{len(ways) + 1}" version="1">{ends}<tag k="highway" v="secondary"/></way>')
        return f'<osm version="0.6" generator="Overpass API">{"".join(nodes + ways)}</osm>'.encode()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


class _Answer(BaseHTTPRequestHandler):
    """One request; the server that holds it knows the publishers."""

    timeout = 20

    @property
    def _publishers(self) -> Publishers:
        found: Publishers = self.server.publishers  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        known = self._publishers
        known.at_once += 1
        known.most_at_once = max(known.most_at_once, known.at_once)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(known, urlsplit(self.path))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _answer(self, known: Publishers, address: SplitResult) -> None:
        known.asked.append(unquote(address.path))
        assert len(known.asked) < MOST_REQUESTS
        key = next((part for part in known.faults if part in address.path and known.faults[part]), None)
        fault = known.faults[key].pop(0) if key else ""
        body = self._body(known, address, fault)
        known.at_once -= 1  # before the client can know the end
        if fault.isdecimal():
            self.send_error(int(fault))
        elif fault.startswith("to "):
            self.send_response(302)
            self.send_header("Location", fault.removeprefix("to "))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(known, body, fault)

    def _body(self, known: Publishers, address: SplitResult, fault: str) -> bytes:
        whole = {"html": HTML, "large": b"0" * 3_000_000}
        return whole.get(fault) or known.body(address.path, parse_qs(address.query))

    def _send(self, known: Publishers, body: bytes, fault: str) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            known.ranges.append(self.headers["Range"])
        start = int(asked[1]) if asked and fault != "no range" and self.headers.get("If-Range") == '"v1"' else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("ETag", '"v2"' if fault == "changed" else '"v1"')
        self.end_headers()
        body = body[start:]
        if fault == "slow":
            for at in range(60):
                self.wfile.write(body[at : at + 1])
                time.sleep(0.1)
        else:
            self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(publishers: Publishers) -> Iterator[Publishers]:
    """Serve on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    server.publishers = publishers  # type: ignore[attr-defined]
    publishers.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield publishers
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def manifest(url: str) -> str:
    """The list of downloads with every address led to a server."""
    text = (files("accessmap") / "presets" / "downloads.toml").read_text(encoding="utf-8")
    return re.sub(r'^address = "https://', f'address = "{url}/', text, flags=re.MULTILINE)
