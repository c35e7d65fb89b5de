"""Scenarios as files, and what trips cost under each of them."""

from accessmap.study.scenario_files import read, write
from accessmap.study.yearly import unit_values, yearly_costs

__all__ = ["read", "unit_values", "write", "yearly_costs"]
