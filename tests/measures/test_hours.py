import datetime as dt
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours
from processes import python

import accessmap as am
from accessmap import hours as h
from accessmap.errors import TableError
from accessmap.maps import heat_chart

quick = settings(max_examples=25, deadline=None)  # deadlines fail on a busy machine
MONDAY = dt.datetime(2026, 6, 8)
FIRST_OF_MAY = "2026-05-01"  # a Friday, public holiday
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def services(**hours):
    return pd.DataFrame({"hours": pd.Series(hours, dtype="object")})


def at(table, moment):
    return table[pd.Timestamp(moment)].tolist()


@st.composite
def spans(draw):
    """Opening hours of a site: a few spans, on days, over midnight at times; or None where unknown."""
    if draw(st.integers(0, 4)) == 0:
        return None
    rules = []
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, 95)) * 15
        end = start + draw(st.integers(1, 24)) * 15
        clock = "{:02}:{:02}-{:02}:{:02}".format(*divmod(start, 60), *divmod(end, 60))
        rules.append(f"{draw(st.sampled_from(DAYS))} {clock}")
    return ", ".join(rules)


@st.composite
def places(draw):
    """Minutes with holes, sites with hours, people."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    minute = st.one_of(st.just(np.nan), st.integers(0, 40).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    sites = [f"s{number}" for number in range(columns)]
    hours = draw(st.lists(spans(), min_size=columns, max_size=columns))
    residents = [f"r{number}" for number in range(rows)]
    people = draw(st.lists(st.integers(1, 90), min_size=rows, max_size=rows))
    times = pd.DataFrame(cells, index=residents, columns=sites, dtype=np.float32)
    return times, pd.DataFrame({"hours": pd.Series(hours, index=sites, dtype="object")}), pd.Series(people, residents)


# the table of a week


def test_site_is_open_from_the_minute_it_opens_until_the_minute_it_closes():
    table = h.open_table(services(a="Mo 09:00-12:00"))
    assert [at(table, f"2026-06-08 {clock}")[0] for clock in ("08:30", "09:00", "11:30", "12:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert table.shape == (1, 336)
    assert table.loc["a"].sum() == 6


def test_missing_hours_are_unknown_and_never_closed():
    for missing in (None, np.nan, pd.NA, "", " "):
        assert h.open_table(services(a=missing)).isna().all(axis=None)
    assert h.open_table(pd.DataFrame(index=["a"])).isna().all(axis=None)


@pytest.mark.parametrize("rule", ["Mo 09:00-12:00 unknown", 'Mo 09:00-12:00 "sur rendez-vous"'])
def test_by_appointment_or_unknown_is_unknown_while_it_lasts_and_closed_otherwise(rule):
    table = h.open_table(services(a=rule))
    assert at(table, "2026-06-08 10:00") == [pd.NA]
    assert at(table, "2026-06-08 13:00") == [False]


def test_holidays_show_in_the_week_that_has_one_and_not_in_the_ordinary_one():
    town_hall = services(closed="Mo-Fr 09:00-12:00; PH off", says_nothing="Mo-Fr 09:00-12:00")
    assert at(h.open_table(town_hall, week=FIRST_OF_MAY), "2026-05-01 10:00") == [False, True]
    assert at(h.open_table(town_hall, week=FIRST_OF_MAY), "2026-04-30 10:00") == [True, True]
    assert at(h.open_table(town_hall), "2026-06-12 10:00") == [True, True]


def test_any_day_names_its_week_and_the_ordinary_week_starts_on_8_june_2026():
    day = dt.date(2026, 4, 29)
    assert h.open_table(services(a="24/7"), week=day).columns[0] == pd.Timestamp("2026-04-27")
    assert h.open_table(services(a="24/7")).columns[0] == pd.Timestamp("2026-06-08")


def test_the_ordinary_week_has_no_public_holiday():
    holidays = OpeningHours("PH", country="FR")
    assert not any(holidays.is_open(MONDAY + dt.timedelta(days=day)) for day in range(7))
    assert holidays.is_open(dt.datetime(2026, 5, 1))


def test_week_when_clocks_change_has_168_hours():
    assert h.meets_france_services_hours(services(a="24/7"), week="2026-03-29").loc["a", "hours"] == 168


def test_night_over_sunday_ends_with_the_week():
    table = h.open_table(services(a="Su 22:00-26:00"))
    assert table.loc["a"].sum() == 4 + 4  # two hours of Sunday, and two of Monday, from the Sunday before


def test_unreadable_hours_are_named():
    with pytest.raises(TableError, match="'b'.*'lundi matin'"):
        h.open_table(services(a="24/7", b="lundi matin"))


@pytest.mark.parametrize("step", [0, 7, -30])
def test_step_divides_a_day(step):
    with pytest.raises(ValueError, match="divides a day"):
        h.open_table(services(a="24/7"), step_minutes=step)


# open when


@pytest.mark.parametrize(
    ("hours", "when", "expected"),
    [
        ("Mo-Fr 09:00-17:00", "after_17", False),
        ("Mo-Fr 09:00-17:15", "after_17", False),  # a quarter of an hour is too short
        ("Mo-Fr 09:00-17:30", "after_17", True),
        ("Sa 09:00-11:00", "after_17", False),
        ("Sa 09:00-11:00", "after_17_or_saturday", True),
        ("Sa 14:00-18:00", "saturday_morning", False),
        ("We 14:00-16:00", "We 13:00-18:00", True),
        ("24/7", "sunday", True),
        (None, "sunday", pd.NA),
        ('Sa 09:00-11:00 "sur rendez-vous"', "saturday", pd.NA),
    ],
)
def test_open_when_knows_names_and_opening_hours(hours, when, expected):
    assert h.open_when(services(a=hours), when).tolist() == [expected]


def test_half_an_hour_is_counted_without_a_break():
    twice = services(a="Mo 17:00-17:20,17:40-18:00")
    assert h.open_when(twice, "after_17").tolist() == [False]
    assert h.open_when(twice, "after_17", at_least_minutes=20).tolist() == [True]


def test_spans_that_touch_are_one_though_only_the_first_is_sure():
    site = services(a="Mo 09:00-11:00, Mo 11:00-13:00 unknown")
    assert h.open_when(site, "Mo 10:45-11:15").tolist() == [pd.NA]
    assert h.open_when(site, "Mo 10:30-11:15").tolist() == [True]


def test_closed_on_the_first_of_may_is_not_open_that_friday_evening():
    assert h.open_when(services(a="Fr 17:00-19:00; PH off"), "after_17", week=FIRST_OF_MAY).tolist() == [False]


def test_unknown_time_is_refused_with_near_names():
    with pytest.raises(ValueError, match="saturday_morning"):
        h.open_when(services(a="24/7"), "saturday_mornin")


def test_minutes_when_leave_out_the_closed_and_bracket_the_unknown():
    times = pd.DataFrame({"shut": [1.0], "who_knows": [5.0], "open": [9.0]}, index=["r"])
    table = h.minutes_when(times, services(shut="Mo 09:00-12:00", who_knows=None, open="Sa 09:00-12:00"), "saturday")
    assert table.loc["r"].to_dict() == {"all": 1.0, "best": 5.0, "worst": 9.0}


def test_people_without_a_site_stay_in_the_share_of_their_commune():
    minutes = pd.DataFrame({"worst": [4.0, np.nan, 10.0]}, index=["a", "b", "c"])
    residents = pd.DataFrame({"commune": ["x", "x", "y"], "population": [30, 10, 5]}, index=["a", "b", "c"])
    table = h.reach_by_commune(minutes, residents, within=10)
    assert table["worst"].to_dict() == {"x": 0.75, "y": 1.0}
    assert table["people"].to_dict() == {"x": 40.0, "y": 5.0}


# access to an open site


def test_arrival_decides_and_not_departure():
    # r1 is 10 minutes away, r2 40: leaving at 8:30 r2 comes at 9:10, leaving at 11:30 too late.
    times = pd.DataFrame({"a": [10.0, 40.0]}, index=["r1", "r2"])
    shares = h.open_access(times, services(a="Mo 09:00-12:00"), pd.Series({"r1": 30, "r2": 10}), within=45)["worst"]
    found = {clock: shares[f"2026-06-08 {clock}"] for clock in ("08:00", "08:30", "09:00", "11:00", "11:30", "12:00")}
    assert found == {"08:00": 0, "08:30": 0.25, "09:00": 1, "11:00": 1, "11:30": 0.75, "12:00": 0}


def test_arriving_as_it_closes_is_too_late_and_staying_needs_longer():
    times, people = pd.DataFrame({"a": [30.0]}, index=["r"]), pd.Series({"r": 1})
    site = services(a="Mo 09:00-12:00")

    def last(stay):
        shares = h.open_access(times, site, people, within=30, stay_minutes=stay)["worst"]
        return shares[shares == 1].index[-1].strftime("%H:%M")

    assert last(0) == "11:00"  # leaving at 11:30 is arriving at 12:00 sharp
    assert last(30) == "11:00"
    assert last(31) == "10:30"


def test_leaving_on_sunday_night_finds_what_opens_on_monday():
    times, people = pd.DataFrame({"a": [45.0]}, index=["r"]), pd.Series({"r": 1})
    shares = h.open_access(times, services(a="Mo 00:00-01:00"), people, within=60)["worst"]
    assert shares.index[shares == 1].strftime("%a %H:%M").tolist() == ["Mon 00:00", "Sun 23:30"]


def test_unknown_hours_count_as_closed_at_worst_and_open_at_best():
    times = pd.DataFrame({"a": [10.0, np.nan]}, index=["r1", "r2"])
    shares = h.open_access(times, services(a=None), pd.Series({"r1": 30, "r2": 10}), within=15)
    assert (shares["worst"] == 0).all()
    assert (shares["best"] == 0.75).all()


def test_share_of_nobody_is_missing():
    times = pd.DataFrame({"a": [10.0]}, index=["r1"])
    assert h.open_access(times, services(a="24/7"), pd.Series({"r1": 0}), within=15).isna().all(axis=None)


def test_nobody_no_site_and_none_in_reach_are_answers_too():
    nobody = pd.DataFrame({"a": []}, index=pd.Index([], dtype="str"), dtype=np.float32)
    site = services(a="24/7")
    assert h.open_access(nobody, site, pd.Series(dtype=float, index=nobody.index), within=9).isna().all(axis=None)
    assert h.hours_in_reach(nobody, site, within=9).empty
    for times in (pd.DataFrame(index=["r"]), pd.DataFrame({"a": [10.0]}, index=["r"])):
        assert (h.open_access(times, site, pd.Series({"r": 1}), within=9) == 0).all(axis=None)
        assert h.hours_in_reach(times, site, within=9).loc["r"].tolist() == [0, 0]
        assert h.minutes_when(times[[]], site, "sunday").isna().all(axis=None)
    assert h.open_table(site.iloc[:0]).shape == (0, 336)
    assert h.meets_france_services_hours(site.iloc[:0]).empty


def test_site_of_the_minutes_without_a_row_is_refused():
    times = pd.DataFrame({"mairie_a": [10.0]}, index=["r1"])
    for measure in (h.open_access, h.hours_in_reach):
        data = (times, services(mairie_b="24/7")) + ((pd.Series({"r1": 1}),) if measure is h.open_access else ())
        with pytest.raises(TableError, match="did you mean 'mairie_b'"):
            measure(*data, within=15)


@quick
@given(places(), st.sampled_from([0, 10, 45]), st.sampled_from([5, 20, 40]))
def test_open_access_is_what_asking_each_site_at_each_arrival_gives(place, stay, within):
    times, sites, people = place
    shares = h.open_access(times, sites, people, within=within, step_minutes=120, stay_minutes=stay)
    known = {name: OpeningHours(text) for name, text in sites["hours"].items() if isinstance(text, str)}

    def finds(resident, leaving):
        for site, minutes in times.loc[resident].items():
            if site in known and minutes <= within:
                arrival = leaving + dt.timedelta(minutes=float(minutes))
                moments = [arrival + dt.timedelta(minutes=wait) for wait in range(max(stay, 1))]
                if all(known[site].is_open(moment) for moment in moments):
                    return True
        return False

    for leaving, share in shares["worst"].items():
        served = sum(people[resident] for resident in times.index if finds(resident, leaving.to_pydatetime()))
        assert share == pytest.approx(served / people.sum())


@quick
@given(places(), spans())
def test_more_hours_never_lower_access_and_worst_is_never_above_best(place, more):
    times, sites, people = place
    before = h.open_access(times, sites, people, within=20)
    assert (before["worst"] <= before["best"]).all()
    assert before.min(axis=None) >= 0
    assert before.max(axis=None) <= 1 + 1e-12
    first = sites["hours"].iloc[0]
    if more is not None and isinstance(first, str):
        longer = sites.assign(hours=[f"{first}, {more}", *sites["hours"].iloc[1:]])
        assert (h.open_access(times, longer, people, within=20) >= before - 1e-12).all(axis=None)


@quick
@given(places())
def test_hours_in_reach_are_those_of_a_table_by_quarters_of_an_hour(place):
    times, sites, _ = place
    found = h.hours_in_reach(times, sites, within=20)
    quarters = h.open_table(sites, step_minutes=15).T
    for case, filler in (("worst", False), ("best", True)):
        is_open = quarters.fillna(filler).astype(bool)
        for resident in times.index:
            near = times.columns[times.loc[resident] <= 20]
            assert found.loc[resident, case] == pytest.approx(is_open[near].any(axis=1).sum() / 4)
    assert (found["worst"] <= found["best"]).all()
    assert found.max(axis=None) <= 168


def test_big_tables_are_cut_into_blocks_that_give_the_same(monkeypatch, sample_study):
    mairies = sample_study.sites("mairie")
    times = sample_study.minutes(mairies).iloc[::200]
    people = sample_study.residents["population"].loc[times.index]
    whole = h.open_access(times, mairies, people, within=20), h.hours_in_reach(times, mairies, within=20)
    monkeypatch.setattr("accessmap.measures.hours.spans._BLOCK", 1000)
    monkeypatch.setattr("accessmap.measures.hours.spans._CELLS", 1000)
    pd.testing.assert_frame_equal(h.open_access(times, mairies, people, within=20), whole[0])
    pd.testing.assert_frame_equal(h.hours_in_reach(times, mairies, within=20), whole[1])


# services that go round


def test_a_bus_that_stops_half_a_day_in_each_commune_is_several_rows():
    stops = pd.DataFrame(
        {"round": ["bus", "bus"], "hours": ["Tu 09:00-12:00", "Th 14:00-17:00"]}, index=["bus-a", "bus-b"]
    )
    times = pd.DataFrame({"bus-a": [2.0, 12.0], "bus-b": [12.0, 2.0]}, index=["ra", "rb"])
    people = pd.Series({"ra": 60, "rb": 40})
    near = h.open_access(times, stops, people, within=5)["worst"]
    assert near["2026-06-09 09:00"] == 0.6
    assert near["2026-06-11 14:00"] == 0.4
    assert h.hours_in_reach(times, stops, within=5)["worst"].tolist() == [3, 3]
    assert h.hours_in_reach(times, stops, within=15)["worst"].tolist() == [6, 6]
    # The two stops are one service when it is withdrawn: one column for the round.
    together = times.T.groupby(stops["round"]).min().T
    assert together.columns.tolist() == ["bus"]
    assert together["bus"].tolist() == [2.0, 2.0]


# the label


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("Mo-Fr 09:00-14:00", True),
        ("Mo-Fr 09:00-13:48", True),  # 24 hours sharp
        ("Mo-Fr 09:00-13:47", False),
        ("Mo-Th 08:00-18:00", False),  # four days
        ("Mo-Th 08:00-18:00; Sa 09:00-10:00", True),
        ("Mo-Th 08:00-18:00; Fr 09:00-12:00 unknown", pd.NA),
        ('Mo-Th 08:00-10:00; Fr 09:00-10:00 "sur rendez-vous"', False),  # too little, whatever Friday is
        (None, pd.NA),
    ],
)
def test_france_services_is_open_24_hours_over_five_days(hours, expected):
    assert h.meets_france_services_hours(services(a=hours))["meets"].tolist() == [expected]


def test_france_services_of_the_aisne_keep_their_hours(real_data):
    table = pd.read_csv(real_data / "france_services_2024-08.csv", dtype=str).query("insee_dep == '02'")
    days = dict(zip(["h_lundi", "h_mardi", "h_mercredi", "h_jeudi", "h_vendredi", "h_samedi"], DAYS, strict=False))
    rules = table[list(days)].apply(
        lambda row: "; ".join(
            f"{days[day]} {spans.replace(' - ', '-').replace(' / ', ',')}" for day, spans in row.dropna().items()
        ),
        axis=1,
    )
    found = h.meets_france_services_hours(pd.DataFrame({"hours": rules}))
    assert len(found) == 35
    assert found["meets"].value_counts(dropna=False).to_dict() == {True: 28, False: 6, pd.NA: 1}
    # Six are branches, two at each of three places, open a day or two; the three of one house keep its hours together.
    house = table["lib_fs"].where(table["format_fs"] == "Multisites").str.split(" - ").str[0]
    together = h.meets_france_services_hours(pd.DataFrame({"hours": rules}), rounds=house)
    assert together["meets"].value_counts(dropna=False).to_dict() == {True: 31, False: 3, pd.NA: 1}


def test_stops_of_a_round_share_the_hours_when_one_of_them_is_open():
    stops = services(a="Mo-We 09:00-15:00", b="Th-Fr 09:00-15:00", c="We 12:00-18:00", alone="Mo 09:00-10:00")
    rounds = pd.Series(["bus", "bus", "bus", None], index=stops.index)
    found = h.meets_france_services_hours(stops, rounds=rounds)
    assert found["hours"].tolist() == [33, 33, 33, 1]  # Wednesday from 9 to 18 counts once
    assert found["days"].tolist() == [5, 5, 5, 1]
    assert found["meets"].tolist() == [True, True, True, False]


def test_closing_at_midnight_is_not_a_day_more():
    assert h.meets_france_services_hours(services(a="Mo 18:00-24:00"))["days"].tolist() == [1]


def test_round_without_a_row_for_a_service_is_refused():
    with pytest.raises(TableError, match="rounds"):
        h.meets_france_services_hours(services(a="24/7"), rounds=pd.Series({"b": "bus"}))


# to look at


def test_heat_table_is_seven_days_by_48_half_hours():
    moments = pd.date_range("2026-06-08", periods=336, freq="30min")
    heat = h.heat_table(pd.Series(np.arange(336) / 336, index=moments))
    assert heat.shape == (7, 48)
    assert heat.loc["2026-06-13", "09:30"] == (5 * 48 + 19) / 336


def test_heat_plot_is_a_picture_that_says_each_share_in_words():
    moments = pd.date_range("2026-06-08", periods=336, freq="30min")
    shares = pd.Series(0.0, index=moments)
    shares["2026-06-13 09:30"] = 0.42
    picture = ElementTree.fromstring(heat_chart(h.heat_table(shares), title="Mairies <ouvertes> & proches").svg)
    assert picture.get("aria-label") == "Mairies <ouvertes> & proches"
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "samedi 09:30\xa0: 42\xa0%" in titles
    assert len(titles) == 1 + 7 * 2  # only the hour when someone finds something
    english = heat_chart(h.heat_table(shares), title="Open", lang="en").svg
    assert "Saturday 09:30: 42%" in english


def test_heat_plot_tells_unknown_from_nobody():
    heat = pd.DataFrame({"09:00": [0.0], "10:00": [np.nan], "11:00": [1.0]}, index=pd.DatetimeIndex(["2026-06-08"]))
    text = heat_chart(heat, title="x").svg
    assert "inconnu" in text
    assert "personne" in text


# the Pays Chaunois


@pytest.fixture(scope="module")
def saturday(sample_study):
    mairies = sample_study.sites("mairie")
    minutes = h.minutes_when(sample_study.minutes(mairies), mairies, "saturday_morning")
    return mairies, minutes, h.reach_by_commune(minutes, sample_study.residents, within=10)


def test_nine_mairies_of_the_territory_are_open_on_saturday_morning(sample_study, saturday):
    inside = saturday[0]["commune"].map(sample_study.communes["in_territory"])
    answers = h.open_when(saturday[0][inside], "saturday_morning")
    assert answers.value_counts(dropna=False).to_dict() == {False: 74, True: 9, pd.NA: 1}
    # by eye, in the timetables: every "Sa" of the 84
    assert saturday[0][inside]["hours"].str.contains("Sa |-Sa").sum() == 9


def test_most_people_are_within_10_minutes_of_a_mairie_open_on_saturday_morning(sample_study, saturday):
    here = sample_study.communes.index[sample_study.communes["in_territory"]]
    shares = saturday[2].loc[here]
    worst = (shares["worst"] * shares["people"]).sum() / shares["people"].sum()
    best = (shares["best"] * shares["people"]).sum() / shares["people"].sum()
    assert worst == pytest.approx(0.925, abs=0.005)
    assert best == pytest.approx(0.941, abs=0.005)
    assert (shares["worst"] >= 0.5).sum() == 74


@pytest.mark.parametrize(("commune", "nearest_open"), [("02173", "mairie-02001"), ("02602", "mairie-02834")])
def test_chauny_goes_to_abbecourt_and_pinon_to_wissignicourt(sample_study, saturday, commune, nearest_open):
    # Neither is open on Saturday; the nearest of the nine on the map are Abbécourt, and Wissignicourt.
    mairies, minutes, shares = saturday
    lives = sample_study.residents["commune"] == commune
    there = sample_study.minutes(mairies.loc[[nearest_open]])[nearest_open]
    assert not h.open_when(mairies.loc[[f"mairie-{commune}"]], "saturday_morning").iloc[0]
    assert h.open_when(mairies.loc[[nearest_open]], "saturday_morning").iloc[0]
    people = sample_study.residents["population"][lives]
    most = (there[lives] == minutes["worst"][lives]).astype(float)
    assert (most * people).sum() / people.sum() > 0.5
    expected = ((minutes["worst"][lives] <= 10) * people).sum() / people.sum()
    assert shares.loc[commune, "worst"] == pytest.approx(expected)


def test_nobody_finds_an_open_mairie_at_three_in_the_morning(sample_study):
    mairies = sample_study.sites("mairie")
    times = sample_study.minutes(mairies)[sample_study.inside].iloc[::5]
    people = sample_study.residents["population"].loc[times.index]
    shares = h.open_access(times, mairies, people, within=10)["worst"]
    assert shares["2026-06-09 03:00"] == 0
    assert shares["2026-06-09 10:00"] > 0.8
    assert shares.idxmax().weekday() < 5


def test_opening_hours_are_read_only_when_needed():
    assert am.load_sample is not None
    code = "import sys, accessmap.measures.hours; print('opening_hours' in sys.modules)"
    done = python("-c", code, check=True)
    assert done.stdout.strip() == "False"


def test_what_holds_in_some_weeks_only_is_not_known_of_any_week():
    table = services(
        first="Mo[1] 09:00-12:00",
        second="Mo[2] 09:00-12:00",
        fifth="Mo[5] 09:00-12:00",
        last="Mo[-1] 09:00-12:00",
        odd="week 1-53/2 Mo 09:00-12:00",
        even="week 2-52/2 Mo 09:00-12:00",
        every="Mo 09:00-12:00",
        shut="Mo[1] off",
        but="Mo-Fr 09:00-12:00; We[1] off",
    )
    monday = h.open_when(table, "Mo 09:00-12:00")
    assert monday.isna().to_dict() == {name: name not in ("every", "shut", "but") for name in table.index}
    assert monday[["every", "but", "shut"]].tolist() == [True, True, False]
    assert h.open_when(table, "We 09:00-12:00").isna().sum() == 1
    assert not h.open_when(table, "Sa 09:00-12:00").any()
    # of a week that is named it is known
    told = h.open_when(table, "Mo 09:00-12:00", week="2026-06-08")
    assert not told.isna().any()
    assert told[told].index.tolist() == ["second", "even", "every", "but"]
