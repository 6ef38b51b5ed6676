"""The mock language model: streams the story of the prompt's seed as OpenAI's API does."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from typing import Any

import msgspec

from web.mock_upstream.http import CHUNKS_END, chunk, stream_head
from web.mock_upstream.log import Log, Written
from web.mock_upstream.pacing import Paced
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.story import text_of, tokens_of

__all__ = ["write"]

_SEED = re.compile(rb"seed=(\d{1,9})")
_LABEL = re.compile(rb"label=([\w.-]{1,80})")
_HEAD = stream_head("text/event-stream")


def write(
    body: bytes,
    transport: asyncio.Transport,
    settings: MockSettings,
    log: Log,
    clock: Callable[[], float],
) -> tuple[Paced, Callable[[], None]]:
    """Answer a request; returns what sends it, and what to call if it is cut off.

    The last `seed=` and `label=` in the request count: earlier ones are of earlier scenes.
    """
    now = clock()
    seeds, labels = _SEED.findall(body), _LABEL.findall(body)
    seed = int(seeds[-1]) if seeds else settings.seed
    answer = Written(label=labels[-1].decode() if labels else "", seed=seed, asked_at=now)
    log.writes(answer)
    pieces, end = _stream(seed, settings.sentences)
    transport.write(_HEAD)

    def send(first: int, last: int, at: float) -> None:
        answer.sent_at.extend([at] * (last - first))
        data = pieces[first] if last == first + 1 else b"".join(pieces[first:last])
        transport.write(data + end if last == len(pieces) else data)

    def cut() -> None:
        answer.cut = True

    start, step = now + settings.first_token, 1 / settings.token_rate
    return Paced(clock, start, step, len(pieces), send, log.late), cut


@functools.lru_cache(maxsize=1_000)
def _stream(seed: int, sentences: int) -> tuple[list[bytes], bytes]:
    """An HTTP chunk for each token, and what follows the last."""
    tokens = tokens_of(text_of(seed, sentences))
    end = _event({}, "stop") + chunk(b"data: [DONE]\n\n") + CHUNKS_END
    return [_event({"content": token}) for token in tokens], end


def _event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {
        "id": "chatcmpl-mock",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "mock",
        "choices": [choice],
    }
    return chunk(b"data: " + msgspec.json.encode(body) + b"\n\n")
