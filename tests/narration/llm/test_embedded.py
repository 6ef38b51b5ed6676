"""The real model in its process: it writes, it is replaced when it dies, it leaves nothing."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from narration.config import EmbeddedLLMConfig, LLMConfig
from narration.context import build_messages
from narration.errors import LLMError
from narration.llm import LLM, ChatMessage, Finish
from narration.llm.opening import open_llm
from tests.narration.processes import child_of_a_killed_parent, children, gone, settled
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.embedded

_MODULE = "narration.llm.embedded_child"
_CONFIG = LLMConfig(max_tokens=60, embedded=EmbeddedLLMConfig(parallel=2))
_PARENT = """
import asyncio
from narration.config import LLMConfig
from narration.llm.opening import open_llm
from tests.narration.processes import children

async def main():
    async with open_llm(LLMConfig()):
        print(*children("narration.llm.embedded_child"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def _messages(prompt: str) -> list[ChatMessage]:
    return build_messages(
        title="The Lighthouse",
        premise="",
        language="en",
        scenes=[],
        prompt=prompt,
        context_tokens=500,
    )


async def _story(llm: LLM, prompt: str = "A keeper finds a door in the rock.") -> str:
    story = ""
    finish = None
    async for piece in llm.stream(_messages(prompt)):
        assert finish is None, "a piece after the last"
        if isinstance(piece, Finish):
            finish = piece
        else:
            story += piece
    assert finish is not None
    return story


@pytest.fixture
async def llm() -> AsyncIterator[LLM]:
    async with open_llm(_CONFIG) as llm:
        yield llm


async def test_it_writes_prose_for_several_readers_at_once(llm: LLM) -> None:
    prompts = ["A keeper finds a door.", "A dragon fears fire.", "The cat becomes mayor.", ""]
    stories = await asyncio.gather(*(_story(llm, prompt) for prompt in prompts))
    for story in stories:
        assert len(story.split()) > 5
        assert story.isprintable() or "\n" in story
        assert not set(story) & set("*#_`([:"), story


async def test_a_killed_model_is_replaced_and_its_scene_fails_clearly(llm: LLM) -> None:
    (first,) = children(_MODULE)
    pieces = llm.stream(_messages("A long tale."))
    assert await anext(pieces)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(LLMError, match="process ended in the middle") as caught:
        async for _ in pieces:
            pass
    assert caught.value.retryable
    assert await _story(llm)
    (second,) = children(_MODULE)
    assert second != first


async def test_a_scene_waits_for_its_first_word_only_so_long() -> None:
    async with open_llm(replace(_CONFIG, first_token_seconds=0.2)) as llm:
        (pid,) = children(_MODULE)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(LLMError, match=r"did not begin to write within 0\.2 s"):
            await _story(llm)
        os.kill(pid, signal.SIGKILL)
        said = ""
        # It may not be noticed at once that it is dead.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "not started again within 0.2 s" not in said:
                with pytest.raises(LLMError) as caught:
                    await _story(llm)
                said = str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_what_all_are_told_is_the_parents_to_obey(
    llm: LLM, number: signal.Signals
) -> None:
    (pid,) = children(_MODULE)
    os.kill(pid, number)
    assert await _story(llm)
    assert children(_MODULE) == [pid]


async def test_random_cancels_leave_nothing_and_free_the_model(llm: LLM) -> None:
    seeded = random.Random(7)
    before = asyncio.all_tasks()
    for _ in range(20):
        story = asyncio.create_task(_story(llm))
        await asyncio.sleep(seeded.random() * 0.15)
        story.cancel()
        await asyncio.wait({story})
    # Both of its places are free: neither waits for a story that nobody reads.
    assert all(await asyncio.gather(_story(llm), _story(llm)))
    await settled()
    assert asyncio.all_tasks() == before


async def test_closing_ends_the_process() -> None:
    async with open_llm(_CONFIG) as llm:
        (pid,) = children(_MODULE)
        pieces = llm.stream(_messages("A long tale."))
        await anext(pieces)
        await pieces.aclose()
    await gone(pid)


async def test_the_process_does_not_outlive_a_killed_parent() -> None:
    await gone(await child_of_a_killed_parent(_PARENT))
