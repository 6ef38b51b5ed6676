"""Any language model behind OpenAI's chat completions API: Ollama, llama.cpp, vLLM, clouds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import httpx

from narration.body import Body
from narration.config import LLMConfig
from narration.errors import LLMError
from narration.http import below, first_bytes, open_client, send
from narration.http_failures import REQUEST_FAILURES, failure, origin, refusal
from narration.llm.answer import Answer
from narration.llm.base import ChatMessage, Finish, own_faults
from narration.llm.dialect import Dialect
from narration.llm.frames import Frames
from narration.llm.waits import Waits

__all__ = ["OpenAILLM"]

_log = logging.getLogger(__name__)

# The end mark follows the model's last word at once, and reading it keeps the connection
# for the next scene; but a service that never sends it must not hold back the end of this one.
_AFTER_FINISH_SECONDS = 1.0
_REFUSAL_SECONDS = 2.0
# A model that is busy, or not ready yet, is asked again while there is time.
_BUSY = frozenset({429, 503, 529})


class OpenAILLM:
    """A model at `config.url`; one client for all its scenes.

    What the model refuses of a request, and can do without, it is not sent again.

    Args:
        name: what to call the service in messages.
        config: how to ask it.  A null in `extra_params` leaves a field out.
    """

    def __init__(self, name: str, config: LLMConfig) -> None:
        self.name = name
        self._config = config
        self._url = below(config.url, "/chat/completions")
        self._dialect = Dialect()
        self._client = open_client(config.url, config.connect_seconds, api_key=config.api_key)

    async def stream(
        self, messages: Sequence[ChatMessage], *, waited_seconds: float = 0.0
    ) -> AsyncGenerator[str | Finish]:
        """Yield text as it comes, in `Frames`, never empty, and a `Finish` last.

        `waited_seconds` is what has passed already of the time for the first of it.
        """
        time = asyncio.get_running_loop().time
        waits = Waits(time() + self._config.first_token_seconds - waited_seconds)
        with own_faults(self.name):
            while True:
                response, body = await self._ask(messages, waits)
                answer, frames = Answer(self.name, self._config.reasoning_marks), Frames()
                deadline = waits.deadline
                try:
                    while not answer.over:
                        tokens, finish = answer.tokens, answer.finish
                        try:
                            data = await body.read(deadline)
                        except TimeoutError:
                            answer.fail(self._silent(answer.tokens))
                            continue
                        except REQUEST_FAILURES as error:
                            answer.fail(failure(LLMError, self.name, self._url, error))
                            continue
                        text = answer.feed(data)
                        seconds = 0.0
                        if text:
                            yield text
                            seconds = frames.seconds_after(text)
                        # After the yield: the time a listener took is not the model's.
                        if answer.tokens > tokens or answer.finish is not finish:
                            deadline = time() + self._seconds_after(answer)
                        if seconds and not answer.over:
                            await body.gather(min(seconds, (deadline - time()) / 2))
                finally:
                    body.close()
                    await response.aclose()
                if not (answer.is_busy and await waits.wait(None)):
                    break
            rest = answer.rest()
            if rest:
                yield rest
            if answer.has_unmarked_reasoning:
                _log.warning(
                    "%s sends reasoning without saying so, and it becomes a part of the "
                    "story: turn on its reasoning parser, or turn its reasoning off",
                    self.name,
                )
            yield answer.result()

    async def aclose(self) -> None:
        """Close the connections; idempotent."""
        await self._client.aclose()

    async def _ask(
        self, messages: Sequence[ChatMessage], waits: Waits
    ) -> tuple[httpx.Response, Body]:
        """The answer, as soon as it begins, from a model that may be busy at first."""
        request: dict[str, Any] = {
            "model": self._config.model,
            "messages": messages,
            "stream": True,
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
            **self._config.extra_params,
        }
        request = {key: value for key, value in request.items() if value is not None}
        dialect = self._dialect
        while True:
            body = dialect.put(request)
            response, said = await self._send(body, waits.deadline)
            if isinstance(said, Body):
                self._learn(dialect)
                return response, said
            learnt = dialect.learnt(response.status_code, said, body)
            if learnt is not None:
                dialect = learnt
                continue
            error = refusal(LLMError, self.name, response, said)
            is_busy = response.status_code in _BUSY and error.retryable
            if not (is_busy and await waits.wait(error.retry_after)):
                raise error

    async def _send(
        self, body: dict[str, Any], deadline: float
    ) -> tuple[httpx.Response, Body | bytes]:
        """The response, and its body, or what it says if it is a refusal."""
        try:
            async with asyncio.timeout_at(deadline):
                response = await send(self._client, self._url, body)
            try:
                if response.status_code == 200:
                    return response, Body(response)
                said = await first_bytes(response, seconds=_REFUSAL_SECONDS)
            except BaseException:
                await response.aclose()
                raise
            await response.aclose()
        except TimeoutError:
            raise self._silent(tokens=0) from None
        except REQUEST_FAILURES as error:
            raise failure(LLMError, self.name, self._url, error) from error
        return response, said

    def _learn(self, dialect: Dialect) -> None:
        if dialect != self._dialect:
            self._dialect = dialect
            _log.info("%s is asked in another way from now on: %s", self.name, dialect)

    def _seconds_after(self, answer: Answer) -> float:
        """How long to wait for more of it."""
        if answer.finish is None or answer.has_false_ends:
            return self._config.between_tokens_seconds
        return _AFTER_FINISH_SECONDS

    def _silent(self, tokens: int) -> LLMError:
        where = origin(self._url)
        if tokens:
            seconds = self._config.between_tokens_seconds
            message = f"{where} fell silent in the middle of the story for {seconds:g} s"
        else:
            seconds = self._config.first_token_seconds
            message = f"{where} did not begin to write within {seconds:g} s"
        return LLMError(self.name, message, retryable=True)
