"""Language models: what is asked of one, and how to get the configured one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from narration.llm.base import LLM, ChatMessage, Finish

if TYPE_CHECKING:
    from narration.llm.opening import open_llm

__all__ = ["LLM", "ChatMessage", "Finish", "open_llm"]


def __getattr__(name: str) -> object:
    # The model's process imports this package too, and shall not have to wait a third of a
    # second, and keep 40 MB, for the HTTP clients of those who open models.
    if name == "open_llm":
        from narration.llm.opening import open_llm

        return open_llm
    raise AttributeError(name)
