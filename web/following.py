"""Sends a scene's audio as a file while the scene is still being narrated."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from aiohttp import hdrs
from aiohttp import web as http

from narration.export.growing import LOOK_SECONDS, growing
from narration.export.recipe import Recipe
from narration.store.sentences import SpokenScene
from narration.story import Narration
from web.keys import CONFIG, EXPORTS, STORE
from web.ranges import PATIENCE_SECONDS, cut_off_on_failure
from web.requests import USER
from web.sessions import background_session, is_at_work

__all__ = ["follow", "next_narration"]


async def next_narration(
    request: http.Request, scene_id: int
) -> tuple[SpokenScene | None, bool]:
    """The scene's audio, and whether somebody is still at work on it.

    If it is about to be narrated, and none of it is there yet, wait for the first of it.

    Raises:
        NotFound: the scene is not there for this user.
    """
    app, user_id = request.app, request[USER].id
    while True:
        # First: who ends meanwhile has said all by the time that it is read.
        grows = await is_at_work(app, user_id, scene_id)
        is_coming = await background_session(app, user_id, scene_id) is not None
        spoken = await app[STORE].pieces(user_id, scene_id)
        if spoken is not None or not is_coming or _has_left(request):
            return spoken, grows
        await asyncio.sleep(LOOK_SECONDS)


async def follow(
    request: http.Request, narration: Narration, recipe: Recipe, headers: dict[str, str]
) -> http.StreamResponse:
    """Send the file from its start, and on until the narration ends.

    Raises:
        Busy: too many are being sent to this user.
    """
    app, user = request.app, request[USER]

    async def goes_on() -> bool:
        # Nothing may be said for long, and only when something is sent does one hear of it
        # otherwise.
        if _has_left(request):
            return False
        return await is_at_work(app, user.id, narration.scene_id)

    with app[EXPORTS].followers.one_more(user.id):
        response = http.StreamResponse(headers=headers)
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.headers[hdrs.ACCEPT_RANGES] = "none"
        await response.prepare(request)
        if request.method == hdrs.METH_HEAD:
            return response
        file = growing(
            app[STORE],
            app[EXPORTS].maker,
            user_id=user.id,
            narration=narration,
            format=recipe.format,
            tags=recipe.tags,
            alive=goes_on,
        )
        async with (
            cut_off_on_failure(request),
            asyncio.timeout(app[CONFIG].session.max_seconds),
            aclosing(file),
        ):
            async for data in file:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await response.write(data)
        await response.write_eof()
    return response


def _has_left(request: http.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
