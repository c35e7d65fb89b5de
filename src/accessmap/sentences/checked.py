"""What a check of a list against another source found, in sentences."""

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import Words

SHOWN = 12


def differences(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return a sentence a category: how many sites in each list, how many in both, which in one alone.

    Parameters
    ----------
    table
        Of :func:`~accessmap.read.matching.differences`.

    Examples
    --------
    >>> rows = [("pharmacy", "both", "A", "A"), ("pharmacy", "list", "B", None)]
    >>> differences(pd.DataFrame(rows, columns=["category", "where", "name", "other_name"]), lang="en")
    ['Pharmacies: 2 in the list, 1 in the other source; 1 in both. In the list only: B.']
    """
    words = Words(labels.check_lang(lang))
    told = []
    for kind, rows in table.groupby("category", sort=False):
        both, listed, other = (rows[rows["where"] == where] for where in ("both", "list", "other"))
        name = labels.category(str(kind)).name(lang, count=2)
        told.append(
            words(
                "list_check",
                kind=labels.capitalised(name),
                listed=len(both) + len(listed),
                other=len(both) + len(other),
                both=len(both),
                only_list=_only(words, "list_check_only_list", listed["name"]),
                only_other=_only(words, "list_check_only_other", other["other_name"]),
            )
        )
    return told


def _only(words: Words, key: str, names: pd.Series) -> str:
    """The names of the sites that one of the two alone has, the first few."""
    if not len(names):
        return ""
    shown = ", ".join(map(str, names[:SHOWN])) + (", …" if len(names) > SHOWN else "")
    return words(key, names=shown)
