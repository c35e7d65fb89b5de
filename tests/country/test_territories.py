"""A country in parts: exact, resumable, whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import accessmap as am
from accessmap.cli import main
from accessmap.country.inputs import save_country
from accessmap.country.parts import TABLES
from accessmap.country.running import _Team
from accessmap.country.territories import INPUTS, country_of
from accessmap.errors import OptionError
from accessmap.measures.resilience import dependence


def files(out: Path) -> dict[str, bytes]:
    """The parts: of the study beside them nothing is asked here."""
    every = {path.relative_to(out): path for path in out.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_bytes() for name, path in every.items() if name.parts[0] != INPUTS}


@pytest.fixture(scope="module")
def study(sample_study: am.Study) -> am.Study:
    """The sample with one in nine of its residents."""
    whole = sample_study
    return am.Study(whole.communes, whole.residents.iloc[::9], whole.services, whole.network)


@pytest.fixture(scope="module")
def run(study: am.Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    out = tmp_path_factory.mktemp("national")
    return out, am.national(study, out, by="epci", nearest=2, buffer_km=1, workers=1)


def test_union_of_parts_is_the_whole_cell_by_cell(study: am.Study, run: tuple[Path, pd.DataFrame]) -> None:
    out, parts = run
    assert set(parts["state"]) == {"computed"}
    cells = gpd.read_parquet(out / "cells")
    assert cells.index.is_unique
    inside = study.residents[study.inside]
    assert set(cells.index) == set(inside.index)
    for kind in study.services["category"].unique():
        for k, name in ((1, kind), (2, f"{kind}_2")):
            whole = am.nearest_times(study.residents, study.sites(kind), study.network, k=k).loc[cells.index]
            pd.testing.assert_series_equal(cells[name], whole["minutes"], check_names=False)
            assert (cells[f"{name}_site"].astype("string") == whole["service_id"]).fillna(True).all()
    rounds = [json.loads(path.read_text("utf-8"))["rounds"] for path in (out / "parts").iterdir()]
    assert max(map(len, rounds)) > 2, "the buffer was wide enough at once: nothing was proven the hard way"


def test_measures_of_a_part_are_those_of_a_study(study: am.Study, run: tuple[Path, pd.DataFrame]) -> None:
    out, parts = run
    code = str(study.communes.loc["02173", "epci"])
    summary = pd.read_parquet(out / "summary" / f"territory={code}")
    communes = study.communes.assign(in_territory=study.communes["epci"] == code)
    own = am.Study(communes, study.residents, study.services, study.network)
    near = own.nearest("france_services")[own.inside]
    told = summary.loc["france_services"]
    assert told["within_10"] == am.coverage(near["minutes"], own.people, 10).loc[10, "minutes"]
    assert told["gini"] == pytest.approx(am.imbalance.gini(near["minutes"], own.people), rel=1e-6)
    sites = own.sites("france_services")
    away = dependence(own.minutes(sites), sites, own.residents, communes=communes).loc["outside", "share"]
    assert told["outside_share"] == pytest.approx(away)
    access = pd.read_parquet(out / "access" / f"territory={code}").xs("france_services", level="kind")
    pd.testing.assert_series_equal(
        access["minutes"],
        am.by_commune(near["minutes"], own.residents[own.inside])["value"],
        check_names=False,
        rtol=1e-6,
    )
    assert parts.loc[code, "name"] == study.communes.loc["02173", "epci_name"]


def test_what_is_whole_is_kept_and_what_is_not_is_made_again(study: am.Study, run: tuple[Path, pd.DataFrame]) -> None:
    out, parts = run
    before = files(out)
    first, second = parts.index[:2]
    (out / "cells" / f"territory={first}" / "cells.parquet").write_bytes(b"half")
    (out / "parts" / f"{second}.json").unlink()
    again = am.national(study, out, by="epci", nearest=2, buffer_km=1, workers=1)
    assert set(again.index[again["state"] == "computed"]) == {first, second}
    assert files(out) == before


def test_changed_input_costs_the_parts_that_depend_on_it(study: am.Study, run: tuple[Path, pd.DataFrame]) -> None:
    out, _ = run
    code = str(study.communes.loc["02173", "epci"])
    person = study.residents.index[(study.residents["commune"] == "02173").to_numpy()][0]
    residents = study.residents.copy()
    residents.loc[person, "population"] += 1
    changed = am.Study(study.communes, residents, study.services, study.network)
    again = am.national(changed, out, by="epci", nearest=2, buffer_km=1, workers=1)
    assert again.index[again["state"] == "computed"].tolist() == [code]
    again = am.national(study, out, by="epci", nearest=2, buffer_km=1, workers=1)
    assert again.index[again["state"] == "computed"].tolist() == [code]


def test_part_that_fails_is_reported_and_the_others_are_kept(study: am.Study, tmp_path: Path) -> None:
    code = str(study.communes.loc["02173", "epci"])
    blocked = tmp_path / "cells" / f"territory={code}"
    blocked.parent.mkdir()
    blocked.write_text("a file where a folder must be")
    parts = am.national(study, tmp_path, by="epci", workers=1)
    assert parts["state"].value_counts().to_dict() == {"computed": len(parts) - 1, "failed": 1}
    assert parts.loc[code, "state"] == "failed"
    assert "cells" in parts.loc[code, "error"]
    assert not (tmp_path / "parts" / f"{code}.json").exists()
    assert len(list((tmp_path / "summary").iterdir())) == len(parts) - 1


def test_a_part_that_fails_again_leaves_no_record_of_what_it_was(study: am.Study, tmp_path: Path) -> None:
    code = str(study.communes.loc["02173", "epci"])
    some = study.about(study.communes.index[study.communes["epci"] == code], title="")
    am.national(some, tmp_path, by="epci", workers=1)
    record, cells = tmp_path / "parts" / f"{code}.json", tmp_path / "cells" / f"territory={code}"
    assert record.exists()
    (cells / "cells.parquet").unlink()
    cells.rmdir()
    cells.write_text("a file where a folder must be")
    assert am.national(some, tmp_path, by="epci", workers=1).loc[code, "state"] == "failed"
    assert not record.exists()


def test_tables_can_be_read_as_one_by_territory(study: am.Study, run: tuple[Path, pd.DataFrame]) -> None:
    out, parts = run
    before = files(out)
    with pytest.raises(OptionError, match=r"count people twice.*another folder"):
        am.national(study, out, by="tiles", workers=1)
    assert files(out) == before
    for name in TABLES:
        table = pd.read_parquet(out / name)
        assert set(table["territory"].astype(str)) == set(parts.index)
    assert gpd.read_parquet(out / "communes").geom_type.isin(["Polygon", "MultiPolygon"]).all()
    assert np.isfinite(pd.read_parquet(out / "summary")["mean"]).all()


def test_options_that_are_none_are_refused(study: am.Study, tmp_path: Path) -> None:
    for options in ({"by": "regions"}, {"nearest": 0}, {"buffer_km": 0}, {"workers": 0}):
        with pytest.raises(ValueError, match="|".join(options).replace("nearest", "k")):
            am.national(study, tmp_path, **options)


def test_processes_write_the_same_bytes_and_a_lost_worker_is_replaced(
    study: am.Study, run: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    out, _ = run
    country = country_of(study, by="epci", nearest=2, buffer_km=1)
    lost = []

    def killed_once(team: _Team) -> None:
        if not lost:
            lost.append(team.processes[0].pid)
            os.kill(lost[0], signal.SIGKILL)

    class Team(_Team):
        def _asked(self, process: Any, code: str) -> Any:
            killed_once(self)  # as the system does when memory is short
            return super()._asked(process, code)

    inputs = save_country(country, tmp_path / "inputs")
    states = Team(inputs, tmp_path / "out", country.territories, lambda: None).run(2)
    assert lost
    assert {state for state, _ in states.values()} == {"computed"}
    assert files(tmp_path / "out") == files(out)


def on_cluster(study: am.Study, out: Path, cluster: Any) -> pd.DataFrame:
    return am.national(study, out, by="epci", nearest=2, buffer_km=1, scheduler=cluster.scheduler_address)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells the most memory of a process")
def test_the_peak_of_a_worker_is_its_own_and_not_that_of_who_started_it() -> None:
    """As many workers are started as fit by it: what the parent had read would count in each."""
    asked = "from accessmap.country.worker import peak_bytes as p; print(p())"
    again = f"subprocess.run([sys.executable, '-c', {asked!r}], check=True)"
    parent = f"import subprocess, sys; held = b'1' * 10**9; {again}"
    found = subprocess.run([sys.executable, "-c", parent], check=True, capture_output=True, text=True)
    assert 10**7 < int(found.stdout) < 9 * 10**8


def test_dask_writes_the_same_bytes_keeps_what_is_there_and_reports_what_fails(
    study: am.Study, run: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    from distributed import LocalCluster

    out, parts = run
    blocked = tmp_path / "summary" / f"territory={parts.index[0]}"
    blocked.parent.mkdir()
    blocked.write_text("a file where a folder must be")
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        first = on_cluster(study, tmp_path, cluster)
        assert first["state"].tolist() == ["failed", "computed"]
        blocked.unlink()
        second = on_cluster(study, tmp_path, cluster)
    assert second["state"].tolist() == ["computed", "kept"]
    assert files(tmp_path) == files(out)


@pytest.mark.slow
def test_dask_replaces_a_worker_killed_in_mid_run(sample_study: am.Study, tmp_path: Path) -> None:
    from distributed import LocalCluster

    whole = sample_study.communes.assign(in_territory=True)
    study = am.Study(whole, sample_study.residents.iloc[::9], sample_study.services, sample_study.network)
    am.national(study, tmp_path / "alone", by="epci", buffer_km=1, workers=1)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        pid = cluster.workers[0].pid

        def kill() -> None:
            while not list((tmp_path / "cluster").glob("parts/*.json")):
                time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        address = cluster.scheduler_address
        parts = am.national(study, tmp_path / "cluster", by="epci", buffer_km=1, scheduler=address)
        killer.join(60)
    assert set(parts["state"]) <= {"computed", "kept"}  # kept where it had just been written by who was killed
    assert files(tmp_path / "cluster") == files(tmp_path / "alone")


def test_command_computes_then_keeps_and_fails_with_the_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = tmp_path / "study.toml"
    toml.write_text('[study]\nterritory = ["CC du Pays Noyonnais"]\n[communes]\nsample = true\n', "utf-8")
    asked = ["national", str(toml), "--out", str(tmp_path / "out"), "--by", "epci", "--quiet"]
    assert main(asked) == 0
    assert "1 territoire calculé." in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kept"], told["computed"], told["parts"][0]["name"]) == (1, 0, "CC du Pays Noyonnais")
    record = next((tmp_path / "out" / "parts").iterdir())
    record.unlink()
    (tmp_path / "out" / "access" / f"territory={record.stem}" / "access.parquet").unlink()
    (tmp_path / "out" / "access" / f"territory={record.stem}").rmdir()
    (tmp_path / "out" / "access" / f"territory={record.stem}").write_text("in the way")
    assert main(asked) == 1
    assert "CC du Pays Noyonnais" in capsys.readouterr().err
