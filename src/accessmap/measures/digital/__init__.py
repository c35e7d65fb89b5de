"""Digital access: what networks reach, who helps, and how the digital way joins the road.

One table, `digital`, holds the rates by zone (:mod:`accessmap.tables.contracts`). Nothing here is a second library: the
minutes are those of the study, opening hours those of `accessmap.measures.hours`, and what is not known stays unknown.
"""

from accessmap.face import renamed
from accessmap.measures.digital.coverage import connected, coverage_rate, coverage_vintages, vintage_rates
from accessmap.measures.digital.help_needed import carried_shares, vulnerability, vulnerability_sensitivity
from accessmap.measures.digital.physical_digital import (
    CLASSES,
    double_burden,
    effective_access,
    typology,
    typology_people,
)
from accessmap.tables.contracts import COUNTS, RATES, check_digital

__all__ = [
    "CLASSES",
    "COUNTS",
    "RATES",
    "carried_shares",
    "check_digital",
    "connected",
    "coverage_rate",
    "coverage_vintages",
    "double_burden",
    "effective_access",
    "typology",
    "typology_people",
    "vintage_rates",
    "vulnerability",
    "vulnerability_sensitivity",
]

__getattr__ = renamed("digital")
