"""The law of the road: limits as signed and as written in tags, those of each country, and where each law holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import NetworkError
from accessmap.roads import law
from accessmap.roads.law import rows_of

# ---------------------------------------------------------------------------------------------------- maxspeed


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50),
        (" 50 km/h", 50),
        ("30 mph", 48.28),
        ("30mph", 48.28),
        ("10 knots", 18.52),
        ("10 kn", 18.52),
        ("1 knot", 1.85),
        ("50 kmh", 50),
        ("50 KM/H", 50),
        ("50 kph", 50),
        ("50 km", 50),
        ("20 MPH", 32.19),
        ("20 mi/h", 32.19),
        ("30 mph;20 mph", 32.19),
        ("none;80", 80),
        ("3000", None),
        ("7,5", 7.5),
        ("50; 40", 40),
        ("80|60", 60),
        ("walk", 6),
        ("none", None),
        ("signals", None),
        ("variable", None),
        ("FR:urban", None),
        ("500", None),
        ("0", None),
        ("-30", None),
        ("30 @ (Mo-Fr)", None),
        ("٣٠", None),
        ("", None),
        (None, None),
        (50, 50),
        (float("nan"), None),
    ],
)
def test_maxspeed_is_read_in_kmh_or_says_nothing(text: object, kmh: float | None) -> None:
    assert law.parse_maxspeed(text) == kmh


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.from_regex(r"[0-9]{1,5}[;|]? ?[a-z/]{0,5}")))
def test_no_maxspeed_crashes_or_leaves_the_drivable_range(text: object) -> None:
    kmh = law.parse_maxspeed(text)
    assert kmh is None or 1 <= kmh <= 150


@settings(deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"[A-Z]{2}:[a-z:_0-9]{0,12}", fullmatch=True)))
def test_no_limit_code_crashes(text: str) -> None:
    code = law.limit_code(text)
    assert code is None or code[2] is None or 1 <= code[2] <= 150


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FR:urban", ("FR", "urban", None)),
        ("fr:rural", ("FR", "rural", None)),
        ("DE:motorway", ("DE", "motorway", None)),
        ("DE:zone:30", ("DE", "urban", 30.0)),
        ("FR:zone30", ("FR", "urban", 30.0)),
        ("CH:trunk", ("CH", "dual", None)),
        ("BE-VLG:rural", ("BE-VLG", "rural", None)),
        ("GB:nsl_dual", ("GB", "dual", None)),
        ("FR:living_street", ("FR", "living_street", None)),
        ("FR:80", ("FR", "rural", 80.0)),
        ("urban", (None, "urban", None)),
        ("RE:urban", ("FR", "urban", None)),  # the Code de la route holds there
        ("UK:nsl_single", ("GB", "rural", None)),
        ("GB:nsl_restricted", ("GB", "urban", None)),
        ("GB-SCT:motorway", ("GB", "motorway", None)),
        ("BE-XXX:urban", ("BE", "urban", None)),
        ("ZZ:urban", ("ZZ", "urban", None)),
        ("GB:20", ("GB", "urban", 32.19)),  # signs are in miles there
        ("GB:zone20", ("GB", "urban", 32.19)),
        ("GB:20 mph", ("GB", "urban", 32.19)),
        ("DE:zone30", ("DE", "urban", 30.0)),
        ("DE:30", ("DE", "urban", 30.0)),
        ("FR:zone:30", ("FR", "urban", 30.0)),
        ("zone30", (None, "urban", 30.0)),
        ("zone:30", (None, "urban", 30.0)),
        ("zone 30", (None, "urban", 30.0)),
        ("30_zone", (None, "urban", 30.0)),
        ("zone:20", (None, "urban", 20.0)),
        ("living_street", (None, "living_street", None)),
        ("FR:school_zone", ("FR", "zone30", None)),
        ("FR:zone", None),
        ("FR:zone300", None),
        ("zone", None),
        ("sign", None),
        ("30", None),
    ],
)
def test_limit_codes_name_country_and_setting(text: str, code: object) -> None:
    assert law.limit_code(text) == code


# ---------------------------------------------------------------------------------------------------- the law


@pytest.mark.parametrize(
    ("setting", "kmh"),
    [("motorway", 130), ("dual", 110), ("rural", 80), ("urban", 50), ("zone30", 30), ("living_street", 20)],
)
def test_french_limits_are_those_of_the_code_de_la_route(setting: str, kmh: float) -> None:
    assert law.legal_limit("FR", setting)[0] == kmh


@pytest.mark.parametrize(
    ("code", "setting", "kmh"),
    [
        ("BE", "rural", 90),
        ("BE-VLG", "rural", 70),
        ("BE-BRU", "urban", 30),
        ("LU", "motorway", 130),
        ("LU", "rural", 90),
        ("DE", "rural", 100),
        ("DE", "living_street", 7),
        ("CH", "motorway", 120),
        ("CH", "rural", 80),
        ("IT", "motorway", 130),
        ("IT", "dual", 110),
        ("IT", "rural", 90),
        ("MC", "rural", 50),
        ("ES", "motorway", 120),
        ("ES", "rural", 90),
        ("ES", "urban", 30),
        ("AD", "rural", 60),
        ("NL", "motorway", 100),
        ("NL", "rural", 80),
        ("AT", "motorway", 130),
        ("AT", "rural", 100),
        ("FR-BL", "rural", 45),
        ("NC", "rural", 90),
        ("GB", "motorway", 70 * 1.609344),
        ("GB", "rural", 60 * 1.609344),
        ("GB", "urban", 30 * 1.609344),
        ("GB-WLS", "urban", 20 * 1.609344),
    ],
)
def test_limits_of_the_neighbours_are_those_of_their_codes(code: str, setting: str, kmh: float) -> None:
    assert law.legal_limit(code, setting)[0] == pytest.approx(kmh, abs=0.01)


def test_some_laws_allow_more_on_wide_or_great_roads() -> None:
    assert law.legal_limit("FR", "rural", wide=True)[0] == 90  # R413-2: two lanes one way
    assert law.legal_limit("ES", "urban", wide=True)[0] == 50  # RGC 50.1
    assert law.legal_limit("AD", "rural", main=True)[0] == 90  # carreteres generals
    assert law.legal_limit("DE", "rural", wide=True, main=True)[0] == 100  # where the law knows no difference


def test_every_law_has_every_setting_with_its_source() -> None:
    rows = rows_of("limits")
    settings = {"motorway", "dual", "rural", "urban", "zone30", "living_street", "walk"}
    assert {(row["law"], row["setting"]) for row in rows} >= {(c, s) for c in law.COUNTRIES for s in settings}
    more = {row["setting"] for row in rows} - settings
    assert {name.removesuffix("_wide").removesuffix("_main") for name in more} <= settings
    assert all(row["source"] for row in rows)


PLACES = {
    "FR": [
        *((3.2156, 49.6169), (2.35, 48.85), (9.15, 42.3), (-5.08, 48.46), (3.063, 50.637), (5.766, 49.521)),
        *((6.90, 49.188), (7.752, 48.573), (7.559, 47.588), (6.235, 46.193), (6.108, 46.257), (6.66, 45.2)),
        *((7.500, 43.776), (1.945, 42.434), (-1.775, 43.36)),
        *((55.45, -20.88), (-61.53, 16.24), (-61.07, 14.61), (-52.33, 4.93), (45.23, -12.78), (-56.18, 46.78)),
        (-63.085, 18.068),  # Marigot
    ],
    "BE": [(3.21, 50.742), (5.57, 50.64), (4.44, 50.41), (2.95, 50.755), (4.40, 50.714)],
    "BE-VLG": [(3.265, 50.827), (4.40, 51.22), (5.81, 50.747), (3.60, 50.747), (4.236, 50.736)],
    "BE-BRU": [(4.352, 50.847), (4.43, 50.82)],
    "LU": [(5.98, 49.497), (6.13, 49.61)],
    "DE": [(6.99, 49.235), (7.815, 48.573), (8.69, 47.697), (11.57, 50.0), (13.4, 52.5)],
    "CH": [(7.589, 47.557), (6.145, 46.203), (6.08, 46.232), (8.54, 47.37)],
    "LI": [(9.52, 47.14)],
    "IT": [(7.607, 43.79), (12.5, 41.9), (8.971, 45.97), (9.1, 39.2)],
    "MC": [(7.421, 43.733)],
    "ES": [(1.98, 42.464), (1.925, 42.43), (-1.79, 43.338), (-3.7, 40.4), (-15.43, 28.12), (2.65, 39.57)],
    "AD": [(1.521, 42.507), (1.732, 42.543)],
    "PT": [(-8.61, 41.15), (-16.92, 32.65), (-25.67, 37.74)],
    "GB": [(-0.12, 51.5), (-2.59, 51.45), (-5.93, 54.6), (-4.25, 55.86)],
    "GB-WLS": [(-3.18, 51.48), (-4.13, 53.23)],
    "NL": [(4.9, 52.37)],
    "AT": [(16.37, 48.2)],
    "FR-BL": [(-62.85, 17.897)],
    "NC": [(166.44, -22.27)],
    "generic": [(21.0, 52.2), (12.452, 43.937), (-63.046, 18.025), (-6.26, 53.35), (12.4534, 41.9034), (-51.2, -30.03)],
}


@pytest.mark.parametrize("code", PLACES)
def test_the_law_of_a_place_is_that_of_the_land_it_lies_in(code: str) -> None:
    lon, lat = np.array(PLACES[code]).T
    alone = [law.laws_at(lon[[at]], lat[[at]])[0] for at in range(len(lon))]
    assert alone == [code] * len(lon)
    assert law.laws_at(lon, lat).tolist() == alone


def test_no_place_has_no_law() -> None:
    assert law.laws_at(np.empty(0), np.empty(0)).tolist() == []


def test_unknown_country_and_setting_are_refused_with_near_matches() -> None:
    with pytest.raises(NetworkError, match=r"unknown country 'Fr'.*'FR'"):
        law.legal_limit("Fr", "rural")
    with pytest.raises(NetworkError, match=r"unknown setting 'rurale'.*'rural'"):
        law.legal_limit("FR", "rurale")
