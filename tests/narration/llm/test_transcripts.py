"""What a reader gets of whatever a server may stream, however its bytes are cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.errors import LLMError
from narration.llm.answer import Answer

DONE = b"data: [DONE]\n\n"
STORY = "Once there was a café. "


def data(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def chunk(
    delta: dict[str, Any] | None = None, finish: str | None = None, **more: Any
) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return data({"id": "x", "object": "chat.completion.chunk", "choices": [choice], **more})


def said(text: str | None) -> bytes:
    return chunk({"content": text})


STOP = chunk(finish="stop")
WHOLE = said("Once there was") + said(" a café. ")

USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
TIMINGS = {"prompt_n": 9, "predicted_n": 12, "predicted_per_second": 44.1}

OPENAI = (
    chunk({"role": "assistant", "content": "", "refusal": None}, service_tier="default")
    + chunk({"content": "Once there was"}, obfuscation="a1b")
    + chunk({"content": " a café. "}, usage=None, system_fingerprint=None)
    + STOP
    + data({"id": "x", "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    + DONE
)
OLLAMA = (
    chunk({"role": "assistant", "content": "", "reasoning": "Hm."}, system_fingerprint="fp")
    + chunk({"role": "assistant", "content": "Once there was"}, system_fingerprint="fp")
    + chunk({"role": "assistant", "content": " a café. "}, system_fingerprint="fp")
    + chunk({"role": "assistant", "content": ""}, "stop", system_fingerprint="fp")
    + DONE
)
LLAMA_CPP = (
    b":\n\n: ping\n\ndata:\n\ndata: \n\n"
    + chunk({"role": "assistant", "content": None}, timings=TIMINGS)
    + chunk({"reasoning_content": "A café?"})
    + said("Once there was")
    + b": ping\n\n"
    + said(" a café. ")
    + STOP
    + data({"choices": [], "usage": USAGE, "timings": TIMINGS})
    + DONE
)
VLLM = (
    chunk({"role": "assistant", "content": ""}, usage=USAGE, prompt_token_ids=None)
    + chunk({"reasoning": "A café?", "reasoning_content": "A café?"}, usage=USAGE)
    + chunk({"content": "Once there was"}, usage=USAGE, logprobs=None)
    + chunk({"content": " a café. ", "tool_calls": []}, usage=USAGE)
    + chunk({"content": ""}, "stop", stop_reason=None, usage=USAGE)
    + data({"id": "x", "choices": [], "usage": USAGE})
    + DONE
)
PARTS = (
    chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]})
    + chunk({"content": [{"type": "text", "text": "Once there"}, {"type": "reference"}]})
    + chunk({"content": [{"type": "text", "text": " was a café. "}, {"type": "text"}]})
    + STOP
    + DONE
)

TELLS = {
    "OpenAI": OPENAI,
    "Ollama": OLLAMA,
    "llama.cpp": LLAMA_CPP,
    "vLLM": VLLM,
    "content in parts": PARTS,
    "CRLF": VLLM.replace(b"\n", b"\r\n"),
    "a byte order mark": b"\xef\xbb\xbf" + OPENAI,
    "no space after the colon": OPENAI.replace(b"data: ", b"data:"),
    "names and numbers of events": b"event: message\nid: 7\nretry: 3\n" + OPENAI,
    "no blank lines": OPENAI.replace(b"\n\n", b"\n"),
    "no end mark": WHOLE + STOP,
    "no reason to end": WHOLE + DONE,
    "no end of the last line": (WHOLE + STOP).removesuffix(b"\n\n"),
    "nothing in a delta": data({"choices": [{"delta": None}]}) + WHOLE + STOP + DONE,
    "no index": data({"choices": [{"delta": {"content": STORY}}]}) + STOP + DONE,
    "null for choices": data({"choices": None, "error": None}) + WHOLE + STOP + DONE,
    "the end with the last word": said("Once there was")
    + chunk({"content": " a café. "}, "stop")
    + DONE,
    "words after the end": said("Once there was") + STOP + said(" a café. ") + DONE,
    "words after the end mark": WHOLE + STOP + DONE + said("!"),
    "an error after the end": WHOLE + STOP + data({"error": {"code": 500}}) + DONE,
    "words after such an error": WHOLE + STOP + data({"error": {"code": 500}}) + said("!"),
    "a call of a tool at the end": WHOLE
    + chunk({"tool_calls": [{"index": 0, "function": {"name": "f"}}]}, "tool_calls")
    + DONE,
    "two answers": data(
        {"choices": [{"index": 1, "delta": {"content": "No"}}, {"delta": {"content": STORY}}]}
    )
    + data({"choices": [{"index": 1, "delta": {"content": "No"}, "finish_reason": "length"}]})
    + STOP
    + DONE,
    "thoughts in the text": said("<think>A</think>") + WHOLE + STOP + DONE,
    "thoughts with split tags": said("<th")
    + said("ink>A ca")
    + said("fé</")
    + said("think")
    + said(">Once there was")
    + said(" a café. ")
    + STOP
    + DONE,
    "thoughts that begin twice": said("<think>\n<think>A</think>") + WHOLE + STOP + DONE,
    "thoughts that end twice": said("<think>A</think></think>") + WHOLE + STOP + DONE,
    "thoughts that never end": WHOLE + said("<think>And so") + STOP + DONE,
    "a character in two events": said("Once there was a caf")
    + b'data: {"choices":[{"delta":{"content":"\xc3"}}]}\n\n'
    + said(". ")
    + STOP
    + DONE,
    "half a surrogate pair": said("Once there was a caf")
    + b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n'
    + said(". ")
    + STOP
    + DONE,
    "not streamed": json.dumps(
        {
            "object": "chat.completion",
            "choices": [
                {"index": 0, "message": {"content": STORY}, "finish_reason": "stop"},
            ],
        }
    ).encode(),
}

BROKEN_CHARACTER = "Once there was a caf\ufffd. "

CUT_AT_THE_LIMIT = {
    "length": WHOLE + chunk(finish="length") + DONE,
    "max_tokens": WHOLE + chunk(finish="max_tokens"),
    "in capitals": WHOLE + chunk(finish="MAX_TOKENS"),
}

# How it ended, and the text that is kept.
FAILS = {
    "nothing at all": (b"", "/v1", ""),
    "comments alone": (b": ping\n\n: ping\n\n", "/v1", ""),
    "an end mark alone": (DONE, "wrote nothing", ""),
    "a role alone": (chunk({"role": "assistant", "content": None}) + STOP, "nothing", ""),
    "usage alone": (data({"choices": [], "usage": USAGE}) + DONE, "wrote nothing", ""),
    "white space alone": (said(" \n\n") + STOP + DONE, "wrote nothing", " \n\n"),
    "a call of a tool alone": (chunk({}, "tool_calls") + DONE, "wrote nothing", ""),
    "thoughts alone": (said("<think>A</think>") + STOP + DONE, "wrote nothing", ""),
    "thoughts without an end": (said("<think>A") + STOP + DONE, "wrote nothing", ""),
    "thoughts up to the limit": (said("<think>A") + chunk({}, "length"), "max_tokens", ""),
    "no end": (WHOLE, "broke off", STORY),
    "no end, and a held tag": (said("So <thi"), "broke off", "So <thi"),
    "an error in the middle": (
        WHOLE + data({"error": {"message": STORY, "type": "server_error"}}) + DONE,
        "server_error",
        STORY,
    ),
    "an error with a number": (WHOLE + data({"error": {"code": 500}}), "500", STORY),
    "an error in words": (WHOLE + data({"error": STORY}) + DONE, "broke off (error)", STORY),
    "an object that is an error": (
        WHOLE + data({"object": "error", "message": STORY, "code": 40303}) + DONE,
        "broke off",
        STORY,
    ),
    "an error's line": (WHOLE + b'error: {"code":500}\n\n' + DONE, "broke off", STORY),
    "words after an error": (WHOLE + data({"error": "x"}) + said("!"), "broke off", STORY),
    "an error for a reason": (WHOLE + chunk({}, "error") + DONE, "broke off", STORY),
    "DeepSeek's word for overload": (
        WHOLE + chunk({}, "insufficient_system_resource") + DONE,
        "broke off",
        STORY,
    ),
    "a filter": (WHOLE + chunk({}, "content_filter") + DONE, "content filter", STORY),
    "an error as the whole answer": (
        b'{"error":{"message":"x","type":"overloaded_error"}}',
        "overloaded_error",
        "",
    ),
    "an error in many lines": (b'{\n  "error": "x"\n}\n', "no chat completion", ""),
    "an unknown kind of error": (b'{"detail":"Not Found"}', "/v1", ""),
    "a web page": (b"<!doctype html>\n<title>Hello</title>\n", "/v1", ""),
    "no JSON": (WHOLE + b"data: {nonsense}\n\n" + DONE, "no chat completion", STORY),
    "no object": (WHOLE + b"data: [1]\n\n" + DONE, "no chat completion", STORY),
    "a number for text": (
        WHOLE + b'data: {"choices":[{"delta":{"content":3}}]}\n\n',
        "no chat completion",
        STORY,
    ),
    "nesting without end": (
        WHOLE + b'data: {"error":' + b"[" * 100_000 + b"\n\n",
        "no chat completion",
        STORY,
    ),
    "a line without end": (WHOLE + b"data: " + b"x" * 10_000_000, "without an end", STORY),
    "ten megabytes in a line": (
        WHOLE + b"data: " + b"x" * 10_000_000 + b"\n\n" + STOP + DONE,
        "without an end",
        STORY,
    ),
}


def read(stream: bytes, edges: list[int]) -> tuple[str, str]:
    """The text, and how it ended, of a stream that comes in pieces."""
    answer, text = Answer("ollama"), ""
    for start, end in itertools.pairwise([0, *edges, len(stream)]):
        if start < end and not answer.over:
            text += answer.feed(stream[start:end])
    if not answer.over:
        text += answer.feed(b"")
    text += answer.rest()
    try:
        return text, answer.result().reason
    except LLMError as error:
        return text, str(error)


@pytest.mark.parametrize("name", TELLS)
def test_the_story_comes_whole_and_without_reasoning(name: str) -> None:
    stream = TELLS[name]
    broken = {"a character in two events", "half a surrogate pair"}
    story = BROKEN_CHARACTER if name in broken else STORY

    assert read(stream, []) == (story, "stop")
    assert read(stream, list(range(len(stream)))) == (story, "stop")


@pytest.mark.parametrize("name", CUT_AT_THE_LIMIT)
def test_a_story_that_is_cut_at_its_limit_says_so(name: str) -> None:
    assert read(CUT_AT_THE_LIMIT[name], []) == (STORY, "length")


@pytest.mark.parametrize("name", FAILS)
def test_a_broken_story_keeps_its_text_and_says_what_is_wrong(name: str) -> None:
    stream, why, kept = FAILS[name]
    text, end = read(stream, [])

    assert text == kept
    assert end.startswith("ollama: ")
    assert why in end
    assert STORY.strip() not in end, "an error that repeats the story"
    step = max(1, len(stream) // 5_000)
    assert read(stream, list(range(0, len(stream), step))) == (text, end)


_STREAMS = [*TELLS.values(), *CUT_AT_THE_LIMIT.values()] + [
    stream for stream, _, _ in FAILS.values() if len(stream) < 10_000
]


@given(st.sampled_from(_STREAMS), st.data())
def test_however_the_bytes_are_cut_the_text_and_the_end_are_the_same(
    stream: bytes, cuts: st.DataObject
) -> None:
    edges = sorted(cuts.draw(st.lists(st.integers(0, len(stream)), max_size=12)))

    assert read(stream, edges) == read(stream, [])


@given(
    before=st.sampled_from(_STREAMS),
    noise=st.lists(
        st.sampled_from([b"", b": x", b"data:", b"event: x", b"id: 1", b"retry: 5", b"x: y"])
    ),
)
def test_lines_that_say_nothing_change_nothing(before: bytes, noise: list[bytes]) -> None:
    events = before.split(b"\n\n")
    filled = (b"\n\n" + b"\n".join(noise) + b"\n").join(events)

    assert read(filled, []) == read(before, [])


def test_reasoning_that_is_not_marked_is_noticed() -> None:
    unmarked, marked = Answer("x"), Answer("x")
    unmarked.feed(said("A café?</think>") + WHOLE + STOP + DONE)
    marked.feed(said("<think>A café?</think>") + WHOLE + STOP + DONE)

    assert unmarked.has_unmarked_reasoning
    assert not marked.has_unmarked_reasoning
