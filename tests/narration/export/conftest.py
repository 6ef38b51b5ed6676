"""A store with a story in it, a folder for files, and what makes them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from narration.export.folder import Folder
from narration.export.maker import FileMaker
from narration.store import Store
from narration.store.schema import migrate
from narration.story import Scene, Story


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without content, made once: most of opening a new one is making it."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    migrate(path)
    return path


@pytest.fixture
async def store(tmp_path: Path, empty: Path) -> AsyncIterator[Store]:
    store = await Store.open(shutil.copy(empty, tmp_path / "narration.db"), gather_seconds=0)
    yield store
    await store.close()


@pytest.fixture
async def ann(store: Store) -> int:
    return await store.user("ann")


@pytest.fixture
async def story(store: Store, ann: int) -> Story:
    return await store.create_story(ann, "The Lighthouse", "A keeper waits.", "en")


@pytest.fixture
async def scene(store: Store, ann: int, story: Story) -> Scene:
    return await store.create_scene(ann, story.id, "The lamp goes out.")


@pytest.fixture
async def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "files", 50_000_000)
    await folder.open()
    return folder


@pytest.fixture
async def maker(store: Store, folder: Folder) -> AsyncIterator[FileMaker]:
    maker = FileMaker(store, folder)
    yield maker
    await maker.close()
