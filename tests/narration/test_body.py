"""A response's body, from a service that does with its connection what it likes."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from narration.body import Body, Connection
from narration.errors import LLMError
from narration.http import open_client, send
from narration.http_failures import failure
from tests.patience import PATIENCE_SECONDS

Act = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@asynccontextmanager
async def body_of(act: Act, head: bytes = HEAD) -> AsyncIterator[Body]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await act(writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = open_client(f"http://127.0.0.1:{port}", 5.0)
        response = await send(client, f"http://127.0.0.1:{port}/")
        body = Body(response)
        yield body
        body.close()
        await response.aclose()
        await client.aclose()


def soon(seconds: float = PATIENCE_SECONDS) -> float:
    return asyncio.get_running_loop().time() + seconds


async def until_it_breaks(body: Body) -> bytes:
    read = b""
    try:
        while data := await body.read(soon()):
            read += data
            await body.gather(0.02)
    except (aiohttp.ClientError, OSError):
        return read
    raise AssertionError("it did not break")


async def test_all_that_came_is_read_at_once_and_then_the_end() -> None:
    told = asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        for piece in (b"The ", b"lamp ", b"went out."):
            writer.write(chunk(piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        told.set()

    async with body_of(act) as body:
        await told.wait()
        await body.gather(PATIENCE_SECONDS)  # The end of the body ends it.
        assert await body.read(soon()) == b"The lamp went out."
        assert await body.read(soon()) == b""


async def test_what_came_before_the_connection_broke_is_read_first() -> None:
    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(chunk(b"The lamp ") + chunk(b"went ") + b"40\r\nout")

    async with body_of(act) as body:
        await body.gather(0.05)
        assert await body.read(soon()) == b"The lamp went out"
        with pytest.raises(aiohttp.ClientPayloadError) as broken:
            await body.read(soon())
        assert failure(LLMError, "the model", "http://x/", broken.value).retryable
        with pytest.raises(aiohttp.ClientPayloadError):  # And so it stays.
            await body.read(soon())


async def test_what_a_full_reader_could_not_take_is_read_before_the_break() -> None:
    over = asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        await over.wait()

    async with body_of(act) as body:
        connection = body._reader._protocol
        transport = connection.transport
        assert isinstance(connection, Connection)
        assert transport is not None
        connection.data_received(chunk(bytes(1_000)) * 400)
        assert body._reader.total_bytes < 400_000, "it was not full"
        # With TLS it breaks while nobody reads on.
        connection.connection_lost(ConnectionResetError())
        assert await until_it_breaks(body) == bytes(400_000)
        over.set()
        transport.abort()


@pytest.mark.parametrize("resets", [False, True])
async def test_a_burst_is_read_whole_before_the_break_is_told(resets: bool) -> None:
    pieces = [b"%05d\n" % number for number in range(5_000)]

    async def act(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(chunk(piece))
        await writer.drain()
        if resets:
            end = writer.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.sleep(0.05)  # What has not left yet would be lost here.
            writer.transport.abort()

    async with body_of(act) as body:
        assert await until_it_breaks(body) == b"".join(pieces)


async def test_what_is_not_http_breaks_off_whenever_it_is_found_out() -> None:
    go_on = asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(chunk(b"The lamp") + b"no size\r\nwent out\r\n")
        await writer.drain()

    async with body_of(act) as body:
        go_on.set()
        await body.gather(0.05)
        assert await body.read(soon()) == b"The lamp"
        # aiohttp may say so, or nothing at all.
        with pytest.raises((aiohttp.ClientError, TimeoutError)):
            await body.read(soon(0.2))


@pytest.mark.parametrize("status", [204, 304])
async def test_a_response_without_a_body_has_an_empty_one(status: int) -> None:
    async def act(writer: asyncio.StreamWriter) -> None:
        await writer.drain()

    async with body_of(act, b"HTTP/1.1 %d No\r\n\r\n" % status) as body:
        await body.gather(0.05)
        assert await body.read(soon()) == b""


async def test_nothing_in_time_is_a_timeout_and_something_in_time_is_none() -> None:
    silent = asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(chunk(b"The lamp"))
        await writer.drain()
        await silent.wait()

    async with body_of(act) as body:
        assert await body.read(soon()) == b"The lamp"
        began = soon(0)
        with pytest.raises(TimeoutError):
            await body.read(soon(0.05))
        assert soon(0) - began >= 0.05
        silent.set()


async def test_a_loop_that_is_late_does_not_lose_what_came_in_time() -> None:
    written, go_on = asyncio.Event(), asyncio.Event()

    async def act(writer: asyncio.StreamWriter) -> None:
        written.set()
        await go_on.wait()

    async with body_of(act) as body:
        await written.wait()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.05
        reading = asyncio.create_task(body.read(deadline))
        await asyncio.sleep(0)
        # Both in one turn of the loop: the data is there, and so is the time of the timer.
        body._reader.feed_data(b"early ")
        body._until = loop.time()
        body._look()
        assert await reading == b"early "
        assert body._reader.exception() is None
        go_on.set()
