"""Any voice behind OpenAI's speech API: OpenAI itself, and many more that speak like it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx

from narration.config import ProviderConfig
from narration.speech.base import OVER_HTTP, Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.calling.caller import Answer, Caller
from narration.speech.calling.formats import CONTENT_TYPES, FORMATS
from narration.speech.calling.incoming import IncomingAudio
from narration.speech.calling.sse_audio import is_sse, sse_audio
from narration.speech.calling.voice_list import OPENAI_VOICES, read_voices
from narration.speech.digest import digest

__all__ = ["ADAPTER", "OpenAISpeech"]

_SPEEDS = (0.25, 4.0)
# The name that servers of other makers understand too.
_DEFAULT_VOICE = "alloy"
_DEFAULT_MODEL = "tts-1"
_PROFILE = Profile(
    formats=FORMATS,
    sample_rate=24_000,
    streams=True,
    concurrency=1,
    max_chars=280,
    speeds=_SPEEDS,
    params=("instructions",),
)


class OpenAISpeech:
    """A voice at `config.url`; a null in `extra_params` leaves a field out.

    With `stream_format: sse` among them the end of the audio is marked, so that none is
    lost unnoticed.
    """

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        self.default_voice = config.voice or _DEFAULT_VOICE
        self._model = config.model or _DEFAULT_MODEL
        self._format = config.response_format or FORMATS[0]
        self._extra_params = config.extra_params
        self.parameters = digest(
            config.url,
            self._model,
            self._format,
            self.profile.sample_rate,
            config.extra_params,
        )
        self._caller = Caller(name, config.url, config, public_only=public_only)

    async def start(self) -> None:
        """Make the first sentence no slower than others."""
        await self._caller.start()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes."""
        body: dict[str, Any] = {
            "model": self._model,
            "input": request.text,
            "voice": request.voice or self.default_voice,
            "response_format": self._format,
            # Not every service knows the field, and most requests do not need it.
            "speed": request.speed if request.speed != 1 else None,
            **self._extra_params,
            **request.params,
        }
        async with (
            self._caller.ask("/audio/speech", body, gather=request.gather) as answer,
            aclosing(self._read(answer)) as audio,
        ):
            async for piece in audio:
                yield piece

    async def voices(self) -> list[Voice]:
        """The voices that the service lists; its default alone if it keeps no list."""
        if httpx.URL(self._caller.url).host == "api.openai.com":
            return [Voice(name, name.capitalize()) for name in OPENAI_VOICES]
        for path in ("/audio/voices", "/voices"):
            status, said = await self._caller.look_up(path)
            if status == 200 and (voices := read_voices(said)):
                return voices
        return [Voice(self.default_voice, self.default_voice)]

    def _read(self, answer: Answer) -> AsyncGenerator[Audio]:
        rate = self.profile.sample_rate
        if is_sse(answer):
            return sse_audio(answer, CONTENT_TYPES[self._format], rate)
        return answer.audio(IncomingAudio(answer.content_type, rate))

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._caller.aclose()


ADAPTER = Adapter(
    open=OpenAISpeech,
    profile=_PROFILE,
    label="OpenAI-compatible",
    settings=OVER_HTTP | {"model", "response_format", "sample_rate"},
)
