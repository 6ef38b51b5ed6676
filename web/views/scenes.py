"""Scenes that are there: their text and their stored audio."""

from __future__ import annotations

from typing import Annotated, get_args

import msgspec
from aiohttp import web as http

from narration.audio import CONTENT_TYPES, FileFormat
from narration.errors import Conflict
from narration.story import SceneState
from web.errors import BadRequest
from web.keys import STORE, TRANSCODER
from web.requests import USER, json_body, path_id
from web.sessions import being_told, forget
from web.wire import json_response

__all__ = ["audio", "delete", "read", "read_all", "sentence", "settle", "update"]


class SceneChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=200_000)]


async def read_all(request: http.Request) -> http.Response:
    story_id = path_id(request, "story_id", "story")
    store, user = request.app[STORE], request[USER]
    return json_response({"scenes": await store.scenes(user.id, story_id)})


async def read(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    return json_response(await request.app[STORE].scene(request[USER].id, scene_id))


async def update(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    change = await json_body(request, SceneChange)
    await settle(request, scene_id)
    store, user = request.app[STORE], request[USER]
    return json_response(await store.update_scene(user.id, scene_id, text=change.text))


async def delete(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    await settle(request, scene_id)
    await request.app[STORE].delete_scene(request[USER].id, scene_id)
    await forget(request, scene_id=scene_id)
    return http.Response(status=204)


async def audio(request: http.Request) -> http.Response:
    """The scene's sentences with their places in the text and in the audio."""
    scene_id = path_id(request, "scene_id", "scene")
    sentences = await request.app[STORE].sentences(request[USER].id, scene_id)
    last = sentences[-1] if sentences else None
    return json_response(
        {
            "scene_id": scene_id,
            "duration_ms": last.start_ms + last.duration_ms if last else 0.0,
            "sentences": [
                {
                    **msgspec.structs.asdict(one),
                    "url": None
                    if one.skipped is not None and not one.duration_ms
                    else f"/api/scenes/{scene_id}/audio/{one.number}",
                }
                for one in sentences
            ],
        }
    )


async def sentence(request: http.Request) -> http.Response:
    """One sentence's audio, as a file; made from what is stored, never synthesised again."""
    scene_id = path_id(request, "scene_id", "scene")
    number = path_id(request, "number", "sentence")
    format = _format(request.query.get("format", "mp3"))
    flac = await request.app[STORE].sentence_flac(request[USER].id, scene_id, number)
    body = flac if format == "flac" else await request.app[TRANSCODER].convert(flac, format)
    # Under this address may be other audio tomorrow: the scene can be changed or deleted.
    headers = {"Cache-Control": "private, no-cache"}
    return http.Response(body=body, content_type=CONTENT_TYPES[format], headers=headers)


async def settle(request: http.Request, scene_id: int) -> None:
    """Make sure that nobody is at work on the scene.

    Raises:
        NotFound: it is not there for this user.
        Conflict: a session is.
    """
    store = request.app[STORE]
    scene = await store.scene(request[USER].id, scene_id)
    if scene_id in await being_told(request):  # Not before: it may have begun meanwhile.
        raise Conflict("the scene is being told; stop its session first")
    if scene.state is SceneState.WRITING:
        # Its session ended, and the disk did not take that it had.
        await store.finish_scene(scene_id, scene.text, SceneState.INTERRUPTED)


def _format(name: str) -> FileFormat:
    for known in get_args(FileFormat):
        if name == known:
            format: FileFormat = known
            return format
    raise BadRequest(f"`format` is one of {', '.join(get_args(FileFormat))}")
