"""Piper's own HTTP server: Flask, and audio that calls itself HTML."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.speech_servers.base import RATE, Fault, SpeechServer, split, wav

__all__ = ["PiperServer"]

_RATE = 22_050
_HTML = {"Content-Type": "text/html; charset=utf-8", "Connection": "close"}


class PiperServer(SpeechServer):
    """It takes any voice, and fails with a page.

    Args:
        older: whether it is as versions 1.3 to 1.5 were, which speak at the root.
    """

    voices: Sequence[str] = ("en_US-joe-medium", "de_DE-thorsten-high")

    def __init__(self, *, older: bool = False) -> None:
        super().__init__()
        self.older = older
        self.list_asked = 0
        self.asked_where = 0
        self.spoken_with: list[str] = []
        """The voice it used for each request: the first, for those it does not know."""

    def routes(self) -> list[web.RouteDef]:
        """Those of all its versions."""
        return [
            web.get("/", self._page),
            web.post("/", self._synthesize),
            web.post("/synthesize", self._synthesize),
            web.get("/voices", self._voices),
            web.get("/synthesize", self._where),
        ]

    def error(self, status: int, text: str = "") -> Any:
        """What something in front of it might say; Piper itself sends a page."""
        return {"error": {"message": text, "code": "piper_failed"}}

    async def refused(
        self, request: web.Request, fault: Fault, text: str = ""
    ) -> web.StreamResponse | None:
        """The same, as a page."""
        said = await super().refused(request, fault, text)
        if said is None or said.status == 200:
            return said
        headers = {
            name: said.headers[name] for name in ("Retry-After",) if name in said.headers
        }
        return _page(said.status, headers)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return _page(200)

    async def _where(self, request: web.Request) -> web.StreamResponse:
        self.asked_where += 1
        return _page(404 if self.older else 405)

    async def _voices(self, request: web.Request) -> web.StreamResponse:
        self.list_asked += 1
        if (refused := await self.refused(request, self.list_fault)) is not None:
            return refused
        config = {"audio": {"sample_rate": _RATE}, "inference": {"length_scale": 1}}
        return web.json_response(dict.fromkeys(self.voices, config))

    async def _synthesize(self, request: web.Request) -> web.StreamResponse:
        if self.older != (request.path == "/"):
            return _page(404 if self.older else 405)
        if request.content_type != "application/json":
            return _page(500)  # Then it sees no body.
        body = json.loads(await request.read())
        text = body.get("text", "").strip()
        async with self.asked(request, text, body.get("voice", ""), body) as fault:
            if (refused := await self.refused(request, fault, text)) is not None:
                return refused
            # Punctuation alone has no sound, and then its WAV has no header to write.
            if not any(map(str.isalnum, text)) or not _are_numbers(body):
                return _page(500)
            voice = body.get("voice", self.voices[0])
            self.spoken_with.append(voice if voice in self.voices else self.voices[0])
            pcm = _slower(self.sound(text, fault))
            pieces = split(wav(pcm, fault, sizes=True, rate=_RATE), 16_000)
            return await self.play(request, fault, pieces, headers=_HTML, whole=True)


def _are_numbers(body: dict[str, Any]) -> bool:
    names = ("length_scale", "noise_scale", "noise_w_scale", "speaker_id")
    return all(isinstance(body.get(name, 1), int | float) for name in names)


def _page(status: int, headers: dict[str, str] | None = None) -> web.Response:
    text = f"<!doctype html>\n<html lang=en>\n<title>{status}</title>\n<h1>{status}</h1>\n"
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _slower(pcm: bytes) -> bytes:
    """The same sound at the rate of most of Piper's voices."""
    samples = array("h", pcm)
    count = len(samples) * _RATE // RATE
    return array("h", (samples[index * RATE // _RATE] for index in range(count))).tobytes()
