"""Starting a live scene, and managing the sessions there are."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web as http

from actors.base import ActorDeadError
from actors.listener import Pause, Resume, SessionStatus, Skip, Stop, status
from actors.narrator import SessionRef
from web.addresses import websocket_url
from web.new_scene import begin_scene
from web.requests import USER, json_or_form, path_id
from web.sessions import begun, gone, session_of, statuses_of
from web.wire import SentenceNumber, json_response

__all__ = [
    "generate",
    "pause",
    "read",
    "read_all",
    "resume",
    "skip",
    "stop",
]


class Generate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    custom_prompt: str = ""
    enable_tts_stream: bool = True


class SkipTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sentence_number: SentenceNumber | None = None


async def generate(request: http.Request) -> http.Response:
    """Write a scene and speak it: starts at once, answers where to listen."""
    story_id = path_id(request, "story_id", "story")
    body = await json_or_form(request, Generate)
    _, plan = await begin_scene(
        request.app, request[USER], story_id, body.custom_prompt, speak=body.enable_tts_stream
    )
    return begun(request, plan)


async def read_all(request: http.Request) -> http.Response:
    sessions = await statuses_of(request.app, request[USER].id)
    return json_response({"sessions": [_described(request, one) for one in sessions]})


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
