"""After many sessions that ended in every way, nothing of them is left."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
from pathlib import Path

from actors.base import figures
from tests.web.conftest import Client, begin, message_of, new_story
from tests.web.services import STORY, ModelServer, VoiceServer


async def one_session(client: Client, story_id: int, dice: random.Random) -> None:
    """Start a session, and end it in one of the ways sessions end."""
    session = await begin(client, story_id)
    path = f"/api/sessions/{session['session_id']}"
    how = dice.choice(["to the end", "stop", "http stop", "leave", "never come"])
    if how == "never come":
        await asyncio.sleep(dice.uniform(0, 0.3))
        await client.delete(path)
        return
    query = dice.choice(["format=pcm&audio=binary", "format=mp3", "format=opus&audio=binary"])
    patience = dice.randrange(60)
    async with client.session.ws_connect(f"{session['websocket_url']}?{query}") as socket:
        async for raw in socket:
            message_of(raw)
            patience -= 1
            if patience == 0 and how == "stop":
                await socket.send_json({"type": "stop"})
            elif patience == 0 and how == "http stop":
                await client.post(f"{path}/stop")
            elif patience == 0 and how == "leave":
                return


async def test_fifty_sessions_leave_nothing_behind(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text, model.pace, voice.pace = STORY * 2, 0.001, 0.003
    dice = random.Random(20)
    story_id = await new_story(client)
    await one_session(client, story_id, dice)  # Threads and pools that stay are made now.
    await settled(model, voice)
    tasks, threads = _tasks(), _threads()
    children = _children()
    for _ in range(5):
        await asyncio.gather(*(one_session(client, story_id, dice) for _ in range(10)))
    await settled(model, voice)
    assert [f.actor for f in figures()] == ["Narrator"]
    assert (model.open, voice.open) == (0, 0)
    await asyncio.sleep(0.1)  # aiohttp's own tasks for sockets that just closed.
    gc.collect()
    assert _tasks() <= tasks
    assert _threads() <= threads
    assert _children() == children
    async with client.get(f"/api/stories/{story_id}/scenes") as response:
        states = {scene["state"] for scene in (await response.json())["scenes"]}
    assert states <= {"complete", "stopped"}


async def settled(model: ModelServer, voice: VoiceServer) -> None:
    async with asyncio.timeout(20):
        while len(figures()) > 1 or model.open or voice.open:
            await asyncio.sleep(0.01)


def _tasks() -> set[str]:
    """What runs, but aiohttp's task for each connection that a client keeps open."""
    running = {getattr(t.get_coro(), "__qualname__", "") for t in asyncio.all_tasks()}
    return running - {"RequestHandler.start"}


def _children() -> list[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return sorted(child for task in tasks for child in task.read_text().split())


def _threads() -> int:
    """Threads but those of the store and of the encoder, which are few and stay."""
    return sum(
        not t.name.startswith(("asyncio_", "narration-")) for t in threading.enumerate()
    )
