"""Digital access: what networks reach, who helps, and how the digital way joins the road.

One table, `digital`, holds the rates by zone (:mod:`accessmap.digital_tables`). Nothing here is a second library: the
minutes are those of the study, opening hours those of `accessmap.hours`, and what is not known stays unknown.
"""

from accessmap.digital.coverage import coverage_rate, coverage_vintages, vintage_rates
from accessmap.digital.effective import effective_access
from accessmap.digital.mediation import (
    MEDIATION,
    mediation_minutes,
    mediation_open,
    mediation_sites,
    mediation_when,
)
from accessmap.digital.rollout import connected
from accessmap.digital.typology import CLASSES, double_burden, typology, typology_people
from accessmap.digital.vulnerability import carried_shares, vulnerability, vulnerability_sensitivity
from accessmap.digital_tables import COUNTS, RATES, check_digital

__all__ = [
    "CLASSES",
    "COUNTS",
    "MEDIATION",
    "RATES",
    "carried_shares",
    "check_digital",
    "connected",
    "coverage_rate",
    "coverage_vintages",
    "double_burden",
    "effective_access",
    "mediation_minutes",
    "mediation_open",
    "mediation_sites",
    "mediation_when",
    "typology",
    "typology_people",
    "vintage_rates",
    "vulnerability",
    "vulnerability_sensitivity",
]
