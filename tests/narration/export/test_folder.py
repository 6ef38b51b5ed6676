"""The folder of files stays within its bounds, and has only whole files in it."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from narration.errors import NoRoom, StoreError
from narration.export.folder import Folder

MB = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files", 10 * MB)


async def put(folder: Folder, name: str, size: int = 3 * MB) -> None:
    async with folder.new(name, size) as path:
        path.write_bytes(bytes(size))


async def there(folder: Folder, name: str) -> bool:
    async with folder.use(name) as path:
        return path is not None


async def test_what_was_not_used_for_longest_makes_room(folder: Folder) -> None:
    await folder.open()
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        await put(folder, name)
    assert await there(folder, "a.mp3")
    await put(folder, "d.mp3")
    assert sorted(await folder.named(("",))) == ["a.mp3", "c.mp3", "d.mp3"]


async def test_what_was_used_by_a_clock_that_was_ahead_makes_room_first(
    folder: Folder, tmp_path: Path
) -> None:
    await folder.open()
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        await put(folder, name)
    year = 365 * 24 * 3_600
    os.utime(tmp_path / "files" / "b.mp3", (time.time() + year, time.time()))
    await put(folder, "d.mp3")
    assert sorted(await folder.named(("",))) == ["a.mp3", "c.mp3", "d.mp3"]


async def test_a_file_that_is_being_sent_stays(folder: Folder) -> None:
    await folder.open()
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        await put(folder, name)
    async with folder.use("a.mp3") as sent:
        assert sent is not None
        await put(folder, "d.mp3", 6 * MB)
        assert sorted(await folder.named(("",))) == ["a.mp3", "d.mp3"]
        async with folder.use("d.mp3"):
            with pytest.raises(NoRoom, match="in use"):
                await put(folder, "e.mp3")
    await put(folder, "e.mp3")
    assert sorted(await folder.named(("",))) == ["d.mp3", "e.mp3"]


async def test_what_is_in_the_making_has_its_room(folder: Folder) -> None:
    await folder.open()
    async with folder.new("a.m4b", 8 * MB) as path:
        path.write_bytes(b"so far")
        assert await folder.named(("",)) == []
        with pytest.raises(NoRoom):
            await put(folder, "b.mp3")
    assert await folder.named(("",)) == ["a.m4b"]
    await put(folder, "b.mp3")


async def test_a_file_beyond_the_limit_is_refused_with_the_setting_to_change(
    folder: Folder,
) -> None:
    await folder.open()
    with pytest.raises(NoRoom, match=r"11 MB.*store\.max_files_mb"):
        await put(folder, "a.wav", 11 * MB)


async def test_a_full_disk_leaves_nothing_half_made(folder: Folder, tmp_path: Path) -> None:
    await folder.open()

    async def fail() -> None:
        async with folder.new("a.mp3", MB) as path:
            path.write_bytes(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NoRoom, match="disk is full"):
        await fail()
    assert list((tmp_path / "files").iterdir()) == []


async def test_a_folder_that_was_cleared_away_is_made_again(
    folder: Folder, tmp_path: Path
) -> None:
    await folder.open()
    await put(folder, "a.mp3")
    shutil.rmtree(tmp_path / "files")
    assert not await there(folder, "a.mp3")
    assert await folder.named(("",)) == []
    await folder.remove(["a.mp3"])
    await put(folder, "b.mp3")
    assert await folder.named(("",)) == ["b.mp3"]


async def test_a_folder_that_cannot_be_used_is_told_as_such(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("a file, and no folder")
    assert not await there(folder, "a.mp3")
    with pytest.raises(StoreError, match="cannot be used"):
        await put(folder, "a.mp3")
    assert await folder.named(("",)) == []
    await folder.remove(["a.mp3"])


async def test_what_another_run_left_half_made_is_removed_and_its_files_stay(
    folder: Folder, tmp_path: Path
) -> None:
    await folder.open()
    await put(folder, "a.mp3")
    half = tmp_path / "files" / "b.mp3.part"
    half.write_bytes(b"half of it")
    again = Folder(tmp_path / "files", 10 * MB)
    await again.open()
    assert not half.exists()
    assert await there(again, "a.mp3")


async def test_files_are_found_by_whose_they_are_and_removed(folder: Folder) -> None:
    await folder.open()
    for name in ("scene-1-x.mp3", "scene-1-x.wav", "scene-11-x.mp3", "story-1-x.m4b"):
        await put(folder, name, 10)
    assert sorted(await folder.named(("scene-1-",))) == ["scene-1-x.mp3", "scene-1-x.wav"]
    assert await folder.named(("scene-1-", "story-"), ".m4b") == ["story-1-x.m4b"]
    await folder.remove(await folder.named(("scene-1-",)))
    assert sorted(await folder.named(("",))) == ["scene-11-x.mp3", "story-1-x.m4b"]
