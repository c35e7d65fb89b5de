"""A study.toml written for somebody who has none yet: commented, and ready to run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import geopandas as gpd
import pandas as pd

from accessmap.errors import Problem, StudyError
from accessmap.read.database import database
from accessmap.read.territory import codes_of, reason_of
from accessmap.studyfile.edge import at_the_edge
from accessmap.studyfile.problems import StudyFileError, inline, problem
from accessmap.words import words as labels
from accessmap.words.near import Categories, near_matches


def study_text(
    *,
    title: str = "",
    territory: Sequence[str] = (),
    communes: str | None = None,
    residents: str | None = None,
    services: Sequence[tuple[str, str | None]] = (),
    roads: str | None = None,
    category: str | None = None,
    file: str = "study.toml",
) -> str:
    """Return the text of a study.toml, with comments in French that explain every section.

    Parameters
    ----------
    title
        Name of the territory; that of the first entry of `territory` where not given.
    territory
        Codes or names of EPCI or communes.
    communes, residents, roads
        Paths, from the folder of the file; without communes those of the sample are taken.
    services
        Path and category of each file; None where the file says the category itself.
    category
        The service that the dossier is about. Of the sample's communes, France services where not given; mairies, which
        are complete everywhere, where the sample knows no France services in the territory.
    file
        Name of the file, for the comments.

    Raises
    ------
    StudyFileError
        Where a name is that of no EPCI or commune of the sample, or a category that of no service of it.
    StudyError
        Where communes are given without services.
    """
    example: dict[str, str] = {}
    alongside: list[str] = []
    mairies_only = False
    named = list(territory)
    if communes is None:
        from accessmap.sample import sample_communes, sample_services

        every = sample_communes()
        codes, named = placed(every, territory)
        known = sample_services()
        mairies_only = not services and category is None and _inside(known, "france_services", codes).empty
        chosen = category or ("mairie" if mairies_only else "france_services")
        if not services and not mairies_only:
            _check_category(chosen, known)
            example = _example(every.loc[codes], known, chosen)
            alongside = sorted(set(known["category"]) - {chosen})
    elif not services:
        raise StudyError(Problem("studyfile_new_needs_services"))
    else:
        chosen = category or next((kind for _, kind in services if kind), "france_services")
    if not title:
        title = " · ".join(named) if named else ("Pays Chaunois" if communes is None else Path(communes).stem)
    return rendered(
        "study.toml.j2",
        file=file,
        title=title,
        territory=named,
        communes=communes,
        residents=residents,
        services=[{"path": path, "category": kind} for path, kind in services],
        roads=roads,
        category=chosen,
        alongside=alongside,
        example=example,
        mairies_only=mairies_only,
    )


def sample_epci() -> gpd.GeoDataFrame:
    """Return the EPCI of the sample by code: name, communes, people, France services, whether it is surely whole."""
    from accessmap.sample import sample_communes, sample_services

    communes = sample_communes()
    edge = communes.index.isin(at_the_edge(communes))
    grouped = communes.assign(edge=edge).groupby("epci")
    table = grouped.agg(name=("epci_name", "first"), communes=("name", "size"), people=("population", "sum"))
    here = _inside(sample_services(), "france_services", communes.index)
    counts = communes.loc[here, "epci"].value_counts().reindex(table.index, fill_value=0)
    return table.assign(france_services=counts, whole=~grouped["edge"].any()).sort_values("name")


def placed(communes: gpd.GeoDataFrame, territory: Sequence[str]) -> tuple[Any, list[str]]:
    """Return the codes of the territory and its parts as they are written; StudyFileError where one is unknown."""
    if not territory:
        return communes.index[communes["in_territory"]], []
    codes, unknown = codes_of(communes, territory)
    if unknown:
        problems = [
            problem(
                reason_of(each),
                None,
                each.near,
                name=each.name,
                codes=", ".join(each.several),
            )
            for each in unknown
        ]
        raise StudyFileError(*problems, about="territory")
    spelled = [*communes["epci_name"].dropna().unique(), *communes["name"]]
    exact = {name.casefold(): name for name in reversed(spelled)}
    return codes, [exact.get(name.casefold(), name) for name in territory]


def _inside(services: gpd.GeoDataFrame, category: str, codes: Any) -> pd.Series:
    """Return the commune of each site of a category that is in these communes."""
    communes: pd.Series = services.loc[services["category"] == category, "commune"]
    return communes[communes.isin(codes)]


def _check_category(category: str, services: gpd.GeoDataFrame) -> None:
    known = sorted(set(services["category"]))
    if category not in known:
        told: dict[str, Any] = {"category": Categories.of([category]), "known": Categories.of(known)}
        unknown = problem("studyfile_unknown_category", None, near_matches(category, known), **told)
        raise StudyFileError(unknown, about="category")


def _example(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, category: str) -> dict[str, str]:
    """Return the most populous commune without a site of the category, and the title of a scenario that opens one."""
    having = services.loc[services["category"] == category, "commune"]
    without = communes[~communes.index.isin(having)]
    if without.empty:
        return {}
    code = str(without["population"].idxmax())
    name = str(without["name"][code])
    what = labels.category(category).fr
    title = labels.text("studyfile_example", what=what[0].upper() + what[1:], place=labels.at_place(name))
    return {"code": code, "name": name, "title": title}


def relative(path: str, home: Path) -> str:
    """Return a path as the file in `home` will name it: with slashes, from its own folder where both share one disk."""
    if database(path) is not None:
        return path
    try:
        return Path(os.path.relpath(path, home)).as_posix()
    except ValueError:  # another drive of Windows
        return Path(path).absolute().as_posix()


def rendered(template: str, **values: Any) -> str:
    """Return the text of a study.toml from one of the templates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - a TOML file: values are quoted by the filters below
        loader=PackageLoader("accessmap"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["toml"] = inline
    # a comment ends with its line, and TOML allows no control character in it
    environment.filters["comment"] = lambda text: "".join(c if c.isprintable() else " " for c in str(text))
    # sentences of a text are as many lines of comments as they need
    environment.filters["prose"] = lambda text: "\n".join(
        f"# {line}" for line in wrap(environment.filters["comment"](text), 116, break_long_words=False)
    )
    return environment.get_template(template).render(**values)
