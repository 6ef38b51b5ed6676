"""A long scene that is gone on with, of which nothing was spoken, holds nobody up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from actors.base import ask, start, stopped
from actors.listener import Attach, Stop
from actors.sentence_buffer import PIECE_CHARS
from actors.session import NarrationSession
from narration.config import SessionConfig
from narration.story import Beginning
from narration.text import Cutter, Unit
from tests.actors.conftest import Probe
from tests.actors.fakes import Listener, MemoryArchive, Model, Voice, plan

BEFORE = " ".join(f"This is sentence number {n} of what was there." for n in range(800))
AFTER = " And this is new. So is this one."


class Counting(Cutter):
    """Counts the characters it is fed in one turn of the loop."""

    def __init__(self) -> None:
        super().__init__(min_sentence_length=20, first_unit_min=0)
        self.most = self.now = 0

    def feed(self, text: str) -> list[Unit]:
        if not self.now:
            asyncio.get_running_loop().call_soon(self._turn_over)
        self.now += len(text)
        self.most = max(self.most, self.now)
        return super().feed(text)

    def _turn_over(self) -> None:
        self.now = 0


def continued(model: Model, cutter: Cutter, archive: MemoryArchive, **config: Any) -> Any:
    beginning = Beginning(text=BEFORE, spoken_chars=0, starts_ms=(), audio_ms=0.0)
    scripted = plan(model, Voice(pace=0, chunks=1), archive, beginning=beginning)
    assert scripted.voicing is not None
    scripted = replace(scripted, voicing=replace(scripted.voicing, cutter=cutter))
    return start(NarrationSession, scripted, SessionConfig(**config), Probe())


@pytest.mark.parametrize("pace", [0.0, 0.2])
async def test_it_is_cut_in_pieces_and_as_if_it_came_at_once(pace: float) -> None:
    cutter, archive, listener = Counting(), MemoryArchive(), Listener()
    session = continued(Model(AFTER, pace=pace), cutter, archive, save_ahead_seconds=600)
    await ask(session, Attach(listener, "pcm", 0))
    await listener.ended()
    at_once = Cutter(min_sentence_length=20, first_unit_min=0)
    whole = [*at_once.feed(BEFORE + AFTER), *at_once.flush()]
    spoken = [archive.sentences[number].text for number in range(len(archive.sentences))]
    assert spoken == [unit.text for unit in whole]
    assert cutter.most <= 2 * PIECE_CHARS
    await stopped(session)


async def test_a_scene_that_is_stopped_at_once_ends() -> None:
    cutter, listener = Counting(), Listener()
    session = continued(Model(AFTER), cutter, MemoryArchive())
    session.tell(Attach(listener, "pcm", 0))
    session.tell(Stop())
    await listener.ended()
    assert cutter.most <= 2 * PIECE_CHARS
    await stopped(session)
