"""The server under load, beside an ordinary aiohttp program, in one run on one machine.

Run it with `make bench`, on a machine that does nothing else.  The server has core 0; the
mock model and voice and the load generator have core 1.  Each is a process of its own, and the
server's database is new.  SESSIONS="1 10 50" chooses other numbers of sessions.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from web.load.report import HEADING, LoadReport, row

SESSIONS = [int(count) for count in os.environ.get("SESSIONS", "1 10 50 100 200").split()]
RAMP_SECONDS = 3
START_SECONDS = 60
TASKSET = shutil.which("taskset") if (os.cpu_count() or 1) > 1 else None
NARRATION = [sys.executable, "-m", "web.cli"]
ORDINARY = Path(__file__).with_name("ordinary_program.py")
INVALID = 3
TRIES = 2
ADDRESS = re.compile(r"http://[\w.]+:\d+")


def settings(upstream: str) -> dict[str, Any]:
    """Windows that nobody waits for, and sound that is not changed: it is checked."""
    voice = {"type": "openai", "url": f"{upstream}/v1", "voice": "v", "concurrency": 1_000}
    most = 2 * max(SESSIONS) + 10
    return {
        "server": {"port": 0, "log_level": "WARNING"},
        "llm": {"url": f"{upstream}/v1", "model": "mock"},
        "speech": {"providers": {"mock": voice}},
        "loudness": {"even": False},
        "text": {"pause_between_sentences_ms": 0, "pause_between_paragraphs_ms": 0},
        "session": {
            "max_sessions": most,
            "max_sessions_per_user": most,
            "send_ahead_seconds": 600,
            "synthesis_ahead_seconds": 600,
            "save_ahead_seconds": 600,
        },
    }


class Process:
    """A program on a core of its own, and what it prints."""

    def __init__(self, command: list[str], core: int, log: Path, **variables: str) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [*pinned(core), *command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | variables,
            )
        self.pid = self._process.pid  # taskset becomes the program.

    def address(self) -> str:
        """Where it serves, as soon as it does."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if found := ADDRESS.search(self._log.read_text(errors="replace")):
                return found.group()
            time.sleep(0.05)
        raise SystemExit(f"it did not start:\n{self._log.read_text(errors='replace')}")

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(START_SECONDS)


def pinned(core: int) -> list[str]:
    return [TASKSET, "-c", str(core)] if TASKSET else []


def one_run(
    name: str, sessions: int, url: str, upstream: str, pid: int, ramp: float = RAMP_SECONDS
) -> LoadReport:
    """Once more if the load side was late: others may have used the machine."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [*NARRATION, "load", "--url", url, "--upstream", upstream]
        command += ["--sessions", str(sessions), "--ramp", str(ramp)]
        command += ["--pid", str(pid), "--name", name, "--json", str(file)]
        for _ in range(TRIES):
            done = subprocess.run([*pinned(1), *command], capture_output=True, text=True)
            if not file.exists():
                raise SystemExit(done.stdout + done.stderr)
            if done.returncode != INVALID:
                break
        return msgspec.json.decode(file.read_bytes(), type=LoadReport)


def measure(name: str, command: list[str], upstream: str, folder: Path) -> list[LoadReport]:
    """A fresh server, warmed up by two sessions, at each number of sessions."""
    server = Process(
        command, 0, folder / f"{name}.log", NARRATION_STORE__PATH=str(folder / "narration.db")
    )
    reports = list[LoadReport]()
    try:
        url = server.address()
        one_run("warm-up", 2, url, upstream, server.pid, ramp=0)
        for sessions in SESSIONS:
            report = one_run(name, sessions, url, upstream, server.pid)
            sys.stdout.write(f"{row(report)}\n")
            sys.stdout.flush()
            reports.append(report)
    finally:
        server.end()
    return reports


def ratios(ours: list[LoadReport], ordinary: list[LoadReport]) -> Iterator[str]:
    """What the server takes of what the ordinary program takes."""
    for one, other in zip(ours, ordinary, strict=True):
        base = other.cpu_per_session(with_children=True)
        own = one.cpu_per_session(with_children=False)
        both = one.cpu_per_session(with_children=True)
        if base and own is not None and both is not None:
            yield (
                f"{one.sessions:>5} sessions: {own / base:.1f} times the CPU of the ordinary "
                f"program in its own process, {both / base:.1f} times with its child processes"
            )


def main() -> None:
    if not TASKSET:
        sys.stdout.write("Nothing is pinned to a core: the figures will be less steady.\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        mock = Process([*NARRATION, "mock-upstream", "--port", "0"], 1, folder / "mock.log")
        try:
            upstream = mock.address()
            config = folder / "config.yaml"
            config.write_text(json.dumps(settings(upstream)))  # JSON is YAML.
            sys.stdout.write(f"{HEADING}\n")
            serve = [*NARRATION, "serve", "--config", str(config)]
            ours = measure("narration", serve, upstream, folder)
            ordinary = measure(
                "ordinary", [sys.executable, str(ORDINARY), upstream], upstream, folder
            )
        finally:
            mock.end()
    sys.stdout.write("\n" + "\n".join(ratios(ours, ordinary)) + "\n")


if __name__ == "__main__":
    main()
