"""Cuts a stream of bytes into the lines of server-sent events, however they arrive."""

from __future__ import annotations

__all__ = ["LineTooLong", "Lines", "field"]


class LineTooLong(Exception):
    """A line grows without end; `lines` are the whole ones before it."""

    def __init__(self, lines: list[bytes]) -> None:
        super().__init__()
        self.lines = lines


class Lines:
    """Takes bytes in pieces of any size, and gives whole lines without their ends.

    A line ends with LF, CR or both.

    Args:
        max_bytes: the longest line that is put together before it is given up.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` completes.

        Raises:
            LineTooLong: a line is longer than the limit.
        """
        if self._after_cr or b"\r" in data:
            data = self._with_one_end(data)
        lines: list[bytes] = []
        *ends, rest = data.split(b"\n")
        if not (self._held or rest) and len(data) <= self._max_bytes:
            return ends  # Nearly always: whole lines.
        for end in ends:
            self._hold(end, lines)
            lines.append(bytes(self._held))
            self._held.clear()
        self._hold(rest, lines)
        return lines

    def flush(self) -> list[bytes]:
        """Return the last line, if the stream ended without ending it."""
        rest = bytes(self._held)
        self._held.clear()
        return [rest] if rest else []

    def _with_one_end(self, data: bytes) -> bytes:
        """`data` with LF for every end of a line."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _hold(self, data: bytes, lines: list[bytes]) -> None:
        self._held += data
        if len(self._held) > self._max_bytes:
            raise LineTooLong(lines)


def field(line: bytes) -> tuple[bytes, bytes] | None:
    """The name and value of a line, or None for a comment, an empty line or an empty value."""
    name, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
    value = value.strip()
    return (name, value) if name and value else None
