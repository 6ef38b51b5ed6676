"""Many sessions: found by their owner only, kept within bounds, drained together."""

from __future__ import annotations

import asyncio

import pytest

from actors.base import ask, start, stop, stopped
from actors.listener import Retire
from actors.narrator import Admit, Begin, Drain, Find, Narrator, SessionsOf
from actors.reports import SessionOver
from narration.config import SessionConfig
from narration.errors import Busy, Overloaded
from narration.story import SceneState
from tests.actors.fakes import MemoryArchive, Model, Voice, plan


def a_plan(user_id: int, session_id: str, archive: MemoryArchive | None = None) -> Begin:
    archive = archive or MemoryArchive()
    return Begin(plan(Model(pace=1), Voice(), archive, user_id=user_id, session_id=session_id))


async def test_a_session_is_found_by_its_owner_only() -> None:
    narrator = start(Narrator, SessionConfig())
    session = await ask(narrator, a_plan(1, "a"))
    assert await ask(narrator, Find("a", 1)) is session
    assert await ask(narrator, Find("a", 2)) is None
    assert await ask(narrator, SessionsOf(1)) == [session]
    assert await ask(narrator, SessionsOf(2)) == []
    await stop(session)
    assert await ask(narrator, Find("a", 1)) is None
    assert await ask(narrator, SessionsOf(1)) == []
    await stop(narrator)


async def test_there_are_no_more_sessions_than_allowed_in_all_and_for_one_user() -> None:
    narrator = start(Narrator, SessionConfig(max_sessions=3, max_sessions_per_user=2))
    first = await ask(narrator, a_plan(1, "a"))
    await ask(narrator, a_plan(1, "b"))
    for refused in (a_plan(1, "c"), Admit(1)):
        with pytest.raises(Busy, match="you have 2") as error:
            await ask(narrator, refused)
        assert not isinstance(error.value, Overloaded)
    await ask(narrator, a_plan(2, "d"))
    for refused in (a_plan(3, "e"), Admit(3)):
        with pytest.raises(Overloaded, match="the server"):
            await ask(narrator, refused)
    await stop(first)
    await ask(narrator, Admit(3))
    await ask(narrator, a_plan(3, "f"))
    await stop(narrator)


async def test_one_that_is_over_is_still_found_and_takes_nobodys_place() -> None:
    narrator = start(Narrator, SessionConfig(max_sessions=1))
    over = await ask(narrator, a_plan(1, "a"))
    narrator.tell(SessionOver("a"))
    narrator.tell(SessionOver("a"))
    running = await ask(narrator, a_plan(1, "b"))
    assert await ask(narrator, Find("a", 1)) is over
    assert await ask(narrator, SessionsOf(1)) == [running, over]
    assert await ask(narrator, Drain()) == [running]
    await stop(narrator)
    assert not over.is_alive()


async def test_of_those_that_are_over_no_more_stay_than_may_run() -> None:
    narrator = start(Narrator, SessionConfig(max_sessions=3, max_sessions_per_user=2))
    refs = {}
    for user, name in [(1, "a"), (2, "b"), (2, "c"), (2, "d"), (1, "e"), (3, "f")]:
        refs[name] = await ask(narrator, a_plan(user, name))
        narrator.tell(SessionOver(name))
        # A user's third sends that user's first away; in all it is the oldest that goes.
    for gone in ("a", "b", "c"):
        await stopped(refs[gone])
    alive = {name for name, ref in refs.items() if ref.is_alive()}
    assert alive == {"d", "e", "f"}
    await stop(narrator)


async def test_of_those_that_are_over_one_that_somebody_came_for_stays_longer() -> None:
    narrator = start(Narrator, SessionConfig(max_sessions_per_user=2))
    refs = {}
    for name in "abc":
        refs[name] = await ask(narrator, a_plan(1, name))
        narrator.tell(SessionOver(name))
        assert await ask(narrator, Find("a", 1)) is refs["a"]
    await stopped(refs["b"])
    assert refs["a"].is_alive()
    assert refs["c"].is_alive()
    await stop(narrator)


async def test_while_it_drains_sessions_go_on_and_none_begins() -> None:
    narrator, archive = start(Narrator, SessionConfig()), MemoryArchive()
    session = await ask(narrator, a_plan(1, "a", archive))
    assert await ask(narrator, Drain()) == [session]
    for refused in (a_plan(1, "b"), Admit(1)):
        with pytest.raises(Overloaded, match="shutting down"):
            await ask(narrator, refused)
    await asyncio.sleep(20)
    assert await ask(narrator, Drain()) == [session]
    assert archive.text
    session.tell(Retire())
    await stopped(session)
    assert archive.state is SceneState.INTERRUPTED
    assert await ask(narrator, Drain()) == []
    await stop(narrator)


async def test_stopping_the_narrator_stops_its_sessions() -> None:
    narrator = start(Narrator, SessionConfig())
    session = await ask(narrator, a_plan(1, "a"))
    await stop(narrator)
    assert not session.is_alive()
