"""What the scripted server tells by itself, of scenes that are spoken in the background."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from typing import Any

from aiohttp import WSMsgType
from aiohttp import web as http

from tests.patience import PATIENCE_SECONDS

__all__ = ["ScriptedNotices"]


class ScriptedNotices:
    """Numbers its notices, and keeps them for whoever comes back."""

    def __init__(self) -> None:
        self.connections = 0
        self.asked_after: list[int] = []
        """What the pages that came back had heard already."""
        self._numbers = itertools.count(1_800_000_000_000)
        self._notices: list[dict[str, Any]] = []
        self._sockets: dict[http.WebSocketResponse, asyncio.Transport] = {}
        self._changed = asyncio.Condition()

    async def tell(self, kind: str, **fields: Any) -> None:
        """Tell every page."""
        notice = {"type": kind, "seq": next(self._numbers), "sent_at": time.time(), **fields}
        self._notices.append(notice)
        for socket in list(self._sockets):
            await self._send(socket, notice)

    async def listen(self, request: http.Request) -> http.StreamResponse:
        """Serve one page until it leaves."""
        socket = http.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        self.connections += 1
        for notice in self._missed(request):
            await self._send(socket, notice)
        self._sockets[socket] = request.transport
        await self._notify()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._send(socket, {"type": "pong"})
        del self._sockets[socket]
        return socket

    async def until_connected(self, times: int = 1, pages: int = 1) -> None:
        """Wait until pages have come so often, and so many are there."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(
                lambda: self.connections >= times and len(self._sockets) >= pages
            )

    def cut(self) -> None:
        """The network fails: no closing handshake."""
        for transport in self._sockets.values():
            transport.abort()

    def _missed(self, request: http.Request) -> list[dict[str, Any]]:
        if "after" in request.query:
            after = int(request.query["after"])
            self.asked_after.append(after)
            return [it for it in self._notices if it["seq"] > after]
        newest = {it["scene_id"]: it for it in self._notices}
        return sorted(newest.values(), key=lambda it: int(it["seq"]))

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _send(self, socket: http.WebSocketResponse, notice: dict[str, Any]) -> None:
        # Who is cut off comes back, and asks for it.
        with contextlib.suppress(ConnectionError):
            await socket.send_json(notice)
