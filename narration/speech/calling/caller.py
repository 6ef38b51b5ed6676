"""Asks a speech service over HTTP, and waits no longer for it than it may take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx

from narration.audio.pcm import slices
from narration.body import Body
from narration.config import ProviderConfig
from narration.errors import AudioError, Scope, SpeechError
from narration.http import Client, below, first_bytes, load_certificates, open_client, send
from narration.http_failures import REQUEST_FAILURES, failure, origin, refusal
from narration.speech.base import Audio, at_once
from narration.speech.calling.format_refusal import FormatRefused, refuses_format
from narration.speech.calling.incoming import IncomingAudio
from narration.sse import Lines, LineTooLong

__all__ = ["Answer", "Caller"]

_log = logging.getLogger(__name__)

_LOOK_UP_SECONDS = 10.0
_REFUSAL_SECONDS = 2.0
_FINISH_SECONDS = 0.2
# What is read of it at once holds up the event loop.
_MAX_LIST_BYTES = 1 << 20
# Two minutes of raw audio, in base64.
_MAX_LINE_BYTES = 8 << 20
_AT_ONCE_BYTES = 128 << 10
_FORMAT = "response_format"
_EVERYBODYS_FORMAT = "wav"


class Caller:
    """The one client, and its connections, of one service.

    Args:
        name: what to call the service in messages.
        url: where it is; paths are appended to its own, before a query.
        config: its time limits and its key.
        key_header: the header that the key goes into; left empty, it is a bearer token.
        public_only: whether only addresses of the public internet may be asked.
    """

    def __init__(
        self,
        name: str,
        url: str,
        config: ProviderConfig,
        *,
        key_header: str = "",
        public_only: bool = False,
    ) -> None:
        self.name = name
        self.url = url
        self._config = config
        self._instead = ""
        """The format that is asked for, since it refuses the usual one."""
        self._client = open_client(
            self.url,
            config.connect_seconds,
            api_key="" if key_header else config.api_key,
            headers={key_header: config.api_key} if key_header and config.api_key else {},
            public_only=public_only,
        )

    async def start(self) -> None:
        """Make the first request no slower than others."""
        await load_certificates(self.url)

    @asynccontextmanager
    async def ask(
        self,
        path: str,
        body: dict[str, Any],
        *,
        gather: Callable[[], float] = at_once,
        missing: str = "",
    ) -> AsyncIterator[Answer]:
        """POST `body`, without what is None in it, and read what comes.

        Leaving closes the response, which ends the work at the service.  A service that
        refuses the format, which nobody has set, is asked for WAV from then on.

        Args:
            path: where, below the service's url.
            body: what is sent, as JSON.
            gather: see `SpeechRequest`.
            missing: what a 404 means, if it is known better than `refusal` does.

        Raises:
            SpeechError: it cannot be reached, or refuses, or does not answer in time.
        """
        url, instead = below(self.url, path), {_FORMAT: _EVERYBODYS_FORMAT}
        if self._instead and _FORMAT in body:
            body = body | instead
        answer = Answer(self.name, self.url, self._config, gather)
        try:
            response = await answer.open(self._client, url, body, missing)
        except FormatRefused:
            if body[_FORMAT] == _EVERYBODYS_FORMAT or self._is_format_set():
                raise
            answer = Answer(self.name, self.url, self._config, gather)
            response = await answer.open(self._client, url, body | instead, missing)
            self._instead = _EVERYBODYS_FORMAT
            _log.info("%s refuses %s, and is asked for WAV now", self.name, body[_FORMAT])
        try:
            yield answer
        finally:
            answer.close()
            await response.aclose()

    def _is_format_set(self) -> bool:
        return bool(self._config.response_format) or _FORMAT in self._config.extra_params

    async def look_up(self, path: str) -> tuple[int, bytes]:
        """GET what is at `path`, such as a list of voices: the status, and what was said.

        A service that has nothing there answers with a status such as 404.

        Raises:
            SpeechError: the service cannot be reached, does not answer in time, fails, or
                does not accept the key.
        """
        url = below(self.url, path)
        try:
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                response = await send(self._client, url)
                try:
                    said = await first_bytes(
                        response, seconds=_LOOK_UP_SECONDS, limit=_MAX_LIST_BYTES
                    )
                finally:
                    await response.aclose()
        except TimeoutError:
            message = f"{origin(url)} did not answer in time"
            raise SpeechError(self.name, message, retryable=True) from None
        except REQUEST_FAILURES as error:
            raise failure(SpeechError, self.name, url, error) from error
        status = response.status_code
        if status in (401, 402, 403, 408, 429) or (status >= 500 and status != 501):
            raise refusal(SpeechError, self.name, response, said)
        return status, said

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._client.aclose()


class Answer:
    """A service's answer to one request.  Iterating gives the bytes of its body.

    The service has `first_audio_seconds` until `heard` is called, `stall_seconds` from
    then on until it is called again, and `sentence_seconds` for all of it.  So what is
    not audio, such as a header or a sign of life, wins it no time, nor does what takes
    long to decode.  The time that whoever reads takes for what was heard is not counted.

    Once there was audio, more of it gathers for `gather()` seconds before it is read.

    Iterating raises `SpeechError` if the service breaks off, or takes too long.
    """

    def __init__(
        self, name: str, url: str, config: ProviderConfig, gather: Callable[[], float]
    ) -> None:
        self.content_type = ""
        self._name = name
        self._url = url
        self._config = config
        self._gather = gather
        self._time = asyncio.get_running_loop().time
        self._body: Body | None = None
        self._heard = False
        self._heard_lately = False
        self._waited = 0.0
        """How long the service was waited for until audio was last heard."""
        self._waiting_since: float | None = None

    async def open(
        self, client: Client, url: str, body: dict[str, Any], missing: str
    ) -> httpx.Response:
        """Send the request, and take in the response's headers.

        Raises:
            SpeechError: it cannot be reached, or refuses, or does not answer in time.
        """
        body = {key: value for key, value in body.items() if value is not None}
        try:
            async with asyncio.timeout_at(self._deadline()):
                response = await send(client, url, body)
        except REQUEST_FAILURES as error:
            raise self._failure(error) from error
        try:
            if response.status_code == 200:
                self._body = Body(response)
                self.content_type = response.headers.get("content-type", "")
                return response
            said = await first_bytes(response, seconds=_REFUSAL_SECONDS)
        except httpx.DecodingError as error:
            await response.aclose()
            raise self._failure(error) from error
        except BaseException:
            await response.aclose()
            raise
        await response.aclose()
        if response.status_code == 404 and missing:
            raise self.error(missing, retryable=False)
        if _FORMAT in body and refuses_format(response.status_code, said):
            message = (
                f"it does not speak as {body[_FORMAT]} ({response.status_code}): set "
                "response_format to what it has, such as wav or mp3"
            )
            raise FormatRefused(self._name, message, retryable=False)
        raise refusal(SpeechError, self._name, response, said)

    def close(self) -> None:
        """Nothing more is read."""
        if self._body is not None:
            self._body.close()

    def heard(self) -> None:
        """Say that there was audio in what came."""
        self._heard = self._heard_lately = True
        if self._waiting_since is not None:
            self._waited += self._time() - self._waiting_since
            self._waiting_since = None

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> bytes:
        assert self._body is not None
        if self._heard_lately:
            self._heard_lately = False
            if (seconds := self._gather()) > 0:
                # Meanwhile the service is at work: that counts.
                left = self._deadline() - self._time()
                await self._body.gather(min(seconds, left / 2))
        try:
            data = await self._body.read(self._deadline())
        except REQUEST_FAILURES as error:
            raise self._failure(error) from error
        if not data:
            raise StopAsyncIteration
        return data

    async def lines(self) -> AsyncGenerator[bytes]:
        """The lines of the body, without their ends.

        Raises:
            SpeechError: one is longer than any that has audio in it.
        """
        lines = Lines(_MAX_LINE_BYTES)
        try:
            async for data in self:
                for line in lines.feed(data):
                    yield line
        except LineTooLong:
            raise self.error("it sends a line without end: check url") from None
        for line in lines.flush():
            yield line

    async def audio(self, incoming: IncomingAudio) -> AsyncGenerator[Audio]:
        """All of the body, as `incoming` reads it.

        Raises:
            SpeechError: it is cut, or is not such audio, or there is none.
        """
        async for data in self:
            for pcm in await self.samples(incoming, data):
                yield Audio(pcm)
        for pcm in await self.last_samples(incoming):
            yield Audio(pcm)

    async def samples(self, incoming: IncomingAudio, data: bytes) -> list[bytes]:
        """The audio that `data` completes, in pieces of at most `MAX_CHUNK_MS`.

        Raises:
            SpeechError: it is not such audio.
        """
        pieces: list[bytes] = []
        for start in range(0, len(data), _AT_ONCE_BYTES):
            if start:
                await asyncio.sleep(0)  # There may be a lot of it.
            with self._audio_errors():
                incoming.take(data[start : start + _AT_ONCE_BYTES])
            pieces += await self._read(incoming, incoming.samples)
        if pieces:
            self.heard()
        return pieces

    async def last_samples(self, incoming: IncomingAudio) -> list[bytes]:
        """The last of the audio, after all of it came.

        Raises:
            SpeechError: it is cut, or there was none.
        """
        pieces = await self._read(incoming, incoming.finish)
        if pieces:
            self.heard()
        if not self._heard:
            raise self.error("it sent no audio: its log may say why")
        return pieces

    async def _read(self, incoming: IncomingAudio, read: Callable[[], bytes]) -> list[bytes]:
        with self._audio_errors():
            if incoming.may_take_long:
                try:
                    async with asyncio.timeout_at(self._deadline()):
                        pcm = await asyncio.to_thread(read)
                except TimeoutError as error:
                    raise self._failure(error) from None
            else:
                pcm = read()
        return [piece for piece in slices(pcm) if piece]

    @contextmanager
    def _audio_errors(self) -> Iterator[None]:
        try:
            yield
        except AudioError as error:
            raise self.error(f"{error}: check url and response_format") from error

    async def finish(self) -> None:
        """Read what follows the end of the audio, so that the connection can be kept."""
        assert self._body is not None
        until = self._time() + _FINISH_SECONDS
        with suppress(*REQUEST_FAILURES):
            while await self._body.read(until):
                pass

    def error(
        self, message: str, *, retryable: bool = True, scope: Scope = Scope.REQUEST
    ) -> SpeechError:
        """What is wrong with this answer; the message says what to do."""
        return SpeechError(self._name, message, retryable=retryable, scope=scope)

    def _deadline(self) -> float:
        """Until when the service is waited for, from now on if it was not already."""
        if self._waiting_since is None:
            self._waiting_since = self._time()
        return self._waiting_since + min(self._until_audio(), self._left_in_all())

    def _until_audio(self) -> float:
        config = self._config
        return config.stall_seconds if self._heard else config.first_audio_seconds

    def _left_in_all(self) -> float:
        return self._config.sentence_seconds - self._waited

    def _failure(self, error: Exception) -> SpeechError:
        if isinstance(error, TimeoutError):
            # Some of the system's own errors are of this type as well; to a person they
            # mean the same.
            return self._silent(in_all=self._left_in_all() <= self._until_audio())
        return failure(SpeechError, self._name, self._url, error)

    def _silent(self, *, in_all: bool) -> SpeechError:
        where = origin(self._url)
        if in_all:
            seconds = self._config.sentence_seconds
            message = f"{where} takes longer than {seconds:g} s for one sentence"
        elif self._heard:
            seconds = self._config.stall_seconds
            message = f"{where} fell silent in mid-sentence for {seconds:g} s"
        else:
            seconds = self._config.first_audio_seconds
            message = f"{where} did not begin to speak within {seconds:g} s"
        return self.error(message, scope=Scope.SERVICE)
