"""A sound is stored as a WAV file, and becomes FLAC later: whoever reads it hears the same."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from narration.audio import Transcoder, decode, encode
from narration.audio.wav import wav_file
from narration.recording_key import recording_key
from narration.store import Store
from narration.store.archive import SceneArchive
from narration.story import Occasion, RecordedSentence, Scene, Sentence
from tests.narration.store.conftest import BY

Line = Callable[[int], Sentence]

TO_ENCODE = "SELECT id, audio FROM recordings WHERE encoded = 0 ORDER BY id LIMIT ?"
"""What whoever encodes asks, in a process of its own."""
PCM = bytes(range(240)) * 200
REST = bytes(4_800)


@pytest.fixture
async def archive(store: Store, ann: int, scene: Scene) -> AsyncIterator[SceneArchive]:
    transcoder = Transcoder()
    yield SceneArchive(
        store,
        transcoder,
        user_id=ann,
        scene_id=scene.id,
        spoken_by=BY,
        occasion=Occasion.LIVE,
    )
    transcoder.close()


def whole(sentence: Sentence, pcm: bytes) -> RecordedSentence:
    return RecordedSentence(sentence, pcm + REST, None, len(REST))


def waiting(path: Path) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(TO_ENCODE, (10,)).fetchall()


async def encode_all(store: Store, path: Path) -> int:
    rows = await asyncio.to_thread(waiting, path)
    await store.encoded([(number, encode(decode(file), "flac")) for number, file in rows])
    return len(rows)


@pytest.mark.parametrize("later", [False, True])
async def test_whoever_reads_a_sound_hears_what_was_spoken(
    store: Store,
    ann: int,
    scene: Scene,
    archive: SceneArchive,
    line: Line,
    tmp_path: Path,
    later: bool,
) -> None:
    spoken = [whole(line(0), PCM), whole(line(1), b"")]
    spoken.append(RecordedSentence(line(2), PCM[:480], "the voice failed"))
    await archive.save(None, spoken)
    assert await store.unencoded() == 3
    if later:
        assert await encode_all(store, tmp_path / "narration.db") == 3
        assert await store.unencoded() == 0
    assert [await archive.load_sentence(number) for number in range(3)] == spoken
    one = await store.sentence_recording(ann, scene.id, 0)
    assert one.audio[:4] == (b"fLaC" if later else b"RIFF")
    assert decode(one.audio) == PCM
    assert decode(await store.audio(one.recording_id)) == PCM
    found = await store.recording(ann, recording_key(line(0).spoken, BY))
    assert found is not None
    assert decode(found[0]) == PCM


async def test_what_flac_saves_is_free_for_other_audio(
    store: Store, archive: SceneArchive, line: Line, tmp_path: Path
) -> None:
    await archive.save(None, [whole(line(0), PCM)])
    assert await store.audio_bytes() == len(wav_file(PCM))
    await encode_all(store, tmp_path / "narration.db")
    flac = encode(PCM, "flac")
    assert await store.audio_bytes() == len(flac) < len(PCM)
    # The same sound is known again, whatever it is stored as.
    await archive.save(None, [whole(line(1), PCM), whole(line(0), PCM)])
    assert (await store.figures()).recordings == 2


async def test_flac_of_what_is_gone_or_is_flac_is_of_no_use(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line, tmp_path: Path
) -> None:
    await archive.save(None, [whole(line(0), PCM), whole(line(1), PCM[:480])])
    [first, second] = await asyncio.to_thread(waiting, tmp_path / "narration.db")
    flac = encode(PCM, "flac")
    await store.encoded([(first[0], flac), (999, b"of nothing")])
    await store.encoded([(first[0], b"once more")])
    await store.encoded([])
    assert (await store.sentence_recording(ann, scene.id, 0)).audio == flac
    assert await asyncio.to_thread(waiting, tmp_path / "narration.db") == [second]
    await store.delete_narrations(ann, scene.id)
    await store.encoded([(second[0], b"too late")])
    assert ((await store.figures()).recordings, await store.unencoded()) == (0, 0)


async def test_what_waits_is_found_without_reading_any_other_audio(store: Store) -> None:
    def plan(connection: sqlite3.Connection) -> str:
        return str(connection.execute(f"EXPLAIN QUERY PLAN {TO_ENCODE}", (1,)).fetchall())

    assert "USING INDEX ix_recordings_unencoded" in await store.database.look_up(plan)
