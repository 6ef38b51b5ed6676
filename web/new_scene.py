"""Begins the writing of a scene: live, or to be read when it is whole."""

from __future__ import annotations

from aiohttp import web as http

from actors.base import ask
from actors.narrator import Admit, Begin, SessionRef
from actors.plan import Plan
from narration.errors import PromptTooLong
from web.keys import CONFIG, NARRATOR, SCENE_LOCKS, STORE
from web.plan import make_plan, new_session_id
from web.requests import User

__all__ = ["begin_scene"]


async def begin_scene(
    app: http.Application, user: User, story_id: int, prompt: str, *, speak: bool
) -> tuple[SessionRef, Plan]:
    """Begin a story's next scene.  If it cannot be begun, nothing is left of it.

    Raises:
        PromptTooLong: the prompt is longer than the settings allow.
        NotFound: the story is not there for this user.
        Busy: there are as many sessions as there may be.
    """
    store, limit = app[STORE], app[CONFIG].scene.max_prompt_chars
    if len(prompt) > limit:
        raise PromptTooLong(f"the prompt may have {limit} characters")
    # A server that is full must not also have to write down whom it refuses.
    await ask(app[NARRATOR], Admit(user.id))
    session_id = new_session_id()
    begun = await store.begin_scene(user.id, story_id, prompt, session_id)
    scene, is_told = begun.scene, False
    try:
        async with app[SCENE_LOCKS].held(scene.id):
            plan = await make_plan(
                app,
                user,
                begun.story,
                scene,
                speak=speak,
                previous_texts=begun.previous_texts,
                session_id=session_id,
            )
            session: SessionRef = await ask(app[NARRATOR], Begin(plan))
        is_told = True
    finally:
        if not is_told:
            await store.delete_scene(user.id, scene.id)
    return session, plan
