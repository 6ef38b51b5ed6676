"""Asks a language model for a story, as a test does."""

from __future__ import annotations

from collections.abc import Callable

from narration.errors import LLMError
from narration.llm.base import ChatMessage, Finish
from narration.llm.openai import OpenAILLM

__all__ = ["MESSAGES", "Open", "answer"]

Open = Callable[..., OpenAILLM]

MESSAGES = [ChatMessage("system", "Tell."), ChatMessage("user", "A story, bitte schön.")]


async def answer(llm: OpenAILLM) -> tuple[str, str | LLMError]:
    """The text, and how it ended."""
    story, end = "", "without a word"
    try:
        async for piece in llm.stream(MESSAGES):
            assert piece, "an empty piece"
            assert end == "without a word", "a piece after the last"
            if isinstance(piece, Finish):
                end = piece.reason
            else:
                story += piece
    except LLMError as error:
        return story, error
    return story, end
