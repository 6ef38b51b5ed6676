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
    # Whoever asks to be left alone for longer than there is time is not asked again.
    story, error = await answer(open_llm(api_key="sk-secret", first_token_seconds=5))
    assert story == ""
    assert len(service.bodies) == 1
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


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (503, "loading")])
async def test_a_busy_model_is_asked_again_until_it_writes(
    service: ScriptedService, open_llm: Open, status: int, code: str
) -> None:
    said = json.dumps({"error": {"code": code}}).encode()
    service.answer(said, status=status)
    service.answer(said, status=status, headers={"Retry-After": "0"})
    service.answer(*VLLM)
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")
    assert len(service.bodies) == 3
    assert service.bodies[0] == service.bodies[2]


@pytest.mark.parametrize(
    "said",
    [
        b'data: {"error":{"code":503,"message":"no instances"}}\n\n',
        b'event: error\ndata: {"type":"overloaded_error","message":"x"}\n\n',
        b'{"error":{"code":429}}',
    ],
)
async def test_a_model_that_is_busy_with_status_200_is_asked_again(
    service: ScriptedService, open_llm: Open, said: bytes
) -> None:
    service.answer(said)
    service.answer(*VLLM)
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")
    assert len(service.bodies) == 2


@pytest.mark.parametrize("first", [text("So"), event(delta={"reasoning": "Hm."})])
async def test_a_model_that_is_busy_after_it_began_is_not_asked_again(
    service: ScriptedService, open_llm: Open, first: bytes
) -> None:
    service.answer(first, b'data: {"error":{"code":503}}\n\n')
    _, error = await answer(open_llm())
    assert "broke off (503)" in str(error)
    assert len(service.bodies) == 1


async def test_a_busy_model_is_waited_for_as_long_as_it_asks(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(b"", status=429, headers={"Retry-After": "1"})
    service.answer(*VLLM)
    began = asyncio.get_running_loop().time()
    assert (await answer(open_llm()))[1] == "stop"
    assert asyncio.get_running_loop().time() - began >= 1


async def test_a_model_that_stays_busy_is_given_up_in_time(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(b"", status=503)
    began = asyncio.get_running_loop().time()
    story, error = await answer(open_llm(first_token_seconds=0.6))
    assert asyncio.get_running_loop().time() - began < 0.6
    assert story == ""
    assert "it is not ready (503)" in str(error)
    assert 2 <= len(service.bodies) <= 3


async def test_an_account_without_credit_is_not_asked_again(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(b'{"error":{"code":"insufficient_quota"}}', status=429)
    _, error = await answer(open_llm())
    assert "no credit" in str(error)
    assert len(service.bodies) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
        "Fri, 30 Feb 2026 25:61:61 GMT",
        "soon",
        "-1",
        "inf",
        "nan",
    ],
)
async def test_a_moment_to_ask_again_that_there_cannot_be_is_none(
    service: ScriptedService, open_llm: Open, said: str
) -> None:
    service.answer(b"", status=500, headers={"Retry-After": said})
    _, error = await answer(open_llm())
    assert isinstance(error, LLMError)
    assert "it failed (500)" in str(error)
    assert error.retry_after is None


_NO_SYSTEM = "System role not supported"
_NO_LIMIT = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)
_TEMPERATURE = "Unsupported value: 'temperature' does not support 0.7 with this model."
REFUSED: dict[str, tuple[int, str, dict[str, object], dict[str, object]]] = {
    "a system role": (
        400,
        _NO_SYSTEM,
        {},
        {"messages": [{"role": "user", "content": "Tell.\n\nA story, bitte schön."}]},
    ),
    "roles that do not alternate": (
        500,
        "Conversation roles must alternate user/assistant/user/assistant/...",
        {},
        {"messages": [{"role": "user", "content": "Tell.\n\nA story, bitte schön."}]},
    ),
    "the older name of the limit": (
        400,
        _NO_LIMIT,
        {},
        {"max_tokens": None, "max_completion_tokens": 400},
    ),
    "the newer name of the limit": (
        422,
        "Extra inputs are not permitted: max_completion_tokens",
        {"max_tokens": None, "max_completion_tokens": 9},
        {"max_tokens": 9, "max_completion_tokens": None},
    ),
    "options of the stream": (
        400,
        "Unrecognized request argument supplied: stream_options",
        {"stream_options": {"include_usage": True}},
        {"stream_options": None},
    ),
    "a temperature": (400, _TEMPERATURE, {}, {"temperature": None}),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_model_refuses_is_put_in_another_way_and_remembered(
    service: ScriptedService, open_llm: Open, name: str
) -> None:
    status, message, extra, changed = REFUSED[name]
    said = json.dumps({"error": {"message": message, "type": "invalid_request_error"}})
    service.answer(said.encode(), status=status)
    service.answer(*VLLM)
    llm = open_llm(extra_params=extra)
    for _ in range(2):
        assert await answer(llm) == ("Once upon a time there was a café. ", "stop")
    first, second, third = service.bodies
    assert second == third
    expected = {**first, **changed}
    assert second == {key: value for key, value in expected.items() if value is not None}


async def test_a_model_may_refuse_several_things(
    service: ScriptedService, open_llm: Open
) -> None:
    for message in (_NO_LIMIT, _NO_SYSTEM, _TEMPERATURE):
        service.answer(json.dumps({"error": {"message": message}}).encode(), status=400)
    service.answer(*VLLM)
    assert (await answer(open_llm()))[1] == "stop"
    body = service.bodies[-1]
    assert body.keys() == {"model", "messages", "stream", "max_completion_tokens"}
    assert [message["role"] for message in body["messages"]] == ["user"]


async def test_a_model_that_refuses_everything_is_not_asked_without_end(
    service: ScriptedService, open_llm: Open
) -> None:
    everything = (
        f"{_NO_LIMIT} max_completion_tokens {_NO_SYSTEM} {_TEMPERATURE} stream_options"
    )
    service.answer(json.dumps({"error": {"message": everything}}).encode(), status=400)
    llm = open_llm()
    _, error = await answer(llm)
    assert "it does not accept the request (400)" in str(error)
    assert len(service.bodies) == 4
    # What did not help is not remembered.
    await answer(llm)
    assert service.bodies[4] == service.bodies[0]


async def test_a_refusal_that_names_nothing_is_the_end(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(b'{"error":{"code":"context_length_exceeded"}}', status=400)
    await answer(open_llm())
    assert len(service.bodies) == 1


async def test_a_query_in_the_url_stays_behind_the_path(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(*VLLM)
    _, end = await answer(open_llm(url=f"{service.url}/?api-version=2024-06-01"))
    assert end == "stop"
    assert service.paths == ["/v1/chat/completions?api-version=2024-06-01"]


async def test_a_fault_of_the_adapter_is_told_as_the_services_and_logged_once(
    service: ScriptedService, open_llm: Open, caplog: pytest.LogCaptureFixture
) -> None:
    service.answer(*VLLM)
    _, error = await answer(open_llm(extra_params={"it": object()}))
    assert isinstance(error, LLMError)
    assert str(error) == "ollama: its adapter has a fault; the server's log says more"
    assert error.retryable
    (record,) = (record for record in caplog.records if record.name.startswith("narration"))
    assert record.exc_info is not None


async def test_reasoning_with_marks_of_its_own_is_no_story(
    service: ScriptedService, open_llm: Open
) -> None:
    service.answer(text("<plan>Rain."), text("</plan>"), text("So"), STOP, DONE)
    llm = open_llm(reasoning_marks=(("<plan>", "</plan>"),))
    assert await answer(llm) == ("So", "stop")


async def test_a_model_that_goes_on_after_an_early_end_is_waited_for(
    service: ScriptedService, open_llm: Open
) -> None:
    async def pause(request: object) -> None:
        await asyncio.sleep(1.2)

    service.answer(event(delta={"reasoning": "Hm."}, finish_reason="stop"), pause, *VLLM)
    assert await answer(open_llm()) == ("Once upon a time there was a café. ", "stop")


async def test_a_model_that_says_with_every_word_that_it_is_done_is_not_believed(
    service: ScriptedService, open_llm: Open
) -> None:
    async def pause(request: object) -> None:
        await asyncio.sleep(1.2)

    words = [event(delta={"content": word}, finish_reason="stop") for word in "abc"]
    service.answer(words[0], words[1], pause, words[2])
    service.answer(words[0], words[1], cut)
    assert await answer(open_llm()) == ("abc", "stop")
    story, error = await answer(open_llm())
    assert story == "ab"
    assert "broke off" in str(error)


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
