"""An asyncio-native Pykka actor.

Pykka comes with one runtime, threads, and documents three hooks for "implementors of new actor
types".  This module implements them on the event loop, and adds what Pykka leaves to its
applications: a mailbox with a lane for control, work beside the actor, timers, supervision by
the parent, and figures for operators.

Three rules keep every actor prompt and in order:

1.  Handlers are plain `def`.  An actor never awaits, so it is never busy for long, and handles
    a control message on the next turn of the loop.
2.  What has to be awaited goes through `pipe_to_self` or `stream_to_self`, and comes back as a
    message.
3.  Data is sent only within a limit that its receiver has announced.  A full mailbox is thus a
    broken protocol, and raises `MailboxFull` in the sender.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, ClassVar, Generic, Literal, ParamSpec, TypeVar

import pykka
from pykka import ActorDeadError, messages
from pykka._envelope import Envelope

from actors.figures import Figures
from actors.futures import AwaitableFuture, WouldBlock
from actors.mailbox import Control, Mailbox, MailboxFull, Message
from actors.ref import ActorRef, Ref
from actors.work import Running, Stream, Timer, Work, error_of

__all__ = [
    "Actor",
    "ActorDeadError",
    "ActorRef",
    "ChildFailed",
    "Control",
    "MailboxFull",
    "Message",
    "Ref",
    "Stream",
    "Work",
    "WouldBlock",
    "ask",
    "figures",
    "start",
    "stop",
    "stopped",
]

logger = logging.getLogger(__name__)

T = TypeVar("T")
M = TypeVar("M")
P = ParamSpec("P")


class ChildFailed(Control, frozen=True):
    """Told to the parent of an actor that stopped on an exception."""

    child: Any
    error: BaseException


class Actor(pykka.Actor, Generic[M]):
    """Base of all actors.  `M` is the union of the messages it handles."""

    mailbox_limit: ClassVar[int] = 256
    """How many data messages may wait.  Limits and turns keep it far from full."""

    batch: ClassVar[int] = 32
    """Messages handled in a row before others get a turn of the loop."""

    actor_inbox: Mailbox

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._actor_ref: ActorRef[M] = ActorRef(self)
        self._parent: Actor[Any] | None = None
        self._children: dict[str, Actor[Any]] = {}
        self._work: set[Running] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._handled = 0
        self._busy_seconds = 0.0
        self.session = ""
        """Id of the session it belongs to, for logs and operators; children inherit it."""

    # For subclasses

    def on_receive(self, message: M) -> Any:
        """Handle one message; the return value answers an `ask`."""
        raise NotImplementedError

    def now(self) -> float:
        """Seconds on the event loop's clock."""
        return self._loop.time()

    def spawn(
        self, actor_class: Callable[P, Actor[T]], *args: P.args, **kwargs: P.kwargs
    ) -> ActorRef[T]:
        """Start a child: it stops with this actor, and reports to it on failing."""
        child = actor_class(*args, **kwargs)
        child._parent = self
        child.session = child.session or self.session
        self._children[child.actor_urn] = child
        return child._begin()

    def dismiss(self, child: pykka.ActorRef[Any]) -> None:
        """Stop a child, its children and its work."""
        if child.is_alive():
            child.actor_inbox.put(Envelope(messages._ActorStop()))

    def after(self, seconds: float, message: M) -> Work:
        """Tell itself `message` in `seconds`.  Stopping the actor cancels it."""

        def fire() -> None:
            self._timers.discard(timer)
            self.actor_inbox.put_outcome(Envelope(message))

        timer = self._loop.call_later(seconds, fire)
        self._timers.add(timer)
        return Timer(timer, self._timers)

    def pipe_to_self(
        self,
        work: Awaitable[T],
        done: Callable[[T], M],
        failed: Callable[[Exception], M],
        *,
        label: str,
    ) -> Work:
        """Run `work` beside the actor, in a task unless it is a future; its outcome arrives
        as a message.  Cancel the work, and none follows.  Stopping the actor cancels what it
        has running.  `label` tells operators what it is.
        """
        if asyncio.iscoroutine(work):
            work = self._loop.create_task(work, name=label)
        return self._own(asyncio.ensure_future(work), label, done, failed)

    def stream_to_self(
        self,
        source: AsyncGenerator[T],
        item: Callable[[T], M],
        done: Callable[[], M],
        failed: Callable[[Exception], M],
        *,
        label: str,
        cost: Callable[[T], int] = lambda _: 1,
    ) -> Stream[T]:
        """Read `source` beside the actor, as far as `Stream.allow` lets it.

        Each item arrives as a message, and so does the end or the failure.
        """
        stream = Stream(
            source, lambda value: self.actor_inbox.put_outcome(Envelope(item(value))), cost
        )
        task = self._loop.create_task(stream.run(), name=label)
        stream.run_as(self._own(task, label, lambda _: done(), failed))
        return stream

    # Pykka's hooks for new kinds of actor

    @classmethod
    def _create_actor_inbox(cls) -> Mailbox:
        return Mailbox(cls.mailbox_limit)

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        try:
            return AwaitableFuture()
        except RuntimeError:  # Asked from a thread without a loop, which may block.
            return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        # What arrives while it starts wakes nobody: it is seen at the end of that.
        self._scheduled = True
        self._started_at = self._loop.time()
        self.actor_inbox.attach(self._wake_from_any_thread, self._loop.time)
        _running.add(self)
        try:
            self.on_start()
        except (Exception, asyncio.CancelledError) as error:
            self._fail(error)
        self._scheduled = False
        if not self.actor_inbox.empty():
            self._wake()

    # The life of an actor

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> ActorRef[Any]:
        """Pykka's way to start an actor; `start()` of this module keeps the types."""
        return cls(*args, **kwargs)._begin()

    def _begin(self) -> ActorRef[M]:
        asyncio.get_running_loop()  # Raises now, and not when it is registered already.
        pykka.ActorRegistry.register(self._actor_ref)
        self._start_actor_loop()
        return self._actor_ref

    def _wake_from_any_thread(self) -> None:
        here = threading.get_ident() == self._thread
        self._wake() if here else self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn_of_loop)

    def _turn_of_loop(self) -> None:
        inbox, stopped = self.actor_inbox, self.actor_stopped
        inbox.note_peak()
        began = time.perf_counter()
        try:
            for _ in range(self.batch):
                if stopped.is_set() or inbox.empty():
                    break
                self._handled += 1
                self._handle(inbox.get())
        finally:
            self._busy_seconds += time.perf_counter() - began
            if stopped.is_set():
                self._answer_the_rest()
            self._scheduled = False
            if not inbox.empty():
                self._wake()

    def _handle(self, envelope: Envelope[Any]) -> None:
        message, reply_to = envelope.message, envelope.reply_to
        try:
            handle = self.on_receive if isinstance(message, Message) else self._handle_receive
            answer = handle(message)  # Pykka's own messages are for stopping, and for proxies.
        except (Exception, asyncio.CancelledError) as error:
            if reply_to is None:
                self._fail(error)
            else:
                reply_to.set_exception()
        else:
            if reply_to is not None:
                reply_to.set(answer)

    def _stop(self) -> None:
        super()._stop()  # Unregisters, marks as stopped, calls on_stop().
        self._dismantle()

    def __str__(self) -> str:
        return f"{type(self).__name__} of session {self.session or '-'} ({self.actor_urn})"

    def _fail(self, error: BaseException) -> None:
        self._handle_failure(*sys.exc_info())  # Logs, unregisters, marks as stopped.
        try:
            self.on_failure(type(error), error, error.__traceback__)
        except Exception:
            logger.exception("on_failure() itself failed in %s", self)
        self._dismantle()
        if self._parent is not None:
            self._parent.actor_ref.tell(ChildFailed(self.actor_ref, error))

    def _dismantle(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for work in tuple(self._work):
            work.cancel()
        for child in reversed(self._children.values()):
            self.dismiss(child.actor_ref)
        self._answer_the_rest()
        self._go_when_done()

    def _answer_the_rest(self) -> None:
        while not self.actor_inbox.empty():
            envelope = self.actor_inbox.get()
            if (reply_to := envelope.reply_to) is None:
                continue
            if type(envelope.message) is messages._ActorStop:
                reply_to.set(None)  # Stopped twice: it is what was asked for.
            else:
                error = ActorDeadError(f"{self.actor_ref} stopped before handling this")
                reply_to.set_exception((ActorDeadError, error, None))

    def _own(
        self,
        task: asyncio.Future[T],
        label: str,
        done: Callable[[T], M],
        failed: Callable[[Exception], M],
    ) -> Running:
        work = Running(task, label)
        self._work.add(work)

        def finished(task: asyncio.Future[T]) -> None:
            self._work.discard(work)
            error = error_of(task)
            if self.actor_stopped.is_set():
                if error is not None and not work.called_off:
                    logger.debug("%s of %s ended with %r", label, self, error)
                self._go_when_done()
            elif not work.called_off:
                outcome = done(task.result()) if error is None else failed(error)
                self.actor_inbox.put_outcome(Envelope(outcome))

        task.add_done_callback(finished)
        return work

    def _go_when_done(self) -> None:
        """Be gone once stopped, with no child alive and no work under way."""
        if self._work or self._children or self._gone.done():
            return
        _running.discard(self)
        self._gone.set_result(None)
        if self._parent is not None:
            del self._parent._children[self.actor_urn]
            if self._parent.actor_stopped.is_set():
                self._parent._go_when_done()

    def _figures(self) -> Figures:
        inbox = self.actor_inbox
        inbox.note_peak()
        state: Literal["waiting", "working", "stopping"] = "waiting"
        if self._work:
            state = "working"
        if self.actor_stopped.is_set():
            state = "stopping"
        return Figures(
            actor=type(self).__name__,
            urn=self.actor_urn,
            session=self.session,
            state=state,
            mailbox=len(inbox),
            mailbox_peak=inbox.peak,
            handled=self._handled,
            busy_ms=round(self._busy_seconds * 1_000, 3),
            oldest_waiting_ms=round(inbox.oldest_seconds() * 1_000, 3),
            age_seconds=round(self.now() - self._started_at, 3),
            work=tuple(sorted(work.label for work in self._work)),
        )


_running: set[Actor[Any]] = set()
"""Every actor that is not gone.  Pykka's refs and the event loop hold actors weakly."""


def start(
    actor_class: Callable[P, Actor[T]], *args: P.args, **kwargs: P.kwargs
) -> ActorRef[T]:
    """Start an actor that has no parent.  Prefer it to Pykka's, which loses the types."""
    return actor_class(*args, **kwargs)._begin()


async def ask(ref: ActorRef[M], message: M, *, timeout: float = 5.0) -> Any:
    """Tell, and wait for the answer.  For request handlers and tests, not actors.

    An actor that answers at once leaves no turn to others: who asks in a loop has to sleep.

    Raises:
        TimeoutError: no answer within `timeout` seconds.
        pykka.ActorDeadError: the actor is dead, or died before it answered.
    """
    answer = ref.ask(message, block=False)
    actor = ref._actor_weakref()
    if actor is not None and actor._loop is asyncio.get_running_loop():
        # Nobody is in the middle of a turn now, so it can be its turn: two waits for a busy
        # loop less.
        actor._turn_of_loop()
    try:
        return answer.get()
    except WouldBlock:
        async with asyncio.timeout(timeout):
            return await answer


async def stop(ref: pykka.ActorRef[Any]) -> bool:
    """Stop an actor, its children and its work, and wait until all of it has ended.

    False if it had stopped already.
    """
    was_alive: bool = await ref.stop(block=False)
    await stopped(ref)
    return was_alive


async def stopped(ref: pykka.ActorRef[Any]) -> None:
    """Wait until an actor is gone: stopped, with no child and no work left."""
    actor = ref._actor_weakref()
    if actor is not None:
        await asyncio.shield(actor._gone)


def figures() -> list[Figures]:
    """What every actor is doing, for operators, in the order of their sessions."""
    return sorted((a._figures() for a in _running), key=lambda f: (f.session, f.actor, f.urn))
