"""What the store holds, and pruning it: `narration store` and `narration store prune`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from narration.config import StoreConfig
from narration.errors import StoreError
from narration.export.folder import files_beside
from narration.store import Store
from narration.store.shrinking import shrink
from narration.store.storage import MB

__all__ = ["prune", "show"]

IDLE_MINUTES = 10
"""A server may be playing what was used since then; only it knows."""


async def show(config: StoreConfig) -> str:
    """A table of what there is, and how much room it takes.

    Raises:
        StoreError: there is no database, or it cannot be used.
    """
    store = await _open(config)
    try:
        figures = await store.figures()
    finally:
        await store.close()
    folder = files_beside(config.path)
    files = await asyncio.to_thread(_size, folder)
    audio = f"{_mb(figures.audio_bytes)} of {config.max_audio_mb:,} MB"
    size = f"{_mb(figures.file_bytes)} MB"
    if figures.free_bytes >= MB // 10:
        size += f", of which {_mb(figures.free_bytes)} MB are free for new audio"
    rows = [
        ("Stories", f"{figures.stories:,}"),
        ("Scenes", f"{figures.scenes:,}"),
        ("Narrations", f"{figures.narrations:,}"),
        ("Audio", f"{audio}, {figures.recordings:,} sentences"),
        ("Database", f"{size}, in {config.path}"),
        ("Exported files", f"{_mb(files)} of {config.max_files_mb:,} MB, in {folder}"),
    ]
    return "\n".join(f"{name:<16}{value}" for name, value in rows)


async def prune(config: StoreConfig, to_mb: int | None = None) -> str:
    """Delete the audio that was not used for longest until there is `to_mb` of it, or what the
    settings allow, and give the room back to the disk; says what was done.

    A server may be running: what it speaks or plays stays.

    Raises:
        StoreError: there is no database, or it cannot be used.
    """
    limit = (config.max_audio_mb if to_mb is None else to_mb) * MB
    store = await _open(config)
    try:
        report = await store.evict(limit, idle_seconds=60 * IDLE_MINUTES)
        await asyncio.to_thread(shrink, Path(config.path))
        figures = await store.figures()
    finally:
        await store.close()
    told = (
        f"Deleted the audio of {report.narrations:,} narrations, "
        f"{_mb(report.freed_bytes)} MB.\n"
        f"There are {_mb(report.audio_bytes)} MB of audio left, "
        f"in a database of {_mb(figures.file_bytes)} MB."
    )
    if report.audio_bytes > limit:
        told += (
            f"\nThat is more than {_mb(limit)} MB: the rest is being spoken, or was used in "
            f"the last {IDLE_MINUTES} minutes."
        )
    return told


async def _open(config: StoreConfig) -> Store:
    path = Path(config.path)
    if not await asyncio.to_thread(path.is_file):
        raise StoreError(
            f"there is no database {path}; a server makes it when it starts (see store.path)"
        )
    return await Store.open(path)


def _size(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    sizes = []
    for file in folder.iterdir():
        try:
            sizes.append(file.stat().st_size)
        except FileNotFoundError:  # A server has just removed it.
            continue
    return sum(sizes)


def _mb(size: int) -> str:
    return f"{size / MB:,.1f}"
