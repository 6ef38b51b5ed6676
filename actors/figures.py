"""What operators see of an actor."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Figures"]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One actor at one moment.

    `mailbox`: messages waiting now, `mailbox_peak`: at most.  `handled`: messages
    since it started.  `busy_ms`: time spent handling them.  `oldest_waiting_ms`: how
    long the first in the mailbox has waited.  `work`: what runs beside it.
    """

    actor: str
    urn: str
    session: str
    state: Literal["waiting", "working", "stopping"]
    mailbox: int
    mailbox_peak: int
    handled: int
    busy_ms: float
    oldest_waiting_ms: float
    age_seconds: float
    work: tuple[str, ...]
