"""Takes off the marks of emphasis, code and strike-through, and none that look like them."""

from __future__ import annotations

import re

__all__ = ["without_marks"]

_TIMES = re.compile(
    r"(?<=\d)(?: \* |\*)(?=\d)"
    r"|(?<=(?<!\w)[^\W_])(?: \* |\*)(?=[^\W_](?!\w))"
    r"|(?<=\d)\*(?=[^\W\d_](?!\w))"
)
"""Between numbers, and single letters that stand for numbers."""

_POWER = re.compile(r"(?<=\d) ?\*\* ?(?=\d)")
_LEAST_LETTERS = 3
_STARS = re.compile(r"\*+")
_BETWEEN_WORDS = re.compile(r"(?<=\w)[_|\\]+(?=\w)")
_MARKS = str.maketrans(dict.fromkeys("*_~`\\", ""))


def without_marks(text: str) -> str:
    """Emphasis, code, strike-through and escapes lose their marks.

    A star is times between numbers; one in the middle of a word that is not half of a
    pair stands for a letter (`f**k`), and a hyphen takes its place.
    """
    if "*" in text:
        text = _without_stars(_TIMES.sub(" × ", _POWER.sub("^", text)))
    return _BETWEEN_WORDS.sub(" ", text).translate(_MARKS)


def _without_stars(text: str) -> str:
    runs = list(_STARS.finditer(text))
    open_runs: set[int] = set()  # By their lengths.
    closing = -1  # The run that closes one inside of its word.
    spoken: list[str] = []
    place = 0
    for number, run in enumerate(runs):
        spoken.append(text[place : run.start()])
        place = run.end()
        length = len(run.group())
        if not _is_inside_a_word(text, run):
            if _stands_for_letters(text, run) and length not in open_runs:
                spoken.append("-" * length)
            if run.end() < len(text) and not text[run.end()].isspace():
                open_runs.add(length)
            if run.start() > 0 and not text[run.start() - 1].isspace():
                open_runs.discard(length)
        elif number == closing or length in open_runs:
            open_runs.discard(length)
        elif _is_closed_in_its_word(text, runs, number):
            closing = number + 1
        else:
            spoken.append("-" * length)
    spoken.append(text[place:])
    return "".join(spoken)


def _is_inside_a_word(text: str, run: re.Match[str]) -> bool:
    before = text[run.start() - 1 : run.start()] if run.start() else ""
    return before.isalnum() and text[run.end() : run.end() + 1].isalnum()


def _stands_for_letters(text: str, run: re.Match[str]) -> bool:
    """`F***`, where a word ends with it."""
    before = text[run.start() - 1 : run.start()] if run.start() else ""
    return len(run.group()) >= _LEAST_LETTERS and before.isalpha()


def _is_closed_in_its_word(text: str, runs: list[re.Match[str]], number: int) -> bool:
    """`un**believ**able`"""
    if number + 1 == len(runs):
        return False
    run, following = runs[number], runs[number + 1]
    same = run.group() == following.group()
    return same and not any(map(str.isspace, text[run.end() : following.start()]))
