"""What a listener says to a live scene, kept until it has got there."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec

from narration.events import Event, Paused, Pong, Resumed, Skipped
from web.wire import (
    ClientMessage,
    Pause,
    Ping,
    Playback,
    Resume,
    SkipSentence,
    StopNarration,
)

__all__ = ["Outbox"]

SECONDS_BETWEEN = 0.1
"""A server takes so many messages a second; of what is said meanwhile the latest counts."""

_encode = msgspec.json.Encoder().encode

_SLOTS: dict[type[ClientMessage], str] = {
    StopNarration: "stop",
    SkipSentence: "skip",
    Pause: "hold",
    Resume: "hold",
    Playback: "playback",
    Ping: "ping",
}
"""Messages of which the later one replaces the earlier."""


class Outbox:
    """What is asked for (stop, skip, pause, resume) is repeated until an event confirms it."""

    def __init__(self) -> None:
        self._paused = False
        self._playback: Playback | None = None
        self._waiting: dict[str, ClientMessage] = {}
        self._asked: dict[str, ClientMessage] = {}
        self._doubtful: list[ClientMessage] = []
        self._filled = asyncio.Event()

    @property
    def paused(self) -> bool:
        """Whether the scene is held, or will be."""
        asked = self._asked.get("hold")
        return self._paused if asked is None else isinstance(asked, Pause)

    @property
    def skipping_to(self) -> int | None:
        """The sentence that was asked for and is not yet confirmed."""
        asked = self._asked.get("skip")
        return asked.sentence_number if isinstance(asked, SkipSentence) else None

    def ask(self, message: StopNarration | SkipSentence | Pause | Resume) -> None:
        """Say it, and again after a loss of the connection if no event has confirmed it."""
        self._asked[_SLOTS[type(message)]] = message
        self._say(message)

    def report(self, playback: Playback) -> None:
        """Say where the player is."""
        self._playback = playback
        self._say(playback)

    def repeat(self) -> None:
        """There is a new connection: what was said on the one before may be lost."""
        self._doubtful = [m for slot, m in self._asked.items() if slot not in self._waiting]
        if self._playback is not None:
            self._say(self._playback)
        # Its answer comes after all events that there already are, and so after those that
        # confirm what only seemed to be lost: a skip must not be made twice.
        self._say(Ping())

    def note(self, event: Event) -> None:
        """See what an event confirms."""
        match event:
            case Paused() | Resumed():
                self._paused = isinstance(event, Paused)
                if isinstance(self._asked.get("hold"), Pause) == self._paused:
                    self._asked.pop("hold", None)
            case Skipped():
                self._asked.pop("skip", None)
            case Pong():
                for message in self._doubtful:
                    if self._asked.get(_SLOTS[type(message)]) is message:
                        self._say(message)
                self._doubtful = []
            case _:
                pass

    async def send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say everything on `socket`, until it breaks."""
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                messages, self._waiting = self._waiting, {}
                for message in messages.values():
                    await socket.send_str(_encode(message).decode())
                await asyncio.sleep(SECONDS_BETWEEN)
        except (ConnectionError, aiohttp.ClientError):
            pass  # Whoever reads the socket finds out.

    def _say(self, message: ClientMessage) -> None:
        self._waiting[_SLOTS[type(message)]] = message
        self._filled.set()
