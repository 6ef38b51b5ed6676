"""How language models are reached, and what is said when one is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager

import pytest

from narration.errors import LLMError
from tests.narration.llm.asking import Open, answer
from tests.narration.scripted_service import ScriptedService
from tests.patience import PATIENCE_SECONDS

STORY = (
    b'data: {"choices":[{"delta":{"content":"Once."}}]}\n\n',
    b'data: {"choices":[{"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
)


async def test_nobody_at_the_address_is_said_so(open_llm: Open, unused_tcp_port: int) -> None:
    llm = open_llm(url=f"http://someone:hidden@127.0.0.1:{unused_tcp_port}/v1")
    _, error = await answer(llm)
    assert isinstance(error, LLMError)
    assert f"no connection to http://127.0.0.1:{unused_tcp_port}:" in str(error)
    assert error.retryable


async def test_a_port_that_speaks_something_else_is_said_so(open_llm: Open) -> None:
    async with raw_server(lambda request: b"SSH-2.0-OpenSSH_9.6\r\n") as url:
        _, error = await answer(open_llm(url=url))
    assert isinstance(error, LLMError)
    assert "does not speak HTTP" in str(error)


async def test_https_where_there_is_none_is_said_so(
    service: ScriptedService, open_llm: Open
) -> None:
    _, error = await answer(open_llm(url=service.url.replace("http:", "https:")))
    assert isinstance(error, LLMError)
    assert "check whether the url is http or https" in str(error)
    assert not error.retryable


async def test_http_where_there_is_https_is_said_so(open_llm: Open) -> None:
    alert = b"\x15\x03\x01\x00\x02\x02\x46"  # What is said to who does not greet securely.
    async with raw_server(lambda request: alert) as url:
        _, error = await answer(open_llm(url=url))
    assert isinstance(error, LLMError)
    assert "does not speak HTTP" in str(error)


async def test_a_server_that_takes_no_connections_is_given_up(open_llm: Open) -> None:
    with full_port() as port:
        llm = open_llm(url=f"http://127.0.0.1:{port}/v1", connect_seconds=0.2)
        _, error = await answer(llm)
    assert isinstance(error, LLMError)
    assert f"http://127.0.0.1:{port} does not answer" in str(error)
    assert error.retryable


async def test_a_server_that_does_not_greet_securely_is_given_up(open_llm: Open) -> None:
    async with silent_port() as port:
        llm = open_llm(url=f"https://127.0.0.1:{port}/v1", connect_seconds=0.2)
        _, error = await answer(llm)
    assert isinstance(error, LLMError)
    assert f"https://127.0.0.1:{port} does not answer" in str(error)


async def test_cancelling_closes_a_connection_that_is_being_made(open_llm: Open) -> None:
    async with silent_port() as port:
        story = asyncio.ensure_future(answer(open_llm(url=f"https://127.0.0.1:{port}/v1")))
        await asyncio.sleep(0.02)
        story.cancel()
        with pytest.raises(asyncio.CancelledError):
            await story
        # The port says so itself, on leaving, if a connection is still open.


async def test_scenes_share_a_connection(service: ScriptedService, open_llm: Open) -> None:
    service.answer(*STORY)
    llm = open_llm()
    for _ in range(3):
        await answer(llm)
    assert len(service.connections) == 1


async def test_more_scenes_than_a_pool_holds_are_written_at_once(
    service: ScriptedService, open_llm: Open
) -> None:
    scenes = 120
    everybody = asyncio.Barrier(scenes)

    async def wait(request: object) -> None:
        await everybody.wait()

    service.answer(wait, *STORY)
    llm = open_llm()
    ends = await asyncio.gather(*(answer(llm) for _ in range(scenes)))
    assert {end for _, end in ends} == {"stop"}


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(open_llm: Open) -> None:
    body = b"".join(STORY)
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    replies = iter([reply, b"", reply])
    async with raw_server(lambda request: next(replies)) as url:
        llm = open_llm(url=url)
        assert (await answer(llm))[1] == "stop"
        assert (await answer(llm))[1] == "stop"
    assert list(replies) == []


async def test_a_model_is_asked_through_the_environments_proxy(
    service: ScriptedService, open_llm: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answer(*STORY)
    monkeypatch.setenv("HTTP_PROXY", service.url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", "")
    assert (await answer(open_llm(url="http://model.invalid/v1")))[1] == "stop"


def chunked(*events: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events)


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
WORDS = [f"word {number} " for number in range(4_000)]
BURST = chunked(
    *(b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % word.encode() for word in WORDS)
)


@pytest.mark.parametrize(
    ("rest", "end"),
    [
        (b"", "broke off"),
        (b"40\r\ndata: {", "broke off"),
        (b"no size\r\n", "broke off"),
        (chunked(b"data: [DONE]\n\n"), "stop"),
        (chunked(b"data: [DONE]\n\n") + b"40\r\ndata: {", "stop"),
    ],
)
async def test_a_connection_that_breaks_after_a_burst_loses_nothing_of_it(
    open_llm: Open, rest: bytes, end: str
) -> None:
    async with raw_server(lambda request: HEAD + b"\r\n" + BURST + rest, once=True) as url:
        story, ended = await answer(open_llm(url=url))
    assert story == "".join(WORDS)
    assert end in str(ended)


async def test_a_header_of_nine_kilobytes_is_read(open_llm: Open) -> None:
    head = HEAD + b"X-Policy: %s\r\n\r\n" % (b"a" * 9_000)
    async with raw_server(lambda request: head + chunked(*STORY), once=True) as url:
        assert await answer(open_llm(url=url)) == ("Once.", "stop")


@pytest.mark.parametrize(
    "header",
    [b"Content-Length: 5", b"X Y: a", b"X: %s" % (b"a" * 70_000)],
    ids=["a length beside chunks", "a name with a space", "too long"],
)
async def test_headers_against_the_rules_are_not_said_to_be_another_port(
    open_llm: Open, header: bytes
) -> None:
    head = HEAD + header + b"\r\n\r\n"
    async with raw_server(lambda request: head + chunked(*STORY), once=True) as url:
        _, error = await answer(open_llm(url=url))
    assert isinstance(error, LLMError)
    assert "sends headers against the rules of HTTP" in str(error)
    assert "port in the url" not in str(error)


@contextmanager
def full_port() -> Iterator[int]:
    """A port at which nobody answers: as many wait there as may."""
    with closing(socket.socket()) as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            one = waiting.enter_context(closing(socket.socket()))
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@asynccontextmanager
async def silent_port() -> AsyncIterator[int]:
    """A port that takes connections and says nothing.  Who came must have gone in the end."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gone.wait()


@asynccontextmanager
async def raw_server(
    reply: Callable[[bytes], bytes], *, once: bool = False
) -> AsyncIterator[str]:
    """A server that answers each request with `reply`, and closes if that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                said = reply(head + await reader.readexactly(length))
                writer.write(said)
                if once or not said:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
