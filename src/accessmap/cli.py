"""The command line: `accessmap demo` makes the dossier of the bundled sample.

Exit codes: 0 done, 1 accessmap refused the input (one message on standard error), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap import __version__
from accessmap.errors import AccessmapError

if TYPE_CHECKING:
    from accessmap.dossier import Dossier

__all__ = ["main"]

DEMO_CATEGORY = "france_services"
DEMO_COMMUNE = "02217"  # Coucy-le-Château-Auffrique, a town of the territory with no France services


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        code: int = asked.run(asked)
    except AccessmapError as error:
        print(f"accessmap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("accessmap: interrompu.", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    about = "Qui peut atteindre quels services, et en combien de temps."
    parser = argparse.ArgumentParser(prog="accessmap", description=about)
    parser.add_argument("--version", action="version", version=f"accessmap {__version__}")
    commands = parser.add_subparsers(title="commandes", required=True, metavar="COMMANDE")
    demo = commands.add_parser("demo", help="le dossier du Pays Chaunois, à partir des données livrées, sans internet")
    demo.add_argument("--out", type=Path, default=Path("out"), help="dossier où écrire (par défaut : out)")
    demo.add_argument("--quiet", action="store_true", help="sans barre de progression")
    demo.set_defaults(run=_demo)
    return parser


def _demo(asked: argparse.Namespace) -> int:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    start = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=asked.quiet) as progress:
        task = progress.add_task("Lecture des communes, des habitants et des services", total=4)

        def step(done: str) -> None:
            progress.update(task, advance=1, description=done)

        import accessmap as am

        study = am.load_sample()
        step("Temps de trajet")
        study.minutes(study.sites(DEMO_CATEGORY))
        step("Scénarios et dossier")
        name = study.communes["name"][DEMO_COMMUNE]
        plan = am.Scenario(f"France services à {name}").open(DEMO_CATEGORY, commune=DEMO_COMMUNE)
        dossier = am.Dossier.of(study, *study.scenarios.values(), plan, category=DEMO_CATEGORY)
        asked.out.mkdir(parents=True, exist_ok=True)
        page = dossier.save(asked.out / "pays-chaunois.html")
        step("Tables")
        tables = _write_tables(dossier, asked.out, page.stem)
        step("Terminé")
    print(f"{page.resolve()} : le dossier, à ouvrir dans un navigateur ({time.monotonic() - start:.1f} s).")
    print(f"À côté : {', '.join(path.name for path in tables)}.")
    for sentence in dossier.sentences:
        print(f"- {sentence}")
    return 0


def _write_tables(dossier: Dossier, folder: Path, stem: str) -> list[Path]:
    """Write each table as CSV, and the communes with their shapes as GeoPackage; return the paths."""
    import geopandas as gpd

    written = []
    for name, table in dossier.tables.items():
        plain = table.drop(columns="geometry", errors="ignore")
        written.append(_replace(folder / f"{stem}-{name}.csv", plain.to_csv))
    communes = gpd.GeoDataFrame(dossier.tables["communes"].reset_index())
    return [*written, _replace(folder / f"{stem}.gpkg", partial(communes.to_file, layer="communes", driver="GPKG"))]


def _replace(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a draft beside `path`, then put it in its place; no half file is left."""
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        write(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
