"""A store that takes nothing for a while costs no scene; and who is at work on one is told in
the same way by every view, whatever was stored last.
"""

from __future__ import annotations

import asyncio
import sqlite3

from narration.story import NarrationState, Occasion, SceneState, SpokenBy
from tests.web.conftest import Client, begin, hear, new_story, of_type
from tests.web.narrating import call, narration_of, written
from tests.web.services import ModelServer
from web.keys import CONFIG, STORE

BACKUP_SECONDS = 12.0
"""Longer than a write waits for the lock."""


async def test_another_program_that_holds_the_lock_for_a_while_costs_no_scene(
    client: Client, model: ModelServer
) -> None:
    model.holds_after = 60
    session = await begin(client, await new_story(client))
    hearing = asyncio.create_task(hear(client, session))
    async with asyncio.timeout(5):
        while model.hold.is_set():
            await asyncio.sleep(0.01)
    backup = sqlite3.connect(client.app[CONFIG].store.path)
    backup.execute("BEGIN IMMEDIATE")
    try:
        model.hold.set()
        await asyncio.sleep(BACKUP_SECONDS)
    finally:
        backup.rollback()
        backup.close()
    messages = await hearing
    assert of_type(messages, "error") == []
    assert messages[-1]["type"] == "generation_complete"
    scene = await call(client, "GET", f"/api/scenes/{session['scene_id']}", 200)
    assert (scene["text"], scene["state"]) == (model.text, "complete")
    assert (await narration_of(client, session["scene_id"]))["state"] == "complete"


async def test_nobody_is_said_to_be_at_work_on_a_scene_whose_end_was_not_stored(
    client: Client,
) -> None:
    scene = await written(client)
    store, path = client.app[STORE], f"/api/scenes/{scene['id']}"
    by = SpokenBy(provider="voice", voice="v", speed=1.0, parameters="")
    await store.start_narration(scene["id"], by, Occasion.DEMAND)
    assert (await narration_of(client, scene["id"]))["state"] == NarrationState.INTERRUPTED

    left = await store.create_scene(1, scene["story_id"], "x")
    assert (await store.scene(1, left.id)).state is SceneState.WRITING
    path = f"/api/scenes/{left.id}"
    assert (await call(client, "GET", path, 200))["state"] == "interrupted"
    listing = await call(client, "GET", f"/api/stories/{scene['story_id']}/scenes", 200)
    assert [one["state"] for one in listing["scenes"]] == ["complete", "interrupted"]
