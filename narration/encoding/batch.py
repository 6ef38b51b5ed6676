"""One batch of recordings, as a child has encoded them."""

from __future__ import annotations

import asyncio

from narration.child import Child
from narration.child_frames import encode_frame, receive_frame
from narration.encoding.messages import (
    REPLY,
    BatchEnd,
    Encode,
    Encoded,
    Unencodable,
    Unreadable,
)

__all__ = ["Batch"]

_ROWS = 16
_BYTES = 2_000_000


class Batch:
    """What a child has made of the recordings after `after`; it may have died on the way.

    `encoded` is FLAC, under the id of the recording, `unencodable` has a reason.  `last` is
    the last recording that is in either; None without one.  `end` is None if it broke off.
    """

    def __init__(self, after: int, pass_over: int) -> None:
        self.encoded: list[tuple[int, bytes]] = []
        self.unencodable: list[tuple[int, str]] = []
        self.last: int | None = None
        self.end: BatchEnd | Unreadable | None = None
        self._request = Encode(after, pass_over, rows=_ROWS, size=_BYTES)

    async def fill(self, child: Child) -> None:
        """Have `child` encode, for as long as that takes: on a busy machine it may be long."""
        self.end = await child.while_alive(self._exchange(child))

    async def _exchange(self, child: Child) -> BatchEnd | Unreadable | None:
        try:
            child.stdin.write(encode_frame(self._request))
            await child.stdin.drain()
            while True:
                match await receive_frame(child.stdout, REPLY):
                    case Encoded(id, flac):
                        self.encoded.append((id, flac))
                        self.last = id
                    case Unencodable(id, reason):
                        self.unencodable.append((id, reason))
                        self.last = id
                    case BatchEnd() | Unreadable() as end:
                        return end
        except (asyncio.IncompleteReadError, ConnectionError):
            child.kill()
            await child.death()
            return None
