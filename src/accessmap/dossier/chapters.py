"""The chapters behind the answer: inequality, opening hours, leaning on the outside, one closing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from accessmap.dossier import inequality, leaning, opening
from accessmap.dossier.curve import curve_of, curve_table
from accessmap.dossier.results import Results
from accessmap.dossier.writing import Words
from accessmap.study import Study

__all__ = ["Chapters"]


@dataclass(frozen=True, eq=False)
class Chapters:
    """The numbers of the chapters, computed once; `contents` puts them into words."""

    inequality: inequality.Inequality
    opening: opening.Opening
    leaning: leaning.Leaning

    @classmethod
    def of(cls, study: Study, found: Results) -> Chapters:
        """Return the chapters of a study, on its territory."""
        return cls(
            inequality=inequality.inequality(study, found),
            opening=opening.opening(study, found.category),
            leaning=leaning.leaning(study, found.category),
        )

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables behind the chapters, by name; empty where nothing is known."""
        hours = self.opening.table.join(self.opening.sites) if self.opening.category else self.opening.table
        return {
            "imbalance": self.inequality.table,
            "deficits": self.inequality.deficits,
            "classes": self.inequality.classes,
            "hours": hours.assign(category=self.opening.category),
            "hours_by_commune": self.opening.communes,
            "hours_of_week": self.opening.week,
            "carriers": self.leaning.carriers,
            "outside_demand": self.leaning.demand,
            "criticality": self.leaning.criticality,
            "one_closure_away": self.leaning.exposed,
        }

    def contents(self, found: Results, words: Words) -> dict[str, Any]:
        """Return what the page shows of each chapter, in words."""
        unequal, hours, lean = self.inequality, self.opening, self.leaning
        open_known = bool(hours.category)
        return {
            "inequality": {
                "told": inequality.told(unequal, found, words),
                "indices": inequality.imbalance_table(unequal, words),
                "classes": inequality.classes_table(unequal, words),
                "curve": curve_of(found, words),
                "curve_rows": curve_table(found, words),
            },
            "opening": {
                "told": opening.told(hours, found.category, words),
                "title": opening.hours_title(hours, words) if open_known else "",
                "rows": opening.hours_table(hours, words) if open_known else None,
                "heat": opening.heat_of(hours, words) if open_known else "",
                "heat_rows": opening.heat_rows(hours, words) if open_known else None,
            },
            "outside": {
                "told": leaning.outside_told(lean, words),
                "carriers": leaning.carriers_table(lean, words) if lean.neighbours and len(lean.carriers) else None,
                "demand": leaning.demand_table(lean, words) if lean.neighbours and len(lean.demand) else None,
            },
            "closures": {
                "told": leaning.closures_told(lean, words),
                "rows": leaning.closures_table(lean, words) if len(lean.criticality) else None,
            },
        }
