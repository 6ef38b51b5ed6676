"""Child processes: they get ready or say why not, are replaced, and always end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import pytest

from narration.child import Child
from narration.errors import LLMError
from narration.kept_child import KeptChild
from tests.narration.processes import children, gone

_MODULE = "tests.narration.fake_child"


def _start(behaviour: str, within_seconds: float = 30) -> Coroutine[Any, Any, Child]:
    return Child.start(
        _MODULE, behaviour, name="fake", kind=LLMError, within_seconds=within_seconds
    )


async def test_a_child_that_is_ready_says_where() -> None:
    child = await _start("work")
    assert child.hello.address == "here"
    await child.end()
    await child.end()
    assert children(_MODULE) == []


async def test_what_libraries_print_does_not_reach_the_parents_ear() -> None:
    child = await _start("print")
    assert child.hello.address == "here"
    await child.end()
    assert child.last_words == "a library prints"


@pytest.mark.parametrize(
    ("behaviour", "said", "retryable"),
    [
        ("refuse", "fake: install the extra", False),
        ("die", r"fake: its process ended unexpectedly \(status 3\)", True),
        ("babble", "fake: its process does not say that it is ready", False),
        ("dawdle", r"fake: its process was not ready within 0\.5 s", True),
    ],
)
async def test_a_child_that_cannot_work_says_why_and_is_gone(
    behaviour: str, said: str, retryable: bool
) -> None:
    with pytest.raises(LLMError, match=said) as caught:
        await _start(behaviour, within_seconds=0.5 if behaviour == "dawdle" else 30)
    assert caught.value.retryable is retryable
    assert children(_MODULE) == []


async def test_a_child_that_clings_to_life_is_killed() -> None:
    child = await _start("cling")
    await child.end()
    assert children(_MODULE) == []


async def test_starting_can_be_cancelled() -> None:
    starting = asyncio.create_task(_start("dawdle"))
    while not children(_MODULE):
        await asyncio.sleep(0.02)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert children(_MODULE) == []


async def test_work_ends_with_the_child() -> None:
    child = await _start("work")
    work = asyncio.create_task(child.while_alive(asyncio.Event().wait()))
    await asyncio.sleep(0)
    child.kill()
    assert await work is None
    assert child.has_ended
    assert "signal 9" in str(await child.death())
    await child.end()


async def test_a_kept_child_is_replaced_until_it_is_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = KeptChild(lambda: _start("work"))
    await kept.start()
    pids = set()
    for _ in range(3):
        child = await kept.child()
        pids.add(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        await child.death()
    await kept.child()
    assert len(pids) == 3
    assert "starting it again" in caplog.text
    await kept.aclose()
    await kept.aclose()
    assert children(_MODULE) == []


async def test_nobody_waits_for_a_child_that_does_not_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    behaviours = iter(["work", "die", "work"])
    kept = KeptChild(lambda: _start(next(behaviours)))
    await kept.start()
    first = await kept.child()
    first.kill()
    await first.death()
    with pytest.raises(LLMError, match="status 3"):
        await kept.child()
    while not kept.works:
        await asyncio.sleep(0.02)
    assert (await kept.child()).pid != first.pid
    assert "the next try is in" in caplog.text
    await kept.aclose()


async def test_closing_releases_those_who_wait_for_the_next_child() -> None:
    behaviours = iter(["work", "dawdle"])
    kept = KeptChild(lambda: _start(next(behaviours)))
    await kept.start()
    first = await kept.child()
    first.kill()
    await first.death()
    waiting = asyncio.create_task(kept.child())
    await gone(first.pid)
    while not children(_MODULE):
        await asyncio.sleep(0.02)
    await kept.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert children(_MODULE) == []


@pytest.mark.parametrize(
    ("module", "library", "args"),
    [
        (
            "narration.llm.embedded_child",
            "xllamacpp",
            ["--parallel=1", "--threads=1", "--prompt-threads=1", "--context-tokens=512"],
        ),
        ("narration.speech.embedded.child", "hibari", ["--threads=1"]),
    ],
)
async def test_without_its_library_a_child_says_what_to_install(
    module: str, library: str, args: list[str]
) -> None:
    program = (
        "import runpy, sys; "
        f"sys.modules[{library!r}] = None; "
        f"runpy.run_module({module!r}, run_name='__main__')"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *args,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    said, _ = await child.communicate()
    assert b"pip install 'narration[embedded]'" in said
    assert child.returncode == 0
