"""The folder of finished files: bounded, and never with half a file in it.

Whatever was not asked for the longest leaves first; nothing that is being sent leaves.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Set
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from narration.errors import NarrationError, NoRoom, StoreError

__all__ = ["Folder", "files_beside"]

_HALF_MADE = ".part"
_KEEP_FREE_BYTES = 32 * 1024 * 1024
"""What the disk must have beyond the file: the database is on it too, and comes first."""

_AHEAD_NS = 60_000_000_000
"""A use further in the future was noted by a clock that was wrong: it is the oldest."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class _Entry(NamedTuple):
    used_ns: int
    bytes: int
    name: str


def files_beside(database: str | Path) -> Path:
    """Where the files made from that database's audio are."""
    return Path(f"{database}.files")


class Folder:
    """Files by name.  One process at a time may have it open.

    Args:
        path: the folder; it is made.
        max_bytes: what all files in it may take.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._used: Counter[str] = Counter()
        self._reserved: dict[str, int] = {}
        # Whoever looks a file up, and whoever makes room, take turns.
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Make the folder, and remove what another run left half made in it."""
        await asyncio.to_thread(_tidy, self._path)

    @asynccontextmanager
    async def use(self, name: str) -> AsyncIterator[Path | None]:
        """The file of that name, which stays while it is used; None if there is none."""
        path = self._path / name
        async with self._turn:
            there = await asyncio.to_thread(_touch, path)
            if there:
                self._used[name] += 1
        try:
            yield path if there else None
        finally:
            if there:
                self._used[name] -= 1
                self._used += Counter()  # Forget what nobody uses.

    @asynccontextmanager
    async def new(self, name: str, most_bytes: int) -> AsyncIterator[Path]:
        """Where to write a file of that name, which is in the folder once it is whole.

        Raises:
            NoRoom: there is no room for so much.
            StoreError: the folder cannot be used.
        """
        half = self._path / f"{name}{_HALF_MADE}"
        try:
            await self._make_room(name, most_bytes)
        except OSError as error:
            raise _told(error) from error
        try:
            yield half
            await asyncio.to_thread(_publish, half, self._path / name)
        except BaseException as error:
            await asyncio.shield(asyncio.to_thread(_remove, [half]))
            if isinstance(error, OSError):
                raise _told(error) from error
            raise
        finally:
            del self._reserved[name]

    async def named(self, beginnings: tuple[str, ...], end: str = "") -> list[str]:
        """The files whose names begin and end so, those used last first."""
        entries = await asyncio.to_thread(_entries, self._path)
        found = [it for it in entries if it.name.startswith(beginnings)]
        return [it.name for it in sorted(found, reverse=True) if it.name.endswith(end)]

    async def remove(self, names: Iterable[str]) -> None:
        """Remove these files; whoever is being sent one gets it to its end."""
        paths = [self._path / name for name in names]
        async with self._turn:
            await asyncio.to_thread(_remove, paths)

    async def _make_room(self, name: str, wanted: int) -> None:
        if wanted > self._max_bytes:
            raise NoRoom(
                f"a file of {_mb(wanted)} MB is more than store.max_files_mb allows "
                f"({_mb(self._max_bytes)})"
            )
        async with self._turn:
            room = self._max_bytes - wanted - sum(self._reserved.values())
            left, free = await asyncio.to_thread(_evict, self._path, room, set(self._used))
            if left > room:
                raise NoRoom("all files there is room for are in use; try again later")
            if free < wanted + _KEEP_FREE_BYTES:
                raise NoRoom(f"the disk has no room for {_mb(wanted)} MB more")
            self._reserved[name] = wanted


def _told(error: OSError) -> NarrationError:
    if error.errno in _FULL:
        return NoRoom("the disk is full; make room, and try again")
    return StoreError(f"the folder of files cannot be used ({error.strerror})")


def _tidy(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    _remove(path.glob(f"*{_HALF_MADE}"))


def _touch(path: Path) -> bool:
    """Note that the file is used now; false if there is none."""
    try:
        changed = path.stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return False
    with suppress(OSError):  # On a disk that is read only, say, it can be sent all the same.
        os.utime(path, ns=(time.time_ns(), changed))
    return True


def _publish(half: Path, whole: Path) -> None:
    with half.open("rb") as file:
        os.fsync(file.fileno())
    half.replace(whole)


def _entries(path: Path) -> list[_Entry]:
    found: list[_Entry] = []
    latest_ns = time.time_ns() + _AHEAD_NS
    if not path.is_dir():  # Somebody has cleared it away.
        return found
    with os.scandir(path) as entries:
        for entry in entries:
            if not entry.name.endswith(_HALF_MADE):
                with suppress(FileNotFoundError):  # It has just been removed.
                    stat = entry.stat()
                    used_ns = stat.st_atime_ns if stat.st_atime_ns <= latest_ns else 0
                    found.append(_Entry(used_ns, stat.st_size, entry.name))
    return found


def _evict(path: Path, most_bytes: int, keep: Set[str]) -> tuple[int, int]:
    """Remove what was used the longest ago until no more is left than that, if possible.

    Returns how much is left, and how much is free on the disk.
    """
    path.mkdir(parents=True, exist_ok=True)  # It may have been cleared away.
    entries = sorted(_entries(path))
    left = sum(entry.bytes for entry in entries)
    for entry in entries:
        if left > most_bytes and entry.name not in keep:
            (path / entry.name).unlink(missing_ok=True)
            left -= entry.bytes
    return left, shutil.disk_usage(path).free


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def _mb(size: int) -> int:
    return -(-size // 1_000_000)
