"""A text that would be cut ends with a finished sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.llm.last_sentence import LastSentence

# From 36 characters on, the next end of a sentence is the last.
_TOKENS = 10
_START = "She went down to the river and waited"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{_START}. Nobody came. Then", f"{_START}."),
        (f"{_START}.\n\nNobody", f"{_START}."),
        (f"{_START} (again)! Nobody", f"{_START} (again)! Nobody"),
        (f"{_START} again! Nobody", f"{_START} again!"),
        # Titles, initials and numbers end no sentence.
        (f"{_START} for Mr. J. Black at 5. Then", f"{_START} for Mr. J. Black at 5. Then"),
        # Nobody is left with an open mouth, unless the speech is long.
        (f'{_START}. "I know. You do too." Then', f"{_START}."),
        (f'"{_START}. But why?" Then', f'"{_START}. But why?"'),
        (f"“{_START}. But why?” she said", f"“{_START}. But why?”"),
        (f'"{_START}. I do not know. You', f'"{_START}. I do not know.'),
        (f'"{_START}\n\nShe left. Then', f'"{_START}\n\nShe left.'),
        # Too early.
        ("He slept. He woke. He slept", "He slept. He woke. He slept"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_the_first_finished_sentence_near_the_limit_is_the_last(
    text: str, expected: str, size: int
) -> None:
    assert _told(text, size) == expected


@given(st.text('ab. \n"“”!'), st.integers(1, 9))
def test_any_tokens_end_at_the_same_place(text: str, size: int) -> None:
    assert _told(text, size) == _told(text, 1)


def _told(text: str, size: int) -> str:
    last_sentence = LastSentence(_TOKENS)
    told = ""
    for start in range(0, len(text), size):
        kept, is_last = last_sentence.cut(text[start : start + size])
        told += kept
        if is_last:
            break
    return told
