"""Keeps Python's garbage collector out of the way of listeners."""

from __future__ import annotations

import gc

__all__ = ["spare_listeners"]

_YOUNG, _MIDDLE, _OLD = 10_000, 10, 10
"""Objects, and collections, after which the collector looks at a generation.  With Python's
own (700, 10, 10) it looked at everything about once a second under load, for 85 ms.
"""


def spare_listeners() -> None:
    """Let the collector look seldom, and never at what the program itself is made of: modules,
    tables, routes.  To be called once, when all of that is there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
