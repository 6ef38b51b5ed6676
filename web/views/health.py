"""For operators: is it up, and what is every actor doing."""

from __future__ import annotations

from aiohttp import web as http

from actors.base import figures
from web.wire import json_response

__all__ = ["actors", "alive"]


async def alive(request: http.Request) -> http.Response:
    return json_response({"status": "ok"})


async def actors(request: http.Request) -> http.Response:
    """Every live actor, under its session; `-` are those of no session."""
    everyone = figures()
    sessions: dict[str, list[object]] = {}
    for one in everyone:
        sessions.setdefault(one.session or "-", []).append(one)
    return json_response({"actors": len(everyone), "sessions": sessions})
