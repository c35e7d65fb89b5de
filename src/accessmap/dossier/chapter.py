"""The chapters behind the answer: every service, inequality, opening hours, the outside, one closing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accessmap.dossier import digital as online
from accessmap.dossier import digital as online_told
from accessmap.dossier import hours as opening
from accessmap.dossier import inequality, services
from accessmap.dossier import programme as planned
from accessmap.dossier import resilience as leaning
from accessmap.dossier import without_car as carless
from accessmap.dossier.inequality import curve_of, curve_table
from accessmap.dossier.pictures import online_figures, programme_figures, service_figures
from accessmap.dossier.results import Results, quoted_cutoff
from accessmap.programme import Programme, missing_told
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import Words

__all__ = ["Chapters"]


@dataclass(frozen=True, eq=False)
class Chapters:
    """The numbers of the chapters, computed once; `contents` puts them into words."""

    inequality: inequality.Inequality
    opening: opening.Opening
    leaning: leaning.Leaning
    services: services.Services
    online: online.Online
    planned: planned.Planned | None
    carless: carless.Carless | None

    @classmethod
    def of(
        cls,
        study: Study,
        found: Results,
        categories: Sequence[str],
        programme: Programme | None,
        territories: Mapping[str, str | Iterable[str]] | None,
        networks: Mapping[str, RoadNetwork],
    ) -> Chapters:
        """Return the chapters of a study, on its territory; `categories` are the services set side by side."""
        quoted = quoted_cutoff(found.coverage)
        plans = modes = None
        if programme is not None:
            plans = planned.planned(study, programme, categories, quoted, territories)
        if networks:
            modes = carless.carless(study, found.scenarios, found.category, networks, quoted)
        return cls(
            inequality=inequality.inequality(study, found),
            opening=opening.opening(study, found.category),
            leaning=leaning.leaning(study, found.category),
            services=services.services(study, found.scenarios, categories),
            online=online.online(study, found.scenarios, found),
            planned=plans,
            carless=modes,
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
            "services": self.services.table,
            "services_by_commune": self.services.communes,
            "scores": self.services.scores,
            "coverage_rates": self.online.rates,
            "physical_digital": self.online.classes,
            "double_burden": self.online.double,
            "digital_help": self.online.helpers,
            "schools": self.online.schools,
            "modes": self.carless.coverage if self.carless is not None else pd.DataFrame(),
        } | self._planned_tables()

    def _planned_tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the programme, where there is one."""
        if self.planned is None:
            return {}
        expected = self.planned.indicators
        sides = self.planned.sides
        return {
            "indicators": expected.assign(missing=expected["missing"].map(missing_told)),
            "territories": sides.assign(missing=sides["missing"].map(missing_told)),
        }

    def contents(self, study: Study, found: Results, words: Words) -> dict[str, Any]:
        """Return what the page shows of each chapter, in words."""
        unequal, hours, lean = self.inequality, self.opening, self.leaning
        open_known = bool(hours.category)
        every, names = self.services, found.communes["name"]
        several = len(every.categories) > 1
        worst, best = every.bounds
        return {
            "services": {
                "told": services.told(every, names, words),
                "rows": services.services_table(every, sorted(study.thresholds)[:2], words),
                "figures": service_figures(study, every, words),
                "scores": services.score_table(every, names, words) if len(every.scores) else None,
                "how": words("how_services", worst=words.cutoff(worst), best=words.cutoff(best)),
            }
            if several
            else None,
            "online": self._online(study, found, words),
            "planned": self._programme(study, words),
            "carless": {
                "told": carless.told(self.carless, words),
                "rows": carless.modes_table(self.carless, words),
            }
            if self.carless is not None
            else None,
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
                "demand": leaning.demand_table(lean, words)
                if lean.neighbours and not lean.partial and len(lean.demand)
                else None,
            },
            "closures": {
                "told": leaning.closures_told(lean, words),
                "rows": leaning.closures_table(lean, words) if len(lean.criticality) else None,
            },
        }

    def _online(self, study: Study, found: Results, words: Words) -> dict[str, Any]:
        """Return the chapter on digital access."""
        data = self.online
        cutoff = words.cutoff(data.near_minutes)
        kind = labels.category(found.category).with_article(words.lang)
        by_pupils = data.weights == "pupils"
        return {
            "told": online_told.told(data, words),
            "coverage": online_told.coverage_table(data, words) if len(data.rates) else None,
            "classes": online_told.classes_table(data, words) if len(data.classes) else None,
            "read": words("online_classes_read", cutoff=cutoff, category=kind, share=words.percent(online.CONNECTED)),
            "figures": online_figures(study, data, words),
            "help": online_told.helpers_table(data, words) if len(data.helpers) else None,
            "help_title": words("online_help_title", cutoff=cutoff),
            "schools": online_told.schools_table(data, words) if len(data.schools) else None,
            "schools_title": words("online_schools_title" if by_pupils else "online_schools_title_schools"),
        }

    def _programme(self, study: Study, words: Words) -> dict[str, Any] | None:
        """Return the chapter on the programme, where there is one."""
        data = self.planned
        if data is None:
            return None
        return {
            "told": planned.told(data, study, words),
            "figures": programme_figures(study, data.programme, words),
            "operations": planned.operations_table(data, study, words),
            "indicators": planned.indicators_table(data, words),
            "sides_told": planned.sides_told(data, words),
            "sides": planned.sides_table(data, words),
        }
