"""`narration mock-upstream`: its options, and what it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from web.mock_upstream.serving import mock_upstream
from web.mock_upstream.settings import MockSettings
from web.numbers import not_negative, number, positive, positive_number
from web.server import interrupted

__all__ = ["describe", "mock_settings", "run"]

DESCRIPTION = """A deterministic language model and voice with OpenAI's API, on this machine
only, to test a server under load with `narration load`.  The prompt's `seed=N` chooses the
story; the audio spells the text it is made of."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked for."""
    parser.description = DESCRIPTION
    default = MockSettings()

    def add(name: str, kind: Callable[[str], float], given: float, what: str) -> None:
        what = f"{what} (default: {given:g})"
        parser.add_argument(name, type=kind, default=given, metavar="N", help=what)

    add("--port", number, 9100, "the port on 127.0.0.1; 0 takes any")
    add("--token-rate", positive, default.token_rate, "tokens a second")
    add("--first-token", not_negative, default.first_token, "seconds until the first token")
    add("--first-byte", not_negative, default.first_byte, "seconds until the first audio")
    add("--rtf", not_negative, default.rtf, "seconds it takes to make one second of audio")
    add("--sentences", positive_number, default.sentences, "sentences of a story")
    add("--seed", number, default.seed, "the story where the prompt has no `seed=N`")
    add("--fail-every", number, default.fail_every, "refuse one text of so many; 0: none")


def mock_settings(options: argparse.Namespace) -> MockSettings:
    """What was asked for."""
    names = MockSettings.__struct_fields__
    return MockSettings(**{name: getattr(options, name) for name in names})


async def run(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Serve until the process is told to end."""
    end = interrupted()
    async with mock_upstream(mock_settings(options), options.port) as address:
        say(f"Mock model and voice at {address}/v1 (Ctrl-C ends it)")
        await end.wait()
    return 0
