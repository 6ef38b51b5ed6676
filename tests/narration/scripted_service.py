"""A web server that does what a test writes down, faults included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

Step = bytes | Callable[[web.Request], Awaitable[None]]


async def hang(request: web.Request) -> None:
    """Say nothing more until the client goes."""
    await asyncio.Event().wait()


async def cut(request: web.Request) -> None:
    """Break the connection off."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.sleep(0)


class ScriptedService:
    """Answers every request with the next script; the last one again when they run out."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[Any] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[object] = set()
        self.abandoned = asyncio.Event()
        """Set when a client goes before its answer is done."""
        self.most_at_once = 0
        self._at_once = 0
        self._scripts: list[tuple[int, dict[str, str], Sequence[Step]]] = []

    def answer(
        self, *steps: Step, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer the next request like this."""
        self._scripts.append((status, headers or {}, steps))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(json.loads(await request.read() or b"null"))
        self.paths.append(request.path_qs)
        self.headers.append(dict(request.headers))
        self.connections.add(request.transport)
        status, headers, steps = self._scripts[0]
        if len(self._scripts) > 1:
            del self._scripts[0]
        response = web.StreamResponse(status=status, headers=headers)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            for step in steps:
                if isinstance(step, bytes):
                    if not response.prepared:
                        await response.prepare(request)
                    await response.write(step)
                else:
                    await step(request)
            if not response.prepared:
                await response.prepare(request)
            await response.write_eof()
        except (asyncio.CancelledError, ConnectionError):
            self.abandoned.set()
            raise
        finally:
            self._at_once -= 1
        return response
