"""Private to `cli`: `accessmap services`, the sites of a study by commune and kind, as its files say them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from accessmap.cli.places import add_study, study_asked
from accessmap.cli.say import Say
from accessmap.words import words as labels
from accessmap.words.opening import hours_text

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.study.study import Study

COLUMNS = ("category", "commune", "capacity", "hours", "step_free")


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("--commune", action="append", default=None, help=say("help_services_commune"))
    parser.add_argument(
        "--category", action="append", default=None, metavar=say("category"), help=say("help_services_category")
    )
    add_study(parser, say)


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print the sites that are asked for, in the territory where no commune is named."""
    study, _ = study_asked(asked, say)
    found = _asked(study, asked)
    names = study.communes["name"]
    say.tell("services_count", n=len(found))
    shown = [name for name in COLUMNS if name in found.columns]
    if len(found):
        say.line()
        titles = [say(f"services_{name}") for name in ("id", "name", *shown)]
        rows = found[["name", *shown]].assign(commune=found["commune"].map(names).fillna(found["commune"]))
        say.rows(
            titles,
            [
                (str(number), *(_told(name, row[name], say) for name in ("name", *shown)))
                for number, row in rows.iterrows()
            ],
            left=len(titles),
        )
    listed = found.drop(columns="geometry").reset_index()
    say.result(n=len(found), services=listed.to_dict("records"))
    return 0


def _asked(study: Study, asked: argparse.Namespace) -> gpd.GeoDataFrame:
    """The sites of the communes and kinds that are named; refused where one of these is unknown."""
    from accessmap.read.territory import codes_of
    from accessmap.studyfile.problems import StudyFileError, problem
    from accessmap.words.near import Categories, category_meant, near_matches
    from accessmap.words.notes import Note

    services, communes = study.services, study.communes
    if "commune" not in services.columns:
        services = services.assign(commune=None)
    codes = communes.index[communes["in_territory"]]
    if asked.commune:
        codes, unknown = codes_of(communes, asked.commune)
        if unknown:
            one = unknown[0]
            reason = "studyfile_several_communes" if one.several else "studyfile_unknown_commune"
            near = near_matches(one.name, communes["name"])
            told = {"name": one.name, "codes": ", ".join(one.several)}
            raise StudyFileError(problem(reason, None, near, **told), about=Note.plain("--commune"))
    found = services[services["commune"].isin([str(code) for code in codes])]
    kinds = sorted(set(services["category"]))
    wanted = [category_meant(name, kinds) for name in asked.category or ()]
    for category in wanted:
        if category not in {*kinds, *labels.CATEGORIES}:
            near = near_matches(category, [*kinds, *labels.CATEGORIES])
            told = {"category": Categories.of([category]), "known": Categories.of(kinds)}
            raise StudyFileError(
                problem("studyfile_unknown_category", None, near, **told), about=Note.plain("--category")
            )
    if wanted:
        found = found[found["category"].isin(wanted)]
    return found.sort_values(["category", "commune", "name"], kind="stable")


def _told(column: str, value: Any, say: Say) -> str:
    """A value as it is read: a kind in words, a number in its writing, what is missing as unknown."""
    import pandas as pd

    if pd.isna(value) or value == "unknown":
        return say("services_unknown")
    if column == "category":
        return labels.category(str(value)).name(say.lang)
    if column == "hours":
        return hours_text(str(value), say.words)
    if column == "capacity":
        return say.words.count(float(str(value)))
    if column == "step_free":
        return say(f"services_{value}")
    return str(value)
