"""What a rule decides about a place in the text."""

from __future__ import annotations

from typing import NamedTuple

from narration.text.unit import Kind

__all__ = ["Cut", "GoOn", "Verdict"]


class Cut(NamedTuple):
    """A unit ends in front of `end`.

    `resume` is where to look for the next place, not before `end`.  `paragraph`
    says that a paragraph is known to end here.
    """

    end: int
    resume: int
    kind: Kind = "sentence"
    paragraph: bool = False


class GoOn(NamedTuple):
    """No unit ends here; look for the next place from `resume` on."""

    resume: int


Verdict = Cut | GoOn
