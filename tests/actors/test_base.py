"""What an actor promises, whatever it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError

from actors.base import (
    Actor,
    ActorRef,
    ChildFailed,
    Control,
    MailboxFull,
    Message,
    Stream,
    WouldBlock,
    ask,
    figures,
    start,
    stop,
    stopped,
)


class Note(Message, frozen=True):
    text: str


class Urgent(Control, frozen=True):
    text: str


class Sleep(Message, frozen=True):
    seconds: float


class WakeIn(Message, frozen=True):
    seconds: float


class Read(Message, frozen=True):
    source: AsyncGenerator[str]
    upto: int


class ReadOnTo(Message, frozen=True):
    upto: int


class CancelReading(Message, frozen=True):
    pass


class Boom(Message, frozen=True):
    pass


class Heard(Message, frozen=True):
    pass


Command = Note | Urgent | Sleep | WakeIn | Read | ReadOnTo | CancelReading | Boom | Heard


class Listener(Actor[Command]):
    mailbox_limit = 4

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.stream: Stream[str] | None = None

    def on_receive(self, message: Command) -> list[str] | None:
        match message:
            case Note(text) | Urgent(text):
                self.heard.append(text)
            case Sleep(seconds):
                self.pipe_to_self(
                    asyncio.sleep(seconds),
                    lambda _: Note("slept"),
                    lambda error: Note(str(error)),
                    label="sleeping",
                )
            case WakeIn(seconds):
                self.after(seconds, Note("woken"))
            case Read(source, upto):
                self.stream = self.stream_to_self(
                    source,
                    Note,
                    lambda: Note("end"),
                    lambda error: Note(f"failed: {error}"),
                    label="reading",
                )
                self.stream.allow(upto)
            case ReadOnTo(upto):
                assert self.stream
                self.stream.allow(upto)
            case CancelReading():
                assert self.stream
                self.stream.cancel()
            case Boom():
                raise ValueError("boom")
            case Heard():
                return list(self.heard)
        return None


class SpawnedRef(Message, frozen=True):
    pass


class Parent(Actor[ChildFailed | Heard | SpawnedRef]):
    def __init__(self) -> None:
        super().__init__()
        self.session = "s1"
        self.failures: list[BaseException] = []

    def on_start(self) -> None:
        self.child = self.spawn(Listener)

    def on_receive(self, message: ChildFailed | Heard | SpawnedRef) -> Any:
        match message:
            case ChildFailed(_, error):
                self.failures.append(error)
            case Heard():
                return self.failures
            case SpawnedRef():
                return self.child
        return None


@pytest.fixture
async def listener() -> AsyncGenerator[ActorRef[Command]]:
    ref = start(Listener)
    yield ref
    await stop(ref)


class Letters:
    """A source that notes how far it was read, and whether it was closed."""

    def __init__(self, letters: str, fails: bool = False) -> None:
        self.letters = letters
        self.fails = fails
        self.read = 0
        self.closed = False

    async def stream(self) -> AsyncGenerator[str]:
        try:
            for letter in self.letters:
                self.read += 1
                yield letter
            if self.fails:
                raise OSError("torn")
        finally:
            await asyncio.sleep(0.1)  # Closing may take its time, like a connection.
            self.closed = True


async def test_data_is_handled_in_order_of_arrival(listener: ActorRef[Command]) -> None:
    for text in "abc":
        listener.tell(Note(text))
    assert await ask(listener, Heard()) == ["a", "b", "c"]


async def test_control_overtakes_waiting_data(listener: ActorRef[Command]) -> None:
    listener.tell(Note("a"))
    listener.tell(Urgent("now"))
    listener.tell(Urgent("and then"))
    assert await ask(listener, Heard()) == ["now", "and then", "a"]


async def test_data_beyond_the_limit_raises_in_the_sender(
    listener: ActorRef[Command],
) -> None:
    for _ in range(4):
        listener.tell(Note("a"))
    with pytest.raises(MailboxFull):
        listener.tell(Note("one too many"))
    listener.tell(Urgent("control always fits"))


async def test_a_message_told_from_another_thread_arrives(
    listener: ActorRef[Command],
) -> None:
    await ask(listener, Heard())  # It is idle, so only the message can wake it.
    actor = listener._actor_weakref()
    assert isinstance(actor, Listener)
    await asyncio.to_thread(listener.tell, Note("from afar"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert actor.heard == ["from afar"]


async def test_a_thread_may_block_for_the_answer(listener: ActorRef[Command]) -> None:
    listener.tell(Note("a"))
    assert await asyncio.to_thread(listener.ask, Heard()) == ["a"]


async def test_a_thread_may_stop_an_actor() -> None:
    ref = start(Listener)
    assert await asyncio.to_thread(ref.stop) is True
    await stopped(ref)


async def test_an_actor_answers_while_its_work_is_running(
    listener: ActorRef[Command],
) -> None:
    listener.tell(Sleep(3600))
    before = asyncio.get_running_loop().time()
    assert await ask(listener, Heard()) == []
    assert asyncio.get_running_loop().time() == before


async def test_the_outcome_of_work_arrives_as_a_message(listener: ActorRef[Command]) -> None:
    listener.tell(Sleep(1.5))
    await asyncio.sleep(2)
    assert await ask(listener, Heard()) == ["slept"]


async def test_a_timer_tells_at_its_time_and_not_before(listener: ActorRef[Command]) -> None:
    listener.tell(WakeIn(2))
    await asyncio.sleep(1.9)
    assert await ask(listener, Heard()) == []
    await asyncio.sleep(0.2)
    assert await ask(listener, Heard()) == ["woken"]


async def test_a_stream_is_read_as_far_as_allowed_and_no_further(
    listener: ActorRef[Command],
) -> None:
    letters = Letters("abcdef")
    listener.tell(Read(letters.stream(), 2))
    await asyncio.sleep(10)
    assert (await ask(listener, Heard()), letters.read) == (["a", "b"], 2)
    listener.tell(ReadOnTo(1))  # An old limit does no harm.
    await asyncio.sleep(10)
    assert letters.read == 2
    listener.tell(ReadOnTo(100))
    await asyncio.sleep(10)
    assert await ask(listener, Heard()) == [*"abcdef", "end"]
    assert letters.closed


async def test_a_stream_that_fails_says_so_after_what_it_gave(
    listener: ActorRef[Command],
) -> None:
    listener.tell(Read(Letters("ab", fails=True).stream(), 100))
    await asyncio.sleep(1)
    assert await ask(listener, Heard()) == ["a", "b", "failed: torn"]


async def test_a_cancelled_stream_is_closed_and_silent(listener: ActorRef[Command]) -> None:
    letters = Letters("abcdef")
    listener.tell(Read(letters.stream(), 3))
    await asyncio.sleep(1)
    listener.tell(CancelReading())
    await asyncio.sleep(1)
    assert letters.closed
    assert await ask(listener, Heard()) == ["a", "b", "c"]


async def test_stop_cancels_owned_work_and_waits_until_it_has_ended() -> None:
    ref = start(Listener)
    letters = Letters("abcdef")
    ref.tell(Read(letters.stream(), 1))
    ref.tell(Sleep(3600))
    ref.tell(WakeIn(3600))
    await asyncio.sleep(1)
    assert await stop(ref) is True
    assert letters.closed
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stop_of_a_dead_actor_is_false() -> None:
    ref = start(Listener)
    await stop(ref)
    assert await stop(ref) is False


async def test_messages_left_after_stop_are_answered_with_an_error() -> None:
    ref = start(Listener)
    answer = ref.ask(Heard(), block=False)
    stopping = ref.stop(block=False)
    with pytest.raises(ActorDeadError):
        await answer
    assert await stopping


async def test_telling_a_dead_actor_is_not_an_error() -> None:
    ref = start(Listener)
    await stop(ref)
    ref.tell(Note("too late"))


async def test_a_crash_reaches_the_supervisor() -> None:
    parent = start(Parent)
    child = await ask(parent, SpawnedRef())
    child.tell(Boom())
    await asyncio.sleep(0.1)
    (error,) = await ask(parent, Heard())
    assert str(error) == "boom"
    assert not child.is_alive()
    await stop(parent)


async def test_children_stop_with_their_parent_and_are_waited_for() -> None:
    parent = start(Parent)
    child = await ask(parent, SpawnedRef())
    letters = Letters("abcdef")
    child.tell(Read(letters.stream(), 1))
    await asyncio.sleep(1)
    await stop(parent)
    assert not child.is_alive()
    assert letters.closed


async def test_an_error_goes_to_whoever_asked_and_the_actor_lives_on(
    listener: ActorRef[Command],
) -> None:
    with pytest.raises(ValueError, match="boom"):
        await ask(listener, Boom())
    assert listener.is_alive()


async def test_blocking_on_the_event_loop_raises_rather_than_deadlocks(
    listener: ActorRef[Command],
) -> None:
    with pytest.raises(WouldBlock):
        listener.ask(Heard())


async def test_derived_futures_can_be_awaited(listener: ActorRef[Command]) -> None:
    assert await listener.ask(Heard(), block=False).map(len) == 0


async def test_a_busy_actor_leaves_turns_to_others() -> None:
    class Restless(Actor[Any]):
        def on_receive(self, message: Any) -> None:
            self.actor_ref.tell(message)

    ref = start(Restless)
    ref.tell(Note("again"))
    await asyncio.wait_for(asyncio.sleep(0), 1)
    await stop(ref)


async def test_pykkas_registry_knows_every_actor_while_it_lives() -> None:
    parent = start(Parent)
    child = await ask(parent, SpawnedRef())
    assert pykka.ActorRegistry.get_by_class(Listener) == [child]
    assert pykka.ActorRegistry.get_by_urn(parent.actor_urn) is parent
    for stopping in pykka.ActorRegistry.stop_all(block=False):
        assert await stopping
    await stopped(parent)
    assert pykka.ActorRegistry.get_all() == []


async def test_pykkas_own_start_works_too() -> None:
    ref = Listener.start()
    ref.tell(Note("a"))
    assert await ref.ask(Heard(), block=False) == ["a"]
    await stop(ref)


async def test_figures_tell_what_an_actor_has_done_and_is_doing() -> None:
    parent = start(Parent)
    child = await ask(parent, SpawnedRef())
    child.tell(Sleep(60))
    await asyncio.sleep(5)
    child.tell(Note("a"))
    child.tell(Note("b"))
    (mine,) = [f for f in figures() if f.actor == "Listener"]
    assert mine.session == "s1"
    assert mine.state == "working"
    assert mine.work == ("sleeping",)
    assert (mine.mailbox, mine.mailbox_peak, mine.handled) == (2, 2, 1)
    assert mine.age_seconds == 5
    assert mine.oldest_waiting_ms == 0
    await stop(parent)
    assert figures() == []


async def test_a_second_cancel_does_not_cut_the_closing_of_a_stream_short() -> None:
    ref = start(Listener)
    letters = Letters("abcdef")
    ref.tell(Read(letters.stream(), 2))
    await asyncio.sleep(1)
    ref.tell(CancelReading())
    await asyncio.sleep(0.05)  # Its closing takes 0.1 s.
    await stop(ref)
    assert letters.closed


async def test_work_that_somebody_else_calls_off_has_failed(
    listener: ActorRef[Command],
) -> None:
    listener.tell(Sleep(3600))
    await asyncio.sleep(1)
    (task,) = [t for t in asyncio.all_tasks() if t.get_name() == "sleeping"]
    task.cancel()
    await asyncio.sleep(1)
    assert await ask(listener, Heard()) == ["it was called off by somebody else"]


@pytest.mark.parametrize("error", [asyncio.CancelledError(), StopIteration()])
async def test_an_odd_exception_is_an_answer_and_leaves_no_zombie(
    error: BaseException,
) -> None:
    class Odd(Actor[Any]):
        def on_receive(self, message: Any) -> Any:
            if message == Note("raise"):
                raise error
            return "alive"

    ref: ActorRef[Any] = start(Odd)
    with pytest.raises((asyncio.CancelledError, RuntimeError)):
        await ref.ask(Note("raise"), block=False)
    assert await ask(ref, Note("")) == "alive"
    ref.tell(Note("raise"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not ref.is_alive()
    await stopped(ref)


async def test_giving_up_on_an_answer_does_not_take_it_from_others(
    listener: ActorRef[Command],
) -> None:
    answer = listener.ask(Heard(), block=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await answer
    assert await answer == []


async def test_pykkas_proxies_work(listener: ActorRef[Command]) -> None:
    listener.tell(Note("a"))
    assert await listener.proxy().heard == ["a"]


def test_an_actor_needs_an_event_loop_and_is_not_registered_without() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        start(Listener)
    assert pykka.ActorRegistry.get_all() == []


async def test_an_answer_reaches_another_threads_loop(listener: ActorRef[Command]) -> None:
    def elsewhere() -> Any:
        return asyncio.run(ask(listener, Heard(), timeout=5))

    assert await asyncio.to_thread(elsewhere) == []
