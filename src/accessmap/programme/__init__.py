"""The programme of a contract: dated operations as data, the scenario they add up to, and the results they promise."""

from accessmap.face import renamed
from accessmap.programme.before_after import INDICATORS, effects, indicators
from accessmap.programme.carrying import Missing
from accessmap.programme.files import read, sample, write
from accessmap.programme.operation import KINDS, Operation, PlannedStep, Selection
from accessmap.programme.programme import Programme
from accessmap.programme.sentences import (
    effect_rows,
    operation_rows,
    programme_rows,
    side_rows,
)
from accessmap.programme.territories import side_by_side, territories_of

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
    "operation_rows",
    "programme_rows",
    "read",
    "sample",
    "side_by_side",
    "side_rows",
    "territories_of",
    "write",
]

__getattr__ = renamed("programme")
