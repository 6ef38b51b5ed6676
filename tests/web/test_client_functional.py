"""The client, against a server that breaks off wherever a connection can break."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import cycle
from typing import Literal

import pytest

from narration.events import (
    AudioChunk,
    Event,
    GenerationComplete,
    GenerationStopped,
    Paused,
    Skipped,
    TextChunk,
)
from tests.patience import PATIENCE_SECONDS
from tests.web.bad_network import BadNetwork
from tests.web.conftest import StartServer
from tests.web.scripted_narration import ScriptedNarration, Trouble
from tests.web.services import STORY, ModelServer
from web.client import Client, RefusedByServer
from web.http_calls import NoAnswer
from web.live_scene import LiveScene, SessionGone
from web.wire import Pause, Ping, Playback, SkipSentence

SENTENCES = [os.urandom(48 * 500) for _ in range(3)]


@pytest.fixture
async def server() -> AsyncGenerator[ScriptedNarration]:
    server = ScriptedNarration(SENTENCES)
    async with server.running():
        yield server


@pytest.fixture
async def client(server: ScriptedNarration) -> AsyncGenerator[Client]:
    async with Client(server.url, patience_seconds=PATIENCE_SECONDS) as client:
        yield client


async def everything(live: LiveScene) -> list[Event]:
    async with aclosing(live.listen()) as events:
        return [event async for event in events]


async def test_wherever_it_breaks_every_event_comes_once_and_in_order(
    server: ScriptedNarration, client: Client
) -> None:
    whole = list(server.log)
    kinds: list[Literal["cut", "cut inside", "close"]] = ["cut", "cut inside", "close"]
    server.troubles += [
        Trouble(kind, seq)
        for seq, kind in zip(range(1, len(whole)), cycle(kinds), strict=False)
    ]
    live = await client.begin(1, "x")
    server.refuse = 2
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await everything(live) == whole
    assert not server.troubles
    assert live.ended
    assert not server.stops


async def test_what_is_said_while_the_connection_is_lost_gets_there(
    server: ScriptedNarration, client: Client
) -> None:
    server.log.pop()  # It does not end.
    server.troubles.append(Trouble("cut", 4))
    live = await client.begin(1, "x")
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(live.listen()) as events:
        async for event in events:
            if event.seq == 4:
                server.refuse = 3
                live.playback(0, 400)
                live.pause()
                live.skip(2)
                live.resume()
                live.pause()
                assert live.paused
            elif isinstance(event, Paused):
                break
    said = [message for message in server.said if not isinstance(message, Ping)]
    assert set(said) == {Playback(0, 400), SkipSentence(2), Pause()}
    assert len(said) == 3
    assert server.stops == 1  # It was left before its end.


async def test_a_stopped_scene_comes_to_its_end(
    server: ScriptedNarration, client: Client
) -> None:
    server.log.pop()
    live = await client.begin(1, "x")
    live.stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        came = await everything(live)
    assert came == server.log
    assert isinstance(came[-1], GenerationStopped)
    assert not server.stops  # It need not be said twice.


@pytest.mark.parametrize("lost", ["skip", "confirmation"])
async def test_what_may_be_lost_is_said_again_and_what_is_not_is_not(
    server: ScriptedNarration, client: Client, lost: Literal["skip", "confirmation"]
) -> None:
    server.log.pop()
    server.loses = lost
    live = await client.begin(1, "x")
    asked = skipped = 0
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(live.listen()) as events:
        async for event in events:
            if not asked:
                live.skip(2)
                asked += 1
                assert live.skipping_to == 2
            if isinstance(event, Skipped):
                assert event.sentence_number == 2
                skipped += 1
                assert live.skipping_to is None
                live.pause()  # When this is confirmed, so would be another skip.
            elif isinstance(event, Paused):
                break
    assert skipped == 1
    assert server.said.count(SkipSentence(2)) == 1
    assert len(server.afters) == 2


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("repeat", "event 5 after 5"),
        ("leave out", "event 6 after 4"),
        ("garbage", "no event"),
    ],
)
async def test_a_server_that_breaks_the_rules_is_left(
    server: ScriptedNarration,
    client: Client,
    kind: Literal["repeat", "leave out", "garbage"],
    says: str,
) -> None:
    server.troubles.append(Trouble(kind, 5))
    live = await client.begin(1, "x")
    with pytest.raises(RefusedByServer, match=says):
        await everything(live)


@pytest.mark.parametrize("how", ["http", "event", "code"])
async def test_a_session_that_is_gone_is_given_up_at_once(
    server: ScriptedNarration, client: Client, how: Literal["http", "event", "code"]
) -> None:
    server.gone = how
    server.troubles.append(Trouble("cut", 5))
    live = await client.begin(1, "x")
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(SessionGone):
            await everything(live)


@pytest.mark.parametrize(
    ("code", "says"),
    [(4409, "elsewhere"), (4408, "too long"), (4400, "fewer events"), (1008, "too much")],
)
async def test_being_sent_away_is_told_and_stops_nobody_else(
    server: ScriptedNarration, client: Client, code: int, says: str
) -> None:
    server.troubles.append(Trouble("close", 5, code))
    live = await client.begin(1, "x")
    with pytest.raises(RefusedByServer, match=says):
        await everything(live)
    assert not server.stops


async def test_when_nobody_answers_it_is_given_up_in_time(server: ScriptedNarration) -> None:
    server.troubles.append(Trouble("cut", 5))
    async with Client(server.url, patience_seconds=0.5) as client:
        live = await client.begin(1, "x")
        server.refuse = 1_000
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(NoAnswer):
                await everything(live)
        assert time.monotonic() - began >= 0.5
    assert 1 <= 1_000 - server.refuse <= 8  # It is not asked all the time.


async def test_a_server_that_hangs_is_not_waited_for(server: ScriptedNarration) -> None:
    server.hang.add("/api/stories")
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        Client(server.url, answer_seconds=0.3) as client,
    ):
        with pytest.raises(NoAnswer, match=r"within 0\.3 s"):
            await client.create_story("x")


async def test_a_real_scene_comes_whole_over_a_bad_network(
    start_server: StartServer, model: ModelServer
) -> None:
    model.text, model.pace = STORY * 3, 0.01
    server = await start_server(session={"send_ahead_seconds": 2.0})
    assert server.port is not None
    network, dice = BadNetwork(server.port), random.Random(7)
    text, audio, seq, cuts, cut_at = "", dict[int, bytes](), 0, 0, 0.0
    async with (
        network.running() as url,
        Client(url, patience_seconds=PATIENCE_SECONDS) as client,
    ):
        live = await client.begin(await client.create_story("The lamp"), "Go on.")
        async with asyncio.timeout(PATIENCE_SECONDS), aclosing(live.listen()) as events:
            async for event in events:
                seq += 1
                assert event.seq == seq
                if isinstance(event, TextChunk):
                    text += event.text
                elif isinstance(event, AudioChunk) and isinstance(event.audio, bytes):
                    number = event.sentence_number
                    audio[number] = audio.get(number, b"") + event.audio
                    live.playback(number, len(audio[number]) / 48)
                if time.monotonic() >= cut_at:
                    network.cut()
                    cuts, cut_at = cuts + 1, time.monotonic() + dice.uniform(0, 0.3)
    assert cuts >= 5
    assert isinstance(event, GenerationComplete)
    assert text == model.text
    assert event.total_sentences == len(audio)
    for number, pcm in audio.items():
        path = f"/api/scenes/{event.scene_id}/audio/{number}?format=pcm"
        async with server.get(path) as response:
            assert await response.read() == pcm
