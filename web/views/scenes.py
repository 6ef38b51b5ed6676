"""Scenes that are there: list, read, change, delete."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web as http

from web.keys import EXPORTS, SCENE_LOCKS, STORE
from web.requests import USER, json_body, path_id
from web.sessions import as_they_are, forget, settle
from web.wire import json_response

__all__ = ["delete", "read", "read_all", "update"]


class SceneChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=200_000)]


async def read_all(request: http.Request) -> http.Response:
    story_id = path_id(request, "story_id", "story")
    store, user = request.app[STORE], request[USER]
    scenes = await store.scenes(user.id, story_id)
    return json_response({"scenes": await as_they_are(request.app, user.id, scenes)})


async def read(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    app, user = request.app, request[USER]
    scene = await app[STORE].scene(user.id, scene_id)
    return json_response((await as_they_are(app, user.id, [scene]))[0])


async def update(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    change = await json_body(request, SceneChange)
    app, user = request.app, request[USER]
    async with app[SCENE_LOCKS].held(scene_id):
        await settle(app, user.id, scene_id)
        scene = await app[STORE].update_scene(user.id, scene_id, text=change.text)
    return json_response(scene)


async def delete(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    app, user = request.app, request[USER]
    async with app[SCENE_LOCKS].held(scene_id):
        scene = await settle(app, user.id, scene_id)
        await app[STORE].delete_scene(user.id, scene_id)
    await forget(app, user.id, scene_id=scene_id)
    await app[EXPORTS].forget(scene.story_id, [scene_id])
    return http.Response(status=204)
