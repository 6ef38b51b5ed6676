"""A store of its own for every test, and something in it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from narration.store import Store
from narration.store.recordings import NewRecording
from narration.store.schema import migrate
from narration.story import Scene, Sentence, SpokenBy, Story

BY = SpokenBy(provider="embedded", voice="heart", speed=1.0, parameters="as set")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without content, made once: most of opening a new one is making it."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    migrate(path)
    return path


@pytest.fixture
async def store(tmp_path: Path, empty: Path) -> AsyncIterator[Store]:
    path = shutil.copy(empty, tmp_path / "narration.db")
    # A test that waits for a write has nobody to share it with.
    store = await Store.open(path, gather_seconds=0)
    yield store
    await store.close()


@pytest.fixture
async def ann(store: Store) -> int:
    return await store.user("ann")


@pytest.fixture
async def ben(store: Store) -> int:
    """Somebody else."""
    return await store.user("ben")


@pytest.fixture
async def story(store: Store, ann: int) -> Story:
    return await store.create_story(ann, "The Lighthouse", "A keeper waits.", "en")


@pytest.fixture
async def scene(store: Store, ann: int, story: Story) -> Scene:
    return await store.create_scene(ann, story.id, "The lamp goes out.")


@pytest.fixture
def line() -> Line:
    return Line()


def sound(
    user_id: int, audio: bytes, samples: int = 24_000, key: str | None = None, crc: int = 0
) -> NewRecording:
    """Something to be heard, or taken for it."""
    return NewRecording(user_id=user_id, key=key, samples=samples, crc=crc, audio=audio)


class Line:
    """Makes sentences that stand one after the other."""

    def __call__(self, number: int) -> Sentence:
        text = f"Sentence {number:03}. "
        start = number * len(text)
        return Sentence(number, text, text.strip(), start, start + len(text), number % 2 == 1)
