"""A user's live sessions: begun, found, and what is left of one that is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web as http
from msgspec.structs import replace

from actors.base import ActorDeadError, ask
from actors.listener import Retire, SessionStatus, status
from actors.narrator import Begin, Find, SessionRef, SessionsOf
from actors.plan import Plan
from narration.errors import NotFound
from narration.story import SceneState
from web.errors import SessionEnded
from web.keys import CONFIG, NARRATOR, STARTING, STORE, TICKETS
from web.requests import USER
from web.wire import json_response

__all__ = [
    "begin_session",
    "being_told",
    "forget",
    "gone",
    "session_of",
    "statuses_of",
    "websocket_url",
]


async def begin_session(request: http.Request, plan: Plan) -> http.Response:
    """Let a scene be told; the answer says where to listen.

    Raises:
        Busy: there are as many sessions as there may be.
    """
    # First: whoever comes back after a crash is told which scene it was.
    await request.app[STORE].keep_session(plan.session_id, plan.user_id, plan.scene_id)
    await ask(request.app[NARRATOR], Begin(plan))
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
    session_id, store = request.match_info["session_id"], request.app[STORE]
    scene = await store.scene_of_session(request[USER].id, session_id)
    if scene is None:
        return NotFound("there is no such session")
    if scene.state is SceneState.WRITING and scene.id not in await being_told(request):
        scene = replace(scene, state=SceneState.INTERRUPTED)  # Its session broke down.
    return SessionEnded(scene)


async def being_told(request: http.Request) -> set[int]:
    """The ids of the scenes that a session of the user is at work on, or is about to be."""
    about_to_be = request.app[STARTING].copy()  # First: by and by they become sessions.
    told = {one.scene_id for one in await statuses_of(request) if one.state != "ended"}
    return told | about_to_be


async def statuses_of(request: http.Request) -> list[SessionStatus]:
    """Of all sessions of the user."""
    return [one async for _, one in _sessions(request)]


async def forget(
    request: http.Request, *, story_id: int | None = None, scene_id: int | None = None
) -> None:
    """End the sessions that only wait for who comes back, to a scene that was deleted."""
    async for ref, one in _sessions(request):
        deleted = story_id == one.story_id or scene_id == one.scene_id
        if deleted and one.state == "ended":
            ref.tell(Retire())


async def _sessions(
    request: http.Request,
) -> AsyncIterator[tuple[SessionRef, SessionStatus]]:
    for ref in await ask(request.app[NARRATOR], SessionsOf(request[USER].id)):
        try:
            yield ref, await status(ref)
        except ActorDeadError:
            continue  # It has just gone.


def websocket_url(request: http.Request, session_id: str) -> str:
    """Where to listen to a session of the user who asks; with tokens, for two minutes."""
    config, user = request.app[CONFIG], request[USER]
    base = config.server.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    url = f"ws{base.removeprefix('http')}/ws/scene-generation/{session_id}"
    if config.auth.tokens:
        url += f"?ticket={request.app[TICKETS].issue(session_id, user.name)}"
    return url
