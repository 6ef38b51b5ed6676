"""A model's thinking is neither shown nor spoken, however it is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.text import ThinkFilter

CASES = [
    ("<think>Plan.</think>Once upon a time", "Once upon a time"),
    ("Once <thinking>Plan?\n\nYes.</thinking>upon a time", "Once upon a time"),
    ("<THINK>a</Think>b<Thinking>c</THINKING>d", "bd"),
    ("<think >a</think\n>b", "b"),
    ("<think>a < b, <i>c</i> </thin </thinks> </think>d", "d"),
    ("<think><think>a</think>b", "b"),
    ("a<think/>b", "ab"),
    ("a</think>b", "ab"),
    ("a<think>never closed", "a"),
    ("a<think>b</think", "a"),
    ("a<think", "a<think"),
    ("a < b <thin ice> </thinker> <thinks> <", "a < b <thin ice> </thinker> <thinks> <"),
    ("no tags \ud83d at all", "no tags \ud83d at all"),
    ("<think>a</think>\n\nb", "\n\nb"),
]


def filtered(tokens: list[str]) -> str:
    thinking = ThinkFilter()
    return "".join(thinking.feed(token) for token in tokens) + thinking.flush()


@pytest.mark.parametrize(("text", "passed"), CASES)
def test_thinking_goes_and_all_else_stays(text: str, passed: str) -> None:
    assert filtered([text]) == passed


@pytest.mark.parametrize(("text", "passed"), CASES)
def test_thinking_goes_wherever_the_tags_are_split(text: str, passed: str) -> None:
    assert filtered(list(text)) == passed
    for place in range(len(text)):
        assert filtered([text[:place], text[place:]]) == passed


@given(
    st.lists(st.sampled_from([*"</> tk", "<think>", "</think>", "<thinking", "ing>", "word"]))
)
def test_the_split_does_not_matter(tokens: list[str]) -> None:
    text = "".join(tokens)
    assert filtered(tokens) == filtered([text]) == filtered(list(text))


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_text_without_a_tag_passes_at_once(text: str) -> None:
    thinking = ThinkFilter()
    assert thinking.feed(text) == text
    assert thinking.flush() == ""


def test_only_what_may_be_a_tag_is_held_back() -> None:
    thinking = ThinkFilter()
    assert thinking.feed("He wrote <th") == "He wrote "
    assert thinking.feed("ank you") == "<thank you"


def test_after_a_flush_the_filter_is_as_new() -> None:
    thinking = ThinkFilter()
    assert thinking.feed("<think>a") + thinking.flush() == ""
    assert thinking.feed("b") + thinking.flush() == "b"
