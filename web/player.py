"""The program that makes sound of samples: whichever of three is installed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

from narration.audio import SAMPLE_RATE
from narration.errors import ConfigError

__all__ = ["Player", "find_player"]

# Each with as little sound of its own ahead as it can do with, so that it falls silent soon
# after it is given nothing; given something again, each goes on where it was.
_PLAYERS = (
    (
        *("paplay", "--raw", "--format=s16le", f"--rate={SAMPLE_RATE}", "--channels=1"),
        # Without this it gathers two seconds before it begins.
        "--latency-msec=100",
    ),
    (
        *("aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(SAMPLE_RATE), "-c", "1"),
        *("--buffer-time=200000", "--period-time=50000"),
    ),
    (
        *("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-nostats"),
        # Without this it reads half a second of samples to find out what they are.
        *("-probesize", "32"),
        *("-f", "s16le", "-ar", str(SAMPLE_RATE), "-i", "pipe:0"),
    ),
)
_PIPE_BYTES = 16 * 1024
"""A third of a second: a player that stands still is noticed after so much."""

_END_SECONDS = 5.0


def find_player() -> tuple[str, ...]:
    """The command of a player that is installed.

    Raises:
        ConfigError: there is none.
    """
    for player in _PLAYERS:
        if shutil.which(player[0]):
            return player
    names = ", ".join(player[0] for player in _PLAYERS)
    raise ConfigError(f"--play needs one of {names}; install one, or write a file with -o")


class Player:
    """One process, and a pipe to it that holds little."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, pipe: int) -> None:
        self._name = name
        self._process = process
        self._pipe: int | None = pipe
        self._said = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, command: Sequence[str]) -> Player:
        """Start it; it plays as soon as it is given something.

        Raises:
            ConfigError: it cannot be started.
        """
        there, pipe = os.pipe()
        os.set_blocking(pipe, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=there,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C and Ctrl-Z are for us.
            )
        except OSError as error:
            os.close(pipe)
            raise ConfigError(f"{command[0]} does not start: {error.strerror}") from error
        finally:
            os.close(there)
        return cls(command[0], process, pipe)

    def play(self, pcm: memoryview) -> int | None:
        """Give it samples; returns how many bytes it took, None if it has ended."""
        if self._pipe is None or self._process.returncode is not None:
            return None
        try:
            return os.write(self._pipe, pcm)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return None

    def complaint(self) -> str:
        """What it said when it ended before its time."""
        said = self._said.decode(errors="replace").strip().splitlines()
        return f"{self._name} does not play" + (f": {said[-1]}" if said else "")

    async def finish(self) -> None:
        """Let it play what it has, and end."""
        self._close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        await self.end()

    async def end(self) -> None:
        """End it now."""
        self._close()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(1_024):
            self._said = (self._said + said)[-1_024:]

    def _close(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
