"""Audio that was not used for long makes room, and what is used stays."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from narration.store.reserve import RESERVE_BYTES
from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import StartServer, new_story
from tests.web.narrating import call, narrated, narration_of, written
from tests.web.services import STORY, ModelServer, VoiceServer


def age(database: Path, scene_id: int) -> None:
    """Make all audio big, and that of one scene old."""
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE recordings SET bytes = 400000")
        connection.execute(
            "UPDATE narrations SET used_at = '2020-01-01 00:00:00.000000' WHERE scene_id = ?",
            [scene_id],
        )
    connection.close()


async def test_when_a_server_starts_what_is_too_much_goes_and_can_be_narrated_again(
    start_server: StartServer, model: ModelServer, voice: VoiceServer, tmp_path: Path
) -> None:
    client = await start_server()
    story_id = await new_story(client)
    old = (await written(client, story_id))["id"]
    model.text = f"Another scene. {STORY}"
    new = (await written(client, story_id))["id"]
    for scene_id in (old, new):
        await narrated(client, scene_id)
    await client.server.close()
    await asyncio.to_thread(age, tmp_path / "narration.db", old)
    client = await start_server(store={"max_audio_mb": 1})
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await narration_of(client, old))["state"] != "none":
            await asyncio.sleep(0.01)
    # It is too much still, but it was just used.
    assert (await narration_of(client, new))["state"] == "complete"
    assert (await call(client, "GET", f"/api/scenes/{old}", 200))["text"] == STORY
    assert (await narrated(client, old))["state"] == "complete"


async def test_a_server_keeps_room_back_for_deleting_on_a_full_disk(
    start_server: StartServer, tmp_path: Path
) -> None:
    await start_server()
    reserve = tmp_path / "narration.db.reserve"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(reserve.exists):
            await asyncio.sleep(0.01)
    assert (await asyncio.to_thread(reserve.stat)).st_size == RESERVE_BYTES
