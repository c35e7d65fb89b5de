"""The dossier: what a council reads, in one HTML file that loads nothing from outside."""

from accessmap.dossier.chapter import Chapter, chapters
from accessmap.dossier.dossier import Dossier

__all__ = ["Chapter", "Dossier", "chapters"]
