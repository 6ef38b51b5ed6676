"""Makes what a voice speaks as loud as every other voice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from copy import copy

from narration.audio.loudness import Amplifier, GlidingAmplifier, LoudnessMeter
from narration.audio.pcm import BYTES_PER_MS, slices
from narration.audio.transcoder import Transcoder
from narration.config import LoudnessConfig
from narration.speech.base import Audio
from narration.speech.policy.voice_level import VoiceLevel
from narration.speech.recording import Recording
from narration.story import Word

__all__ = ["levelled"]

# What is said to come whole, and is longer than this, is waited for no further.
_GATHERED_BYTES = 120_000 * BYTES_PER_MS


def levelled(
    audio: AsyncGenerator[Audio],
    level: VoiceLevel,
    loudness: LoudnessConfig,
    transcoder: Transcoder,
    *,
    streams: bool,
) -> AsyncGenerator[Audio]:
    """One sentence, just as long, in other pieces, and as loud as `loudness` wants it.

    One that comes whole is measured first.  One that `streams` is not held up: it is made
    as much louder as this voice's earlier sentences call for, or, while little was heard
    of the voice, glides to what this sentence calls for so far.  `level` learns of both.
    Closing the result closes `audio`.
    """
    speak = _streamed if streams else _whole
    return speak(audio, level, loudness, transcoder)


async def _whole(
    audio: AsyncGenerator[Audio],
    level: VoiceLevel,
    loudness: LoudnessConfig,
    transcoder: Transcoder,
) -> AsyncGenerator[Audio]:
    async with aclosing(audio):
        gathered, words = bytearray(), list[Word]()
        async for piece in audio:
            gathered += piece.pcm
            words += piece.words
            if len(gathered) >= _GATHERED_BYTES:
                break
        spoken = bytes(gathered)
        lufs, seconds = await transcoder.at_once(_measured, spoken)
        gain_db = level.gain(loudness.target_lufs, lufs, seconds)
        level.learn(lufs, seconds)
        amplifier = await transcoder.at_once(Amplifier, gain_db, loudness.peak_dbfs)
        pcm = await transcoder.at_once(amplifier.feed, spoken)
        for piece in Recording(pcm, tuple(words)).pieces():
            yield piece
        async for piece in audio:
            pcm = await transcoder.at_once(amplifier.feed, piece.pcm)
            for ready in _pieces(pcm, piece.words):
                yield ready
    for pcm in slices(await transcoder.at_once(amplifier.finish)):
        yield Audio(pcm)


async def _streamed(
    audio: AsyncGenerator[Audio],
    level: VoiceLevel,
    loudness: LoudnessConfig,
    transcoder: Transcoder,
) -> AsyncGenerator[Audio]:
    # As it is known now: another sentence may end, and be learnt of, before this one does.
    sentence = await transcoder.at_once(_Streaming, copy(level), loudness)
    async with aclosing(audio):
        async for piece in audio:
            pcm = await transcoder.at_once(sentence.feed, piece.pcm) if piece.pcm else b""
            for ready in _pieces(pcm, piece.words):
                yield ready
    for pcm in slices(await transcoder.at_once(sentence.finish)):
        yield Audio(pcm)
    level.learn(sentence.meter.lufs, sentence.meter.seconds)


class _Streaming:
    """A sentence that is made louder or softer while it comes."""

    def __init__(self, level: VoiceLevel, loudness: LoudnessConfig) -> None:
        self.meter = LoudnessMeter()
        self._level = level
        self._loudness = loudness
        self._fixed = (
            Amplifier(level.gain_ahead(loudness.target_lufs), loudness.peak_dbfs)
            if level.known
            else None
        )
        self._gliding: GlidingAmplifier | None = None

    def feed(self, pcm: bytes) -> bytes:
        self.meter.feed(pcm)
        if self._fixed is not None:
            return self._fixed.feed(pcm)
        gain_db = self._level.gain_on_the_way(
            self._loudness.target_lufs, self.meter.lufs, self.meter.seconds
        )
        if self._gliding is None:
            self._gliding = GlidingAmplifier(gain_db, self._loudness.peak_dbfs)
        return self._gliding.feed(pcm, gain_db)

    def finish(self) -> bytes:
        amplifier = self._fixed or self._gliding
        return b"" if amplifier is None else amplifier.finish()


def _pieces(pcm: bytes, words: tuple[Word, ...]) -> Iterator[Audio]:
    """What is ready, with words that may be of what comes later."""
    if words and not pcm:
        yield Audio(b"", words)
    for piece in slices(pcm):
        yield Audio(piece, words)
        words = ()


def _measured(pcm: bytes) -> tuple[float | None, float]:
    meter = LoudnessMeter()
    meter.feed(pcm)
    return meter.lufs, meter.seconds
