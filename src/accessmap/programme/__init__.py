"""The programme of a contract: dated operations as data, the scenario they add up to, and the results they promise."""

from accessmap.programme.before_after import INDICATORS, effects, indicators
from accessmap.programme.files import read_programme, sample_programme, write_programme
from accessmap.programme.missing import Missing, missing_told
from accessmap.programme.operation import KINDS, Operation, PlannedStep, Selection
from accessmap.programme.sheet import Programme
from accessmap.programme.sides import side_rows, side_told
from accessmap.programme.territories import side_by_side, territories_of
from accessmap.programme.told import (
    effect_rows,
    operation_rows,
    programme_rows,
    programme_told,
)

__all__ = [
    "INDICATORS",
    "KINDS",
    "Missing",
    "Operation",
    "PlannedStep",
    "Programme",
    "Selection",
    "effect_rows",
    "effects",
    "indicators",
    "missing_told",
    "operation_rows",
    "programme_rows",
    "programme_told",
    "read_programme",
    "sample_programme",
    "side_by_side",
    "side_rows",
    "side_told",
    "territories_of",
    "write_programme",
]
