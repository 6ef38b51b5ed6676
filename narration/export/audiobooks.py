"""Stories as audiobooks: made on demand, in the background, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from narration.errors import Conflict, NarrationError, NotFound
from narration.export.folder import Folder
from narration.export.maker import FileMaker
from narration.export.recipe import Recipe, Spoken, book_recipe, parts_of
from narration.store.sentences import samples_ms
from narration.store.store import Store
from narration.story import NarrationState, Scene, Story

__all__ = ["Audiobooks", "BookFormat", "BookScene", "BookState", "BookStatus", "MissingScene"]

BookFormat = Literal["m4b", "mp3"]

_FAILURES = 100
"""Of so many audiobooks it is remembered why they could not be made."""


class BookState(StrEnum):
    """How far an audiobook is."""

    NONE = "none"
    """It was not made, or is not there any more."""
    MAKING = "making"
    READY = "ready"
    OUTDATED = "outdated"
    """It is there as it was before the audio of a scene, or a title, was changed."""
    FAILED = "failed"


class BookScene(msgspec.Struct, frozen=True, kw_only=True):
    """A scene that is in the audiobook, and where.  `complete`: it was narrated to its end."""

    scene_id: int
    number: int
    start_ms: float
    duration_ms: float
    complete: bool


class MissingScene(msgspec.Struct, frozen=True):
    """A scene that is not in the audiobook, because it has no audio."""

    scene_id: int
    number: int


class BookStatus(msgspec.Struct, frozen=True, kw_only=True):
    """An audiobook as it is, or would be.  `message` is why it failed."""

    story_id: int
    format: BookFormat
    state: BookState
    done_ms: float
    total_ms: float
    done_scenes: int
    total_scenes: int
    scenes: list[BookScene]
    missing: list[MissingScene]
    message: str | None


class _Book(msgspec.Struct, frozen=True):
    """What would go into an audiobook now, of which `narrations`."""

    recipe: Recipe
    narrations: list[int]
    scenes: list[BookScene]
    missing: list[MissingScene]


class _Job:
    """An audiobook in the making, or one that failed."""

    def __init__(self, book: _Book) -> None:
        self.book = book
        self.done = 0
        self.message: str | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def makes(self) -> bool:
        return self.task is not None and not self.task.done()

    def progress(self, samples: int) -> None:
        self.done = samples

    async def call_off(self) -> None:
        """Returns when nothing is left of it."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})


class Audiobooks:
    """One of each story and format at a time.  A restart of the server keeps what is ready."""

    def __init__(self, store: Store, folder: Folder, maker: FileMaker) -> None:
        self._store = store
        self._folder = folder
        self._maker = maker
        self._jobs: dict[tuple[int, BookFormat], _Job] = {}

    async def make(self, user_id: int, story_id: int, format: BookFormat) -> BookStatus:
        """Begin to make it, unless it is ready or being made.

        Raises:
            NotFound: the story is not there for this user.
            Conflict: none of its scenes has audio.
            Busy: too many files are being made for this user.
        """
        book = await self._book(user_id, story_id, format)
        if not book.scenes:
            raise Conflict(
                "no scene of this story has audio; POST /api/scenes/{id}/narration makes some"
            )
        async with self._folder.use(book.recipe.file_name) as path:
            if path is not None:
                return _described(book, story_id, format, BookState.READY)
        # Without an `await` after the last look: somebody else may ask for the same.
        while (job := self._jobs.get((story_id, format))) is not None and job.makes:
            if job.book.recipe == book.recipe:
                return _described(book, story_id, format, BookState.MAKING, job)
            await job.call_off()  # What it makes is outdated.
        job = self._begin(user_id, (story_id, format), book)
        for narration_id in book.narrations:
            await self._store.touch(narration_id)
        return _described(book, story_id, format, BookState.MAKING, job)

    async def status(self, user_id: int, story_id: int, format: BookFormat) -> BookStatus:
        """How far it is.

        Raises:
            NotFound: the story is not there for this user.
        """
        await self._store.story(user_id, story_id)
        job = self._jobs.get((story_id, format))
        if job is not None and job.makes:
            return _described(job.book, story_id, format, BookState.MAKING, job)
        book = await self._book(user_id, story_id, format)
        names = await self._names(book.recipe.about, format)
        if book.recipe.file_name in names:
            state = BookState.READY
        elif job is not None and job.message and job.book.recipe == book.recipe:
            return _described(book, story_id, format, BookState.FAILED, job)
        else:
            state = BookState.OUTDATED if names else BookState.NONE
        return _described(book, story_id, format, state)

    async def remove(self, user_id: int, story_id: int, format: BookFormat) -> None:
        """Call it off if it is being made; else delete what there is of it.

        Raises:
            NotFound: the story is not there for this user.
        """
        await self._store.story(user_id, story_id)
        job = self._jobs.pop((story_id, format), None)
        if job is not None and job.makes:
            await job.call_off()
            return
        await self._folder.remove(await self._names(f"story-{story_id}", format))

    @asynccontextmanager
    async def file(
        self, user_id: int, story_id: int, format: BookFormat
    ) -> AsyncIterator[tuple[Path, str]]:
        """The audiobook, as it is now or was made last, and its title; it stays while used.

        Raises:
            NotFound: the story is not there for this user, or it was not made.
        """
        recipe = (await self._book(user_id, story_id, format)).recipe
        names = await self._names(recipe.about, format)
        for name in (recipe.file_name, *names):
            async with self._folder.use(name) as path:
                if path is not None:
                    yield path, recipe.title
                    return
        raise NotFound(
            "there is no such audiobook yet; "
            f"POST /api/stories/{story_id}/audiobook?format={format} makes it"
        )

    async def _names(self, about: str, format: BookFormat) -> list[str]:
        return await self._folder.named((f"{about}-",), f".{format}")

    def _begin(self, user_id: int, key: tuple[int, BookFormat], book: _Book) -> _Job:
        job = _Job(book)
        job.task = self._maker.make(user_id, book.recipe, job.progress)
        self._jobs[key] = job

        def done(task: asyncio.Task[None]) -> None:
            if self._jobs.get(key) is not job:
                return
            error = None if task.cancelled() else task.exception()
            if error is None:
                del self._jobs[key]
                return
            mine = isinstance(error, NarrationError)
            job.message = str(error) if mine else "the server has a fault; its log says more"
            failed = [key for key, one in self._jobs.items() if not one.makes]
            for oldest in failed[:-_FAILURES]:
                del self._jobs[oldest]

        job.task.add_done_callback(done)
        return job

    async def _book(self, user_id: int, story_id: int, format: BookFormat) -> _Book:
        story = await self._store.story(user_id, story_id)
        spoken: list[Spoken] = []
        missing: list[MissingScene] = []
        for scene in await self._store.scenes(user_id, story_id):
            found = await self._spoken(user_id, scene)
            if found is None:
                missing.append(MissingScene(scene.id, scene.number))
            else:
                spoken.append(found)
        return _book_of(story, spoken, missing, format)

    async def _spoken(self, user_id: int, scene: Scene) -> Spoken | None:
        try:
            found = await self._store.pieces(user_id, scene.id)
        except NotFound:
            return None  # It has just been deleted.
        if found is None or all(piece.recording_id is None for piece in found.pieces):
            return None
        return Spoken(scene, found.narration, parts_of(found.pieces))


def _book_of(
    story: Story, spoken: list[Spoken], missing: list[MissingScene], format: BookFormat
) -> _Book:
    recipe = book_recipe(story, spoken, format)
    scenes = [
        BookScene(
            scene_id=one.scene.id,
            number=one.scene.number,
            start_ms=float(chapter.start_ms),
            duration_ms=samples_ms(one.samples),
            complete=one.narration.state is NarrationState.COMPLETE,
        )
        for one, chapter in zip(spoken, recipe.chapters, strict=True)
    ]
    return _Book(recipe, [one.narration.id for one in spoken], scenes, missing)


def _described(
    book: _Book, story_id: int, format: BookFormat, state: BookState, job: _Job | None = None
) -> BookStatus:
    total = samples_ms(book.recipe.samples)
    done = total if state is BookState.READY else samples_ms(job.done) if job else 0.0
    chapters = book.recipe.chapters
    return BookStatus(
        story_id=story_id,
        format=format,
        state=state,
        done_ms=done,
        total_ms=total,
        done_scenes=sum(chapter.end_ms <= done + 1 for chapter in chapters),
        total_scenes=len(chapters),
        scenes=book.scenes,
        missing=book.missing,
        message=job.message if job else None,
    )
