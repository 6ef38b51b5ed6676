"""What a listener of a load test reads out of what came, once the run is over."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from narration.audio.pcm import BYTES_PER_MS

__all__ = ["Received", "Sentence", "read_all", "sentences"]

_LENGTH_BYTES = 4


class Received(msgspec.Struct, kw_only=True):
    """One event, with the fields that any plain client knows; some servers send no others."""

    type: str
    seq: int = 0
    text: str = ""
    audio: bytes = b""
    format: str = "pcm"
    sentence_number: int = -1
    sentence_text: str = ""
    chunk_number: int | None = None
    duration_ms: float | None = None
    message: str = ""
    at: float = 0.0

    @property
    def audio_ms(self) -> float:
        """How long it sounds."""
        if self.duration_ms is None:
            return len(self.audio) / BYTES_PER_MS
        return self.duration_ms

    @property
    def pcm(self) -> bytes | None:
        """Its samples; None in a format that is not lossless."""
        if self.format == "wav" and (start := self.audio.find(b"data")) >= 0:
            return self.audio[start + 8 :]
        return self.audio if self.format == "pcm" else None


class Sentence(msgspec.Struct, frozen=True):
    """What came in a row about one sentence: pieces of its audio, or that it has none."""

    number: int
    text: str
    pieces: list[Received]
    skipped: bool


_decode = msgspec.json.Decoder(Received).decode


def read_all(messages: Sequence[tuple[float, bytes]]) -> list[Received]:
    """The events, each with the time at which it came.

    Raises:
        msgspec.MsgspecError: something is no event.
    """
    received = list[Received]()
    for at, data in messages:
        if data.startswith(b"{"):
            event = _decode(data)
        else:
            end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES])
            event = _decode(data[_LENGTH_BYTES:end])
            event.audio = data[end:]
        event.at = at
        received.append(event)
    return received


def sentences(events: Sequence[Received]) -> list[Sentence]:
    """The sentences in the order they came; one that comes in two places is in it twice."""
    told = [one for one in events if one.type in ("audio_chunk", "sentence_skipped")]
    groups = itertools.groupby(told, key=lambda one: one.sentence_number)
    found = list[Sentence]()
    for number, group in groups:
        rows = list(group)
        pieces = [one for one in rows if one.type == "audio_chunk"]
        found.append(Sentence(number, rows[0].sentence_text, pieces, len(pieces) < len(rows)))
    return found
