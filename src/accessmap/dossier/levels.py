"""Mean minutes to each service where a commune is: its EPCI, the territory, the département."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from accessmap.dossier.results import Known
from accessmap.programme.operation import members
from accessmap.study.plausibility import published_means
from accessmap.study.study import Study
from accessmap.tables.departments import communes_of, department

EPCI, TERRITORY, DEPARTMENT, PUBLISHED = "epci", "territory", "department", "published"
PLACES: Final = (EPCI, TERRITORY, DEPARTMENT, PUBLISHED)


def levels(known: Known) -> pd.DataFrame:
    """Return the mean minutes of people to the nearest site of each service, over the land that each commune is in.

    Returns
    -------
    pandas.DataFrame
        By (commune of the territory, category): `epci`, `territory` and `department`, NaN where not known: the EPCI as
        far as the study has its communes, the département only where all of its communes are in the study; `published`,
        what INSEE publishes of a département that is not.
    """
    study = known.study
    home = study.residents["commune"]
    people = study.residents["population"].to_numpy("float64")
    inside = study.communes.index[study.communes["in_territory"]]
    epci = study.communes["epci"] if "epci" in study.communes else pd.Series(pd.NA, index=study.communes.index)
    groups = {each: home.isin(members(study.communes, each)[0]).to_numpy() for each in epci[inside].dropna().unique()}
    codes = pd.Series({code: department(str(code)) for code in inside})
    whole = {each: home.map(department).eq(each).to_numpy() for each in codes.unique() if is_whole(study, each)}
    rows = {}
    for category in known.categories:
        minutes = study.nearest(category)["minutes"].to_numpy("float64")
        by_epci, by_department = (
            {name: _mean(minutes, people, where) for name, where in each.items()} for each in (groups, whole)
        )
        here = _mean(minutes, people, study.inside.to_numpy())
        for code in inside:
            its = codes[code]
            rows[str(code), category] = {
                EPCI: by_epci.get(epci[code], np.nan) if pd.notna(epci[code]) else np.nan,
                TERRITORY: here,
                DEPARTMENT: by_department.get(its, np.nan),
                PUBLISHED: np.nan if its in whole else published_means().get((its, category), np.nan),
            }
    return pd.DataFrame.from_dict(rows, orient="index").set_axis(
        pd.MultiIndex.from_tuples(list(rows), names=["code", "category"])
    )


def is_whole(study: Study, name: str) -> bool:
    """Return whether a study has all communes of a département: as many as in 2026; older years had more, not fewer."""
    count = communes_of(name)
    return count is not None and int((study.communes.index.map(department) == name).sum()) >= count


def _mean(minutes: np.ndarray, people: np.ndarray, where: np.ndarray) -> float:
    """Return the mean minutes of the people of some residents who reach a site; NaN where nobody does."""
    counted = where & ~np.isnan(minutes)
    total = float(people[counted].sum())
    return float((minutes[counted] * people[counted]).sum() / total) if total else float("nan")
