"""A database file is created, brought up to date, or refused with a reason."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import URL, create_engine, inspect

from narration.audio import decode, encode
from narration.audio.wav import wav_file
from narration.errors import StoreError
from narration.store import Store, migrations
from narration.store.recordings import NewRecording
from narration.store.schema import migrate
from narration.store.shrinking import shrink
from narration.store.tables import metadata
from narration.story import Narration, NarrationState, Occasion, Sentence, SpokenBy


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}


def test_the_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    migrate(path)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        for table in metadata.sorted_tables:
            for key in inspect(connection).get_foreign_keys(table.name):
                # What is heard of a sentence must not go while that is there.
                kept = table.name == "sentences" and key["referred_table"] == "recordings"
                assert key["options"] == ({} if kept else {"ondelete": "CASCADE"}), table
    engine.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    migrate(path)
    before = tables(path)
    assert {"recordings", "sentence_gone", "sentence_spoken_anew"} <= before
    migrate(path)
    assert tables(path) == before


async def test_the_folder_and_the_file_are_created_for_their_owner_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new" / "deep er" / "na?rr%20#ation.db"
    store = await Store.open(path)
    await store.user("ann")
    kept = [path, *path.parent.glob("*-wal")]
    assert len(kept) == 2
    assert [stat.S_IMODE(file.stat().st_mode) for file in kept] == [0o600, 0o600]
    await store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    store = await Store.open(path)
    ann = await store.user("ann")
    story = await store.create_story(ann, "title", "premise", "en")
    await store.close()
    again = await Store.open(str(path))
    assert await again.stories(await again.user("ann")) == [story]
    await again.close()


def make_old(path: Path, version: str) -> None:
    """A file as an earlier version made it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    engine = create_engine(URL.create("sqlite", database=str(path)))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


@pytest.mark.parametrize("version", ["0001", "0002"])
async def test_a_file_of_an_earlier_version_keeps_what_is_in_it(
    tmp_path: Path, version: str
) -> None:
    path, audio = tmp_path / "narration.db", bytes(range(256)) * 8_000
    await asyncio.to_thread(make_old, path, version)
    at = "2025-10-01 12:00:00.000000"
    with closing(sqlite3.connect(path)) as database, database:
        fill = database.execute
        fill("PRAGMA journal_mode=WAL")
        fill("INSERT INTO users VALUES (1, 'ann', ?)", [at])
        fill("INSERT INTO stories VALUES (5, 1, 'title', 'premise', 'en', ?, ?)", [at, at])
        row = [at, at, "prompt", "One. Two. Three."]
        fill("INSERT INTO scenes VALUES (7, 5, 1, 'complete', ?, ?, ?, ?)", row)
        fill("INSERT INTO narrations VALUES (8, 7, 'outdated', 'old', 'v', 1.0, ?)", [at])
        fill("INSERT INTO narrations VALUES (9, 7, 'complete', 'it', 'v', 1.5, ?)", [at])
        fill("INSERT INTO narrations VALUES (20, 7, 'complete', 'it', 'v', 1.5, ?)", [at])
        fill("DELETE FROM narrations WHERE id = 20")
        said = "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)"
        heard = "INSERT INTO sentence_audio VALUES (?, ?, ?)"
        fill(said, [8, 0, "Uno.", "Uno.", 0, 5, 24_000, None])
        fill(said, [9, 0, "One. ", "One.", 0, 5, 48_000, None])
        fill(said, [9, 1, "Two. ", "Two.", 5, 10, 0, "silent"])
        fill(said, [9, 2, "Three.", "Three.", 10, 16, 12_000, "broke off"])
        fill(heard, [9, 2, b"thr"])
        fill(heard, [8, 0, audio])
        fill(heard, [9, 0, b"one"])
    store = await Store.open(path)
    ann = await store.user("ann")
    [story] = await store.stories(ann)
    [scene] = await store.scenes(ann, story.id)
    assert (story.id, scene.id, scene.text) == (5, 7, "One. Two. Three.")
    narration = await store.narration(ann, scene.id)
    assert narration == Narration(
        id=9,
        scene_id=7,
        state=NarrationState.COMPLETE,
        spoken_by=SpokenBy(provider="it", voice="v", speed=1.5, parameters=""),
        occasion=Occasion.LIVE,
        message=None,
        created_at=datetime(2025, 10, 1, 12, tzinfo=UTC),
    )
    spoken = await store.sentences(ann, scene.id)
    assert [(s.text, s.start_ms, s.duration_ms, s.rest_ms, s.skipped) for s in spoken] == [
        ("One. ", 0.0, 2_000.0, 0.0, None),
        ("Two. ", 2_000.0, 0.0, 0.0, "silent"),
        ("Three.", 2_000.0, 500.0, 0.0, "broke off"),
    ]
    assert (await store.sentence_recording(ann, scene.id, 0)).audio == b"one"
    assert (await store.sentence_recording(ann, scene.id, 2)).audio == b"thr"
    figures = await store.figures()
    assert (figures.narrations, figures.recordings) == (2, 3)
    assert figures.audio_bytes == len(audio) + 6
    # Not the old and the new place of it; and the file can become smaller still.
    assert len(audio) < figures.file_bytes < 1.5 * len(audio)
    # It has not been used since, and so it may be evicted.
    assert (await store.evict(len(audio))).freed_bytes == len(audio)
    await asyncio.to_thread(shrink, path)
    assert (await store.figures()).file_bytes < 0.5 * len(audio)
    started = await store.start_narration(scene.id, narration.spoken_by, Occasion.DEMAND)
    assert started > 20  # Ids are never used again.
    await store.keep_session("session", ann, scene.id)
    assert await store.scene_of_session(ann, "session") == scene
    await store.delete_story(ann, story.id)
    assert (await store.figures()).recordings == 0
    await store.close()


async def test_audio_that_was_stored_as_flac_is_flac_and_what_is_new_waits_to_be(
    tmp_path: Path,
) -> None:
    path, pcm = tmp_path / "narration.db", bytes(range(240)) * 100
    await asyncio.to_thread(make_old, path, "0004")
    at = "2026-10-01 12:00:00.000000"
    with closing(sqlite3.connect(path)) as database, database:
        fill = database.execute
        fill("INSERT INTO users VALUES (1, 'ann', ?)", [at])
        fill("INSERT INTO stories VALUES (1, 1, 'title', 'premise', 'en', ?, ?)", [at, at])
        scene = "INSERT INTO scenes VALUES (1, 1, 1, 'complete', ?, ?, '', 'One. Two.')"
        fill(scene, [at, at])
        spoken = "'voice', 'v', 1.0, ?, '', 'live', NULL, ?"
        fill(f"INSERT INTO narrations VALUES (1, 1, 'complete', {spoken})", [at, at])
        flac = encode(pcm, "flac")
        row = ["k", len(pcm) // 2, zlib.crc32(pcm), len(flac), flac]
        fill("INSERT INTO recordings VALUES (1, 1, ?, ?, ?, ?, ?)", row)
        said = "INSERT INTO sentences VALUES (1, ?, ?, ?, ?, ?, 0, ?, NULL, 1, 0, NULL)"
        fill(said, [0, "One. ", "One.", 0, 5, len(pcm) // 2])
    store = await Store.open(path, gather_seconds=0)
    assert await store.unencoded() == 0
    before = await store.sentence_recording(1, 1, 0)
    assert (decode(before.audio), await store.recording(1, "k")) == (pcm, (flac, ()))
    assert await store.audio_bytes() == len(flac)
    # The same sound is found as FLAC, and another one waits.
    new: dict[str, Any] = {"user_id": 1, "samples": len(pcm) // 2, "audio": wav_file(pcm)}
    same = NewRecording(key="k", crc=zlib.crc32(pcm), **new)
    other = NewRecording(key="l", crc=0, **new)
    for number, sound in enumerate([same, other], start=1):
        sentence = Sentence(number, "Two.", "Two.", 5, 9, False)
        await store.save_sentence(1, sentence, sound)
    assert (await store.sentence_recording(1, 1, 1)) == before
    assert decode((await store.sentence_recording(1, 1, 2)).audio) == pcm
    assert await store.unencoded() == 1
    # No sound stays that nobody hears, as before.
    await store.delete_narrations(1, 1)
    assert ((await store.figures()).recordings, await store.unencoded()) == (0, 0)
    await store.close()


def auto_vacuum(path: Path, change: str = "") -> int:
    with closing(sqlite3.connect(path)) as database:
        if change:
            database.execute(f"PRAGMA auto_vacuum={change}")
            database.execute("VACUUM")
        mode: int = database.execute("PRAGMA auto_vacuum").fetchone()[0]
    return mode


def test_a_server_that_was_killed_while_it_rewrote_the_file_does_so_when_it_starts_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "narration.db"
    migrate(path)
    assert auto_vacuum(path, "NONE") == 0  # Of the newest schema, but not rewritten.
    migrate(path)
    assert auto_vacuum(path) == 2


async def test_many_can_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    stores = await asyncio.gather(*(Store.open(path) for _ in range(4)))
    ids = [await store.user("ann") for store in stores]
    assert len(set(ids)) == 1
    for store in stores:
        await store.close()


async def test_a_file_of_a_newer_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    await asyncio.to_thread(migrate, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer version.*9999.*install.*store\.path"):
        await Store.open(path)


async def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match=r"another program.*store\.path"):
        await Store.open(path)
    assert tables(path) == {"bookmarks"}


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    text = "Dear Sir or Madam, " * 500
    path.write_text(text)
    with pytest.raises(StoreError, match=re.escape(str(path))):
        await Store.open(path)
    assert path.read_text() == text


async def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "narration.db"):
        with pytest.raises(StoreError, match=r"store\.path"):
            await Store.open(path)


async def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    with closing(sqlite3.connect(path)) as database:
        # In the way of a table that is created after some others.
        database.execute("CREATE VIEW scenes AS SELECT 1")
    with pytest.raises(StoreError, match="scenes"):
        await Store.open(path)
    assert tables(path) == {"scenes"}
