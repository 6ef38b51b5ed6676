"""A live scene's socket as the protocol has it: numbers its messages, frames its audio."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web as http

from tests.page.script import SAMPLE_RATE, Speak, duration_ms

__all__ = ["ScriptedSocket"]

CHUNK_BYTES = SAMPLE_RATE * 2 // 2
"""Half a second, which is the longest piece that the real server sends."""


class ScriptedSocket(http.WebSocketResponse):
    """Numbers what it sends."""

    def __init__(self) -> None:
        super().__init__(compress=False)
        self._seq = 0
        self.transport: asyncio.Transport | None = None

    async def prepare(self, request: http.BaseRequest) -> Any:
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        return await super().prepare(request)

    async def say(self, kind: str, **fields: Any) -> None:
        await self.send_str(json.dumps(self._message(kind, **fields)))

    async def speak(self, step: Speak, start: int) -> None:
        # The last chunk of a sentence may be empty.
        starts = range(0, len(step.pcm) or 1, CHUNK_BYTES)
        parts = [step.pcm[at : at + CHUNK_BYTES] for at in starts]
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
                start_ms=0.0,
                duration_ms=duration_ms(part),
            )
            header = json.dumps(message).encode()
            await self.send_bytes(len(header).to_bytes(4, "big") + header + part)

    def _message(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._seq += 1
        return {"type": kind, "seq": self._seq, **fields}
