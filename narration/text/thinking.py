"""Takes a model's thinking, `<think>...</think>`, out of a stream, however it is split.

This is done where the text comes in, before it is shown, cut or stored: once a
block is spread over several units, no one of them shows that it is thinking.
"""

from __future__ import annotations

import re

__all__ = ["ThinkFilter", "without_thinking"]

_TAG = re.compile(r"<(?P<closes>/?)think(?:ing)?\s{0,8}(?P<empty>/?)>", re.IGNORECASE)
_MAY_BECOME_TAG = re.compile(
    r"</?(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?\Z"
    r"|</?think(?:ing)?\s{0,8}/?\Z",
    re.IGNORECASE,
)


class ThinkFilter:
    """Passes on all text but that between `<think>` and `</think>` (or `<thinking>`).

    A block that is never closed lasts to the end.  Of a closing tag without an
    opening one only the tag is dropped, and `unopened` is set: what came before it
    may have been thinking.  Blocks do not nest.  At most a few characters, those of
    what may be a tag, are held back.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self.unopened = False

    def feed(self, text: str) -> str:
        """The part of `text`, and of what was held back, that is not thinking."""
        if not (self._held or self._thinking) and "<" not in text:
            return text
        text = self._held + text
        passed: list[str] = []
        start = 0
        for tag in _TAG.finditer(text):
            if not self._thinking:
                passed.append(text[start : tag.start()])
                self._thinking = not tag["closes"] and not tag["empty"]
                self.unopened = self.unopened or bool(tag["closes"])
            elif tag["closes"]:
                self._thinking = False
            start = tag.end()
        stop = text.rfind("<", start)
        if stop < 0 or not _MAY_BECOME_TAG.match(text, stop):
            stop = len(text)
        self._held = text[stop:]
        if not self._thinking:
            passed.append(text[start:stop])
        return "".join(passed)

    def flush(self) -> str:
        """The text is at its end: what was held back is no tag.  Then as new."""
        held = "" if self._thinking else self._held
        self._held = ""
        self._thinking = False
        return held


def without_thinking(text: str) -> str:
    """A whole text without its thinking; of a block that began earlier, the rest goes too."""
    stray = None
    for tag in _TAG.finditer(text):
        if not tag["closes"] and not tag["empty"]:
            break
        if tag["closes"]:
            stray = tag
    if stray is not None:
        text = text[stray.end() :]
    thinking = ThinkFilter()
    return thinking.feed(text) + thinking.flush()
