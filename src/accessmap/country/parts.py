"""One territory of a country: who reaches what, written as a part of four tables, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.country.certified import Found, Sites, digest_of, nearest_of_kinds
from accessmap.files import draft_of, read_json, write_whole
from accessmap.measures.baskets import basket, basket_named, baskets
from accessmap.measures.imbalance.indices import gini_of_sorted, weighted_quantile
from accessmap.measures.minutes import coverage, means_by_commune
from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.tables.aligned import Floats

TABLES = ("cells", "communes", "access", "summary")
"""What is written of each territory: residents, communes, communes × kinds, and kinds."""
FORMAT = 2
#: Of the imbalance of a kind, the indicators that a summary keeps.
INDICATORS = ("people", "unreached_share", "mean", "median", "p10", "p90", "gini")
QUANTILES = {"median": 0.5, "p10": 0.1, "p90": 0.9}


@dataclass(frozen=True, eq=False)
class Country:
    """All that the parts of a country are made of.

    Parameters
    ----------
    communes, residents
        Tables in the contract, in the CRS of the network.
    services
        By `service_id`: the commune of each, for whom it is outside.
    sites
        Their places, by kind.
    network
        The roads.
    territory
        The code of the territory of each commune that is reported, by commune.
    names
        Of the territories, by code.
    k
        How many of the nearest of each kind.
    thresholds
        Minutes at which coverage is counted.
    metres
        How far beyond a territory its roads are searched at the first.
    provenance
        Of all.
    """

    communes: gpd.GeoDataFrame
    residents: gpd.GeoDataFrame
    services: pd.DataFrame
    sites: Sites
    network: RoadNetwork
    territory: pd.Series
    names: Mapping[str, str]
    k: int = 1
    thresholds: tuple[float, ...] = (10, 20, 30)
    metres: float = 40_000.0
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def territories(self) -> list[str]:
        """The codes of the territories with people, those with the most rows first: they take the longest."""
        rows = self.residents["commune"].map(self.territory).value_counts(sort=False)
        return [str(code) for code in sorted(rows.index, key=lambda code: (-rows[code], code))]

    def homes(self, code: str) -> gpd.GeoDataFrame:
        """Return the residents of a territory."""
        return self.residents[(self.residents["commune"].map(self.territory) == code).to_numpy()]

    @property
    def parameters(self) -> dict[str, Any]:
        """What was asked, as the record of a part keeps it."""
        asked = {"nearest": self.k, "thresholds": [float(each) for each in self.thresholds], "metres": self.metres}
        return asked | {"kinds": list(self.sites.kinds)}


def write_part(country: Country, code: str, out: Path) -> dict[str, Any]:
    """Write the tables of one territory, then the record that says that they are whole, and return the record."""
    record_path(out, code).unlink(missing_ok=True)  # of other inputs, or files that are not whole
    homes = country.homes(code)
    found = nearest_of_kinds(country.network, homes.geometry, country.sites, k=country.k, metres=country.metres)
    tables = tables_of(country, code, homes, found)
    files = {}
    for name, table in tables.items():
        path = _path(out, name, code)
        with draft_of(path) as draft:
            table.to_parquet(draft, compression="zstd", index=True)
        files[path.relative_to(out).as_posix()] = _sha256(path)
    record = {
        "territory": code,
        "name": country.names[code],
        **_about(country),
        "rounds": [[reach, list(kinds)] for reach, kinds in found.rounds],
        "inputs": _inputs(country, code, homes, found.digest),
        "files": files,
        "modelled": country.provenance.modelled,
        "sources": [asdict(source) for source in country.provenance.sources],
    }
    write_whole(json.dumps(record, ensure_ascii=False, indent=1) + "\n", record_path(out, code))
    return record


def is_whole(country: Country, code: str, out: Path) -> bool:
    """Return whether the part of a territory is there, whole, and what its inputs would give again."""
    try:
        record = read_json(record_path(out, code))
        if any(record[key] != value for key, value in _about(country).items()):
            return False
        if any(_sha256(out / name) != sha256 for name, sha256 in record["files"].items()):
            return False
        rounds = tuple((float(reach), tuple(kinds)) for reach, kinds in record["rounds"])
        inputs = record["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    homes = country.homes(code)
    digest = digest_of(country.network, homes.geometry, country.sites, rounds)
    return bool(inputs == _inputs(country, code, homes, digest))


def tables_of(country: Country, code: str, homes: gpd.GeoDataFrame, found: Found) -> dict[str, pd.DataFrame]:
    """Return the four tables of a territory."""
    kinds = list(country.sites.kinds)
    minutes = pd.DataFrame(found.minutes[:, :, 0].astype("float64"), index=homes.index, columns=kinds)
    people = homes["population"]
    outside = _outside(country, code, found, minutes)
    means, left = means_by_commune(minutes, homes)
    away = means_by_commune(outside, homes)[0]
    within = {f"within_{t:g}": means_by_commune((minutes <= t).astype("float64"), homes)[0] for t in country.thresholds}
    told = {"minutes": means, "unreached_people": left, "outside_share": away, **within}
    rows = pd.MultiIndex.from_product([means.index, kinds], names=["code", "kind"])
    access = pd.DataFrame({name: table.to_numpy().ravel() for name, table in told.items()}, index=rows)
    baskets_met = _baskets(minutes)
    communes = country.communes[(country.communes.index.map(country.territory) == code)]
    counted = people.groupby(homes["commune"]).sum().reindex(communes.index, fill_value=0)
    communes = communes[[name for name in ("name", "epci", "epci_name", "geometry") if name in communes]].assign(
        population=counted,
        population_legal=communes["population"],
        **means_by_commune(baskets_met, homes)[0].reindex(communes.index).add_prefix("basket_"),
    )
    return {
        "cells": _cells(country, homes, found),
        "communes": communes,
        "access": access,
        "summary": _summary(country, minutes, outside, people).rename_axis("kind"),
    }


def _cells(country: Country, homes: gpd.GeoDataFrame, found: Found) -> gpd.GeoDataFrame:
    """Return the residents with minutes to the nearest of each kind, and the site: `pharmacy`, `pharmacy_site`."""
    columns: dict[str, Any] = {}
    ids: Any = country.services.index.astype("str").array
    for number, kind in enumerate(country.sites.kinds):
        for rank in range(country.k):
            name = kind if rank == 0 else f"{kind}_{rank + 1}"
            columns[name] = found.minutes[:, number, rank]
            # Text, and no categories: those of another part would have other codes, and the parts be no one table.
            columns[f"{name}_site"] = ids.take(found.service[:, number, rank], allow_fill=True)
    return homes[["commune", "population", "geometry"]].join(pd.DataFrame(columns, index=homes.index))


def _outside(country: Country, code: str, found: Found, minutes: pd.DataFrame) -> pd.DataFrame:
    """Return 1 where the nearest site of a kind stands outside the territory, 0 inside, NaN where none is reached."""
    inside = (country.services["commune"].map(country.territory) == code).to_numpy()
    nearest = found.service[:, :, 0]
    away = np.where(nearest < 0, np.nan, ~inside[np.maximum(nearest, 0)]) if len(inside) else np.nan
    return pd.DataFrame(away, index=minutes.index, columns=minutes.columns, dtype="float64")


def _baskets(minutes: pd.DataFrame) -> pd.DataFrame:
    """Return the minutes to each basket whose kinds are all there, by resident."""
    kinds = pd.DataFrame({"category": minutes.columns}, index=minutes.columns)
    names = [name for name in baskets()["basket"].unique() if set(basket_named(name)) <= set(minutes.columns)]
    met = {name: basket(minutes, kinds, basket_named(name)) for name in names}
    return pd.DataFrame(met, index=minutes.index)


def _summary(country: Country, minutes: pd.DataFrame, outside: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """Return by kind the imbalance of minutes over the people, their coverage, and who goes outside."""
    within = coverage(minutes, people, country.thresholds).rename("within_{:g}".format).T
    counted = people.to_numpy("float64")
    rows = {kind: _imbalance(minutes[kind].to_numpy(), counted) for kind in minutes.columns}
    away = people.to_numpy("float64") @ outside.fillna(0).to_numpy() / people.sum()
    told = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=INDICATORS)
    return told.assign(outside_share=away).join(within)


def _imbalance(minutes: Floats, people: Floats) -> dict[str, float]:
    """Return some of the indicators of `imbalance.summary`, under its names, without a table for each."""
    reached = ~np.isnan(minutes)
    total = people.sum()
    told = {"people": total, "unreached_share": people[~reached].sum() / total if total > 0 else np.nan}
    some = np.flatnonzero(reached & (people > 0))
    if len(some):
        some = some[np.argsort(minutes[some], kind="stable")]
        known, counted = minutes[some], people[some]
        told |= {name: weighted_quantile(known, counted, share) for name, share in QUANTILES.items()}
        told |= {"mean": known @ counted / counted.sum(), "gini": gini_of_sorted(known, counted)}
    return told


def record_path(out: Path, code: str) -> Path:
    """Return where the record of a territory lies."""
    return out / "parts" / f"{code}.json"


def _path(out: Path, table: str, code: str) -> Path:
    return out / table / f"territory={code}" / f"{table}.parquet"


def _about(country: Country) -> dict[str, Any]:
    from accessmap import __version__

    return {"format": FORMAT, "version": __version__, "parameters": country.parameters}


def _inputs(country: Country, code: str, homes: gpd.GeoDataFrame, digest: str) -> str:
    """Return the hash of all that a part is made of; `digest` is that of its roads and sites."""
    here = country.communes[country.communes.index.map(country.territory) == code]
    told = hashlib.sha256(digest.encode())
    tables = (homes, here)
    for table in tables:
        told.update(table.geometry.to_wkb().map(lambda each: hashlib.sha256(each).digest()).sum())
        plain = table.drop(columns=table.geometry.name).astype(str)
        told.update(pd.util.hash_pandas_object(plain, index=True).to_numpy().tobytes())
    return told.hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
