"""Where a scene is kept, and how its audio is packed, as the recorder sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from narration.events import AudioFormat
from narration.story import NarrationState, RecordedSentence, SceneState

__all__ = ["Archive", "Encode"]

Encode = Callable[[bytes, AudioFormat], Coroutine[Any, Any, bytes]]
"""Makes one self-contained file of a sentence's PCM, off the event loop."""


class Archive(Protocol):
    """Where one scene is kept.  One write at a time: the next is asked for when it is done."""

    def save(self, text: str | None, sentences: Sequence[RecordedSentence]) -> Awaitable[None]:
        """Keep, together, `text` as all that was written so far (None: it has not grown), and
        sentences: the whole audio of each, in place of what may be there of it; or that it
        has none, or no more than this.
        """
        ...

    async def load_sentence(self, number: int) -> RecordedSentence | None: ...

    def finish_text(self, text: str, state: SceneState) -> Awaitable[None]: ...

    def finish_narration(
        self, state: NarrationState, message: str | None
    ) -> Awaitable[None]: ...
