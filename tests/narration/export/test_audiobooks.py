"""Audiobooks: made in the background, called off, out of date, and still there later."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from narration.errors import Conflict, NotFound
from narration.export.audiobooks import Audiobooks, BookFormat, BookState
from narration.export.folder import Folder
from narration.export.maker import FileMaker
from narration.store import Store
from narration.story import NarrationState, Scene, Story
from tests.narration.export.spoken import Line, speak

LINES: list[Line] = [("The lamp went out.", 600, 100), ("Nobody said a word.", 500, 100)]


class Held:
    """A store that hands out no audio until it is let."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[int] = []
        self.open = asyncio.Event()
        self.open.set()

    async def audio(self, recording_id: int, /) -> bytes:
        self.asked.append(recording_id)
        await self.open.wait()
        return await self._store.audio(recording_id)


@pytest.fixture
async def held(store: Store) -> Held:
    return Held(store)


@pytest.fixture
async def books(store: Store, held: Held, folder: Folder) -> AsyncIterator[Audiobooks]:
    maker = FileMaker(held, folder)
    yield Audiobooks(store, folder, maker)
    held.open.set()
    await maker.close()


@pytest.fixture
async def scenes(store: Store, ann: int, story: Story) -> list[Scene]:
    """Three, of which the second has no audio, and the third is not there to its end."""
    scenes = [await store.create_scene(ann, story.id, "Go on.") for _ in range(3)]
    await speak(store, ann, scenes[0], LINES)
    await speak(store, ann, scenes[2], LINES, NarrationState.STOPPED)
    return scenes


async def ready(
    books: Audiobooks, ann: int, story: Story, format: BookFormat = "m4b"
) -> bytes:
    while (await books.status(ann, story.id, format)).state is BookState.MAKING:
        await asyncio.sleep(0.01)
    async with books.file(ann, story.id, format) as (path, title):
        assert title == story.title
        return path.read_bytes()


async def test_it_is_made_with_progress_of_the_scenes_that_have_audio(
    books: Audiobooks, held: Held, ann: int, story: Story, scenes: list[Scene]
) -> None:
    status = await books.status(ann, story.id, "m4b")
    assert (status.state, status.done_ms, status.total_ms) == (BookState.NONE, 0, 3_600)
    held.open.clear()
    status = await books.make(ann, story.id, "m4b")
    assert status.state is BookState.MAKING
    assert [(one.number, one.start_ms, one.complete) for one in status.scenes] == [
        (1, 0, True),
        (3, 2_300, False),
    ]
    assert [one.number for one in status.missing] == [2]
    with pytest.raises(NotFound, match="POST"):
        await ready_file(books, ann, story)
    held.open.set()
    seen = [status]
    while seen[-1].state is BookState.MAKING:
        await asyncio.sleep(0)
        seen.append(await books.status(ann, story.id, "m4b"))
    assert seen[-1].state is BookState.READY
    assert (seen[-1].done_ms, seen[-1].done_scenes) == (3_600, 2)
    assert [one.done_ms for one in seen] == sorted(one.done_ms for one in seen)
    assert [one.done_scenes for one in seen] == sorted(one.done_scenes for one in seen)
    assert b"ftypM4A" in await ready(books, ann, story)


async def ready_file(books: Audiobooks, ann: int, story: Story) -> None:
    async with books.file(ann, story.id, "m4b"):
        pass


async def test_asking_again_makes_nothing_twice(
    books: Audiobooks, held: Held, ann: int, story: Story, scenes: list[Scene]
) -> None:
    held.open.clear()
    await books.make(ann, story.id, "m4b")
    await books.make(ann, story.id, "m4b")
    await books.make(ann, story.id, "mp3")
    held.open.set()
    await ready(books, ann, story)
    await ready(books, ann, story, "mp3")
    assert len(held.asked) == 2 * 4, "four sentences, in each format once"
    assert (await books.make(ann, story.id, "m4b")).state is BookState.READY


class Meeting(Folder):
    """Shows nobody to a file before two have come to look for it."""

    both = asyncio.Barrier(2)

    @asynccontextmanager
    async def use(self, name: str) -> AsyncIterator[Path | None]:
        async with super().use(name) as path:
            if path is None:
                await self.both.wait()
            yield path


async def test_two_who_ask_in_the_same_moment_get_the_same(
    store: Store, held: Held, ann: int, story: Story, scenes: list[Scene], tmp_path: Path
) -> None:
    folder = Meeting(tmp_path / "files", 50_000_000)
    await folder.open()
    maker = FileMaker(held, folder)
    books = Audiobooks(store, folder, maker)
    both = await asyncio.gather(*(books.make(ann, story.id, "m4b") for _ in range(2)))
    assert [status.state for status in both] == [BookState.MAKING] * 2
    assert b"ftypM4A" in await ready(books, ann, story)
    assert len(held.asked) == 4
    await maker.close()


async def test_it_is_outdated_when_a_scenes_audio_has_changed_and_made_anew(
    books: Audiobooks, store: Store, ann: int, story: Story, scenes: list[Scene]
) -> None:
    await books.make(ann, story.id, "m4b")
    first = await ready(books, ann, story)
    await speak(store, ann, scenes[1], LINES)
    status = await books.status(ann, story.id, "m4b")
    assert (status.state, status.total_ms) == (BookState.OUTDATED, 5_900)
    assert await ready(books, ann, story) == first, "until there is another"
    await books.make(ann, story.id, "m4b")
    assert len(await ready(books, ann, story)) > len(first)
    assert (await books.status(ann, story.id, "m4b")).missing == []


async def test_it_can_be_called_off_and_deleted(
    books: Audiobooks, held: Held, ann: int, story: Story, scenes: list[Scene], tmp_path: Path
) -> None:
    held.open.clear()
    await books.make(ann, story.id, "m4b")
    while not held.asked:
        await asyncio.sleep(0)
    await books.remove(ann, story.id, "m4b")
    assert (await books.status(ann, story.id, "m4b")).state is BookState.NONE
    assert list((tmp_path / "files").iterdir()) == []
    held.open.set()
    await books.make(ann, story.id, "m4b")
    await ready(books, ann, story)
    await books.remove(ann, story.id, "m4b")
    assert (await books.status(ann, story.id, "m4b")).state is BookState.NONE


async def test_a_failure_is_told_until_it_is_tried_again(
    books: Audiobooks,
    store: Store,
    held: Held,
    ann: int,
    story: Story,
    scenes: list[Scene],
    tmp_path: Path,
) -> None:
    held.open.clear()
    await books.make(ann, story.id, "m4b")
    while not held.asked:
        await asyncio.sleep(0)
    await store.delete_narrations(ann, scenes[2].id)
    held.open.set()
    while (await books.status(ann, story.id, "m4b")).state is BookState.MAKING:
        await asyncio.sleep(0.01)
    # It is another book by now: that the old one failed is nobody's concern.
    assert (await books.status(ann, story.id, "m4b")).state is BookState.NONE

    small = Folder(tmp_path / "small", 1)
    await small.open()
    maker = FileMaker(store, small)
    cramped = Audiobooks(store, small, maker)
    await cramped.make(ann, story.id, "m4b")
    while (status := await cramped.status(ann, story.id, "m4b")).state is BookState.MAKING:
        await asyncio.sleep(0.01)
    assert status.state is BookState.FAILED
    assert "store.max_files_mb" in (status.message or "")
    await cramped.remove(ann, story.id, "m4b")
    assert (await cramped.status(ann, story.id, "m4b")).state is BookState.NONE
    await maker.close()


async def test_what_was_made_of_another_database_is_nobodys(
    folder: Folder, books: Audiobooks, ann: int, story: Story, scenes: list[Scene], empty: Path
) -> None:
    await books.make(ann, story.id, "m4b")
    await ready(books, ann, story)
    other = await Store.open(shutil.copy(empty, empty.with_name("other.db")))
    ben = await other.user("ben")
    his = await other.create_story(ben, story.title, "", "en")
    assert his.id == story.id
    maker = FileMaker(other, folder)
    his_books = Audiobooks(other, folder, maker)
    assert (await his_books.status(ben, his.id, "m4b")).state is BookState.NONE
    with pytest.raises(NotFound):
        await ready(his_books, ben, his)
    await maker.close()
    await other.close()


async def test_a_story_without_audio_says_what_to_do(
    books: Audiobooks, ann: int, story: Story, scene: Scene
) -> None:
    status = await books.status(ann, story.id, "m4b")
    assert (status.total_ms, [one.number for one in status.missing]) == (0, [1])
    with pytest.raises(Conflict, match="/narration"):
        await books.make(ann, story.id, "m4b")


async def test_it_is_there_after_a_restart_and_not_for_strangers(
    books: Audiobooks,
    store: Store,
    folder: Folder,
    ann: int,
    story: Story,
    scenes: list[Scene],
) -> None:
    await books.make(ann, story.id, "m4b")
    made = await ready(books, ann, story)
    maker = FileMaker(store, folder)
    again = Audiobooks(store, folder, maker)
    assert await ready(again, ann, story) == made
    ben = await store.user("ben")
    with pytest.raises(NotFound):
        await again.status(ben, story.id, "m4b")
    with pytest.raises(NotFound):
        await again.make(ben, story.id, "m4b")
    with pytest.raises(NotFound):
        await again.remove(ben, story.id, "m4b")
    with pytest.raises(NotFound):
        await ready(again, ben, story)
    await maker.close()
