"""The stored audio of a scene: the list of its sentences, each of them, and all in one."""

from __future__ import annotations

from typing import Any, Literal, TypeGuard, get_args

import msgspec
from aiohttp import web as http

from narration.audio import CONTENT_TYPES, FileFormat
from narration.audio.kinds import kind_of
from narration.audio.long_file import LONG_TYPES
from narration.errors import NotFound
from narration.export.recipe import Spoken, parts_of, scene_recipe
from narration.story import Narration, NarrationState, SentenceAudio
from web.errors import BadRequest
from web.files import file_headers
from web.following import follow, next_narration
from web.keys import EXPORTS, STORE, TRANSCODER
from web.ranges import send_bytes, send_file
from web.requests import USER, path_id
from web.wire import json_response

__all__ = ["audio", "scene_file", "sentence", "sentence_file"]

SceneFormat = Literal["mp3", "opus", "wav"]


async def audio(request: http.Request) -> http.Response:
    """The scene's sentences with their places in the text and in the audio."""
    scene_id = path_id(request, "scene_id", "scene")
    store, user = request.app[STORE], request[USER]
    narration = await store.narration(user.id, scene_id)
    sentences = await store.sentences(user.id, scene_id)
    last = sentences[-1] if sentences else None
    return json_response(
        {
            "scene_id": scene_id,
            "narration": None if narration is None else _version(narration),
            "duration_ms": last.start_ms + last.duration_ms if last else 0.0,
            "sentences": [_listed(scene_id, one) for one in sentences],
        }
    )


async def sentence(request: http.Request) -> http.StreamResponse:
    """One sentence's audio, as a file; made from what is stored, never synthesised again."""
    format = request.query.get("format", "mp3")
    if not _is_file_format(format):
        raise BadRequest(f"`format` is one of {', '.join(get_args(FileFormat))}")
    return await _send_sentence(request, format)


async def sentence_file(request: http.Request) -> http.StreamResponse:
    """The same, at an address that looks like the file's."""
    format = request.match_info["format"]
    if not _is_file_format(format):
        raise NotFound(f"a sentence is there as {', '.join(get_args(FileFormat))}")
    return await _send_sentence(request, format)


async def scene_file(request: http.Request) -> http.StreamResponse:
    """All of the scene's audio as one file, or as far as it has come while it is narrated."""
    format = request.match_info["format"]
    if not _is_scene_format(format):
        raise NotFound(f"a scene's audio is there as {', '.join(get_args(SceneFormat))}")
    app, user = request.app, request[USER]
    scene_id = path_id(request, "scene_id", "scene")
    scene = await app[STORE].scene(user.id, scene_id)
    story = await app[STORE].story(user.id, scene.story_id)
    spoken, grows = await next_narration(request, scene_id)
    if spoken is not None:
        await app[STORE].touch(spoken.narration.id)
        found = Spoken(scene, spoken.narration, parts_of(spoken.pieces))
        recipe = scene_recipe(story, found, format)
        headers = file_headers(request, recipe.title, format, LONG_TYPES[format])
        if grows and spoken.narration.state is NarrationState.SPEAKING:
            return await follow(request, spoken.narration, recipe, headers)
        if any(part.recording_id is not None for part in recipe.parts):
            async with app[EXPORTS].maker.file(user.id, recipe) as path:
                return await send_file(request, path, headers)
    raise NotFound(f"the scene has no audio; POST /api/scenes/{scene_id}/narration makes it")


async def _send_sentence(request: http.Request, format: FileFormat) -> http.StreamResponse:
    app, user = request.app, request[USER]
    scene_id = path_id(request, "scene_id", "scene")
    number = path_id(request, "number", "sentence")
    found = await app[STORE].sentence_recording(user.id, scene_id, number)

    async def make() -> bytes:
        if kind_of(found.audio) == format and not found.rest_samples:
            return found.audio
        return await app[TRANSCODER].convert(
            found.audio, format, rest_samples=found.rest_samples
        )

    title = f"Scene {scene_id} - Sentence {number}"
    headers = file_headers(request, title, format, CONTENT_TYPES[format])
    etag = f"{found.recording_id}-{found.rest_samples}-{format}"
    return await send_bytes(request, make, etag, headers)


def _version(narration: Narration) -> dict[str, Any]:
    by = narration.spoken_by
    return {
        "id": narration.id,
        "state": narration.state,
        "occasion": narration.occasion,
        "provider": by.provider,
        "voice": by.voice,
        "speed": by.speed,
        "created_at": narration.created_at,
    }


def _listed(scene_id: int, one: SentenceAudio) -> dict[str, Any]:
    silent = one.skipped is not None and not one.duration_ms
    url = None if silent else f"/api/scenes/{scene_id}/audio/{one.number}"
    return msgspec.structs.asdict(one) | {"url": url}


def _is_file_format(name: str) -> TypeGuard[FileFormat]:
    return name in get_args(FileFormat)


def _is_scene_format(name: str) -> TypeGuard[SceneFormat]:
    return name in get_args(SceneFormat)
