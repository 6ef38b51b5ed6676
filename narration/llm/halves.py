"""Puts characters together again that came in two pieces of text."""

from __future__ import annotations

import re

__all__ = ["Halves"]

_HALF = re.compile("[\ud800-\udfff]")
_BYTES = re.compile("[\udc80-\udcff]+")
_LAST_BYTES = re.compile("[\udc80-\udcff]{1,3}\\Z")
# The first byte of a character, and all that may follow it but the last one.
_BEGUN = re.compile(rb"[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}")


class Halves:
    """Takes pieces of text in which there may be half a surrogate pair, or bytes of a
    character as `surrogateescape` has them.  What nothing follows becomes U+FFFD.
    """

    def __init__(self) -> None:
        self.held = ""

    def feed(self, text: str) -> str:
        """`text`, after what was held back, up to a half at its end."""
        if not self.held and _HALF.search(text) is None:
            return text
        text = _paired(self.held + text)
        text = _BYTES.sub(_decoded, text)
        begun = _begun(text)
        self.held = text[begun:]
        return _HALF.sub("\ufffd", text[:begun])

    def flush(self) -> str:
        """What stands for a half that nothing followed."""
        held, self.held = self.held, ""
        return "\ufffd" if held else ""


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _decoded(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _begun(text: str) -> int:
    """Where the character begins that is not whole at the end of `text`."""
    if "\ud800" <= text[-1] <= "\udbff":
        return len(text) - 1
    last = _LAST_BYTES.search(text)
    for start in range(last.start() if last else len(text), len(text)):
        if _BEGUN.fullmatch(text[start:].encode("utf-8", "surrogateescape")):
            return start
    return len(text)
