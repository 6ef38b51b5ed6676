"""Language models at the scripted service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from narration.config import LLMConfig
from narration.llm.openai import OpenAILLM
from tests.narration.llm.asking import Open
from tests.narration.scripted_service import ScriptedService


@pytest.fixture
async def open_llm(service: ScriptedService) -> AsyncIterator[Open]:
    opened: list[OpenAILLM] = []

    def open_(**settings: object) -> OpenAILLM:
        config = replace(LLMConfig(url=service.url, model="m"), **settings)
        opened.append(OpenAILLM("ollama", config))
        return opened[-1]

    yield open_
    for llm in opened:
        await llm.aclose()
