"""What one live session costs, in things done: no machine makes them more or fewer.

A second of CPU differs from machine to machine, and from run to run; a message, a task, a
timer, a statement hardly does.  Whoever makes them fewer lowers the limits.  The counts are
printed: `python -m pytest -s tests/web/test_cost_functional.py`.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from narration.config import Config
from narration.events import AudioChunk, GenerationComplete
from tests.patience import PATIENCE_SECONDS
from tests.web.counting import Beside, CountingLoop, Done, counting
from web.client import Client
from web.mock_upstream.serving import mock_upstream
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.story import text_of, tokens_of
from web.server import serving

# The most that a session may take, from its start until all of it is stored: what it took when
# it was counted last, and a little for text that is saved once a second, on a machine that
# needs more of them.
LIMITS = {
    "messages": 820,
    "tasks": 45,
    "timers": 190,
    "statements": 100,
    "transactions": 30,
    "hops to threads": 50,
    "threads' calls to the loop": 50,
    "events": 200,
}

SEED = 1
MOCK = MockSettings(token_rate=200, first_token=0.05, first_byte=0.02, rtf=0.025, sentences=11)
QUIET_SECONDS = 0.7


def config(upstream: str, database: Path) -> Config:
    """A listener who takes all as fast as it is made."""
    voice = {"type": "openai", "url": f"{upstream}/v1", "voice": "v", "concurrency": 9}
    ahead = {"send_ahead_seconds": 600, "synthesis_ahead_seconds": 600}
    settings: dict[str, Any] = {
        "server": {"port": 0},
        "store": {"path": str(database)},
        "llm": {"url": f"{upstream}/v1", "model": "mock"},
        "speech": {"providers": {"mock": voice}},
        "loudness": {"even": False},
        "session": ahead | {"save_ahead_seconds": 600},
    }
    return msgspec.convert(settings, Config)


def test_one_session_takes_no_more_than_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Beside()
    try:
        with (
            counting(monkeypatch) as done,
            asyncio.Runner(loop_factory=lambda: CountingLoop(done)) as runner,
        ):
            counts = runner.run(_served(beside, tmp_path / "narration.db", done))
    finally:
        beside.end()
    sys.stdout.write(_table(counts, done))
    exceeded = {what: counts[what] for what, most in LIMITS.items() if counts[what] > most}
    assert not exceeded, f"more than LIMITS: {exceeded}"


async def _served(beside: Beside, database: Path, done: Done) -> dict[str, int]:
    upstream = mock_upstream(MOCK)
    address = await beside.begin(upstream.__aenter__())
    try:
        async with serving(config(address, database)) as url:
            return await beside.begin(_count(url, done))
    finally:
        await beside.begin(upstream.__aexit__(None, None, None))


async def _count(url: str, done: Done) -> dict[str, int]:
    """Of the second session: the first opens connections and fills caches."""
    async with Client(url) as client:
        await _hear(client, SEED + 1)
        await _quiet(done)
        story = await client.create_story("Counted")
        await _quiet(done)
        done.forget()
        events = await _hear(client, SEED, story)
        await _quiet(done)
        counted = done.kinds()
        return {what: counted[what] for what in LIMITS} | {"events": events}


async def _hear(client: Client, seed: int, story: int | None = None) -> int:
    """A whole scene; how many events came."""
    if story is None:
        story = await client.create_story("Warm")
    live = await client.begin(story, f"seed={seed}")
    async with aclosing(live.listen()) as coming:
        events = [event async for event in coming]
    assert isinstance(events[-1], GenerationComplete)
    assert events[-1].total_sentences == 9
    audio = [event for event in events if isinstance(event, AudioChunk)]
    assert 65_000 < sum(chunk.duration_ms for chunk in audio) < 80_000
    assert 220 < len(tokens_of(text_of(seed, MOCK.sentences))) < 260
    return len(events)


async def _quiet(done: Done) -> None:
    """Until nothing has been done for a while."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        before = -1
        while len(done) != before:
            before = len(done)
            await asyncio.sleep(QUIET_SECONDS)


def _table(counts: dict[str, int], done: Done) -> str:
    lines = ["", f"{'one session':<30}{'counted':>8}{'limit':>8}"]
    for what, most in LIMITS.items():
        lines.append(f"{what:<30}{counts.get(what, 0):>8}{most:>8}")
        details = done.details(what).most_common(12)
        lines += [f"    {count:>6} {detail}" for detail, count in details]
    return "\n".join(lines) + "\n"
