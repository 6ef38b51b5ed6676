"""All that makes and keeps files of stored audio, opened and closed together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from narration.config import StoreConfig
from narration.errors import StoreError
from narration.export.audiobooks import Audiobooks
from narration.export.folder import Folder, files_beside
from narration.export.maker import FileMaker
from narration.export.per_user import PerUser
from narration.store.storage import MB
from narration.store.store import Store

__all__ = ["Exports"]


_FOLLOWED = 8
"""Files that still grow, which are being sent to one user."""


class Exports:
    """`maker` makes scenes' files, `books` the audiobooks; both keep them in one folder.

    Whoever is sent a file that still grows is counted in `followers`.
    """

    def __init__(self, store: Store, folder: Folder) -> None:
        self._folder = folder
        self.maker = FileMaker(store, folder)
        self.followers = PerUser(
            _FOLLOWED, f"you follow {_FOLLOWED} narrations already; close one first"
        )
        self.books = Audiobooks(store, folder, self.maker)

    @classmethod
    async def open(cls, store: Store, config: StoreConfig) -> Self:
        """With the folder beside the database.

        Raises:
            StoreError: the folder cannot be used.
        """
        path = files_beside(config.path)
        folder = Folder(path, config.max_files_mb * MB)
        try:
            await folder.open()
        except OSError as error:
            raise StoreError(f"the folder {path} cannot be used: {error.strerror}") from error
        return cls(store, folder)

    async def close(self) -> None:
        """Give up what is being made, and leave nothing half made."""
        await self.maker.close()

    async def forget(self, story_id: int, scene_ids: Iterable[int]) -> None:
        """Keep no file of scenes that were deleted, nor an audiobook with them in it."""
        ids = set(scene_ids)
        await self.maker.call_off(ids)
        owners = (f"story-{story_id}-", *(f"scene-{scene_id}-" for scene_id in ids))
        await self._folder.remove(await self._folder.named(owners))
