"""Makes `docs/spoken.md` of the tests' own cases.

`PYTHONPATH=. python tests/spoken_page.py` writes it; a test fails if it is out of date.
Whoever has more such cases adds a section to `SECTIONS`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.narration.speech.english_cases import CASES
from tests.narration.text.spoken_cases import PAUSE, SPOKEN_CASES

__all__ = ["PAGE", "spoken_page"]

PAGE = Path(__file__).parent.parent / "docs" / "spoken.md"


class Row(NamedTuple):
    """One line of the table; `spoken` is in pieces if it is spoken in more than one."""

    kind: str
    written: str
    spoken: list[str]


class Section(NamedTuple):
    """The cases of one stage on the way from the text to the sound."""

    title: str
    about: str
    rows: Iterable[Row]


SECTIONS = [
    Section(
        title="From the text to every voice",
        about=(
            f"`⏎` is the end of a line, `{PAUSE}` a moment in which the model pauses. Each\n"
            "piece of what is spoken is one sentence to the voice.\n"
            "The cases: `tests/narration/text/data/spoken.jsonl`."
        ),
        rows=[Row(case.kind, case.written, case.spoken) for case in SPOKEN_CASES],
    ),
    Section(
        title="From every voice's text to the embedded voice",
        about=(
            "English as the embedded voice reads it: words, and sounds where it is none.\n"
            "Other voices get the text above, and read it in their own way.\n"
            "Cases and phonemes: `tests/narration/speech/english_cases.py`."
        ),
        rows=[Row(case.kind, case.written, [case.spoken]) for case in CASES],
    ),
]

_HEAD = """\
# What is written, and what is spoken

What is shown is the model's text as it is. A voice is given what a reader would say of it.
This page is made of the tests' own cases by `tests/spoken_page.py`.
Where one could decide otherwise: [why](decisions/spoken.md).
"""


def spoken_page() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for section in SECTIONS:
        yield f"## {section.title}\n"
        yield f"{section.about}\n"
        for kind, rows in groupby(section.rows, key=lambda row: row.kind):
            yield f"### {kind[0].upper()}{kind[1:]}\n"
            yield "| written | spoken |"
            yield "| --- | --- |"
            for row in rows:
                pieces = " ".join(map(_code, row.spoken)) or "nothing"
                yield f"| {_code(row.written)} | {pieces} |"
            yield ""


def _code(text: str) -> str:
    """The text as code in the cell of a table, with what cannot be seen written out."""
    text = "".join(map(_visible, text)).replace("|", "\\|")
    fence = "`"
    while fence in text:
        fence += "`"
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _visible(char: str) -> str:
    if char == "\n":
        return "⏎"
    if unicodedata.category(char) in ("Cf", "Cc"):
        return f"\\u{ord(char):04x}"
    return char


def main() -> None:
    PAGE.write_text(spoken_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
