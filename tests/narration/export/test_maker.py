"""Files are made once, in turns, and whoever leaves or fails leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Container
from pathlib import Path

import pytest

from narration.audio import encode
from narration.audio.long_file import LongFile, LongFormat, Tags
from narration.errors import AudioError, Busy, Conflict, NotFound
from narration.export.folder import Folder
from narration.export.maker import FileMaker
from narration.export.recipe import Part, Recipe
from tests.patience import PATIENCE_SECONDS

ANN, BEN = 1, 2
MS = 50
ALL = range(10_000)


class Shelf:
    """Recordings that are handed out when the test lets them."""

    def __init__(self) -> None:
        self.flac_of_all = encode(bytes(MS * 48), "flac")
        self.asked: list[int] = []
        self.held: Container[int] = ()
        self.open = asyncio.Event()
        self.gone: set[int] = set()

    async def audio(self, recording_id: int, /) -> bytes:
        self.asked.append(recording_id)
        if recording_id in self.held:
            await self.open.wait()
        if recording_id in self.gone:
            raise NotFound("it is gone")
        return self.flac_of_all


@pytest.fixture
async def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def maker(shelf: Shelf, folder: Folder) -> AsyncIterator[FileMaker]:
    maker = FileMaker(shelf, folder)
    yield maker
    shelf.open.set()
    await maker.close()


def recipe(scene: int, parts: int = 3, format: LongFormat = "mp3") -> Recipe:
    return Recipe(
        about=f"scene-{scene}",
        title="T",
        format=format,
        tags=Tags(title="T", album="A", artist="B", genre="C"),
        parts=tuple(Part(100 * scene + part, MS * 24, 0) for part in range(parts)),
        scenes=(scene,),
    )


async def fetch(maker: FileMaker, what: Recipe, user: int = ANN) -> bytes:
    async with maker.file(user, what) as path:
        return path.read_bytes()


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").iterdir())


async def test_two_who_want_the_same_file_get_one(shelf: Shelf, maker: FileMaker) -> None:
    one, other = await asyncio.gather(*(fetch(maker, recipe(1)) for _ in range(2)))
    assert one == other == await fetch(maker, recipe(1))
    assert shelf.asked == [100, 101, 102]


async def test_who_leaves_does_not_break_it_for_who_stays(
    shelf: Shelf, maker: FileMaker
) -> None:
    shelf.held = ALL
    leaves, stays = (asyncio.create_task(fetch(maker, recipe(1))) for _ in range(2))
    while not shelf.asked:
        await asyncio.sleep(0)
    leaves.cancel()
    await asyncio.wait({leaves})
    shelf.open.set()
    assert len(await stays) > 100
    assert shelf.asked == [100, 101, 102]


async def test_a_long_file_does_not_hold_up_a_short_one(
    shelf: Shelf, maker: FileMaker
) -> None:
    shelf.held = range(103, 110)
    long = maker.make(ANN, recipe(1, parts=10))
    while 103 not in shelf.asked:
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await fetch(maker, recipe(2, parts=2))
    assert not long.done()
    assert maker.scenes_in_use == {1}


async def test_what_is_called_off_is_told_and_leaves_nothing(
    shelf: Shelf, maker: FileMaker, tmp_path: Path
) -> None:
    shelf.held = ALL
    waits = asyncio.create_task(fetch(maker, recipe(1)))
    other = asyncio.create_task(fetch(maker, recipe(2)))
    while len(shelf.asked) < 2:
        await asyncio.sleep(0)
    await maker.call_off({1})
    with pytest.raises(Conflict):
        await waits
    shelf.open.set()
    await other
    assert left(tmp_path) == [recipe(2).file_name]
    assert maker.scenes_in_use == set()


async def test_audio_that_is_gone_or_broken_fails_it_and_leaves_nothing(
    shelf: Shelf, maker: FileMaker, tmp_path: Path
) -> None:
    shelf.gone = {102}
    with pytest.raises(Conflict, match="changed"):
        await fetch(maker, recipe(1))
    shelf.gone = set()
    shelf.flac_of_all = encode(bytes(10), "flac")
    with pytest.raises(AudioError, match="broken"):
        await fetch(maker, recipe(1))
    assert left(tmp_path) == []


async def test_a_user_may_have_only_so_many_in_the_making(
    shelf: Shelf, maker: FileMaker
) -> None:
    shelf.held = ALL
    making = [maker.make(ANN, recipe(scene)) for scene in range(8)]
    with pytest.raises(Busy, match="8"):
        await maker.make(ANN, recipe(8))
    assert maker.make(ANN, recipe(7)) is making[7]
    shelf.open.set()
    await maker.make(BEN, recipe(8))
    await asyncio.gather(*making)
    await maker.make(ANN, recipe(9))


async def test_the_end_leaves_nothing_half_made(
    shelf: Shelf, folder: Folder, tmp_path: Path
) -> None:
    maker = FileMaker(shelf, folder)
    making = maker.make(ANN, recipe(1, parts=300, format="m4b"))
    while len(shelf.asked) < 20:
        await asyncio.sleep(0)
    await maker.close()
    assert making.cancelled()
    assert left(tmp_path) == []


@pytest.mark.parametrize("seconds", [1, 60])
@pytest.mark.parametrize("format", ["mp3", "opus", "wav", "m4b"])
def test_a_disk_that_is_full_says_so(format: LongFormat, seconds: int) -> None:
    tags = Tags(title="T", album="A", artist="B", genre="C")
    with pytest.raises(OSError, match="No space left"):
        write_all(LongFile(Path("/dev/full"), format, tags), seconds)


def write_all(file: LongFile, seconds: int) -> None:
    try:
        for _ in range(seconds):
            file.feed(bytes(48_000))
        file.finish()
    finally:
        file.discard()
