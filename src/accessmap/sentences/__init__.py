"""Sentences that a council reads: each function makes text of one table of results, which it is named after."""

from accessmap.sentences.access import buses, coverage, in_short, services
from accessmap.sentences.advice import alternatives, certainty, costs, decision, gains, unknowns
from accessmap.sentences.aloud import speech
from accessmap.sentences.at_a_glance import brief
from accessmap.sentences.by_timetable import itinerary
from accessmap.sentences.by_zonage import zonages
from accessmap.sentences.checked import differences
from accessmap.sentences.communes import commune
from accessmap.sentences.connected import digital, digital_help, schools
from accessmap.sentences.dates import vintages
from accessmap.sentences.modes import without_car
from accessmap.sentences.opening import hours
from accessmap.sentences.outside import dependence, resilience
from accessmap.sentences.past import history
from accessmap.sentences.plans import missing, programme, territories
from accessmap.sentences.properties import supply, touched
from accessmap.sentences.published import reference
from accessmap.sentences.scenarios import changes, winners_and_losers
from accessmap.sentences.siting import price
from accessmap.sentences.spread import inequality
from accessmap.sentences.sureness import apart, in_brief, ranges, regret, to_check, tornado, undecided
from accessmap.sentences.there_and_back import lines_changed, round_trips, served

__all__ = [
    "alternatives",
    "apart",
    "brief",
    "buses",
    "certainty",
    "changes",
    "commune",
    "costs",
    "coverage",
    "decision",
    "dependence",
    "differences",
    "digital",
    "digital_help",
    "gains",
    "history",
    "hours",
    "in_brief",
    "in_short",
    "inequality",
    "itinerary",
    "lines_changed",
    "missing",
    "price",
    "programme",
    "ranges",
    "reference",
    "regret",
    "resilience",
    "round_trips",
    "schools",
    "served",
    "services",
    "speech",
    "supply",
    "territories",
    "to_check",
    "tornado",
    "touched",
    "undecided",
    "unknowns",
    "vintages",
    "winners_and_losers",
    "without_car",
    "zonages",
]
