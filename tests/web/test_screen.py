"""What a terminal, and a file, is given while a scene is told."""

from __future__ import annotations

import io
import re

import pytest

from web.screen import Screen

STORY = (
    "It was late. Nobody, not even the cat, had noticed the door.\n\n"
    "夜が来た。猫は静かに待っていた。彼は笑った。"
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "10")


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_text_is_wrapped_between_words_and_whole(size: int) -> None:
    terminal = Terminal()
    screen = Screen(terminal, terminal)
    screen.enter()
    for start in range(0, len(STORY), size):
        screen.say(STORY[start : start + size])
    screen.leave()
    shown = re.sub(r"\033(\[[\d;]*[A-Za-z]|[78])", "", terminal.getvalue())[1:]
    assert "".join(shown.split()) == "".join(STORY.split())
    for line in shown.splitlines():
        assert sum(2 if ord(c) > 0x2E80 else 1 for c in line) < 20
    assert {"noticed", "Nobody,", "door."} <= set(shown.split())


def test_the_line_is_taken_away_in_the_end() -> None:
    terminal = Terminal()
    screen = Screen(terminal, terminal)
    screen.enter()
    screen.show("7 words, and much more than fits")
    screen.leave()
    assert "\033[10;1H\033[2K7 words, and much m\0338" in terminal.getvalue()
    assert terminal.getvalue().endswith("\0337\033[r\033[10;1H\033[2K\0338")


def test_a_file_gets_the_text_and_nothing_else() -> None:
    status, text = Terminal(), io.StringIO()
    screen = Screen(status, text)
    screen.enter()
    screen.say(STORY)
    screen.show("7 words")
    screen.leave()
    assert text.getvalue() == STORY
    assert status.getvalue() == "\r\033[K7 words\r\033[K"


def test_without_a_terminal_there_is_no_line() -> None:
    status, text = io.StringIO(), io.StringIO()
    screen = Screen(status, text)
    screen.enter()
    screen.say("x")
    screen.show("7 words")
    screen.leave()
    assert (status.getvalue(), text.getvalue()) == ("", "x")
