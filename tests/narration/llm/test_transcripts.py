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


def raw(content: bytes) -> bytes:
    """An event with `content` as it is, whether that is good JSON or not."""
    return b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % content


def message(content: str) -> bytes:
    """An event with all of the answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    return data({"choices": [{**choice, "finish_reason": "stop"}]})


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

NOT_STREAMED = {
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"content": STORY}, "finish_reason": "stop"}],
}

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
    "a character in two events": said("Once there was a caf")
    + raw(b"\xc3")
    + raw(b"\xa9. ")
    + STOP
    + DONE,
    "not streamed": json.dumps(NOT_STREAMED).encode(),
    "not streamed, and indented": json.dumps(NOT_STREAMED, indent=2).encode(),
    "not streamed, in lines that end with CR": json.dumps(NOT_STREAMED, indent=2)
    .replace("\n", "\r\n")
    .encode(),
    "CR": VLLM.replace(b"\n", b"\r"),
    "all of it after the deltas": WHOLE + message(STORY) + DONE,
    "all of it beside an empty delta": data(
        {"choices": [{"delta": {}, "message": {"content": STORY}, "finish_reason": "stop"}]}
    ),
    "all of it as the only event": chunk({"reasoning": "Hm."}) + message(STORY) + DONE,
    "an event in many lines": b'data: {\ndata:  "choices": [{\n: ping\ndata: "delta":\n'
    b'data: {"content": "Once there was a caf\xc3\xa9. "\ndata: }}]\ndata: }\n\n'
    + STOP
    + DONE,
    "an event cut in two lines": b'data: {"choices":[{"index":0,\n'
    + b'data: "delta":{"content":"Once there was a caf\xc3\xa9. "}}]}\n\n'
    + STOP
    + DONE,
    "signs of life": b'data: : PROCESSING\n\ndata: ""\n\n'
    + WHOLE
    + b"data: ping\n\ndata: null\n\ndata: [1]\n\nping\n\n"
    + STOP
    + DONE,
    "an end that is the text null": chunk({"content": "Once there was"}, "null")
    + chunk({"content": " a café. "}, "null")
    + DONE,
    "an end while it reasons": chunk({"reasoning_content": "Hm."}, "stop") + WHOLE + STOP,
    "an end with every event": chunk({"content": "Once there was"}, "stop")
    + chunk({"content": " a café. "}, "stop"),
    "reasoning after an early end": chunk({"content": "Once there was"}, "stop")
    + chunk({"reasoning": "And now?"})
    + said(" a café. ")
    + DONE,
    "a name of another event": b"event: error\n\n" + OPENAI,
    "a brace before it": b"{\n" + OPENAI,
    "thoughts of another name": said('<reasoning type="x">A</reason')
    + said("ing>")
    + WHOLE
    + STOP,
    "a call of a tool in the text": said("Once there was<tool_call>")
    + said('{"name": "f"}')
    + said("</tool_call> a café. ")
    + STOP,
    "tokens of a template": said("<|im_start|>assistant\n")
    + WHOLE
    + said("<|im_end|>")
    + DONE,
}

OTHER_STORIES = {
    "half a character": (said("A caf") + raw(b"\xc3") + said(". ") + STOP, "A caf\ufffd. "),
    "half a character at the end": (said("A caf") + raw(b"\xc3") + STOP, "A caf\ufffd"),
    "no character": (said("A caf") + raw(b"\xff\xa9 ") + STOP, "A caf\ufffd\ufffd "),
    "a character byte by byte": (
        said("A ") + raw(b"\xf0") + raw(b"\x9f\x8c") + raw(b"\x8a.") + STOP,
        "A 🌊.",
    ),
    "half a surrogate pair": (said("A ") + raw(b"\\ud83c") + said(". ") + STOP, "A \ufffd. "),
    "the other half": (said("A ") + raw(b"\\udf0a") + said(". ") + STOP, "A \ufffd. "),
    "a surrogate pair in two events": (
        said("A ") + raw(b"\\ud83c") + raw(b"\\udf0a.") + STOP,
        "A 🌊.",
    ),
    "halves with nothing between": (
        raw(b"\\ud83c") + chunk({"role": "assistant"}) + raw(b"\\udf0a") + said("!") + STOP,
        "🌊!",
    ),
    "a mention of reasoning": (
        said("It showed <think>") + said("and nothing else.") + STOP,
        "It showed <think>and nothing else.",
    ),
}

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
    "thoughts without an end": (said("<think>A") + STOP + DONE, "never came to", ""),
    "thoughts that break off": (said("<think>A"), "broke off while it reasoned", ""),
    "reasoning alone": (chunk({"reasoning": "A"}) + STOP + DONE, "never came to", ""),
    "reasoning up to the limit": (chunk({"reasoning": "A"}, "length"), "max_tokens", ""),
    "an end that something followed": (said("Once") + STOP + said("!"), "broke off", "Once!"),
    "an end that is no word for it": (said("Once") + chunk({}, "null"), "broke off", "Once"),
    "a refusal": (
        chunk({"content": None}) + chunk({"refusal": "I can't."}) + STOP + DONE,
        "refused to write this",
        "",
    ),
    "a refusal that is not streamed": (
        json.dumps({"choices": [{"message": {"content": None, "refusal": "No."}}]}).encode(),
        "refused to write this",
        "",
    ),
    "an event that is an error": (
        WHOLE + b"event: error\n" + data({"code": 500, "message": STORY}) + DONE,
        "broke off (500)",
        STORY,
    ),
    "an event that is an error in words": (
        WHOLE + b"event: error\ndata: overloaded\n\n" + DONE,
        "broke off (error)",
        STORY,
    ),
    "an error without a name": (
        WHOLE + data({"type": "overloaded_error", "message": STORY}) + DONE,
        "overloaded_error",
        STORY,
    ),
    "signs of life alone": (b"data: ping\n\n" * 3 + DONE, "no chat completion", ""),
    "signs of life, and no end": (b"data: ping\n\n" * 3, "no chat completion", ""),
    "an event without its end": (WHOLE + b'data: {"choices":\n\n', "chat completion", STORY),
    "JSON without an end": (b"{\n" + b'"a": 1,\n' * 200_000, "JSON without an end", ""),
    "JSON with many ends": (b'{"a":' * 100 + b"1\n" + b"}\n" * 100, "/v1", ""),
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
    "an error in many lines": (
        json.dumps({"error": {"type": "overloaded", "message": "x"}}, indent=2).encode(),
        "broke off (overloaded)",
        "",
    ),
    "an unknown kind of error": (b'{"detail":"Not Found"}', "/v1", ""),
    "a web page": (b"<!doctype html>\n<title>Hello</title>\n", "/v1", ""),
    "no JSON": (WHOLE + b"data: {nonsense}\n\n" + DONE, "no chat completion", STORY),
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

    assert read(stream, []) == (STORY, "stop")
    assert read(stream, list(range(len(stream)))) == (STORY, "stop")


@pytest.mark.parametrize("name", OTHER_STORIES)
def test_no_more_is_lost_than_did_not_come(name: str) -> None:
    stream, story = OTHER_STORIES[name]

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


_STREAMS = [*TELLS.values(), *CUT_AT_THE_LIMIT.values()]
_STREAMS += [stream for stream, _ in OTHER_STORIES.values()] + [
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
