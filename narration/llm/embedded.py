"""The language model that comes with the server: it needs no key, no GPU and no download."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from narration.child import Child
from narration.config import LLMConfig
from narration.errors import LLMError
from narration.kept_child import KeptChild
from narration.llm.base import ChatMessage, Finish, own_faults
from narration.llm.last_sentence import LastSentence
from narration.llm.openai import OpenAILLM

__all__ = ["EmbeddedLLM"]

_NAME = "embedded model"
_MODULE = "narration.llm.embedded_child"
_DEATH_NOTICE_SECONDS = 1.0
# One token after the other is no faster with two threads: the model is too small.
# Reading prompts is, and so is writing several scenes.
_THREADS = 1

# What so small a model needs to write prose: without the penalties it repeats its
# sentences, and with stronger ones it loses its grammar.
_SAMPLING: dict[str, Any] = {
    "top_p": 0.95,
    "min_p": 0.1,
    "repeat_penalty": 1.05,
    "dry_multiplier": 0.8,
    "dry_penalty_last_n": 400,
    # What it never says: marks of headings, lists, stage directions and plays, and words
    # that begin a remark about the story.  Each is one token of its vocabulary.
    "logit_bias": [
        [token, False]
        for token in (
            *("*", " *", "**", " **", "***", "#", " #", "##", "###", "_", " _", "`", "```"),
            *("(", " (", "[", " [", ":", "Title", "Here", "Sure", "Certainly"),
        )
    ],
}


class EmbeddedLLM:
    """SmolLM2 in a child process, which is started again if it dies.

    Args:
        config: the settings; those about another server do not count here.
    """

    def __init__(self, config: LLMConfig) -> None:
        self.name = _NAME
        self._config = config
        self._kept = KeptChild(self._start_child)
        self._llm: OpenAILLM | None = None

    async def start(self) -> None:
        """Start the model, and return when it has written its first words.

        Raises:
            LLMError: it cannot work here; the message says what to do.
        """
        await self._kept.start()

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str | Finish]:
        """Yield text as it comes, never empty, and a `Finish` last.

        Text that is about to be cut at its token limit ends with a finished sentence.
        """
        with own_faults(self.name):
            time = asyncio.get_running_loop().time
            began = time()
            child = await self._working_child()
            assert self._llm is not None
            waited, last_sentence = time() - began, LastSentence(self._config.max_tokens)
            try:
                async with aclosing(
                    self._llm.stream(messages, waited_seconds=waited)
                ) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Finish):
                            yield piece
                            return
                        text, is_last = last_sentence.cut(piece)
                        if text:
                            yield text
                        if is_last:
                            yield Finish("length")
                            return
            except LLMError as error:
                raise await self._explained(error, child) from error

    async def aclose(self) -> None:
        """End the child; idempotent."""
        await self._kept.aclose()
        if self._llm is not None:
            await self._llm.aclose()

    async def _working_child(self) -> Child:
        """The child, or the next one, for which a scene waits no longer than for a word."""
        seconds = self._config.first_token_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._kept.child()
        except TimeoutError:
            message = f"it was not started again within {seconds:g} s"
            raise LLMError(self.name, message, retryable=True) from None

    async def _start_child(self) -> Child:
        if self._llm is not None:
            await self._llm.aclose()
        embedded = self._config.embedded
        key = secrets.token_urlsafe()
        child = await Child.start(
            _MODULE,
            f"--parallel={embedded.parallel}",
            f"--threads={embedded.threads or _THREADS}",
            f"--prompt-threads={embedded.threads or _prompt_threads()}",
            f"--context-tokens={embedded.context_tokens}",
            name=_NAME,
            kind=LLMError,
            # Threads that wait for each other sleep.  If they spin, as they would, and share
            # their cores with the voice, the model can fall to a token a second.
            env={"NARRATION_CHILD_KEY": key, "OMP_WAIT_POLICY": "passive"},
        )
        config = msgspec.structs.replace(
            self._config,
            url=f"{child.hello.address}/v1",
            model="",
            api_key=key,
            extra_params=_SAMPLING | self._config.extra_params,
        )
        self._llm = OpenAILLM(_NAME, config)
        return child

    async def _explained(self, error: LLMError, child: Child) -> LLMError:
        """The child's death, if it was that; a broken connection is seen before it."""
        try:
            async with asyncio.timeout(_DEATH_NOTICE_SECONDS):
                await child.death()
        except TimeoutError:
            return error
        message = "its process ended in the middle of the story; another one is being started"
        return LLMError(self.name, message, retryable=True)


def _prompt_threads() -> int:
    return min(os.cpu_count() or 1, 4)
