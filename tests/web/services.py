"""A language model and a voice as servers: what the real ones send, under a test's control."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from typing import Any

from aiohttp import web as http

STORY = (
    "The lamp went out at nine. Nobody in the house said a word about it. "
    '"Who is there?" asked Mara. Only the rain answered her, softly at first.'
)


class ModelServer:
    """`/v1/chat/completions` as OpenAI and its many relatives stream it."""

    def __init__(self) -> None:
        self.text = STORY
        self.pace = 0.002
        self.status = 200
        self.breaks_off = False
        self.hold = asyncio.Event()
        self.hold.set()
        self.holds_after: int | None = None
        """Characters after which it holds by itself, once: text comes in frames."""
        self.requests: list[dict[str, Any]] = []
        self.open = 0
        self.all_closed = asyncio.Event()

    def app(self) -> http.Application:
        app = http.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        return app

    async def _complete(self, request: http.Request) -> http.StreamResponse:
        self.requests.append(await request.json())
        if self.status != 200:
            error = {"error": {"message": "no", "code": "some_error"}}
            return http.json_response(error, status=self.status)
        response = http.StreamResponse(headers={"Content-Type": "text/event-stream"})
        self.open += 1
        self.all_closed.clear()
        try:
            await response.prepare(request)
            for start in range(0, len(self.text), 5):
                if self.holds_after is not None and start >= self.holds_after:
                    self.holds_after = None
                    self.hold.clear()
                await self.hold.wait()
                await asyncio.sleep(self.pace)
                await self._send(response, {"content": self.text[start : start + 5]}, None)
            if not self.breaks_off:
                await self._send(response, {}, "stop")
                await response.write(b"data: [DONE]\n\n")
        finally:
            self.open -= 1
            if not self.open:
                self.all_closed.set()
        return response

    async def _send(
        self, response: http.StreamResponse, delta: dict[str, str], finish: str | None
    ) -> None:
        chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())


class VoiceServer:
    """`/v1/audio/speech` as raw PCM, streamed; every text has a sound of its own.

    With `takes` it has another one every time, as with most models.
    """

    def __init__(self) -> None:
        self.takes = False
        self.pace = 0.001
        self.chunk_ms = 100
        self.silent_about: tuple[str, ...] = ()
        self.down = False
        self.spoken: list[str] = []
        self.voices: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.holds_after: int | None = None
        """Chunks of a sentence after which it holds by itself, once."""
        self.open = 0
        self.all_closed = asyncio.Event()

    def app(self) -> http.Application:
        app = http.Application()
        app.router.add_post("/v1/audio/speech", self._speak)
        return app

    async def _speak(self, request: http.Request) -> http.StreamResponse:
        asked = await request.json()
        text = asked["input"]
        self.spoken.append(text)
        self.voices.append(asked["voice"])
        if self.down:
            return http.json_response({"error": {"message": "no"}}, status=503)
        if any(word in text for word in self.silent_about):
            return http.json_response({"error": {"message": "no"}}, status=400)
        pcm = self.sound(f"{text} {len(self.spoken)}" if self.takes else text)
        response = http.StreamResponse(headers={"Content-Type": "audio/pcm"})
        self.open += 1
        self.all_closed.clear()
        try:
            await response.prepare(request)
            size = self.chunk_ms * 48 + 1  # Odd, as networks cut it.
            for number, start in enumerate(range(0, len(pcm), size)):
                if number == self.holds_after:
                    self.holds_after = None
                    self.hold.clear()
                await self.hold.wait()
                await asyncio.sleep(self.pace)
                await response.write(pcm[start : start + size])
        finally:
            self.open -= 1
            if not self.open:
                self.all_closed.set()
        return response

    def sound(self, text: str) -> bytes:
        """A square wave of its own pitch, 20 ms a character."""
        half = 20 + zlib.crc32(text.encode()) % 60
        wave = struct.pack("<h", 8_000) * half + struct.pack("<h", -8_000) * half
        size = len(text) * 20 * 48
        return (wave * (size // len(wave) + 1))[:size]
