"""`narration tell`: one scene in the terminal, read along and heard."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from narration.audio import FileEncoder, FileFormat
from narration.config import Config
from narration.errors import ConfigError
from web.client import Client
from web.keyboard import Key, Keyboard
from web.player import Player, find_player
from web.screen import Screen
from web.server import serving
from web.telling import Telling
from web.terminal import Terminal
from web.told import Told

__all__ = ["tell"]

_FORMATS: dict[str, FileFormat] = {
    ".wav": "wav",
    ".mp3": "mp3",
    ".opus": "opus",
    ".ogg": "opus",
    ".flac": "flac",
}


async def tell(
    config: Config,
    prompt: str,
    *,
    output: Path | None,
    play: bool,
    show_sentences: bool,
    server: str,
    token: str,
    story_id: int | None,
) -> int:
    """Tell one scene; returns the exit status.

    It comes from the server at `server`, or from one that runs where `config` says, or
    else from one made for the occasion, with a database that is thrown away.

    Raises:
        NarrationError: it cannot be told; the message says why.
    """
    format = _format(output)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # A terminal need not have every character.
    command = find_player() if play else None
    told, stop = Told(format), asyncio.Event()
    async with _some_server(config, server, token) as client:
        if story_id is None:
            story_id = await client.create_story(_title(prompt))
        player = await Player.start(command) if command else None
        try:
            live = await client.begin(story_id, prompt)
            screen = Screen(sys.stderr, sys.stdout)
            telling = Telling(live, told, screen, player, show_sentences=show_sentences)
            await _until(stop, _tell(telling, screen, player, stop))
        finally:
            if player is not None:
                await player.end()
        if told.file is not None and output is not None:
            await asyncio.to_thread(_write, output, told.file)
    _sum_up(told, output)
    return 130 if stop.is_set() else 1 if told.troubles else 0


async def _tell(
    telling: Telling, screen: Screen, player: Player | None, stop: asyncio.Event
) -> None:
    def press(key: Key) -> None:
        if key == "stop":
            stop.set()
        else:
            telling.press(key)

    keyboard = Keyboard(sys.stdin, press) if player is not None else None
    try:
        with Terminal(screen, keyboard, stop):
            await telling.run()
            if player is not None:
                await player.finish()
    except BrokenPipeError:
        # Whoever reads along has read enough; what is buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _until(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do it, but no further than until `stop`."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait({working, stopping})
    if not working.cancelled():
        working.result()


def _sum_up(told: Told, output: Path | None) -> None:
    for trouble in told.troubles:
        print(f"\n{trouble}", file=sys.stderr)
    print(f"\n{told.summary()}, {told.seconds():.1f} s in all", file=sys.stderr)
    if output is not None:
        print(f"written to {output}", file=sys.stderr)


@asynccontextmanager
async def _some_server(config: Config, server: str, token: str) -> AsyncIterator[Client]:
    here = f"http://{config.server.host}:{config.server.port}"
    if not server:  # Our own: only it may be told a token of our settings.
        token = token or next(iter(config.auth.tokens.values()), "")
    async with Client(server or here, token) as client:
        if await client.is_there():
            yield client
            return
    if server:
        raise ConfigError(f"no narration server answers at {server}")
    print("starting the model and the voice ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="narration-") as folder:
        replace = msgspec.structs.replace
        own = replace(
            config,
            server=replace(config.server, host="127.0.0.1", port=0),
            store=replace(config.store, path=f"{folder}/narration.db"),
        )
        async with serving(own) as address, Client(address, token) as client:
            yield client


def _format(output: Path | None) -> FileFormat | None:
    if output is None:
        return None
    if output.is_dir():
        raise ConfigError(f"{output}: this is a folder")
    format = _FORMATS.get(output.suffix.lower())
    if format is None:
        raise ConfigError(f"{output}: the file's name ends in one of {', '.join(_FORMATS)}")
    if not output.parent.is_dir():
        raise ConfigError(f"{output}: there is no folder {output.parent}")
    return format


def _write(output: Path, file: FileEncoder) -> None:
    try:
        output.write_bytes(file.finish())
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written: {error.strerror}") from error


def _title(prompt: str) -> str:
    words = " ".join(prompt.split())
    return words[:57] + "..." if len(words) > 60 else words or "A story"
