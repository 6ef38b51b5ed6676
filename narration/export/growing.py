"""A scene's audio as a file that begins at once, and goes on while the scene is narrated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

from narration.audio.long_file import LongFile, LongFormat, Tags
from narration.errors import NotFound
from narration.export.maker import FileMaker
from narration.export.recipe import parts_of
from narration.store.sentences import SpokenScene
from narration.store.store import Store
from narration.story import Narration, NarrationState

__all__ = ["LOOK_SECONDS", "growing"]

LOOK_SECONDS = 0.25
"""How often the store is asked for new sentences.  Each is seconds long."""


class _Taken:
    """What was written since it was taken last."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes, /) -> int:
        self._bytes += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


async def growing(
    store: Store,
    maker: FileMaker,
    *,
    user_id: int,
    narration: Narration,
    format: LongFormat,
    tags: Tags,
    alive: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes]:
    """The file's bytes as they come into being, until the narration has ended.

    Args:
        store: where the sentences come to.
        maker: whose thread encodes them.
        user_id: whose scene it is.
        narration: which is followed; the file ends when another takes its place.
        format: which kind of file; not `m4b`.
        tags: what players show of it.
        alive: whether somebody is still at work on the scene.  If not, it has ended, even
            if nobody said so.

    Raises:
        Conflict: audio of it has just gone.
    """
    taken = _Taken()
    file = await maker.compute(partial(LongFile, taken, format, tags))
    told = 0
    goes_on, has_audio = True, False
    while goes_on:
        goes_on = await alive()  # First: what was said last is read after that.
        spoken = await _spoken(store, user_id, narration)
        if spoken is None:
            break
        goes_on = goes_on and spoken.narration.state is NarrationState.SPEAKING
        for piece in spoken.pieces[told:]:
            if piece.number != told and goes_on:
                break  # One before it is still to come.
            told += 1
            for part in parts_of([piece]):
                await maker.add(file, part)
                has_audio = True
                if data := taken.take():
                    yield data
        if goes_on:
            await asyncio.sleep(LOOK_SECONDS)
    if has_audio:
        await maker.compute(file.finish)
        yield taken.take()


async def _spoken(store: Store, user_id: int, narration: Narration) -> SpokenScene | None:
    try:
        spoken = await store.pieces(user_id, narration.scene_id)
    except NotFound:
        return None
    if spoken is None or spoken.narration.id != narration.id:
        return None
    return spoken
