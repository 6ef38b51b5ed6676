"""What a person types, and sees: `narration tell`, `narration serve`, the README's client."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer, running

pytestmark = pytest.mark.embedded

README = Path(__file__).parents[2] / "README.md"


def narration(*arguments: str, cwd: Path | None = None, **variables: str) -> list[str]:
    """Run the command line to its end; returns its exit status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(README.parent)} | variables,
        check=False,
    )
    return [str(done.returncode), done.stdout, done.stderr]


def test_tell_writes_a_scene_and_says_how_fast_it_came(
    real_server: RealServer, tmp_path: Path
) -> None:
    file = tmp_path / "scene.wav"
    status, text, report = narration(
        "tell", "A fox crosses the ice.", "-o", str(file), "--server", real_server.url
    )
    assert status == "0", report
    assert len(text.split()) > 10
    figures = re.search(
        r"(\d+) words, (\d+) sentences spoken, ([\d.]+) s of audio, "
        r"first audio after ([\d.]+) s",
        report,
    )
    assert figures, report
    assert int(figures[1]) == len(text.split())
    with wave.open(str(file)) as scene:
        assert (scene.getframerate(), scene.getnchannels()) == (24_000, 1)
        assert scene.getnframes() / 24_000 == pytest.approx(float(figures[3]), abs=0.1)


def test_tell_can_show_what_is_spoken_in_one_go(real_server: RealServer) -> None:
    status, lines, report = narration(
        "tell", "A lamp.", "--show-sentences", "--server", real_server.url
    )
    assert status == "0", report
    end = 0
    for number, line in enumerate(lines.splitlines()):
        shown = re.fullmatch(r" *(\d+)  (\d+)-(\d+) +(\S.*)", line)
        assert shown, line
        assert int(shown[1]) == number
        assert end <= int(shown[2]) < int(shown[3])
        end = int(shown[3])
    assert end > 20


def test_the_readmes_client_works_as_it_stands(
    real_server: RealServer, tmp_path: Path
) -> None:
    (client,) = re.findall(r"```python\n(.+?)```", README.read_text(), re.DOTALL)
    assert len([line for line in client.splitlines() if line]) <= 24
    file = tmp_path / "client.py"
    file.write_text(client.replace("http://localhost:9876", real_server.url))
    done = subprocess.run(
        [sys.executable, file.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 20
    files = sorted(tmp_path.glob("*.mp3"))
    assert files
    assert all(file.stat().st_size > 2_000 for file in files)


def test_sigterm_ends_it_cleanly_with_all_its_children(tmp_path: Path) -> None:
    server = RealServer(tmp_path)
    children = server.children()
    assert len(children) >= 2
    assert server.end(signal.SIGTERM) == 0
    assert not any(map(running, children))
    assert "Traceback" not in server.log()


def test_killing_it_leaves_no_child_behind(tmp_path: Path) -> None:
    server = RealServer(tmp_path)
    children = server.children()
    server.end(signal.SIGKILL)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(map(running, children)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(running, children))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tell", "x", "-o", "scene.aac"], ".mp3"),
        (["tell", "x", "-o", "nowhere/scene.wav"], "no folder"),
        (["tell", "x", "--server", "http://127.0.0.1:1"], "no narration server answers"),
        (["serve", "--config", "nothing.yaml"], "nothing.yaml"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    status, _, report = narration(*arguments, cwd=tmp_path)
    assert status == "2"
    assert says in report
    assert len(report.strip().splitlines()) == 1


def test_a_second_server_on_the_same_port_is_refused_at_once(
    real_server: RealServer, tmp_path: Path
) -> None:
    port = real_server.url.rpartition(":")[2]
    status, _, report = narration(
        "serve",
        cwd=tmp_path,
        NARRATION_SERVER__PORT=port,
        NARRATION_STORE__PATH=str(tmp_path / "x.db"),
    )
    assert status == "2"
    assert "NARRATION_SERVER__PORT" in report
    assert not (tmp_path / "x.db").exists()


def test_a_wrong_setting_is_told_by_its_name(tmp_path: Path) -> None:
    status, _, report = narration("serve", cwd=tmp_path, NARRATION_SERVER__PORT="many")
    assert status == "2"
    assert "NARRATION_SERVER__PORT" in report
