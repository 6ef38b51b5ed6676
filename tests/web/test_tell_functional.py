"""`narration tell` as a person has it: keys, sound, and a terminal that is left whole."""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.web.scripted_narration import ScriptedNarration, Trouble
from tests.web.told_in_a_terminal import BROKEN, telling
from web.wire import Pause, Playback, Resume, SkipSentence

MS = 48
SENTENCES = [os.urandom(ms * MS) for ms in (4_000, 2_000, 500, 250)]
SHORT = [os.urandom(500 * MS) for _ in range(4)]
LEFT, RIGHT = "\033[D", "\033[C"


@pytest.fixture
async def server() -> AsyncGenerator[ScriptedNarration]:
    server = ScriptedNarration(SENTENCES, ends=False)
    async with server.running():
        yield server


@pytest.fixture
async def short() -> AsyncGenerator[ScriptedNarration]:
    server = ScriptedNarration(SHORT, ends=False)
    async with server.running():
        yield server


def samples(file: Path) -> bytes:
    with wave.open(str(file)) as scene:
        return bytes(scene.readframes(scene.getnframes()))


async def test_keys_hold_and_move_what_is_heard(
    server: ScriptedNarration, tmp_path: Path
) -> None:
    file = tmp_path / "scene.wav"
    options = ("--play", "-o", str(file), "--server", server.url)
    async with telling(tmp_path, *options) as terminal:
        # Space: silence at once, and on from there.
        await terminal.until(lambda: len(terminal.heard()) >= 400 * MS)
        assert not terminal.waits_for_lines()
        terminal.type(" ")
        await terminal.until(lambda: Pause() in server.said and "paused 0:" in terminal.shown)
        held = len(terminal.heard())
        await asyncio.sleep(0.7)
        assert len(terminal.heard()) == held
        terminal.type(" ")
        await terminal.until(lambda: len(terminal.heard()) > held)
        await terminal.until(lambda: Resume() in server.said)
        assert SENTENCES[0].startswith(terminal.heard())

        # On: what was sent of the sentence is dropped.
        terminal.type(RIGHT)
        await terminal.until(lambda: SENTENCES[1][: 100 * MS] in terminal.heard())
        assert SkipSentence(1) in server.said
        first, _, _ = terminal.heard().partition(SENTENCES[1][: 100 * MS])
        assert SENTENCES[0].startswith(first)
        assert len(first) < len(SENTENCES[0])

        # Back, soon after a sentence has begun: to the one before, which is sent again.
        await terminal.until(lambda: server.reported().sentence_number == 1)
        terminal.type(LEFT)
        await terminal.until(lambda: SkipSentence(0) in server.said)
        again = SENTENCES[0][: 100 * MS]
        await terminal.until(lambda: again in terminal.heard()[len(first) :])
        second, _, _ = terminal.heard()[len(first) :].partition(again)
        assert SENTENCES[1].startswith(second)
        assert len(second) < len(SENTENCES[1])

        # When the server has nothing more to send, keys do the same.
        server.end()
        await terminal.until(lambda: not server.sockets)
        terminal.type("n")
        assert await terminal.end() == 0
        assert terminal.is_whole()
        third = terminal.heard()[len(first + second) :].removesuffix(b"".join(SENTENCES[1:]))
        assert SENTENCES[0].startswith(third)
        assert len(third) < len(SENTENCES[0])
        assert server.said.count(SkipSentence(1)) == 1
        assert samples(file) == terminal.heard()
        assert f"{len(terminal.heard()) / 48_000:.1f} s of audio" in terminal.shown


async def test_a_broken_connection_is_not_heard(
    short: ScriptedNarration, tmp_path: Path
) -> None:
    first_audio = len(SHORT) + 3
    short.troubles.append(Trouble("cut inside", first_audio + 9))
    async with telling(tmp_path, "--play", "--server", short.url) as terminal:
        await terminal.until(lambda: terminal.heard())
        short.refuse = 3
        await terminal.until(lambda: "connection lost, reconnecting" in terminal.shown)
        # Ctrl-Z, meanwhile, gives the terminal back; and takes it again.
        terminal.type("\x1a")
        await terminal.until(lambda: terminal.stopped() and terminal.is_whole())
        terminal.process.send_signal(signal.SIGCONT)
        await terminal.until(lambda: not terminal.waits_for_lines())
        await terminal.until(lambda: len(short.afters) > 1)
        short.end()
        assert await terminal.end() == 0
        assert terminal.heard() == b"".join(SHORT)
        assert terminal.is_whole()
    reports = [message for message in short.said if isinstance(message, Playback)]
    places = [(report.sentence_number, report.position_ms) for report in reports]
    assert places == sorted(places)


async def test_ctrl_c_stops_the_scene_and_keeps_what_was_heard(
    server: ScriptedNarration, tmp_path: Path
) -> None:
    file = tmp_path / "scene.wav"
    options = ("--play", "-o", str(file), "--server", server.url)
    async with telling(tmp_path, *options) as terminal:
        await terminal.until(lambda: len(terminal.heard()) >= 400 * MS)
        terminal.type("\x03")
        assert await terminal.end() == 130
        assert terminal.is_whole()
        assert server.stops == 1
        assert samples(file) == terminal.heard()
        assert SENTENCES[0].startswith(terminal.heard())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_told_twice_to_end_it_ends_at_once_and_leaves_a_whole_terminal(
    server: ScriptedNarration, tmp_path: Path, number: signal.Signals
) -> None:
    server.hang.add("/api/sessions/the-session/stop")
    async with telling(tmp_path, "--play", "--server", server.url) as terminal:
        await terminal.until(lambda: terminal.heard())
        assert not terminal.is_whole()
        terminal.process.send_signal(number)
        await terminal.until(lambda: server.hung)
        terminal.process.send_signal(number)
        assert await terminal.end() == 128 + number
        assert terminal.is_whole()


async def test_without_a_sound_card_the_scene_is_told_all_the_same(
    short: ScriptedNarration, tmp_path: Path
) -> None:
    file = tmp_path / "scene.wav"
    options = ("--play", "-o", str(file), "--server", short.url)
    async with telling(tmp_path, *options, player=BROKEN) as terminal:
        await terminal.until(lambda: short.reported() == Playback(3, 500))
        short.end()
        assert await terminal.end() == 1
    assert "paplay does not play: there is no sound card" in terminal.shown
    assert samples(file) == b"".join(SHORT)


async def test_who_only_stores_the_scene_gets_it_as_fast_as_it_comes(
    short: ScriptedNarration, tmp_path: Path
) -> None:
    file = tmp_path / "scene.wav"
    async with telling(tmp_path, "-o", str(file), "--server", short.url) as terminal:
        await terminal.until(lambda: short.reported() == Playback(3, 500))
        assert terminal.waits_for_lines()  # It has no keys.
        short.end()
        assert await terminal.end() == 0
        assert terminal.is_whole()
    assert "2.0 s of audio" in terminal.shown
    assert samples(file) == b"".join(SHORT)
