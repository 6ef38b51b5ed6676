"""`narration load` and `narration mock-upstream`, as they are typed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec
import pytest

from web import cli
from web.load import command as load_command
from web.load.report import HEADING, LoadReport
from web.load.soak import SoakReport
from web.load.target import LoadError
from web.mock_upstream import command as mock_command
from web.mock_upstream.settings import MockSettings

NOBODY = "http://127.0.0.1:1"


def asked(command: Any, *arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.describe(parser)
    return parser.parse_args(arguments)


def test_the_mock_upstream_does_what_it_is_asked_for() -> None:
    options = asked(mock_command, "--token-rate=80", "--rtf=0", "--sentences=3", "--seed=9")
    assert options.port == 9100
    assert mock_command.mock_settings(options) == MockSettings(
        token_rate=80.0, rtf=0.0, sentences=3, seed=9
    )


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (mock_command, ["--token-rate=0"]),
        (mock_command, ["--sentences=0"]),
        (mock_command, ["--port=-1"]),
        (mock_command, ["--rtf=inf"]),
        (load_command, ["--sessions=0"]),
        (load_command, ["--ramp=nan"]),
        (load_command, ["--format=flac"]),
        (load_command, ["--max-dry=many"]),
    ],
)
def test_what_cannot_be_is_refused(command: Any, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        asked(command, *arguments)
    assert refused.value.code == 2


async def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(LoadError, match="no answer from http://127"):
        await load_command.run(asked(load_command, "--url", NOBODY), lambda _: None)


def test_the_command_line_tells_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["load", "--url", NOBODY, "--sessions=1"]) == 2
    assert "narration: no answer from http://127" in capsys.readouterr().err


@pytest.mark.parametrize("soak", [False, True])
async def test_its_figures_are_shown_and_written(
    start: Any, tmp_path: Path, soak: bool
) -> None:
    lines, file = list[str](), tmp_path / "report.json"
    mock = MockSettings(token_rate=400, first_token=0.05, first_byte=0.02, rtf=0.01)
    async with start(msgspec.structs.replace(mock, sentences=3)) as target:
        given = ["--url", target.url, "--upstream", target.upstream, "--json", str(file)]
        given += ["--sessions=2", "--ramp=0", "--max-ttfa-p95=0.001"]
        options = asked(load_command, *given, *(["--soak=1"] if soak else []))
        status = await load_command.run(options, lines.append)
    if soak:
        report = msgspec.json.decode(file.read_bytes(), type=SoakReport)
        assert (status, report.failed) == (0, 0)
        assert lines[0].startswith("visits: ")
    else:
        figures = msgspec.json.decode(file.read_bytes(), type=LoadReport)
        assert (figures.sessions, figures.sound) == (2, 2)
        assert lines[0] == HEADING
        assert lines[2].startswith("missed --max-ttfa-p95 0.001: it was ")
        assert status == (load_command.INVALID if figures.invalid else 1)
