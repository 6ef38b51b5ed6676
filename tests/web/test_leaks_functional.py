"""After many sessions that ended in every way, nothing of them is left."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
from collections import Counter

from actors.base import figures
from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer, begin, connect, following, new_story
from tests.web.services import STORY, ModelServer, VoiceServer


async def one_session(client: Client, story_id: int, dice: random.Random) -> None:
    """Start a session, and end it in one of the ways sessions end."""
    session = await begin(client, story_id)
    path = f"/api/sessions/{session['session_id']}"
    how = dice.choice(["to the end", "stop", "http stop", "leave", "never come", "come back"])
    if how == "never come":
        await asyncio.sleep(dice.uniform(0, 0.3))
        await client.delete(path)
        return
    query = dice.choice(["format=pcm&audio=binary", "format=mp3", "format=opus&audio=binary"])
    patience = dice.randrange(60)
    seq = 0
    async with connect(client, session, query) as socket:
        async for message in following(socket):
            seq = message["seq"]
            patience -= 1
            if patience == 0 and how == "stop":
                await socket.send_json({"type": "stop"})
            elif patience == 0 and how == "http stop":
                await client.post(f"{path}/stop")
            elif patience == 0 and how == "leave":
                return
            elif patience == 0 and how == "come back":
                break
    if how == "come back":
        await client.post(f"{path}/{dice.choice(['skip', 'pause', 'resume'])}")
        async with connect(client, session, f"after={seq}") as socket:
            await client.post(f"{path}/resume")
            async for _ in following(socket):
                pass


async def test_fifty_sessions_leave_nothing_behind(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"grace_seconds": 0.5, "ended_seconds": 0.5})
    model.text, model.pace, voice.pace = STORY * 2, 0.001, 0.003
    dice = random.Random(20)
    story_id = await new_story(client)
    tasks, threads = _tasks(), set(threading.enumerate())
    # The encoder's process, which is started when something was stored.
    tasks += Counter(("KeptChild._keep", "Child._listen", "Process.wait"))
    for _ in range(5):
        await asyncio.gather(*(one_session(client, story_id, dice) for _ in range(10)))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(figures()) > 2 or model.open or voice.open or _tasks() > tasks:
            await asyncio.sleep(0.01)  # aiohttp's own tasks for sockets that just closed.
    gc.collect()
    assert [f.actor for f in figures()] == ["Narrator", "Notifier"]
    assert _tasks() <= tasks
    # What the store, the encoder and the loop keep is few, however many sessions there were.
    started = [t.name.rstrip("0123456789_") for t in threading.enumerate() if t not in threads]
    few = {
        "narration-audio": 2,
        "narration-piece": 1,
        "narration-db-writer": 1,
        "narration-db-reader": 2,
        "asyncio-waitpid-": 1,
    }
    assert Counter(started) <= Counter(few | {"asyncio": (os.cpu_count() or 1) + 4})
    async with client.get(f"/api/stories/{story_id}/scenes") as response:
        states = {scene["state"] for scene in (await response.json())["scenes"]}
    assert states <= {"complete", "stopped"}


def _tasks() -> Counter[str]:
    """What runs, but aiohttp's task for each connection that a client keeps open."""
    running = Counter(getattr(t.get_coro(), "__qualname__", "") for t in asyncio.all_tasks())
    del running["RequestHandler.start"]
    return running
