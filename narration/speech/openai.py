"""Any voice behind OpenAI's speech API: Kokoro, Chatterbox, OpenAI itself and many more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx

from narration.audio.pcm import slices
from narration.config import SpeechConfig
from narration.errors import AudioError, SpeechError
from narration.http import (
    REQUEST_FAILURES,
    body_of,
    failure,
    first_bytes,
    open_client,
    origin,
    refusal,
    send,
)
from narration.speech.base import Profile, SpeechRequest, Voice
from narration.speech.digest import digest
from narration.speech.incoming import IncomingAudio
from narration.speech.voice_list import OPENAI_VOICES, read_voices

__all__ = ["OpenAISpeech"]

_SPEEDS = (0.25, 4.0)
# The name that servers of other makers understand too.
_DEFAULT_VOICE = "alloy"
_VOICES_SECONDS = 10.0


class OpenAISpeech:
    """A voice at `config.url`; one client for all its sentences.

    Args:
        name: what to call the service in messages.
        config: how to ask it.  A null in `extra_params` leaves a field out.
    """

    def __init__(self, name: str, config: SpeechConfig) -> None:
        self.name = name
        self.profile = Profile(
            streams=True,
            concurrency=config.concurrency,
            max_chars=config.max_chars,
            speeds=_SPEEDS,
        )
        self.default_voice = config.voice or _DEFAULT_VOICE
        self.parameters = digest(
            config.url,
            config.model,
            config.response_format,
            config.sample_rate,
            config.extra_params,
        )
        self._config = config
        self._base = config.url.rstrip("/")
        self._url = self._base + "/audio/speech"
        self._client = open_client(config.url, config.connect_seconds, api_key=config.api_key)

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[bytes]:
        """Yield PCM as it comes, in pieces of at most `MAX_CHUNK_MS`."""
        time = asyncio.get_running_loop().time
        deadline = time() + self._config.first_audio_seconds
        response = await self._ask(request, deadline)
        audio = IncomingAudio(
            response.headers.get("content-type", ""), self._config.sample_rate
        )
        has_audio = False
        try:
            async with aclosing(body_of(response)) as body:
                over = False
                while not over:
                    data = await self._next(body, deadline, has_audio)
                    over = not data
                    pcm = self._parsed(audio, data)
                    for piece in slices(pcm):
                        has_audio = True
                        yield piece
                    # After the yields: the time a listener took is not the service's.
                    if has_audio:
                        deadline = time() + self._config.stall_seconds
        finally:
            await response.aclose()
        if not has_audio:
            raise self._error("it sent no audio: its log may say why")

    async def voices(self) -> list[Voice]:
        """The voices that the service lists; its default alone if it keeps no list."""
        for path in ("/audio/voices", "/voices"):
            try:
                async with asyncio.timeout(_VOICES_SECONDS):
                    response = await send(self._client, self._base + path)
                    await response.aread()
            except TimeoutError:
                message = f"{origin(self._url)} did not tell its voices in time"
                raise self._error(message) from None
            except REQUEST_FAILURES as error:
                raise failure(SpeechError, self.name, self._url, error) from error
            if response.status_code == 200 and (voices := read_voices(response.content)):
                return voices
            if response.status_code in (401, 403):
                raise refusal(SpeechError, self.name, response, response.content)
        if httpx.URL(self._base).host == "api.openai.com":
            return [Voice(name, name.capitalize()) for name in OPENAI_VOICES]
        return [Voice(self.default_voice, self.default_voice)]

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._client.aclose()

    async def _ask(self, request: SpeechRequest, deadline: float) -> httpx.Response:
        slowest, fastest = self.profile.speeds
        body: dict[str, Any] = {
            "model": self._config.model,
            "input": request.text,
            "voice": request.voice or self.default_voice,
            "response_format": self._config.response_format,
            # Not every service knows the field, and most requests do not need it.
            "speed": min(max(request.speed, slowest), fastest) if request.speed != 1 else None,
            **self._config.extra_params,
        }
        body = {key: value for key, value in body.items() if value is not None}
        try:
            async with asyncio.timeout_at(deadline):
                response = await send(self._client, self._url, body)
                if response.status_code == 200:
                    return response
                try:
                    said = await first_bytes(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise self._silent(has_audio=False) from None
        except REQUEST_FAILURES as error:
            raise failure(SpeechError, self.name, self._url, error) from error
        raise refusal(SpeechError, self.name, response, said)

    async def _next(
        self, body: AsyncGenerator[bytes], deadline: float, has_audio: bool
    ) -> bytes:
        """The next bytes of the response, none at its end."""
        try:
            async with asyncio.timeout_at(deadline):
                return await anext(body, b"")
        except TimeoutError:
            raise self._silent(has_audio) from None
        except REQUEST_FAILURES as error:
            raise failure(SpeechError, self.name, self._url, error) from error

    def _parsed(self, audio: IncomingAudio, data: bytes) -> bytes:
        try:
            return audio.feed(data) if data else audio.finish()
        except AudioError as error:
            raise self._error(f"{error}: check url and response_format") from error

    def _silent(self, has_audio: bool) -> SpeechError:
        where = origin(self._url)
        if has_audio:
            seconds = self._config.stall_seconds
            return self._error(f"{where} fell silent in mid-sentence for {seconds:g} s")
        seconds = self._config.first_audio_seconds
        return self._error(f"{where} did not begin to speak within {seconds:g} s")

    def _error(self, message: str) -> SpeechError:
        return SpeechError(self.name, message, retryable=True)
