"""Private to `cli`: `accessmap check`, every problem of a study.toml and of its data, and what was repaired."""

from __future__ import annotations

import argparse
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

from accessmap.categories import Lang
from accessmap.cli.places import add_study, study_path
from accessmap.cli.say import Say
from accessmap.words import words as labels
from accessmap.words.notes import Note, told_once

if TYPE_CHECKING:
    import pandas as pd

    from accessmap.study.study import Study


_SHOWN = 5
_BY = ("table", "problem", "remedy")
# What differs from row to row in a sentence, and is left out where rows are counted.
_FIGURES = re.compile(r"\s*\([^)]*\)$|\d[\d\s.,]*\sk?m\b")


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    add_study(parser, say, told="help_study")
    parser.add_argument("--accept", action="append", default=[], metavar=say("name"), help=say("help_accept"))
    parser.add_argument("--all", action="store_true", help=say("help_all"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print every problem, or the data report where there is none."""
    from accessmap import studyfile

    try:
        with say.steps(2) as step:
            step("step_settings")
            file, wrong = studyfile.readable_settings(study_path(asked))
            step("step_read")
            found = studyfile.loaded(studyfile.accepting(file, asked.accept), for_dossier=True, known=wrong)
            report = found.study.report_data()
            readers = {sentence for sentences in found.said.values() for sentence in sentences}
            report = report[~report["problem"].isin(readers)].reset_index(drop=True)  # they are told by section
            for name in ("problem", "remedy"):
                report[name] = [told(each, say.lang) for each in report[name]]
    except studyfile.StudyFileError as error:
        say.warn(error.told(say.lang))
        say.result(ok=False, problems=[studyfile.record(problem, say.lang) for problem in error.problems])
        return 1
    say.tell("check_ok", path=study_path(asked))
    communes = found.study.communes
    _tell_study(found.study, say)
    measured = [] if found.measured is None else _tell_measures(found.measured, say)
    say.cautions(found.cautions)
    _tell_readers(found.said, say, every=asked.all)
    if len(report) or not any(found.said.values()):
        _tell_report(report, communes.index[communes["in_territory"]], say, most=len(report) if asked.all else _SHOWN)
    cautions = [studyfile.record(each, say.lang) for each in found.cautions]
    said = {section: [told(each, say.lang) for each in sentences] for section, sentences in found.said.items()}
    say.result(
        ok=True, problems=[], cautions=cautions, said=said, plausibility=measured, report=report.to_dict("records")
    )
    return 0


def _tell_readers(said: Mapping[str, Iterable[str]], say: Say, *, every: bool) -> None:
    """Print what readers did by section; what one file made them say of several, in other numbers, once."""
    by_sentence: dict[str, list[str]] = {}
    for section, sentences in said.items():
        for sentence in sentences:
            by_sentence.setdefault(told(sentence, say.lang), []).append(section)
    kept = told_once((each for sentences in said.values() for each in sentences), say.lang)
    for text, others in dict.fromkeys(by_sentence, 0).items() if every else kept.items():
        at = by_sentence[text]
        more = say("check_more", n=len(at) - 1) if len(at) > 1 else ""
        say.line(f"  [{at[0]}{more}] {text}" + (say("check_alike", n=others) if others else ""))


def told(note: str, lang: Lang) -> str:
    """Return what a reader said in one language, where it is worded in both."""
    return note.told(lang) if isinstance(note, Note) else note


def _tell_study(study: Study, say: Say) -> None:
    from accessmap.roads.transit.journeys import Journeys
    from accessmap.tables.contracts import category_shown, kinds_counted

    inside = study.communes["in_territory"]
    people = float(study.people.sum())
    legal = float(study.communes.loc[inside, "population"].sum())
    here = say.words("communes", n=int(inside.sum()))
    every = say.words("communes", n=len(inside))
    told = labels.people(people, lang=say.lang)
    say.tell("check_territory", title=study.title, here=here, people=told, every=every)
    say.tell("check_residents", n=len(study.residents), people=say.words.people(people))
    if round(people) != round(legal):
        say.tell("check_legal", people=say.words.people(legal))
    counted = []
    for name, number in kinds_counted(study.services).items():
        kind = name.removesuffix(" (mobile)")
        shown = category_shown(study.services, kind).name(say.lang, count=number)
        counted.append(f"{say.words.count(number)} {shown}" + (say("check_mobile") if kind != name else ""))
    say.tell("check_services", n=len(study.services), kinds=", ".join(counted))
    for mode, network in study.networks.items():
        way = f" ({say.words.mode(mode)})" if len(study.networks) > 1 else ""
        if isinstance(network, Journeys):
            say.tell("check_timetable", way=way, day=say.words.told(network.why))
            continue
        key = "check_modelled" if network.provenance.modelled else "check_roads"
        nodes = say.words.count(len(network.nodes))
        say.tell(key, n=len(network.edges), nodes=nodes, way=way)
    names = ", ".join(study.scenarios)
    say.line(say("check_scenarios", n=len(study.scenarios), names=names) if names else say("check_no_scenario"))


def _tell_measures(table: pd.DataFrame, say: Say) -> list[dict[Hashable, object]]:
    """Print each measure of the roads beside its bounds, and return them as records."""
    from accessmap.study.plausibility import bounds

    found = table.join(bounds()[["unit", "reason"]], on="measure").reset_index().to_dict("records")
    several = len({row["mode"] for row in found}) > 1
    rows = []
    for row in found:
        measure, mode = row["measure"], row["mode"]
        name = f"{say(f'measure_{measure}')} ({measure})"
        way = f", {say.words.mode(mode)}" if several else ""
        figures = [say.words.count(row[each], digits=2) for each in ("value", "doubtful", "impossible")]
        rows.append([name + way, *figures, say(f"verdict_{row['verdict'] or 'fine'}")])
    say.tell("check_measures")
    say.rows([say(f"measure_{each}") for each in ("name", "value", "doubtful", "impossible", "verdict")], rows)
    return found


def _without(figure: re.Match[str]) -> str:
    return "… m" if figure[0][0].isdigit() else ""


def _tell_report(report: pd.DataFrame, inside: pd.Index, say: Say, *, most: int) -> None:
    """Print what was repaired, supposed or not reached, by table and problem, with a few ids of the territory."""
    say.line()
    if report.empty:
        say.tell("check_nothing")
        return
    say.tell("check_report", n=len(report))
    near = report["commune"].isin(inside) | report["commune"].isna()
    told = {name: report[name].str.replace(_FIGURES, _without, regex=True) for name in ("problem", "remedy")}
    for (table, problem, remedy), rows in report.assign(near=near, **told).groupby([*_BY], sort=False):
        ids = [str(key) for key in rows.loc[rows["near"], "id"] if str(key)]
        more = say("check_more", n=len(ids) - most) if len(ids) > most else ""
        here = say("check_inside", ids=", ".join(ids[:most]) + more) if ids else ""
        say.tell("check_row", table=table, n=len(rows), problem=problem, remedy=remedy, inside=here)
