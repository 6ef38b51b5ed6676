"""Gets the configured language model ready, and closes it in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from narration.config import LLMConfig
from narration.http import host, load_certificates
from narration.llm.base import LLM
from narration.llm.embedded import EmbeddedLLM
from narration.llm.openai import OpenAILLM

__all__ = ["open_llm"]


@asynccontextmanager
async def open_llm(config: LLMConfig) -> AsyncIterator[LLM]:
    """The model at `config.url`, or the embedded one; ready to write.

    Raises:
        LLMError: the embedded model cannot work here; the message says what to do.
    """
    if config.url:
        await load_certificates(config.url)
        service = OpenAILLM(host(config.url), config)
        try:
            yield service
        finally:
            await service.aclose()
    else:
        model = EmbeddedLLM(config)
        try:
            await model.start()
            yield model
        finally:
            await model.aclose()
