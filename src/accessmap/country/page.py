"""A country told on one page without a network: its map by commune, ranks, and any EPCI beside its peers."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from accessmap.categories import CATEGORIES, Lang
from accessmap.country.outlines import Outlines, outlines
from accessmap.country.territories import INPUTS, NO_EPCI
from accessmap.errors import OptionError, Problem, StudyError
from accessmap.files import read_json, write_whole
from accessmap.maps.choropleth import breaks_for, class_entries
from accessmap.maps.drawing import embedded
from accessmap.maps.page import asset, credit_line, environment, policy, today
from accessmap.maps.svg import page_patterns
from accessmap.read.counts import counted
from accessmap.study.study import Study
from accessmap.studyfile.loading import load_study
from accessmap.tables.contracts import category_shown, metric_crs
from accessmap.tables.departments import department, department_name
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import Words

PAGE: Final = "index.html"
DOSSIERS: Final = "dossiers"
"""Beside the page, the folder of the dossiers of its territories, each in a folder by its code."""
SCRIPTS: Final = ("council_numbers.js", "tables.js", "national_data.js", "national_map.js", "national.js")
#: Bounds of classes of shares; of people without access, where a few are many.
SHARES: Final = (0.2, 0.4, 0.6, 0.8, 0.95)
FEW: Final = (0.01, 0.05, 0.2, 0.5)
#: What a page has room for where the kinds are not chosen: 6 MB in all for the communes of France.
MOST_KINDS: Final = 45
#: Of the communes, those beyond this share have no say in the bounds of classes: an island would widen them all.
COMMON: Final = 0.99
MISSING: Final = 65_535
TENTHS: Final = 10
TEN_THOUSANDTHS: Final = 10_000


def national_page(
    folder: str | Path,
    path: str | Path | None = None,
    *,
    kinds: Sequence[str] | None = None,
    lang: Lang = "fr",
) -> Path:
    """Return the page that tells what `national` wrote to a folder: one file that asks for nothing from outside.

    The map of all communes, by kind of service and by figure; search by name or code; ranks of EPCI and départements;
    any EPCI beside those of the same density class; and the dossier of each, where `dossiers/CODE/` beside the page
    holds one, else the commands that make it.

    Parameters
    ----------
    folder
        That `am.national` wrote.
    path
        Where to write; `index.html` in the folder where not given.
    kinds
        Categories, in the order of the page; those that accessmap has words for where not given, at most 45.
    lang
        "fr" or "en".

    Raises
    ------
    StudyError
        Where the folder holds no territories, or of several runs that do not go together, or no study.
    OptionError
        Where a kind is none of the folder.
    WriteError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile, accessmap as am
    >>> from accessmap.country.page import national_page
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = am.national(am.load_sample(), folder, by="epci", workers=1)
    ...     national_page(folder).name
    'index.html'
    """
    labels.check_lang(lang)
    folder = Path(folder)
    records = _records(folder)
    study = load_study(folder / INPUTS)
    chosen = _kinds(records, kinds)
    path = folder / PAGE if path is None else Path(path)
    return write_whole(page_of(study, tables_of(folder, records, chosen), folder, path, lang), path)


def tables_of(folder: Path, records: Iterable[Mapping[str, Any]], kinds: Sequence[str]) -> pd.DataFrame:
    """Return what was computed of the communes of all territories, by commune and kind."""
    codes = [record["territory"] for record in records]
    read = [
        (
            pd.read_parquet(folder / "access" / f"territory={code}" / "access.parquet"),
            pd.read_parquet(folder / "communes" / f"territory={code}" / "communes.parquet", columns=["population"]),
        )
        for code in codes
    ]
    table = pd.concat([access[access.index.get_level_values("kind").isin(kinds)] for access, _ in read])
    people = pd.concat([communes["population"] for _, communes in read])
    return table.assign(people=people.reindex(table.index.get_level_values("code")).to_numpy())


def page_of(study: Study, access: pd.DataFrame, folder: Path, path: Path, lang: Lang) -> str:
    """Return the page of what was computed of a study, by commune and kind; `path` is where it will stand."""
    words = Words(lang)
    data, blob = _data(study, access, folder, path, words)
    style = "\n".join(map(asset, ("map.css", "tables.css", "council_page.css", "national.css")))
    script = "\n".join(map(asset, SCRIPTS))
    return environment().get_template("national.html").render(
        text=words,
        lang=lang,
        title=words("country_page_title", name=study.title),
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - our own files
        version=version("accessmap"),
        made=labels.date_text(today(), lang=lang),
        patterns=page_patterns(),
        provenance=study.credit,
        sources=[source.credit for source in study.credit.sources],
        parameters=[(words.told(name), words.told(value)) for name, value in study.credit.parameters.items()],
        cautions=[
            *_not_computed(study, access, words),
            *([words("country_page_estimated")] if study.estimated else []),
            *(words.told(caution) for caution in study.cautions),
        ],
        credit=credit_line(study.credit, lang),
        communes=words.count(len(data["communes"])),
        kinds=words.count(len(data["kinds"])),
        classes=[each[1] for each in data["classes"]],
        data=Markup(embedded(data)),  # noqa: S704 - escaped
        blob=blob,
    )  # fmt: skip


def _not_computed(study: Study, access: pd.DataFrame, words: Words) -> list[str]:
    """Return that some communes are not computed yet, where so: no figure of more than one commune counts them."""
    people = study.communes["population"][study.communes["in_territory"]]
    left = people[~people.index.isin(access.index.get_level_values("code")) & (people > 0)]
    if left.empty:
        return []
    return [words("country_page_not_computed", n=len(left), people=words.count(int(left.sum())))]


# ------------------------------------------------------------------ what was computed


def _records(folder: Path) -> list[dict[str, Any]]:
    paths = sorted((folder / "parts").glob("*.json"))
    if not paths or not (folder / INPUTS).is_dir():
        raise StudyError(Problem("country_page_nothing", value=str(folder)))
    records: list[dict[str, Any]] = [read_json(each) for each in paths]
    asked = {(record["format"], str(record["parameters"])): record["territory"] for record in records}
    if len(asked) > 1:
        raise StudyError(Problem("country_page_mixed", value=", ".join(list(asked.values())[:2])))
    return records


def _kinds(records: Sequence[Mapping[str, Any]], asked: Sequence[str] | None) -> list[str]:
    known = [str(kind) for kind in records[0]["parameters"]["kinds"]]
    if asked is None:
        return ([kind for kind in CATEGORIES if kind in known] or known)[:MOST_KINDS]
    for kind in asked:
        if kind not in known:
            raise OptionError(
                Problem("country_page_kind", value=kind, near=near_names(kind, known), known=", ".join(known))
            )
    return list(dict.fromkeys(asked))


def figures_of(access: pd.DataFrame, of: pd.Series, kinds: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the figures of territories (rows) by kind: "minutes", the mean of the people who reach one; shares 0-1.

    Parameters
    ----------
    access
        By commune and kind: minutes, unreached_people, within_10 …, people.
    of
        The territory of each commune, by code; missing for those of none.
    """
    code, kind = (access.index.get_level_values(name) for name in ("code", "kind"))
    reached = access["people"] - access["unreached_people"]
    sums = {"people": access["people"], "reached": reached, "minutes": (access["minutes"] * reached).fillna(0)}
    shares = [str(name) for name in access.columns if str(name).startswith("within_")]
    sums |= {name: access[name] * access["people"] for name in shares}
    sums["unreached"] = access["unreached_people"]
    rows = [of.reindex(code).to_numpy(), kind.to_numpy()]
    added = {name: each.groupby(rows).sum().unstack().reindex(columns=list(kinds)) for name, each in sums.items()}  # noqa: PD010 - a level of the index
    people = added["people"]
    figures = {"minutes": added["minutes"] / added["reached"].where(added["reached"] > 0)}
    figures |= {name: (added[name] / people.where(people > 0)).clip(0, 1) for name in (*shares, "unreached")}
    return figures


# ------------------------------------------------------------------ what the page is given


def _data(study: Study, access: pd.DataFrame, folder: Path, path: Path, words: Words) -> tuple[dict[str, Any], str]:
    communes = study.communes[study.communes["in_territory"]].sort_index()
    communes = communes.to_crs(metric_crs(communes))
    kinds = list(dict.fromkeys(access.index.get_level_values("kind")))
    codes = pd.Series(communes.index, communes.index)
    epci = (
        communes["epci"].where(communes["epci"] != NO_EPCI) if "epci" in communes else pd.Series(np.nan, communes.index)
    )
    of = {"communes": codes, "epci": epci, "deps": codes.map(department), "whole": codes.map(lambda _: "")}
    figures = {level: figures_of(access, each, kinds) for level, each in of.items()}
    names = {
        "epci": communes.get("epci_name", epci).groupby(epci).first(),
        "deps": pd.Series({code: department_name(code) for code in sorted(of["deps"].unique())}),
    }
    km2 = communes.geometry.area.fillna(0) / 1e6
    people = study.residents["population"].groupby(study.residents["commune"]).sum().reindex(codes, fill_value=0)
    classes = _classes()
    held = {level: people.groupby(of[level]).sum() for level in names}
    density = {level: held[level] / km2.groupby(of[level]).sum() for level in names}
    drawn = outlines(communes.geometry)
    blob = _Blob()
    _draw(blob, drawn)
    rows = {level: list(names[level].index) for level in names}
    blob.text("names", "\n".join(labels.curled(str(name)) for name in communes["name"]))
    blob.text("codes", "\n".join(communes.index.astype(str)))
    for level in names:
        at = pd.Series(range(len(rows[level])), rows[level]).reindex(of[level].to_numpy())
        blob.numbers(f"of_{level}", at.fillna(MISSING).to_numpy())
    heads = people.round().to_numpy("int64")
    blob.numbers("people", heads % 65_536)
    blob.numbers("people_high", heads // 65_536)
    for level, index in (("communes", communes.index), *rows.items(), ("whole", [""])):
        for name, table in figures[level].items():
            values = _written(table.reindex(index), name).T.ravel()
            if level == "communes" and name != "minutes":
                blob.bytes(f"{level}_{name}", _percents(values).tobytes())
            else:
                blob.numbers(f"{level}_{name}", values)
    breaks = {kind: _breaks(figures["communes"]["minutes"][kind]) for kind in kinds}
    looks = {str(list(each)): _looks(each, "minutes", words) for each in breaks.values()}
    cutoffs = [float(name.removeprefix("within_")) for name in figures["whole"] if name.startswith("within_")]
    sites = _sites(study, kinds, of["deps"])
    return {
        "lang": words.lang,
        "title": study.title,
        "folder": folder.as_posix(),
        "dossiers": (path.parent / DOSSIERS).as_posix(),
        "outlines": {"step": drawn.step, "width": drawn.width, "height": drawn.height},
        "communes": len(communes) * [0],
        "epci": [
            [code, labels.curled(str(names["epci"][code])), _whole(held["epci"].get(code)),
             _class(density["epci"].get(code), classes), _whole(density["epci"].get(code)), _dossier(path, code)]
            for code in rows["epci"]
        ],
        "deps": [
            [code, labels.curled(names["deps"][code]), _whole(held["deps"].get(code)), None,
             _whole(density["deps"].get(code)), None]
            for code in rows["deps"]
        ],
        "classes": [[float(row["from_per_km2"]), row[words.lang]] for _, row in classes.iterrows()],
        "kinds": [
            {
                "key": kind,
                "one": (shown := category_shown(study.services, kind)).name(words.lang),
                "many": shown.name(words.lang, count=2),
                "look": str(list(breaks[kind])),
                "breaks": list(breaks[kind]),
                "sites": round(sites.loc[kind, "sites"]),
                "when": sites.loc[kind, "when"],
                "without": int(sites.loc[kind, "without"]),
            }
            for kind in kinds
        ],
        "cutoffs": cutoffs,
        "looks": looks,
        "shares": {"breaks": SHARES, "look": _looks(SHARES, "share", words, better=True)},
        "few": {"breaks": FEW, "look": _looks(FEW, "share", words)},
        "parts": blob.parts,
        "words": {key: labels.unfilled(key, words.lang) for key in (*labels.keys_of("country_page_"), *SHARED)},
    }, blob.written()  # fmt: skip


SHARED: Final = ("people", "unreached", "zoom_in", "zoom_out")


class _Blob:
    """Numbers and text of a page, deflated together: `national_data.js` gives them back by name."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, int]] = []
        self._bytes: list[bytes] = []

    def bytes(self, name: str, content: bytes) -> None:
        self.parts.append((name, len(content)))
        self._bytes.append(content)

    def text(self, name: str, content: str) -> None:
        self.bytes(name, content.encode())

    def numbers(self, name: str, values: Any) -> None:
        """Keep whole numbers of 16 bits: all lower bytes, then all higher ones, which deflate better apart."""
        each = np.asarray(values).astype("uint16")
        self.bytes(name, (each & 255).astype("uint8").tobytes() + (each >> 8).astype("uint8").tobytes())

    def written(self) -> str:
        return base64.b64encode(zlib.compress(b"".join(self._bytes), 9)).decode("ascii")


def _draw(blob: _Blob, drawn: Outlines) -> None:
    blob.bytes("borders", drawn.borders)
    blob.bytes("rings", drawn.rings)


def _written(table: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a figure as 16 bits: tenths of a minute; ten thousandths, where a few are not none, nor nearly all all."""
    values = table.to_numpy("float64")
    if name == "minutes":
        kept = np.minimum(np.floor(values * TENTHS + 0.5 + 1e-9), MISSING - 1)
    else:
        inner = np.clip(np.round(values * TEN_THOUSANDTHS), 1, TEN_THOUSANDTHS - 1)
        kept = np.where(values <= 1e-9, 0, np.where(values >= 1 - 1e-9, TEN_THOUSANDTHS, inner))
    return np.where(np.isnan(values), MISSING, kept)


def _percents(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return ten thousandths as they are written in per cent, 8 bits each: 0, under 1, 1 to 99, over 99, 100, missing.

    >>> _percents(np.array([0.0, 20.0, 4_951.0, 9_960.0, 10_000.0, MISSING])).tolist()
    [0, 1, 51, 101, 102, 255]
    """
    inner = np.floor(values / 100 + 0.5 + 1e-9) + 1
    inner = np.where(values < 50, 1, np.where(values >= 9_950, 101, inner))
    told = np.where(values == 0, 0, np.where(values == TEN_THOUSANDTHS, 102, inner))
    return np.where(values == MISSING, 255, told).astype("uint8")


def _breaks(values: pd.Series) -> tuple[float, ...]:
    known = values.dropna()
    return breaks_for(known[known <= known.quantile(COMMON)], "minutes") if len(known) else ()


def _looks(breaks: Sequence[float], unit: str, words: Words, *, better: bool = False) -> list[tuple[str, str, str]]:
    entries = class_entries(breaks, unit, words, higher_is_better=better)
    return [(entry.label, entry.colour, entry.pattern) for entry in entries]


def _sites(study: Study, kinds: Sequence[str], of: pd.Series) -> pd.DataFrame:
    """Return how many services of each kind there are, in how many départements none stands, and of when they are."""
    kind, where = study.services["category"], study.services["commune"].map(of)
    number = study.services["capacity"].where(counted(study.services), 1) if "capacity" in study.services else 1
    count = (where.notna() * number).groupby(kind).sum().reindex(kinds, fill_value=0)
    having = where.groupby(kind).nunique().reindex(kinds, fill_value=0)
    dates = {name: source.vintage for source in study.credit.sources for name in source.of}
    when = [dates.get(f"services.{each}", "") for each in kinds]
    return pd.DataFrame({"sites": count, "without": of.nunique() - having, "when": when})


def _classes() -> pd.DataFrame:
    """Return the density classes of accessmap: INSEE's grid of density is not in the data."""
    text = (files("accessmap") / "presets" / "density_classes.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text))


def _class(density: float | None, classes: pd.DataFrame) -> int | None:
    if density is None or not np.isfinite(density):
        return None
    return int(np.searchsorted(classes["from_per_km2"].to_numpy(), density, side="right")) - 1


def _whole(value: float | None) -> int | None:
    return None if value is None or not np.isfinite(value) else round(float(value))


def _dossier(path: Path, code: str) -> str | None:
    """Return the address of the dossier of a territory from where the page stands; None where there is none yet."""
    for record in sorted((path.parent / DOSSIERS / code).glob("**/*.json")):
        page = record.with_suffix(".html")
        if page.is_file():
            return page.relative_to(path.parent).as_posix()
    return None
