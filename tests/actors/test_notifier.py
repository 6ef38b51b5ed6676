"""Every tab and device of a user is told, those that were away too, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from actors.base import ActorRef, start, stop
from actors.notifier import (
    KEEP_SECONDS,
    MAX_NOTICES,
    RECENT_SECONDS,
    Command,
    Notifier,
    Parting,
    Subscribe,
    Unsubscribe,
)
from actors.reports import Notify
from narration.notices import Notice, TTSProgress, TTSReady

STARTED = 1_700_000_000
ANNA, BEN = 1, 2


class Tab:
    """Takes notices, one batch at a time, while it is not `held`; may lose its connection."""

    def __init__(self) -> None:
        self.got: list[Notice] = []
        self.left: list[Parting] = []
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.broken = False

    async def send(self, notices: Sequence[Notice]) -> None:
        await self.flowing.wait()
        if self.broken:
            raise ConnectionResetError
        self.got.extend(notices)

    def leave(self, why: Parting) -> None:
        self.left.append(why)

    @property
    def scenes(self) -> list[int]:
        return [one.scene_id for one in self.got]


def wall_clock() -> float:
    """Goes with the virtual time of the test."""
    return STARTED + asyncio.get_running_loop().time()


@pytest.fixture
async def notifier() -> AsyncIterator[ActorRef[Command]]:
    started = start(Notifier, wall_clock)
    yield started
    await stop(started)


def ready(scene_id: int) -> TTSReady:
    return TTSReady(
        story_id=1, scene_id=scene_id, auto_play=True, chunk_count=3, holes=0, duration_ms=9.0
    )


def progress(scene_id: int, done: int) -> TTSProgress:
    return TTSProgress(
        story_id=1,
        scene_id=scene_id,
        auto_play=True,
        session_id="s",
        sentences_done=done,
        total_sentences=None,
    )


async def settled() -> None:
    """Let everyone do what there is to do now."""
    await asyncio.sleep(0.001)


async def test_all_of_a_users_tabs_are_told_in_order_and_nobody_else(
    notifier: ActorRef[Command],
) -> None:
    one, two, bens, gone = Tab(), Tab(), Tab(), Tab()
    for user, tab in [(ANNA, one), (ANNA, two), (BEN, bens), (ANNA, gone)]:
        notifier.tell(Subscribe(user, tab, None))
    notifier.tell(Unsubscribe(gone))
    for scene in range(1, 6):
        notifier.tell(Notify(ANNA, ready(scene)))
    await settled()
    assert one.got == two.got
    assert one.scenes == [1, 2, 3, 4, 5]
    seqs = [notice.seq for notice in one.got]
    assert seqs == sorted(set(seqs))
    assert seqs[0] > STARTED * 1_000, "a client that was there before a restart misses it"
    assert one.got[0].sent_at == pytest.approx(wall_clock(), abs=1)
    assert bens.got == gone.got == []


async def test_who_comes_back_gets_each_later_notice_once_and_who_is_new_how_things_stand(
    notifier: ActorRef[Command],
) -> None:
    notifier.tell(Notify(ANNA, ready(1)))
    await asyncio.sleep(RECENT_SECONDS + 1)
    before = Tab()
    notifier.tell(Subscribe(ANNA, before, None))
    notifier.tell(Notify(ANNA, progress(2, 1)))
    await settled()
    assert before.scenes == [2], "of what is long past nobody new is told"
    notifier.tell(Unsubscribe(before))
    for notice in (progress(2, 2), ready(3), progress(2, 3), ready(2), progress(4, 1)):
        notifier.tell(Notify(ANNA, notice))
    await settled()  # Who comes overtakes what is still to be told.
    back, new, long_away, ahead = Tab(), Tab(), Tab(), Tab()
    notifier.tell(Subscribe(ANNA, back, before.got[-1].seq))
    notifier.tell(Subscribe(ANNA, new, None))
    notifier.tell(Subscribe(ANNA, long_away, STARTED))
    notifier.tell(Subscribe(ANNA, ahead, 2 * STARTED * 1_000))
    notifier.tell(Notify(ANNA, ready(5)))
    await settled()
    # Of several that say how far a scene has come the last is enough.
    assert back.scenes == [3, 2, 2, 4, 5]
    assert [one.sentences_done for one in back.got if isinstance(one, TTSProgress)] == [3, 1]
    assert new.scenes == ahead.scenes == [3, 2, 4, 5]
    assert [type(one) for one in new.got if one.scene_id == 2] == [TTSReady]
    assert long_away.scenes == [1, *back.scenes]


async def test_one_that_takes_nothing_holds_nobody_up_and_is_left_when_it_is_too_far_behind(
    notifier: ActorRef[Command],
) -> None:
    slow, quick, broken = Tab(), Tab(), Tab()
    slow.flowing.clear()
    broken.broken = True
    for tab in (slow, quick, broken):
        notifier.tell(Subscribe(ANNA, tab, None))
    for scene in range(MAX_NOTICES + 1):
        notifier.tell(Notify(ANNA, ready(scene)))
        await settled()
    assert slow.left == []
    notifier.tell(Notify(ANNA, ready(MAX_NOTICES + 1)))
    await settled()
    assert slow.left == ["behind"]
    assert quick.scenes == list(range(MAX_NOTICES + 2))
    slow.flowing.set()
    await settled()
    assert slow.got == broken.got == [], "it was still told when it had been left"
    back = Tab()
    notifier.tell(Subscribe(ANNA, back, quick.got[0].seq))
    await settled()
    assert back.got == quick.got[-MAX_NOTICES:]


async def test_users_who_are_not_there_are_forgotten_and_those_who_are_keep_their_notices(
    notifier: ActorRef[Command],
) -> None:
    here, back = Tab(), Tab()
    notifier.tell(Subscribe(BEN, here, None))
    for user in (ANNA, BEN):
        notifier.tell(Notify(user, ready(1)))
    await asyncio.sleep(KEEP_SECONDS - 60)
    notifier.tell(Notify(ANNA, ready(2)))
    await asyncio.sleep(180)
    notifier.tell(Subscribe(ANNA, back, 0))
    notifier.tell(Unsubscribe(here))
    await settled()
    assert (here.scenes, back.scenes) == ([1], [2])
    notifier.tell(Unsubscribe(back))
    await asyncio.sleep(KEEP_SECONDS + 180)
    again = Tab()
    notifier.tell(Subscribe(ANNA, again, 0))
    notifier.tell(Notify(ANNA, ready(3)))
    await settled()
    assert again.scenes == [3]


async def test_when_it_ends_everybody_is_left() -> None:
    notifier, tab, busy = start(Notifier, wall_clock), Tab(), Tab()
    busy.flowing.clear()
    notifier.tell(Subscribe(ANNA, tab, None))
    notifier.tell(Subscribe(ANNA, busy, None))
    notifier.tell(Notify(ANNA, ready(1)))
    await settled()
    assert await asyncio.wait_for(stop(notifier), 1)
    assert tab.left == busy.left == ["closing"]


async def test_a_clock_that_is_set_back_makes_no_old_notice_new() -> None:
    ahead = 1_000_000.0

    def set_back() -> float:
        return wall_clock() + ahead

    notifier, tab = start(Notifier, set_back), Tab()
    notifier.tell(Notify(ANNA, ready(1)))
    await asyncio.sleep(RECENT_SECONDS + 1)
    ahead = 0.0
    notifier.tell(Notify(ANNA, ready(2)))
    notifier.tell(Subscribe(ANNA, tab, None))
    await settled()
    assert tab.scenes == [2], "the first would begin to play"
    await stop(notifier)
