"""English text as the embedded voice can read it: every word written out as it is said."""

from __future__ import annotations

from narration.speech.embedded.english.lexicon import Lexicon
from narration.speech.embedded.english.normaliser import READING, normalised

__all__ = ["READING", "Lexicon", "normalised"]
