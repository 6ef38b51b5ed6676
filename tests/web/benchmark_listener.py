"""How soon a listener is obeyed, and a thousand broken connections.

Run it with `python -m pytest -s tests/web/benchmark_listener.py`.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from typing import Any

from tests.web.conftest import (
    Client,
    StartServer,
    begin,
    connect,
    following,
    message_of,
    new_story,
)
from tests.web.cuts import hear_in_pieces
from tests.web.services import STORY, ModelServer, VoiceServer

PCM = "format=pcm&audio=binary"


async def test_a_thousand_cuts_lose_and_repeat_nothing(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"max_sockets": 50})
    model.text, model.pace, voice.pace = STORY * 3, 0.004, 0.004
    dice, cuts, began = random.Random(5), 0, time.perf_counter()
    story_id = await new_story(client)
    while cuts < 1_000:
        cuts += sum(
            await asyncio.gather(*(hear_in_pieces(client, story_id, dice) for _ in range(10)))
        )
    sys.stdout.write(
        f"\n{cuts} cuts in {time.perf_counter() - began:.1f} s: nothing lost or repeated\n"
    )


async def test_how_soon_a_stop_reaches_the_services(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text, model.pace = STORY * 100, 0.002
    story_id = await new_story(client)
    times = []
    for _ in range(30):
        voice.hold.set()
        session = await begin(client, story_id)
        async with connect(client, session, PCM) as socket:
            async for message in following(socket):
                if message["type"] == "audio_chunk":
                    break
            voice.hold.clear()
            while not voice.open:
                await asyncio.sleep(0.001)
            began = time.perf_counter()
            await socket.send_json({"type": "stop"})
            await asyncio.gather(model.all_closed.wait(), voice.all_closed.wait())
            times.append(time.perf_counter() - began)
    _show("stop, until the requests at model and voice are closed", times)


async def test_how_soon_a_skips_next_audio_comes(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text, model.pace = STORY * 10, 0.0  # More than is sent ahead.
    story_id = await new_story(client)
    for what, target in [("forwards to what is ready", 18), ("back to what is stored", 0)]:
        times = []
        for _ in range(30):
            session = await begin(client, story_id)
            async with connect(client, session, PCM) as socket:
                times.append(await _skip(socket, target))
            await client.delete(f"/api/sessions/{session['session_id']}")
        _show(f"skip {what}, until its first audio is there", times)


async def _skip(socket: Any, target: int) -> float:
    """Skip when all is silent, because all that may be sent and made ahead was."""
    silent = False
    while not silent:
        try:
            async with asyncio.timeout(0.15):
                await socket.receive()
        except TimeoutError:
            silent = True
    began = time.perf_counter()
    await socket.send_json({"type": "skip", "sentence_number": target})
    while True:
        message = message_of(await socket.receive())
        if message["type"] == "audio_chunk" and message["sentence_number"] == target:
            return time.perf_counter() - began


def _show(what: str, seconds: list[float]) -> None:
    ms = sorted(value * 1_000 for value in seconds)
    sys.stdout.write(
        f"\n{what}: median {statistics.median(ms):.1f} ms, "
        f"longest {ms[-1]:.1f} ms ({len(ms)} times)\n"
    )
