"""The command line: `narration serve`, `tell` and `store`, and the tools for load tests."""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

from narration.config import Config, StoreConfig
from narration.errors import NarrationError
from narration.settings import load
from web.load import command as load_command
from web.mock_upstream import command as mock_upstream_command
from web.runtime import spare_listeners
from web.server import Interruption, interrupted, serving
from web.storage import prune, show
from web.tell import tell

__all__ = ["main"]

_TOOLS = {"load": load_command, "mock-upstream": mock_upstream_command}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "store" and options.to is not None and options.action is None:
        parser.error("--to is for `narration store prune`")
    try:
        if options.command in _TOOLS:  # They need none of our settings.
            return _run(_TOOLS[options.command].run(options, _say))
        config = load(options.config, os.environ)
        if options.command == "serve":
            _log(config.server.log_level)
            return _run(_serve(config))
        _log("WARNING")
        if options.command == "store":
            pruned = options.action == "prune"
            return _run(_store(config.store, pruned=pruned, to_mb=options.to))
        return _run(
            tell(
                config,
                options.prompt,
                output=options.output,
                play=options.play,
                show_sentences=options.show_sentences,
                server=options.server,
                token=options.token,
                story_id=options.story,
            )
        )
    except NarrationError as error:
        print(f"narration: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


async def _serve(config: Config) -> int:
    end, ready = interrupted(), asyncio.Event()
    print("Starting ...", flush=True)
    serve = asyncio.ensure_future(_serve_until(config, end, ready))
    ending = asyncio.ensure_future(end.wait())
    await asyncio.wait({serve, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not ready.is_set() and end.is_set():
        serve.cancel()  # Nobody needs to wait for models that will not be used.
        await asyncio.wait({serve})
        return 0
    return await serve


async def _serve_until(config: Config, end: Interruption, ready: asyncio.Event) -> int:
    async with serving(config, end, when_built=spare_listeners) as address:
        ready.set()
        print(f"Narration is ready.  Open {address} (Ctrl-C ends it)", flush=True)
        await end.wait()
        with suppress(OSError):  # The terminal may be what has ended.
            print("\nEnding ...", flush=True)
    return 0


async def _store(config: StoreConfig, *, pruned: bool, to_mb: int | None) -> int:
    print(await (prune(config, to_mb) if pruned else show(config)))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _run(work: Coroutine[None, None, int]) -> int:
    try:
        import uvloop
    except ImportError:  # It does not exist for Windows.
        return asyncio.run(work)
    return uvloop.run(work)


def _log(level: str) -> None:
    logging.basicConfig(
        level=level,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # At DEBUG these would print what passes through them: prompts, stories, keys.
    for chatty in ("aiosqlite", "alembic", "httpcore", "httpx", "sqlalchemy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="narration",
        description="Speaks a story while a language model is still writing it.",
    )
    version = importlib.metadata.version("narration")
    parser.add_argument("--version", action="version", version=f"narration {version}")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: ./config.yaml)"
    )
    commands.add_parser("serve", parents=[common], help="run the server")
    teller = commands.add_parser("tell", parents=[common], help="tell one scene, here")
    teller.add_argument("prompt", help="what the scene is about")
    teller.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write .wav, .mp3, .opus or .flac; with --play, it gets what is heard: without "
        "what is skipped, and twice what is heard twice",
    )
    teller.add_argument(
        "--play",
        action="store_true",
        help="play it through the speakers; keys: space to pause and to go on, right arrow or "
        "n for the next sentence, left arrow or p to go back, q to stop",
    )
    teller.add_argument(
        "--show-sentences",
        action="store_true",
        help="print what is spoken in one go on a line each, with its place in the text",
    )
    teller.add_argument("--server", default="", metavar="URL", help="a running server to use")
    teller.add_argument("--token", default="", help="your token at that server")
    teller.add_argument(
        "--story", type=int, metavar="ID", help="go on with that server's story"
    )
    storage = commands.add_parser("store", parents=[common], help="show or prune stored audio")
    storage.add_argument(
        "action",
        nargs="?",
        choices=["prune"],
        help="delete the audio that was not used for longest until the rest is within its "
        "limit, and make the database file smaller; safe while the server runs",
    )
    storage.add_argument(
        "--to",
        type=_megabytes,
        metavar="MB",
        help="prune to so much audio (default: store.max_audio_mb)",
    )
    load_command.describe(commands.add_parser("load", help="test a running server under load"))
    mock_upstream_command.describe(
        commands.add_parser("mock-upstream", help="run a model and a voice for load tests")
    )
    return parser


def _megabytes(given: str) -> int:
    if not given.isascii() or not given.isdigit():
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of megabytes")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
