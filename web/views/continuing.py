"""Going on, live, with a scene that broke off."""

from __future__ import annotations

import msgspec
from aiohttp import web as http

from actors.base import ask
from actors.narrator import Admit
from narration.errors import Conflict
from web.keys import CONFIG, NARRATOR, SCENE_LOCKS, STORE
from web.plan import make_plan
from web.requests import USER, json_or_form, path_id
from web.sessions import begin_session, begun, settle

__all__ = ["go_on"]


class GoOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enable_tts_stream: bool = True


async def go_on(request: http.Request) -> http.Response:
    """Write and speak the rest of a scene: starts at once, answers where to listen."""
    app, user, store = request.app, request[USER], request.app[STORE]
    scene_id = path_id(request, "scene_id", "scene")
    body = await json_or_form(request, GoOn)
    async with app[SCENE_LOCKS].held(scene_id):
        await settle(app, user.id, scene_id)
        await ask(app[NARRATOR], Admit(user.id))
        continued = await store.continue_scene(user.id, scene_id)
        scene = continued.scene
        is_begun = False
        try:
            if len(scene.text) >= app[CONFIG].scene.max_text_chars:
                raise Conflict("the scene is as long as it may be; write the next one instead")
            story = await store.story(user.id, scene.story_id)
            plan = await make_plan(
                app,
                user,
                story,
                scene,
                speak=body.enable_tts_stream,
                previous_texts=await store.previous_texts(user.id, story.id, scene.number),
                continued=continued,
            )
            await begin_session(app, plan)
            is_begun = True
        finally:
            if not is_begun:
                await store.give_up(continued)
    return begun(request, plan)
