"""Listeners who do what listeners do: leave, come back, pause, skip, stop."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Literal, get_args

import aiohttp
import msgspec

from web.load.checks import faults, stream_faults
from web.load.listening import Arrivals, Socket, connect, start
from web.load.messages import read_all, sentences
from web.load.target import LoadError, Target
from web.mock_upstream.story import text_of
from web.wire import ClientMessage, Pause, Resume, SkipSentence, StopNarration

__all__ = ["Visit", "visit"]

Deed = Literal["listen", "leave", "come back", "pause", "skip", "skip back", "stop"]

_HEARS_ALL: frozenset[Deed] = frozenset({"listen", "come back", "pause"})
_DEEDS = get_args(Deed)
_MOST_EVENTS = 150
"""After so many at most something is done: a scene has some hundreds."""

_MOST_AWAY_SECONDS = 2.0
_VISIT_SECONDS = 600.0
_SEEDS = 900_000_000

_encode = msgspec.json.Encoder().encode


class Visit(msgspec.Struct, frozen=True):
    """What a listener did, and what was wrong with what he got."""

    deed: Deed
    faults: list[str]


async def visit(
    target: Target, story: int, dice: random.Random, *, sentences: int, until: float
) -> Visit:
    """Start a scene, and hear it in one of the ways in which scenes are heard.

    Whoever still listens at `until`, on the monotonic clock, stops his scene.
    """
    deed: Deed = dice.choice(_DEEDS)
    heard = Arrivals(label=f"{deed.replace(' ', '-')}", seed=dice.randrange(_SEEDS))
    listener = _Listener(target, heard, deed, dice, until)
    try:
        async with asyncio.timeout(_VISIT_SECONDS):
            await listener.run(story)
    except TimeoutError:
        return Visit(deed, [f"{deed}: it took more than {_VISIT_SECONDS:g} s"])
    except (LoadError, aiohttp.ClientError, OSError) as error:
        return Visit(deed, [f"{deed}: {error}"])
    whole = text_of(heard.seed, sentences) if listener.hears_all else ""
    wrong = await asyncio.to_thread(_judge, heard, whole)
    return Visit(deed, [f"{deed}: {fault}" for fault in wrong])


class _Listener:
    def __init__(
        self, target: Target, heard: Arrivals, deed: Deed, dice: random.Random, until: float
    ) -> None:
        self._target = target
        self._heard = heard
        self._deed = deed
        self._dice = dice
        self._until = until
        self._acts_at = dice.randrange(5, _MOST_EVENTS)
        self._stopped = False

    @property
    def hears_all(self) -> bool:
        """Whether every sentence must have come, whole."""
        return self._deed in _HEARS_ALL and not self._stopped

    async def run(self, story: int) -> None:
        address, session = await start(self._target, story, self._heard)
        after = 0
        while True:
            query = f"audio=binary&format=pcm&after={after}"
            async with connect(self._target, address, query) as socket:
                over = await self._hear(socket)
            if over:
                return
            await asyncio.sleep(self._dice.uniform(0, _MOST_AWAY_SECONDS))
            path = f"/api/sessions/{session}"
            if self._deed == "leave":
                await self._target.ask("DELETE", path)
                return
            status = await self._target.ask("GET", path)
            address, after = str(status["websocket_url"]), len(self._heard.messages)

    async def _hear(self, socket: Socket) -> bool:
        """Until the scene's end, which is true, or the listener's."""
        messages = self._heard.messages
        async for message in socket:
            messages.append((time.monotonic(), message.data))
            if not self._stopped and time.monotonic() > self._until:
                self._stopped = True
                await _say(socket, StopNarration())
            if len(messages) == self._acts_at and await self._act(socket):
                return False
        return True

    async def _act(self, socket: Socket) -> bool:
        """Do what this listener is here for; true if it is to go."""
        match self._deed:
            case "leave" | "come back":
                return True
            case "pause":
                await _say(socket, Pause())
                await asyncio.sleep(self._dice.uniform(0, _MOST_AWAY_SECONDS))
                await _say(socket, Resume())
            case "skip":
                await _say(socket, SkipSentence(self._dice.choice([None, 3, 6])))
            case "skip back":
                await _say(socket, SkipSentence(0))
            case "stop":
                self._stopped = True
                await _say(socket, StopNarration())
            case "listen":
                pass
        return False


async def _say(socket: Socket, message: ClientMessage) -> None:
    await socket.send_str(_encode(message).decode())


def _judge(heard: Arrivals, whole: str) -> list[str]:
    try:
        events = read_all(heard.messages)
    except msgspec.MsgspecError as error:
        return [f"something came that is no event: {error}"]
    if whole:
        return faults(events, sentences(events), whole)
    return stream_faults(events)
