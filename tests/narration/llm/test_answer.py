"""The pure part of reading an answer: however its bytes are cut, the text is the same."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.llm.answer import Answer
from narration.llm.base import Finish
from narration.sse import Lines, LineTooLong, field


def _stream(pieces: list[str], line_end: str) -> bytes:
    lines = [": hello", "data:"]
    for piece in pieces:
        chunk = {"choices": [{"index": 0, "delta": {"content": piece}}]}
        lines += ["data: " + json.dumps(chunk, ensure_ascii=False), ""]
    lines += [
        'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}',
        "",
        "data: [DONE]",
        "",
    ]
    return line_end.join(lines).encode()


_characters = st.characters(exclude_categories=["Cs"])


@given(
    pieces=st.lists(
        st.text(_characters, max_size=9) | st.sampled_from(["<think>", "</think>"])
    ),
    line_end=st.sampled_from(["\n", "\r\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=20),
)
def test_any_cutting_of_the_stream_gives_the_same_text(
    pieces: list[str], line_end: str, cuts: list[int]
) -> None:
    stream = _stream(pieces, line_end)
    whole, cut = Answer("x"), Answer("x")
    expected = whole.feed(stream) + whole.feed(b"") + whole.rest()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    text = ""
    for start, end in itertools.pairwise(edges):
        if start < end:
            text += cut.feed(stream[start:end])
    text += cut.feed(b"") + cut.rest()
    assert text == expected
    if expected.strip():
        assert cut.result() == whole.result() == Finish("stop")
    if "<" not in "".join(pieces):
        assert text == "".join(pieces)


def test_a_line_is_bounded_while_it_grows() -> None:
    lines = Lines(max_bytes=10)
    assert lines.feed(b"0123456789\n012345") == [b"0123456789"]
    assert lines.feed(b"6789") == []
    with pytest.raises(LineTooLong):
        lines.feed(b"x")


def test_a_line_is_bounded_if_it_comes_at_once() -> None:
    with pytest.raises(LineTooLong):
        Lines(max_bytes=10).feed(b"01234567890\n")


def test_the_last_line_needs_no_end() -> None:
    lines = Lines(max_bytes=10)
    assert lines.feed(b"a\nb") == [b"a"]
    assert lines.flush() == [b"b"]
    assert lines.flush() == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"data: x", (b"data", b"x")),
        (b"data:x", (b"data", b"x")),
        (b"\xef\xbb\xbfdata: x", (b"data", b"x")),
        (b"error: {}", (b"error", b"{}")),
        (b": ping", None),
        (b":", None),
        (b"data: ", None),
        (b"data", None),
        (b"", None),
    ],
)
def test_a_line_is_a_field_or_nothing(
    line: bytes, expected: tuple[bytes, bytes] | None
) -> None:
    assert field(line) == expected
