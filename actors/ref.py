"""What one actor knows of another."""

from __future__ import annotations

import logging
from typing import Any, Generic, Protocol, TypeVar

import pykka
from pykka._envelope import Envelope

__all__ = ["ActorRef", "Ref"]

logger = logging.getLogger(__name__)

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)


class Ref(Protocol[M_contra]):
    """All that one actor knows of another: what it may be told.

    An actor that takes a `Ref[Play | Gap]` says what it sends there, and the
    type checker holds it to that.  The `ActorRef` of any actor that handles at
    least those two will do, and so will a test's list in disguise.
    """

    def tell(self, message: M_contra) -> None: ...


class ActorRef(pykka.ActorRef[Any], Generic[M]):
    """Pykka's ref, typed by the messages its actor handles."""

    def tell(self, message: M) -> None:
        if not self.actor_stopped.is_set():
            self.actor_inbox.put(Envelope(message))
        else:
            # Peers stop at their own time; telling the dead is no one's fault.
            logger.debug("%s is dead, and was told %s", self, type(message).__name__)
