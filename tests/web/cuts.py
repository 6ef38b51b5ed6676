"""A listener whose connection breaks again and again, at any moment and in any way."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.web.conftest import Client, begin, connect, following, hear, of_type

__all__ = ["MOST_CUTS", "hear_in_pieces"]

FORMATS = ("format=pcm&audio=binary", "format=mp3&audio=binary", "format=opus")
MOST_CUTS = 1_000
"""In one scene: a bound for a test that gets nowhere."""


async def hear_in_pieces(client: Client, story_id: int, dice: random.Random) -> int:
    """Hear one scene, and check that it is what an unbroken listener gets.

    Returns how often it was cut.
    """
    session = await begin(client, story_id)
    query = dice.choice(FORMATS)
    heard: list[Any] = []
    cuts = 0
    while cuts < MOST_CUTS:
        heard += await _piece(client, session, query, heard[-1]["seq"] if heard else 0, dice)
        if heard and heard[-1]["type"] == "generation_complete":
            break
        cuts += 1
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert heard == await hear(client, session, query)
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        text = (await response.json())["text"]
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == text
    return cuts


async def _piece(
    client: Client, session: dict[str, Any], query: str, after: int, dice: random.Random
) -> list[Any]:
    socket = await connect(client, session, f"{query}&after={after}")
    transport = socket._response.connection.transport
    how, events = dice.choice(["cut", "close", "lose", "time"]), dice.randrange(1, 12)
    timer = None
    if how == "time":  # In the middle of a frame, maybe.
        moment = dice.uniform(0, 0.05)
        timer = asyncio.get_running_loop().call_later(moment, transport.abort)
    heard = []
    async for message in following(socket):
        heard.append(message)
        events -= how != "time"
        if not events or message["type"] == "generation_complete":
            break
    if timer is not None:
        timer.cancel()
    if how == "cut":
        transport.abort()
    elif how != "lose":  # Which the server has to find out.
        await socket.close()
    return heard
