"""Kokoro-FastAPI: OpenAI's speech API, with mixed voices and the times of words."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech.base import OVER_HTTP, Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.calling.caller import Answer, Caller
from narration.speech.calling.formats import CONTENT_TYPES, FORMATS
from narration.speech.calling.incoming import IncomingAudio
from narration.speech.calling.voice_list import read_voices
from narration.speech.calling.word_times import WordTimes, brief
from narration.speech.digest import digest
from narration.story import Word

__all__ = ["ADAPTER", "KokoroSpeech"]

_SPEEDS = (0.25, 4.0)
_DEFAULT_VOICE = "af_heart"
_DEFAULT_MODEL = "kokoro"
_SAMPLE_RATE = 24_000
_NO_WORD_TIMES = (
    "it tells no times of words (404): check its version, or set word_times to false"
)
_PROFILE = Profile(
    formats=FORMATS,
    sample_rate=_SAMPLE_RATE,
    streams=True,
    word_times=True,
    concurrency=1,
    max_chars=280,
    speeds=_SPEEDS,
    params=("lang_code",),
)


class _Captioned(msgspec.Struct, frozen=True):
    """A line of `/dev/captioned_speech`.  The audio is base64, which msgspec decodes."""

    audio: bytes | None = None
    timestamps: msgspec.Raw = msgspec.Raw(b"null")


_decoder = msgspec.json.Decoder(_Captioned)


class KokoroSpeech:
    """A Kokoro-FastAPI server at `config.url`."""

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        self.default_voice = config.voice or _DEFAULT_VOICE
        self._model = config.model or _DEFAULT_MODEL
        self._format = config.response_format or FORMATS[0]
        self._extra_params = config.extra_params
        url = config.url.rstrip("/").removesuffix("/v1")
        self.parameters = digest(url, self._model, self._format, config.extra_params)
        self._caller = Caller(name, url, config, public_only=public_only)

    async def start(self) -> None:
        """Make the first sentence no slower than others."""
        await self._caller.start()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes, and its words if they are wanted."""
        body: dict[str, Any] = {
            "model": self._model,
            "input": _as_text(request.text),
            "voice": request.voice or self.default_voice,
            "response_format": self._format,
            "speed": request.speed,
            "stream": True,
            **self._extra_params,
            **request.params,
        }
        spoken = (
            self._captioned(body, request)
            if self.profile.word_times
            else self._plain(body, request)
        )
        async with aclosing(spoken):
            async for audio in spoken:
                yield audio

    async def voices(self) -> list[Voice]:
        """The voices that are installed; they can be mixed: `af_bella(2)+af_sky(1)`."""
        status, said = await self._caller.look_up("/v1/audio/voices")
        if status == 200 and (voices := read_voices(said)):
            return voices
        message = (
            f"it does not tell its voices ({status}): check that url is the server's root"
        )
        raise SpeechError(self.name, message, retryable=False)

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._caller.aclose()

    async def _plain(
        self, body: dict[str, Any], request: SpeechRequest
    ) -> AsyncGenerator[Audio]:
        async with self._caller.ask("/v1/audio/speech", body, gather=request.gather) as answer:
            incoming = IncomingAudio(answer.content_type, _SAMPLE_RATE)
            async with aclosing(answer.audio(incoming)) as audio:
                async for piece in audio:
                    yield piece

    async def _captioned(
        self, body: dict[str, Any], request: SpeechRequest
    ) -> AsyncGenerator[Audio]:
        body["return_timestamps"] = True
        path = "/dev/captioned_speech"
        async with self._caller.ask(
            path, body, missing=_NO_WORD_TIMES, gather=request.gather
        ) as answer:
            incoming = IncomingAudio(CONTENT_TYPES[self._format], _SAMPLE_RATE)
            times = WordTimes()
            async with aclosing(answer.lines()) as lines:
                async for line in lines:
                    captioned = _read(answer, line)
                    words = _words(times, captioned.timestamps)
                    for pcm in await answer.samples(incoming, captioned.audio or b""):
                        yield Audio(pcm, words)
                        words = ()
                    if words:
                        yield Audio(b"", words)
            for pcm in await answer.last_samples(incoming):
                yield Audio(pcm)


def _as_text(text: str) -> str:
    """`text` with nothing in it that the server takes for more than text.

    To it, `[word](/sounds/)` says how to pronounce a word, and `[pause:2s]` is a pause,
    or a mistake that it answers with silence.  It does not speak brackets.
    """
    return text.replace("](", "] (").replace("[", "[ ")


def _read(answer: Answer, line: bytes) -> _Captioned:
    if not line.strip():
        return _Captioned()
    try:
        return _decoder.decode(line)
    except (ValueError, RecursionError):
        message = "its captions cannot be read: set word_times to false, or update it"
        raise answer.error(message) from None


def _words(times: WordTimes, timestamps: msgspec.Raw) -> tuple[Word, ...]:
    said = msgspec.json.decode(brief(timestamps))
    entries = said if isinstance(said, list) else []
    return tuple(
        word
        for entry in entries
        if isinstance(entry, dict)
        for word in times.add(
            entry.get("word"), _ms(entry.get("start_time")), _ms(entry.get("end_time"))
        )
    )


def _ms(seconds: Any) -> float | None:
    return seconds * 1_000 if isinstance(seconds, int | float) else None


ADAPTER = Adapter(
    open=KokoroSpeech,
    profile=_PROFILE,
    label="Kokoro-FastAPI",
    settings=OVER_HTTP | {"model", "response_format", "word_times"},
    default_url="http://127.0.0.1:8880",
)
