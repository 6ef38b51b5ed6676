"""JSON that comes in several lines: in one event, or as an answer that is not streamed."""

from __future__ import annotations

from narration.sse import field

__all__ = ["JSONLines"]

_MAX_BYTES = 1 << 20
# As many of its lines may look like its last one before they are not looked at any more.
_MAX_TRIES = 64


class JSONLines:
    """Collects the lines from the first one on.

    Args:
        first: what the first line has of it.
        is_event: whether it is the data of an event, which ends with an empty line; else it
            ends with the response.
    """

    def __init__(self, first: bytes, *, is_event: bool) -> None:
        self._lines = [first]
        self._is_event = is_event
        self._bytes = len(first)
        self._tries = 0
        self.may_be_whole = False
        """Whether the last line looks as if nothing followed."""

    @property
    def data(self) -> bytes:
        """All that there is so far."""
        return b"\n".join(self._lines)

    def ends_with(self, line: bytes) -> bool:
        """Whether there is no more of it, since `line` is what it is."""
        return self._is_event and not line

    def is_none(self, line: bytes) -> bool:
        """Whether `line` shows that it was no JSON: it is of an event, and that was not."""
        return not self._is_event and line.startswith((b"data:", b"event:"))

    def add(self, line: bytes) -> bool:
        """Take the next line; return whether it is not too much."""
        if self._is_event:
            match field(line):
                case (b"data", value):
                    line = value
                case _:
                    self.may_be_whole = False
                    return True
        self._lines.append(line)
        self._bytes += len(line) + 1
        looks_whole = line.endswith(b"}") if self._is_event else line.startswith(b"}")
        self._tries += looks_whole
        self.may_be_whole = looks_whole and self._tries <= _MAX_TRIES
        return self._bytes <= _MAX_BYTES
