"""Makes files of recordings, each once, a sentence at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from narration.audio import BYTES_PER_SAMPLE, decode
from narration.audio.long_file import LongFile
from narration.errors import AudioError, Conflict, NarrationError, NotFound
from narration.export.folder import Folder
from narration.export.per_user import PerUser
from narration.export.recipe import Part, Recipe

__all__ = ["FileMaker", "Recordings"]

T = TypeVar("T")

_AT_ONCE = 8
"""Files that are in the making for one user."""

_CHANGED = "the audio has just changed; ask again"

_log = logging.getLogger(__name__)


class Recordings(Protocol):
    """Where the audio is."""

    async def audio(self, recording_id: int, /) -> bytes: ...


class FileMaker:
    """Has one thread of its own, in which all files in the making take turns.

    So a long audiobook holds up nobody's short file for longer than a sentence, and
    live sessions have the processor's other cores to themselves.
    """

    def __init__(self, recordings: Recordings, folder: Folder) -> None:
        self._recordings = recordings
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="narration-export")
        self._making: dict[str, asyncio.Task[None]] = {}
        self._scenes: dict[str, tuple[int, ...]] = {}
        self._of_users = PerUser(
            _AT_ONCE, f"{_AT_ONCE} of your files are being made; try again when one is ready"
        )

    @property
    def scenes_in_use(self) -> set[int]:
        """The ids of scenes whose audio must stay until their files are made."""
        return {scene_id for scenes in self._scenes.values() for scene_id in scenes}

    async def call_off(self, scene_ids: Set[int]) -> None:
        """Make no file of these scenes any more."""
        tasks = [
            self._making[name]
            for name, scenes in self._scenes.items()
            if not scene_ids.isdisjoint(scenes)
        ]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Give up what is in the making."""
        await self.call_off(self.scenes_in_use)
        self._thread.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def file(self, user_id: int, recipe: Recipe) -> AsyncIterator[Path]:
        """The file, which is made now if it is not there; it stays while it is used.

        Raises:
            Busy: too many are in the making for this user.
            Conflict: audio it is made of has just gone.
            NoRoom: there is no room for it.
            StoreError: the folder for it cannot be used.
        """
        while True:
            async with self._folder.use(recipe.file_name) as path:
                if path is not None:
                    yield path
                    return
            making = self.make(user_id, recipe)
            # Whoever leaves does not break it for others who wait for the same.
            await asyncio.wait({making})
            if making.cancelled():
                raise Conflict(_CHANGED)
            making.result()

    def make(
        self, user_id: int, recipe: Recipe, progress: Callable[[int], None] | None = None
    ) -> asyncio.Task[None]:
        """Begin to make the file, unless somebody has begun; `progress` gets samples done.

        Raises:
            Busy: too many are in the making for this user.
        """
        name = recipe.file_name
        if (begun := self._making.get(name)) is not None:
            return begun
        self._of_users.take(user_id)
        making = self._make(recipe, progress or (lambda _: None))
        task = asyncio.create_task(making, name=f"make {name}")
        self._making[name] = task
        self._scenes[name] = recipe.scenes

        def done(task: asyncio.Task[None]) -> None:
            del self._making[name], self._scenes[name]
            self._of_users.give_back(user_id)
            _log_failure(task)

        task.add_done_callback(done)
        return task

    async def compute(self, work: Callable[[], T]) -> T:
        """Do the `work` in the thread that files are made in, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def add(self, file: LongFile, part: Part) -> None:
        """Write a part to the file.

        Raises:
            Conflict: its audio has just gone.
        """
        audio = await self._audio(part)
        await self.compute(lambda: file.feed(_sound(part, audio)))

    async def _make(self, recipe: Recipe, progress: Callable[[int], None]) -> None:
        async with self._folder.new(recipe.file_name, recipe.most_bytes) as path:
            begin = partial(LongFile, path, recipe.format, recipe.tags, recipe.chapters)
            file = await self.compute(begin)
            try:
                done = 0
                for part in recipe.parts:
                    await self.add(file, part)
                    done += part.length
                    progress(done)
                await self.compute(file.finish)
            except BaseException:
                # In its turn: a step that was called off may still be at work on the file.
                await self.compute(file.discard)
                raise

    async def _audio(self, part: Part) -> bytes | None:
        if part.recording_id is None:
            return None
        try:
            return await self._recordings.audio(part.recording_id)
        except NotFound as error:
            raise Conflict(_CHANGED) from error


def _sound(part: Part, audio: bytes | None) -> bytes:
    """A part's recording, and the pause after it, as PCM.

    Raises:
        AudioError: the recording is not as long as it is said to be.
    """
    pcm = b"" if audio is None else decode(audio)
    if len(pcm) != part.samples * BYTES_PER_SAMPLE:
        raise AudioError(
            "a recording is broken; delete the scene's audio and narrate it again"
        )
    return pcm + bytes(part.rest_samples * BYTES_PER_SAMPLE)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        expected = isinstance(error, NarrationError)
        _log.warning("%s failed: %s", task.get_name(), error, exc_info=not expected and error)
