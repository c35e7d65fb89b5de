"""Kinds of services: what the codes of France's files mean, as data (presets/kinds.csv, presets/bpe_types.csv)."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.read.raw import plain


def kinds() -> pd.DataFrame:
    """Return what each code of the BPE, FINESS and France's other files is with us, one row a code or label.

    Returns
    -------
    DataFrame
        `nomenclature` (bpe2013: codes in use in 2013, most until 2022; bpe2021: between the two; bpe2025: since the
        revision of 2023; finess, rpps, laposte, mednum), `code` (missing where the file has labels only), `label` (the
        publisher's), `category` (ours), `category_label` (French word, where the category is not a published one),
        `range` (INSEE's: proximity, intermediate or superior; missing where no source read here says), `range_basis`
        ("named": the source names the service; "read": our reading of it) and `range_source`.

    Notes
    -----
    INSEE revises its ranges with each BPE: a range is that of the year in `range_source`. A bank was in the proximity
    range in 2021 and is not in that of 2025. Of the ranges of 2025 (26 kinds or groups of kinds of proximity, 48
    intermediate, 61 superior) only the first is here whole; :func:`~accessmap.read.insee.read_ranges` reads all
    three from INSEE's own list.

    Examples
    --------
    >>> table = kinds().set_index(["nomenclature", "code"])
    >>> table.loc[("bpe2025", "B207"), ["category", "range"]].tolist()
    ['bakery', 'proximity']
    """
    return _kinds().copy()


@cache
def _kinds() -> pd.DataFrame:
    with (files("accessmap") / "presets" / "kinds.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str)


def bpe_labels(codes: pd.Series) -> pd.Series:
    """Return the name that INSEE gives each type of equipment of the BPE, of any edition from 2013 to 2025.

    A code that means other things in several editions (F112) has its last name.

    Parameters
    ----------
    codes
        TYPEQU.

    Returns
    -------
    Series
        Indexed like `codes`; "Équipement X999" for a code that is in no edition read here.

    Notes
    -----
    Source: INSEE, dictionary of the BPE of 2013, and the lists of types of the BPE of 2021 and 2024 as public programs
    that read them have them (presets/bpe_types.csv).

    Examples
    --------
    >>> bpe_labels(pd.Series(["B207", "A304", "X999"])).tolist()
    ['Boulangerie-pâtisserie', 'École de conduite', 'Équipement X999']
    """
    words = _types()
    return codes.map(lambda code: words.get(code, f"Équipement {code}"))


@cache
def _types() -> dict[str, str]:
    """Label by code: that of the table of kinds, else INSEE's list."""
    with (files("accessmap") / "presets" / "bpe_types.csv").open(encoding="utf-8") as stream:
        listed = pd.read_csv(stream, dtype=str)
    known = _kinds()
    known = known[known["nomenclature"].str.startswith("bpe")].dropna(subset="code")
    return dict(zip(listed["code"], listed["label"], strict=True)) | dict(
        zip(known["code"], known["label"], strict=True)
    )


def kinds_of(nomenclature: str, codes: Sequence[str | None], labels: Sequence[str | None]) -> pd.DataFrame:
    """Return `category` and `category_label` of each code, or of its label where the code says nothing.

    A kind that :func:`kinds` does not hold gets a category of its own, named after its label: nothing is left out.

    Parameters
    ----------
    nomenclature
        Start of a name of ``kinds()["nomenclature"]``: "bpe" looks in all its editions.
    codes, labels
        As the file has them; one of the two may be missing.

    Examples
    --------
    >>> kinds_of("bpe", ["D201", None], [None, "Taxi"]).to_numpy().tolist()
    [['general_practitioner', None], ['taxi', 'Taxi']]
    """
    known = _kinds()
    known = known[known["nomenclature"].str.startswith(nomenclature)]
    by_code = known.dropna(subset="code").set_index("code")[["category", "category_label"]]
    by_label = known.assign(label=known["label"].map(plain)).set_index("label")[["category", "category_label"]]
    meaning = {**_first(by_label), **_first(by_code)}
    rows = []
    for code, label in zip(codes, labels, strict=True):
        found = meaning.get(code) if code else None
        found = found or (meaning.get(plain(label)) if label else None)
        word = label or f"{nomenclature.upper()} {code}"
        category, own = found or (plain(word), word)
        rows.append((category, None if category in CATEGORIES else own or word))
    return pd.DataFrame(rows, columns=["category", "category_label"], dtype=object)


def _first(table: pd.DataFrame) -> dict[object, tuple[str, str | None]]:
    """Code or label → category and its own label, the first of several."""
    words = table["category_label"].astype(object).where(table["category_label"].notna(), None)
    pairs = zip(table.index, table["category"], words, strict=True)
    meaning: dict[object, tuple[str, str | None]] = {}
    for key, category, word in pairs:
        meaning.setdefault(key, (category, word))
    return meaning
