"""Has what is stored as WAV compressed in the background, a batch at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from narration.child import Child
from narration.encoding.batch import Batch
from narration.encoding.messages import BatchEnd, Unreadable
from narration.errors import ServiceError, StoreError
from narration.kept_child import KeptChild

__all__ = ["EncodingFigures", "EncodingStore", "RecordingEncoder"]

_log = logging.getLogger(__name__)

_NAME = "encoder"
_MODULE = "narration.encoding.child"
# It starts at the lowest priority too, and nobody waits for it.
_START_SECONDS = 600.0
# What was stored within this time is committed together.  And what is read back soon after
# it was heard costs less as WAV.
_LOOK_SECONDS = 5.0
_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 60.0
# So long at most it waits for a busy server, or one that always is would never do it.
_LONGEST_BUSY_SECONDS = 60.0
_DEATHS = 3


class EncodingStore(Protocol):
    """Where recordings are, some of them as WAV still."""

    def encoded(self, rows: Sequence[tuple[int, bytes]], /) -> Awaitable[None]:
        """Put FLAC in the place of the WAV of these recordings, those that are still there.

        Raises:
            StoreError: it cannot be written.
        """
        ...

    def unencoded(self) -> Awaitable[int]:
        """How many recordings are WAV still.

        Raises:
            StoreError: it cannot be read.
        """
        ...


class EncodingFigures(msgspec.Struct, frozen=True):
    """What operators are told: how many recordings wait; how many were encoded, and how many
    could not be, since the server started; whether the process that encodes is there, which
    is started when there is something to do.
    """

    waiting: int
    encoded: int
    passed_over: int
    works: bool


class RecordingEncoder:
    """A child process encodes, and this stores what it makes, in the order of the recordings.

    It looks by itself whether there is something to encode, which costs less than telling it
    of each recording, and starts the child when there is.

    A recording is stored either as WAV or, after one transaction, as FLAC.  Whoever dies in
    between, it is WAV still, and is encoded by the next child, or after the next start.  One
    batch is in memory at most: the next is asked for when it is stored.  What cannot be
    encoded stays WAV, which is as good to listen to, and is tried again after the next start.

    Args:
        store: where recordings are; to be closed after this.
        database: the file, which the child reads by itself.
        look_seconds: how often to look.
        delay_seconds: the first of the growing delays while something does not work.
        has_time: whether the server has time; the child gives way by itself, but starting it,
            and storing what it makes, is the server's work.
        module: the child's program.
    """

    def __init__(
        self,
        store: EncodingStore,
        database: Path,
        *,
        look_seconds: float = _LOOK_SECONDS,
        delay_seconds: float = _FIRST_DELAY_SECONDS,
        has_time: Callable[[], bool] = lambda: True,
        module: str = _MODULE,
    ) -> None:
        self._store = store
        self._database = database
        self._module = module
        self._look_seconds = look_seconds
        self._has_time = has_time
        self._first_delay = self._delay = delay_seconds
        self._kept = KeptChild(self._start_child)
        self._running: asyncio.Task[None] | None = None
        self._after = 0
        self._pass_over = 0
        self._deaths = 0
        self._encoded = 0
        self._passed_over = 0

    def start(self) -> None:
        """Begin soon, with what the last run has left."""
        self._running = asyncio.create_task(self._run(), name="narration-encoding")
        self._running.add_done_callback(_log_crash)

    async def figures(self) -> EncodingFigures:
        """How it is going.

        Raises:
            StoreError: the database cannot be read.
        """
        waiting = await self._store.unencoded()
        return EncodingFigures(waiting, self._encoded, self._passed_over, self._kept.works)

    async def aclose(self) -> None:
        """End the child, whatever it is doing; idempotent."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        await self._kept.aclose()

    async def _run(self) -> None:
        await self._something_waits()
        if not await self._started():
            return
        while True:
            while await self._encode_batch():
                await self._until_there_is_time()
            await self._something_waits()

    async def _something_waits(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                waiting = await self._store.unencoded()
            except StoreError as problem:
                await self._wait(problem)
            else:
                self._went_well()
                if waiting > self._passed_over:
                    await self._until_there_is_time()
                    return

    async def _until_there_is_time(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _LONGEST_BUSY_SECONDS
        while not self._has_time():
            if loop.time() >= until:
                return
            await asyncio.sleep(self._look_seconds)

    async def _started(self) -> bool:
        """Start the first child, however often that takes; false if it cannot work here."""
        while True:
            try:
                await self._kept.start()
            except ServiceError as problem:
                if not problem.retryable:
                    _log.error("%s; audio stays uncompressed", problem)
                    return False
                await self._wait(problem)
            else:
                return True

    async def _encode_batch(self) -> bool:
        """Have one batch encoded, and store it; return whether there may be more."""
        try:
            child = await self._kept.child()
        except ServiceError as problem:
            await self._wait(problem)
            return True
        batch = Batch(self._after, self._pass_over)
        await batch.fill(child)
        await self._keep(batch.encoded)
        for id, reason in batch.unencodable:
            _log.error("recording %d stays uncompressed: %s", id, reason)
        self._passed_over += len(batch.unencodable)
        if batch.last is not None:
            self._after, self._pass_over, self._deaths = batch.last, 0, 0
        match batch.end:
            case BatchEnd(more):
                self._went_well()
                return more
            case Unreadable(reason):
                await self._wait(StoreError(reason))
            case None if batch.last is None:
                self._died()
            case None:
                pass  # What it had made until then is stored.
        return True

    async def _keep(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """Store what came of a batch, however often that takes."""
        while rows:
            try:
                await self._store.encoded(rows)
            except StoreError as problem:
                await self._wait(problem)
            else:
                self._encoded += len(rows)
                return

    def _died(self) -> None:
        """Count a death before the first recording of a batch, which may be what caused it."""
        self._deaths += 1
        if self._deaths == _DEATHS:
            message = "the recording after %d stays uncompressed: %d processes ended over it"
            _log.error(message, self._after, _DEATHS)
            self._pass_over += 1
            self._passed_over += 1
            self._deaths = 0

    async def _wait(self, problem: Exception) -> None:
        """Wait the longer the longer there is nothing but problems, and tell of the first."""
        if self._delay == self._first_delay:
            _log.warning("audio stays uncompressed for a while: %s", problem)
        await asyncio.sleep(self._delay)
        self._delay = min(2 * self._delay, _LONGEST_DELAY_SECONDS)

    def _went_well(self) -> None:
        if self._delay != self._first_delay:
            _log.info("audio is compressed again")
        self._delay = self._first_delay
        self._deaths = 0

    async def _start_child(self) -> Child:
        return await Child.start(
            self._module,
            f"--database={self._database}",
            name=_NAME,
            kind=ServiceError,
            # NumPy brings a pool of threads, each with memory of its own, for matrices.
            env={"OPENBLAS_NUM_THREADS": "1"},
            within_seconds=_START_SECONDS,
        )


def _log_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        _log.error("audio stays uncompressed until the next start", exc_info=error)
