"""What plain SQL writes is what SQLAlchemy would write: columns have one meaning."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.store import Store
from narration.store.columns import now, stored_moment, told_moment
from narration.store.recordings import NewRecording
from narration.store.tables import (
    narrations,
    recording_words,
    recordings,
    scenes,
    sentences,
    sessions,
    tts_settings,
)
from narration.story import (
    NarrationState,
    Occasion,
    Scene,
    SceneState,
    Sentence,
    SpokenBy,
    TTSSettings,
    Word,
)

HALF = "half a pair \ud83d, and ü"
BY = SpokenBy(provider="embedded", voice=HALF, speed=1, parameters="as set")
WORDS = (Word("Zażółć", 0.0, 120.0), Word(HALF, 120.0, 480.5))
TIMES = ("created_at", "updated_at", "used_at")
NAMES = ("id", "recording_id", "narration_id", "number", "key", "user_id")
"""What two rows may not share, and times that pass."""


async def same_as(store: Store, table: Table, values: Mapping[str, Any]) -> None:
    """The table's last row is what SQLAlchemy makes of these values."""

    def last(connection: sqlite3.Connection) -> list[tuple[str, Any, str]]:
        row = connection.execute(f"SELECT * FROM {table.name} ORDER BY rowid DESC").fetchone()
        columns = [it[1] for it in connection.execute(f"PRAGMA table_info({table.name})")]
        kept = dict(zip(columns, row, strict=True))
        for name in TIMES:
            if name in kept:
                assert told_moment(kept[name]) <= now()
                kept[name] = len(kept[name])
        return [
            (name, kept[name], type(kept[name]).__name__) for name in kept if name not in NAMES
        ]

    async def add(connection: AsyncConnection) -> None:
        await connection.execute(insert(table).values(**values))

    by_plain_sql = await store.database.look_up(last)
    await store.database.write(add)
    assert await store.database.look_up(last) == by_plain_sql


async def test_moments_are_stored_as_text_in_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert stored_moment(moment) == "2026-01-02 01:04:05.000000"
    assert told_moment(stored_moment(moment)) == moment.astimezone(UTC)


async def test_scenes_and_sessions(store: Store, ann: int, scene: Scene) -> None:
    begun = await store.begin_scene(ann, scene.story_id, HALF, "session")
    row = {"story_id": scene.story_id, "prompt": HALF, "text": "", "state": SceneState.WRITING}
    times = {"created_at": now(), "updated_at": now()}
    await same_as(store, scenes, row | times | {"number": 90})
    session = {"id": "other", "user_id": ann, "scene_id": begun.scene.id}
    await same_as(store, sessions, session | {"created_at": now()})


async def test_texts(
    store: Store,
    ann: int,
    scene: Scene,
) -> None:
    await store.save_text(scene.id, HALF)
    row = {"story_id": scene.story_id, "prompt": scene.prompt, "text": HALF}
    times = {"created_at": now(), "updated_at": now()}
    await same_as(store, scenes, row | times | {"number": 91, "state": SceneState.WRITING})
    last = await store.create_scene(ann, scene.story_id, scene.prompt)
    await store.finish_scene(last.id, HALF, SceneState.PARTIAL)
    await same_as(store, scenes, row | times | {"number": 99, "state": SceneState.PARTIAL})


async def test_narrations(store: Store, scene: Scene) -> None:
    narration = await store.start_narration(scene.id, BY, Occasion.AUTO_PLAY)
    row = {
        "scene_id": scene.id,
        "provider": BY.provider,
        "voice": HALF,
        "speed": 1,
        "parameters": BY.parameters,
        "occasion": Occasion.AUTO_PLAY,
        "created_at": now(),
        "used_at": now(),
    }
    await same_as(store, narrations, row | {"state": NarrationState.SPEAKING})
    narration = await store.start_narration(scene.id, BY, Occasion.AUTO_PLAY)
    await store.finish_narration(narration, NarrationState.FAILED, HALF)
    failed = {"state": NarrationState.FAILED, "message": HALF}
    await same_as(store, narrations, row | failed)


async def test_sentences_and_their_sound(
    store: Store, ann: int, scene: Scene, line: Callable[[int], Sentence]
) -> None:
    narration = await store.start_narration(scene.id, BY, Occasion.LIVE)
    sentence = Sentence(0, HALF, HALF, 0, len(HALF), True)
    sound = NewRecording(
        user_id=ann, key="k", samples=24, crc=1 << 31, audio=b"RIFF", words=WORDS
    )
    await store.save_sentence(narration, sentence, sound, rest_samples=240, stand_in=HALF)
    read = await store.recorded(narration, 0)
    assert read is not None
    assert (read.audio, read.words, read.rest_samples) == (b"RIFF", WORDS, 240)
    found = await store.recording(ann, "k")
    assert found == (b"RIFF", WORDS)
    assert [one.words for one in await store.sentences(ann, scene.id)] == [WORDS]
    audio = {"user_id": ann, "key": "l", "samples": 24, "crc": 1 << 31}
    await same_as(store, recordings, audio | {"bytes": 4, "audio": b"RIFF", "encoded": False})
    words = [{"text": it.text, "start_ms": it.start_ms, "end_ms": it.end_ms} for it in WORDS]
    await same_as(store, recording_words, {"recording_id": 2, "words": words})
    place = {"narration_id": narration, "text": HALF, "spoken": HALF, "start": 0}
    kept = {"end": len(HALF), "paragraph_end": True, "samples": 24, "skipped": None}
    end = {"recording_id": 2, "rest_samples": 240, "stand_in": HALF}
    await same_as(store, sentences, place | kept | end | {"number": 1})
    await store.save_sentence(narration, line(2), None, skipped=HALF)
    hole = {"skipped": HALF, "samples": 0, "rest_samples": 0, "recording_id": None}
    said = {"text": line(2).text, "spoken": line(2).spoken, "paragraph_end": False}
    where = {"narration_id": narration, "start": line(2).start, "end": line(2).end}
    await same_as(store, sentences, said | hole | where | {"number": 3})


async def test_settings(store: Store, ann: int) -> None:
    chosen: dict[str, Any] = {
        "extra_params": {"ü": [1, None]},
        "default_voice": HALF,
        "timeout_seconds": 5,
    }
    await store.put_tts_settings(ann, TTSSettings(**chosen))

    async def add(connection: AsyncConnection) -> None:
        user = {"id": 77, "name": "carl", "created_at": now()}
        await connection.exec_driver_sql(
            "INSERT INTO users VALUES (:id, :name, '2026-11-30 12:00:00.000000')", user
        )

    await store.database.write(add)
    settings = {name: getattr(TTSSettings(), name) for name in TTSSettings.__struct_fields__}
    await same_as(store, tts_settings, settings | chosen | {"user_id": 77})
