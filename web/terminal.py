"""The terminal as a whole while a scene is told, and its own again whenever we do not run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from types import TracebackType
from typing import Self

from web.keyboard import Keyboard
from web.screen import Screen

__all__ = ["Terminal"]

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Terminal:
    """Sets `stop` at Ctrl-C and its like.  At a second one the process ends at once.

    Ctrl-Z stops the process as ever; `fg` finds everything as it was.
    """

    def __init__(self, screen: Screen, keyboard: Keyboard | None, stop: asyncio.Event) -> None:
        self._screen = screen
        self._keyboard = keyboard
        self._stop = stop

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # As it is under `nohup`.
                loop.add_signal_handler(number, self._end, number)
        loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        loop.add_signal_handler(signal.SIGCONT, self._take)
        loop.add_signal_handler(signal.SIGWINCH, self._take)
        self._take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH):
            loop.remove_signal_handler(number)
        self._give_back()

    def _end(self, number: signal.Signals) -> None:
        if self._stop.is_set():
            self._give_back()
            os._exit(128 + number)
        self._stop.set()

    def _suspend(self) -> None:
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _take(self) -> None:
        if not _in_foreground():
            return  # It is somebody else's.
        self._screen.enter()
        if self._keyboard is not None:
            self._keyboard.enter()

    def _give_back(self) -> None:
        if self._keyboard is not None:
            self._keyboard.leave()
        self._screen.leave()


def _in_foreground() -> bool:
    for file in (sys.stdin, sys.stderr):
        if file.isatty():
            try:
                return os.tcgetpgrp(file.fileno()) == os.getpgrp()
            except OSError:  # It is not the one that we could be in the background of.
                return True
    return True
