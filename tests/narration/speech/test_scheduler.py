"""Who gets a voice's slot, and that no slot and no claim is ever lost."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.speech.scheduler import (
    FIRST_SECONDS,
    OVERDUE_SECONDS,
    PATIENCE_SECONDS,
    Claim,
    Decision,
    Scheduler,
    Speaking,
    Waiting,
)
from tests.virtual_time import run


def now() -> float:
    return asyncio.get_running_loop().time()


def claim(who: str, due_at: float = 100.0, *, first: bool = False) -> Claim:
    return Claim(who, due_at, first)


async def served(
    *claims: Claim, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> list[str]:
    """The order in which one slot is given to claims that come in this one.

    All wait until the slot, which is taken at first, is free; `meanwhile` happens before.
    """
    scheduler, order = Scheduler("voice", 1), list[str]()

    async def speak(claim: Claim) -> None:
        async with scheduler.place(claim):
            order.append(claim.who)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group, scheduler.place(claim("holder")):
        for one in claims:
            group.create_task(speak(one))
        await asyncio.sleep(0)
        if meanwhile is not None:
            await meanwhile()
    return order


def test_the_slot_goes_to_the_listener_who_runs_dry_first() -> None:
    claims = claim("c", 3), claim("a", -2), claim("d", math.inf), claim("b", 2)
    assert run(served(*claims)) == ["a", "b", "c", "d"]


def test_of_equals_the_one_who_came_first_goes_first() -> None:
    claims = [claim(who, 5) for who in "abcdefgh"]
    assert run(served(*claims)) == list("abcdefgh")


@pytest.mark.parametrize(
    ("earlier", "order"),
    [(0.0, "nw"), (0.9 * FIRST_SECONDS, "nw"), (1.1 * FIRST_SECONDS, "wn")],
)
def test_a_newcomers_first_words_go_first_among_equals_only(
    earlier: float, order: str
) -> None:
    claims = claim("w", 5 - earlier), claim("n", 5, first=True)
    assert run(served(*claims)) == list(order)


def test_what_counts_is_when_it_is_due_by_the_time_a_slot_is_free() -> None:
    a, b, c = claim("a", 5), claim("b", 6), claim("c", 7)

    async def meanwhile() -> None:
        await asyncio.sleep(1)
        a.due_at, c.due_at = math.inf, 4  # One pauses, another skips on.

    assert run(served(a, b, c, meanwhile=meanwhile)) == ["c", "b", "a"]


def test_the_slot_is_given_back_however_the_sentence_ends() -> None:
    async def main() -> None:
        scheduler = Scheduler("voice", 1)
        with pytest.raises(ZeroDivisionError):
            async with scheduler.place(claim("a")):
                raise ZeroDivisionError
        assert scheduler.figures().busy == ()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), scheduler.place(claim("b")):
                await asyncio.sleep(9)
        assert scheduler.figures().busy == ()
        async with scheduler.place(claim("c")):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1), scheduler.place(claim("d")):
                    raise AssertionError("the slot was taken")
            assert [one.who for one in scheduler.figures().busy] == ["c"]
            assert scheduler.figures().waiting == ()

    run(main())


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_who_is_cancelled_in_the_moment_of_its_turn_hands_the_slot_on(
    cancelled_first: bool,
) -> None:
    async def main() -> None:
        scheduler, entered = Scheduler("voice", 1), list[str]()

        async def speak(who: str, due_at: float) -> None:
            async with scheduler.place(claim(who, due_at)):
                entered.append(who)

        async with asyncio.TaskGroup() as group:
            async with scheduler.place(claim("holder")):
                doomed = group.create_task(speak("doomed", 1))
                group.create_task(speak("next", 2))
                await asyncio.sleep(1)
                if cancelled_first:
                    doomed.cancel()
                    assert [one.who for one in scheduler.figures().waiting] == ["next"]
            if not cancelled_first:
                assert [one.who for one in scheduler.figures().busy] == ["doomed"]
                doomed.cancel()
        assert entered == ["next"]
        figures = scheduler.figures()
        assert (figures.busy, figures.waiting) == ((), ())
        assert figures.granted + figures.withdrawn == 3

    run(main())


def test_a_free_slot_is_not_waited_for() -> None:
    async def main() -> None:
        scheduler = Scheduler("voice", 3)
        async with scheduler.place(claim("a")), scheduler.place(claim("b")):
            place = scheduler.place(claim("c"))
            with pytest.raises(StopIteration):  # It came to its end without a pause.
                place.__aenter__().__await__().send(None)
            await place.__aexit__(None, None, None)

    run(main())


def test_a_listener_far_behind_is_served_though_urgent_ones_keep_coming() -> None:
    """Urgent claims come as fast as they are served, so there is never a lull."""

    async def main() -> float:
        scheduler = Scheduler("voice", 1)

        async def speak(one: Claim) -> None:
            async with scheduler.place(one):
                await asyncio.sleep(1)

        async def flood() -> None:
            async with asyncio.TaskGroup() as group:
                for number in itertools.count():
                    # Two at first, so that one of them always waits.
                    for _ in range(1 if number else 2):
                        dry_since = now() - 3 * OVERDUE_SECONDS
                        group.create_task(speak(claim("urgent", dry_since, first=True)))
                    await asyncio.sleep(1)

        urgent = asyncio.create_task(flood())
        await asyncio.sleep(0.5)
        paused = claim("paused", math.inf)
        async with asyncio.timeout(1_000), scheduler.place(paused):
            waited = now() - 0.5
        urgent.cancel()
        await asyncio.wait({urgent})
        return waited

    waited = run(main())
    # Nobody who comes so much later is served before it; two were there already.
    assert waited <= PATIENCE_SECONDS + OVERDUE_SECONDS + FIRST_SECONDS + 2
    assert waited >= PATIENCE_SECONDS, "the others were no hindrance, so this proves nothing"


class Job(NamedTuple):
    """All times are in ms; `due` is from its arrival.  `changes` are (after, new due)."""

    arrives: int
    due: float
    first: bool
    takes: int
    cancelled_after: int | None
    changes: list[tuple[int, float]]


class Fate(NamedTuple):
    job: Job
    granted: float | None
    left: float


DUE = st.one_of(st.integers(-30_000, 90_000).map(float), st.just(math.inf))
JOBS = st.lists(
    st.builds(
        Job,
        arrives=st.integers(0, 3_000),
        due=DUE,
        first=st.booleans(),
        takes=st.sampled_from([0, 1, 50, 400, 3_000]),
        cancelled_after=st.none() | st.sampled_from([0, 1, 50, 400, 3_000]),
        changes=st.lists(st.tuples(st.integers(0, 3_000), DUE), max_size=2),
    ),
    max_size=30,
)


async def play_out(scheduler: Scheduler, jobs: list[Job], concurrency: int) -> list[Fate]:
    """Everything as the jobs say; what became of each, in ms."""
    inside, fates = 0, dict[int, Fate]()

    async def speak(number: int, job: Job, one: Claim) -> None:
        nonlocal inside
        granted = None
        try:
            async with scheduler.place(one):
                granted = now() * 1_000
                inside += 1
                try:
                    assert inside <= concurrency
                    await asyncio.sleep(job.takes / 1_000)
                finally:
                    inside -= 1
        finally:
            figures = scheduler.figures()
            assert not figures.waiting or len(figures.busy) == concurrency, "a slot is idle"
            fates[number] = Fate(job, granted, now() * 1_000)

    async with asyncio.timeout(1_000), asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()

        def arrive(number: int, job: Job) -> None:
            one = Claim(str(number), (job.arrives + job.due) / 1_000, job.first)
            task = group.create_task(speak(number, job, one))
            if job.cancelled_after is not None:
                loop.call_later(job.cancelled_after / 1_000, task.cancel)
            for after, due in job.changes:
                when = (job.arrives + due) / 1_000
                loop.call_later(after / 1_000, setattr, one, "due_at", when)

        for number, job in enumerate(jobs):
            loop.call_at(job.arrives / 1_000, arrive, number, job)
        await asyncio.sleep(10)  # The last has come and gone its own way.
        while len(fates) < len(jobs):
            await asyncio.sleep(1)
    return [fates[number] for number in range(len(jobs))]


def counts_as_due(job: Job, at: float) -> float | None:
    """When it counts as due, in ms; None if that changes at this very moment."""
    due = job.due
    for after, changed in sorted(job.changes, key=lambda change: change[0]):
        if job.arrives + after == pytest.approx(at):
            return None
        if job.arrives + after < at:
            due = changed
    due = min(max(due, -OVERDUE_SECONDS * 1_000), PATIENCE_SECONDS * 1_000)
    return job.arrives + due - FIRST_SECONDS * 1_000 * job.first


@given(jobs=JOBS, concurrency=st.integers(1, 3))
def test_whatever_comes_goes_and_changes_the_most_urgent_is_next_and_none_is_lost(
    jobs: list[Job], concurrency: int
) -> None:
    async def main() -> None:
        scheduler = Scheduler("voice", concurrency)
        fates = await play_out(scheduler, jobs, concurrency)
        figures = scheduler.figures()
        assert (figures.busy, figures.waiting) == ((), ())
        # One that is cancelled before its task has begun never claims anything.
        assert figures.granted + figures.withdrawn <= len(jobs)
        for fate in fates:
            assert fate.granted is not None or fate.job.cancelled_after is not None
            if fate.granted is None:
                continue
            mine = counts_as_due(fate.job, fate.granted)
            for other in fates:
                # Those that were in line before and after, without doubt.
                until = other.left if other.granted is None else other.granted
                if not other.job.arrives < fate.granted - 0.5 < until - 1:
                    continue
                theirs = counts_as_due(other.job, fate.granted)
                if mine is not None and theirs is not None:
                    assert mine <= theirs + 0.001

    run(main())


def test_operators_see_who_speaks_who_waits_and_why() -> None:
    async def main() -> None:
        scheduler = Scheduler("kokoro", 1)

        async def speak(one: Claim, seconds: float) -> None:
            async with scheduler.place(one):
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            group.create_task(speak(claim("a", 2.5), 10))
            await asyncio.sleep(1)
            group.create_task(speak(claim("b", math.inf), 1))
            leaver = group.create_task(speak(claim("leaver", 3), 1))
            await asyncio.sleep(1)
            group.create_task(speak(claim("c", 1, first=True), 1))
            leaver.cancel()
            await asyncio.sleep(1)
            figures = scheduler.figures()
            assert (figures.name, figures.concurrency) == ("kokoro", 1)
            assert figures.busy == (Speaking("a", 3),)
            assert figures.waiting == (
                Waiting("c", -2, first=True, waited_seconds=1),
                Waiting("b", None, first=False, waited_seconds=2),
            )
            assert (figures.granted, figures.withdrawn) == (1, 1)
            assert figures.decisions == (
                Decision("a", 3, 2.5, first=False, waited_seconds=0, waiting=0),
            )
        figures = scheduler.figures()
        assert (figures.granted, figures.withdrawn) == (3, 1)
        assert figures.longest_wait_seconds == 10
        assert [(d.who, d.lead_seconds, d.waiting) for d in figures.decisions] == [
            ("b", None, 0),
            ("c", -9, 1),
            ("a", 2.5, 0),
        ]
        assert [d.waited_seconds for d in figures.decisions] == [10, 8, 0]
        for number in range(1_000):
            await speak(claim(str(number)), 0)
        assert len(scheduler.figures().decisions) < 100
        assert scheduler.figures().granted == 1_003

    run(main())
