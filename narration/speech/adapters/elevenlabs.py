"""ElevenLabs: voices by subscription, over HTTP, a request for every sentence."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

import msgspec

from narration.audio.pcm import duration_ms
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech.base import OVER_HTTP, Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.calling.caller import Answer, Caller
from narration.speech.calling.incoming import IncomingAudio
from narration.speech.calling.ranges import within
from narration.speech.calling.spelling import Spelling
from narration.speech.calling.word_times import brief
from narration.speech.digest import digest

__all__ = ["ADAPTER", "ElevenLabsSpeech"]

_URL = "https://api.elevenlabs.io"
_MODEL = "eleven_flash_v2_5"
_VOICE = "JBFqnCBsd6RMkjVDRZzb"
"""George, whom every account has at first."""
_SAMPLE_RATE = 24_000
_SPEEDS = (0.7, 1.2)
_RANGES = {"stability": (0.0, 1.0), "similarity_boost": (0.0, 1.0), "style": (0.0, 1.0)}
# More of them could be a longer page than is read.
_PAGE_VOICES = 50
_MAX_PAGES = 10
_NO_VOICE = "it has no such voice or model: check voice and model"
_PROFILE = Profile(
    formats=("pcm",),
    sample_rate=_SAMPLE_RATE,
    streams=True,
    # What the free plan allows.
    concurrency=2,
    max_chars=500,
    word_times=True,
    speeds=_SPEEDS,
    params=(*_RANGES, "use_speaker_boost"),
)


class _Alignment(msgspec.Struct):
    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class _Timed(msgspec.Struct):
    """A line of `with-timestamps`.  The audio is base64, which msgspec decodes."""

    audio_base64: bytes | None
    alignment: msgspec.Raw = msgspec.Raw(b"null")


class _Voice(msgspec.Struct):
    voice_id: str
    name: str = ""


class _Page(msgspec.Struct):
    voices: list[_Voice]
    has_more: bool = False
    next_page_token: str | None = None


_timed_decoder = msgspec.json.Decoder(_Timed)
_alignment_decoder = msgspec.json.Decoder(_Alignment | None)
_page_decoder = msgspec.json.Decoder(_Page)


class ElevenLabsSpeech:
    """ElevenLabs; a null in `extra_params` leaves a field out."""

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        self.default_voice = config.voice or _VOICE
        self._model = config.model or _MODEL
        self._extra_params = config.extra_params
        url = config.url.rstrip("/").removesuffix("/v1")
        self.parameters = digest(url, self._model, config.extra_params)
        self._caller = Caller(
            name, url, config, key_header="xi-api-key", public_only=public_only
        )

    async def start(self) -> None:
        """Make the first sentence no slower than others."""
        await self._caller.start()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes, with its words if they are wanted."""
        body = {"text": request.text, "model_id": self._model, **self._extra_params}
        body["voice_settings"] = self._voice_settings(request) or None
        path = self._path(request.voice or self.default_voice)
        timed = self.profile.word_times
        if timed:
            path += "/with-timestamps"
        path += f"?output_format=pcm_{_SAMPLE_RATE}"
        async with self._caller.ask(
            path, body, missing=_NO_VOICE, gather=request.gather
        ) as answer:
            # Not what the answer calls itself: that is JSON, or may be MP3 whatever is in it.
            incoming = IncomingAudio("audio/pcm", _SAMPLE_RATE)
            spoken = self._timed(answer, incoming) if timed else answer.audio(incoming)
            async with aclosing(spoken):
                async for audio in spoken:
                    yield audio

    async def voices(self) -> list[Voice]:
        """The account's voices."""
        voices: list[Voice] = []
        query = f"page_size={_PAGE_VOICES}"
        for _ in range(_MAX_PAGES):
            status, said = await self._caller.look_up(f"/v2/voices?{query}")
            try:
                page = _page_decoder.decode(said) if status == 200 else None
            except (ValueError, RecursionError):
                page = None
            if page is None:
                message = f"it does not tell its voices ({status}): check url"
                raise SpeechError(self.name, message, retryable=False)
            voices += [
                Voice(one.voice_id, one.name or one.voice_id)
                for one in page.voices[:_PAGE_VOICES]
            ]
            if not page.has_more or not page.next_page_token:
                break
            token = quote(page.next_page_token, safe="")
            query = f"page_size={_PAGE_VOICES}&next_page_token={token}"
        return voices

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._caller.aclose()

    def _path(self, voice: str) -> str:
        # Dots alone would lead to another place.
        if not voice.strip("."):
            raise SpeechError(self.name, _NO_VOICE, retryable=False)
        return f"/v1/text-to-speech/{quote(voice, safe='')}/stream"

    def _voice_settings(self, request: SpeechRequest) -> dict[str, Any]:
        usual = self._extra_params.get("voice_settings") or {}
        if not isinstance(usual, dict):
            message = "voice_settings in extra_params has to be an object"
            raise SpeechError(self.name, message, retryable=False)
        settings = usual | within(self.name, request.params, _RANGES)
        if (boost := request.params.get("use_speaker_boost")) is not None:
            settings["use_speaker_boost"] = bool(boost)
        if request.speed != 1:
            slowest, fastest = _SPEEDS
            settings["speed"] = min(max(request.speed, slowest), fastest)
        return settings

    async def _timed(self, answer: Answer, incoming: IncomingAudio) -> AsyncGenerator[Audio]:
        """The audio and the words of an answer that has a JSON object in every line."""
        spelling, audio_ms = Spelling(), 0.0
        async with aclosing(answer.lines()) as lines:
            async for line in lines:
                if not line.strip():
                    continue
                try:
                    timed = _timed_decoder.decode(line)
                except (ValueError, RecursionError):
                    raise answer.error("it broke off with what is no audio") from None
                words = spelling.feed(*_times(timed.alignment), audio_ms)
                for pcm in await answer.samples(incoming, timed.audio_base64 or b""):
                    audio_ms += duration_ms(pcm)
                    yield Audio(pcm, words)
                    words = ()
                if words:
                    yield Audio(b"", words)
        for pcm in await answer.last_samples(incoming):
            yield Audio(pcm)
        if words := spelling.finish():
            yield Audio(b"", words)


def _times(said: msgspec.Raw) -> tuple[list[str], list[float], list[float]]:
    """The characters, and when they begin and end; none if that cannot be read."""
    try:
        alignment = _alignment_decoder.decode(brief(said))
    except (ValueError, RecursionError):
        alignment = None  # The audio is what matters.
    if alignment is None:
        return [], [], []
    return (
        alignment.characters,
        alignment.character_start_times_seconds,
        alignment.character_end_times_seconds,
    )


ADAPTER = Adapter(
    open=ElevenLabsSpeech,
    profile=_PROFILE,
    label="ElevenLabs",
    settings=OVER_HTTP | {"model", "word_times"},
    default_url=_URL,
)
