"""Schools and their digital equipment: who is equipped, how well, and what a purchase changes."""

from accessmap.face import renamed
from accessmap.measures.schools.purchase import equipment_change, equipped
from accessmap.measures.schools.rates import SOCLE_NUMERIQUE_2021, equipment_rates, equipment_ratios
from accessmap.measures.schools.selection import school_services, schools_from_counts, schools_of

__all__ = [
    "SOCLE_NUMERIQUE_2021",
    "equipment_change",
    "equipment_rates",
    "equipment_ratios",
    "equipped",
    "school_services",
    "schools_from_counts",
    "schools_of",
]

__getattr__ = renamed("schools")
