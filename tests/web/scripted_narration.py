"""A server of one live scene that breaks its connections where a test says so."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

import msgspec
from aiohttp import WSMsgType
from aiohttp import web as http

from narration.audio import slices
from narration.events import (
    AudioChunk,
    Connected,
    Error,
    Event,
    GenerationComplete,
    GenerationStarted,
    GenerationStopped,
    Paused,
    Pong,
    Resumed,
    Skipped,
    TextChunk,
)
from web.wire import (
    ClientMessage,
    Pause,
    Ping,
    Playback,
    Resume,
    SkipSentence,
    StopNarration,
    client_message,
    frame,
)

__all__ = ["ScriptedNarration", "Trouble"]

Handler = Callable[[http.Request], Awaitable[http.StreamResponse]]

SESSION = "the-session"


class Trouble(msgspec.Struct, frozen=True):
    """What happens to one connection, instead of or after the event number `at`."""

    kind: Literal["cut", "cut inside", "repeat", "leave out", "garbage", "close"]
    at: int
    code: int = 1001


class ScriptedNarration:
    """`log` has every event so far, numbered; a socket gets those after its `after`."""

    def __init__(self, sentences: Sequence[bytes] = (), *, ends: bool = True) -> None:
        self.url = ""
        self.log: list[Event] = []
        self.troubles: deque[Trouble | None] = deque()
        """For each connection the next."""
        self.refuse = 0
        """So many requests are answered with 503."""
        self.hang: set[str] = set()
        """Paths that are not answered."""
        self.gone: Literal["", "http", "event", "code"] = ""
        """How the session is said to be no more."""
        self.loses: Literal["", "skip", "confirmation"] = ""
        """What is lost with the connection when the next skip comes."""
        self.hung = 0
        """How many requests were not answered."""
        self.said: list[ClientMessage] = []
        self.afters: list[str | None] = []
        self.tickets: list[str] = []
        self.stops = 0
        self._sentences = list(sentences)
        self.sockets: set[http.WebSocketResponse] = set()
        """Those that are open."""
        self._news = asyncio.Event()
        self._begin(ends)

    def _begin(self, ends: bool) -> None:
        self.add(
            lambda seq: Connected(
                seq=seq,
                session_id=SESSION,
                scene_id=1,
                format="pcm",
                sample_rate=24_000,
                text_start=0,
                first_sentence=0,
            )
        )
        self.add(lambda seq: GenerationStarted(seq=seq, message="Writing"))
        for number in range(len(self._sentences)):
            self.add(partial(_text_chunk, number))
        self._add_audio(0)
        if ends:
            self.end()

    def add(self, make: Callable[[int], Event]) -> None:
        """Append an event, made from its number."""
        self.log.append(make(len(self.log) + 1))
        news, self._news = self._news, asyncio.Event()
        news.set()

    def end(self) -> None:
        """The scene is complete."""
        self.add(
            lambda seq: GenerationComplete(
                seq=seq,
                scene_id=1,
                total_sentences=len(self._sentences),
                total_length=len(self._sentences) * len(_text(0)),
                duration_ms=0,
                finish_reason="stop",
            )
        )

    def _add_audio(self, first: int) -> None:
        for number, pcm in enumerate(self._sentences):
            pieces = list(slices(pcm, 200)) if number >= first else []
            for chunk, piece in enumerate(pieces):
                event = AudioChunk(
                    seq=0,
                    audio=piece,
                    sentence_number=number,
                    sentence_text=_text(number),
                    format="pcm",
                    chunk_number=chunk,
                    final=chunk == len(pieces) - 1,
                    start=number * len(_text(0)),
                    end=(number + 1) * len(_text(0)),
                    start_ms=0,
                    duration_ms=len(piece) / 48,
                )
                self.add(partial(_numbered, event))

    def reported(self) -> Playback:
        """Where the listener was last said to be."""
        reports = [message for message in self.said if isinstance(message, Playback)]
        return reports[-1] if reports else Playback(0, 0)

    # Requests

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Its address while it runs."""
        app = http.Application(middlewares=[self._refuse])
        app.add_routes(
            [
                http.get("/health", self._health),
                http.post("/api/stories", self._create_story),
                http.post("/api/stories/1/scenes/generate-with-tts-stream", self._start),
                http.get(f"/api/sessions/{SESSION}", self._session),
                http.post(f"/api/sessions/{SESSION}/stop", self._stop),
                http.get(f"/ws/{SESSION}", self._socket),
            ]
        )
        runner = http.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await http.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self.url
        finally:
            for socket in list(self.sockets):
                await socket.close()
            await runner.cleanup()

    @http.middleware
    async def _refuse(self, request: http.Request, handler: Handler) -> http.StreamResponse:
        if request.path in self.hang:
            self.hung += 1
            await asyncio.Event().wait()
        if self.refuse and request.path != "/health":
            self.refuse -= 1
            error = {"error": {"code": "busy", "message": "later"}}
            return http.json_response(error, status=503)
        return await handler(request)

    async def _health(self, request: http.Request) -> http.Response:
        return http.json_response({"status": "ok"})

    async def _create_story(self, request: http.Request) -> http.Response:
        return http.json_response({"id": 1}, status=201)

    async def _start(self, request: http.Request) -> http.Response:
        return http.json_response(self._described(), status=201)

    async def _session(self, request: http.Request) -> http.Response:
        if self.gone == "http":
            error = {"error": {"code": "not_found", "message": "no such session"}}
            return http.json_response(error, status=404)
        return http.json_response(self._described())

    def _described(self) -> dict[str, str]:
        self.tickets.append(f"ticket-{len(self.tickets)}")
        socket = f"{self.url.replace('http', 'ws')}/ws/{SESSION}?ticket={self.tickets[-1]}"
        return {"session_id": SESSION, "websocket_url": socket}

    async def _stop(self, request: http.Request) -> http.Response:
        self.stops += 1
        return http.json_response({}, status=202)

    async def _socket(self, request: http.Request) -> http.WebSocketResponse:
        assert request.query["ticket"] == self.tickets[-1]
        assert (request.query["format"], request.query["audio"]) == ("pcm", "binary")
        self.afters.append(request.query.get("after"))
        socket = http.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.add(socket)
        trouble = self.troubles.popleft() if self.troubles else None
        sending = asyncio.create_task(
            self._send(request, socket, int(self.afters[-1] or 0), trouble)
        )
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._obey(client_message(message.data), request)
        self.sockets.discard(socket)
        sending.cancel()
        await asyncio.wait({sending})
        return socket

    async def _send(
        self,
        request: http.Request,
        socket: http.WebSocketResponse,
        position: int,
        trouble: Trouble | None,
    ) -> None:
        assert request.transport is not None
        if position and self.gone == "event":
            error = Error(seq=1, code="session_ended", message="Over.", retryable=True)
            await socket.send_str(str(frame(error, binary=True)))
        if position and self.gone in ("event", "code"):
            await socket.close(code=4404)
        while not socket.closed:
            news = self._news
            for event in self.log[position:]:
                position += 1
                data = frame(event, binary=True)
                if trouble is None or event.seq != trouble.at:
                    await _send(socket, data)
                    continue
                match trouble.kind:
                    case "cut":
                        await _send(socket, data)
                        request.transport.close()
                        return
                    case "cut inside":
                        payload = data.encode() if isinstance(data, str) else data
                        head = struct.pack(">BBQ", 0x82, 127, len(payload))
                        request.transport.write(head + payload[: len(payload) // 2])
                        request.transport.close()
                        return
                    case "repeat":
                        await _send(socket, data)
                        await _send(socket, data)
                    case "leave out":
                        pass
                    case "garbage":
                        await socket.send_str("{}")
                    case "close":
                        await socket.close(code=trouble.code)
                        return
            if isinstance(self.log[-1], GenerationComplete | GenerationStopped):
                await socket.close()
            await news.wait()

    def _obey(self, message: ClientMessage, request: http.Request) -> None:
        if isinstance(message, SkipSentence) and self.loses:
            assert request.transport is not None
            request.transport.abort()
            lost, self.loses = self.loses, ""
            if lost == "skip":
                return
        self.said.append(message)
        match message:
            case StopNarration():
                self.add(lambda seq: GenerationStopped(seq=seq, scene_id=1, total_length=1))
            case Pause():
                self.add(lambda seq: Paused(seq=seq))
            case Resume():
                self.add(lambda seq: Resumed(seq=seq))
            case SkipSentence(number):
                self._skip(number or 0)
            case Ping():
                self.add(lambda seq: Pong(seq=seq))
            case Playback():
                pass

    def _skip(self, number: int) -> None:
        again = number <= self.reported().sentence_number
        self.add(lambda seq: Skipped(seq=seq, sentence_number=number, again=again))
        if again:
            self._add_audio(number)


async def _send(socket: http.WebSocketResponse, data: str | bytes) -> None:
    if isinstance(data, str):
        await socket.send_str(data)
    else:
        await socket.send_bytes(data)


def _text_chunk(number: int, seq: int) -> Event:
    return TextChunk(seq=seq, text=_text(number))


def _numbered(event: Event, seq: int) -> Event:
    return msgspec.structs.replace(event, seq=seq)


def _text(number: int) -> str:
    return f"This is sentence {number:03}. "
