"""Whether a sentence ends at a dash before a closing quotation mark: `"I—" He stopped.`"""

from __future__ import annotations

from narration.text.characters import CLOSERS, LINE_ENDS, QUOTE_OPENERS
from narration.text.dialogue import tag_follows
from narration.text.languages import Language
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = ["INTERRUPTION", "at_interruption"]

INTERRUPTION = "(?:(?<=[\\w\\s][—–-])|(?<=\\w--))[\"”“»’']"
"""A pattern for the place."""

_MOST_CLOSERS = 6


def at_interruption(view: View, index: int, language: Language) -> Verdict:
    """It does if a capital or a new quotation follows, and no dialogue tag."""
    behind = index + 1
    while behind - index < _MOST_CLOSERS and view.at(behind) in CLOSERS:
        behind += 1
    if not view.at(behind).isspace():
        return GoOn(behind)
    at = view.skip_blanks(behind)
    char = view.at(at)
    if char in LINE_ENDS:
        return GoOn(behind)  # The rules for line ends see to it.
    if char in QUOTE_OPENERS:
        return Cut(behind, behind)
    if char.isupper() and not tag_follows(view, at, language):
        return Cut(behind, behind)
    return GoOn(behind)
