"""The clock of tests always gets on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.virtual_time import run


def test_tasks_that_wake_in_turns_just_before_their_time_come_to_it() -> None:
    async def until(at: float) -> None:
        time = asyncio.get_running_loop().time
        while time() < at:
            with suppress(TimeoutError):
                async with asyncio.timeout(at - time()):
                    await asyncio.Event().wait()

    async def waits(turns: int) -> None:
        await until(5.0 - 1e-10)
        for _ in range(turns):
            await asyncio.sleep(0)
        await until(5.0)

    async def main() -> None:
        async with asyncio.TaskGroup() as waiting:
            for turns in range(4):
                waiting.create_task(waits(turns))
        assert asyncio.get_running_loop().time() == 5.0

    run(main())
