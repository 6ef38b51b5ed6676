"""The body of a response, read as much at a time as has come."""

from __future__ import annotations

import asyncio

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler

__all__ = ["BODY", "READ_AHEAD_BYTES", "Body", "Connection"]

BODY = "narration.body"
"""The extension of a response in which the transport leaves the body's `StreamReader`."""

READ_AHEAD_BYTES = 64 << 10
"""A connection stops reading when twice as much waits to be taken."""


class Body:
    """Reads a response's body within a deadline.

    The deadline is a number: to move it costs nothing, and there is one timer a body,
    which looks at it when it fires.  It counts only while somebody waits in `read`.

    Args:
        response: one whose headers have come, and whose body nobody has read.

    Raises:
        httpx.DecodingError: it is compressed, which nobody asked for: half a kilobyte can
            be gigabytes.
    """

    def __init__(self, response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx.DecodingError("compressed")
        self._reader: aiohttp.StreamReader = response.extensions[BODY]
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        self._waiting = False
        self._timer: asyncio.TimerHandle | None = None
        self._gathering: asyncio.Future[None] | None = None
        self._tells_end = False
        self._broken: Exception | None = None

    async def read(self, until: float) -> bytes:
        """All that has come since the last call, at least a byte; nothing at the end.

        Args:
            until: how long to wait, on the loop's clock.

        Raises:
            TimeoutError: nothing came until then; nothing can be read any more.
            aiohttp.ClientError: the service broke off.
        """
        if self._reader.is_eof() and not self._reader.total_bytes:
            return (
                b""  # Of a response without a body aiohttp's reader can do no more than this.
            )
        if self._broken is not None:
            if self._reader._buffer:
                return self._reader._read_nowait(-1)
            raise self._broken
        # Whoever sends without a pause is never waited for, and runs out of time all the same.
        if until <= self._loop.time():
            raise TimeoutError
        self._until = until
        self._waiting = True
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._look)
        elif until < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(until, self._look)
        self._join()
        try:
            return await self._reader.readany()
        except Exception as error:
            self._broken = error
            if isinstance(error, RuntimeError):
                # aiohttp has closed the connection, since what came was not HTTP.
                self._broken = aiohttp.ClientPayloadError("not HTTP")
            # It would throw away what came before the connection broke.
            if self._reader._buffer:
                return self._reader._read_nowait(-1)
            if self._broken is not error:
                raise self._broken from error
            raise
        finally:
            self._waiting = False

    async def gather(self, seconds: float) -> None:
        """Let more come for so long, until the body is at its end, or until no more fits in.

        What comes meanwhile wakes nobody.
        """
        reader = self._reader
        if reader.is_eof() or reader.exception() is not None:
            return
        if reader._protocol._reading_paused:  # It is full.
            return
        if not self._tells_end:
            self._tells_end = True
            reader.on_eof(self._go_on)
        self._gathering = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._go_on)
        try:
            await self._gathering
        finally:
            timer.cancel()

    def close(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _join(self) -> None:
        """Make one piece of all that waits: aiohttp resumes the connection after each."""
        pieces = self._reader._buffer
        if len(pieces) > 1 and not self._reader._buffer_offset:
            whole = b"".join(pieces)
            pieces.clear()
            pieces.append(whole)

    def _go_on(self) -> None:
        if self._gathering is not None and not self._gathering.done():
            self._gathering.set_result(None)

    def _look(self) -> None:
        self._timer = None
        if not self._waiting:
            return  # The next `read` sets it again.
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        elif not (self._reader._buffer or self._reader.is_eof()):
            # Else it has just come, and the reader has only not been resumed yet.
            self._reader.set_exception(TimeoutError())


class Connection(ResponseHandler):
    """One that breaks after all that had come on it is passed on.

    While its reader is full, aiohttp's parser keeps what else has come, and would throw it
    away at the end of the connection.  With TLS that comes then, too: it reads on by itself.
    """

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let the parser finish with what it keeps, however full the reader is."""
        reader = self._payload
        passed = -1
        while self._reading_paused and reader is not None and reader.total_bytes > passed:
            passed = reader.total_bytes
            self._reading_paused = False
            self.data_received(b"")
        super().connection_lost(exc)
