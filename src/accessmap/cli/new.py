"""Private to `cli`: `accessmap new`, a commented study.toml that runs as it is."""

from __future__ import annotations

import argparse
from pathlib import Path

from accessmap.cli.say import Say
from accessmap.errors import StudyError
from accessmap.files import file_of, is_input
from accessmap.words import words as labels
from accessmap.words.near import category_meant

FOLDER = "donnees"
"""Where --fetch puts what it brings, beside the study.toml."""


def add(parser: argparse.ArgumentParser, say: Say) -> None:
    """Describe the arguments."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--sample", action="store_true", help=say("help_sample"))
    one.add_argument("--data", type=Path, metavar=say("folder"), help=say("help_new_data"))
    one.add_argument("--communes", metavar=say("file"), help=say("help_communes"))
    one.add_argument("--from", dest="country", type=Path, metavar=say("folder"), help=say("help_new_from"))
    parser.add_argument("--around-km", type=float, default=None, metavar="KM", help=say("help_around_km"))
    parser.add_argument("--epci", action="append", default=[], metavar=say("name"), help=say("help_epci"))
    parser.add_argument("--fetch", action="store_true", help=say("help_fetch_data"))
    parser.add_argument("--manifest", type=Path, metavar="downloads.toml", help=say("help_manifest"))
    parser.add_argument("--list", action="store_true", help=say("help_list"))
    parser.add_argument("--residents", metavar=say("file"), help=say("help_residents"))
    parser.add_argument("--services", action="append", default=[], metavar=say("services"), help=say("help_services"))
    parser.add_argument("--roads", metavar=say("file"), help=say("help_roads"))
    parser.add_argument("--title", default="", metavar=say("name"), help=say("help_title"))
    parser.add_argument("--category", metavar=say("category"), help=say("help_category"))
    parser.add_argument("--out", type=Path, default=Path("study.toml"), metavar=say("file"), help=say("help_new_out"))
    parser.add_argument("--force", action="store_true", help=say("help_force"))


def run(asked: argparse.Namespace, say: Say) -> int:
    """Write the file, or print the EPCI of the sample."""
    from accessmap import studyfile

    if asked.list:
        return _list(say)
    asked.category = asked.category and category_meant(asked.category)
    out: Path = asked.out
    if out.exists() and not asked.force:
        raise StudyError(say("new_exists", path=out))
    if asked.fetch:
        return _fetched(asked, out, say)
    if asked.country is not None:
        return _of_country(asked, out, say)
    if asked.data is not None:
        return _of_folder(asked, out, say)
    from accessmap.read.database import database  # loads pandas

    named = [_service(each) for each in asked.services]
    files = [asked.communes, asked.residents, asked.roads, *(path for path, _ in named)]
    lost = [path for path in files if path is not None and not (database(path) or is_input(file_of(path)))]
    if lost:
        raise StudyError(say("new_lost", n=len(lost), names=", ".join(lost)))
    home = out.absolute().parent
    text = studyfile.study_text(
        title=asked.title,
        territory=asked.epci,
        communes=_from(asked.communes, home),
        residents=_from(asked.residents, home),
        services=[(_from(path, home) or path, kind) for path, kind in named],
        roads=_from(asked.roads, home),
        category=asked.category,
        file=out.name,
    )
    file = studyfile.settings_of(out, text)  # what is handed out is right, or is not handed out
    with studyfile.Drafts(home) as drafts:
        drafts.path(out.name).write_text(text, encoding="utf-8", newline="\n")
        written = drafts.place()
    say.written([studyfile.Written(out, written[0].replaced)])
    chosen = file.settings.dossier.category
    if asked.communes is None and asked.category is None and chosen == "mairie":
        say.tell("new_mairies", path=out)
    say.tell("new_next", title=file.settings.study.title, path=out)
    say.result(path=out, replaced=written[0].replaced, title=file.settings.study.title, category=chosen)
    return 0


def _fetched(asked: argparse.Namespace, out: Path, say: Say) -> int:
    """Bring the files of an EPCI over the internet, then write the study of their folder."""
    from accessmap.studyfile import fetching

    if not asked.epci or asked.sample or asked.communes is not None:
        raise StudyError(say("new_fetch_epci"))
    folder = asked.data or out.parent / FOLDER
    with say.transfers() as progress:
        listed = fetching.downloads(asked.manifest)
        fetched = fetching.fetch_territory(asked.epci, folder, listed=listed, progress=progress)
    for each in fetched.told:
        say.line(each.told(say.lang))
    asked = argparse.Namespace(
        **{**vars(asked), "data": folder, "epci": list(fetched.codes), "title": asked.title or fetched.title}
    )
    found = [each.told(say.lang) for each in fetched.told]
    return _of_folder(asked, out, say, fetched=found, missing=list(fetched.missing))


def _of_country(asked: argparse.Namespace, out: Path, say: Say) -> int:
    """Write the study of an EPCI, cut from what a national run was made of."""
    from accessmap import studyfile
    from accessmap.country.starting import AROUND_KM, start, write_start

    if not asked.epci:
        raise StudyError(say("new_from_epci"))
    around = AROUND_KM if asked.around_km is None else asked.around_km
    made = start(asked.country, asked.epci, around_km=around, category=asked.category, title=asked.title)
    home = out.absolute().parent
    with studyfile.Drafts(home / FOLDER, overwrite=asked.force) as data, studyfile.Drafts(home) as drafts:
        text = write_start(made, data.path, FOLDER, asked.epci, file=out.name, lang=say.lang)
        studyfile.settings_of(out, text)
        drafts.path(out.name).write_text(text, encoding="utf-8", newline="\n")
        written = [*data.place(), *drafts.place()]
    say.written(written)
    if made.far:
        names = ", ".join(labels.category(kind).name(say.lang) for kind in made.far)
        say.tell("new_far", n=len(made.far), names=names)
    say.tell("new_next", title=made.title, path=out)
    say.result(path=out, title=made.title, category=made.category, far=list(made.far))
    return 0


def _of_folder(asked: argparse.Namespace, out: Path, say: Say, **more: list[str]) -> int:
    """Write the study of the files of a folder, and show what each is."""
    from accessmap import studyfile
    from accessmap.cli.data import as_records, show
    from accessmap.read.recognising import recognise_rows

    home = out.absolute().parent
    found = studyfile.found_study(
        asked.data,
        home,
        title=asked.title,
        territory=asked.epci,
        category=asked.category,
        services=[_in_folder(_service(each), asked.data, say) for each in asked.services],
        file=out.name,
        lang=say.lang,
    )
    rows = recognise_rows(found.every)
    show(rows, say)
    for one, why in found.left:
        say.tell("new_left", file=one.file.name + (f" ({one.form.part})" if one.form.part else ""), why=why)
    studyfile.settings_of(out, found.text)
    with studyfile.Drafts(home) as drafts:
        drafts.path(out.name).write_text(found.text, encoding="utf-8", newline="\n")
        written = drafts.place()
    say.written([studyfile.Written(out, written[0].replaced)])
    say.tell("new_next", title=found.title, path=out)
    tables = as_records(rows, say)
    say.result(path=out, replaced=written[0].replaced, title=found.title, tables=tables, **more)
    return 0


def _in_folder(named: tuple[str, str | None], folder: Path, say: Say) -> tuple[str, str | None]:
    """Return a path and its category, the path in the folder where it is one there; StudyError of no such file."""
    from accessmap.read.database import database

    path, category = named
    if database(path) or is_input(file_of(path)):
        return named
    if is_input(file_of(str(folder / path))):
        return str(folder / path), category
    raise StudyError(say("new_lost", n=1, names=path))


def _list(say: Say) -> int:
    """Print the EPCI of the sample, those that may go on beyond its edge marked."""
    from accessmap.studyfile import sample_epci

    table = sample_epci()
    titles = [say(f"list_{name}") for name in ("name", "code", "communes", "people", "france_services", "whole")]
    rows = [
        (
            row["name"],
            str(code),
            str(row["communes"]),
            say.words.count(row["people"]),
            say("list_none") if not row["france_services"] else str(row["france_services"]),
            say("list_yes" if row["whole"] else "list_perhaps"),
        )
        for code, row in table.iterrows()
    ]
    say.rows(titles, rows, left=2)
    say.tell("list_note")
    say.result(epci=table.reset_index().to_dict("records"))
    return 0


def _service(given: str) -> tuple[str, str | None]:
    """Return path and category of "pharmacy=pharmacies.csv", or of a path alone."""
    from accessmap.read.database import database

    category, equals, path = given.partition("=")
    return (path, category_meant(category)) if equals and not database(given) else (given, None)


def _from(path: str | None, home: Path) -> str | None:
    """Return a path as the file in `home` will name it: with slashes, from its own folder where both share one disk."""
    if path is None:
        return None
    from accessmap.studyfile.template import relative

    return relative(path, home)
