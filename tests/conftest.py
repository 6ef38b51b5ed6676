"""What holds for every test: nothing blocks the loop, and in CI nothing is skipped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings

from tests.real_server import RealServer

# How long an example takes depends on the machine, so time fails none.
settings.register_profile("narration", deadline=None)
settings.load_profile("narration")


# Who runs the tests in the background may ignore these, and the programs that they start
# would too.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """Make a blocking call on the event loop raise, where our code is what leads to it."""
    with blockbuster_ctx(["narration", "actors", "web"]):
        yield


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One server with the embedded model and voice, for all tests that only use it.

    Its scenes are short.
    """
    settings = {"NARRATION_LLM__MAX_TOKENS": "120"}
    server = RealServer(tmp_path_factory.mktemp("server"), **settings)
    yield server
    server.end()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if count := _skipped(config):
        terminalreporter.section("nothing may be skipped in CI", red=True)
        terminalreporter.line(f"{count} skipped, for the reasons above")


def _skipped(config: pytest.Config) -> int:
    """How many tests were skipped that must not be."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        return 0
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0
