"""Columns that name a person or how to reach one: mails, telephones, people. They are never kept, and it is said."""

import re
from collections.abc import Iterable
from functools import cache

import pandas as pd

from accessmap.read.raw import plain

REACHED = re.compile(
    r"(.*_)?(e_?mails?|mails?|courriels?|mel|adresse_electronique|tel|tels|telephones?|phones?|fax|telecopies?|telecopieur"
    r"|gsm|portable|contacts?)(_.*)?|(tel|telephone|fax|mail|email|courriel|contact)\d+"
)
PEOPLE = re.compile(
    r"(.*_)?(prenoms?|civilite|responsables?|directeur|directrice|interlocuteurs?|referente?s?|president|presidente"
    r"|titulaires?|praticiens?|contact_nom|nom_contact|maire|nom_d_exercice|nom_exercice|nom_de_famille)(_.*)?"
)
# "sans contact", "point de contact" and counts are no way to reach a person
NOT = re.compile(
    r"(.*_)?(sans|point|points|point_de|points_de)_contacts?(_.*)?|(nb|nombre|part|taux|tx|pct|nbr|total|couverture)_.*"
)
CODED = frozenset({"id", "code", "identifiant", "numero", "siret", "siren", "finess", "uai", "num", "ref", "insee"})
MAIL = re.compile(r"[^@\s]@[^@\s]{1,255}\.[A-Za-z]{2}")
PHONE = re.compile(r"(?<![\d.,])(?:(?:\+|00)33[\s.]?(?:\(0\)\s?)?|0)[1-9](?:[\s.\-]?\d{2}){4}(?![\d.,]\d)(?!\d)")
# what a count or an answer looks like: "a telephone: oui"
COUNT = re.compile(r"-?\d{1,6}([.,]\d+)?|oui|non|yes|no|true|false|vrai|faux", re.IGNORECASE)
LOOKED_AT = 1000


def private_columns(table: pd.DataFrame, known: Iterable[str] = ()) -> list[str]:
    """Return the columns that hold mails, telephones or names of people, by their name or by most of their values.

    Parameters
    ----------
    table
        As read.
    known
        Columns of a contract, which are none: the name of a site, its id.

    Examples
    --------
    >>> private_columns(pd.DataFrame({"Mail": ["x"], "info": ["03 23 52 00 00"], "capacite": ["12"]}))
    ['Mail', 'info']
    """
    known = {*known, "geometry"}
    return [str(name) for name in table.columns if name not in known and _is_private(str(name), table[name])]


@cache
def is_private_name(column: str) -> bool:
    """Return whether a column, or a key of JSON, is named as one that holds a mail, a telephone or a person.

    >>> is_private_name("courriel"), is_private_name("point_de_contact")
    (True, False)
    """
    name = plain(column)
    return bool((REACHED.fullmatch(name) or PEOPLE.fullmatch(name)) and not NOT.fullmatch(name))


def _is_private(column: str, values: pd.Series) -> bool:
    name = plain(column)
    if pd.api.types.is_bool_dtype(values):
        return False
    given = values.dropna().iloc[:LOOKED_AT]
    if is_private_name(column):
        return not len(given) or not all(COUNT.fullmatch(str(value)) for value in given)
    if not len(given) or not all(isinstance(value, str) for value in given):
        return False
    bare = not CODED.isdisjoint(name.split("_"))  # ten figures in a row may be a code
    return sum(_reaches(value, bare) for value in given) * 2 > len(given)


def _reaches(value: str, bare: bool) -> bool:
    phone = PHONE.search(value)
    return MAIL.search(value) is not None or (phone is not None and not (bare and phone[0].isdigit()))
