"""The mock voice: streams audio that spells its text as OpenAI's speech API does."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from web.mock_upstream.http import CHUNKS_END, chunk, json_answer, stream_head
from web.mock_upstream.log import Log, Spoken
from web.mock_upstream.pacing import Paced
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.spelling import BLOCK_BYTES, BLOCK_MS, MOST_CHARACTERS, spelt

__all__ = ["speak"]

_AT_ONCE = 4
"""Blocks in one piece: 260 ms, as a voice that streams sends them."""

_FORMATS = {"pcm": "audio/pcm", "wav": "audio/wav"}
_WAV = struct.Struct("<4sI4s4sIHHIIHH4sI")


def speak(
    text: str,
    format: str,
    transport: asyncio.Transport,
    settings: MockSettings,
    log: Log,
    clock: Callable[[], float],
) -> tuple[Paced, Callable[[], None]] | None:
    """Answer a request; returns what sends it, and what to call if it is cut off.

    A request that is refused is answered already, and there is nothing to send.
    """
    now, crc = clock(), zlib.crc32(text.encode())
    if format not in _FORMATS or not 0 < len(text) <= MOST_CHARACTERS:
        transport.write(json_answer(400, {"error": {"code": "bad_input_or_format"}}))
        return None
    if settings.fail_every and crc % settings.fail_every == 0:
        transport.write(json_answer(500, {"error": {"code": "asked_to_fail"}}))
        return None
    answer = Spoken(crc=crc, characters=len(text), asked_at=now)
    log.speaks(answer)
    head = stream_head(_FORMATS[format])
    count = -(-len(text) // _AT_ONCE)

    def send(first: int, last: int, at: float) -> None:
        data = spelt(text, first * _AT_ONCE, last * _AT_ONCE)
        before = b""
        if first == 0:
            answer.first_at, before = at, head
            if format == "wav":
                data = _wav_head(len(text)) + data
        ends = last == count
        transport.write(before + chunk(data) + (CHUNKS_END if ends else b""))
        if ends:
            answer.last_at = at
            log.has_spoken()

    step = settings.rtf * BLOCK_MS * _AT_ONCE / 1_000
    paced = Paced(clock, now + settings.first_byte, step, count, send, log.late)
    return paced, log.has_spoken


def _wav_head(characters: int) -> bytes:
    size = characters * BLOCK_BYTES
    rate, sample = SAMPLE_RATE, BYTES_PER_SAMPLE
    riff = (b"RIFF", size + _WAV.size - 8, b"WAVE", b"fmt ", 16)
    return _WAV.pack(*riff, 1, 1, rate, rate * sample, sample, 8 * sample, b"data", size)
