"""What every table of a study must be: contracts, checked once at the public door, every problem told at once."""

from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import (
    check_communes,
    check_digital,
    check_equipment,
    check_residents,
    check_schools,
    check_services,
    check_times,
    metric_crs,
)

__all__ = [
    "METRIC_CRS",
    "check_communes",
    "check_digital",
    "check_equipment",
    "check_residents",
    "check_schools",
    "check_services",
    "check_times",
    "metric_crs",
]
