"""Which child processes there are."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.patience import PATIENCE_SECONDS


def children(module: str) -> list[int]:
    """This process's children that run `module`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = (entry / "stat").read_text().rpartition(") ")[2].split()[1]
            command = (entry / "cmdline").read_text().split("\0")
        except (NotADirectoryError, FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if parent == str(os.getpid()) and module in command:
            found.append(int(entry.name))
    return found


async def appeared(module: str) -> int:
    """Wait until this process has a child that runs `module`; return its number."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (pids := children(module)):
            await asyncio.sleep(0.02)
    return pids[0]


async def settled() -> None:
    """Let generators that were left end: asyncio makes a task of that, for the next rounds."""
    for _ in range(10):
        await asyncio.sleep(0)


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while _runs(pid):
            await asyncio.sleep(0.02)


async def child_of_a_killed_parent(program: str) -> int:
    """Run `program`, which prints the number of its child; kill it, and return that number."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        pid = int(await parent.stdout.readline())
    assert _runs(pid)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    return pid


def _runs(pid: int) -> bool:
    try:
        # A dead child of a dead parent may wait long for somebody to take note.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
