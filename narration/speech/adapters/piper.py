"""Piper's own HTTP server: small voices for any computer, in many languages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Any

import msgspec

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech.base import Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.calling.caller import Caller
from narration.speech.calling.incoming import IncomingAudio
from narration.speech.calling.known_voices import KnownVoices
from narration.speech.calling.ranges import within
from narration.speech.digest import digest

__all__ = ["ADAPTER", "PiperSpeech"]

_SPEEDS = (0.5, 2.0)
# Most voices' rate.  It always sends WAV, which tells its own.
_SAMPLE_RATE = 22_050
# Each sound is rounded up to whole frames, whatever the length scale.  So much of a sentence
# that makes (measured: `tests/e2e/test_real_piper.py`).
_ROUNDING = 0.23
_RANGES = {
    "speaker_id": (0.0, 10_000.0),
    "noise_scale": (0.0, 2.0),
    "noise_w_scale": (0.0, 2.0),
}
_PROFILE = Profile(
    formats=("wav",),
    sample_rate=_SAMPLE_RATE,
    streams=False,
    # One model without a lock, and a thread for every request.
    concurrency=1,
    max_chars=500,
    speeds=_SPEEDS,
    params=("speaker", *_RANGES),
)


class PiperSpeech:
    """A Piper server at `config.url`; a null in `extra_params` leaves a field out."""

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        # Without a name it speaks with the voice that it was started with.
        self.default_voice = config.voice
        self.parameters = digest(config.url, config.extra_params)
        self._extra_params = config.extra_params
        self._caller = Caller(name, config.url, config, public_only=public_only)
        self._known_voices = KnownVoices(name, self._names)
        self._path = ""

    async def start(self) -> None:
        """Make the first sentence no slower than others."""
        await self._caller.start()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield the sentence, which comes only when all of it is spoken."""
        voice = request.voice or self.default_voice
        if voice:
            await self._known_voices.check(voice)
        body = {"text": request.text, "voice": voice or None, **self._extra_params}
        body |= self._listeners(request.params)
        if request.speed != 1:
            usual = body.get("length_scale") or 1
            if not isinstance(usual, int | float):
                message = "length_scale in extra_params has to be a number"
                raise SpeechError(self.name, message, retryable=False)
            body["length_scale"] = usual * _length_scale(request.speed)
        try:
            async with self._caller.ask(
                await self._where(), body, gather=request.gather
            ) as answer:
                # It says that its audio is HTML.
                incoming = IncomingAudio("audio/wav", _SAMPLE_RATE)
                async with aclosing(answer.audio(incoming)) as audio:
                    async for piece in audio:
                        yield piece
        except SpeechError:
            self._path = ""  # It may be another version by now.
            raise

    async def voices(self) -> list[Voice]:
        """The voices in the server's folders."""
        names = await self._names()
        if names is None:
            message = "it does not tell its voices: check that url is that of a Piper server"
            raise SpeechError(self.name, message, retryable=False)
        return [Voice(name, name) for name in sorted(names)]

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._caller.aclose()

    async def _names(self) -> Collection[str] | None:
        status, said = await self._caller.look_up("/voices")
        if status != 200:
            return None
        try:
            return msgspec.json.decode(said, type=dict[str, msgspec.Raw])
        except (ValueError, RecursionError):
            return None

    async def _where(self) -> str:
        """Where it speaks: newer versions have a page at the root, older ones spoke there."""
        if not self._path:
            # Asked to tell instead of to do, it says 404 only if there is no such place.
            status, _ = await self._caller.look_up("/synthesize")
            self._path = "/" if status == 404 else "/synthesize"
        return self._path

    def _listeners(self, params: dict[str, Any]) -> dict[str, Any]:
        fitting: dict[str, Any] = dict(within(self.name, params, _RANGES))
        if "speaker_id" in fitting:
            fitting["speaker_id"] = int(fitting["speaker_id"])
        if (speaker := params.get("speaker")) is not None:
            if not isinstance(speaker, str):
                message = "speaker has to be a name, as text"
                raise SpeechError(self.name, message, retryable=False)
            fitting["speaker"] = speaker
        return fitting


def _length_scale(speed: float) -> float:
    """What makes it speak at `speed`, or as near to it as it can."""
    slowest, fastest = _SPEEDS
    speed = min(max(speed, slowest), fastest)
    return (1 / speed - _ROUNDING) / (1 - _ROUNDING)


ADAPTER = Adapter(
    open=PiperSpeech, profile=_PROFILE, label="Piper", default_url="http://127.0.0.1:5000"
)
