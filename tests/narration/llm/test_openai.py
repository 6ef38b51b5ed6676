"""What the adapter makes of what language models really send, and of every way they fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from msgspec.structs import replace

from narration.config import LLMConfig
from narration.errors import LLMError
from narration.llm.base import ChatMessage, Finish
from narration.llm.openai import OpenAILLM
from tests.narration.scripted_service import ScriptedService, Step, cut, hang

Open = Callable[..., OpenAILLM]

MESSAGES = [ChatMessage("system", "Tell."), ChatMessage("user", "A story, bitte schön.")]
DONE = b"data: [DONE]\n\n"


def event(**choice: object) -> bytes:
    chunk = {"id": "x", "choices": [{"index": 0, "finish_reason": None, **choice}]}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def text(content: str | None, **delta: object) -> bytes:
    return event(delta={"content": content, **delta})


STOP = event(delta={}, finish_reason="stop")

VLLM = (
    text("", role="assistant"),
    event(delta={"reasoning": "Let me think."}),
    text("Once upon a time"),
    text(" there was a café. "),
    STOP,
    b'data: {"choices":[],"usage":{"total_tokens":21}}\n\n',
    DONE,
)
OLLAMA = (
    text("", role="assistant", reasoning="Hm."),
    text("Once upon a time", role="assistant"),
    text(" there was a café. ", role="assistant"),
    event(delta={"role": "assistant", "content": ""}, finish_reason="stop"),
    DONE,
)
LLAMA_CPP = (
    b": ping\n\n",
    b"data: \n\n",
    text(None, role="assistant"),
    event(delta={"reasoning_content": "Hm."}),
    text("<thi"),
    text("nk>How about a café?</think>"),
    text("Once upon a time"),
    b":\n\n",
    text(" there was a café. "),
    STOP,
    b'data: {"choices":[],"timings":{"n":1},"usage":{}}\n\n',
    DONE,
)
# Parts instead of a text, no blank lines, CRLF, and no end mark.
OTHERS = (
    event(delta={"content": [{"type": "thinking", "thinking": "Hm."}]}),
    text("Once upon a time").replace(b"\n\n", b"\r\n"),
    event(delta={"content": [{"type": "text", "text": " there was a café. "}]}),
    event(delta=None, finish_reason="stop").replace(b"\n\n", b""),
)


@pytest.fixture
async def open_llm(service: ScriptedService) -> AsyncIterator[Open]:
    opened: list[OpenAILLM] = []

    def open_(**settings: object) -> OpenAILLM:
        config = replace(LLMConfig(url=service.url, model="m"), **settings)
        opened.append(OpenAILLM("ollama", config))
        return opened[-1]

    yield open_
    for llm in opened:
        await llm.aclose()


async def answer(llm: OpenAILLM) -> tuple[str, str | LLMError]:
    """The text, and how it ended."""
    story, end = "", "without a word"
    try:
        async for piece in llm.stream(MESSAGES):
            assert piece, "an empty piece"
            assert end == "without a word", "a piece after the last"
            if isinstance(piece, Finish):
                end = piece.reason
            else:
                story += piece
    except LLMError as error:
        return story, error
    return story, end


@pytest.mark.parametrize("stream", [VLLM, OLLAMA, LLAMA_CPP, OTHERS])
async def test_text_comes_without_reasoning_from_every_kind_of_server(
    service: ScriptedService, open_llm: Open, stream: tuple[bytes, ...]
) -> None:
    service.answer(*stream)
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")


@pytest.mark.parametrize("stream", [VLLM, OLLAMA, LLAMA_CPP, OTHERS])
async def test_one_byte_at_a_time_gives_the_same(
    service: ScriptedService, open_llm: Open, stream: tuple[bytes, ...]
) -> None:
    service.answer(*(bytes([byte]) for byte in b"".join(stream)))
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ((text("So"), event(delta={}, finish_reason="length"), DONE), ("So", "length")),
        (
            (text("So"), event(delta={"content": "."}, finish_reason="stop"), DONE),
            ("So.", "stop"),
        ),
        ((text("So"), STOP), ("So", "stop")),
        # The end mark is the server's word that this is all.
        ((text("So"), DONE), ("So", "stop")),
        # The story was told when the connection broke.
        ((text("So"), STOP, cut), ("So", "stop")),
        ((text("a < b"), STOP, DONE), ("a < b", "stop")),
        # What might have become a tag is text after all.
        ((text("So <thi"), STOP, DONE), ("So <thi", "stop")),
        ((text("So"), STOP, text("."), DONE), ("So.", "stop")),
    ],
)
async def test_an_answer_ends_as_the_model_says(
    service: ScriptedService,
    open_llm: Open,
    stream: tuple[Step, ...],
    expected: tuple[str, str],
) -> None:
    service.answer(*stream)
    assert await answer(open_llm()) == expected


@pytest.mark.parametrize(
    ("stream", "kept", "said"),
    [
        ((text("So"),), "So", "broke off"),
        ((text("So"), text(" <thi"), cut), "So <thi", "broke off"),
        ((text("So"), cut), "So", "broke off"),
        ((text("So"), b'data: {"error":{"code":500,"message":"So"}}\n\n', DONE), "So", "500"),
        ((text("So"), b'error: {"code":500,"message":"So"}\n\n', DONE), "So", "broke off"),
        ((text("So"), event(delta={}, finish_reason="error"), DONE), "So", "broke off"),
        (
            (text("So"), event(delta={}, finish_reason="content_filter")),
            "So",
            "content filter",
        ),
        ((text("So"), b"data: {nonsense}\n\n", DONE), "So", "no chat completion"),
        ((text("So"), b"data: " + b"x" * 2_000_000), "So", "line without an end"),
        ((DONE,), "", "wrote nothing"),
        ((STOP, DONE), "", "wrote nothing"),
        ((text("<think>Hm."), STOP, DONE), "", "wrote nothing"),
        ((event(delta={"reasoning": "Hm."}, finish_reason="length"), DONE), "", "max_tokens"),
        ((b'{"error": {"type": "overloaded_error"}}',), "", "overloaded_error"),
        ((b"<html>Welcome</html>",), "", "/v1"),
        ((), "", "/v1"),
    ],
)
async def test_a_broken_answer_keeps_its_text_and_says_that_it_broke(
    service: ScriptedService, open_llm: Open, stream: tuple[Step, ...], kept: str, said: str
) -> None:
    service.answer(*stream)
    story, error = await answer(open_llm())
    assert story == kept
    assert isinstance(error, LLMError)
    assert said in str(error)
    assert str(error).startswith("ollama: ")


@pytest.mark.parametrize(
    ("status", "body", "said", "retryable"),
    [
        (301, b"", "new address", False),
        (400, b'{"error":{"code":"context_length_exceeded"}}', "context_length_exc", False),
        (401, b'{"error":{"message":"Bad key sk-secret","code":null}}', "API key", False),
        (404, b'{"error":{"type":"not_found_error"}}', "404, not_found_error", False),
        (404, b"<html>", "check url and model", False),
        (422, b'{"detail":[{"type":"missing","input":"A story"}]}', "422, missing", False),
        (429, b'{"error":{"code":"rate_limit_exceeded"}}', "for 7 s", True),
        (429, b'{"error":{"code":"insufficient_quota"}}', "no credit", False),
        (500, b'{"detail":{"error":"processing_error"}}', "processing_error", True),
        (503, b'{"error":{"code":503,"type":"unavailable_error"}}', "loading", True),
    ],
)
async def test_a_refusal_says_what_to_do_and_gives_no_secret_away(
    service: ScriptedService,
    open_llm: Open,
    status: int,
    body: bytes,
    said: str,
    retryable: bool,
) -> None:
    service.answer(body, status=status, headers={"Retry-After": "7"})
    story, error = await answer(open_llm(api_key="sk-secret"))
    assert story == ""
    assert isinstance(error, LLMError)
    assert said in str(error)
    assert "secret" not in str(error)
    assert "A story" not in str(error)
    assert error.retryable is retryable
    assert error.retry_after == (7 if retryable else None)
    assert service.headers[0]["Authorization"] == "Bearer sk-secret"


async def test_nobody_at_the_address_is_said_so(open_llm: Open, unused_tcp_port: int) -> None:
    llm = open_llm(url=f"http://someone:hidden@127.0.0.1:{unused_tcp_port}/v1")
    _, error = await answer(llm)
    assert isinstance(error, LLMError)
    assert f"no connection to http://127.0.0.1:{unused_tcp_port}:" in str(error)
    assert error.retryable


@pytest.mark.parametrize("url", ["", "localhost:8080/v1", "ftp://localhost/v1", "http://"])
async def test_a_url_that_is_none_is_said_so(open_llm: Open, url: str) -> None:
    _, error = await answer(open_llm(url=url))
    assert isinstance(error, LLMError)
    assert "url" in str(error)
    assert not error.retryable


async def test_a_port_that_speaks_something_else_is_said_so(open_llm: Open) -> None:
    async with raw_server(lambda request: b"SSH-2.0-OpenSSH_9.6\r\n") as url:
        _, error = await answer(open_llm(url=url))
    assert isinstance(error, LLMError)
    assert "does not speak HTTP" in str(error)


@pytest.mark.parametrize(
    "steps", [(hang,), (text("", role="assistant"), hang), (b": ping\n\n", hang)]
)
async def test_a_model_that_does_not_begin_is_given_up(
    service: ScriptedService, open_llm: Open, steps: tuple[Step, ...]
) -> None:
    service.answer(*steps)
    story, error = await answer(open_llm(first_token_seconds=0.1))
    assert story == ""
    assert "did not begin to write within 0.1 s" in str(error)
    await service.abandoned.wait()


@pytest.mark.parametrize("last", [text("So"), event(delta={"reasoning": "Hm."})])
async def test_a_model_that_falls_silent_is_given_up(
    service: ScriptedService, open_llm: Open, last: bytes
) -> None:
    service.answer(last, hang)
    _, error = await answer(open_llm(between_tokens_seconds=0.1))
    assert "fell silent in the middle of the story for 0.1 s" in str(error)
    await service.abandoned.wait()


async def test_pings_are_no_sign_of_life(service: ScriptedService, open_llm: Open) -> None:
    async def ping(request: object) -> None:
        await asyncio.sleep(0.02)

    pings = [step for _ in range(500) for step in (b": ping\n\n", ping)]
    service.answer(text("So"), *pings)
    _, error = await answer(open_llm(between_tokens_seconds=0.1))
    assert "fell silent" in str(error)


async def test_a_listener_who_takes_time_is_not_held_against_the_model(
    service: ScriptedService, open_llm: Open
) -> None:
    proceed = asyncio.Event()

    async def wait(request: object) -> None:
        await proceed.wait()

    service.answer(text("So"), wait, text(" on"), STOP, DONE)
    story = ""
    async with aclosing(open_llm(between_tokens_seconds=0.3).stream(MESSAGES)) as pieces:
        async for piece in pieces:
            if piece == "So":
                await asyncio.sleep(0.4)
                proceed.set()
            if isinstance(piece, str):
                story += piece
    assert story == "So on"


async def test_a_missing_end_mark_does_not_hold_back_the_end(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(text("So"), STOP, hang)
    assert await answer(open_llm(between_tokens_seconds=60)) == ("So", "stop")


async def test_cancelling_closes_the_request(service: ScriptedService, open_llm: Open) -> None:
    service.answer(text("So"), hang)
    pieces = open_llm().stream(MESSAGES)
    assert await anext(pieces) == "So"
    more = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    more.cancel()
    with pytest.raises(asyncio.CancelledError):
        await more
    await service.abandoned.wait()


async def test_cancelling_before_the_first_word_closes_the_request(
    service: ScriptedService, open_llm: Open
) -> None:
    asked = asyncio.Event()

    async def note(request: object) -> None:
        asked.set()

    service.answer(note, hang)
    story = asyncio.ensure_future(answer(open_llm()))
    await asked.wait()
    story.cancel()
    await service.abandoned.wait()


async def test_closing_between_two_pieces_closes_the_request(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(text("So"), hang)
    pieces = open_llm().stream(MESSAGES)
    assert await anext(pieces) == "So"
    await pieces.aclose()
    await service.abandoned.wait()


async def test_what_is_asked_for(service: ScriptedService, open_llm: Open) -> None:
    service.answer(*VLLM)
    extra = {"top_p": 0.9, "max_tokens": None, "max_completion_tokens": 9}
    await answer(open_llm(temperature=0.3, extra_params=extra))
    assert service.bodies == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Tell."},
                {"role": "user", "content": "A story, bitte schön."},
            ],
            "stream": True,
            "temperature": 0.3,
            "top_p": 0.9,
            "max_completion_tokens": 9,
        }
    ]
    assert "Authorization" not in service.headers[0]


async def test_scenes_share_a_connection(service: ScriptedService, open_llm: Open) -> None:
    service.answer(*VLLM)
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

    service.answer(wait, *VLLM)
    llm = open_llm()
    ends = await asyncio.gather(*(answer(llm) for _ in range(scenes)))
    assert {end for _, end in ends} == {"stop"}


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(open_llm: Open) -> None:
    body = b"".join(VLLM)
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    replies = iter([reply, b"", reply])
    async with raw_server(lambda request: next(replies)) as url:
        llm = open_llm(url=url)
        assert (await answer(llm))[1] == "stop"
        assert (await answer(llm))[1] == "stop"
    assert list(replies) == []


async def test_the_environments_proxy_is_used_unless_it_must_not_be(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    service.answer(*VLLM)
    monkeypatch.setenv("HTTP_PROXY", service.url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", "")
    config = LLMConfig(url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    ends = []
    for proxies in (True, False):
        llm = OpenAILLM("ollama", config, proxies=proxies)
        ends.append((await answer(llm))[1])
        await llm.aclose()
    assert ends[0] == "stop"
    assert isinstance(ends[1], LLMError)


async def test_nothing_is_left_of_a_stream(service: ScriptedService, open_llm: Open) -> None:
    service.answer(text("So"), hang)
    llm = open_llm()
    before = asyncio.all_tasks()
    for _ in range(5):
        pieces = llm.stream(MESSAGES)
        await anext(pieces)
        await pieces.aclose()
    await llm.aclose()
    for _ in range(5):  # The server's side of it ends in its own time.
        await asyncio.sleep(0.02)
    assert asyncio.all_tasks() <= before


@asynccontextmanager
async def raw_server(reply: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """A server that answers each request with `reply`, and closes if that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                said = reply(head + await reader.readexactly(length))
                writer.write(said)
                if not said:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
