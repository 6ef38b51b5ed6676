"""Runs native code in a child process, which never outlives the server."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import narration
from narration.child_main import Hello
from narration.errors import ServiceError

__all__ = ["Child"]

T = TypeVar("T")

_TAIL_BYTES = 4_096
_GRACE_SECONDS = 2.0


class Child:
    """A child process, made by `start`.

    What it writes to its standard error stays off the terminal; `last_words` has the
    end of it.
    """

    def __init__(self, process: Process, name: str, kind: type[ServiceError]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.hello = Hello()
        self.stdin = process.stdin
        self.stdout = process.stdout
        self._process = process
        self._name = name
        self._kind = kind
        self._tail = b""
        self._listening = asyncio.create_task(self._listen(process.stderr))
        self._ending = asyncio.create_task(process.wait())

    @classmethod
    async def start(
        cls,
        module: str,
        *args: str,
        name: str,
        kind: type[ServiceError],
        env: Mapping[str, str] | None = None,
        within_seconds: float = 60.0,
    ) -> Child:
        """Start `python -m module args` and wait until it is ready.

        Args:
            name: what to call it in messages.
            kind: the error to raise about it.
            env: what to add to its environment.
            within_seconds: how long it may take to be ready.

        Raises:
            ServiceError: it cannot work here, ended, or was not ready in time.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "PYTHONPATH": _python_path(), **(env or {})},
        )
        child = cls(process, name, kind)
        try:
            child.hello = await child._meet(within_seconds)
        except BaseException:
            child.kill()
            await child.end()
            raise
        return child

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is known to have ended."""
        return self._ending.done()

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        return self._tail.decode(errors="replace").strip()

    async def death(self) -> ServiceError:
        """Wait until the child ends, and return the error to raise about that."""
        code = await asyncio.shield(self._ending)
        await asyncio.wait({self._listening}, timeout=_GRACE_SECONDS)
        how = f"signal {-code}" if code < 0 else f"status {code}"
        return self._kind(
            self._name, f"its process ended unexpectedly ({how})", retryable=True
        )

    async def while_alive(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Await `work`; if the child ends before, cancel it and return None."""
        working = asyncio.create_task(work)
        try:
            await asyncio.wait({working, self._ending}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            await asyncio.wait({working})

    async def end(self) -> None:
        """End the child, by force if it does not want to; idempotent."""
        self.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._ended()
        except TimeoutError:
            self.kill()
            await self._ended()

    def kill(self) -> None:
        """End the child by force; who waits for it finds it dead."""
        if self._process.returncode is None:
            self._process.kill()

    async def _meet(self, within_seconds: float) -> Hello:
        try:
            async with asyncio.timeout(within_seconds):
                line = await self.stdout.readline()
        except TimeoutError:
            message = f"its process was not ready within {within_seconds:g} s"
            raise self._kind(self._name, message, retryable=True) from None
        if not line:
            raise await self.death()
        try:
            hello = msgspec.json.decode(line, type=Hello)
        except msgspec.DecodeError:
            message = "its process does not say that it is ready, but something else"
            raise self._kind(self._name, message, retryable=False) from None
        if hello.error:
            raise self._kind(self._name, hello.error, retryable=False)
        return hello

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(_TAIL_BYTES):
            self._tail = (self._tail + data)[-_TAIL_BYTES:]

    async def _ended(self) -> None:
        # asyncio reports the end of a process only when all that it said is read.
        await asyncio.gather(self.stdout.read(), asyncio.shield(self._ending))
        await asyncio.shield(self._listening)


def _python_path() -> str:
    """Where the child finds this package: wherever we found it."""
    here = str(Path(narration.__file__).parent.parent)
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
