"""Keeps Python itself out of the way of listeners: its garbage collector, and its lock."""

from __future__ import annotations

import asyncio
import gc
import sys

__all__ = ["spare_listeners"]

_YOUNG, _MIDDLE, _OLD = 10_000, 10, 10
"""Objects, and collections, after which the collector looks at a generation.  With Python's
own (700, 10, 10), and everything to look at, it stopped all for 85 ms about once a second
under load.
"""

_COLLECT_SECONDS = 60.0
"""So often what sessions leave behind is collected: cycles, some 130 kB each."""

_SWITCH_SECONDS = 0.0005
"""After so long another thread may run.  The store's threads ask for Python's lock at every
statement.  While the loop has it they would wait 5 ms each time, Python's default, and
everybody for them.
"""


def spare_listeners() -> None:
    """Let threads wait less for each other, and the collector look seldom, and never at what
    the program itself is made of: modules, tables, routes.  To be called once, when all of
    that is there, and no session yet: what is there then is never freed.  On the event loop.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    sys.setswitchinterval(_SWITCH_SECONDS)
    _collect_later()


def _collect_later() -> None:
    def collect() -> None:
        gc.collect()
        _collect_later()

    asyncio.get_running_loop().call_later(_COLLECT_SECONDS, collect)
