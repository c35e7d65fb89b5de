"""The same indicators for several territories of one study, side by side: coherence with the department's scheme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from accessmap.errors import Problems, StudyError
from accessmap.programme.before_after import REACH_MINUTES
from accessmap.programme.carrying import Missing
from accessmap.programme.counting import COUNTS, Situation, digital_help_sites
from accessmap.programme.operation import members
from accessmap.sentences.plans import SIDE_COLUMNS
from accessmap.study.study import Study
from accessmap.tables.cutoffs import is_within
from accessmap.tables.departments import department, department_name
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.notes import Note

SIREN: Final = re.compile(r"\d{9}")
DEPARTMENT: Final = re.compile(r"\d{2,3}|2[AB]")
PER_PEOPLE: Final = 10_000
# What the indicators of a contract say of any territory, whether or not it has a contract.
SHARED: Final = ("fibre_rate", "schools_equipped_share")

# Sites that help, of any category, among the times of categories.
HELPERS: Final = "*"
NAN: Final = float("nan")

Territories = Mapping[str, str | Iterable[str]]


def territories_of(study: Study, *, departments: bool = True, lang: labels.Lang = "fr") -> dict[str, list[str]]:
    """Return what a territory is compared to: itself, its EPCI, and each department it is in; commune codes by name.

    Only communes that are loaded are in it: of a department, those that the study has. Leave departments out where
    the services of the study are known around the territory only, as in the sample: elsewhere minutes are far too long.

    Parameters
    ----------
    study
        Its communes are looked through, those outside the territory too.
    departments
        Whether the departments are given.
    lang
        "fr" or "en": of the names that are not the communes' own.

    Examples
    --------
    >>> import accessmap as am
    >>> {name: len(codes) for name, codes in territories_of(am.load_sample(), lang="en").items()}
    {'Pays Chaunois': 84, 'CA Chauny Tergnier La Fère': 48, 'CC Picardie des Châteaux': 36,
     'Aisne (the communes of the study)': 688}
    """
    communes = study.communes
    inside = communes[communes["in_territory"]]
    found = {study.title or labels.text("side_territory", lang=lang): inside.index.to_list()}
    for epci in inside["epci"].dropna().drop_duplicates():
        its_communes, name = members(communes, epci)
        found[name] = its_communes
    codes = communes.index.to_series()
    for its in dict.fromkeys(department(code) for code in inside.index) if departments else ():
        name = labels.text("side_department", lang=lang, name=department_name(its))
        found[name] = codes[codes.map(department) == its].to_list()
    return found


def side_by_side(
    study: Study,
    territories: Territories | None = None,
    *,
    categories: Sequence[str] | None = None,
    within: float = REACH_MINUTES,
) -> pd.DataFrame:
    """Return the same indicators for several territories of a study, a column each.

    Sites anywhere in the study count for everybody's minutes, whichever territory they are in.

    Parameters
    ----------
    study
        With the communes of all territories and all their services, and enough around them: where services are not
        loaded, minutes are too long.
    territories
        Name to commune codes, to the SIREN of an EPCI ("200071769"), or to the code of a department ("02"), all of
        whose communes that the study has are meant. By default those of `territories_of`.
    categories
        Of services; all that the study has where not given.
    within
        Minutes within which a place of digital help is in reach.

    Returns
    -------
    pandas.DataFrame
        A row for each indicator, category ("" where it has no meaning) and minutes (NaN there): unit; a column for each
        territory, NaN where not known; missing, a tuple of `Missing`. Indicators: communes; people; and by category,
        share_within (0-1, for each threshold of the study), mean_minutes (of those who reach a site),
        unreached_share (0-1) and sites_per_10000 (sites in the territory for 10,000 of its people); fibre_rate and
        schools_equipped_share; help_reach, help_minutes and help_per_10000, the same of digital help of any kind;
        helped_per_10000, people helped or trained a year for 10,000 people.

    Raises
    ------
    StudyError
        With every territory that is not one of the study's.

    Examples
    --------
    >>> import accessmap as am
    >>> places = {"Chauny": "200071785", "Picardie": "200071769"}
    >>> table = side_by_side(am.load_sample(), places, categories=["france_services"])
    >>> table.query("indicator == 'share_within'")[["minutes", "Chauny", "Picardie"]].round(2)
       minutes  Chauny  Picardie
    2     10.0    0.82       0.4
    3     20.0    1.00       1.0
    4     30.0    1.00       1.0
    """
    chosen = territories_of(study) if territories is None else territories
    places = _places(study, chosen)
    kinds = _kinds(study, categories)
    times = {kind: study.nearest(kind)["minutes"] for kind in kinds}
    helping = digital_help_sites(study)
    if len(helping):
        times[HELPERS] = study.minutes(helping).min(axis=1)
    columns = {name: _rows(study.about(codes, title=name), kinds, times, within) for name, codes in places.items()}
    first = next(iter(columns.values()))
    missing = [
        _lacking({name: row.missing for name, row in zip(columns, rows, strict=True)})
        for rows in zip(*columns.values(), strict=True)
    ]
    told = pd.DataFrame([{name: getattr(row, name) for name in SIDE_COLUMNS[:-1]} for row in first])
    values = pd.DataFrame({name: [row.value for row in rows] for name, rows in columns.items()})
    return told.join(values).assign(missing=pd.Series(missing, dtype=object))


@dataclass(frozen=True)
class _Row:
    """One number of one territory: which, its unit, its value, and what is missing for it."""

    indicator: str
    unit: str
    value: float
    category: str = ""
    minutes: float = float("nan")
    missing: tuple[Missing, ...] = ()


def _lacking(missing: Mapping[str, tuple[Missing, ...]]) -> tuple[Missing, ...]:
    """Return what is missing: what all territories lack once, the rest with the territory that lacks it."""
    every = dict.fromkeys(each for lacking in missing.values() for each in lacking)
    common = [each for each in every if all(each in lacking for lacking in missing.values())]
    own = [each.at(name) for name, lacking in missing.items() for each in lacking if each not in common]
    return (*common, *own)


def _rows(there: Study, kinds: Sequence[str], times: Mapping[str, pd.Series], within: float) -> list[_Row]:
    """Return the numbers of one territory, in the same order for every territory."""
    inside = there.inside.to_numpy()
    weight = there.residents["population"].astype("float64").to_numpy()[inside]
    people = float(weight.sum())
    situation = Situation(there, there, within)
    counts = situation.inside["category"].value_counts()
    rows = [_Row("communes", "communes", float(there.communes["in_territory"].sum())), _Row("people", "people", people)]
    for kind in kinds:
        minutes = times[kind].to_numpy("float64")[inside]
        rows += [
            *(
                _Row("share_within", "share", _mean(is_within(minutes, cutoff), weight), kind, float(cutoff))
                for cutoff in there.thresholds
            ),
            _Row("mean_minutes", "minutes", _mean(minutes, weight), kind),
            _Row("unreached_share", "share", _mean(np.isnan(minutes), weight), kind),
            _Row("sites_per_10000", "sites", _rate(float(counts.get(kind, 0)), people), kind),
        ]
    for name in SHARED:
        value, told = COUNTS[name][1](situation)
        rows.append(_Row(name, COUNTS[name][0], value, missing=told))
    sites, told = COUNTS["help_sites"][1](situation)
    near = times[HELPERS].to_numpy("float64")[inside] if HELPERS in times else None
    helped, not_told = COUNTS["people_helped"][1](situation)
    return [
        *rows,
        _Row(
            "help_reach",
            "share",
            NAN if near is None else _mean(is_within(near, within, "within"), weight),
            "",
            within,
            told,
        ),
        _Row("help_minutes", "minutes", NAN if near is None else _mean(near, weight), missing=told),
        _Row("help_per_10000", "sites", _rate(sites, people), missing=told),
        _Row("helped_per_10000", "people_a_year", _rate(helped, people), missing=not_told),
    ]


def _mean(values: Any, weight: Any) -> float:
    """Return the mean of the values that are known, weighted; NaN of nobody."""
    values = np.asarray(values, dtype="float64")
    known = ~np.isnan(values)
    total = weight[known].sum()
    return float((values[known] * weight[known]).sum() / total) if total > 0 else NAN


def _rate(count: float, people: float) -> float:
    return count / people * PER_PEOPLE if people > 0 else NAN


def _kinds(study: Study, categories: Sequence[str] | None) -> list[str]:
    present = list(study.services["category"].drop_duplicates())
    if categories is None:
        order = {kind: number for number, kind in enumerate(labels.CATEGORIES)}
        return sorted(present, key=lambda kind: (order.get(kind, len(order)), kind))
    for kind in categories:
        study.sites(kind)  # a category that the study has none of is a slip, and is named here
    return list(dict.fromkeys(categories))


def _places(study: Study, territories: Territories) -> dict[str, list[str]]:
    """Return the communes of each territory; every name and code that is none is told at once."""
    communes = study.communes
    problems, found = Problems(), {}
    for name, given in territories.items():
        where = Note.plain(repr(name))
        if name in SIDE_COLUMNS:
            problems.add("side_our_column", value=name, name=where)
        if isinstance(given, str):
            found[name] = _named(study, given)
            if not found[name]:
                known = [*communes["epci"].dropna().unique(), *{department(code) for code in communes.index}]
                problems.add(
                    "side_unknown_code", where=where, value=given, code=repr(given), near=near_names(given, known)
                )
            continue
        found[name] = list(dict.fromkeys(given))
        unknown = [code for code in found[name] if code not in communes.index]
        if unknown:
            told = {"value": unknown[0], "code": repr(unknown[0]), "near": near_names(unknown[0], communes.index)}
            problems.add("side_unknown_communes", where=where, n=len(unknown), **told)
        if not found[name]:
            problems.add("side_no_commune", where=where)
    if not territories:
        problems.add("side_no_territory")
    problems.raise_if_any(StudyError, "side_by_side")
    return found


def _named(study: Study, code: str) -> list[str]:
    """Return the communes of an EPCI or a department; none where there is no such."""
    if SIREN.fullmatch(code):
        return members(study.communes, code)[0]
    known = study.communes.index if DEPARTMENT.fullmatch(code) else ()
    return [each for each in known if department(each) == code]
