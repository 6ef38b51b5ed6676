"""Audio as server-sent events: `speech.audio.delta` in base64, then `speech.audio.done`."""

from __future__ import annotations

import binascii
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from narration.errors import SpeechError
from narration.speech.base import Audio
from narration.speech.calling.caller import Answer
from narration.speech.calling.incoming import IncomingAudio
from narration.sse import field

__all__ = ["is_sse", "sse_audio"]


def is_sse(answer: Answer) -> bool:
    """Whether the service sends events; some send plain audio whatever they are asked for."""
    return answer.content_type.partition(";")[0].strip().lower() == "text/event-stream"


async def sse_audio(answer: Answer, content_type: str, rate: int) -> AsyncGenerator[Audio]:
    """The audio of a sentence.

    Args:
        answer: what the service sends.
        content_type: of what the events contain.
        rate: of raw samples, unless an event `speech.audio.info` tells it.

    Raises:
        SpeechError: it is cut, or is not such audio, or there is none.
    """
    incoming = IncomingAudio(content_type, rate)
    async with aclosing(answer.lines()) as lines:
        async for line in lines:
            match field(line):
                case (b"data", b"[DONE]"):
                    break
                case (b"data", value):
                    event = _event(answer, value)
                case _:
                    continue
            match event.get("type"):
                case "speech.audio.info":
                    incoming = IncomingAudio(content_type, _announced(answer, event, rate))
                case "speech.audio.delta":
                    for pcm in await answer.samples(
                        incoming, _data(answer, event.get("audio"))
                    ):
                        yield Audio(pcm)
                case "speech.audio.done":
                    break
                case kind if kind == "error" or "error" in event:
                    raise answer.error("it failed in mid-sentence: its log may say why")
                case _:
                    pass
        else:
            # A proxy may end the answer cleanly when the service behind it broke off.
            raise answer.error("its answer ends too early: its log may say why")
    for pcm in await answer.last_samples(incoming):
        yield Audio(pcm)
    await answer.finish()


def _event(answer: Answer, value: bytes) -> dict[str, Any]:
    try:
        event: Any = msgspec.json.decode(value)
    except (ValueError, RecursionError):
        raise _unreadable(answer) from None
    if not isinstance(event, dict):
        raise _unreadable(answer)
    return event


def _announced(answer: Answer, event: dict[str, Any], rate: int) -> int:
    """The rate of the samples that follow."""
    if event.get("channels", 1) != 1 or event.get("bits_per_sample", 16) != 16:
        raise answer.error("its audio is not 16 bit mono: set stream_format to audio")
    said = event.get("sample_rate")
    # What is no rate of speech is read as it was configured.
    return said if isinstance(said, int) and 8_000 <= said <= 192_000 else rate


def _data(answer: Answer, audio: Any) -> bytes:
    try:
        return binascii.a2b_base64(audio or "", strict_mode=True)
    except (binascii.Error, TypeError, ValueError):
        raise _unreadable(answer) from None


def _unreadable(answer: Answer) -> SpeechError:
    return answer.error("it sends events that cannot be read: check url and stream_format")
