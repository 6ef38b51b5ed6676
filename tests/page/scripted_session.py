"""A live session as the protocol has it: follows a script, and outlives its connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType
from aiohttp import web as http

from tests.page.script import (
    SAMPLE_RATE,
    Complete,
    Confirm,
    Cut,
    Say,
    SkipSentence,
    Speak,
    Step,
    Trouble,
    WaitFor,
    duration_ms,
    words_of,
)
from tests.page.scripted_scene import ScriptedScene
from tests.patience import PATIENCE_SECONDS

__all__ = ["ScriptedSession"]

CHUNK_BYTES = SAMPLE_RATE * 2 // 2
"""Half a second, which is the longest piece that the real server sends."""

REPLACED = 4409


class ScriptedSession:
    """Numbers its events, and keeps them for whoever comes back.

    It sends whatever it has, be the listener where it may.
    """

    def __init__(self, id: str, scene: ScriptedScene, steps: Sequence[Step]) -> None:
        self.id = id
        self.scene = scene
        self.said: list[dict[str, Any]] = []
        """What the listener said, but where the player is."""
        self.heard: list[tuple[int, float]] = []
        """Where the player was, by its own word."""
        self.connections = 0
        self.left = 0
        """How many listeners closed their connection before the end."""
        self.ended = False
        self.written = False
        """Whether no more text comes."""
        self.deaf = False
        """Whether nothing comes through on this connection, though it seems to be there."""
        self._text_start = len(scene.text)
        self._first_sentence = scene.forget_holes_at_end()
        self._steps = list(steps)
        self._spoken: list[Speak] = []
        self._events: list[str | bytes] = []
        self._paused = False
        self._socket: http.WebSocketResponse | None = None
        self._transport: asyncio.Transport | None = None
        self._more = asyncio.Condition()
        self.said_more = asyncio.Condition()
        self.task = asyncio.create_task(self._perform())

    def status(self) -> dict[str, Any]:
        """The answer to `GET /api/sessions/{id}`, but for the address."""
        playhead = None
        if self.heard:
            sentence, position = self.heard[-1]
            playhead = {"sentence_number": sentence, "position_ms": position}
        return {
            "session_id": self.id,
            "story_id": self.scene.story_id,
            "scene_id": self.scene.id,
            "state": "ended" if self.ended else "speaking" if self.written else "writing",
            "listener": "away" if self._socket is None else "connected",
            "listening": {"paused": self._paused, "playhead": playhead},
            "background": False,
        }

    async def until_said(self, kind: str, times: int = 1) -> None:
        """Wait until the listener has said something so often."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.said_more:
            await self.said_more.wait_for(lambda: self._count(kind) >= times)

    def cut(self) -> None:
        """The network fails: no closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    async def listen(self, request: http.Request) -> http.StreamResponse:
        """Serve one connection; it replaces the one before."""
        self.deaf = False
        self.connections += 1
        if self._socket is not None:
            await self._socket.close(code=REPLACED)
        socket = http.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        self._socket, self._transport = socket, request.transport
        after = int(request.query.get("after", "0"))
        sending = asyncio.create_task(self._send(socket, after))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and not self.deaf:
                    await self._obey(json.loads(message.data))
        finally:
            sending.cancel()
            await asyncio.wait([sending])
            if self._socket is socket:
                self._socket = self._transport = None
        self.left += not self.ended
        return socket

    async def _send(self, socket: http.WebSocketResponse, after: int) -> None:
        while not (self.ended and after == len(self._events)):
            event = await self._event(after)
            try:
                match event:
                    case str(text):
                        await socket.send_str(text)
                    case bytes(data):
                        await socket.send_bytes(data)
            except ConnectionError:
                return
            after += 1
        await socket.close()

    async def _event(self, index: int) -> str | bytes:
        async with self._more:
            await self._more.wait_for(lambda: index < len(self._events) and not self.deaf)
        return self._events[index]

    async def _obey(self, wish: dict[str, Any]) -> None:
        match wish:
            case {"type": "playback", "sentence_number": sentence, "position_ms": position}:
                self.heard.append((sentence, position))
            case {"type": "stop"} if not self.ended:
                self.task.cancel()
                await self.end("stopped", "generation_stopped", scene_id=self.scene.id)
            case {"type": "pause"}:
                self._paused = True
                await self._say("paused")
            case {"type": "resume"}:
                self._paused = False
                await self._say("resumed")
            case {"type": "ping"}:
                await self._say("pong")
            case {"type": "skip", "sentence_number": number} if not self._confirms_by_script():
                await self._skip(number)
        if wish["type"] != "playback":
            self.said.append(wish)
        async with self.said_more:
            self.said_more.notify_all()

    def _confirms_by_script(self) -> bool:
        return any(isinstance(step, Confirm) for step in self._steps)

    def _count(self, kind: str) -> int:
        if kind == "playback":
            return len(self.heard)
        return sum(wish["type"] == kind for wish in self.said)

    async def _skip(self, number: int) -> None:
        again = bool(self.heard) and number <= self.heard[-1][0]
        await self._say("skipped", sentence_number=number, again=again)
        if again:
            for step in self._spoken:
                if step.sentence >= number:
                    await self._speak(step)

    async def until_ended(self) -> None:
        """Wait until the scene is over."""
        async with self._more:
            await self._more.wait_for(lambda: self.ended)

    async def _perform(self) -> None:
        await self._greet()
        while self._steps:
            step = self._steps.pop(0)
            self.scene.keep(step)
            await self._do(step)

    async def _greet(self) -> None:
        await self._say(
            "connected",
            session_id=self.id,
            scene_id=self.scene.id,
            text_start=self._text_start,
            first_sentence=self._first_sentence,
        )
        await self._say("generation_started", message="Writing.")

    async def _do(self, step: Step) -> None:
        match step:
            case Say(text):
                await self._say("text_chunk", text=text)
            case Speak():
                self._spoken.append(step)
                await self._speak(step)
            case SkipSentence(sentence, text, reason):
                start = self.scene.spoken[sentence].start
                await self._say(
                    "sentence_skipped",
                    sentence_number=sentence,
                    sentence_text=text,
                    start=start,
                    end=start + len(text),
                    reason=reason,
                )
            case WaitFor(event):
                await event.wait()
            case Confirm():
                await self.until_said("skip")
                await self._skip(self.said[-1]["sentence_number"])
            case Trouble(message, ends, code):
                error = {"code": code, "message": message, "retryable": False}
                if ends:
                    await self.end("partial", "error", **error, scene_id=self.scene.id)
                else:
                    await self._say("error", **error)
            case Cut():
                self.cut()
            case Complete():
                await self.end("complete", "generation_complete", scene_id=self.scene.id)

    async def end(self, state: str, kind: str, **fields: Any) -> None:
        """The scene is over, with this as the last event."""
        self.scene.state = state
        self.ended = True
        await self._say(kind, **fields)

    async def _say(self, kind: str, **fields: Any) -> None:
        await self._add(json.dumps(self._message(kind, **fields)))

    async def _speak(self, step: Speak) -> None:
        # The last chunk of a sentence may be empty.
        starts = range(0, len(step.pcm) or 1, CHUNK_BYTES)
        parts = [step.pcm[at : at + CHUNK_BYTES] for at in starts]
        start = self.scene.spoken[step.sentence].start
        for number, part in enumerate(parts):
            message = self._message(
                "audio_chunk",
                sentence_number=step.sentence,
                sentence_text=step.text,
                format="pcm",
                chunk_number=number,
                final=step.final and number == len(parts) - 1,
                start=start,
                end=start + len(step.text),
                start_ms=self.scene.start_ms(step.sentence)
                + duration_ms(step.pcm[: starts[number]]),
                duration_ms=duration_ms(part),
                # All at once, which is as early as any voice knows them.
                **({"words": words_of(step)} if step.words and number == 0 else {}),
            )
            header = json.dumps(message).encode()
            await self._add(len(header).to_bytes(4, "big") + header + part)

    def _message(self, kind: str, **fields: Any) -> dict[str, Any]:
        return {"type": kind, "seq": len(self._events) + 1, **fields}

    async def _add(self, event: str | bytes) -> None:
        self._events.append(event)
        async with self._more:
            self._more.notify_all()
