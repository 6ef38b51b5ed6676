"""What a narration asks of a language model."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol

import msgspec

from narration.errors import LLMError

__all__ = ["LLM", "ChatMessage", "Finish", "own_faults"]

_log = logging.getLogger(__name__)


class ChatMessage(msgspec.Struct, frozen=True):
    """One turn of the conversation a model is asked to go on with."""

    role: Literal["system", "user", "assistant"]
    content: str


class Finish(msgspec.Struct, frozen=True):
    """The model's own word that it is done.

    `stop`: it ended by itself.  `length`: it was cut at its token limit.
    """

    reason: Literal["stop", "length"]


class LLM(Protocol):
    """A model that writes text piece by piece."""

    @property
    def name(self) -> str:
        """The configured name, for messages and logs."""
        ...

    def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str | Finish]:
        """Yield text as it comes, never empty, and a `Finish` last.

        Reasoning is never yielded.  Closing or cancelling the generator closes
        the request, which makes the model stop.

        Raises:
            LLMError: the model could not be reached, refused, stalled or broke
                off; text yielded before that stands.
        """
        ...


@contextmanager
def own_faults(service: str) -> Iterator[None]:
    """Tell whatever an adapter stumbles over as its service's failure.

    Raises:
        LLMError: in place of any other exception, which is logged.
    """
    try:
        yield
    except LLMError:
        raise
    except Exception as error:
        _log.exception("The adapter of %s has a fault.", service)
        message = "its adapter has a fault; the server's log says more"
        raise LLMError(service, message, retryable=True) from error
