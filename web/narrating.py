"""Narrates scenes that are there in the background, where nobody need be listening."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web as http

from actors.base import ask
from actors.narrator import Admit
from actors.plan import Plan
from actors.reports import Notify
from narration.errors import Busy, Conflict, NarrationError
from narration.notices import TTSFailed
from narration.story import Occasion, Scene, SceneState
from web.keys import NARRATOR, NOTIFIER, SCENE_LOCKS, STORE
from web.plan import make_narration_plan
from web.requests import User
from web.sessions import background_session, begin_session, settle

__all__ = ["auto_play", "begin_narration", "resume_put_off", "resume_unfinished"]

logger = logging.getLogger(__name__)

FIRST_PUT_OFF_SECONDS = 5.0
MOST_PUT_OFF_SECONDS = 300.0
"""How long what could not be begun waits, at first and at most."""


async def begin_narration(
    app: http.Application,
    user: User,
    scene: Scene,
    occasion: Occasion,
    *,
    patient: bool = False,
) -> Plan:
    """Begin to narrate a scene that is held, and that nobody is at work on.  With `patient`
    a voice that does not work is waited for until it does.

    Raises:
        Conflict: the user wants no narration, or there is nothing to narrate.
        Busy: there are as many sessions as there may be.
    """
    store = app[STORE]
    settings = await store.tts_settings(user.id)
    if not settings.tts_enabled:
        raise Conflict("narration is switched off in your settings; set `tts_enabled`")
    if not scene.text.strip():
        raise Conflict("the scene has no text")
    await ask(app[NARRATOR], Admit(user.id))
    story = await store.story(user.id, scene.story_id)
    plan = await make_narration_plan(
        app,
        user,
        story,
        scene,
        occasion=occasion,
        settings=settings,
        patient=patient,
    )
    await begin_session(app, plan)
    return plan


async def auto_play(app: http.Application, user: User, scene: Scene) -> Plan | None:
    """Begin to narrate a scene that was just written, if its user wants that by itself.

    If it cannot be begun, the user is told as of any narration that fails.
    """
    settings = await app[STORE].tts_settings(user.id)
    wanted = settings.tts_enabled and settings.auto_play_last_scene
    # Whoever stopped it does not wait for it; a server that ends narrates nothing.
    written = scene.state in (SceneState.COMPLETE, SceneState.PARTIAL)
    if not (wanted and written and scene.text.strip()):
        return None
    try:
        async with app[SCENE_LOCKS].held(scene.id):
            scene = await settle(app, user.id, scene.id)
            return await begin_narration(app, user, scene, Occasion.AUTO_PLAY)
    except NarrationError as error:
        _say_that_it_failed(app, user, scene, Occasion.AUTO_PLAY, error)
        return None


async def resume_unfinished(app: http.Application) -> bool:
    """Begin the narrations again that the end of the last server interrupted; returns
    whether that is to be tried again, since there are as many sessions as there may be.

    What they had spoken is stored, and is not spoken again.  A voice that does not work yet
    is waited for: nobody is there to ask for it again.
    """
    store, put_off = app[STORE], False
    for user_id, scene_id, occasion in await store.unfinished_narrations():
        user = User(user_id, "")
        async with app[SCENE_LOCKS].held(scene_id):
            if await background_session(app, user_id, scene_id) is not None:
                continue
            scene = await store.scene(user_id, scene_id)
            try:
                await begin_narration(app, user, scene, occasion, patient=True)
            except Busy:
                put_off = True
            except NarrationError as error:
                message = "the narration of scene %d is not gone on with: %s"
                logger.info(message, scene_id, error)
                _say_that_it_failed(app, user, scene, occasion, error)
                await store.close_interrupted(scene_id, str(error))
    return put_off


async def resume_put_off(app: http.Application) -> None:
    """Try that again and again, ever less often, until all are begun."""
    seconds = FIRST_PUT_OFF_SECONDS
    while True:
        await asyncio.sleep(seconds)
        try:
            if not await resume_unfinished(app):
                return
        except NarrationError as error:
            logger.warning("narrations that were interrupted are not gone on with: %s", error)
        seconds = min(seconds * 2, MOST_PUT_OFF_SECONDS)


def _say_that_it_failed(
    app: http.Application, user: User, scene: Scene, occasion: Occasion, error: NarrationError
) -> None:
    notice = TTSFailed(
        story_id=scene.story_id,
        scene_id=scene.id,
        auto_play=occasion is Occasion.AUTO_PLAY,
        message=str(error),
        retryable=isinstance(error, Busy),
    )
    app[NOTIFIER].tell(Notify(user.id, notice))
