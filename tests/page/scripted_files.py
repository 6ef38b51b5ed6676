"""The files that the scripted server has of scenes and stories: names are all they hold."""

from __future__ import annotations

from typing import Any

from aiohttp import web as http

__all__ = ["ScriptedFiles"]


class ScriptedFiles:
    """Audiobooks are as far as a test says."""

    def __init__(self) -> None:
        self.book: dict[str, Any] = {
            "state": "none",
            "done_ms": 0,
            "total_ms": 4_000,
            "done_scenes": 0,
            "total_scenes": 4,
            "scenes": [{"number": 1}, {"number": 3}],
            "missing": [{"number": 2}],
            "message": None,
            "url": None,
        }
        """The one in M4B; there is no other."""
        self.asked: list[str] = []
        """What was asked of audiobooks, but how they are."""
        self.routes = [
            http.get("/api/stories/{id}/audiobook", self._look),
            http.post("/api/stories/{id}/audiobook", self._ask),
            http.delete("/api/stories/{id}/audiobook", self._ask),
            http.get("/api/stories/{id}/{file:audiobook.+}", self._file),
            http.get("/api/scenes/{id}/{file:audio.+|captions.+}", self._file),
        ]

    async def _look(self, request: http.Request) -> http.StreamResponse:
        if request.query["format"] == "m4b":
            return http.json_response(self.book)
        return http.json_response({**self.book, "state": "none", "url": None})

    async def _ask(self, request: http.Request) -> http.StreamResponse:
        self.asked.append(f"{request.method} {request.query['format']}")
        self.book["state"] = "making" if request.method == "POST" else "none"
        return http.json_response(self.book, status=202)

    async def _file(self, request: http.Request) -> http.StreamResponse:
        name = request.match_info["file"]
        assert request.query["download"] == "1"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return http.Response(text=name, headers=headers)
