"""For operators: is it up, what is every actor doing, and whose turn is it at the voice."""

from __future__ import annotations

import asyncio

from aiohttp import web as http

from actors.base import figures
from narration.errors import Overloaded
from web.keys import DRAINING, ENCODER, LOOP_LAG, PROVIDERS
from web.wire import json_response

__all__ = ["actors", "alive", "encoding", "ready", "schedulers"]


async def alive(request: http.Request) -> http.Response:
    return json_response({"status": "ok"})


async def ready(request: http.Request) -> http.Response:
    """Whether new sessions may come: a load balancer sends them elsewhere if not."""
    if request.app[DRAINING].is_set():
        raise Overloaded("the server is shutting down")
    return json_response({"status": "ok"})


async def actors(request: http.Request) -> http.Response:
    """How late the event loop is, and every live actor, under its session; `-` are those of no
    session.
    """
    everyone = figures()
    sessions: dict[str, list[object]] = {}
    for one in everyone:
        sessions.setdefault(one.session or "-", []).append(one)
    return json_response(
        {
            "loop_lag_ms": request.app[LOOP_LAG].read(),
            "tasks": len(asyncio.all_tasks()),
            "actors": len(everyone),
            "sessions": sessions,
        }
    )


async def schedulers(request: http.Request) -> http.Response:
    """Of every voice: who speaks, who waits, how the last slots were given, and whether it
    works.
    """
    providers = request.app[PROVIDERS].all.values()
    return json_response(
        {
            "schedulers": [one.scheduler.figures() for one in providers],
            "providers": [one.figures() for one in providers],
        }
    )


async def encoding(request: http.Request) -> http.Response:
    """How many recordings are still to be compressed, and whether that goes well."""
    return json_response(await request.app[ENCODER].figures())
