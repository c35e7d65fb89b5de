"""One population: every legend, table, sheet and CSV of a dossier adds up to the people of its residents."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from three_dossiers import OPENS, dossier_of, plan_of, twenty_services

import accessmap as am
from accessmap.studyfile.results import write_tables

PEOPLE = re.compile(r"([\d,]+)\xa0(?:people|person)")
COMMUNES = re.compile(r"([\d,]+)\xa0communes?")
SIDES = ["gain", "lose", "newly_reached", "no_longer_reached"]


def gridded(study, folder):
    """Return the sample with the people of the census grid of 2021, brought to the legal population."""
    residents = am.read_residents(
        folder / "population_1km_2021.csv",
        study.communes,
        cell_metres=1000,
        clip=True,
        calibrate=True,
        mairies=study.mairies,
    )
    return replace(study, residents=residents)


def odd(study):
    """Return a territory of 12 communes with parts of people, more than the legal population, and nobody in Coucy."""
    residents = study.residents
    people = residents["population"] * np.where(residents["commune"] == OPENS, 0, 1.37 + np.arange(len(residents)) % 3)
    around = study.communes.index[study.communes["in_territory"]][::7]
    return replace(study, residents=residents.assign(population=people)).about({*around, OPENS}, title="Odd")


@pytest.fixture(
    scope="module",
    params=[
        "sample",
        "grid",
        "odd",
        pytest.param("services", marks=pytest.mark.slow),  # real roads, 20 kinds of services
        pytest.param("programme", marks=pytest.mark.slow),  # a programme with digital and schools
    ],
)
def made(request, sample_study, tmp_path_factory):
    study = sample_study
    if request.param == "grid":
        study = gridded(study, request.getfixturevalue("real_data"))
    elif request.param == "odd":
        study = odd(study)
    elif request.param == "services":
        study = twenty_services(request.getfixturevalue("real_data"))
    study, dossier = dossier_of(request.param, study, lang="en")
    folder = tmp_path_factory.mktemp(request.param)
    write_tables(dossier, folder, "d", formats=["csv", "tableur"])
    return study, dossier, folder


def table(folder, name):
    return pd.read_csv(folder / f"d-{name}.csv", dtype={"code": str, "commune": str, "service_id": str})


def people_of(study):
    """Return people by commune of the territory, counted from the residents."""
    residents = study.residents[study.inside]
    inside = study.communes.index[study.communes["in_territory"]]
    return residents.groupby("commune")["population"].sum().reindex(inside, fill_value=0.0)


def shown(pattern, text):
    return [int(found.replace(",", "")) for found in pattern.findall(text)]


def test_who_gains_who_loses_and_all_the_rest_are_the_inhabitants(made):
    study, dossier, folder = made
    people = people_of(study)
    changes = table(folder, "changes").set_index("commune").drop(columns=["scenario", "minutes"])
    compared = am.compare(plan_of(study), study, category="france_services")[study.inside]
    before, after = (compared[name].astype("float64") for name in ("baseline", "plan"))
    same = ((after - before).abs() < 1) | (before.isna() & after.isna())
    residents = study.residents[study.inside]
    unchanged = residents["population"].where(same, 0).groupby(residents["commune"]).sum()
    assert (changes["gain"] <= people.reindex(changes.index) + 1e-9).all()
    assert (changes[SIDES].sum(axis=1) <= people.reindex(changes.index) + 1e-9).all()
    together = changes[SIDES].sum(axis=1).add(unchanged, fill_value=0).reindex(people.index, fill_value=0)
    assert (together - people).abs().max() < 1e-6
    assert changes[SIDES].to_numpy().sum() > 0
    assert len(dossier.tables["changes"]) == len(changes)


def test_every_table_of_people_adds_up(made):
    study, dossier, folder = made
    people, total = people_of(study), float(study.people.sum())
    communes = table(folder, "communes").set_index("code")
    assert (communes["population"] - people).abs().max() < 1e-6
    for name in ("baseline", "plan"):
        assert (communes[f"unreached_people {name}"].fillna(0) <= people + 1e-9).all()
    for name in ("deficits", "classes"):
        sums = table(folder, name).groupby("situation")["people"].sum()
        assert sums.to_list() == pytest.approx([total, total])
    hours = table(folder, "hours_by_commune").set_index("code")["people"]
    assert (hours - people.reindex(hours.index)).abs().max() < 1e-6
    for _, each in table(folder, "one_closure_away").groupby("cutoff"):
        of_commune = each.set_index("code")
        assert (of_commune["people"] - people.reindex(of_commune.index)).abs().max() < 1e-6
        assert (of_commune["one_away"] <= of_commune["within"] + 1e-9).all()
    unreached = float(dossier.tables["summary"].loc["unreached_people", "baseline"])
    assert table(folder, "criticality")["people"].sum() + unreached == pytest.approx(total)
    by_site = [table(folder, name)["people"].sum() for name in ("outside_sites", "outside_demand")]
    assert sum(by_site) + unreached == pytest.approx(total)
    imbalance = table(folder, "imbalance").set_index("indicator")
    assert imbalance.loc["people"].to_list() == pytest.approx([total - unreached] * 2)
    four = table(folder, "physical_digital").set_index("situation")
    assert four["people"].to_list() == pytest.approx([total] * len(four))
    assert four.drop(columns="people").sum(axis=1).to_list() == pytest.approx([total] * len(four))
    rates = table(folder, "coverage_rates")
    weights = rates[["known_weight", "unknown_weight"]].sum(axis=1)
    of_all = rates["group"] == "all"
    assert weights[of_all].to_list() == pytest.approx([total] * of_all.sum())
    assert weights[~of_all].sum() == pytest.approx(total * of_all.sum() if (~of_all).any() else 0)


def test_the_tables_for_a_spreadsheet_hold_the_same_people(made):
    study, _, folder = made
    path = folder / "d-communes-tableur.csv"
    read = pd.read_csv(path, sep=";", decimal=",", dtype={"INSEE code": str}, encoding="utf-8-sig")
    people = people_of(study)
    assert (read.set_index("INSEE code")["People"] - people).abs().max() <= 5e-6 * people.max()  # six digits


def test_every_legend_adds_up_to_the_territory(made):
    study, dossier, _ = made
    page = BeautifulSoup(dossier.to_html(), "html.parser")
    counted = [
        (sum(shown(COMMUNES, text)), sum(shown(PEOPLE, text)))
        for text in (" ".join(line.get_text() for line in legend.select("li")) for legend in page.select(".am-legend"))
        if PEOPLE.search(text)
    ]
    expected = int(study.communes["in_territory"].sum()), round(float(study.people.sum()))
    assert len(counted) >= 7  # the map and its pictures, before, after and of the change, and fibre
    assert set(counted) == {expected}


def test_every_table_of_the_page_adds_up_to_the_territory(made):
    study, dossier, _ = made
    page = BeautifulSoup(dossier.to_html(), "html.parser")
    total, people = round(float(study.people.sum())), people_of(study)
    kinds = next(each for each in page.select("#inequality table") if "Near the mean" in each.get_text())
    for column in (1, 2):
        cells = [row.select("th,td")[column].get_text(" ") for row in kinds.select("tbody tr")]
        assert sum(number for cell in cells for number in shown(PEOPLE, cell)) == total
    quarters = next(each for each in page.select("#digital table") if "Near and connected" in each.get_text())
    cells = [row.select("th,td")[1].get_text(" ").split()[0] for row in quarters.select("tbody tr")]
    assert sum(int(cell.replace(",", "")) for cell in cells) == total
    rows = {
        row.select("th,td")[0].get_text(" ").strip(): row.select("th,td")[1].get_text()
        for row in page.select("#communes tbody tr")
    }
    names = study.communes["name"]
    assert {name: int(value.replace(",", "")) for name, value in rows.items()} == {
        names[code]: round(float(value) + 1e-9) for code, value in people.items()
    }
    assert f"{total:,}\xa0people" in page.select_one(".d-head").get_text()


def test_every_sheet_says_the_people_of_its_commune(made):
    study, dossier, _ = made
    people = people_of(study)
    sheets = BeautifulSoup(dossier.sheets_to_html(), "html.parser").select("article")
    assert len(sheets) == len(people)
    for sheet in sheets:
        code = sheet["id"].removeprefix("fiche-")
        head, *_ = shown(PEOPLE, sheet.select_one(".d-sheet-head").get_text())
        assert head == round(float(people[code]))
        for line in (each.get_text() for each in sheet.select("li, p") if "plan”" in each.get_text()):
            parts = shown(PEOPLE, line)
            assert all(part <= head for part in parts)
            assert sum(parts) <= head + len(parts) / 2


def test_territories_side_by_side_count_the_same_people(made):
    study, _, _ = made
    sides = am.programme.side_by_side(study, {"all": people_of(study).index}, categories=["france_services"])
    assert sides.set_index("indicator").loc["people", "all"] == pytest.approx(float(study.people.sum()))


def test_with_the_grid_calibrated_a_dossier_counts_the_legal_population(sample_study, real_data):
    study = gridded(sample_study, real_data)
    assert float(study.people.sum()) == 70_550
    assert (study.counted["population"] == study.counted["population_legal"]).all()
    assert "70,550 people" in repr(study)
