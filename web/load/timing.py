"""When things came, beside when the mock upstream had sent what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import msgspec

from web.load.messages import Received
from web.mock_upstream.log import Written
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.story import sentences_of, tokens_of

__all__ = ["Timing", "timing"]

_HEARD_MS = 10.0
"""A shorter silence is covered by the buffer that any player has."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Of one session, in milliseconds.

    `first_audio`: from the request to the first audio; None if none came.
    `excess`: of that what is above the ideal, at which the first whole sentence had been
    written, and the voice had taken its time to begin.  A server that speaks the first clause
    by itself can be below it.
    `start`: from the request to the server's own at the model.
    `underruns`: how often a player that begins with the first audio ran dry.
    `text_lag`: of every token, from the model to the listener.
    """

    first_audio: float | None
    excess: float | None
    start: float | None
    underruns: int
    silence: float
    audio: float
    text_lag: list[float]


def timing(
    events: Sequence[Received],
    posted_at: float,
    written: Written | None,
    settings: MockSettings,
) -> Timing:
    """The figures of a session; `written` is what the model tells of it."""
    audio = [event for event in events if event.type == "audio_chunk"]
    underruns, silence = _dry(audio)
    first_at = audio[0].at if audio else None
    ideal_at, lag = None, list[float]()
    if written is not None:
        sentences = sentences_of(written.seed, settings.sentences)
        ends = list(accumulate(len(token) for token in tokens_of(" ".join(sentences))))
        sent_at = _sent_at(written, ends, len(sentences[0]))
        ideal_at = None if sent_at is None else sent_at + settings.first_byte
        lag = _lag(events, written, ends)
    return Timing(
        first_audio=_ms(posted_at, first_at),
        excess=_ms(ideal_at, first_at),
        start=_ms(posted_at, written.asked_at if written is not None else None),
        underruns=underruns,
        silence=silence,
        audio=sum(event.audio_ms for event in audio),
        text_lag=lag,
    )


def _ms(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else (end - begin) * 1_000


def _sent_at(written: Written, ends: Sequence[int], characters: int) -> float | None:
    """When so many characters had been written."""
    for end, at in zip(ends, written.sent_at, strict=False):
        if end >= characters:
            return at
    return None


def _dry(audio: Sequence[Received]) -> tuple[int, float]:
    underruns, silence = 0, 0.0
    lasts_until = audio[0].at if audio else 0.0
    for piece in audio:
        late_ms = (piece.at - lasts_until) * 1_000
        if late_ms > _HEARD_MS:
            underruns, silence = underruns + 1, silence + late_ms
        lasts_until = max(lasts_until, piece.at) + piece.audio_ms / 1_000
    return underruns, silence


def _lag(events: Sequence[Received], written: Written, ends: Sequence[int]) -> list[float]:
    """A token counts as shown when its last character is."""
    lag, shown, token = list[float](), 0, 0
    sent = list(zip(ends, written.sent_at, strict=False))
    for event in events:
        if event.type != "text_chunk":
            continue
        shown += len(event.text)
        while token < len(sent) and sent[token][0] <= shown:
            lag.append((event.at - sent[token][1]) * 1_000)
            token += 1
    return lag
