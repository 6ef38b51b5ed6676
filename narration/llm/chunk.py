"""One event of a chat completions stream, of which only what is needed is read."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

__all__ = ["Chunk", "NotAChunk", "Unfinished", "error_code", "read_chunk"]


class NotAChunk(Exception):
    """An event's data is not what a chat completions stream sends."""


class Unfinished(NotAChunk):
    """The data ends in the middle of its JSON."""


class _Part(msgspec.Struct, frozen=True):
    type: str = ""
    text: str | None = None


class _Delta(msgspec.Struct, frozen=True):
    """A piece of the answer, or of the reasoning before it, under either of its names."""

    content: str | list[_Part] | None = None
    reasoning: Any = None
    reasoning_content: Any = None
    refusal: Any = None

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
    """All of the answer, from a service that streams none, or once more after the deltas."""
    finish_reason: str | None = None


class _Event(msgspec.Struct, frozen=True):
    """`choices` is empty in the event that reports usage.  Some errors are not in `error`."""

    choices: list[_Choice] | None = None
    error: Any = None
    object: Any = None
    code: Any = None
    type: Any = None
    message: Any = None


class Chunk(NamedTuple):
    """What counts of one event.

    `has_choice`: it is about an answer.  `text`: what it adds to that, often nothing, and
    perhaps halves of characters (`Halves`).  `is_token`: the model worked for it; the first
    event often only names a role.  `is_whole`: `text` is all of the answer.  `finish_reason`:
    why the answer ends here, empty if it does not.  `error` is what went wrong, None if
    nothing did.  `refused`: the model says that it will not answer.
    """

    has_choice: bool
    text: str
    is_token: bool
    finish_reason: str
    error: Any
    is_whole: bool = False
    refused: bool = False


# It says so of half a surrogate pair as well.
_TRUNCATED = "Input data was truncated"
_decoder = msgspec.json.Decoder(_Event)


def read_chunk(data: bytes) -> str | Chunk:
    """Decode an event's data, broken characters in it included.

    Of most events nothing counts but the text that they add, which is never empty.

    Raises:
        Unfinished: it would be, if more came.
        NotAChunk: it is not what a chat completions stream sends.
    """
    try:
        event = _decoder.decode(data)
    except (ValueError, RecursionError) as error:
        event = _decoded_otherwise(data, error)
    if event.choices and event.error is None and event.object != "error":
        choice = event.choices[0]
        delta = choice.delta
        if not (delta is None or choice.index or choice.finish_reason or choice.message):
            content = delta.content
            if type(content) is str and content and not delta.refusal:
                return content
    return _chunk(event)


def _chunk(event: _Event) -> Chunk:
    error = (event.error or "error") if event.error or event.object == "error" else None
    for choice in event.choices or ():
        if choice.index:
            continue  # There are other answers only for those who ask for them.
        delta, reason, is_whole = choice.delta, choice.finish_reason or "", False
        if choice.message is not None and not (delta is not None and delta.content):
            delta, is_whole = choice.message, True
        if delta is None:
            return Chunk(True, "", False, reason, error)
        text = delta.text
        is_token = bool(text or delta.content or delta.reasoning or delta.reasoning_content)
        if is_whole or delta.refusal:
            return Chunk(True, text, is_token, reason, error, is_whole, bool(delta.refusal))
        return Chunk(True, text, is_token, reason, error)
    if error is None and isinstance(event.message, str) and (event.code or event.type):
        error = {"type": event.type, "code": event.code}
    return Chunk(False, "", False, "", error)


def _decoded_otherwise(data: bytes, error: Exception) -> _Event:
    if isinstance(error, msgspec.ValidationError):
        raise NotAChunk from error
    # A token can be a part of a character, and not every service waits for the rest of it.
    try:
        return msgspec.convert(json.loads(data.decode(errors="surrogateescape")), _Event)
    except (ValueError, RecursionError):
        raise (Unfinished if str(error) == _TRUNCATED else NotAChunk) from error


def error_code(error: Any) -> str:
    """The code in an error's report; not its message, which may repeat the story's text."""
    if isinstance(error, dict):
        for key in ("type", "code"):
            code = str(error.get(key) or "")
            if code.replace("_", "").isalnum() and len(code) <= 60:
                return code
    return "error"
