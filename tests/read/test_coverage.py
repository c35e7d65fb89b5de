"""Reading digital coverage: percentages, counts of premises, ARCEP's files, communes since merged."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import SourceError, TableError
from accessmap.read.coverage import digital as read_digital

CODES = ("01004", "02018", "02159", "02173")
COMMUNES = pd.DataFrame(
    {"name": ["Ambérieu", "Anizy-le-Grand", "Champs", "Chauny"]}, index=pd.Index(CODES, name="code")
)


@pytest.fixture
def read(tmp_path):
    def reader(text, name="rates.csv", **options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_digital(path, COMMUNES, **options)

    return reader


def notes(table):
    return " ".join(table.attrs["read_notes"])


def told(read, text, **options):
    with pytest.raises(TableError) as caught:
        read(text, **options)
    return str(caught.value)


def test_percentages_become_shares_and_every_commune_has_a_row(read):
    table = read("insee,nom,fibre_pct,median_income_eur\n02159,Champs,89.9,20810\n02173,Chauny,100,\n")
    assert table.index.tolist() == list(CODES)
    assert table.index.name == "code"
    assert table["fibre"].tolist()[2:] == [0.899, 1.0]
    assert table["fibre"].isna().tolist() == [True, True, False, False]
    assert table["median_income_eur"].loc["02159"] == 20_810
    assert pd.api.types.is_numeric_dtype(table["median_income_eur"])
    assert "nom" not in table
    assert "fibre_pct is in per cent, divided by 100" in notes(table)
    assert "2 communes of the table without a row" in notes(table)


def test_shares_are_left_as_they_are(read):
    table = read("code;taux_ftth;taux_4g\n02159;0,899;0,5\n02173;1;1\n")
    assert table.loc["02159", ["fibre", "mobile_4g"]].tolist() == [0.899, 0.5]


def test_one_wrong_share_does_not_make_all_of_them_percentages(read):
    message = told(read, "code,fibre\n02159,0.899\n02173,103\n01004,0.5\n")
    assert "'fibre' is over 1 in 1 row: line 3 '02173' (103)" in message


def test_a_percentage_of_103_or_below_zero_names_its_line(read):
    message = told(read, "insee,fibre_pct\n02159,89.9\n02173,103\n01004,-2\n")
    assert "'fibre_pct' is not between 0 and 100 in 2 rows: line 3 '02173' (103), line 4 '01004' (-2)" in message


def test_a_column_of_per_cent_that_holds_shares_must_be_settled(read):
    text = "insee,fibre_pct\n02159,0.899\n02173,1\n"
    assert "say which with percent=True or percent=False" in told(read, text)
    assert read(text, percent=False).loc["02159", "fibre"] == 0.899
    assert read(text, percent=True).loc["02159", "fibre"] == pytest.approx(0.00899)


def test_ma_connexion_internet_gives_fibre_and_very_high_speed_of_premises(read):
    table = read(
        "code_insee;nom_com;code_dep;nbr;type;inel_hd;elig_thd30;elig_ftth;date\n"
        "02159;Champs;02;200;all;1;190;180;2025-09-30\n02173;Chauny;02;6000;all;0;6000;5700;2025-09-30\n"
    )
    assert table.loc["02159", ["premises", "fibre", "very_high_speed"]].tolist() == [200, 0.9, 0.95]
    assert table.loc["02173", "fibre_premises"] == 5700
    assert "satellite" not in notes(table)


def test_a_file_that_counts_satellite_says_so(read):
    table = read("code_insee;nbr;elig_thd30\n02159;200;200\n02173;6000;6000\n")
    assert "satellite is counted" in notes(table)


def test_the_observatoire_gives_its_latest_quarter_or_the_one_asked_for(read):
    text = (
        "Observatoire;;;;\nCode commune;Nom commune;Meilleure estimation des locaux T4 2025;T4 2017;T4 2025\n"
        "02159;Champs;200;0;180\n02173;Chauny;6\u202f000;1 200;5 700\n"
    )
    latest = read(text)
    assert latest["fibre"].tolist()[2:] == [0.9, 0.95]
    assert "header taken from line 2" in notes(latest)
    assert "T4 2025, the latest of 2 quarters" in notes(latest)
    early = read(text, quarter="t4 2017")
    assert early["fibre"].tolist()[2:] == [0.0, 0.2]
    assert "did you mean 'T4 2017'" in told(read, text, quarter="T4 2018")


def test_premises_without_a_total_leave_the_rate_unknown_and_keep_the_count(read):
    text = "insee,ftth_connectable_premises_2018q1\n02159,0\n02173,6611\n"
    table = read(text)
    assert table["fibre"].isna().all()
    assert table.loc["02173", "fibre_premises"] == 6611
    assert "give premises=…" in notes(table)
    total = pd.Series({"02159": 200, "02173": 13_222})
    table = read(text, premises=total)
    assert table.loc[["02159", "02173"], "fibre"].tolist() == [0.0, 0.5]


def test_more_premises_reached_than_there_are_is_an_error_or_capped_as_asked(read):
    text = "insee,nb_locaux,locaux_raccordables\n02159,200,206\n02173,10,5\n"
    assert "line 2 '02159' (206 of 200)" in told(read, text)
    table = read(text, cap=True)
    assert table.loc["02159", "fibre"] == 1.0
    assert "taken for all, in line 2 '02159'" in notes(table)


def test_no_premises_at_all_is_no_rate(read):
    assert np.isnan(read("insee,nb_locaux,locaux_raccordables\n02159,0,0\n").loc["02159", "fibre"])


def test_merged_communes_are_added_up_and_weighted_by_premises(read):
    counts = read("insee,nb_locaux,locaux_raccordables\n02018,300,300\n02301,100,0\n")
    assert counts.loc["02018", ["premises", "fibre_premises", "fibre"]].tolist() == [400, 300, 0.75]
    assert "1 row of communes since merged" in notes(counts)
    rates = read("insee,nb_locaux,fibre_pct\n02018,300,100\n02301,100,20\n")
    assert rates.loc["02018", "fibre"] == pytest.approx(0.8)


def test_a_part_of_a_merged_commune_that_is_not_known_makes_the_whole_unknown(read):
    counts = read("insee,nb_locaux,locaux_raccordables\n02018,300,300\n02301,,50\n02173,9,9\n")
    assert counts.loc["02018", ["premises", "fibre"]].isna().all()
    assert counts.loc["02018", "fibre_premises"] == 350
    rates = read("insee,nb_locaux,fibre_pct\n02018,300,100\n02301,100,\n")
    assert np.isnan(rates.loc["02018", "fibre"])


def test_merged_rates_that_differ_and_have_no_weight_are_unknown_and_told(read):
    table = read("insee,fibre_pct\n02018,100\n02301,20\n02173,90\n")
    assert np.isnan(table.loc["02018", "fibre"])
    assert "figures of 1 commune made of several ('02018')" in notes(table)
    same = read("insee,fibre_pct\n02018,100\n02301,100\n")
    assert same.loc["02018", "fibre"] == 1.0


def test_a_commune_merged_lately_is_found_through_the_callers_table(read):
    table = read("insee,fibre_pct\n02999,50\n", successors={"02999": "02159"})
    assert table.loc["02159", "fibre"] == 0.5


def test_communes_not_loaded_are_left_out_and_counted(read):
    table = read("insee,fibre_pct\n02173,90\n75056,99\n33063,98\n")
    assert "2 rows of communes not loaded left out, such as '75056', '33063'" in notes(table)
    assert "No row is of a commune of the communes table" in told(read, "insee,fibre_pct\n75056,99\n")


def test_lost_zeros_and_repeated_codes_name_their_lines(read):
    assert "'code' has lost its leading zero in 1 row: line 3 '1004'" in told(
        read, "insee,fibre_pct\n02173,90\n1004,99\n"
    )
    assert told(read, "insee,fibre_pct\n1004,99\n").startswith("digital (rates.csv): 1 problem. 'code' has lost")
    assert "'code' is there more than once in 2 rows: line 2 '02173', line 3 '02173'" in told(
        read, "insee,fibre_pct\n02173,90\n02173,99\n"
    )


def test_a_file_without_rates_or_codes_says_what_it_has(read):
    message = told(read, "insee,population\n02173,11600\n")
    assert "No rate and no premises reached" in message
    assert "name one with columns=" in message
    assert "'code' is missing" in told(read, "town,fibre_pct\nChauny,90\n")
    assert read("town,rate\n02173,90\n", columns={"code": "town", "fibre": "rate"}).loc["02173", "fibre"] == 0.9


@pytest.mark.parametrize("other", ["part_des_locaux_sans_fibre", "taux_abonnes_fibre", "pct_fibre_dans_la_rue"])
def test_a_rate_of_another_meaning_is_not_taken_for_coverage(read, other):
    assert "No rate and no premises reached" in told(read, f"insee,{other}\n02173,10\n02159,20\n")


def test_a_geographic_file_is_a_table_like_another(tmp_path):
    path = tmp_path / "fibre.gpkg"
    squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    rates = {"insee_com": ["02159", "02173"], "taux_couverture_ftth": [89.9, 100.0]}
    gpd.GeoDataFrame(rates, geometry=squares, crs=2154).to_file(path)
    table = read_digital(path, COMMUNES)
    assert type(table) is pd.DataFrame
    assert table.columns.tolist() == ["fibre"]
    assert table.loc["02159", "fibre"] == pytest.approx(0.899)


def test_words_for_numbers_and_missing_files_are_told(read, tmp_path):
    assert "is not a number" in told(read, "insee,fibre_pct\n02173,beaucoup\n02159,50\n")
    with pytest.raises(SourceError, match=r"does not exist \(did you mean 'rates.csv'"):
        read_digital(tmp_path / "rate.csv", COMMUNES)


def test_rows_of_another_type_are_left_out_and_told(read):
    table = read("code_insee;nbr;type;elig_ftth\n02173;100;all;90\n02173;20;pro;20\n")
    assert table.loc["02173", "fibre"] == 0.9
    assert "1 row of another type than all left out" in notes(table)


# ---- places of help need no reader of their own


def test_a_list_of_advisers_is_read_as_services_of_digital_help(real_data):
    communes = am.read_communes(real_data / "communes.gpkg")
    places = am.read_services(
        real_data / "conseillers_numeriques_2022.csv",
        category="digital_help",
        communes=communes,
        columns={"capacity": "advisers"},
    )
    assert len(places) == 28
    assert places["capacity"].sum() == 44
    assert (places["commune"] == "02173").sum() == 2


# ---- the territory's own files


def test_the_territory_reads_whole_in_both_vintages(real_data):
    communes = am.read_communes(real_data / "communes.gpkg")
    inside = communes.index[communes["in_territory"]]
    late = read_digital(real_data / "fibre_2025.csv", communes)
    early = read_digital(real_data / "ftth_2018q1.csv", communes)
    assert late.loc[inside, "fibre"].notna().all()
    assert late.loc["02159", "fibre"] == pytest.approx(0.899)  # Champs
    assert late.loc["02395", "fibre"] == pytest.approx(0.898)  # Jumencourt, the lowest of the territory
    assert late.loc[inside, "fibre"].idxmin() == "02395"
    assert early["fibre"].isna().all()
    assert early.loc[inside, "fibre_premises"].sum() == 17_652
    assert "139 communes of the table without a row" in notes(late)


def test_a_percent_sign_makes_a_rate_whatever_stands_beside_it(read):
    table = read("insee;taux_ftth\n02159;45 %\n02173;45,0\u202f%\n01004;0,45\n")
    assert table["fibre"].dropna().tolist() == pytest.approx([0.45] * 3)
    said = "2 values of 'taux_ftth' with a percent sign (line 2 '02159' (45 %)), divided by 100; 1 without a sign"
    assert f"{said}, taken as a share" in notes(table)
    table = read("insee;taux_ftth\n02159;0,5 %\n02173;30\n01004;0,8\n02018;NC\n")  # 30 is no share: nor is 0,8 beside
    assert table["fibre"].reindex(["02159", "02173", "01004"]).tolist() == pytest.approx([0.005, 0.3, 0.008])
    assert np.isnan(table.loc["02018", "fibre"])
    assert "2 without a sign, read so too" in notes(table)
    assert "'145'" not in told(read, "insee;taux_ftth\n02159;145 %\n02173;3 %\n")
    assert "is not between 0 and 100 in 1 row: line 2 '02159' (145)" in told(
        read, "insee;ftth\n02159;145 %\n02173;3 %\n"
    )
