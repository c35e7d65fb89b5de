"""Private to `cli`: `accessmap site --bundle`, several services at once in shared buildings and a budget by year."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.cli.places import mode_asked, study_asked
from accessmap.cli.say import Say
from accessmap.errors import Problem, StudyError
from accessmap.words import words as labels

if TYPE_CHECKING:
    import pandas as pd

    from accessmap.siting import BundlePlan


def run(asked: argparse.Namespace, say: Say) -> int:
    """Print what opens in which year, what it costs and brings, and write it as a table and as scenarios."""
    from accessmap import siting, studyfile
    from accessmap.siting.result import named_sites
    from accessmap.study.scenario_files import write as write_scenarios

    with say.steps(3) as step:
        step("step_read")
        study, file = study_asked(asked, say)
        section = file.settings.bundle if file is not None else None
        if file is None or section is None:
            raise StudyError(Problem("studyfile_no_bundle"))
        out = asked.out or file.find(file.settings.dossier.out)
        with studyfile.Drafts(out) as drafts:
            step("step_minutes")
            services = {
                name: siting.BundleService(**each.model_dump(exclude={"today"}))
                for name, each in section.services.items()
            }
            today = {name: each.today for name, each in section.services.items() if each.today is not None}
            found = siting.bundle_sites(
                study, services, candidates=section.candidates, today=today, mode=mode_asked(asked, study)
            )
            step("step_siting")
            plan = siting.bundle(
                found.times, found.people, services, {int(year): money for year, money in section.budget.items()},
                building=section.building, existing=found.existing, taken=found.taken, forbidden=found.forbidden,
                unserved_minutes=section.unserved_minutes, carry_over=section.carry_over, time_limit=asked.time_limit,
            )  # fmt: skip
            places = named_sites(found.sites.index, study, found.sites)
            names = places["commune"].fillna(places["name"]).astype(str)
            stem = f"{studyfile.file_stem(study.title)}-bundle"
            table = plan.schedule.reset_index()
            table.insert(3, "name", table["site"].map(names))
            heads = {name: say(f"bundle_column_{name}") for name in table}
            table["service"] = [labels.category(each).name(say.lang) for each in table["service"]]
            shown = table.rename(columns=heads).set_index(heads["year"])
            studyfile.write_csv(shown, drafts.path(f"{stem}-tableur.csv"), french=True)
            write_scenarios(plan.to_scenarios(section.name, found.sites), drafts.path(f"{stem}.toml"))
            written = drafts.place()
    _tell(plan, names, say)
    if study.network.provenance.modelled:
        say.tell("run_modelled", way="")
    say.line()
    say.written(written)
    say.tell("site_next", path=Path(os.path.relpath(out / f"{stem}.toml", file.path.parent)).as_posix())
    say.result(
        status=plan.status,
        gap=plan.gap,
        objective=plan.objective,
        bound=plan.bound,
        schedule=plan.schedule.reset_index().to_dict("records"),
        minutes=plan.minutes.reset_index().to_dict("records"),
        costs=plan.costs.reset_index().to_dict("records"),
        files=[{"path": each.path, "replaced": each.replaced} for each in written],
    )
    return 0


def _tell(plan: BundlePlan, names: pd.Series, say: Say) -> None:
    """Print by year the money, what opens, and how far each service then is."""
    opens, here = plan.opens, plan.minutes.reset_index()
    for year, cost in plan.costs.iterrows():
        spent, budget = say.words.count(cost["spent"]), say.words.count(cost["budget"])
        say.tell("bundle_year", year=year, spent=spent, budget=budget)
        for row in opens[opens["year"] == year].to_dict("records"):
            what = labels.category(row["service"]).name(say.lang)
            say.tell("bundle_opens", n=row["half_days"], what=what, name=names[row["site"]])
        for row in here[here["year"] == year].to_dict("records"):
            now = "–" if row["today_minutes"] != row["today_minutes"] else say.words.minutes(row["today_minutes"])
            what, mean = labels.category(row["service"]).name(say.lang), say.words.minutes(row["mean_minutes"])
            say.tell("bundle_minutes", what=what, mean=mean, now=now)
            lost = row["unserved"] + row["unreached"]
            if round(lost):
                say.tell("bundle_lost", people=say.words.people(lost))
    gap = labels.percent(plan.gap, lang=say.lang, digits=2)
    say.tell("site_proven" if plan.status == "optimal" else "site_gap", gap=gap)
