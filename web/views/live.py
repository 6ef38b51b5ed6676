"""Starting a live scene, and managing the sessions that are running."""

from __future__ import annotations

import msgspec
from aiohttp import web as http

from actors.base import ActorDeadError, ask
from actors.narrator import Begin, Find, SessionRef, SessionsOf
from actors.protocol import Describe, SessionStatus, Stop
from narration.errors import NotFound, PromptTooLong
from web.keys import CONFIG, NARRATOR, STORE, TICKETS
from web.plan import make_plan
from web.requests import USER, json_or_form, path_id
from web.wire import json_response

__all__ = ["being_told", "generate", "read", "read_all", "session_of", "stop"]


class Generate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    custom_prompt: str = ""
    enable_tts_stream: bool = True


async def generate(request: http.Request) -> http.Response:
    """Write a scene and speak it: starts at once, answers where to listen."""
    user, store = request[USER], request.app[STORE]
    story_id = path_id(request, "story_id", "story")
    body = await json_or_form(request, Generate)
    limit = request.app[CONFIG].scene.max_prompt_chars
    if len(body.custom_prompt) > limit:
        raise PromptTooLong(f"the prompt may have {limit} characters")
    story = await store.story(user.id, story_id)
    scene = await store.create_scene(user.id, story.id, body.custom_prompt)
    begun = False
    try:
        plan = await make_plan(request.app, user, story, scene, speak=body.enable_tts_stream)
        await ask(request.app[NARRATOR], Begin(plan))
        begun = True
    finally:
        if not begun:
            await store.delete_scene(user.id, scene.id)
    answer = {
        "session_id": plan.session_id,
        "websocket_url": _websocket_url(request, plan.session_id),
        "scene_id": scene.id,
    }
    return json_response(answer, status=201)


async def read_all(request: http.Request) -> http.Response:
    refs = await ask(request.app[NARRATOR], SessionsOf(request[USER].id))
    return json_response({"sessions": await _statuses(refs)})


async def read(request: http.Request) -> http.Response:
    return json_response(await ask(await session_of(request), Describe()))


async def being_told(request: http.Request) -> set[int]:
    """The ids of the user's scenes that a session is at work on."""
    refs = await ask(request.app[NARRATOR], SessionsOf(request[USER].id))
    return {status.scene_id for status in await _statuses(refs)}


async def _statuses(refs: list[SessionRef]) -> list[SessionStatus]:
    statuses = []
    for ref in refs:
        try:
            statuses.append(await ask(ref, Describe()))
        except ActorDeadError:
            continue  # It has just ended.
    return statuses


async def stop(request: http.Request) -> http.Response:
    """End the session; its text is kept.  The scene is saved a moment after the answer."""
    session = await session_of(request)
    status = await ask(session, Describe())
    session.tell(Stop())
    return json_response({"scene_id": status.scene_id}, status=202)


async def session_of(request: http.Request) -> SessionRef:
    """The session in the path, if it is this user's.

    Raises:
        NotFound: it is not, or has ended.
    """
    find = Find(request.match_info["session_id"], request[USER].id)
    session: SessionRef | None = await ask(request.app[NARRATOR], find)
    if session is None:
        raise NotFound("there is no such session, or it has ended")
    return session


def _websocket_url(request: http.Request, session_id: str) -> str:
    config, user = request.app[CONFIG], request[USER]
    base = config.server.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    url = f"ws{base.removeprefix('http')}/ws/scene-generation/{session_id}"
    if config.auth.tokens:
        url += f"?ticket={request.app[TICKETS].issue(session_id, user.name)}"
    return url
