"""Finds out whether what a service sent can be the sentence that it was given."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import numpy.typing as npt

from narration.audio.pcm import BYTES_PER_MS, duration_ms
from narration.errors import Misspoken, SpeechError
from narration.speech.base import Audio
from narration.speech.policy.spoken_length import spoken_length
from narration.speech.policy.voice_rate import VoiceRate

__all__ = ["MOST_SILENCE_MS", "checked"]

MOST_SILENCE_MS = 10_000
"""Longer than this no sentence is silent before it begins."""

_WINDOW_BYTES = 20 * BYTES_PER_MS
# 55 dB below full scale: no voice is so soft.
_SILENT = round(32_768 * 10 ** (-55 / 20))


async def checked(
    audio: AsyncGenerator[Audio], service: str, text: str, rate: VoiceRate | None
) -> AsyncGenerator[Audio]:
    """The same audio; silence before the first sound waits until that is heard.

    `rate` tells how long the voice may take, and learns from what was good; without one
    nothing but empty audio is found.  Closing the result closes `audio`.

    Raises:
        Misspoken: it is silent, or so short or so long that it is not `text`.
        SpeechError: it is empty.
    """

    def error(what: str, kind: type[SpeechError] = Misspoken) -> SpeechError:
        return kind(service, f"{what}: its log may say why", retryable=True)

    length = spoken_length(text)
    ms = 0.0
    silent: list[Audio] | None = None if rate is None else []
    async with aclosing(audio):
        async for piece in audio:
            ms += duration_ms(piece.pcm)
            if rate is not None and ms > rate.most_seconds(length) * 1_000:
                rate.misfit()
                raise error("it speaks for far longer than the sentence takes")
            if silent is None:
                yield piece
                continue
            silent.append(piece)
            if _audible(piece.pcm):
                for waiting in silent:
                    yield waiting
                silent = None
            elif ms > MOST_SILENCE_MS:
                break
    if not ms:
        raise error("it sent no audio", SpeechError)
    if silent is not None:
        raise error("it sent nothing but silence")
    if rate is not None:
        if ms < rate.least_seconds(length) * 1_000:
            rate.misfit()
            raise error("it spoke only a part of the sentence")
        rate.learn(length, ms / 1_000)


def _audible(pcm: bytes) -> bool:
    """Whether any 20 ms of it are louder than silence."""
    samples, size = np.frombuffer(pcm, "<i2").astype(np.float32), _WINDOW_BYTES // 2
    # A glance first: what is loud is mostly so at once.
    if not len(samples) or _is_loud(samples[:size]):
        return bool(len(samples))
    return any(
        _is_loud(samples[start : start + size]) for start in range(size, len(samples), size)
    )


def _is_loud(window: npt.NDArray[np.float32]) -> bool:
    return bool(np.dot(window, window) >= _SILENT**2 * len(window))
