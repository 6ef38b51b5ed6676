"""Chatterbox TTS API, travisvn's server: cloned voices, which stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Any

import msgspec

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech.base import OVER_HTTP, Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.calling.caller import Caller
from narration.speech.calling.incoming import IncomingAudio
from narration.speech.calling.known_voices import KnownVoices
from narration.speech.calling.ranges import within
from narration.speech.calling.sse_audio import is_sse, sse_audio
from narration.speech.digest import digest

__all__ = ["ADAPTER", "ChatterboxSpeech"]

# It speaks with the sample that is its default, unless its library has a voice of this name.
_DEFAULT_VOICE = "alloy"
_SAMPLE_RATE = 24_000
_RANGES = {"exaggeration": (0.25, 2.0), "cfg_weight": (0.0, 1.0), "temperature": (0.05, 5.0)}
_PROFILE = Profile(
    formats=("wav",),
    sample_rate=_SAMPLE_RATE,
    streams=True,
    # It starts every request at once, on one graphics card and without a lock.
    concurrency=1,
    # Longer sentences turn into noise, or are cut.
    max_chars=280,
    params=tuple(_RANGES),
)


class _Entry(msgspec.Struct):
    name: str
    aliases: list[str] = []


class _Library(msgspec.Struct):
    voices: list[_Entry]


class ChatterboxSpeech:
    """A server at `config.url`; a null in `extra_params` leaves a field out.

    It streams WAV, or server-sent events if `extra_params` has `stream_format: sse`.
    """

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        self.default_voice = config.voice or _DEFAULT_VOICE
        self._model = config.model
        self._extra_params = config.extra_params
        url = config.url.rstrip("/").removesuffix("/v1")
        self.parameters = digest(url, self._model, config.extra_params)
        self._caller = Caller(name, url, config, public_only=public_only)
        self._known_voices = KnownVoices(name, self._names)

    async def start(self) -> None:
        """Make the first sentence no slower than others."""
        await self._caller.start()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes: a piece for every part of the text."""
        voice = request.voice or self.default_voice
        if voice != _DEFAULT_VOICE:
            await self._known_voices.check(voice)
        body: dict[str, Any] = {
            "input": request.text,
            "voice": voice,
            "model": self._model or None,
            **self._extra_params,
            **within(self.name, request.params, _RANGES),
        }
        events = body.get("stream_format") == "sse"
        path = "/v1/audio/speech" if events else "/v1/audio/speech/stream"
        async with self._caller.ask(path, body, gather=request.gather) as answer:
            if is_sse(answer):
                spoken = sse_audio(answer, "audio/pcm", _SAMPLE_RATE)
            else:
                spoken = answer.audio(IncomingAudio(answer.content_type, _SAMPLE_RATE))
            async with aclosing(spoken):
                async for audio in spoken:
                    yield audio

    async def voices(self) -> list[Voice]:
        """The server's default, and the voices in its library."""
        library = await self._library()
        if library is None:
            message = (
                "it does not tell its voices: check that url is that of the server's root"
            )
            raise SpeechError(self.name, message, retryable=False)
        names = [entry.name for entry in library if entry.name != _DEFAULT_VOICE]
        default = Voice(_DEFAULT_VOICE, "The server's default")
        return [default, *(Voice(name, name) for name in names)]

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._caller.aclose()

    async def _names(self) -> Collection[str] | None:
        library = await self._library()
        if library is None:
            return None
        return {name for entry in library for name in (entry.name, *entry.aliases)}

    async def _library(self) -> list[_Entry] | None:
        # Versions differ in where the list is.
        for path in ("/voices", "/audio/voices"):
            status, said = await self._caller.look_up(path)
            if status == 200:
                try:
                    return msgspec.json.decode(said, type=_Library).voices
                except (ValueError, RecursionError):
                    continue
        return None


ADAPTER = Adapter(
    open=ChatterboxSpeech,
    profile=_PROFILE,
    label="Chatterbox TTS API",
    settings=OVER_HTTP | {"model"},
    default_url="http://127.0.0.1:4123",
)
