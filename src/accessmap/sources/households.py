"""Households without a car, by commune, from INSEE's census."""

import re
from pathlib import Path

import pandas as pd

from accessmap.errors import SourceError
from accessmap.sources.columns import COMMUNE_CODES, as_numbers, as_text, plain
from accessmap.sources.files import read_table

__all__ = ["read_households_without_car"]

# INSEE, recensement, base-cc-logement: P22_RP is main homes, P22_RP_VOIT1P those whose household has a car or more.
HOUSEHOLDS = re.compile(r"p(?P<year>\d\d)_rp")
WITH_A_CAR = "p{year}_rp_voit1p"


def read_households_without_car(path: str | Path) -> pd.DataFrame:
    r"""Return by commune code the households, those without a car, and their share (0-1), from INSEE's census.

    Parameters
    ----------
    path
        `base-cc-logement` (communes) or `base-ic-logement` (IRIS, added up by commune) of any year, as CSV: main homes
        `P22_RP` and those with a car or more `P22_RP_VOIT1P`; of several censuses the latest is read.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: `households`, `without_car` (INSEE's estimates, with decimals), `share`, NaN where
        there is no household. For `captive_people` the share of households stands for that of people, which is
        smaller: households without a car are often one person.

    Raises
    ------
    SourceError
        Where the file or its columns cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "base-cc-logement-2022.CSV")
    ...     _ = path.write_text("CODGEO;P22_RP;P22_RP_VOIT1P;P16_RP;P16_RP_VOIT1P\n02173;5600;4200;5700;4300\n")
    ...     read_households_without_car(path)
           households  without_car  share
    code
    02173      5600.0       1400.0   0.25
    """
    raw = read_table(path)
    names = {plain(column): column for column in raw.table.columns}
    years = sorted(
        match["year"]
        for name in names
        if (match := HOUSEHOLDS.fullmatch(name)) and WITH_A_CAR.format(year=match["year"]) in names
    )
    code = next((names[name] for name in names if any(re.fullmatch(word, name) for word in COMMUNE_CODES)), None)
    if not years or code is None:
        wanted = "CODGEO" if code is None else "P22_RP and P22_RP_VOIT1P (of any year)"
        raise SourceError(
            f"{raw.name}: no column {wanted}: give base-cc-logement or base-ic-logement of INSEE's census."
        )
    columns = [names[f"p{years[-1]}_rp"], names[WITH_A_CAR.format(year=years[-1])]]
    table = pd.DataFrame({name: as_numbers(raw.table[name]) for name in columns})
    wrong = [name for name in columns if not pd.api.types.is_numeric_dtype(table[name])]
    if wrong:
        raise SourceError(f"{raw.name}: {wrong[0]} is not a number in every row.")
    sums = table.groupby(as_text(raw.table[code]).rename("code")).sum()
    households, with_a_car = sums[columns[0]], sums[columns[1]]
    without = (households - with_a_car).clip(lower=0.0)
    return pd.DataFrame(
        {"households": households, "without_car": without, "share": without / households.where(households > 0)}
    )
