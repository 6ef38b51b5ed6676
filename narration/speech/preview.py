"""Has one sentence spoken, to hear how a voice sounds, or to learn why it does not."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec

from narration.audio.loudness import Amplifier, LoudnessMeter
from narration.audio.transcoder import Transcoder
from narration.config import LoudnessConfig
from narration.errors import Busy, SpeechError
from narration.speech.base import SpeechRequest
from narration.speech.cast import Part
from narration.speech.policy.attempt import sound_of
from narration.speech.policy.plausible import PlausibleLength
from narration.speech.policy.spoken_length import spoken_length
from narration.speech.policy.voice_level import VoiceLevel
from narration.speech.policy.voice_rate import VoiceRate
from narration.speech.scheduler import Claim
from narration.story import Word

__all__ = ["Preview", "preview"]

_DUE_SECONDS = 2.0
"""It goes before what nobody waits for, and after whoever has next to nothing left to hear."""

_TURN_SECONDS = 30.0
_SPEAK_SECONDS = 60.0


class Preview(msgspec.Struct, frozen=True):
    """A sentence as it is spoken; how long the service took to its first sound, and in all."""

    pcm: bytes
    words: tuple[Word, ...]
    first_audio_ms: float
    total_ms: float


async def preview(
    part: Part, text: str, user_id: int, loudness: LoudnessConfig, transcoder: Transcoder
) -> Preview:
    """What becomes of `text` now: one attempt, whatever is known of the service, and nobody
    steps in.  Its failure counts for nobody; if it is spoken, the service is asked again.

    Raises:
        Busy: it did not get its turn, since others have so much to be spoken.
        SpeechError: it cannot be spoken; the message says what to do.
    """
    provider, time = part.provider, asyncio.get_running_loop().time
    claim = Claim(f"preview for user {user_id}", due_at=time() + _DUE_SECONDS, first=False)
    has_turn = False
    try:
        async with asyncio.timeout(_TURN_SECONDS) as limit, provider.scheduler.place(claim):
            limit.reschedule(time() + _SPEAK_SECONDS)
            has_turn = True
            spoken = await _spoken(part, text)
    except TimeoutError:
        if not has_turn:
            raise Busy(f"{provider.name} has many others to speak for; try again") from None
        message = f"it did not speak a sentence within {_SPEAK_SECONDS:g} s"
        raise SpeechError(provider.name, message, retryable=True) from None
    part.access(user_id).worked()
    if not loudness.even:
        return spoken
    pcm = await transcoder.at_once(_levelled, spoken.pcm, loudness)
    return msgspec.structs.replace(spoken, pcm=pcm)


async def _spoken(part: Part, text: str) -> Preview:
    time = asyncio.get_running_loop().time
    request = SpeechRequest(text, part.by.voice, part.by.speed, part.params)
    # What others heard of the voice is left out: nothing is learnt from one who tries it out.
    plausible = PlausibleLength(VoiceRate(part.by.speed), spoken_length(text))
    audio = sound_of(part.provider, request, plausible, lambda: True)
    pcm, began, first_ms = bytearray(), time(), 0.0
    words: tuple[Word, ...] = ()
    async with aclosing(audio):
        async for piece in audio:
            if piece.pcm and not pcm:
                first_ms = (time() - began) * 1_000
            pcm += piece.pcm
            words += piece.words
    total_ms = (time() - began) * 1_000
    return Preview(bytes(pcm), words, round(first_ms, 1), round(total_ms, 1))


def _levelled(pcm: bytes, loudness: LoudnessConfig) -> bytes:
    """As loud as a sentence is in a scene."""
    meter = LoudnessMeter()
    meter.feed(pcm)
    gain_db = VoiceLevel().gain(loudness.target_lufs, meter.lufs, meter.seconds)
    amplifier = Amplifier(gain_db, loudness.peak_dbfs)
    return amplifier.feed(pcm) + amplifier.finish()
