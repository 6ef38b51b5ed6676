"""Audio as server-sent events: `speech.audio.delta` in base64, then `speech.audio.done`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from narration.audio.resample import RATES
from narration.speech.base import Audio
from narration.speech.calling.caller import Answer
from narration.speech.calling.incoming import IncomingAudio
from narration.sse import field

__all__ = ["is_sse", "sse_audio"]

_Scalar = int | float | str | None


class _Event(msgspec.Struct, frozen=True):
    """What counts of an event.  The audio is base64, which msgspec decodes."""

    type: str | None = None
    audio: bytes | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")
    sample_rate: _Scalar = None
    channels: _Scalar = 1
    bits_per_sample: _Scalar = 16


_decoder = msgspec.json.Decoder(_Event)


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
    incoming, begun = IncomingAudio(content_type, rate), False
    async with aclosing(answer.lines()) as lines:
        async for line in lines:
            match field(line):
                case (b"data", b"[DONE]"):
                    break
                case (b"data", value):
                    event = _read(answer, value)
                case _:
                    continue
            match event.type:
                case "speech.audio.info":
                    told = _announced(answer, event, rate)
                    if begun and told != rate:
                        raise answer.error("its audio changes its rate in mid-sentence")
                    # It may be told again, in the middle of a sample.
                    if not begun:
                        incoming, rate = IncomingAudio(content_type, told), told
                case "speech.audio.delta":
                    begun = True
                    for pcm in await answer.samples(incoming, event.audio or b""):
                        yield Audio(pcm)
                case "speech.audio.done":
                    break
                case kind if kind == "error" or bytes(event.error) != b"null":
                    raise answer.error("it failed in mid-sentence: its log may say why")
                case _:
                    pass
        else:
            # A proxy may end the answer cleanly when the service behind it broke off.
            raise answer.error("its answer ends too early: its log may say why")
    for pcm in await answer.last_samples(incoming):
        yield Audio(pcm)
    await answer.finish()


def _read(answer: Answer, value: bytes) -> _Event:
    try:
        return _decoder.decode(value)
    except (ValueError, RecursionError):
        message = "it sends events that cannot be read: check url and stream_format"
        raise answer.error(message) from None


def _announced(answer: Answer, event: _Event, rate: int) -> int:
    """The rate of the samples that follow."""
    if event.channels != 1 or event.bits_per_sample != 16:
        raise answer.error("its audio is not 16 bit mono: set stream_format to audio")
    # What is no rate of speech is read as it was configured.
    return said if isinstance(said := event.sample_rate, int) and said in RATES else rate
