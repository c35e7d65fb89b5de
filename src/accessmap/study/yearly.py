"""What trips to a service cost in a year: hours, kilometres, euros and CO2, under each scenario."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from accessmap.errors import Problem, ScenarioError
from accessmap.study.comparison import Scenarios, studies_under
from accessmap.study.study import Study
from accessmap.words.near import near_names
from accessmap.words.words import BASELINE


def unit_values() -> pd.DataFrame:
    """Return the unit values that yearly costs use, by name: value, unit, vintage, source.

    Examples
    --------
    >>> unit_values()["value"].to_dict()
    {'value_of_time': 6.8, 'car_cost': 0.636, 'car_co2': 0.192}
    """
    return _unit_values().copy()


def yearly_costs(
    scenarios: Scenarios,
    study: Study,
    category: str,
    *,
    trips_per_person: float,
    people_per_car: float = 1.0,
    values: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what the trips of the territory's people to their nearest site cost in a year, by scenario.

    Everybody is taken to go and come back, by car, `trips_per_person` times a year, to the nearest site.

    Parameters
    ----------
    scenarios, study, category
        As in `compare`.
    trips_per_person
        Round trips a person and year: a supposition to be stated, since nobody counts them.
    people_per_car
        People who share a car, whose kilometres then count once.
    values
        Other unit values than those of `unit_values`, by name.

    Returns
    -------
    pandas.DataFrame
        By scenario ("baseline" first): trips (round trips a year), hours, km (of cars), eur_time, eur_car, co2_tonnes,
        unreached_people (whose trips are in none of the sums); and the change of each against the baseline, in columns
        that end in "_change".

    Raises
    ------
    ScenarioError
        Where a number is not above 0, a value is unknown, or a scenario cannot be applied.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> costs = am.scenarios.yearly_costs([plan], study, "france_services", trips_per_person=2)
    >>> bool(costs.loc["Coucy", "km_change"] < 0), bool(costs.loc["baseline", "hours_change"] == 0)
    (True, True)
    """
    known = unit_values()["value"].to_dict()
    for name in values or {}:
        if name not in known:
            raise ScenarioError(Problem("yearly_unknown_value", value=name, near=near_names(name, known)))
    unit = known | dict(values or {})
    for name, value in {"trips_per_person": trips_per_person, "people_per_car": people_per_car}.items():
        if not value > 0:
            raise ScenarioError(Problem("yearly_not_above_0", name=name, value=value))
    rows = {name: _row(each, category) for name, each in studies_under(scenarios, study, call="yearly_costs").items()}
    table = pd.DataFrame(rows).T
    table["trips"] *= trips_per_person
    table["hours"] *= 2 * trips_per_person
    table["km"] *= 2 * trips_per_person / people_per_car
    table["eur_time"] = table["hours"] * unit["value_of_time"]
    table["eur_car"] = table["km"] * unit["car_cost"]
    table["co2_tonnes"] = table["km"] * unit["car_co2"] / 1000
    sums = ["trips", "hours", "km", "eur_time", "eur_car", "co2_tonnes", "unreached_people"]
    changes = (table[sums] - table.loc[BASELINE, sums]).add_suffix("_change")
    return table[sums].join(changes).rename_axis("scenario")


def _row(study: Study, category: str) -> pd.Series[float]:
    """Return the sums of one way there, of everybody once: trips, hours, km, unreached_people."""
    inside = study.inside
    people = study.people.astype("float64")
    minutes = study.nearest(category)["minutes"][inside]
    reached = minutes.notna()
    metres = pd.Series(float("nan"), index=people.index)
    if reached.any():
        homes, sites = study.residents.geometry[inside], study.sites(category).geometry
        metres = pd.Series(study.network.nearest_metres(homes, sites), index=people.index)
    return pd.Series(
        {
            "trips": people[reached].sum(),
            "hours": (people * minutes)[reached].sum() / 60,
            "km": (people * metres)[reached].sum() / 1000,
            "unreached_people": people[~reached].sum(),
        }
    )


@cache
def _unit_values() -> pd.DataFrame:
    with (files("accessmap") / "presets" / "unit_values.csv").open("rb") as stream:
        return pd.read_csv(stream).set_index("name")
