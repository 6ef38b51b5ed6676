"""What is stored as WAV becomes FLAC, whoever dies meanwhile, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from narration.audio import decode, encode, wav_file
from narration.encoding.recording_encoder import EncodingFigures, RecordingEncoder
from narration.encoding.unencoded import UnencodedRecordings
from narration.errors import StoreError
from tests.narration.encoding.stored import Stored
from tests.narration.processes import appeared, child_of_a_killed_parent, children, gone
from tests.patience import PATIENCE_SECONDS
from tests.sounds import tone

_REAL = "narration.encoding.child"
_MODULE = "tests.narration.encoding.urgent_child"
_CRASHING = "tests.narration.encoding.crashing_child"
_NOISE = np.random.default_rng(3).integers(-32_768, 32_768, 600_000).astype("<i2").tobytes()
_PARENT = """
import asyncio
from pathlib import Path
from narration.encoding.recording_encoder import RecordingEncoder
from tests.narration.processes import appeared

class Store:
    async def unencoded(self):
        return 1

    async def encoded(self, rows):
        print(await appeared("narration.encoding.child"), flush=True)
        await asyncio.Event().wait()

async def main():
    RecordingEncoder(Store(), Path({path!r}), look_seconds=0.01).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Stored]:
    stored = Stored(tmp_path / "what is it? 50%#1.db")
    yield stored
    stored.close()


@asynccontextmanager
async def encoding(
    stored: Stored, module: str = _MODULE, has_time: Callable[[], bool] = lambda: True
) -> AsyncIterator[RecordingEncoder]:
    encoder = RecordingEncoder(
        stored,
        stored.path,
        look_seconds=0.01,
        delay_seconds=0.01,
        module=module,
        has_time=has_time,
    )
    encoder.start()
    try:
        yield encoder
    finally:
        await encoder.aclose()
        assert children(module) == []


def _sounds(count: int) -> list[bytes]:
    return [_NOISE[: 2 * 37 * number * number] for number in range(count)]


async def test_everything_is_encoded_exactly_and_in_order(stored: Stored) -> None:
    old = stored.add(encode(tone(0.1), "flac"), encoded=True)
    sounds = [*_sounds(40), bytes(50_000), tone(1.0)]
    ids = stored.add(*map(wav_file, sounds))
    before = stored.audio()
    async with encoding(stored) as encoder:
        await stored.all_but()
        figures = await encoder.figures()
        assert (figures.waiting, figures.encoded) == (0, len(sounds))
        assert (figures.passed_over, figures.works) == (0, True)
    after = stored.audio()
    assert after[old[0]] == before[old[0]]
    assert [after[id] for id in ids] == [encode(pcm, "flac") for pcm in sounds]
    assert [decode(after[id]) for id in ids] == sounds
    assert [id for batch in stored.batches for id in batch] == ids


async def test_a_batch_ends_before_it_is_large(stored: Stored) -> None:
    stored.add(*(wav_file(pcm) for pcm in _sounds(20)))
    stored.add(*(wav_file(_NOISE) for _ in range(4)))
    async with encoding(stored):
        await stored.all_but()
    # 16 recordings, or 2 MB: noise of 1.2 MB does not become any smaller.
    assert list(map(len, stored.batches)) == [16, 6, 2]


async def test_what_comes_later_is_encoded_too(stored: Stored) -> None:
    async with encoding(stored):
        for pcm in _sounds(4):
            stored.add(wav_file(pcm))
            await stored.all_but()
    assert stored.batches == [[1], [2], [3], [4]]


async def test_what_is_deleted_meanwhile_does_not_come_back(stored: Stored) -> None:
    stored.add(*map(wav_file, _sounds(3)))
    stored.before = lambda: stored.connection.execute("DELETE FROM recordings WHERE id = 2")
    async with encoding(stored):
        await stored.all_but()
    assert list(stored.audio()) == [1, 3]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"RIFF",
        "text",
        wav_file(tone(0.1))[:-2],
        wav_file(tone(0.1)).replace(b"\x01\x00\x01\x00\xc0\x5d", b"\x01\x00\x01\x00\x80\xbb"),
        encode(tone(0.1), "flac"),
    ],
    ids=["empty", "cut head", "text", "cut", "48 kHz", "flac"],
)
async def test_a_broken_recording_is_reported_once_and_passed_over(
    stored: Stored, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    good = wav_file(tone(0.1))
    first, bad, last = stored.add(good, broken, good)
    async with encoding(stored) as encoder:
        await stored.all_but(1)
        later = stored.add(good)
        await stored.all_but(1)
        assert (await encoder.figures()).passed_over == 1
    assert [id for batch in stored.batches for id in batch] == [first, last, *later]
    assert stored.audio()[bad] == broken
    assert caplog.text.count(f"recording {bad} stays uncompressed") == 1


async def test_a_recording_that_ends_its_process_is_passed_over(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    good = wav_file(tone(0.1))
    stored.add(good, good, b"deadly", good)
    async with encoding(stored, _CRASHING) as encoder:
        await stored.all_but(1)
        stored.add(good)
        await stored.all_but(1)
        assert (await encoder.figures()).passed_over == 1
    assert stored.audio()[3] == b"deadly"
    assert "the recording after 2 stays uncompressed: 3 processes ended over it" in caplog.text


async def test_children_that_are_killed_cost_nothing(stored: Stored) -> None:
    sounds = [_NOISE[: 2 * number] for number in range(50)]
    stored.add(*map(wav_file, sounds))

    def kill() -> None:
        for pid in children(_MODULE)[: len(stored.batches) % 2]:
            os.kill(pid, signal.SIGKILL)

    stored.before = kill
    async with encoding(stored):
        await stored.all_but()
    assert [decode(flac) for flac in stored.audio().values()] == sounds
    assert sum(map(len, stored.batches)) == len(sounds)


async def test_a_child_that_is_killed_in_the_middle_of_a_batch_is_replaced(
    stored: Stored,
) -> None:
    async with encoding(stored):
        pid = await _idle_child(stored)
        os.kill(pid, signal.SIGSTOP)
        sounds = _sounds(8)
        ids = stored.add(*map(wav_file, sounds))
        await _asked(stored)
        os.kill(pid, signal.SIGKILL)
        await stored.all_but()
        assert children(_MODULE) != [pid]
    assert [decode(stored.audio()[id]) for id in ids] == sounds
    assert sum(map(len, stored.batches)) == 1 + len(sounds)


async def test_a_server_that_ends_in_the_middle_of_a_batch_goes_on_with_it_next_time(
    stored: Stored,
) -> None:
    async with encoding(stored):
        pid = await _idle_child(stored)
        os.kill(pid, signal.SIGSTOP)
        ids = stored.add(*map(wav_file, _sounds(8)))
        await _asked(stored)
    await gone(pid)
    assert await stored.unencoded() == len(ids)
    async with encoding(stored):
        await stored.all_but()
    assert stored.batches == [[1], ids]


async def test_closing_does_not_wait_for_a_store_that_does_not_answer(stored: Stored) -> None:
    stored.add(*map(wav_file, _sounds(3)))
    storing = asyncio.Event()

    class Stuck(Stored):
        async def encoded(self, rows: object) -> None:
            storing.set()
            await asyncio.Event().wait()

    stored.__class__ = Stuck
    async with encoding(stored):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await storing.wait()
    assert await stored.unencoded() == 3


async def test_there_is_no_process_before_there_is_something_to_do(stored: Stored) -> None:
    stored.add(encode(tone(0.1), "flac"), encoded=True)
    async with encoding(stored) as encoder:
        for _ in range(10):
            assert await encoder.figures() == EncodingFigures(0, 0, 0, works=False)
        assert children(_MODULE) == []


async def test_a_server_that_is_busy_is_left_in_peace(stored: Stored) -> None:
    stored.add(encode(tone(0.1), "wav"))
    asked: list[bool] = []

    def has_time() -> bool:
        asked.append(len(asked) >= 5)
        return asked[-1]

    async with encoding(stored, has_time=has_time) as encoder:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(asked) < 5:
                assert not (await encoder.figures()).works
                await asyncio.sleep(0.01)
            while (await encoder.figures()).waiting:
                await asyncio.sleep(0.01)


async def test_a_child_ends_with_the_server_only(stored: Stored) -> None:
    async with encoding(stored):
        pid = await _idle_child(stored)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        assert await _idle_child(stored) == pid


async def test_closing_ends_a_child_that_is_only_starting(stored: Stored) -> None:
    stored.add(wav_file(tone(0.1)))
    async with encoding(stored):
        await appeared(_MODULE)


async def test_a_killed_server_leaves_no_process(stored: Stored) -> None:
    stored.add(wav_file(tone(0.1)))
    pid = await child_of_a_killed_parent(_PARENT.format(path=str(stored.path)))
    await gone(pid)


async def test_a_full_disk_is_waited_for_and_told_once(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sounds = _sounds(20)
    stored.add(*map(wav_file, sounds))
    stored.problems = [StoreError("the disk is full") for _ in range(4)]
    async with encoding(stored):
        await stored.all_but()
    assert [decode(flac) for flac in stored.audio().values()] == sounds
    assert caplog.text.count("the disk is full") == 1
    assert caplog.text.count("compressed again") == 1


async def test_a_store_that_cannot_be_read_is_waited_for(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    stored.add(wav_file(tone(0.1)))
    stored.connection.execute("ALTER TABLE recordings RENAME TO away")
    async with encoding(stored):
        await _said("no such table", caplog)
        stored.connection.execute("ALTER TABLE away RENAME TO recordings")
        await stored.all_but()
    assert caplog.text.count("no such table") == 1


async def test_a_database_that_the_child_cannot_read_is_waited_for(
    stored: Stored, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored.add(wav_file(tone(0.1)))
    path, stored.path = stored.path, tmp_path / "nowhere.db"
    async with encoding(stored):
        await _said("unable to open", caplog)
        stored.path.symlink_to(path)
        await stored.all_but()
    assert caplog.text.count("unable to open") == 1


async def test_the_child_gives_way_to_all_others(stored: Stored) -> None:
    async with encoding(stored, _REAL):
        stored.add(wav_file(tone(0.1)))
        await stored.all_but()
        pid = await appeared(_REAL)
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        assert os.sched_getscheduler(pid) == os.SCHED_IDLE


async def test_the_child_does_not_hold_up_the_wal(stored: Stored) -> None:
    async with encoding(stored):
        await _idle_child(stored)
        assert _folded(stored)


def test_reading_holds_nothing_between_two_recordings(stored: Stored) -> None:
    first, second, third = stored.add(b"1", b"2", b"3")
    reading = UnencodedRecordings(stored.path)
    assert reading.next(0, 0) == (first, b"1")
    stored.add(b"4")
    assert _folded(stored)
    assert reading.next(first, 0) == (second, b"2")
    assert reading.next(first, 1) == (third, b"3")
    assert reading.next(third, 1) is None
    reading.close()
    reading.close()


def test_reading_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        UnencodedRecordings(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_the_child_loads_no_more_than_it_needs() -> None:
    program = (
        "import sys, narration.encoding.child, narration.encoding.flac_file;"
        "print({'asyncio', 'aiohttp', 'av', 'sqlalchemy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout == b"set()\n"


async def _idle_child(stored: Stored) -> int:
    """The process, when it has encoded one recording and waits."""
    stored.add(wav_file(tone(0.1)))
    await stored.all_but()
    return await appeared(_MODULE)


async def _said(words: str, caplog: pytest.LogCaptureFixture) -> None:
    """Wait until this is in the log."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while words not in caplog.text:
            await asyncio.sleep(0.01)


async def _asked(stored: Stored) -> None:
    """Wait until the encoder has found something, and let it ask its child."""
    stored.found.clear()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await stored.found.wait()
    for _ in range(20):
        await asyncio.sleep(0)


def _folded(stored: Stored) -> bool:
    """Whether all of the WAL could be put into the file."""
    busy, left, _ = stored.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return (busy, left) == (0, 0)
