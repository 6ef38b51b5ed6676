"""A database file is created, brought up to date, or refused with a reason."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, create_engine, inspect

from narration.errors import StoreError
from narration.store import Store
from narration.store.schema import migrate
from narration.store.tables import metadata


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
            keys = inspect(connection).get_foreign_keys(table.name)
            assert all(key["options"] == {"ondelete": "CASCADE"} for key in keys), table
    engine.dispose()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    migrate(path)
    before = tables(path)
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


async def test_a_file_of_the_first_version_keeps_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    store = await Store.open(path)
    ann = await store.user("ann")
    story = await store.create_story(ann, "title", "premise", "en")
    scene = await store.create_scene(ann, story.id, "")
    await store.close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE sessions")
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    again = await Store.open(path)
    await again.keep_session("session", ann, scene.id)
    assert await again.scene_of_session(ann, "session") == scene
    await again.close()


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
