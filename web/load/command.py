"""`narration load`: its options, and what it runs."""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from web.load.limits import describe_limits, missed
from web.load.report import HEADING, LoadReport, row
from web.load.run import Load, run_load
from web.load.soak import Soak, SoakReport, run_soak, tell
from web.load.target import Target
from web.numbers import not_negative, number, positive, positive_number

__all__ = ["describe", "run"]

DESCRIPTION = """Opens live sessions on a running server whose model and voice are `narration
mock-upstream`, and checks that every listener gets all text and all audio, once and in order.
The exit status is 0 if all is well, 1 if a session failed or a limit was missed, and 3 if the
load side was itself too slow for the figures to mean anything."""

INVALID = 3

_MOST_SEED = 900_000_000
"""The mock upstream reads nine digits."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked for."""
    parser.description = DESCRIPTION
    add = parser.add_argument
    add("--url", default="http://127.0.0.1:9876", help="the server (default: %(default)s)")
    add(
        "--upstream",
        default="http://127.0.0.1:9100",
        metavar="URL",
        help="its `narration mock-upstream` (default: %(default)s)",
    )
    add("--token", default="", help="your token at that server")
    add("--sessions", type=positive_number, default=10, metavar="N", help="at once")
    add(
        "--ramp",
        type=not_negative,
        default=3.0,
        metavar="SECONDS",
        help="within which all of them begin (default: %(default)g)",
    )
    add("--format", default="pcm", choices=["pcm", "wav", "mp3", "opus"], help="of the audio")
    add("--timeout", type=positive, default=300.0, metavar="SECONDS", help="for one session")
    add(
        "--seed",
        type=number,
        metavar="N",
        help="the first session's story, the next one's is N + 1, and so on (default: any; a "
        "server may have kept what it has spoken)",
    )
    add("--pid", type=number, metavar="PID", help="the server's process: CPU and memory")
    add("--name", default="", help="how the table calls the run")
    add(
        "--soak",
        type=positive,
        metavar="SECONDS",
        help="instead let so many listeners at once come, go, pause, skip and stop for so "
        "long, and tell whether the server grows",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures")
    describe_limits(parser)


async def run(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run it, and say what came of it; returns the exit status.

    Raises:
        LoadError: it cannot be run.
    """
    allow_many_files()
    if options.seed is None:
        options.seed = secrets.randbelow(_MOST_SEED)
    async with Target.opened(options.url, options.upstream, options.token) as target:
        if options.soak is not None:
            return await _soak(target, options, say)
        return await _load(target, options, say)


async def _load(
    target: Target, options: argparse.Namespace, say: Callable[[str], None]
) -> int:
    names = Load.__struct_fields__
    report = await run_load(target, Load(**{name: getattr(options, name) for name in names}))
    say(HEADING)
    say(row(report))
    await _write(options.json, report)
    wrong = missed(options, report)
    for line in wrong:
        say(f"missed {line}")
    if report.invalid:
        return INVALID
    return 1 if wrong or report.sound < report.sessions else 0


async def _soak(
    target: Target, options: argparse.Namespace, say: Callable[[str], None]
) -> int:
    soak = Soak(
        seconds=options.soak,
        listeners=options.sessions,
        seed=options.seed,
        pid=options.pid,
    )
    report = await run_soak(target, soak)
    tell(report, say)
    await _write(options.json, report)
    return 1 if report.failed else 0


async def _write(file: Path | None, report: LoadReport | SoakReport) -> None:
    if file is not None:
        data = msgspec.json.format(msgspec.json.encode(report))
        await asyncio.to_thread(file.write_bytes, data)


def allow_many_files() -> None:
    """Sockets count as files, of which a process may have few unless it asks."""
    try:
        import resource
    except ImportError:  # It does not exist for Windows.
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
