"""OpenAI's speech API, as OpenAI and the many that speak like it behave."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import av
from aiohttp import web

from narration.audio import encode
from narration.audio.codec import FileFormat
from tests.speech_servers.base import Fault, SpeechServer, split, wav

__all__ = ["OpenAIServer", "in_format"]

_TYPES = {
    "pcm": "audio/pcm",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
}
_PIECE_BYTES = 9_600


class OpenAIServer(SpeechServer):
    """`/v1/audio/speech`; its voices are listed only if `lists` is set."""

    path = "/v1"
    voices = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage")
    models = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
    lists = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/audio/speech", self._speak),
            web.get("/v1/audio/voices", self._list),
        ]

    def error(self, status: int, text: str = "") -> Any:
        kind = "invalid_request_error" if status < 500 else "server_error"
        code = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        message = f"Something is wrong with {text!r}."
        return {
            "error": {
                "message": message,
                "type": kind,
                "param": None,
                "code": code.get(status),
            }
        }

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = body.get("input", "")
        async with self.asked(request, text, body.get("voice", ""), body) as fault:
            if status := self._wrong(request, body):
                return web.json_response(self.error(status, text), status=status)
            if (refused := await self.refused(request, fault, text)) is not None:
                return refused
            format = body.get("response_format", "mp3")
            pcm = self.sound(text, fault)
            if body.get("stream_format") == "sse":
                return await self._events(request, fault, pcm, format)
            head, pieces = await in_format(pcm, format, fault)
            headers = {"Content-Type": _TYPES[format]}
            return await self.play(request, fault, pieces, head=head, headers=headers)

    async def _events(
        self, request: web.Request, fault: Fault, pcm: bytes, format: str
    ) -> web.StreamResponse:
        head, pieces = await in_format(pcm, format, fault)
        said = [
            _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
            for piece in [*head, *pieces]
        ]
        usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
        end = [_event({"type": "speech.audio.done", "usage": usage})]
        return await self.play(
            request, fault, said, end=end, headers={"Content-Type": "text/event-stream"}
        )

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if (refused := await self.refused(request, self.list_fault)) is not None:
            return refused
        if not self.lists:
            return web.json_response(self.error(404), status=404)
        return web.json_response({"voices": list(self.voices)})

    def _wrong(self, request: web.Request, body: dict[str, Any]) -> int | None:
        """The status with which this request is refused, if it is."""
        if self.api_key and request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return 401
        if body.get("model") not in self.models:
            return 404
        right = (
            isinstance(body.get("input"), str)
            and 0 < len(body["input"]) <= 4_096
            and body.get("voice") in self.voices
            and body.get("response_format", "mp3") in _TYPES
            and 0.25 <= body.get("speed", 1.0) <= 4.0
        )
        return None if right else 400


async def in_format(
    pcm: bytes, format: str, fault: Fault = Fault.NONE, piece_bytes: int = _PIECE_BYTES
) -> tuple[list[bytes], list[bytes]]:
    """What is written before the audio, and the audio, in pieces as it is written."""
    if format == "pcm":
        return [], split(pcm, piece_bytes)
    if format == "wav":
        whole = wav(pcm, fault, sizes=False)
        start = whole.index(b"data") + 8
        return [whole[:start]], split(whole[start:], piece_bytes)
    encoded = await asyncio.to_thread(_encoded, pcm, format)
    return [], split(encoded, max(1, len(encoded) // 10))


def _encoded(pcm: bytes, format: str) -> bytes:
    if format == "aac":
        return _aac(pcm)
    formats: dict[str, FileFormat] = {"mp3": "mp3", "opus": "opus", "flac": "flac"}
    return encode(pcm, formats[format])


def _aac(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="adts") as output:
        stream = output.add_stream("aac", rate=24_000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = 24_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def _event(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
