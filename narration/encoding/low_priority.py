"""Makes a process run only when no other wants to."""

from __future__ import annotations

import os
from contextlib import suppress

__all__ = ["give_way"]

_NICEST = 19


def give_way() -> None:
    """Lower this process for good.

    The nicest process still gets a seventieth of a processor that others would use, and is
    not always interrupted when one of them wakes up.  Linux's idle policy gives it a three
    hundredth, so that it is never starved altogether, and interrupts it at once.
    """
    with suppress(OSError):
        os.nice(_NICEST)
    if hasattr(os, "SCHED_IDLE"):
        # A container may forbid it.
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
