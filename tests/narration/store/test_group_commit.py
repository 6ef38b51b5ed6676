"""Jobs of one moment share a transaction, and nothing else: not their failures."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import Conflict, NotFound, StoreError
from narration.store.columns import now
from narration.store.database import Database
from narration.store.group_commit import MOST_UNHURRIED, Transaction
from narration.store.tables import users
from tests.patience import PATIENCE_SECONDS

Job = Callable[[Transaction], int]

NAMES = "SELECT name FROM users ORDER BY id"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "narration.db", gather_seconds=60)
    yield database
    await database.close()


def add(name: str) -> Job:
    def job(connection: Transaction) -> int:
        row = (name, "2026-11-30 12:00:00.000000")
        sql = "INSERT INTO users (name, created_at) VALUES (?, ?)"
        return connection.execute(sql, row).lastrowid or 0

    return job


def refuse(error: Exception) -> Job:
    def job(connection: Transaction) -> int:
        add("half")(connection)
        raise error

    return job


async def names(database: Database) -> list[str]:
    return await database.look_up(
        lambda connection: [name for (name,) in connection.execute(NAMES)]
    )


async def traced(database: Database) -> list[str]:
    """The statements that jobs run from now on."""
    statements: list[str] = []
    await database.commit(
        lambda connection: connection.set_trace_callback(statements.append), soon=True
    )
    statements.clear()
    return statements


async def test_who_is_in_a_hurry_takes_the_first_few_along_and_overtakes_the_others(
    database: Database,
) -> None:
    statements = await traced(database)
    saves = [database.commit(add(f"{number}")) for number in range(50)]
    await asyncio.sleep(0.05)
    assert statements == []
    urgent = MOST_UNHURRIED + 1
    assert await database.commit(add("urgent"), soon=True) == urgent
    taken_along = [save.result() for save in saves if save.done()]
    assert taken_along == list(range(1, urgent))
    others = await asyncio.gather(*saves[MOST_UNHURRIED:])
    assert others == list(range(urgent + 1, 52)), "in their order, and at once"
    assert statements.count("COMMIT") == -(-50 // MOST_UNHURRIED)


async def test_a_backlog_is_worked_off_while_more_comes(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db", gather_seconds=0.02)
    statements = await traced(database)
    done: list[int] = []

    async def save_on(number: int) -> None:
        for turn in range(5):
            await database.commit(add(f"{number}.{turn}"))
            done.append(turn)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(save_on(number) for number in range(20)))
    assert len(done) == 100
    # Hardly anybody is saved a second time before all were saved once.
    assert sum(done[:20]) <= 2 * MOST_UNHURRIED
    assert statements.count("COMMIT") < 60
    await database.close()


async def test_a_write_and_what_comes_after_it_overtake_nothing(database: Database) -> None:
    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(users).values(name="write", created_at=now()))

    jobs: list[Any] = [database.commit(add("0"), soon=True)]
    jobs.append(database.commit(add("1"), soon=True))
    jobs.append(asyncio.ensure_future(database.write(write)))
    await asyncio.sleep(0)
    jobs.append(database.commit(add("2"), soon=True))
    await asyncio.gather(*jobs)
    assert await names(database) == ["0", "1", "write", "2"]


async def test_what_comes_while_a_transaction_runs_shares_the_next_one(
    database: Database,
) -> None:
    statements = await traced(database)
    await asyncio.gather(*(database.commit(add(f"{n}"), soon=True) for n in range(50)))
    assert statements.count("COMMIT") == 2


async def test_jobs_that_wait_for_others_do_not_wait_long(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db", gather_seconds=0.02)
    statements = await traced(database)
    await asyncio.gather(*(database.commit(add(f"{number}")) for number in range(20)))
    assert statements.count("COMMIT") == -(-20 // MOST_UNHURRIED)
    await database.close()


async def test_a_job_that_fails_is_undone_and_no_other(database: Database) -> None:
    jobs: list[asyncio.Future[Any]] = [
        database.commit(add("ann")),
        database.commit(refuse(NotFound("it is gone"))),
        database.commit(add("ann")),
        database.commit(refuse(ZeroDivisionError("a mistake"))),
        database.commit(lambda connection: connection.execute("SELECT * FROM nowhere")),
        database.commit(lambda connection: connection.execute(NAMES + " LIMIT ?", [1 << 70])),
        database.commit(add("ben"), soon=True),
    ]
    *_, ben = await asyncio.gather(*jobs, return_exceptions=True)
    errors = [job.exception() for job in jobs]
    kinds = [NotFound, Conflict, ZeroDivisionError, StoreError, NotFound]
    assert [type(error) for error in errors[1:-1]] == kinds
    assert (errors[0], errors[-1], ben) == (None, None, 2)
    assert await names(database) == ["ann", "ben"]


async def test_a_commit_that_fails_fails_its_own_group_only(database: Database) -> None:
    def noticed_too_late(connection: Transaction) -> int:
        connection.execute("PRAGMA defer_foreign_keys=ON")
        sql = "INSERT INTO sessions VALUES ('s', 999, 999, '2026-11-30 12:00:00.000000')"
        return connection.execute(sql).rowcount

    for _ in range(2):
        group = [
            database.commit(add("ann")),
            database.commit(noticed_too_late),
            database.commit(add("ben"), soon=True),
        ]
        failed = await asyncio.gather(*group, return_exceptions=True)
        assert [type(error) for error in failed] == [StoreError] * 3
    await database.commit(add("carl"), soon=True)
    assert await names(database) == ["carl"]


async def test_a_full_disk_fails_a_group_and_the_next_one_is_tried(database: Database) -> None:
    def limit(connection: Transaction) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 2}")

    await database.commit(limit, soon=True)
    with pytest.raises(StoreError, match="full"):
        await database.commit(add("x" * 100_000), soon=True)
    await database.commit(add("ann"), soon=True)
    assert await names(database) == ["ann"]


async def test_what_a_job_leaves_to_those_that_follow_ends_with_the_transaction(
    database: Database,
) -> None:
    def leave(connection: Transaction) -> None:
        connection.found["it"] = 1

    def look(connection: Transaction) -> int | None:
        found: int | None = connection.found.get("it")
        return found

    left = database.commit(leave)
    assert await database.commit(look, soon=True) == 1
    assert await database.commit(look, soon=True) is None
    assert left.done()


async def test_the_caller_gets_what_is_made_of_the_result_on_the_loop(
    database: Database,
) -> None:
    seen: list[int] = []

    def then(user: int) -> str:
        seen.append(user)
        if user > 1:
            raise Conflict("not this one")
        return f"user {user}"

    assert await database.commit(add("ann"), then, soon=True) == "user 1"
    with pytest.raises(Conflict, match="not this one"):
        await database.commit(add("ben"), then, soon=True)
    leaves = database.commit(add("carl"), then, soon=True)
    leaves.cancel()
    await database.commit(add("dora"), soon=True)
    assert seen == [1, 2, 3]  # Also of one who did not wait for it.
    assert await names(database) == ["ann", "ben", "carl", "dora"]


async def test_jobs_and_writes_take_turns_in_the_order_of_the_calls(
    database: Database,
) -> None:
    half, go_on = asyncio.Event(), asyncio.Event()

    async def add_user(connection: AsyncConnection, name: str) -> None:
        await connection.execute(insert(users).values(name=name, created_at=now()))

    async def slow(connection: AsyncConnection) -> None:
        await add_user(connection, "second")
        half.set()
        await go_on.wait()
        await add_user(connection, "third")

    async def last(connection: AsyncConnection) -> None:
        await add_user(connection, "fifth")

    waited = database.commit(add("first"))  # A write does not overtake it.
    writing = asyncio.create_task(database.write(slow))
    await half.wait()
    assert waited.done()
    job = database.commit(add("fourth"), soon=True)
    also = asyncio.create_task(database.write(last))
    await asyncio.sleep(0)
    later = database.commit(add("sixth"), soon=True)
    waits: list[asyncio.Future[Any]] = [job, also, later]
    await asyncio.wait(waits, timeout=0.05)
    assert [one.done() for one in waits] == [False] * 3
    assert await names(database) == ["first"]  # Whoever looks something up does not wait.
    go_on.set()
    await asyncio.gather(writing, job, also, later)
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth"]
    assert await names(database) == ordinals


async def test_a_write_that_was_called_off_before_its_turn_does_not_hold_up_others(
    database: Database,
) -> None:
    half, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: AsyncConnection) -> None:
        half.set()
        await go_on.wait()

    writing = asyncio.create_task(database.write(slow))
    await half.wait()
    waiting = asyncio.create_task(database.write(slow))
    await asyncio.sleep(0)
    after = database.commit(add("ann"), soon=True)
    # As when the loop ends: every task of it is called off, who writes and who waits.
    others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.wait(others)
    assert (writing.cancelled(), waiting.cancelled(), await after) == (True, True, 1)


async def test_closing_commits_what_waits_and_refuses_what_comes_later(
    tmp_path: Path,
) -> None:
    database = await Database.open(tmp_path / "narration.db", gather_seconds=60)
    waits = database.commit(add("ann"))
    look = database.look_up(lambda connection: connection.execute(NAMES).fetchall())
    database.commit_unheard(lambda connection: None)
    await database.close()
    assert (waits.result(), look.done()) == (1, True)
    for late in (database.commit(add("late")), database.look_up(lambda connection: 1)):
        with pytest.raises(StoreError, match="closed"):
            await late
    await database.close()
    with closing(sqlite3.connect(tmp_path / "narration.db")) as file:
        assert file.execute(NAMES).fetchall() == [("ann",)]
    assert not (tmp_path / "narration.db-wal").exists()


async def test_look_ups_cannot_write_and_fail_each_for_itself(database: Database) -> None:
    look_ups: list[asyncio.Future[Any]] = [
        database.look_up(lambda connection: connection.execute("SELECT 1").fetchone()),
        database.look_up(lambda connection: connection.execute("DELETE FROM users")),
        database.look_up(lambda connection: [1][connection.total_changes + 9]),
    ]
    found, *failed = await asyncio.gather(*look_ups, return_exceptions=True)
    assert found == (1,)
    assert [type(error) for error in failed] == [StoreError, IndexError]


async def test_a_locked_file_fails_the_group_and_not_the_next(
    database: Database, tmp_path: Path
) -> None:
    await database.commit(lambda job: job.execute("PRAGMA busy_timeout=1"), soon=True)
    other = sqlite3.connect(tmp_path / "narration.db", isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await database.commit(add("ann"), soon=True)
        other.execute("ROLLBACK")
        assert await database.commit(add("ben"), soon=True) == 1


async def test_who_is_in_no_hurry_waits_only_after_another_transaction(
    database: Database,
) -> None:
    first = [database.commit(add("ann")), database.commit(add("ben"))]
    assert await asyncio.wait_for(asyncio.gather(*first), PATIENCE_SECONDS) == [1, 2]
    waits = database.commit(add("carl"))
    assert await names(database) == ["ann", "ben"]
    assert not waits.done()
    await database.commit(add("dora"), soon=True)
    assert await waits == 3
