"""What a request and a session cost the database, which all sessions share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from narration.story import SceneState
from tests.web.conftest import Client, begin, hear, new_story
from tests.web.services import ModelServer
from web.auth import LOCAL_USER
from web.keys import STORE
from web.sessions import statuses_of


@pytest.fixture
def by_sqlalchemy() -> Iterator[list[str]]:
    """Statements that are awaited one by one."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


async def traced(client: Client) -> list[str]:
    """The statements that are committed in groups from now on."""
    statements: list[str] = []
    await client.app[STORE].database.commit(
        lambda job: job.set_trace_callback(statements.append), soon=True
    )
    statements.clear()
    return statements


async def test_a_scene_begins_with_one_transaction_and_nothing_else(
    client: Client, model: ModelServer, by_sqlalchemy: list[str]
) -> None:
    story_id = await new_story(client)
    await hear(client, await begin(client, story_id))  # Now the user is known.
    committed = await traced(client)
    by_sqlalchemy.clear()
    model.hold.clear()
    session = await begin(client, story_id)
    assert (by_sqlalchemy, committed.count("COMMIT")) == ([], 1)
    assert len(committed) < 12
    model.hold.set()
    await hear(client, session)


async def test_a_session_is_a_few_transactions_from_its_request_to_its_end(
    client: Client, by_sqlalchemy: list[str]
) -> None:
    story_id = await new_story(client)
    await hear(client, await begin(client, story_id))
    store = client.app[STORE]
    committed = await traced(client)
    by_sqlalchemy.clear()
    session = await begin(client, story_id)
    await hear(client, session)
    assert by_sqlalchemy == []
    assert committed.count("COMMIT") <= 8
    user = await store.user(LOCAL_USER)
    assert [one.state for one in await statuses_of(client.app, user)][-1] == "ended"
    scene = await store.scene(user, session["scene_id"])
    assert scene.state is SceneState.COMPLETE
