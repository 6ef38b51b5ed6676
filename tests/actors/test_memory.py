"""What a session keeps in memory is bounded by its settings, whatever its listener does."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest

from actors.base import figures, start, stop
from actors.listener import Attach, Detach, Pause
from actors.plan import Background
from actors.session import NarrationSession
from narration.audio import BYTES_PER_MS
from narration.config import SessionConfig
from narration.story import RecordedSentence
from tests.actors.conftest import Probe
from tests.actors.fakes import STORY, Listener, MemoryArchive, Model, Voice, plan

CONFIG = SessionConfig(
    send_ahead_seconds=5,
    synthesis_ahead_seconds=10,
    save_ahead_seconds=5,
    sentences_ahead=3,
    grace_seconds=100_000,
)
SENTENCE_MS = 2_000
MOST_AUDIO = BYTES_PER_MS * (10_000 + 5_000 + 3 * SENTENCE_MS)
"""Made ahead, waiting for the disk, and in the making."""
TEXT_AND_ACTORS = 1_500_000


class Disk(MemoryArchive):
    """Takes audio, and keeps it elsewhere."""

    async def _save_sentence(self, recorded: RecordedSentence) -> None:
        await self._write()

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        raise AssertionError("nobody asked for audio again")


@pytest.mark.parametrize("format", ["pcm", "mp3"])
@pytest.mark.parametrize("listener", ["reads nothing", "is away", "has paused", "never comes"])
async def test_a_session_keeps_no_more_than_its_settings_allow(
    listener: str, format: Any
) -> None:
    background = listener == "never comes"
    voice = Voice(pace=0.001, chunks=SENTENCE_MS // 100)
    tracemalloc.start()
    try:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        model = Model(STORY * 40, pace=0.001, piece=40)
        in_background = Background(auto_play=False, notify=Probe()) if background else None
        scripted = plan(model, voice, Disk(), background=in_background)
        session = start(NarrationSession, scripted, CONFIG, Probe())
        one = Listener(pace=3600 if listener == "reads nothing" else 0)
        if listener != "never comes":
            session.tell(Attach(one, format, 0))
        await asyncio.sleep(0.2)
        if listener == "is away":
            session.tell(Detach(one))
        elif listener == "has paused":
            session.tell(Pause())
        tracemalloc.reset_peak()
        await asyncio.sleep(3_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if background:
        assert len(voice.asked) == 480
    else:
        assert all(actor.handled < 2_000 for actor in figures()), "somebody is busy waiting"
        assert len(voice.asked) < 20, "480 sentences were not all spoken for nobody"
    heard = sum(len(chunk.audio) for chunk in one.chunks if isinstance(chunk.audio, bytes))
    assert peak - before - heard < MOST_AUDIO + TEXT_AND_ACTORS
    await stop(session)
