"""What a model goes on to write follows what was there, as though it had never stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.errors import LLMError
from narration.joint import Joint, joined
from narration.llm import Finish


def joint(before: str, *pieces: str, exact: bool = False) -> str:
    meeting = Joint(before, exact=exact)
    return "".join(meeting.feed(piece) for piece in pieces) + meeting.flush()


@pytest.mark.parametrize(
    ("before", "new", "whole"),
    [
        ("The lamp went out.", "She ran.", "The lamp went out. She ran."),
        ("She knelt down and", "lit it.", "She knelt down and lit it."),
        ("She knelt down and", " lit it.", "She knelt down and lit it."),
        ("She knelt down and ", " lit it.", "She knelt down and lit it."),
        ("She knelt down", ", and lit it.", "She knelt down, and lit it."),
        ("She didn", "'t.", "She didn't."),
        ("It ends.", "\n\nA new one.", "It ends.\n\nA new one."),
        ("It ends. ", "\n\nA new one.", "It ends. \n\nA new one."),
        ("It ends.\n\n", "\n\nA new one.", "It ends.\n\nA new one."),
        ('He said, "', "Go.", 'He said, "Go.'),
        ('He said, "Go', '," and went.', 'He said, "Go," and went.'),
        ('He said, "Go."', "Then he went.", 'He said, "Go." Then he went.'),
        ("He went.", '"Stop!"', 'He went. "Stop!"'),
        ("He said, “", "Go.", "He said, “Go."),
        ("He went.", "“Stop!”", "He went. “Stop!”"),
        ("He went—", "and came.", "He went—and came."),
        ("第一句没有", "说完。", "第一句没有说完。"),
        ("그는", "말했다.", "그는 말했다."),
        ("", "Once.", "Once."),
    ],
)
def test_two_texts_meet_as_one_would_write_them(before: str, new: str, whole: str) -> None:
    assert before + joint(before, new) == whole
    assert before + joint(before, *new) == whole


def test_a_model_that_goes_on_exactly_may_do_so_within_a_word() -> None:
    assert joint("Every evening Mara cli", "mbed up.", exact=True) == "mbed up."
    assert joint("The lamp went out.", "She ran.", exact=True) == " She ran."


@pytest.mark.parametrize(
    ("new", "joined_to"),
    [
        ("She knelt down and lit it.", " lit it."),
        ("  knelt down and lit it.", " lit it."),
        ("The lamp was cold. She knelt down and lit it.", " lit it."),
        ("She knelt over and lit it.", " She knelt over and lit it."),
        ("down and up.", " down and up."),
        ("She knelt", " She knelt"),
        ("She knelt down and", ""),
    ],
)
def test_the_last_words_are_not_said_twice(new: str, joined_to: str) -> None:
    before = "It was night. The lamp was cold. She knelt down and"
    assert joint(before, new) == joined_to
    assert joint(before, *new) == joined_to


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60), st.booleans())
def test_nothing_is_lost_but_a_repetition(before: str, new: str, exact: bool) -> None:
    got = joint(before, *new, exact=exact)
    assert got == joint(before, new, exact=exact)
    assert new.endswith(got.lstrip())
    left_out = new.removesuffix(got.lstrip()).strip()
    assert not left_out or before.rstrip().endswith(left_out)


async def test_a_model_that_fails_keeps_what_it_had_begun_to_say() -> None:
    closed = []

    async def model(end: Finish | None) -> AsyncGenerator[str | Finish]:
        try:
            yield "She knelt"
            if end is None:
                raise LLMError("model", "it broke off", retryable=True)
            yield end
        finally:
            closed.append(True)

    before = "She knelt down and"
    broken = joined(model(None), before, exact=False)
    assert await anext(broken) == " She knelt"
    with pytest.raises(LLMError):
        await anext(broken)
    assert [piece async for piece in joined(model(Finish("stop")), before, exact=False)] == [
        " She knelt",
        Finish("stop"),
    ]
    cut_short = joined(model(Finish("stop")), "Once", exact=False)
    assert await anext(cut_short) == " She knelt"
    await cut_short.aclose()
    assert closed == [True] * 3


def test_blanks_without_end_are_not_held_without_end() -> None:
    joint = Joint("Once upon a time there was a lamp.", exact=False)
    assert sum(len(joint.feed("\n")) for _ in range(10_000)) > 9_000
