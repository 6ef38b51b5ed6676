"""What is heard of a scene as captions, to be read along."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TypeGuard, get_args

from aiohttp import web as http

from narration.errors import NotFound
from narration.export.captions import CAPTION_TYPES, CaptionFormat, captions
from web.files import file_headers
from web.keys import STORE
from web.ranges import send_bytes
from web.requests import USER, path_id

__all__ = ["read"]


async def read(request: http.Request) -> http.StreamResponse:
    """Of a scene that is still being narrated, as far as that has come."""
    format = request.match_info["format"]
    if not _is_caption_format(format):
        raise NotFound(f"captions are there as {', '.join(get_args(CaptionFormat))}")
    store, user = request.app[STORE], request[USER]
    scene_id = path_id(request, "scene_id", "scene")
    scene = await store.scene(user.id, scene_id)
    story = await store.story(user.id, scene.story_id)
    sentences = await store.sentences(user.id, scene_id)
    if not sentences:
        raise NotFound(
            f"the scene has no audio; POST /api/scenes/{scene_id}/narration makes it"
        )
    text = (await asyncio.to_thread(captions, sentences, format)).encode()

    async def make() -> bytes:
        return text

    content_type = f"{CAPTION_TYPES[format]}; charset=utf-8"
    title = f"{story.title} - Scene {scene.number}"
    headers = file_headers(request, title, format, content_type)
    return await send_bytes(request, make, hashlib.sha256(text).hexdigest()[:32], headers)


def _is_caption_format(name: str) -> TypeGuard[CaptionFormat]:
    return name in get_args(CaptionFormat)
