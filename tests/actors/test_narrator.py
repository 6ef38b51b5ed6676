"""Many sessions: found by their owner only, kept within bounds, stopped together."""

from __future__ import annotations

import pytest

from actors.base import ask, start, stop, stopped
from actors.narrator import Begin, Drain, Find, Narrator, SessionsOf
from narration.config import SessionConfig
from narration.errors import Busy
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
    await stop(narrator)


async def test_there_are_no_more_sessions_than_allowed_in_all_and_for_one_user() -> None:
    narrator = start(Narrator, SessionConfig(max_sessions=3, max_sessions_per_user=2))
    first = await ask(narrator, a_plan(1, "a"))
    await ask(narrator, a_plan(1, "b"))
    with pytest.raises(Busy, match="you have 2"):
        await ask(narrator, a_plan(1, "c"))
    await ask(narrator, a_plan(2, "d"))
    with pytest.raises(Busy, match="the server"):
        await ask(narrator, a_plan(3, "e"))
    await stop(first)
    await ask(narrator, a_plan(3, "f"))
    await stop(narrator)


async def test_draining_saves_what_runs_and_begins_no_more() -> None:
    narrator, archive = start(Narrator, SessionConfig()), MemoryArchive()
    await ask(narrator, a_plan(1, "a", archive))
    (session,) = await ask(narrator, Drain())
    await stopped(session)
    assert archive.state is SceneState.STOPPED
    with pytest.raises(Busy, match="shutting down"):
        await ask(narrator, a_plan(1, "b"))
    await stop(narrator)


async def test_stopping_the_narrator_stops_its_sessions() -> None:
    narrator = start(Narrator, SessionConfig())
    session = await ask(narrator, a_plan(1, "a"))
    await stop(narrator)
    assert not session.is_alive()
