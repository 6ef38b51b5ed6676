"""A live scene as its listener has it: every event once, over however many connections."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlencode

import aiohttp
import msgspec

from narration.events import Error, Event, GenerationComplete, GenerationStopped, Pong
from web.http_calls import CONNECT_SECONDS, HttpCalls, NoAnswer, NotThere, RefusedByServer
from web.outbox import Outbox
from web.wire import Pause, Playback, Resume, SkipSentence, StopNarration, unframe

__all__ = ["PATIENCE_SECONDS", "LiveScene", "SessionGone"]

PATIENCE_SECONDS = 60.0
"""How long a broken connection is tried again: what the server waits for a listener."""

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
STOP_SECONDS = 2.0

_decode = msgspec.json.Decoder(Event).decode

_FAREWELLS = {
    1008: "the server was told too much at once",
    1009: "the server was told something too long",
    4400: "the server has fewer events of this scene than have already come",
    4406: "the scene is listened to in another format",
    4408: "the scene has waited too long for its listener",
    4409: "the scene is listened to from elsewhere now",
}


class SessionGone(RefusedByServer):
    """The server has no such session any more.  What was written is in the scene."""


class LiveScene:
    """Its events, and what its listener may say.

    What is said while the connection is broken gets there when it is back.
    """

    def __init__(
        self,
        calls: HttpCalls,
        session_id: str,
        websocket_url: str,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.session_id = session_id
        self.lost = False
        """Whether the connection broke, and is not yet there again."""
        self.ended = False
        """Whether nothing further comes, so that nobody hears what is said, either."""
        self._calls = calls
        self._websocket_url = websocket_url
        self._patience_seconds = patience_seconds
        self._seq = 0
        self._outbox = Outbox()

    @property
    def paused(self) -> bool:
        """Whether the scene is held, or will be as soon as the server hears of it."""
        return self._outbox.paused

    @property
    def skipping_to(self) -> int | None:
        """The sentence that was asked for, until the server confirms that it comes next."""
        return self._outbox.skipping_to

    def stop(self) -> None:
        """End the scene; what was written is kept."""
        self._outbox.ask(StopNarration())

    def skip(self, sentence_number: int | None = None) -> None:
        """On to a sentence, forwards or back; without a number to the next."""
        self._outbox.ask(SkipSentence(sentence_number))

    def pause(self) -> None:
        """The player holds."""
        self._outbox.ask(Pause())

    def resume(self) -> None:
        """The player goes on."""
        self._outbox.ask(Resume())

    def playback(self, sentence_number: int, position_ms: float) -> None:
        """The player is so far into a sentence.

        One that only stores what it gets says so too: audio is sent only some seconds ahead.
        """
        self._outbox.report(Playback(sentence_number, position_ms))

    async def listen(self) -> AsyncGenerator[Event]:
        """Yield the scene's events as they come, audio as PCM.

        Closing the generator before the last one stops the scene; what was written is kept.

        Raises:
            RefusedByServer: the connection broke and cannot be had again, or what comes is
                not the sequence of events it should be.
        """
        url, delay, give_up_at = self._websocket_url, FIRST_DELAY_SECONDS, 0.0
        try:
            while True:
                try:
                    if self.lost:
                        url = await self._address()
                    async with self._connection(url) as socket:
                        async for message in socket:
                            event = self._read(message)
                            if event is None:
                                continue
                            give_up_at = 0.0
                            if not isinstance(
                                event, Pong
                            ):  # Any server that drops us has one.
                                delay = FIRST_DELAY_SECONDS
                            self.ended = _is_last(event)
                            yield event
                            if _is_last(event):
                                return
                    trouble = self._judged(socket.close_code)
                except NoAnswer as error:
                    trouble = error
                self.lost = True
                now = time.monotonic()
                give_up_at = give_up_at or now + self._patience_seconds
                if now >= give_up_at:
                    raise trouble
                await asyncio.sleep(min(delay * random.uniform(0.5, 1), give_up_at - now))
                delay = min(delay * 2, LONGEST_DELAY_SECONDS)
        except (GeneratorExit, asyncio.CancelledError):
            if not self.ended:
                await self._say_stop()
            raise
        finally:
            self.ended = True

    @asynccontextmanager
    async def _connection(self, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        query = {"format": "pcm", "audio": "binary"}
        if self.lost:
            query["after"] = str(self._seq)
        try:
            socket = await self._calls.connect(
                url + ("&" if "?" in url else "?") + urlencode(query)
            )
        except NotThere as error:
            raise SessionGone(str(error)) from error
        if self.lost:
            self._outbox.repeat()
        self.lost = False
        sending = asyncio.create_task(self._outbox.send(socket))
        try:
            yield socket
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            await socket.close()

    async def _address(self) -> str:
        """Where to connect anew: the ticket in the first address does not hold for long."""
        path = f"/api/sessions/{self.session_id}"
        try:
            session = await self._calls.get(path, seconds=CONNECT_SECONDS)
        except NotThere as error:
            raise SessionGone("the server does not have this session any more") from error
        match session:
            case {"websocket_url": str(address)}:
                return address
            case _:
                raise RefusedByServer("the server's answer has no `websocket_url`")

    def _read(self, message: aiohttp.WSMessage) -> Event | None:
        try:
            if message.type is aiohttp.WSMsgType.BINARY:
                event: Event = unframe(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                event = _decode(message.data)
            else:
                return None
        except msgspec.MsgspecError as error:
            raise RefusedByServer(f"the server sent what is no event: {error}") from error
        if isinstance(event, Error) and event.code == "session_ended":
            raise SessionGone(event.message)
        if event.seq != self._seq + 1:
            raise RefusedByServer(f"the server sent event {event.seq} after {self._seq}")
        self._seq = event.seq
        self._outbox.note(event)
        return event

    def _judged(self, close_code: int | None) -> NoAnswer:
        """What is wrong with a connection that ended so, if it is worth another try."""
        if close_code == 4404:
            raise SessionGone("the server does not have this session any more")
        if close_code in _FAREWELLS:
            raise RefusedByServer(_FAREWELLS[close_code])
        return NoAnswer(f"the connection to {self._calls.url} broke, and nobody answers")

    async def _say_stop(self) -> None:
        """So that the server need not find out; if it does not hear it, it finds out."""
        with suppress(RefusedByServer):
            path = f"/api/sessions/{self.session_id}/stop"
            await self._calls.post(path, seconds=STOP_SECONDS)


def _is_last(event: Event) -> bool:
    match event:
        case GenerationComplete() | GenerationStopped():
            return True
        case Error():
            return event.scene_id is not msgspec.UNSET
        case _:
            return False
