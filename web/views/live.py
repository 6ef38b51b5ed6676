"""Starting a live scene, and managing the sessions there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from aiohttp import web as http

from actors.base import ActorDeadError, ask
from actors.listener import Pause, Resume, SessionStatus, Skip, Stop, status
from actors.narrator import Admit, SessionRef
from narration.errors import Conflict, PromptTooLong
from web.keys import CONFIG, NARRATOR, STARTING, STORE
from web.plan import make_plan
from web.requests import USER, json_or_form, path_id
from web.sessions import begin_session, gone, session_of, statuses_of, websocket_url
from web.wire import SentenceNumber, json_response

__all__ = [
    "generate",
    "pause",
    "read",
    "read_all",
    "resume",
    "skip",
    "starting",
    "stop",
]


class Generate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    custom_prompt: str = ""
    enable_tts_stream: bool = True


class SkipTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sentence_number: SentenceNumber | None = None


async def generate(request: http.Request) -> http.Response:
    """Write a scene and speak it: starts at once, answers where to listen."""
    user, store = request[USER], request.app[STORE]
    story_id = path_id(request, "story_id", "story")
    body = await json_or_form(request, Generate)
    limit = request.app[CONFIG].scene.max_prompt_chars
    if len(body.custom_prompt) > limit:
        raise PromptTooLong(f"the prompt may have {limit} characters")
    story = await store.story(user.id, story_id)
    # A server that is full must not also have to write down whom it refuses.
    await ask(request.app[NARRATOR], Admit(user.id))
    scene = await store.create_scene(user.id, story.id, body.custom_prompt)
    begun = False
    try:
        with starting(request, scene.id):
            speak = body.enable_tts_stream
            plan = await make_plan(request.app, user, story, scene, speak=speak)
            answer = await begin_session(request, plan)
        begun = True
    finally:
        if not begun:
            await store.delete_scene(user.id, scene.id)
    return answer


@contextmanager
def starting(request: http.Request, scene_id: int) -> Iterator[None]:
    """Keep a scene from being touched while its session is about to begin.

    Raises:
        Conflict: another one is.
    """
    scenes = request.app[STARTING]
    if scene_id in scenes:
        raise Conflict("the scene is being told already")
    scenes.add(scene_id)
    try:
        yield
    finally:
        scenes.discard(scene_id)


async def read_all(request: http.Request) -> http.Response:
    sessions = [_described(request, one) for one in await statuses_of(request)]
    return json_response({"sessions": sessions})


async def read(request: http.Request) -> http.Response:
    return await _answer(request, await session_of(request))


async def stop(request: http.Request) -> http.Response:
    """End the session; its text is kept.  The scene is saved a moment after the answer."""
    return await _tell(request, Stop())


async def skip(request: http.Request) -> http.Response:
    """On to a sentence, forwards or back; to the next if none is named."""
    body = await json_or_form(request, SkipTo)
    return await _tell(request, Skip(body.sentence_number))


async def pause(request: http.Request) -> http.Response:
    """The listener's player holds."""
    return await _tell(request, Pause())


async def resume(request: http.Request) -> http.Response:
    """The listener's player goes on."""
    return await _tell(request, Resume())


async def _tell(request: http.Request, wish: Stop | Skip | Pause | Resume) -> http.Response:
    """The wish overtakes whatever the session has to do, and the question what became of it
    comes after the wish."""
    session = await session_of(request)
    session.tell(wish)
    return await _answer(request, session, code=202)


async def _answer(
    request: http.Request, session: SessionRef, *, code: int = 200
) -> http.Response:
    try:
        return json_response(_described(request, await status(session)), status=code)
    except ActorDeadError:
        raise await gone(request) from None


def _described(request: http.Request, one: SessionStatus) -> dict[str, Any]:
    url = websocket_url(request, one.session_id)
    return msgspec.structs.asdict(one) | {"websocket_url": url}
