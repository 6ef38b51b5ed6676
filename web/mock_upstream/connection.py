"""One connection to the mock upstream, as a protocol without streams or tasks.

It has to feed hundreds of sessions on half a core, beside the load generator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec

from web.mock_upstream.http import Request, json_answer, read_request
from web.mock_upstream.log import Log
from web.mock_upstream.model import write
from web.mock_upstream.pacing import Paced
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.voice import speak

__all__ = ["Connection"]


class _ChatRequest(msgspec.Struct):
    stream: bool = False


class _SpeechRequest(msgspec.Struct):
    input: str
    response_format: str = "mp3"


_chat = msgspec.json.Decoder(_ChatRequest).decode
_speech = msgspec.json.Decoder(_SpeechRequest).decode


class Connection(asyncio.Protocol):
    """Answers one request after the other."""

    def __init__(self, settings: MockSettings, log: Log, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._log = log
        self._clock = clock
        self._received = bytearray()
        self._sending: Paced | None = None
        self._cut: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._sending is not None and self._sending.unsent:
            self._sending.cancel()
            assert self._cut is not None
            self._cut()

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            while request := read_request(self._received):
                self._answer(request)
        except ValueError:  # Of msgspec too.
            self._transport.write(json_answer(400, {"error": {"code": "bad_request"}}))
            self._transport.close()

    def _answer(self, request: Request) -> None:
        given = (self._transport, self._settings, self._log, self._clock)
        match request.method, request.path:
            case "POST", "/v1/chat/completions" if _chat(request.body).stream:
                self._sending, self._cut = write(request.body, *given)
            case "POST", "/v1/chat/completions":
                self._say({"error": {"code": "only_streams"}}, 400)
            case "POST", "/v1/audio/speech":
                asked = _speech(request.body)
                answer = speak(asked.input, asked.response_format, *given)
                self._sending, self._cut = answer or (None, None)
            case "GET", "/v1/models":
                self._say({"object": "list", "data": [{"id": "mock", "object": "model"}]})
            case "GET", "/health":
                self._say({"status": "ok"})
            case "GET", "/log":
                self._say(self._log.read())
            case "DELETE", "/log":
                self._log.clear()
                self._say({})
            case _:
                self._say({"error": {"code": "not_found"}}, 404)

    def _say(self, body: object, status: int = 200) -> None:
        self._transport.write(json_answer(status, body))
