"""Single keys, without waiting for a line's end."""

from __future__ import annotations

import asyncio
import os
import re
import termios
import tty
from collections.abc import Callable
from typing import Literal, TextIO

__all__ = ["Key", "Keyboard", "keys_in"]

Key = Literal["hold", "next", "back", "stop"]

_KEYS: dict[bytes, Key] = {
    b" ": "hold",
    b"n": "next",
    b"\033[C": "next",
    b"\033OC": "next",
    b"p": "back",
    b"\033[D": "back",
    b"\033OD": "back",
    b"q": "stop",
}
_PRESSED = re.compile(rb"\033\[[0-9;]*[@-~]|\033O[@-~]|[^\033]|\033(?!$|[\[O])")
_BEGUN = re.compile(rb"\033(\[[0-9;]*|O)?$")


def keys_in(typed: bytes) -> tuple[list[Key], bytes]:
    """What was pressed, and the beginning of a key at the end."""
    begun = _BEGUN.search(typed)
    whole = typed[: begun.start()] if begun else typed
    pressed = [_KEYS[code] for code in _PRESSED.findall(whole) if code in _KEYS]
    return pressed, typed[len(whole) :]


class Keyboard:
    """A terminal in cbreak mode, while it is ours.  What is no terminal has no keys."""

    def __init__(self, terminal: TextIO, press: Callable[[Key], None]) -> None:
        self._press = press
        self._file = terminal.fileno() if terminal.isatty() else None
        self._before: list[int | list[bytes | int]] | None = None
        self._begun = b""

    def enter(self) -> None:
        """Take single keys from now on."""
        if self._file is None:
            return
        if self._before is None:
            self._before = termios.tcgetattr(self._file)
            asyncio.get_running_loop().add_reader(self._file, self._read)
        # Again also if it was so: a shell may have changed it while we were stopped.
        tty.setcbreak(self._file, termios.TCSANOW)

    def leave(self) -> None:
        """Leave the terminal as it was."""
        if self._file is None or self._before is None:
            return
        asyncio.get_running_loop().remove_reader(self._file)
        # Not TCSADRAIN: where Ctrl-S holds the output, that would wait for Ctrl-Q.
        termios.tcsetattr(self._file, termios.TCSANOW, self._before)
        self._before = None

    def _read(self) -> None:
        assert self._file is not None
        try:
            typed = os.read(self._file, 256)
        except OSError:
            typed = b""
        if not typed:  # The terminal has gone.
            asyncio.get_running_loop().remove_reader(self._file)
            return
        keys, self._begun = keys_in(self._begun + typed)
        for key in keys:
            self._press(key)
