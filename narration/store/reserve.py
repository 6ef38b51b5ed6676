"""Room that is kept back on the disk, so that something can be deleted when it is full.

To delete, SQLite writes too: what it changes goes into the WAL first.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from narration.store.shrinking import shrink

__all__ = ["RESERVE_BYTES", "Reserve"]

RESERVE_BYTES = 16_000_000
"""Enough for what it takes to delete some gigabytes of audio."""


class Reserve:
    """A file beside the database that holds nothing but room.  All methods block."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = Path(f"{database}.reserve")

    def release(self) -> bool:
        """Give the room back to the disk; false if none was kept."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def keep(self) -> None:
        """Keep the room back, if it is not, and the disk has as much again.

        Where it has not, what was deleted makes room first.

        Raises:
            StoreError: the database cannot be made smaller now.
        """
        if self._path.exists():
            return
        if not self._has_room():
            shrink(self._database)
        if self._has_room():
            self._allocate()

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._database.parent).free >= 2 * RESERVE_BYTES

    def _allocate(self) -> None:
        half = Path(f"{self._path}.part")
        try:
            with half.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
                else:
                    file.write(bytes(RESERVE_BYTES))
            half.replace(self._path)
        except OSError:  # Somebody else took the room; it is tried again.
            with suppress(OSError):
                half.unlink()
