"""`narration tell` in a terminal of its own, with a player that writes down what it gets."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.patience import PATIENCE_SECONDS

__all__ = ["Terminal", "telling"]

PROJECT = Path(__file__).parents[2]
PLAYER = f"""#!{sys.executable}
import os, sys
with open(os.environ["HEARD"], "ab", buffering=0) as heard:
    while data := os.read(0, 65536):
        heard.write(data)
"""
BROKEN = f"""#!{sys.executable}
import sys
sys.exit("there is no sound card")
"""


class Terminal:
    """What is shown, what is typed, and what is heard."""

    def __init__(self, process: asyncio.subprocess.Process, master: int, heard: Path) -> None:
        self.process = process
        self.shown = ""
        self._master = master
        self._heard = heard
        self._over = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    def heard(self) -> bytes:
        return self._heard.read_bytes() if self._heard.exists() else b""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def waits_for_lines(self) -> bool:
        """Whether it is as a shell wants it, and not as a program that reads keys."""
        modes = termios.tcgetattr(self._master)[3]
        return bool(modes & termios.ICANON and modes & termios.ECHO)

    def is_whole(self) -> bool:
        """Whether all rows scroll, and it waits for lines."""
        regions = re.findall(r"\033\[([\d;]*)r", self.shown)
        return self.waits_for_lines() and regions[-1] == ""

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that must come."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(
                    f"it did not come; the terminal shows {self.shown[-500:]!r}"
                )
            await asyncio.sleep(0.01)

    async def end(self) -> int:
        """Wait for its end, and for its last words; returns the exit status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._over.wait()
            return await self.process.wait()

    def stopped(self) -> bool:
        """Whether it was put to sleep, as by Ctrl-Z."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def _read(self) -> None:
        try:
            self.shown += os.read(self._master, 65_536).decode(errors="replace")
        except OSError:  # Nobody has it open any more.
            asyncio.get_running_loop().remove_reader(self._master)
            self._over.set()


@asynccontextmanager
async def telling(
    folder: Path, *arguments: str, player: str = PLAYER
) -> AsyncIterator[Terminal]:
    """Run `narration tell` with `arguments` until it ends, or is not needed any more."""
    paplay = folder / "paplay"
    paplay.write_text(player)
    paplay.chmod(0o755)
    heard = folder / "heard"
    master, terminal = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.cli", "tell", "x", *arguments),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": str(PROJECT),
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HEARD": str(heard),
            "LINES": "24",
            "COLUMNS": "80",
        },
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(terminal)
    screen = Terminal(process, master, heard)
    try:
        yield screen
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
