"""Kokoro-FastAPI, as its source has it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from aiohttp import web

from tests.speech_servers.base import CHAR_MS, Fault, SpeechServer
from tests.speech_servers.openai import in_format

__all__ = ["KokoroServer"]

_TYPES = {
    "pcm": "audio/pcm",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "flac": "audio/flac",
    "aac": "audio/aac",
}
_HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-cache"}
_SPECIAL = re.compile(r"\[[^\]]*\]\(|\[pause:|\[silent |\[voice:|\[rate:", re.IGNORECASE)


class KokoroServer(SpeechServer):
    """`/v1/audio/speech` and `/dev/captioned_speech`.

    Its voices are listed as objects, or as names if it is `old`; without `captions` it
    has no `/dev`.
    """

    voices = ("af_heart", "af_bella", "af_sky", "bm_fable")
    models = ("kokoro", "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
    old = False
    captions = True

    def __init__(self) -> None:
        super().__init__()
        self.misread: list[str] = []
        """Texts in which there was more than text to it."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/audio/speech", self._speak),
            web.post("/dev/captioned_speech", self._caption),
            web.get("/v1/audio/voices", self._list),
        ]

    def error(self, status: int, text: str = "") -> Any:
        name = "processing_error" if status >= 500 else "validation_error"
        kind = "server_error" if status >= 500 else "invalid_request_error"
        message = f"Something is wrong with {text!r}."
        return {"detail": {"error": name, "message": message, "type": kind}}

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = body.get("input", "")
        async with self.asked(request, text, body.get("voice", ""), body) as fault:
            if (refused := await self._refused(request, fault, body)) is not None:
                return refused
            format = body.get("response_format", "mp3")
            head, pieces = await in_format(self.sound(text, fault), format, fault)
            headers = {"Content-Type": _TYPES[format], **_HEADERS}
            return await self.play(request, fault, pieces, head=head, headers=headers)

    async def _caption(self, request: web.Request) -> web.StreamResponse:
        if not self.captions:
            return web.json_response({"detail": "Not Found"}, status=404)
        body = await request.json()
        text = body.get("input", "")
        async with self.asked(request, text, body.get("voice", ""), body) as fault:
            if (refused := await self._refused(request, fault, body)) is not None:
                return refused
            format = body.get("response_format", "mp3")
            head, pieces = await in_format(self.sound(text, fault), format, fault)
            lines = [
                _line(piece, _TYPES[format], timestamps)
                for piece, timestamps in zip(
                    [*head, *pieces],
                    self.timestamps(text, len(head) + len(pieces)),
                    strict=True,
                )
            ]
            # While an encoder holds audio back, there are lines that have none.
            silent = [_line(None, _TYPES[format], [])]
            headers = {"Content-Type": "application/json", **_HEADERS}
            return await self.play(request, fault, lines, head=silent, headers=headers)

    def timestamps(self, text: str, pieces: int) -> list[list[dict[str, Any]]]:
        """For each piece, the words that begin in it; signs are words of their own."""
        words = [
            {
                "word": match.group(),
                "start_time": match.start() * CHAR_MS / 1_000,
                "end_time": match.end() * CHAR_MS / 1_000,
            }
            for match in re.finditer(r"\w+|[^\w\s]", text)
        ]
        per_piece = -(-len(words) // pieces)
        return [words[start * per_piece : (start + 1) * per_piece] for start in range(pieces)]

    async def _refused(
        self, request: web.Request, fault: Fault, body: dict[str, Any]
    ) -> web.StreamResponse | None:
        text = body.get("input", "")
        if _SPECIAL.search(text):
            self.misread.append(text)
        if body.get("model") not in self.models:
            detail = {"error": "invalid_model", "type": "invalid_request_error"}
            return web.json_response({"detail": detail}, status=400)
        names = re.split(r"[-+]", re.sub(r"\([^)]*\)|\s", "", body.get("voice", "")))
        if not all(name in self.voices for name in names):
            return web.json_response(self.error(400, text), status=400)
        if (
            not 0.25 <= body.get("speed", 1.0) <= 4.0
            or body.get("response_format") not in _TYPES
        ):
            wrong = [{"type": "literal_error", "loc": ["body"], "input": text}]
            return web.json_response({"detail": wrong}, status=422)
        return await self.refused(request, fault, text)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if (refused := await self.refused(request, self.list_fault)) is not None:
            return refused
        if self.old:
            return web.json_response({"voices": list(self.voices)})
        voices = [{"id": name, "name": name} for name in self.voices]
        return web.json_response({"voices": voices})


def _line(audio: bytes | None, kind: str, timestamps: list[dict[str, Any]]) -> bytes:
    spoken = None if audio is None else base64.b64encode(audio).decode()
    said = {"audio": spoken, "audio_format": kind, "timestamps": timestamps}
    return json.dumps(said).encode() + b"\n"
