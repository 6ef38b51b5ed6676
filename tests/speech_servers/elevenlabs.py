"""ElevenLabs' HTTP API."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.speech_servers.base import CHAR_MS, RATE, Fault, SpeechServer, split

__all__ = ["ElevenLabsServer"]

_PIECE_BYTES = 24_000
_RANGES = {
    "stability": (0.0, 1.0),
    "similarity_boost": (0.0, 1.0),
    "style": (0.0, 1.0),
    "speed": (0.7, 1.2),
}
_CODES = {
    400: "invalid_voice_settings",
    401: "invalid_api_key",
    402: "paid_plan_required",
    404: "voice_not_found",
    429: "too_many_concurrent_requests",
}


class ElevenLabsServer(SpeechServer):
    """Raw samples, or a JSON object in every line.

    `relative`: whether times are those of each line's own audio, as over its WebSocket.
    """

    voices: Sequence[str] = ("JBFqnCBsd6RMkjVDRZzb", "EXAVITQu4vr4xnSDxMaL")

    def __init__(self) -> None:
        super().__init__()
        self.page_size = 100
        self.relative = False
        self.content_type = "audio/pcm"
        self.legacy_errors = False
        self.refuses: tuple[int, str] | None = None
        """The status and code with which it answers, whatever it is asked."""
        self.lists_asked: list[str] = []
        self.strayed: list[str] = []
        """Other paths it was asked for."""

    def routes(self) -> list[web.RouteDef]:
        """Speaking with and without times, and the list of voices."""
        path = "/v1/text-to-speech/{voice}/stream"
        return [
            web.post(path, self._stream),
            web.post(f"{path}/with-timestamps", self._timed),
            web.get("/v2/voices", self._voices),
            web.route("*", "/{path:.*}", self._stray),
        ]

    def error(self, status: int, text: str = "") -> Any:
        """`status` is what older ones have, instead of the others."""
        code = self.refuses[1] if self.refuses else _CODES.get(status, "something_went_wrong")
        if self.legacy_errors:
            return {"detail": {"status": code, "message": text}}
        said = {"type": "some_error", "code": code, "message": text, "status": "some_error"}
        return {"detail": said}

    async def _stray(self, request: web.Request) -> web.StreamResponse:
        self.strayed.append(request.raw_path)
        return web.json_response({"detail": "Not Found"}, status=404)

    async def _voices(self, request: web.Request) -> web.StreamResponse:
        self.lists_asked.append(request.query_string)
        fault = self.list_fault if self._knows(request) else Fault.UNAUTHORIZED
        if (refused := await self.refused(request, fault)) is not None:
            return refused
        size = min(self.page_size, int(request.query.get("page_size", "10")))
        start = int(request.query.get("next_page_token", "&0")[1:])
        page = self.voices[start : start + size]
        more = start + size < len(self.voices)
        said = {
            "voices": [{"voice_id": one, "name": f"Voice {one[:3]}"} for one in page],
            "has_more": more,
            "total_count": len(self.voices),
            # It has to be quoted.
            "next_page_token": f"&{start + size}" if more else None,
        }
        return web.json_response(said)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        voice = request.match_info["voice"]
        async with self.asked(request, body["text"], voice, body) as fault:
            if (refused := await self._checked(request, fault, body)) is not None:
                return refused
            pieces = split(self.sound(body["text"], fault), _PIECE_BYTES)
            headers = {"Content-Type": self.content_type, "request-id": "abc"}
            return await self.play(request, fault, pieces, headers=headers)

    async def _timed(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        voice, text = request.match_info["voice"], body["text"]
        async with self.asked(request, text, voice, body) as fault:
            if (refused := await self._checked(request, fault, body)) is not None:
                return refused
            pieces = split(self.sound(text, fault), _PIECE_BYTES)
            lines = [self._line(text, index, piece) for index, piece in enumerate(pieces)]
            # There may be lines without audio, and without times.
            end = [b'{"audio_base64":"","alignment":null,"normalized_alignment":null}\n']
            headers = {"Content-Type": "application/json", "request-id": "abc"}
            return await self.play(request, fault, lines, end=end, headers=headers)

    def _line(self, text: str, index: int, piece: bytes) -> bytes:
        """A piece with the characters that begin in it, `CHAR_MS` each."""
        per_piece = _PIECE_BYTES * 1_000 // (RATE * 2)
        begin, end = index * per_piece, (index + 1) * per_piece
        shift = begin if self.relative else 0
        spoken = [
            (character, at * CHAR_MS - shift)
            for at, character in enumerate(text)
            if begin <= at * CHAR_MS < end
        ]
        alignment = {
            "characters": [character for character, _ in spoken],
            "character_start_times_seconds": [ms / 1_000 for _, ms in spoken],
            "character_end_times_seconds": [(ms + CHAR_MS) / 1_000 for _, ms in spoken],
        }
        audio = base64.b64encode(piece).decode()
        said = {"audio_base64": audio, "alignment": alignment, "normalized_alignment": None}
        return json.dumps(said).encode() + b"\n"

    async def _checked(
        self, request: web.Request, fault: Fault, body: dict[str, Any]
    ) -> web.StreamResponse | None:
        if self.refuses is not None:
            status = self.refuses[0]
            return web.json_response(self.error(status, body["text"]), status=status)
        if not self._knows(request):
            fault = Fault.UNAUTHORIZED
        elif request.match_info["voice"] not in self.voices:
            fault = Fault.NOT_FOUND
        elif request.query.get("output_format") != "pcm_24000" or not _fits(body):
            fault = Fault.UNKNOWN_VOICE  # 400
        return await self.refused(request, fault, body["text"])

    def _knows(self, request: web.Request) -> bool:
        return not self.api_key or request.headers.get("xi-api-key") == self.api_key


def _fits(body: dict[str, Any]) -> bool:
    settings = body.get("voice_settings") or {}
    return all(
        lowest <= settings.get(name, lowest) <= highest
        for name, (lowest, highest) in _RANGES.items()
    )
