"""Writing a scene whole: the answer is the scene, and its narration may follow by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web as http

from actors.base import ActorDeadError, stopped
from actors.listener import Attach, Farewell, Retire, SessionStatus
from actors.narrator import SessionRef
from narration.events import Event
from narration.story import NarrationState, SceneState
from web.errors import NotWritten
from web.keys import ERRANDS, STORE
from web.narrating import auto_play
from web.new_scene import begin_scene
from web.requests import USER, User, json_or_form, path_id
from web.sessions import end_of
from web.wire import json_response

__all__ = ["write"]


class Write(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    custom_prompt: str = ""


async def write(request: http.Request) -> http.Response:
    """Write a story's next scene to its end, whether or not the client waits for it."""
    app, user = request.app, request[USER]
    story_id = path_id(request, "story_id", "story")
    body = await json_or_form(request, Write)
    session, plan = await begin_scene(app, user, story_id, body.custom_prompt, speak=False)
    answer = await app[ERRANDS].run(_written(app, user, session, plan.scene_id))
    return json_response(answer, status=201)


async def _written(
    app: http.Application, user: User, session: SessionRef, scene_id: int
) -> dict[str, Any]:
    """The scene when it is written, and what becomes of it then.

    Raises:
        NotWritten: there is not a word, and so no scene.
        NotFound: it was deleted meanwhile.
    """
    store = app[STORE]
    end = await _end_of(session)
    session.tell(Retire())  # Nobody comes back to it.
    scene = await store.scene(user.id, scene_id)
    if scene.state is SceneState.WRITING:
        # Its session broke down, or the disk did not take how it ended.
        await store.finish_scene(scene_id, scene.text, SceneState.INTERRUPTED)
        scene = await store.scene(user.id, scene_id)
    if scene.state is SceneState.PARTIAL and not scene.text.strip():
        await store.delete_scene(user.id, scene_id)
        if end is None or end.error is None:
            raise NotWritten("the model wrote nothing; try again", retryable=True)
        raise NotWritten(end.error, retryable=bool(end.retryable))
    narrated = await auto_play(app, user, scene)
    narration = None
    if narrated is not None:
        narration = {"session_id": narrated.session_id, "state": NarrationState.SPEAKING}
    return msgspec.structs.asdict(scene) | {"narration": narration}


class _Reader:
    """Listens to a scene for its end only."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    def send(self, events: Sequence[Event]) -> int:
        return len(events)

    async def room(self) -> None:
        pass

    def leave(self, why: Farewell) -> None:
        self.left.set()


async def _end_of(session: SessionRef) -> SessionStatus | None:
    """Wait until the scene is saved as far as it will ever come; returns how its session
    stands then, if it is still there.
    """
    reader = _Reader()
    session.tell(Attach(reader, None, 0))
    left = asyncio.create_task(reader.left.wait())
    died = asyncio.ensure_future(stopped(session))
    try:
        await asyncio.wait({left, died}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
        died.cancel()
    try:
        # Somebody else may listen to it now, who found it among the user's sessions.
        return await end_of(session)
    except ActorDeadError:
        return None
