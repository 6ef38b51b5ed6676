"""Language models: what is asked of one, and how to get the configured one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from narration.config import LLMConfig
from narration.llm.base import LLM, ChatMessage, Finish

__all__ = ["LLM", "ChatMessage", "Finish", "open_llm"]


@asynccontextmanager
async def open_llm(config: LLMConfig) -> AsyncIterator[LLM]:
    """The model at `config.url`, or the embedded one; ready to write.

    Raises:
        LLMError: the embedded model cannot work here; the message says what to do.
    """
    # Imported here because the model's process imports this package too, and would
    # start a third of a second later.
    if config.url:
        from narration.http import host
        from narration.llm.openai import OpenAILLM

        service = OpenAILLM(host(config.url), config)
        try:
            yield service
        finally:
            await service.aclose()
    else:
        from narration.llm.embedded import EmbeddedLLM

        model = EmbeddedLLM(config)
        try:
            await model.start()
            yield model
        finally:
            await model.aclose()
