"""When a model's text is worth waiting for, so that it comes in fewer pieces."""

from __future__ import annotations

import re

__all__ = ["FRAME_SECONDS", "Frames"]

FRAME_SECONDS = 0.075
"""Text that comes within this is read together: a page can hardly show more, and each piece
costs as much whether it is of one token or of four.
"""

_FIRST_END = re.compile(r"[.!?…。！？।۔][\"'”’»)\]]*\s|[。！？]|\n")
_SURELY_BEGUN_CHARS = 400


class Frames:
    """Until the first sentence is over nothing is waited for: nothing has been heard, and
    every token that is late makes the first sound late.
    """

    def __init__(self) -> None:
        self._beginning: str | None = ""

    def seconds_after(self, text: str) -> float:
        """How long to let more come after this piece of the answer."""
        if self._beginning is None:
            return FRAME_SECONDS
        self._beginning += text
        begun = len(self._beginning) > _SURELY_BEGUN_CHARS
        if begun or _FIRST_END.search(self._beginning.lstrip()):
            self._beginning = None
        return 0.0
