"""Chatterbox TTS API, as travisvn's server answers."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.speech_servers.base import Fault, SpeechServer, close, split, wav

__all__ = ["ChatterboxServer"]

_RANGES = {
    "exaggeration": (0.25, 2.0),
    "cfg_weight": (0.0, 1.0),
    "temperature": (0.05, 5.0),
    "streaming_chunk_size": (50, 500),
}
_CHOICES = {
    "stream_format": ("audio", "sse"),
    "streaming_strategy": ("sentence", "paragraph", "fixed", "word"),
    "streaming_quality": ("fast", "balanced", "high"),
}
_HEADER_BYTES = 44
_PIECE_BYTES = 24_000


class ChatterboxServer(SpeechServer):
    """It checks fields, and takes any voice; what fails later fails after its 200."""

    voices: Sequence[str] = ("rick", "morty")

    def __init__(self) -> None:
        super().__init__()
        self.aliases = {"morty": ["grandson"]}
        self.list_path = "/voices"
        self.list_asked = 0
        self.model_loaded = True
        self.spoken_with: list[str] = []
        """The sample it used for each request: its own, for voices it does not know."""

    def routes(self) -> list[web.RouteDef]:
        """The primary paths, and one alias of each."""
        return [
            web.post("/audio/speech", self._whole),
            web.post("/v1/audio/speech", self._whole),
            web.post("/audio/speech/stream", self._stream),
            web.post("/v1/audio/speech/stream", self._stream),
            web.get("/voices", self._voices),
            web.get("/audio/voices", self._voices),
        ]

    def error(self, status: int, text: str = "") -> Any:
        """As its own error handler puts it; with the text, as some errors have it."""
        message = f"TTS generation failed: {text}"
        return {"error": {"message": message, "type": "generation_error"}}

    async def _voices(self, request: web.Request) -> web.StreamResponse:
        self.list_asked += 1
        if (refused := await self.refused(request, self.list_fault)) is not None:
            return refused
        if request.path != self.list_path:
            return web.json_response({"detail": "Method Not Allowed"}, status=405)
        voices = [
            {"name": name, "filename": f"{name}.wav", "aliases": self.aliases.get(name, [])}
            for name in self.voices
        ]
        return web.json_response({"voices": voices, "count": len(voices)})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        async with self.asked(request, body["input"], body.get("voice", ""), body) as fault:
            if (refused := await self._checked(request, fault, body)) is not None:
                return refused
            audio = wav(self.sound(body["input"], fault), fault, sizes=False)
            return await self.play(
                request,
                fault,
                split(audio[_HEADER_BYTES:], _PIECE_BYTES),
                head=[audio[:_HEADER_BYTES]],
                headers={"Content-Type": "audio/wav", "X-Accel-Buffering": "no"},
            )

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        async with self.asked(request, body["input"], body.get("voice", ""), body) as fault:
            if (refused := await self._checked(request, fault, body)) is not None:
                return refused
            pcm = self.sound(body["input"], fault)
            if body.get("stream_format") != "sse":
                pieces = split(wav(pcm, fault, sizes=True), _PIECE_BYTES)
                headers = {"Content-Type": "audio/wav"}
                return await self.play(request, fault, pieces, headers=headers, whole=True)
            info = {"sample_rate": 24_000, "channels": 1, "bits_per_sample": 16}
            usage = {"input_tokens": 3, "output_tokens": 50, "total_tokens": 53}
            return await self.play(
                request,
                fault,
                [_event("delta", audio=_base64(piece)) for piece in split(pcm, _PIECE_BYTES)],
                head=[_event("info", **info)],
                end=[_event("done", usage=usage)],
                headers={"Content-Type": "text/event-stream"},
            )

    async def _checked(
        self, request: web.Request, fault: Fault, body: dict[str, Any]
    ) -> web.StreamResponse | None:
        if (refused := await self.refused(request, fault, body["input"])) is not None:
            return refused
        if (wrong := _wrong_field(body)) is not None:
            detail = [{"loc": ["body", wrong], "msg": "no", "type": "value_error"}]
            return web.json_response({"detail": detail}, status=422)
        voice = body.get("voice", "alloy")
        known = {*self.voices, *itertools.chain(*self.aliases.values())}
        self.spoken_with.append(voice if voice in known else "voice-sample.mp3")
        if not self.model_loaded:
            # Raised where it streams, and so too late for another status.
            response = web.StreamResponse(headers={"Content-Type": "audio/wav"})
            await response.prepare(request)
            await close(request)
        return None


def _wrong_field(body: dict[str, Any]) -> str | None:
    if not 1 <= len(body["input"].strip()) <= 3_000:
        return "input"
    for name, (lowest, highest) in _RANGES.items():
        if (value := body.get(name)) is not None and not lowest <= value <= highest:
            return name
    for name, choices in _CHOICES.items():
        if body.get(name) is not None and body[name] not in choices:
            return name
    return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _event(kind: str, **fields: Any) -> bytes:
    return f"data: {json.dumps({'type': f'speech.audio.{kind}', **fields})}\n\n".encode()
