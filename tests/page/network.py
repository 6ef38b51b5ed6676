"""The network between the page and a server: it can fail for a while."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

__all__ = ["Network"]


class Network:
    """Passes bytes on to a server and back."""

    def __init__(self, server_url: str) -> None:
        address = urlsplit(server_url)
        self._host, self._port = address.hostname, address.port
        self._server: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()
        self._gone = False
        self.refused = 0
        """Connections that were tried while it was gone."""
        self.url = ""

    async def __aenter__(self) -> Network:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._cut()
        if self._ways:
            await asyncio.wait(self._ways)

    async def fail(self, seconds: float) -> None:
        """Cut every connection, and let none through for so long."""
        self._gone = True
        self._cut()
        await asyncio.sleep(seconds)
        self._gone = False

    def _cut(self) -> None:
        for way in self._ways:
            way.cancel()

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._gone:
            self.refused += 1
            writer.transport.abort()
            return
        way = asyncio.create_task(self._carry(reader, writer))
        self._ways.add(way)
        way.add_done_callback(self._ways.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, back))
                both.create_task(_pass_on(there, writer))
        finally:
            # No goodbye: as when a cable is pulled, and the other end noticed.
            writer.transport.abort()
            back.transport.abort()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
        target.write_eof()
    except OSError:
        target.transport.abort()
