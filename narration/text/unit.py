"""A piece of the story that is spoken in one go."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["SEPARATE", "Kind", "Unit"]

Kind = Literal[
    "sentence",  # ended by an end mark: . ! ? … 。 and the like
    "clause",  # cut behind a comma or dash, to start early or because the limit came near
    "forced",  # cut at a word, because the limit was reached
    "heading",
    "item",  # of a list, or a row of a table
    "rule",  # a scene break: ---, ***, ⁂
    "line",  # ended by the end of its line, without an end mark
    "markup",  # of a comment, style or script longer than a unit: not to be spoken
    "tail",  # what was left when the text ended
]

SEPARATE: tuple[Kind, ...] = ("heading", "rule")
"""Kinds that are paragraphs by themselves."""


class Unit(msgspec.Struct, frozen=True):
    """One unit: `text` is exactly the characters `start` to `end` of all that was fed.

    Positions count code points since the stream began.  Units come in order and
    do not overlap; between them is nothing but white space.

    `paragraph_end` tells what is known as the unit goes out: true when a blank line,
    a scene break, the end of a heading or the end of the stream follows.  A unit
    that goes out early (`Cutter.poll`, a clause) cannot know, and says false.
    `paragraph_start` is always right: a paragraph break stands between this unit
    and the one before it, so a pause between the two is best decided by it.  It is
    false for the first unit, before which there is nothing to pause after.
    """

    text: str
    start: int
    end: int
    kind: Kind
    paragraph_end: bool = False
    paragraph_start: bool = False
