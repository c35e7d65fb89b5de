"""Private to `cli`: `accessmap demo`, the dossier of the bundled sample."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from accessmap.cli.say import Say

CATEGORY = "france_services"
COMMUNE = "02217"  # Coucy-le-Château-Auffrique, a town of the territory with no France services


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    parser.add_argument("--out", type=Path, default=Path("out"), metavar=say("folder"), help=say("help_out"))
    parser.add_argument("--pdf", action="store_true", help=say("help_pdf"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the dossier of the sample and its tables."""
    from accessmap.studyfile import Drafts, write_pdfs, write_tables

    start = time.monotonic()
    with say.steps(4) as step, Drafts(asked.out) as drafts:
        step("step_read")
        import accessmap as am

        study = am.load_sample()
        slow = {mode: am.RoadNetwork.modelled(study.communes, study.mairies, mode=mode) for mode in ("bike", "walk")}
        study = replace(study, networks={**study.networks, **slow})
        step("step_minutes")
        study.minutes(study.sites(CATEGORY))
        step("step_dossier")
        plan = am.Scenario(f"France services à {study.communes['name'][COMMUNE]}").open(CATEGORY, commune=COMMUNE)
        dossier = am.Dossier.of(
            study,
            *study.scenarios.values(),
            plan,
            category=CATEGORY,
            programme=am.programme.sample(),
            uncertainty=am.uncertainty.Assumptions(),
        )
        page = dossier.save(drafts.path("pays-chaunois.html"))
        step("step_tables")
        sheets = dossier.save_sheets(drafts.path("pays-chaunois-fiches.html"))
        write_tables(dossier, page.parent, page.stem, formats=["xlsx", "gpkg"])
        unprinted = write_pdfs(dossier, page, sheets) if asked.pdf else None
        written = drafts.place()
    seconds = say.words.count(time.monotonic() - start, digits=1)
    say.tell("demo_done", path=(asked.out / page.name).resolve(), seconds=seconds)
    say.tell("demo_beside", names=", ".join(each.path.name for each in written if each.path.name != page.name))
    for sentence in dossier.sentences:
        say.line(f"- {sentence}")
    if unprinted is not None:
        say.line(unprinted.told(say.lang))
    say.result(
        page=asked.out / page.name,
        files=[each.path for each in written],
        sentences=dossier.sentences,
        unprinted=None if unprinted is None else unprinted.told(say.lang),
    )
    return 0
