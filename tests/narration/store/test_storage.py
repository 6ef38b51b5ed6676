"""Audio has a limit; what was not used for longest gives way, and never what is in use."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narration.errors import NotFound, StoreError
from narration.store import Store
from narration.store.columns import now
from narration.store.shrinking import shrink
from narration.story import NarrationState, Occasion, Scene, Sentence, Story
from tests.narration.store.conftest import BY, sound

Line = Callable[[int], Sentence]
SIZE = 100_000
"""The bytes of one scene's audio."""


class Shelf:
    """Scenes that were spoken at some time, each as long as the others."""

    def __init__(self, store: Store, path: Path, user: int, story: Story, line: Line) -> None:
        self.store, self.user, self.story, self.line = store, user, story, line
        self._path = path

    async def add(
        self,
        minutes_ago: float,
        state: NarrationState = NarrationState.COMPLETE,
        key: str | None = None,
        scene: Scene | None = None,
    ) -> Scene:
        store = self.store
        scene = scene or await store.create_scene(self.user, self.story.id, "")
        narration = await store.start_narration(scene.id, BY, Occasion.DEMAND)
        for number in range(4):
            audio = sound(self.user, bytes(SIZE // 4), key=key and f"{key}{number}")
            await store.save_sentence(narration, self.line(number), audio)
        if state is not NarrationState.SPEAKING:
            await store.finish_narration(narration, state)
        await self.used(scene, minutes_ago)
        return scene

    async def used(self, scene: Scene, minutes_ago: float) -> None:
        """Let the scene's newest narration have been used then."""
        at = (now() - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%d %H:%M:%S.%f")
        await asyncio.to_thread(self._set_used, scene.id, at)

    def _set_used(self, scene_id: int, at: str) -> None:
        newest = "SELECT max(id) FROM narrations WHERE scene_id = ?"
        with closing(sqlite3.connect(self._path)) as database, database:
            database.execute(
                f"UPDATE narrations SET used_at = ? WHERE id = ({newest})", [at, scene_id]
            )

    async def left(self, scenes: Iterable[Scene]) -> list[bool]:
        """Which of them still have audio."""
        return [bool(await self.store.sentences(self.user, scene.id)) for scene in scenes]


@pytest.fixture
def shelf(store: Store, tmp_path: Path, ann: int, story: Story, line: Line) -> Shelf:
    return Shelf(store, tmp_path / "narration.db", ann, story, line)


async def test_what_was_not_used_for_longest_goes_until_the_rest_fits(
    store: Store, shelf: Shelf
) -> None:
    scenes = [await shelf.add(minutes_ago) for minutes_ago in (30, 50, 20, 40)]
    assert await store.audio_bytes() == 4 * SIZE
    nothing = await store.evict(4 * SIZE)
    assert (nothing.narrations, nothing.freed_bytes) == (0, 0)
    report = await store.evict(2 * SIZE + 1)
    assert await shelf.left(scenes) == [True, False, True, False]
    assert (report.narrations, report.freed_bytes) == (2, 2 * SIZE)
    assert report.audio_bytes == await store.audio_bytes() == 2 * SIZE
    # A scene whose audio went is as if it had not been narrated.
    assert await store.narration(shelf.user, scenes[1].id) is None
    assert (await store.scene(shelf.user, scenes[1].id)).number == scenes[1].number


YEAR = 365 * 24 * 60


async def test_what_was_used_by_a_clock_that_was_ahead_is_old_and_not_new_for_ever(
    store: Store, shelf: Shelf
) -> None:
    ahead = [await shelf.add(-5 * YEAR), await shelf.add(-YEAR)]
    used = await shelf.add(-YEAR)
    scenes = [await shelf.add(minutes_ago) for minutes_ago in (30, 10, 20)]
    await store.sentence_recording(shelf.user, used.id, 0)  # And that is noted.
    await store.save_text(scenes[0].id, "The note is written.")
    await store.evict(3 * SIZE)
    assert await shelf.left(ahead) == [False, False]
    assert await shelf.left([used, *scenes]) == [True, False, True, True]


async def test_what_was_used_a_moment_ahead_is_new(store: Store, shelf: Shelf) -> None:
    scene = await shelf.add(-0.5)
    await store.evict(0)
    assert await shelf.left([scene]) == [True]


async def test_what_is_spoken_kept_or_in_use_stays_even_above_the_limit(
    store: Store, shelf: Shelf
) -> None:
    speaking = await shelf.add(500, NarrationState.SPEAKING)
    kept = await shelf.add(400)
    # The note of a use may be a minute old, and the sentence that plays a minute long.
    in_use = await shelf.add(3)
    idle = [
        await shelf.add(300, state)
        for state in (NarrationState.FAILED, NarrationState.STOPPED)
    ]
    report = await store.evict(0, {kept.id})
    assert await shelf.left([speaking, kept, in_use, *idle]) == [True] * 3 + [False] * 2
    assert (report.narrations, report.audio_bytes) == (2, 3 * SIZE)
    await store.evict(0, {kept.id}, idle_seconds=20)
    assert await shelf.left([speaking, kept, in_use]) == [True, True, False]


async def test_what_another_version_uses_as_well_is_not_counted_as_freed(
    store: Store, shelf: Shelf
) -> None:
    scene = await shelf.add(60, NarrationState.OUTDATED, key="same")
    await shelf.add(10, key="same", scene=scene)
    other = await shelf.add(30)
    assert await store.audio_bytes() == 2 * SIZE
    report = await store.evict(SIZE)
    # The old version's audio is the new one's; so the next had to go.
    assert (report.narrations, report.freed_bytes) == (2, SIZE)
    assert await shelf.left([scene, other]) == [True, False]


async def test_many_go_at_once_when_much_is_too_much(store: Store, shelf: Shelf) -> None:
    scenes = [await shelf.add(100 - number) for number in range(25)]
    report = await store.evict(2 * SIZE)
    assert (report.narrations, report.audio_bytes) == (23, 2 * SIZE)
    assert await shelf.left(scenes[-3:]) == [False, True, True]


def test_room_that_cannot_be_given_back_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    path.write_bytes(b"This is no database." * 1_000)
    with pytest.raises(StoreError, match="cannot be given back"):
        shrink(path)


@pytest.mark.parametrize("how", ["sentence", "recorded", "touch"])
async def test_what_is_heard_has_been_used(store: Store, shelf: Shelf, how: str) -> None:
    scene, other = await shelf.add(60), await shelf.add(30)
    narration = await store.narration(shelf.user, scene.id)
    assert narration is not None
    match how:
        case "sentence":
            await store.sentence_recording(shelf.user, scene.id, 0)
        case "recorded":
            await store.recorded(narration.id, 0)
        case _:
            await store.touch(narration.id)
    # Writes keep their order, so the note of it comes before.
    await store.evict(SIZE, idle_seconds=0)
    assert await shelf.left([scene, other]) == [True, False]
    await store.touch(999)
    await store.close()


@pytest.mark.parametrize("how", ["pieces", "sentences", "narration", "figures"])
async def test_what_is_only_looked_at_has_not_been_used(
    store: Store, shelf: Shelf, how: str
) -> None:
    scene, other = await shelf.add(60), await shelf.add(30)
    match how:
        case "pieces":
            await store.pieces(shelf.user, scene.id)
        case "sentences":
            await store.sentences(shelf.user, scene.id)
        case "narration":
            await store.narration(shelf.user, scene.id)
        case _:
            await store.figures()
    await store.evict(SIZE, idle_seconds=0)
    assert await shelf.left([scene, other]) == [False, True]


async def test_reading_over_and_over_writes_once_a_minute(
    store: Store, shelf: Shelf, tmp_path: Path
) -> None:
    scene = await shelf.add(2)
    await store.sentence_recording(shelf.user, scene.id, 0)
    await store.save_text(scene.id, "The note is written.")
    await shelf.used(scene, 0.5)
    for _ in range(5):
        await store.sentence_recording(shelf.user, scene.id, 0)
    await store.save_text(scene.id, "Nothing more is.")
    assert await asyncio.to_thread(used_at, tmp_path / "narration.db") < now() - timedelta(
        minutes=0.4
    )


def used_at(path: Path) -> datetime:
    with closing(sqlite3.connect(path)) as database:
        [(at,)] = database.execute("SELECT used_at FROM narrations")
    return datetime.fromisoformat(at).replace(tzinfo=UTC)


async def test_room_that_became_free_is_used_again_and_can_be_given_back(
    store: Store, shelf: Shelf, tmp_path: Path
) -> None:
    scenes = [await shelf.add(60) for _ in range(30)]
    before = await store.figures()
    assert before.audio_bytes == 30 * SIZE < before.file_bytes
    await store.evict(10 * SIZE)
    evicted = await store.figures()
    assert evicted.file_bytes == before.file_bytes
    assert evicted.free_bytes > 19 * SIZE
    scenes.append(await shelf.add(60))
    assert (await store.figures()).file_bytes == before.file_bytes

    path = tmp_path / "narration.db"
    shrinking = asyncio.create_task(asyncio.to_thread(shrink, path))
    for number in range(20):  # Others read and write meanwhile.
        await store.save_text(scenes[0].id, str(number))
        await store.sentence_recording(shelf.user, scenes[-1].id, 0)
    await shrinking
    shrunk = await store.figures()
    assert shrunk.free_bytes == 0
    assert shrunk.file_bytes < 20 * SIZE  # Its tables take some pages, and these are large.
    assert (await store.scene(shelf.user, scenes[0].id)).text == "19"
    await store.close()
    assert path.stat().st_size < 20 * SIZE


async def test_evicting_while_sessions_save_loses_nothing_of_theirs(
    store: Store, shelf: Shelf, ann: int, line: Line
) -> None:
    for _ in range(12):
        await shelf.add(60, key="same")
    scene = await store.create_scene(ann, shelf.story.id, "")
    narration = await store.start_narration(scene.id, BY, Occasion.DEMAND)

    async def speak() -> None:
        for number in range(30):
            audio = sound(ann, bytes(SIZE // 4), key=f"same{number % 4}")
            await store.save_sentence(narration, line(number), audio)

    async def evict() -> None:
        while (await store.evict(0)).narrations or not done.done():
            await asyncio.sleep(0)

    done = asyncio.create_task(speak())
    await asyncio.gather(done, evict())
    for number in range(30):
        assert len((await store.sentence_recording(ann, scene.id, number)).audio) == SIZE // 4
    assert (await store.figures()).recordings == 4
    with pytest.raises(NotFound):
        await store.sentence_recording(ann, scene.id - 1, 0)
