"""Sentences that a council reads: each function makes text of one table of results."""

from accessmap.sentences.scenarios import winners_sentence as winners_and_losers
from accessmap.sentences.siting import price_sentence as price
from accessmap.sentences.without_car import captive_sentence as without_car

__all__ = ["price", "winners_and_losers", "without_car"]
