"""How language models are asked, waited for and given up."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from narration.errors import LLMError
from tests.narration.llm.asking import MESSAGES, Open, answer
from tests.narration.scripted_service import ScriptedService, Step, cut, hang

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


@pytest.mark.parametrize("stream", [VLLM, LLAMA_CPP])
async def test_text_comes_without_reasoning_from_every_kind_of_server(
    service: ScriptedService, open_llm: Open, stream: tuple[bytes, ...]
) -> None:
    service.answer(*stream)
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")


@pytest.mark.parametrize("stream", [VLLM, LLAMA_CPP])
async def test_one_byte_at_a_time_gives_the_same(
    service: ScriptedService, open_llm: Open, stream: tuple[bytes, ...]
) -> None:
    service.answer(*(bytes([byte]) for byte in b"".join(stream)))
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")


async def test_a_connection_that_breaks_after_the_last_word_breaks_nothing(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(text("So"), STOP, cut)
    assert await answer(open_llm()) == ("So", "stop")


@pytest.mark.parametrize(
    ("stream", "kept", "said"),
    [
        ((text("So"), cut), "So", "broke off"),
        ((text("So"), text(" <thi"), cut), "So <thi", "broke off"),
        # A proxy may end the answer cleanly when the server behind it is gone.
        ((text("So"),), "So", "broke off"),
        ((text("So"), event(delta={}, finish_reason="content_filter")), "So", "filter"),
        ((text("So"), b"data: " + b"x" * 10_000_000), "So", "line without an end"),
        ((b"<html>Welcome</html>",), "", "/v1"),
        ((cut,), "", "closed the connection"),
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
    await service.abandoned.wait()


_MOMENTS: dict[str, tuple[Step, ...]] = {
    "before the headers": (),
    "before the first word": (text("", role="assistant"),),
    "while it reasons": (event(delta={"reasoning": "Hm."}),),
    "between two words": (text("So"),),
    "before the end mark": (text("So"), STOP),
}


@pytest.mark.parametrize("moment", _MOMENTS)
async def test_cancelling_closes_the_request_at_any_moment(
    service: ScriptedService, open_llm: Open, moment: str
) -> None:
    arrived = asyncio.Event()

    async def note(request: object) -> None:
        arrived.set()

    service.answer(*_MOMENTS[moment], note, hang)
    story = asyncio.ensure_future(answer(open_llm()))
    await arrived.wait()
    await asyncio.sleep(0.02)  # So that what was sent has been read; it may be later, too.
    story.cancel()
    with pytest.raises(asyncio.CancelledError):
        await story
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
