"""A server that is killed loses nothing that it had saved."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import narration

ROOT = Path(narration.__file__).parents[1]
WRITER = """
import asyncio, sys
from narration.store import Store
from narration.store.recordings import NewRecording
from narration.story import Occasion, Sentence, SpokenBy

BY = SpokenBy(provider="embedded", voice="heart", speed=1.0, parameters="")

async def write(path):
    store = await Store.open(path, gather_seconds=0)
    user = await store.user("ann")
    story = await store.create_story(user, "", "", "en")
    scene = await store.create_scene(user, story.id, "")
    spoken = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    for number in range(100_000):
        await store.save_text(scene.id, f"{number} " + "word " * 1_000)
        sentence = Sentence(number, "text", "text", 0, 4, False)
        sound = NewRecording(
            user_id=user, key=f"{number:064}", samples=24_000, crc=0, audio=bytes(50_000)
        )
        await store.save_sentence(spoken, sentence, sound)
        print(number, flush=True)

asyncio.run(write(sys.argv[1]))
"""


@pytest.mark.parametrize("seed", range(3))
def test_all_that_was_saved_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "narration.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        told = ""
        for _ in range(chance.randrange(20, 200)):
            told = writer.stdout.readline()
            if not told:
                pytest.fail(writer.stderr.read())
        # Somewhere within the next saves.
        for _ in range(chance.randrange(20_000)):
            pass
        writer.kill()
        saved = int((told + writer.stdout.read()).split()[-1])
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        [(text,)] = database.execute("SELECT text FROM scenes").fetchall()
        numbers = [n for (n,) in database.execute("SELECT number FROM sentences ORDER BY 1")]
        with_audio = database.execute(
            "SELECT count(*) FROM recordings WHERE length(audio) = 50000"
        ).fetchone()
        unheard = database.execute(
            "SELECT count(*) FROM sentences WHERE recording_id IS NULL"
        ).fetchone()
    # What was being saved at that moment may be there or not.
    assert saved <= int(text.split()[0]) <= saved + 1
    assert numbers in (list(range(saved + 1)), list(range(saved + 2)))
    assert with_audio == (len(numbers),)
    assert unheard == (0,)
