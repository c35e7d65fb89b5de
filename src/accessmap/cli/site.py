"""Private to `cli`: `accessmap site`, where the next sites should open, with what is proven and what comes close."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accessmap.cli.places import add_study, communes_alone, mode_asked, study_asked
from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError
from accessmap.words import words as labels
from accessmap.words.notes import Note
from accessmap.words.words import BASELINE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from accessmap.siting import Siting
    from accessmap.study.study import Study


NEARLY = 0.05  # how much worse, as a share of the best, a choice that is shown beside it may be
SHOWN = 5
TIE = 1e-9  # shares of the best that differ by less are the noise of sums
OWN = "own"  # the mode of each: by car who has one, else by the quickest of the others
TENTH = 0.1  # of a minute, as minutes are shown


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    add_study(parser, say)
    parser.add_argument("--category", metavar=say("category"), help=say("help_site_category"))
    number = parser.add_mutually_exclusive_group(required=True)
    number.add_argument("-p", type=int, metavar="P", help=say("help_p"))
    number.add_argument("--add", type=int, metavar="N", help=say("help_add"))
    choices = ("mean", "coverage", "worst")
    number.add_argument("--bundle", action="store_true", help=say("help_bundle"))
    parser.add_argument("--objective", choices=choices, default="mean", help=say("help_objective"))
    parser.add_argument("--cutoff", type=float, default=None, metavar="MIN", help=say("help_cutoff"))
    parser.add_argument("--mode", default=None, metavar="MODE", help=say("help_site_mode"))
    parser.add_argument("--candidates", default="mairie", metavar=say("category"), help=say("help_candidates"))
    parser.add_argument("--free", action="store_true", help=say("help_free"))
    several: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument("--keep", metavar=say("id"), help=say("help_keep"), **several)
    parser.add_argument("--forbid", metavar=say("code"), help=say("help_forbid"), **several)
    told = say("help_unreached_minutes")
    parser.add_argument("--unreached-minutes", type=float, default=None, metavar="MIN", help=told)
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S", help=say("help_time_limit"))
    parser.add_argument("--out", type=Path, default=None, metavar=say("folder"), help=say("help_site_out"))


@dataclass(frozen=True, eq=False)
class _Table:
    """What a question of siting is about: minutes of the territory's people to sites that are and that may be.

    `here` and `outside` are the existing sites in and out of the territory, `sites` all of them and the candidates;
    `kept` are those that stay open, `forbidden` those that may not be.
    """

    times: pd.DataFrame
    people: pd.Series
    sites: gpd.GeoDataFrame
    here: list[str]
    outside: list[str]
    kept: list[str]
    forbidden: list[str]


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print the best sites and what comes close, and write them as a table and as a scenario."""
    from accessmap import studyfile
    from accessmap.cli import bundle
    from accessmap.study.scenario_files import write as write_scenarios

    if asked.bundle:
        return bundle.run(asked, say)
    if asked.category is None:
        raise StudyError(Problem("studyfile_site_category"))
    with say.steps(3) as step:
        step("step_read")
        study, file = study_asked(asked, say)
        out = asked.out or (file.find(file.settings.dossier.out) if file is not None else Path("out"))
        with studyfile.Drafts(out) as drafts:
            step("step_minutes")
            table = _table(study, asked)
            asked.cutoff = _quoted(study, table) if asked.cutoff is None else asked.cutoff
            step("step_siting")
            found = _best(table, asked)
            others = _others(table, found, asked)
            names = ", ".join(str(table.sites["name"][site]) for site in found.opened)
            title = say("site_scenario", what=labels.category(asked.category).name(say.lang), names=names)
            plan = found.to_scenario(title, asked.category, table.sites)
            # A file an objective: one answer does not replace that to another question.
            which = "" if asked.objective == "mean" else f"-{asked.objective}"
            stem = f"{studyfile.file_stem(study.title)}-sites-{asked.category}{which}"
            listed = found.by_site.assign(name=table.sites["name"].reindex(found.by_site.index))
            heads = {name: say(f"site_column_{name}") for name in listed}
            shown = listed.rename(columns=heads).rename_axis(say("site_column_id"))
            studyfile.write_csv(shown, drafts.path(f"{stem}-tableur.csv"), french=True)
            write_scenarios([plan], drafts.path(f"{stem}.toml"))
            written = drafts.place()
    _tell(found, table, asked, say)
    _tell_others(others, found, table, asked, say)
    if study.network.provenance.modelled:
        say.tell("run_modelled", way="")
    say.line()
    say.written(written)
    home = file.path.parent if file is not None else Path()
    say.tell("site_next", path=Path(os.path.relpath(out / f"{stem}.toml", home)).as_posix())
    say.result(
        method=found.method,
        status=found.status,
        gap=found.gap,
        objective=found.objective,
        opens=found.opened,
        closes=found.closed,
        forbidden=table.forbidden,
        sites=listed.reset_index().to_dict("records"),
        alternatives=others.reset_index().to_dict("records"),
        files=[{"path": each.path, "replaced": each.replaced} for each in written],
    )
    return 0


# What is said of a wrong number of sites, where none or one is there already.
P_WRONG = {0: "studyfile_bad_p_none", 1: "studyfile_bad_p_one"}


def _table(study: Study, asked: argparse.Namespace) -> _Table:
    """Return the minutes of the question; refused where the category is no word, or no place may be chosen."""
    import geopandas as gpd
    import pandas as pd

    from accessmap.siting.places import places
    from accessmap.studyfile.problems import StudyFileError, problem
    from accessmap.words.near import Categories, category_meant, near_matches

    services = study.services
    known = sorted({*labels.CATEGORIES, *services["category"]})
    asked.category, asked.candidates = (category_meant(name, known) for name in (asked.category, asked.candidates))
    if asked.category not in known:
        told = {"category": asked.category, "known": Categories.of(sorted(set(services["category"])))}
        near = near_matches(asked.category, known)
        raise StudyFileError(problem("studyfile_unknown_category", None, near, **told), about="--category")
    existing, candidates = places(study, asked.category, asked.candidates)
    if candidates.empty:
        raise StudyError(Problem("studyfile_no_candidate", category=asked.candidates))
    sites = gpd.GeoDataFrame(pd.concat([existing, candidates]), crs=services.crs)
    here = study.inside
    inside = existing.geometry.intersects(study.communes.loc[study.communes["in_territory"]].union_all())
    ours = existing[inside]
    forbidden = _forbidden(asked, ours, candidates, study)
    if asked.mode == OWN:
        times, people = _by_car(study, sites)
    else:
        times = study.minutes(sites, mode=mode_asked(asked, study))[here]
        people = study.people.astype("float64")
    if asked.unreached_minutes is not None:  # a longer way is none
        times = times.where(times <= asked.unreached_minutes)
    return _Table(
        times,
        people,
        sites,
        list(ours.index),
        list(existing.index[~inside]),
        _kept(asked, ours, forbidden),
        forbidden,
    )


def _by_car(study: Study, sites: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the minutes of those of the territory who have a car and of those who have none, and how many they are."""
    from accessmap.study import modes

    times, people = modes.minutes_by_car(study, sites), modes.people_by_car(study)
    here = study.inside[times.index.get_level_values(0)].to_numpy()
    return times[here], people[here]


def _quoted(study: Study, table: _Table) -> float:
    """Return the threshold of the study that its dossier quotes."""
    from accessmap.measures.minutes import coverage
    from accessmap.sentences.access import quoted_cutoff

    today = table.times[[*table.here, *table.outside]].min(axis=1).rename(BASELINE)
    return quoted_cutoff(coverage(today.to_frame(), table.people, study.thresholds))


def _kept(asked: argparse.Namespace, ours: gpd.GeoDataFrame, forbidden: list[str]) -> list[str]:
    """Return the sites of the territory that stay open: all, or of those that may close the ones to keep."""
    unknown = [site for site in asked.keep if site not in ours.index]
    if unknown:
        names = {f"{key} ({name})" for key, name in ours["name"].items()}
        raise _refused("studyfile_not_kept", "--keep", unknown[0], ours.index, sites=", ".join(sorted(names)) or "–")
    both = [site for site in asked.keep if site in forbidden]
    if both:
        raise _refused("studyfile_kept_and_forbidden", "--keep", both[0], ())
    return list(dict.fromkeys(asked.keep)) if asked.free else list(ours.index)


def _forbidden(
    asked: argparse.Namespace, ours: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, study: Study
) -> list[str]:
    """Return where nothing may be open: the candidates of communes that are named, and sites and candidates by id."""
    import pandas as pd

    from accessmap.measures.resilience import site_places
    from accessmap.read.territory import codes_of

    where = site_places(candidates, study.communes)["commune"]
    only = communes_alone(study)
    found: list[str] = []
    for given in asked.forbid:
        if given in ours.index and not asked.free:
            raise _refused("studyfile_forbidden_stays", "--forbid", given, (), site=ours["name"][given])
        if given in candidates.index or given in ours.index:
            found.append(given)
            continue
        codes, unknown = codes_of(only, [given])
        if unknown and unknown[0].several:
            raise _refused("studyfile_several_communes", "--forbid", given, (), codes=", ".join(unknown[0].several))
        if unknown:
            known = [*only["name"], *only.index, *candidates.index, *ours.index]
            raise _refused("studyfile_not_forbidden", "--forbid", given, known)
        here = candidates.index[where == codes[0]]
        if here.empty:
            raise _refused("studyfile_nothing_to_forbid", "--forbid", given, (), commune=only["name"][codes[0]])
        found.extend(here)
    return list(pd.unique(pd.Series(found, dtype=object)))


def _refused(key: str, option: str, name: str, known: Iterable[str], **told: Any) -> StudyError:
    """Return the error of a name that an option was given, with those that come near."""
    from accessmap.studyfile.problems import StudyFileError, problem
    from accessmap.words.near import near_matches

    return StudyFileError(problem(key, None, near_matches(name, known), name=name, **told), about=Note.plain(option))


def _best(table: _Table, asked: argparse.Namespace) -> Siting:
    """Return the best choice for what is asked; p counts the sites of the territory."""
    from accessmap import siting

    least = max(1, len(table.kept)) if asked.free else len(table.here) + 1
    most = table.times.shape[1] - len(table.outside) - len(table.forbidden)
    wanted = _wanted(asked, table)
    if least > most:
        raise StudyError(Problem("studyfile_nowhere"))
    if not max(least, len(table.here) + 1 if asked.p is None else 0) <= wanted <= most:
        span = str(least) if least == most else f"{least}–{most}"
        reason = "studyfile_bad_p_free" if asked.free else P_WRONG.get(len(table.here), "studyfile_bad_p")
        told: dict[str, Any] = {"here": len(table.here), "most": max(0, most - len(table.here)), "range": span}
        reason = reason if asked.p is not None else "studyfile_bad_add"
        raise StudyError(Problem(reason, value=asked.p if asked.p is not None else asked.add, **told))
    p = wanted + len(table.outside)
    options: dict[str, Any] = {
        "existing": [*table.kept, *table.outside],
        "forbidden": table.forbidden,
        "time_limit": asked.time_limit,
    }
    if asked.objective == "worst":
        found = siting.p_center(table.times, p, demand=table.people, **options)
    elif asked.objective == "coverage":
        found = siting.max_coverage(table.times, table.people, p, cutoff=asked.cutoff, **options)
    else:
        found = siting.p_median(table.times, table.people, p, unreached_minutes=asked.unreached_minutes, **options)
    # What is there today counts as existing even where it was free to close.
    return replace(found, existing=(*table.here, *table.outside))


def _wanted(asked: argparse.Namespace, table: _Table) -> int:
    """Return how many sites of the territory are to be open in all: as asked, or so many beside those of today."""
    return int(asked.p) if asked.p is not None else len(table.here) + int(asked.add)


def _others(table: _Table, found: Siting, asked: argparse.Namespace) -> pd.DataFrame:
    """Return the choices that come close to the best, or, for the longest way, the price of other sites."""
    from accessmap import siting

    if found.method == "p_center":
        prices = siting.price(table.times, table.people, found, cutoff=asked.cutoff)
        return prices.sort_values(["unreached_added", "worst_added", "mean_added"], kind="stable").head(SHOWN)
    limit = asked.time_limit
    near = siting.near_optimal(table.times, table.people, found, slack=NEARLY, limit=SHOWN + 1, time_limit=limit)
    return near[near["sites"] != found.sites].head(SHOWN)


def _tell(found: Siting, table: _Table, asked: argparse.Namespace, say: Say) -> None:
    """Print what opens and closes, and what that changes for the people of the territory."""
    names = table.sites["name"]
    wanted = _wanted(asked, table)
    word = labels.category(asked.category).name(say.lang, count=wanted)
    kept = say("site_kept", n=len(set(table.here) & set(found.sites)))
    outside = say("site_outside", n=len(table.outside)) if len(table.outside) else ""
    say.tell("site_head", p=wanted, what=word, kept=kept, outside=outside)
    for key, sites in (("kept", table.kept if asked.keep else []), ("forbidden", table.forbidden)):
        if sites:
            say.tell(f"site_told_{key}", n=len(sites), names=", ".join(map(str, names[sites])))
    by_site = found.by_site.to_dict("index")
    for site in found.opened:
        row = by_site[site]
        people = say.words.people(row["people"])
        say.tell("site_opens", name=names[site], people=people, mean=say.words.minutes(row["mean_minutes"]))
    for site in found.closed:
        say.tell("site_closes", name=names[site])
    today = table.times[[*table.here, *table.outside]].min(axis=1) if table.here or table.outside else None
    for key, value in _measures(table, asked.cutoff).items():
        now = value(today, say) if today is not None else labels.NO_BREAK + "–"
        say.tell(f"site_{key}", now=now, then=value(found.minutes, say), cutoff=_cutoff(asked, say))
    if found.method == "max_coverage" and today is not None and found.objective <= _covered(today, table, asked):
        say.tell("site_no_gain", cutoff=_cutoff(asked, say))
    gap = labels.percent(found.gap, lang=say.lang, digits=2)
    say.tell("site_proven" if found.status == "optimal" else "site_gap", gap=gap)


def _covered(minutes: pd.Series, table: _Table, asked: argparse.Namespace) -> float:
    """Return the people within the cutoff, as `max_coverage` counts them, but for the noise of sums."""
    from accessmap.tables.cutoffs import is_within

    return float(table.people[is_within(minutes, asked.cutoff)].sum()) * (1 + TIE)


def _measures(table: _Table, cutoff: float) -> dict[str, Callable[[pd.Series, Say], str]]:
    """Return what is said of minutes by resident: mean, share within the cutoff, longest, all of those reached."""
    people = table.people

    from accessmap.tables.cutoffs import is_within

    def mean(minutes: pd.Series, say: Say) -> str:
        reached = minutes.notna()
        total = float(people[reached].sum())
        return say.words.minutes(float((people * minutes)[reached].sum()) / total if total else float("nan"))

    def share(minutes: pd.Series, say: Say) -> str:
        return labels.percent(float(people[is_within(minutes, cutoff)].sum() / people.sum()), lang=say.lang)

    def longest(minutes: pd.Series, say: Say) -> str:
        return say.words.minutes(float(minutes[people > 0].max()))

    return {"mean": mean, "share": share, "longest": longest}


def _tell_others(others: pd.DataFrame, found: Siting, table: _Table, asked: argparse.Namespace, say: Say) -> None:
    """Print the choices that come close."""
    if others.empty:
        say.tell("site_no_other", percent=say.words.percent(NEARLY))
        return
    say.tell("site_others")
    for row in others.reset_index().to_dict("records"):
        if "instead_of" in others:
            say.line(_instead(row, table, say))
        else:
            say.line(_other(row, found, table, asked, say))


def _instead(row: dict[Any, Any], table: _Table, say: Say) -> str:
    """Return what one other site would change; what is less than the tenth that is shown is a tie."""
    names = table.sites["name"]
    changes = [
        say("site_same") if abs(value) < TENTH / 2 else say.words.change(value)
        for value in (row["worst_added"], row["mean_added"])
    ]
    told = {"name": names[row["site"]], "other": names[row["instead_of"]]}
    return say("site_instead", worse=changes[0], mean=changes[1], **told)


def _other(row: dict[Any, Any], found: Siting, table: _Table, asked: argparse.Namespace, say: Say) -> str:
    """Return how near another choice comes, in the unit of the objective and so that it is told from the best."""
    fresh = ", ".join(table.sites["name"][site] for site in row["sites"] if site not in found.existing) or "–"
    tie = row["worse"] <= TIE
    worse = say("site_tie") if tie else say("site_worse", worse=labels.percent(row["worse"], lang=say.lang, digits=1))
    if found.method == "max_coverage":
        people, best = (say.words.people(value) for value in (row["objective"], found.objective))
        told: dict[str, Any] = {"names": fresh, "people": people, "cutoff": _cutoff(asked, say)}
        fewer = labels.people_change(round(row["objective"]) - round(found.objective), lang=say.lang)
        return say("site_tie_covered", **told) if tie else say("site_other_covered", worse=fewer, best=best, **told)
    for digits in (1, 2, 3):
        mean, best = (
            labels.minutes(value, lang=say.lang, digits=digits) for value in (row["mean_minutes"], found.mean_minutes)
        )
        if mean != best or tie:
            break
    key = "site_other" if digits == 1 else "site_other_precise"
    added = round(row["mean_minutes"], digits) - round(found.mean_minutes, digits)
    if not tie and added > 0:  # else it is worse for who reaches nothing, which no mean tells
        worse = labels.minutes_change(added, lang=say.lang, digits=digits)
    return say(key, names=fresh, worse=worse, mean=mean, best=best)


def _cutoff(asked: argparse.Namespace, say: Say) -> str:
    return say.words.count(asked.cutoff, digits=0 if asked.cutoff == int(asked.cutoff) else 1)
