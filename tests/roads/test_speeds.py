"""Speeds and delays: limits as signed and as the law has them, what drivers do, what junctions cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import NetworkError
from accessmap.roads import speeds
from accessmap.roads.law import rows_of

NO_EVENTS = pd.DataFrame({"node": np.empty(0, dtype=int), "event": np.empty(0, dtype=object)})


def arcs(*pairs: tuple[int, int], **columns: object) -> pd.DataFrame:
    """Arcs of 1 km of French country road, with what is told otherwise."""
    plain = {
        "length_m": 1000.0,
        "road_class": "secondary",
        "setting": "rural",
        "dual": False,
        "roundabout": False,
        "wide": False,
        "law": "FR",
        "legal": "",
        "slope_kmh": np.nan,
        "boarding_s": np.nan,
        "limit_kmh": np.nan,
        "limit_reason": "",
        "cap_kmh": np.nan,
        "cap_reason": "",
        "fixed_minutes": np.nan,
    }
    u, v = zip(*pairs, strict=True)
    return pd.DataFrame({"u": u, "v": v, **plain, **columns})


def timed(table: pd.DataFrame, events: pd.DataFrame = NO_EVENTS, mode: str = "car") -> pd.DataFrame:
    return speeds.time_arcs(table, events, mode=mode)


def test_every_event_costs_something_known_in_every_mode() -> None:
    by_mode = {mode: {row["event"] for row in rows_of("delays") if row["mode"] == mode} for mode in speeds.MODES}
    assert by_mode["car"] == by_mode["bike"] == by_mode["walk"]
    assert all(float(row["seconds"]) >= 0 for row in rows_of("delays"))


def test_unknown_mode_is_refused_with_near_matches() -> None:
    with pytest.raises(NetworkError, match=r"unknown mode 'cars' \(did you mean 'car'"):
        speeds.check_mode("cars")


# ---------------------------------------------------------------------------------------------------- free flow


def test_a_signed_limit_is_driven_at_a_little_less() -> None:
    told = timed(arcs((0, 1), road_class="motorway", limit_kmh=130.0, limit_reason="maxspeed=130"))
    assert told["speed_kmh"].item() == pytest.approx(119.6, abs=0.01)
    assert told["speed_reason"].item() == "maxspeed=130, drivers 92 %"
    assert told["minutes"].item() == pytest.approx(60 / 119.6, abs=1e-9)


def test_without_a_sign_the_law_of_the_country_holds() -> None:
    primary = arcs((0, 1), road_class="primary")
    assert timed(primary)["speed_kmh"].item() == pytest.approx(76.8, abs=0.01)
    assert "art. R413-2" in timed(primary)["speed_reason"].item()
    assert timed(primary.assign(law="PT"))["speed_kmh"].item() > timed(primary)["speed_kmh"].item()


def test_a_limit_cannot_make_a_lane_faster_than_it_is() -> None:
    told = timed(arcs((0, 1), road_class="unclassified", limit_kmh=80.0, limit_reason="maxspeed=80"))
    assert told["speed_kmh"].item() < 50
    assert told["speed_reason"].item() == "unclassified in open country, as driven"


def test_a_cap_of_the_road_alone_holds_where_it_is_lowest() -> None:
    told = timed(arcs((0, 1), cap_kmh=15.0, cap_reason="visitors only"))
    assert (told["speed_kmh"].item(), told["speed_reason"].item()) == (15.0, "visitors only")


def test_a_boulevard_in_town_keeps_the_limit_of_the_town() -> None:
    assert timed(arcs((0, 1), road_class="primary", dual=True, setting="urban"))["speed_kmh"].item() <= 50
    assert timed(arcs((0, 1), road_class="trunk", dual=True))["speed_kmh"].item() > 95


def test_built_up_is_never_faster_than_open_country() -> None:
    for name in {row["road_class"] for row in rows_of("driving") if row["mode"] == "car"}:
        urban, rural = (timed(arcs((0, 1), road_class=name, setting=s))["speed_kmh"].item() for s in ("urban", "rural"))
        assert urban <= rural, name


def test_walkers_and_cyclists_heed_no_limit_for_cars() -> None:
    slow = arcs((0, 1), limit_kmh=5.0, limit_reason="maxspeed=5")
    assert timed(slow, mode="walk")["speed_kmh"].item() == pytest.approx(4.8)
    assert timed(slow, mode="bike")["speed_kmh"].item() == pytest.approx(15)


def test_an_unknown_road_class_is_refused_with_near_matches() -> None:
    with pytest.raises(NetworkError, match=r"'secundary' \(did you mean 'secondary'"):
        timed(arcs((0, 1), road_class="secundary"))


def test_the_aisne_is_driven_at_about_what_was_measured_there() -> None:
    # Effective speeds of the Aisne by road (fit of the sample's modelled roads to published times): motorways 120,
    # national 80, departmental 62 km/h. A departmental road is a secondary or tertiary one, a fifth of it in villages.
    def mean(name: str, share: float, **columns: object) -> float:
        urban, rural = (
            timed(arcs((0, 1), road_class=name, setting=s, **columns))["speed_kmh"].item() for s in ("urban", "rural")
        )
        return 1 / (share / urban + (1 - share) / rural)

    assert mean("motorway", 0.0) == pytest.approx(120, rel=0.03)
    assert mean("trunk", 0.1, dual=True) == pytest.approx(90, rel=0.12)
    assert mean("primary", 0.1) == pytest.approx(75, rel=0.12)
    departmental = 0.5 * mean("secondary", 0.2) + 0.5 * mean("tertiary", 0.2)
    assert departmental == pytest.approx(62, rel=0.12)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["motorway", "primary", "residential", "service", "living_street", "trunk_link"]),
            st.sampled_from(["rural", "urban"]),
            st.booleans(),
            st.one_of(st.just(float("nan")), st.sampled_from([20.0, 50.0, 90.0, 130.0])),
            st.floats(0, 1e5),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_minutes_are_finite_and_each_arc_is_timed_as_if_alone(rows: list[tuple[str, str, bool, float, float]]) -> None:
    classes, settings, duals, limits, lengths = (list(column) for column in zip(*rows, strict=True))
    pairs = [(2 * i, 2 * i + 1) for i in range(len(rows))]  # nowhere do two arcs meet
    table = arcs(*pairs, road_class=classes, setting=settings, dual=duals, limit_kmh=limits, length_m=lengths)
    together = timed(table)
    assert np.isfinite(together["minutes"]).all()
    assert (together["minutes"] >= 0).all()
    for row in range(len(rows)):
        alone = timed(table.iloc[[row]].reset_index(drop=True))
        assert alone["minutes"].item() == pytest.approx(together["minutes"].iloc[row])
        assert alone["speed_reason"].item() == together["speed_reason"].iloc[row]


# ---------------------------------------------------------------------------------------------------- delays


def crossroads(minor: str, major: str) -> pd.DataFrame:
    """Four two-way arms at node 0: 1 and 2 on the greater road, 3 and 4 on the lesser."""
    ends = [(1, 0), (0, 1), (2, 0), (0, 2), (3, 0), (0, 3), (4, 0), (0, 4)]
    return arcs(*ends, road_class=[major] * 4 + [minor] * 4)


def delay_of(table: pd.DataFrame, events: pd.DataFrame = NO_EVENTS) -> dict[tuple[int, int], float]:
    seconds = timed(table, events)["delay_s"]
    return dict(zip(zip(table["u"], table["v"], strict=True), map(float, seconds), strict=True))


def test_the_lesser_road_yields_and_the_greater_does_not_wait() -> None:
    delay = delay_of(crossroads("tertiary", "primary"))
    assert delay[1, 0] == delay[0, 2] == 0
    assert delay[3, 0] == pytest.approx(1.8)
    assert delay[0, 4] == pytest.approx(1.4)  # turned into, or crossed into


def test_equals_slow_down_for_each_other() -> None:
    assert set(delay_of(crossroads("residential", "residential")).values()) == {0.5, 0.0}


def test_a_bend_is_no_junction() -> None:
    assert set(
        delay_of(arcs((0, 1), (1, 0), (1, 2), (2, 1), road_class=["primary"] * 2 + ["tertiary"] * 2)).values()
    ) == {0}


def test_a_drive_makes_no_junction_of_the_street_it_leaves() -> None:
    ends = [(0, 1), (1, 0), (1, 2), (2, 1), (1, 3), (3, 1)]
    delay = delay_of(arcs(*ends, road_class=["residential"] * 4 + ["service"] * 2))
    assert delay[0, 1] == 0
    assert delay[3, 1] == pytest.approx(1.8)


def test_a_signal_replaces_yielding() -> None:
    delay = delay_of(crossroads("tertiary", "primary"), pd.DataFrame({"node": [0], "event": ["signal"]}))
    assert delay[1, 0] == delay[3, 0] == 3


@pytest.mark.parametrize(("metres", "second"), [(30, 0), (41, 3)])
def test_the_signals_of_one_junction_are_waited_at_once(metres: float, second: float) -> None:
    # Along a road by way of 1 and 3, signals at 1 and 3, a bend at 2 between them.
    ends = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 3), (3, 2), (2, 1), (1, 0)]
    table = arcs(*ends, length_m=[500.0, metres / 2, metres / 2, 500.0] * 2)
    delay = delay_of(table, pd.DataFrame({"node": [1, 3], "event": ["signal"] * 2}))
    assert (delay[0, 1], delay[2, 3], delay[4, 3], delay[2, 1]) == (3, second, 3, second)
    # The first faces those who come from 2 alone: who comes from 0 has not waited there.
    events = pd.DataFrame({"node": [1, 3], "event": ["signal"] * 2, "coming": [2, -1]})
    facing = delay_of(table, events)
    assert (facing[0, 1], facing[2, 3], facing[2, 1]) == (0, 3, second)


def test_who_turns_back_to_a_signal_waits_there_again() -> None:
    table = arcs((0, 1), (1, 2), (2, 1), (1, 0), length_m=10.0)
    assert delay_of(table, pd.DataFrame({"node": [1], "event": ["signal"]}))[2, 1] == 3


def test_links_merge_onto_a_motorway_without_stopping() -> None:
    table = arcs((0, 1), (1, 2), (3, 1), road_class=["motorway", "motorway", "motorway_link"])
    assert set(delay_of(table).values()) == {0}


def test_a_roundabout_is_entered_without_yielding_twice() -> None:
    ring = [(0, 1), (1, 2), (2, 0), (3, 0), (1, 4), (2, 5)]
    bike = timed(arcs(*ring, roundabout=[True] * 3 + [False] * 3), mode="bike")["delay_s"]
    assert bike.tolist() == [0, 0, 0, 2, 0, 0]
    # By car the fit leaves nothing but the roundabout's own speed.
    assert set(delay_of(arcs(*ring, roundabout=[True] * 3 + [False] * 3)).values()) == {0}


def test_boarding_a_ferry_is_paid_once_and_not_for_the_road() -> None:
    table = arcs((0, 1), (1, 2), (2, 3), (3, 4), road_class=["secondary", "ferry", "ferry", "secondary"])
    delay = delay_of(table)
    assert delay == {(0, 1): 0, (1, 2): 300, (2, 3): 0, (3, 4): 0}


def test_of_several_delays_at_a_node_the_longest_counts() -> None:
    events = pd.DataFrame({"node": [1, 1], "event": ["crossing", "gate"]})
    assert delay_of(arcs((0, 1)), events)[0, 1] == 30


def test_an_unknown_event_is_refused_with_near_matches() -> None:
    with pytest.raises(NetworkError, match=r"unknown event 'signals' \(did you mean 'signal'"):
        timed(arcs((0, 1)), pd.DataFrame({"node": [1], "event": ["signals"]}))
