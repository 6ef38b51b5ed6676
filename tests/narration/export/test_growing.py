"""A file that begins while its scene is still narrated, and ends with the narration."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest

from narration.audio.long_file import LongFormat, Tags
from narration.export.growing import growing
from narration.export.maker import FileMaker
from narration.store import Store
from narration.story import NarrationState, Scene
from tests.narration.export.spoken import Line, add, begin, heard, speak

TAGS = Tags(title="Scene 1", album="A", artist="B", genre="C")
LINES: list[Line] = [
    ("The lamp went out at nine.", 1_000, 120),
    ("This was never spoken.", None),
    ("Nobody in the house said a word.", 1_000, 450),
    ("Only the rain answered her.", 1_000, 120),
]


class Session:
    """Somebody at work on the scene, or not."""

    def __init__(self) -> None:
        self.is_alive = True
        self.asked = 0

    async def alive(self) -> bool:
        self.asked += 1
        return self.is_alive

    async def looked_at(self) -> None:
        """Wait until all that was there before has been taken."""
        seen = self.asked
        while self.asked < seen + 2:
            await asyncio.sleep(0.01)


@pytest.fixture
async def session() -> Session:
    return Session()


async def follow(
    store: Store, maker: FileMaker, user: int, scene: Scene, format: LongFormat, by: Session
) -> AsyncGenerator[bytes]:
    narration = await store.narration(user, scene.id)
    assert narration is not None
    return growing(
        store,
        maker,
        user_id=user,
        narration=narration,
        format=format,
        tags=TAGS,
        alive=by.alive,
    )


class Client:
    """Takes the file as it comes."""

    def __init__(self, file: AsyncGenerator[bytes]) -> None:
        self.got = bytearray()
        self.task = asyncio.create_task(self._take(file))

    async def _take(self, file: AsyncGenerator[bytes]) -> None:
        async for data in file:
            self.got += data


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("format", ["mp3", "opus", "wav"])
async def test_it_comes_sentence_by_sentence_and_is_whole_in_the_end(
    format: LongFormat,
    store: Store,
    maker: FileMaker,
    ann: int,
    scene: Scene,
    session: Session,
    tmp_path: Path,
) -> None:
    narration = await begin(store, scene)
    pcm = await add(store, ann, narration, 0, LINES[0])
    client = Client(await follow(store, maker, ann, scene, format, session))
    await session.looked_at()
    first = len(client.got)
    assert first > 4_000, "the first sentence can be heard before there is another"
    # A later one that is there sooner has to wait.
    pcm_of_third = await add(store, ann, narration, 3, LINES[3])
    await add(store, ann, narration, 1, LINES[1])
    await session.looked_at()
    assert len(client.got) == first
    pcm += await add(store, ann, narration, 2, LINES[2]) + pcm_of_third
    await session.looked_at()
    assert len(client.got) > 2 * first
    await store.finish_narration(narration, NarrationState.COMPLETE)
    await client.task
    path = tmp_path / f"it.{format}"
    path.write_bytes(client.got)
    samples = await asyncio.to_thread(heard, path)
    meant = np.frombuffer(pcm, "<i2").astype(np.float64)
    if format == "mp3":
        # Nobody could say beforehand how much the encoder puts before and behind the sound.
        assert len(meant) <= len(samples) < len(meant) + 2_400
    else:
        assert len(samples) == len(meant)
        error = np.sqrt(np.mean((samples - meant) ** 2) / np.mean(meant**2))
        assert error < 0.15


async def test_a_session_that_died_without_a_word_ends_it(
    store: Store, maker: FileMaker, ann: int, scene: Scene, session: Session
) -> None:
    narration = await begin(store, scene)
    for number in (0, 3):
        await add(store, ann, narration, number, LINES[number])
    client = Client(await follow(store, maker, ann, scene, "wav", session))
    await session.looked_at()
    session.is_alive = False
    await client.task
    # All that was said is in it, also what was waiting for a sentence that never came.
    assert len(client.got) > 2 * 1_120 * 48


async def test_another_narration_or_the_scenes_end_ends_it(
    store: Store, maker: FileMaker, ann: int, scene: Scene, session: Session
) -> None:
    narration = await begin(store, scene)
    await add(store, ann, narration, 0, LINES[0])
    client = Client(await follow(store, maker, ann, scene, "wav", session))
    await session.looked_at()
    await speak(store, ann, scene, LINES)
    await client.task
    assert 1_120 * 48 <= len(client.got) < 1_200 * 48

    await begin(store, scene)
    client = Client(await follow(store, maker, ann, scene, "wav", session))
    await session.looked_at()
    await store.delete_scene(ann, scene.id)
    await client.task
    assert client.got == b""
