"""`narration tell`: one scene in the terminal, read along and heard."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from narration.audio import SAMPLE_RATE, FileEncoder, FileFormat, duration_ms
from narration.config import Config
from narration.errors import ConfigError
from narration.events import (
    AudioChunk,
    Error,
    Event,
    GenerationComplete,
    GenerationStopped,
    SentenceSkipped,
    TextChunk,
)
from web.client import Client, RefusedByServer
from web.screen import Screen
from web.server import interrupted, serving

__all__ = ["tell"]

_FORMATS: dict[str, FileFormat] = {
    ".wav": "wav",
    ".mp3": "mp3",
    ".opus": "opus",
    ".ogg": "opus",
    ".flac": "flac",
}
_PLAYERS = (
    ("paplay", "--raw", "--format=s16le", f"--rate={SAMPLE_RATE}", "--channels=1"),
    ("aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", str(SAMPLE_RATE), "-c", "1"),
    ("ffplay", "-nodisp", "-autoexit", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-"),
)


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
    player = _player() if play else None
    status = sys.stderr
    async with _some_server(config, server, token, status) as client:
        if story_id is None:
            story_id = await client.create_story(_title(prompt))
        scene = _Scene(FileEncoder(format) if format else None, show_sentences)
        speaker = await _start(player) if player else None
        stop = interrupted()
        try:
            async with aclosing(client.listen(story_id, prompt)) as events:
                with Screen(status, sys.stdout) as screen:
                    await _follow(events, scene, screen, speaker, stop)
        except RefusedByServer as error:
            scene.fail(str(error))  # What has come is kept all the same.
        except BrokenPipeError:
            # Whoever reads along has read enough; what is buffered has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if scene.file is not None and output is not None:
            await asyncio.to_thread(_write, output, scene.file)
        if speaker is not None:
            await _hear_out(speaker, stop)
    scene.sum_up(output)
    return 130 if stop.is_set() else 1 if scene.failed else 0


class _Scene:
    """What has come so far."""

    def __init__(self, file: FileEncoder | None, show_sentences: bool) -> None:
        self.file = file
        self._show_sentences = show_sentences
        self.failed = False
        self._began = time.monotonic()
        self._first_audio: float | None = None
        self._text = ""
        self._sentences = 0
        self._holes = 0
        self._audio_ms = 0.0
        self._trouble: list[str] = []

    def fail(self, message: str) -> None:
        """Note why the scene is not whole."""
        self.failed = True
        self._trouble.append(message)

    def take(self, event: Event, screen: Screen) -> bytes:
        """Note an event, and show what is to be read of it; returns the audio in it."""
        match event:
            case TextChunk():
                self._text += event.text
                if not self._show_sentences:
                    screen.say(event.text)
            case AudioChunk() if isinstance(event.audio, bytes):
                if self._show_sentences and event.chunk_number == 0:
                    screen.say(_listed(event))
                self._hear(event, event.audio)
                return event.audio
            case SentenceSkipped():
                self._holes += 1
                if self._show_sentences:
                    screen.say(_listed(event, f"  ({event.reason})"))
            case Error():
                self.fail(event.message)
            case GenerationStopped():
                self.fail("The scene was stopped at the server.")
            case GenerationComplete() if not self._show_sentences:
                screen.say("\n")
            case _:
                pass
        return b""

    def _hear(self, chunk: AudioChunk, pcm: bytes) -> None:
        if pcm and self._first_audio is None:
            self._first_audio = time.monotonic() - self._began
        self._audio_ms += duration_ms(pcm)
        self._sentences += chunk.final
        if self.file is not None:
            self.file.feed(pcm)

    def summary(self) -> str:
        """The figures so far, in one line."""
        parts = [
            f"{len(self._text.split())} words",
            f"{self._sentences} sentences spoken",
            f"{self._audio_ms / 1_000:.1f} s of audio",
        ]
        if self._first_audio is not None:
            parts.append(f"first audio after {self._first_audio:.2f} s")
        if self._holes:
            parts.append(f"{self._holes} sentences without audio")
        return ", ".join(parts)

    def sum_up(self, output: Path | None) -> None:
        """The last word: figures, and where the audio is."""
        took = time.monotonic() - self._began
        for message in self._trouble:
            print(f"\n{message}", file=sys.stderr)
        print(f"\n{self.summary()}, {took:.1f} s in all", file=sys.stderr)
        if output is not None:
            print(f"written to {output}", file=sys.stderr)


def _listed(sentence: AudioChunk | SentenceSkipped, remark: str = "") -> str:
    place = f"{sentence.start}-{sentence.end}"
    shown = " ".join(sentence.sentence_text.split())
    return f"{sentence.sentence_number:>4}  {place:<11}  {shown}{remark}\n"


async def _follow(
    events: AsyncIterator[Event],
    scene: _Scene,
    screen: Screen,
    speaker: asyncio.subprocess.Process | None,
    stop: asyncio.Event,
) -> None:
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(events, None))
            await asyncio.wait({stopping, following}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                await asyncio.wait({following})
                return
            event = following.result()
            if event is None:
                return
            pcm = scene.take(event, screen)
            screen.show(scene.summary())
            if pcm and speaker is not None and speaker.returncode is None:
                assert speaker.stdin is not None
                speaker.stdin.write(pcm)
    finally:
        stopping.cancel()


@asynccontextmanager
async def _some_server(
    config: Config, server: str, token: str, status: TextIO
) -> AsyncIterator[Client]:
    here = f"http://{config.server.host}:{config.server.port}"
    if not server:  # Our own: only it may be told a token of our settings.
        token = token or next(iter(config.auth.tokens.values()), "")
    async with Client(server or here, token) as client:
        if await client.is_there():
            yield client
            return
    if server:
        raise ConfigError(f"no narration server answers at {server}")
    print("starting the model and the voice ...", file=status, flush=True)
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


async def _hear_out(speaker: asyncio.subprocess.Process, stop: asyncio.Event) -> None:
    """Let the player come to its end, or end it at Ctrl-C."""
    if speaker.stdin is not None:
        speaker.stdin.close()
    playing, stopping = (
        asyncio.ensure_future(speaker.wait()),
        asyncio.ensure_future(stop.wait()),
    )
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        speaker.terminate()
    await playing


def _player() -> tuple[str, ...]:
    for player in _PLAYERS:
        if shutil.which(player[0]):
            return player
    names = ", ".join(player[0] for player in _PLAYERS)
    raise ConfigError(f"--play needs one of {names}; install one, or write a file with -o")


async def _start(player: tuple[str, ...]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *player, stdin=asyncio.subprocess.PIPE, start_new_session=True
    )


def _title(prompt: str) -> str:
    words = " ".join(prompt.split())
    return words[:57] + "..." if len(words) > 60 else words or "A story"
