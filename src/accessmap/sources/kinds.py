"""Kinds of services: what the codes of France's files mean, as data (presets/kinds.csv)."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import pandas as pd

from accessmap.labels import CATEGORIES
from accessmap.sources.columns import plain

__all__ = ["kinds", "kinds_of"]


def kinds() -> pd.DataFrame:
    """Return what each code of the BPE, FINESS, RPPS and La Poste is with us, one row a code or label.

    Returns
    -------
    DataFrame
        `nomenclature` (bpe2013: codes in use until about 2020, bpe2025: since the revision of 2023, finess, rpps,
        laposte), `code` (missing where it could not be verified), `label` (the publisher's), `category` (ours),
        `category_label` (French word, where the category is not a published one), `range` (INSEE's: proximity,
        intermediate or superior; missing where no source read here says), `range_basis` ("named": the source names
        the service; "read": our reading of it) and `range_source`.

    Notes
    -----
    INSEE revises its ranges with each BPE: a range is that of the year in `range_source`. A bank was in the proximity
    range in 2021 and is not in that of 2025.

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
