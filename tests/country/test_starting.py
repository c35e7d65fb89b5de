"""The study of one EPCI, cut from a national run: it runs as it is, and its minutes are those of the run."""

import json
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import accessmap as am
from accessmap.cli import main
from accessmap.country.page import national_page
from accessmap.country.starting import start
from accessmap.studyfile.loading import load_study

CHAUNY = "200071785"


def minutes_are_those_of_the_run(folder, study):
    inside = study.residents[study.inside]
    cells = gpd.read_parquet(folder / "cells").set_index("commune", append=True)
    for kind in study.services["category"].unique():
        own = study.nearest(kind)["minutes"].loc[inside.index]
        known = cells.loc[[*zip(inside.index, inside["commune"], strict=True)], kind]
        np.testing.assert_allclose(own.to_numpy(), known.to_numpy(), atol=1e-4)


def test_study_of_an_epci_is_checked_as_it_is_and_has_the_minutes_of_the_run(country_folder, tmp_path, capsys):
    out = tmp_path / "dossiers" / CHAUNY / "study.toml"
    out.parent.mkdir(parents=True)
    asked = ["new", "--from", str(country_folder), "--epci", CHAUNY, "--around-km", "25", "--out", str(out)]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["title"] == "CA Chauny Tergnier La Fère"
    assert (told["category"], told["far"]) == ("france_services", [])
    assert main(["check", str(out), "--quiet"]) == 0
    study = load_study(out)
    whole = load_study(country_folder / "inputs")
    epci = whole.communes.index[whole.communes["epci"] == CHAUNY]
    assert set(study.communes.index[study.communes["in_territory"]]) == set(epci)
    assert len(epci) < len(study.communes) < len(whole.communes)
    assert len(study.network.nodes) < len(whole.network.nodes)
    assert study.credit.modelled
    minutes_are_those_of_the_run(country_folder, study)
    assert main(asked) == 1  # nothing is written over what is there
    assert "study.toml" in capsys.readouterr().err


def test_a_category_whose_nearest_is_beyond_is_left_out_or_refused(country_folder):
    made = start(country_folder, ["02173"], around_km=1)
    assert set(made.far) >= {"france_services", "hospital"} - set(made.study.services["category"])
    minutes_are_those_of_the_run(country_folder, made.study)
    edge = start(country_folder, ["CC du Pays Rethélois"], around_km=3)
    assert "hospital" in edge.far
    with pytest.raises(am.AccessmapError, match="--around-km"):
        start(country_folder, ["CC du Pays Rethélois"], around_km=3, category="hospital")
    with pytest.raises(am.AccessmapError, match="Chauny"):
        start(country_folder, ["CA Chaunny Terniers"])


def test_from_needs_an_epci_and_a_run(country_folder, tmp_path, capsys):
    assert main(["new", "--from", str(country_folder), "--out", str(tmp_path / "study.toml")]) == 1
    assert "--epci" in capsys.readouterr().err
    assert main(["new", "--from", str(tmp_path), "--epci", "x", "--out", str(tmp_path / "study.toml")]) == 1


TWO = ("48", "12")


@pytest.mark.slow
def test_first_dossier_of_an_epci_of_lozere_is_there_in_a_minute(data_folder, tmp_path, capsys):
    france = data_folder / "france"
    communes = gpd.read_parquet(france / "communes.parquet")
    communes[communes["dep"].isin(TWO)].to_parquet(tmp_path / "communes.parquet")
    counts = pd.read_parquet(france / "bpe_2013_counts.parquet")
    counts[counts["depcom"].astype(str).str.startswith(TWO)].to_parquet(tmp_path / "bpe_2013_counts.parquet")
    (tmp_path / "two.toml").write_text(
        f"""[study]
title = "Lozère et Aveyron"
[communes]
path = "communes.parquet"
[[services]]
category = "mairie"
path = "communes.parquet"
clip = true
[[services]]
path = "bpe_2013_counts.parquet"
clip = true
[residents]
modelled = true
[roads]
nodes = "{france}/tm_france_nodes.csv.gz"
edges = "{france}/tm_france_edges.csv.gz"
""",
        "utf-8",
    )
    out = tmp_path / "national"
    assert main(["national", str(tmp_path / "two.toml"), "--out", str(out), "--page", "--workers", "1", "--quiet"]) == 0
    assert (out / "index.html").is_file()
    own = out / "dossiers" / "200069151" / "study.toml"
    own.parent.mkdir(parents=True)
    started = time.process_time()
    assert main(["new", "--from", str(out), "--epci", "200069151", "--out", str(own)]) == 0
    assert main(["check", str(own)]) == 0
    assert main(["run", str(own)]) == 0
    assert time.process_time() - started < 60
    minutes_are_those_of_the_run(out, load_study(own))
    assert '"dossiers/200069151/out/' in national_page(out).read_text("utf-8")
