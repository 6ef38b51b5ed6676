"""What one session is to do, and with what."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

import msgspec

from actors.archive import Archive, Encode
from actors.base import Ref
from actors.reports import Notify
from actors.tts_worker import Synthesize
from narration.llm import Finish
from narration.story import Beginning, Sentence
from narration.text import Cutter

__all__ = ["Background", "Plan", "Voicing"]


class Voicing(msgspec.Struct, frozen=True, kw_only=True):
    """How the text is spoken."""

    synthesize: Synthesize
    rest_ms: Callable[[Sentence], int]
    cutter: Cutter
    idle_ms: int


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """The scene is spoken to its end whether or not somebody listens, who is told so."""

    auto_play: bool
    notify: Ref[Notify]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one session is to do, and with what.  Without `voicing` it is text only.

    `max_chars` is how much may be written, on top of the `beginning`.  With `background`
    the text is there already: the source gives it.  `has_time` tells whether the machine can
    make more than listeners need soon.
    """

    session_id: str
    user_id: int
    story_id: int
    scene_id: int
    greeting: str
    beginning: Beginning = Beginning()
    source: AsyncGenerator[str | Finish]
    max_chars: int
    voicing: Voicing | None
    background: Background | None = None
    archive: Archive
    encode: Encode
    has_time: Callable[[], bool]
