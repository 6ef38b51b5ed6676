"""Counts what a server does, whatever machine it does it on.

What is counted is the same on a slow machine and on a fast one, or less on a slow one, where
more comes at once; so a test can hold it against a limit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

import aiosqlite
import pytest

from actors.base import Actor
from actors.mailbox import Mailbox
from narration.store.job_thread import JobThread
from web.loop_lag import LoopLag

__all__ = ["Beside", "CountingLoop", "Done", "counting"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_TRANSACTIONAL = ("COMMIT", "END", "PRAGMA", "ROLLBACK", "SAVEPOINT", "RELEASE", "--")


class Done:
    """What was done since the last `forget`.

    Threads add to it side by side, and only appending to a list is safe then.
    """

    def __init__(self) -> None:
        self._log = list[tuple[str, str]]()

    def add(self, kind: str, detail: str) -> None:
        self._log.append((kind, detail))

    def forget(self) -> None:
        self._log.clear()

    def __len__(self) -> int:
        return len(self._log)

    def kinds(self) -> Counter[str]:
        return Counter(kind for kind, _ in self._log)

    def details(self, kind: str) -> Counter[str]:
        """What the things of a kind were."""
        return Counter(detail for found, detail in self._log if found == kind)


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that notes what it is asked for."""

    def __init__(self, done: Done) -> None:
        super().__init__()
        self._done = done

    def create_task(self, coro: Any, **kwargs: Any) -> Any:
        self._done.add("tasks", getattr(coro, "__qualname__", "?"))
        return super().create_task(coro, **kwargs)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        # `call_later` comes by here too.  The watch of the loop belongs to no session.
        if getattr(callback, "__func__", None) is not LoopLag._look:
            self._done.add("timers", getattr(callback, "__qualname__", "?"))
        return super().call_at(when, callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        self._done.add("threads' calls to the loop", getattr(callback, "__qualname__", "?"))
        return super().call_soon_threadsafe(callback, *args, context=context)


@contextmanager
def counting(patch: pytest.MonkeyPatch) -> Iterator[Done]:
    """Everything of this process but the loop: mailboxes, the database, work for threads."""
    done = Done()
    _count_messages(patch, done)
    _count_statements(patch, done)
    _count_hops(patch, done)
    yield done


def _count_messages(patch: pytest.MonkeyPatch, done: Done) -> None:
    def inbox(actor: type[Actor[Any]]) -> Mailbox:
        class Counted(Mailbox):
            def get(self) -> Any:
                envelope = super().get()
                done.add("messages", f"{actor.__name__} <- {type(envelope.message).__name__}")
                return envelope

        return Counted(actor.mailbox_limit)

    patch.setattr(Actor, "_create_actor_inbox", classmethod(inbox))


def _count_statements(patch: pytest.MonkeyPatch, done: Done) -> None:
    connect = sqlite3.connect

    def trace(sql: str) -> None:
        if sql.upper().startswith("BEGIN"):
            done.add("transactions", sql)
        elif not sql.upper().startswith(_TRANSACTIONAL):
            done.add("statements", " ".join(sql.split()[:4]))

    def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(trace)
        return connection

    patch.setattr(sqlite3, "connect", traced)


def _count_hops(patch: pytest.MonkeyPatch, done: Done) -> None:
    submit: Any = ThreadPoolExecutor.submit
    execute: Any = aiosqlite.Connection._execute
    hop: Any = JobThread.hop

    def submitted(self: ThreadPoolExecutor, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        done.add("hops to threads", getattr(work, "__qualname__", "?"))
        return submit(self, work, *args, **kwargs)

    def executed(self: aiosqlite.Connection, work: Any, *args: Any, **kwargs: Any) -> Any:
        done.add("hops to threads", f"sqlite: {getattr(work, '__name__', '?')}")
        return execute(self, work, *args, **kwargs)

    def hopped(self: JobThread[Any], work: Any, then: Any) -> None:
        done.add("hops to threads", f"database: {getattr(then, '__qualname__', 'group')}")
        hop(self, work, then)

    patch.setattr(JobThread, "hop", hopped)
    patch.setattr(ThreadPoolExecutor, "submit", submitted)
    patch.setattr(aiosqlite.Connection, "_execute", executed)


class Beside:
    """An event loop in a thread of its own, whose work is not counted."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run it there, and wait for it here."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
