"""The server as its user starts it: a process, with the embedded model and voice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from tests.patience import PATIENCE_SECONDS

__all__ = ["RealServer"]

_ADDRESS = re.compile(r"http://\S+")


class RealServer:
    """`narration serve`, on a free port, with a database in `folder`."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._log = folder / "server.log"
        settings = {
            "NARRATION_SERVER__PORT": "0",
            "NARRATION_STORE__PATH": str(folder / "narration.db"),
        }
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "web.cli", "serve"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | settings | variables,
                start_new_session=True,
            )
        self.url = self._wait_until_ready()

    def _wait_until_ready(self) -> str:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if found := _ADDRESS.search(self.log()):
                return found.group()
            time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(f"the server did not start:\n{self.log()}")

    def log(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def children(self) -> list[int]:
        """The processes it has started and that still run."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()


def running(pid: int) -> bool:
    """Whether a process is there and not just its remains."""
    try:
        stat: IO[str]
        with Path(f"/proc/{pid}/stat").open() as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
