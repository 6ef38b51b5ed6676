"""A user's sessions: begun, found, called off, and what is left of one that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web as http
from msgspec.structs import replace

from actors.base import ActorDeadError, ask
from actors.base import stop as stop_actor
from actors.listener import Retire, SessionStatus, Stop, status
from actors.narrator import Begin, Find, SessionRef, SessionsOf
from actors.plan import Plan
from narration.errors import Conflict, NotFound
from narration.story import Scene, SceneState
from web.addresses import websocket_url
from web.errors import SessionEnded
from web.keys import NARRATOR, SCENE_LOCKS, STORE
from web.requests import USER
from web.wire import json_response

__all__ = [
    "as_they_are",
    "background_session",
    "begin_session",
    "begun",
    "call_off",
    "end_of",
    "forget",
    "gone",
    "is_at_work",
    "session_of",
    "settle",
    "statuses_of",
]

CALL_OFF_SECONDS = 5.0
"""How long a session that is called off may take to save what it has."""

LOOK_SECONDS = 0.02
"""How often it is looked whether a session has come to its end."""


async def begin_session(app: http.Application, plan: Plan) -> SessionRef:
    """Let a scene be told.

    Raises:
        Busy: there are as many sessions as there may be.
    """
    # First: whoever comes back after a crash is told which scene it was.
    await app[STORE].keep_session(plan.session_id, plan.user_id, plan.scene_id)
    session: SessionRef = await ask(app[NARRATOR], Begin(plan))
    return session


def begun(request: http.Request, plan: Plan) -> http.Response:
    """Say where to listen to a live scene."""
    answer = {
        "session_id": plan.session_id,
        "websocket_url": websocket_url(request, plan.session_id),
        "scene_id": plan.scene_id,
    }
    return json_response(answer, status=201)


async def session_of(request: http.Request) -> SessionRef:
    """The session in the path, if it is this user's.

    Raises:
        SessionEnded: it was, and is gone.
        NotFound: there was none.
    """
    find = Find(request.match_info["session_id"], request[USER].id)
    session: SessionRef | None = await ask(request.app[NARRATOR], find)
    if session is None:
        raise await gone(request)
    return session


async def gone(request: http.Request) -> NotFound:
    """What to say of the session in the path when it is not there."""
    session_id, app, user_id = request.match_info["session_id"], request.app, request[USER].id
    scene = await app[STORE].scene_of_session(user_id, session_id)
    if scene is None:
        return NotFound("there is no such session")
    return SessionEnded((await as_they_are(app, user_id, [scene]))[0])


async def as_they_are(
    app: http.Application, user_id: int, scenes: Sequence[Scene]
) -> list[Scene]:
    """Scenes from the store: one that nobody is at work on is not being written, whatever is
    stored.  Its session broke down, or the disk did not take its end.
    """
    if not any(scene.state is SceneState.WRITING for scene in scenes):
        return list(scenes)
    # First: by and by it is a session.
    at_work = {scene.id for scene in scenes if app[SCENE_LOCKS].is_held(scene.id)}
    at_work |= {
        one.scene_id for one in await statuses_of(app, user_id) if one.state != "ended"
    }
    return [
        replace(scene, state=SceneState.INTERRUPTED)
        if scene.state is SceneState.WRITING and scene.id not in at_work
        else scene
        for scene in scenes
    ]


async def is_at_work(app: http.Application, user_id: int, scene_id: int) -> bool:
    """Whether a session writes or speaks a scene, or is about to."""
    return app[SCENE_LOCKS].is_held(scene_id) or await _is_told(app, user_id, scene_id)


async def settle(app: http.Application, user_id: int, scene_id: int) -> Scene:
    """Make sure that nobody is at work on a scene that is held; if it is only narrated in
    the background, call that off.

    Raises:
        NotFound: it is not there for this user.
        Conflict: a live session is at work on it.
    """
    store = app[STORE]
    scene = await store.scene(user_id, scene_id)
    await call_off(app, user_id, scene_id)
    if await _is_told(app, user_id, scene_id):
        raise Conflict("the scene is being told; stop its session first")
    scene = await store.scene(user_id, scene_id)
    if scene.state is SceneState.WRITING:
        # Its session ended, and the disk did not take that it had.
        await store.finish_scene(scene_id, scene.text, SceneState.INTERRUPTED)
    return scene


async def background_session(
    app: http.Application, user_id: int, scene_id: int
) -> tuple[SessionRef, SessionStatus] | None:
    """The session that narrates a scene in the background, if one does.

    One that is only listened to still, for all is made, does not.
    """
    async for ref, one in _sessions(app, user_id):
        at_work = one.background and one.state not in ("telling", "ended")
        if at_work and one.scene_id == scene_id:
            return ref, one
    return None


async def call_off(app: http.Application, user_id: int, scene_id: int) -> None:
    """End the narrations of a scene in the background, and wait until they are saved."""
    async for session, one in _sessions(app, user_id):
        if one.scene_id != scene_id or not one.background or one.state == "ended":
            continue
        session.tell(Stop())
        try:
            async with asyncio.timeout(CALL_OFF_SECONDS):
                await end_of(session)
        except ActorDeadError:
            pass  # All the better.
        except TimeoutError:
            await stop_actor(session)  # Its listener does not take the last event.


async def end_of(session: SessionRef) -> SessionStatus:
    """Wait until a scene is told, or its session given up, and what is to be saved is saved.

    Raises:
        pykka.ActorDeadError: the session is gone.
    """
    while True:
        facts = await status(session)
        if facts.state == "ended":
            return facts
        await asyncio.sleep(LOOK_SECONDS)


async def statuses_of(app: http.Application, user_id: int) -> list[SessionStatus]:
    """Of all sessions of the user."""
    return [one async for _, one in _sessions(app, user_id)]


async def forget(
    app: http.Application,
    user_id: int,
    *,
    story_id: int | None = None,
    scene_id: int | None = None,
) -> None:
    """End the sessions that only wait for who comes back, to a scene that was deleted."""
    async for ref, one in _sessions(app, user_id):
        deleted = story_id == one.story_id or scene_id == one.scene_id
        if deleted and one.state == "ended":
            ref.tell(Retire())


async def _is_told(app: http.Application, user_id: int, scene_id: int) -> bool:
    sessions = await statuses_of(app, user_id)
    return any(one.scene_id == scene_id and one.state != "ended" for one in sessions)


async def _sessions(
    app: http.Application, user_id: int
) -> AsyncIterator[tuple[SessionRef, SessionStatus]]:
    for ref in await ask(app[NARRATOR], SessionsOf(user_id)):
        try:
            yield ref, await status(ref)
        except ActorDeadError:
            continue  # It has just gone.
