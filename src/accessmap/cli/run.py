"""Private to `cli`: `accessmap run`, everything that a study.toml asks for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.cli.places import add_study, study_path
from accessmap.cli.say import Say
from accessmap.words import words as labels

if TYPE_CHECKING:
    from accessmap.dossier import Dossier
    from accessmap.errors import Problem
    from accessmap.studyfile import Loaded, Written


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    add_study(parser, say, told="help_study")
    parser.add_argument("--accept", action="append", default=[], metavar=say("name"), help=say("help_accept"))
    parser.add_argument("--out", type=Path, default=None, metavar=say("folder"), help=say("help_run_out"))
    parser.add_argument("--no-overwrite", action="store_true", help=say("help_no_overwrite"))
    parser.add_argument("--pdf", action="store_true", help=say("help_pdf"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the dossier, its maps, its tables and the record of all of them."""
    from accessmap import studyfile

    with say.steps(6) as step:
        step("step_settings")
        file = studyfile.accepting(studyfile.read_settings(study_path(asked)), asked.accept)
        out = asked.out if asked.out is not None else file.find(file.settings.dossier.out)
        with studyfile.Drafts(out, overwrite=not asked.no_overwrite) as drafts:
            step("step_read")
            found = studyfile.loaded(file, for_dossier=True)
            stem = file.settings.dossier.name or studyfile.file_stem(found.study.title)
            drafts.check_free(f"{stem}.html", f"{stem}.json")
            step("step_dossier")
            dossier = studyfile.dossier_of(file, found)
            page = dossier.save(drafts.path(f"{stem}.html"))
            step("step_maps")
            sheets = page.with_name(f"{stem}-fiches.html")
            if not sheets.exists():  # those of a large territory are saved with its page
                dossier.save_sheets(sheets)
            studyfile.write_maps(dossier, page.parent, stem)
            step("step_tables")
            studyfile.write_tables(dossier, page.parent, page.stem, formats=file.settings.dossier.formats)
            step("step_pdf")
            printed = asked.pdf or "pdf" in file.settings.dossier.formats
            unprinted = studyfile.write_pdfs(dossier, page, sheets) if printed else None
            studyfile.write_record(studyfile.manifest_of(file, dossier, page, folder=out), drafts.path(f"{stem}.json"))
            written = drafts.place()
    _tell(found, dossier, written, out / page.name, unprinted, say)
    return 0


def _tell(
    found: Loaded, dossier: Dossier, written: Sequence[Written], page: Path, unprinted: Problem | None, say: Say
) -> None:
    """Print what was found, what to know before believing it, and the files."""
    from accessmap.studyfile import record

    networks = found.study.networks
    modelled = [mode for mode, network in networks.items() if network.provenance.modelled]
    say.line(dossier.title)
    for sentence in dossier.sentences:
        say.line(f"- {sentence}")
    if modelled:
        modes = ", ".join(say.words.mode(mode) for mode in modelled)
        say.tell("run_modelled", way=f" ({modes})" if len(networks) > 1 else "")
    said = [labels.capitalised(say.words.told(note)) + "." for note in found.brand.notes]
    for sentence in said:
        say.line(sentence)
    say.cautions(found.cautions)
    say.line()
    say.written(written)
    if unprinted is not None:
        say.line(unprinted.told(say.lang))
    say.line()
    say.tell("run_open", path=page.resolve())
    say.result(
        page=page,
        title=dossier.title,
        verdict=dossier.verdict,
        sentences=dossier.sentences,
        said=said,
        modelled=bool(modelled),
        cautions=[record(each, say.lang) for each in found.cautions],
        unprinted=None if unprinted is None else unprinted.told(say.lang),
        files=[{"path": each.path, "replaced": each.replaced} for each in written],
    )
