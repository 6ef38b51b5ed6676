"""Stories: list, create, read, change, delete."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web as http

from web.keys import EXPORTS, STORE
from web.requests import USER, json_body, path_id
from web.sessions import forget
from web.wire import json_response

__all__ = ["create", "delete", "read", "read_all", "update"]

Title = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=200)]
Premise = Annotated[str, msgspec.Meta(max_length=4_000)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")]


class NewStory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    premise: Premise = ""
    language: Language = "en"


class StoryChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | None = None
    premise: Premise | None = None
    language: Language | None = None


async def read_all(request: http.Request) -> http.Response:
    stories = await request.app[STORE].stories(request[USER].id)
    return json_response({"stories": stories})


async def create(request: http.Request) -> http.Response:
    new = await json_body(request, NewStory)
    story = await request.app[STORE].create_story(
        request[USER].id, new.title, new.premise, new.language
    )
    return json_response(story, status=201)


async def read(request: http.Request) -> http.Response:
    story_id = path_id(request, "story_id", "story")
    return json_response(await request.app[STORE].story(request[USER].id, story_id))


async def update(request: http.Request) -> http.Response:
    story_id = path_id(request, "story_id", "story")
    change = await json_body(request, StoryChange)
    story = await request.app[STORE].update_story(
        request[USER].id,
        story_id,
        title=change.title,
        premise=change.premise,
        language=change.language,
    )
    return json_response(story)


async def delete(request: http.Request) -> http.Response:
    story_id = path_id(request, "story_id", "story")
    app, user = request.app, request[USER]
    scenes = await app[STORE].scenes(user.id, story_id)
    await app[STORE].delete_story(user.id, story_id)
    await forget(app, user.id, story_id=story_id)
    await app[EXPORTS].forget(story_id, [scene.id for scene in scenes])
    return http.Response(status=204)
