"""One event of a chat completions stream, of which only what is needed is read."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

__all__ = ["Chunk", "NotAChunk", "error_code", "read_chunk"]


class NotAChunk(Exception):
    """An event's data is not what a chat completions stream sends."""


class _Part(msgspec.Struct, frozen=True):
    type: str = ""
    text: str | None = None


class _Delta(msgspec.Struct, frozen=True):
    """A piece of the answer, or of the reasoning before it, under either of its names."""

    content: str | list[_Part] | None = None
    reasoning: Any = None
    reasoning_content: Any = None

    @property
    def text(self) -> str:
        if self.content is None:
            return ""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text or "" for part in self.content if part.type == "text")


class _Choice(msgspec.Struct, frozen=True):
    index: int | None = None
    delta: _Delta | None = None
    message: _Delta | None = None
    """All of the answer, from a service that streams none."""
    finish_reason: str | None = None


class _Event(msgspec.Struct, frozen=True):
    """`choices` is empty in the event that reports usage."""

    choices: list[_Choice] | None = None
    error: Any = None
    object: Any = None


class Chunk(NamedTuple):
    """What counts of one event.

    `has_choice`: it is about an answer.  `text`: what it adds to that, often nothing.
    `is_token`: the model worked for it; the first event often only names a role.
    `finish_reason`: why the answer ends here, empty if it does not.  `error` is what went
    wrong, None if nothing did.
    """

    has_choice: bool
    text: str
    is_token: bool
    finish_reason: str
    error: Any


_decoder = msgspec.json.Decoder(_Event)


def read_chunk(data: bytes) -> Chunk:
    """Decode an event's data, broken characters in it included.

    Raises:
        NotAChunk: it is not what a chat completions stream sends.
    """
    event = _decoded(data)
    error = (event.error or "error") if event.error or event.object == "error" else None
    for choice in event.choices or ():
        if choice.index:
            continue  # There are other answers only for those who ask for them.
        if (delta := choice.delta or choice.message) is None:
            return Chunk(True, "", False, choice.finish_reason or "", error)
        text = delta.text
        is_token = bool(text or delta.content or delta.reasoning or delta.reasoning_content)
        if not text.isascii():
            text = _whole(text)
        return Chunk(True, text, is_token, choice.finish_reason or "", error)
    return Chunk(False, "", False, "", error)


def _decoded(data: bytes) -> _Event:
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise NotAChunk from error
    except (ValueError, RecursionError):
        pass
    # A token can be a part of a character, and not every service waits for the rest of it.
    try:
        return msgspec.convert(json.loads(data.decode(errors="replace")), _Event)
    except (ValueError, RecursionError) as error:
        raise NotAChunk from error


def _whole(text: str) -> str:
    """`text` without halves of characters, which can be neither stored nor sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def error_code(error: Any) -> str:
    """The code in an error's report; not its message, which may repeat the story's text."""
    if isinstance(error, dict):
        for key in ("type", "code"):
            code = str(error.get(key) or "")
            if code.replace("_", "").isalnum() and len(code) <= 60:
                return code
    return "error"
