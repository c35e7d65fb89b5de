import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import decay
from accessmap.errors import TableError

quick = settings(max_examples=30, deadline=None)  # deadlines fail on a busy machine
EVERY = [
    decay.binary(30),
    decay.step({10: 1, 20: 0.68, 30: 0.22}),
    decay.linear(45),
    decay.exponential(0.1),
    decay.gaussian(12),
    decay.power(1.5),
    decay.logistic(20, 6),
]
each = pytest.mark.parametrize("weigh", EVERY, ids=str)


@each
def test_a_site_not_reached_weighs_nothing(weigh):
    assert weigh([np.nan, np.nan]).tolist() == [0.0, 0.0]


@each
@quick
@given(minutes=st.lists(st.floats(0, 1e5), min_size=2, max_size=2))
def test_a_farther_site_never_weighs_more(weigh, minutes):
    near, far = weigh(sorted(minutes))
    assert 0.0 <= far <= near <= 1.0


@each
def test_a_site_at_no_distance_weighs_one(weigh):
    assert weigh(0.0) == pytest.approx(1.0)


@each
def test_weights_are_float64_and_the_minutes_are_left_as_they_were(weigh):
    minutes = np.array([[5.0, np.nan], [31.0, 8.0]], dtype=np.float32)
    before = minutes.copy()
    assert weigh(minutes).dtype == np.float64
    np.testing.assert_array_equal(minutes, before)


@each
def test_days_of_travel_do_not_overflow(weigh):
    assert np.isfinite(weigh([1e4, 1e6])).all()


def test_formulas_at_points_worked_by_hand():
    assert decay.linear(20)(5.0) == pytest.approx(0.75)
    assert decay.exponential(0.1)(10.0) == pytest.approx(1 / np.e)
    assert decay.gaussian(10)(20.0) == pytest.approx(np.exp(-2))
    assert decay.power(2)([0.5, 4.0]).tolist() == pytest.approx([1.0, 1 / 16])

    def g(x):
        return 1 + np.exp((x - 20) * np.pi / (6 * np.sqrt(3)))

    assert decay.logistic(20, 6)(33.0) == pytest.approx(g(0) / g(33))


def test_bounds_belong_to_the_inside_unless_closed_on_the_left():
    assert decay.binary(30)([30.0, 30.01]).tolist() == [1.0, 0.0]
    assert decay.step({10: 1, 15: 2 / 3, 20: 1 / 3})([10, 15, 20]).tolist() == pytest.approx([1, 2 / 3, 1 / 3])
    closed = decay.step({10: 1, 15: 2 / 3, 20: 1 / 3}, closed="left")
    assert closed([9.99, 10, 15, 20]).tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])


@pytest.mark.parametrize("weigh", [decay.binary(30.1), decay.step({30.1: 1})], ids=str)
def test_a_float32_at_the_cutoff_is_within_it(weigh):
    assert weigh(np.array([30.1], dtype=np.float32)).tolist() == [1.0]


def test_steps_may_be_given_in_any_order():
    assert decay.step({20: 0.5, 10: 1})([5, 15]).tolist() == [1.0, 0.5]


def test_a_decay_is_named_as_it_was_made_and_equal_by_name():
    assert str(decay.gaussian(10)) == "gaussian(sd=10)"
    assert decay.gaussian(10) == decay.gaussian(10.0)
    assert decay.gaussian(10) != decay.gaussian(11)
    assert str(decay.step({10: 1})) == "step({10: 1}, closed='right')"


@pytest.mark.parametrize(
    "make",
    [
        lambda: decay.binary(0),
        lambda: decay.linear(-1),
        lambda: decay.exponential(np.nan),
        lambda: decay.gaussian(np.inf),
        lambda: decay.power(0),
        lambda: decay.logistic(20, 0),
        lambda: decay.step({}),
        lambda: decay.step({0: 1}),
        lambda: decay.step({10: -1}),
        lambda: decay.step({10: np.nan}),
        lambda: decay.step({10: 1}, closed="both"),
    ],
)
def test_parameters_without_meaning_are_refused(make):
    with pytest.raises(ValueError, match=r" is | are |needs"):
        make()


def test_any_function_of_minutes_is_a_decay_and_never_meets_a_missing_value():
    seen = []

    def mine(minutes):
        seen.append(np.isnan(minutes).any())
        return 1 / (1 + minutes)

    weights = decay.weights_of(pd.DataFrame({"a": [1.0, np.nan]}), mine)
    assert weights.ravel().tolist() == [0.5, 0.0]
    assert seen == [False]


@pytest.mark.parametrize("mine", [lambda t: -t, lambda t: t * np.nan, lambda t: t.ravel()], ids=["-", "nan", "shape"])
def test_a_function_that_gives_no_weights_is_refused(mine):
    with pytest.raises(ValueError, match="the decay"):
        decay.weights_of(pd.DataFrame({"a": [1.0, 2.0]}), mine)


def test_infinite_minutes_are_refused_and_not_taken_for_far():
    with pytest.raises(TableError, match="write NaN"):
        decay.weights_of(pd.DataFrame({"a": [1.0, np.inf]}), decay.binary(5))
