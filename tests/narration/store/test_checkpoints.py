"""What was committed gets from the WAL into the file, and nobody waits for that."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from narration.store import checkpoints
from narration.store.database import Database
from narration.store.group_commit import Transaction
from narration.store.job_thread import JobThread
from tests.patience import PATIENCE_SECONDS


def add(job: Transaction) -> None:
    sql = "INSERT INTO users (name, created_at) VALUES ('ann', '2026-11-30 12:00:00.000000')"
    job.execute(sql)


def names_without_wal(path: Path) -> list[str]:
    """What the file itself holds."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as database:
        return [name for (name,) in database.execute("SELECT name FROM users")]


async def test_what_was_committed_is_soon_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_SECONDS", 0.01)
    database = await Database.open(tmp_path / "narration.db")
    await database.commit(add, soon=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "ann" not in names_without_wal(tmp_path / "narration.db"):
            await asyncio.sleep(0.01)
    await database.close()


async def test_a_wal_that_cannot_be_copied_is_told_of_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_SECONDS", 0.0)
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
    one = checkpoints.Checkpoints(JobThread(connection, "a test's checkpoints"))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            one.wrote()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await one.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the WAL cannot be copied for now: not authorized"
    ]
