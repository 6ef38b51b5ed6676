"""One event of a chat completions stream, of which only what is needed is read."""

from __future__ import annotations

import json
from typing import Any

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


class _Choice(msgspec.Struct, frozen=True):
    index: int | None = None
    delta: _Delta | None = None
    message: _Delta | None = None
    """All of the answer, from a service that streams none."""
    finish_reason: str | None = None

    @property
    def piece(self) -> _Delta | None:
        return self.delta or self.message


class Chunk(msgspec.Struct, frozen=True):
    """One event.  `choices` is empty in the one that reports usage."""

    choices: list[_Choice] | None = None
    error: Any = None
    object: Any = None

    @property
    def is_error(self) -> bool:
        return bool(self.error) or self.object == "error"

    @property
    def choice(self) -> _Choice | None:
        """The first answer's piece; there are others only for those who ask for them."""
        return next((choice for choice in self.choices or () if not choice.index), None)

    @property
    def text(self) -> str:
        """The text it adds to the answer; often none."""
        delta = self.choice and self.choice.piece
        if not delta or not delta.content:
            return ""
        if isinstance(delta.content, str):
            return _whole(delta.content)
        return _whole(
            "".join(part.text or "" for part in delta.content if part.type == "text")
        )

    @property
    def is_token(self) -> bool:
        """Whether the model worked for it; the first event often only names a role."""
        delta = self.choice and self.choice.piece
        return bool(delta and (delta.content or delta.reasoning or delta.reasoning_content))

    @property
    def finish_reason(self) -> str:
        """Why the answer ends here; empty if it does not."""
        return (self.choice and self.choice.finish_reason) or ""


_decoder = msgspec.json.Decoder(Chunk)


def read_chunk(data: bytes) -> Chunk:
    """Decode an event's data, broken characters in it included.

    Raises:
        NotAChunk: it is not what a chat completions stream sends.
    """
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise NotAChunk from error
    except (ValueError, RecursionError):
        pass
    # A token can be a part of a character, and not every service waits for the rest of it.
    try:
        return msgspec.convert(json.loads(data.decode(errors="replace")), Chunk)
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
