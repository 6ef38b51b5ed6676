"""How fast the mock upstream writes and speaks, and how much."""

from __future__ import annotations

import msgspec

__all__ = ["MockSettings"]


class MockSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer of the mock upstream keeps to.

    `token_rate`: tokens a second, the first after `first_token` seconds.
    `first_byte`: seconds until a sentence's first audio.
    `rtf`: real-time factor, the synthesis time of one second of audio.
    `sentences`: of a story; `seed`: of the story where the prompt names none.
    `fail_every`: every so-many-th text is refused with a 500, always the same ones; 0 is none.
    """

    token_rate: float = 50.0
    first_token: float = 0.2
    first_byte: float = 0.15
    rtf: float = 0.2
    sentences: int = 12
    seed: int = 1
    fail_every: int = 0
