"""A story as an audiobook over HTTP, with the embedded parts replaced by scripted ones."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from narration.story import NarrationState
from tests.narration.export.spoken import Line, probe, speak
from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer
from tests.web.narrating import call
from web.auth import LOCAL_USER
from web.keys import STORE

LINES: list[Line] = [("The lamp went out.", 1_300, 120), ("Nobody said a word.", 900, 120)]


async def story_of(client: Client, user: str = LOCAL_USER) -> tuple[str, list[int]]:
    """The address of a story with three scenes, of which the second has no audio."""
    store = client.app[STORE]
    user_id = await store.user(user)
    story = await store.create_story(user_id, "The Lighthouse", "", "en")
    scenes = [await store.create_scene(user_id, story.id, "x") for _ in range(3)]
    await speak(store, user_id, scenes[0], LINES)
    await speak(store, user_id, scenes[2], LINES, NarrationState.STOPPED)
    return f"/api/stories/{story.id}", [scene.id for scene in scenes]


async def made(client: Client, story: str, format: str) -> dict[str, Any]:
    """What is said of the audiobook when it is not being made any more."""
    while True:
        book: dict[str, Any]
        book = await call(client, "GET", f"{story}/audiobook?format={format}", 200)
        if book["state"] != "making":
            return book
        await asyncio.sleep(0.02)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize(("format", "kind"), [("m4b", "audio/mp4"), ("mp3", "audio/mpeg")])
async def test_it_is_made_and_fetched(
    client: Client, format: str, kind: str, tmp_path: Path
) -> None:
    story, (first, second, third) = await story_of(client)
    book = await call(client, "GET", f"{story}/audiobook?format={format}", 200)
    assert (book["state"], book["url"]) == ("none", None)
    answer = await call(client, "GET", f"{story}/audiobook.{format}", 404)
    assert f"POST {story}/audiobook?format={format}" in answer["error"]["message"]
    begun = await call(client, "POST", f"{story}/audiobook?format={format}", 202)
    assert begun["total_ms"] == 2 * 2_440 + 1_000
    book = await made(client, story, format)
    assert book["state"] == "ready"
    assert (book["done_ms"], book["done_scenes"], book["total_scenes"]) == (5_880, 2, 2)
    assert [(one["scene_id"], one["start_ms"]) for one in book["scenes"]] == [
        (first, 0),
        (third, 3_440),
    ]
    assert book["missing"] == [{"scene_id": second, "number": 2}]
    again = await call(client, "POST", f"{story}/audiobook?format={format}", 200)
    assert again == book
    async with client.get(f"{book['url']}?download=1") as response:
        assert response.content_type == kind
        name = f'attachment; filename="The Lighthouse.{format}"'
        assert response.headers["Content-Disposition"].startswith(name)
        body = await response.read()
    async with client.get(book["url"], headers={"Range": "bytes=-100"}) as response:
        assert (response.status, await response.read()) == (206, body[-100:])
    path = tmp_path / f"book.{format}"
    path.write_bytes(body)
    shown = await asyncio.to_thread(probe, path)
    assert abs(float(shown["format"]["duration"]) - 5.88) < 0.05
    titles = [chapter["tags"]["title"] for chapter in shown["chapters"]]
    assert titles == ["Scene 1", "Scene 3"]


async def test_a_change_makes_it_outdated_and_deleting_removes_it(client: Client) -> None:
    story, (_, second, _) = await story_of(client)
    await call(client, "POST", f"{story}/audiobook", 202)
    assert (await made(client, story, "m4b"))["state"] == "ready"
    store = client.app[STORE]
    user_id = await store.user(LOCAL_USER)
    await speak(store, user_id, await store.scene(user_id, second), LINES)
    book = await made(client, story, "m4b")
    assert (book["state"], book["missing"]) == ("outdated", [])
    assert book["url"] is not None
    await call(client, "POST", f"{story}/audiobook", 202)
    assert (await made(client, story, "m4b"))["state"] == "ready"
    await call(client, "DELETE", f"{story}/audiobook", 204)
    assert (await made(client, story, "m4b"))["state"] == "none"
    await call(client, "GET", f"{story}/audiobook.m4b", 404)


async def test_what_cannot_be_is_told(client: Client) -> None:
    store = client.app[STORE]
    user_id = await store.user(LOCAL_USER)
    story = await store.create_story(user_id, "The Lighthouse", "", "en")
    path = f"/api/stories/{story.id}"
    answer = await call(client, "POST", f"{path}/audiobook", 409)
    assert "/narration" in answer["error"]["message"]
    await call(client, "GET", f"{path}/audiobook?format=ogg", 400)
    await call(client, "GET", f"{path}/audiobook.ogg", 404)
    for method in ("GET", "POST", "DELETE"):
        await call(client, method, "/api/stories/99/audiobook", 404)


async def test_a_failure_is_told_with_what_to_do(start_server: StartServer) -> None:
    client = await start_server(store={"max_files_mb": 1})
    store = client.app[STORE]
    user_id = await store.user(LOCAL_USER)
    story = await store.create_story(user_id, "The Lighthouse", "", "en")
    scene = await store.create_scene(user_id, story.id, "x")
    await speak(store, user_id, scene, [("A long one.", 59_000, 0)] * 2)
    path = f"/api/stories/{story.id}"
    await call(client, "POST", f"{path}/audiobook", 202)
    book = await made(client, path, "m4b")
    assert book["state"] == "failed"
    assert "store.max_files_mb" in book["message"]


async def test_a_strangers_book_is_not_there(start_server: StartServer) -> None:
    client = await start_server(auth={"tokens": {"ann": "a-secret", "ben": "b-secret"}})
    story, _ = await story_of(client, "ann")
    ann, ben = ({"Authorization": f"Bearer {name}-secret"} for name in "ab")
    await call(client, "POST", f"{story}/audiobook", 202, headers=ann)
    for method, path in (
        ("GET", "audiobook"),
        ("POST", "audiobook"),
        ("DELETE", "audiobook"),
        ("GET", "audiobook.m4b"),
    ):
        await call(client, method, f"{story}/{path}", 404, headers=ben)
    while True:
        book = await call(client, "GET", f"{story}/audiobook", 200, headers=ann)
        if book["state"] != "making":
            break
        await asyncio.sleep(0.02)
    assert book["state"] == "ready"


OLD = "2020-01-01 00:00:00.000000"


async def test_to_look_how_far_it_is_uses_no_scene_and_to_make_it_or_to_listen_does(
    client: Client, tmp_path: Path
) -> None:
    story, (first, _, third) = await story_of(client)
    database = tmp_path / "narration.db"
    await asyncio.to_thread(age, database)
    for _ in range(3):
        await call(client, "GET", f"{story}/audiobook", 200)
        await call(client, "GET", f"/api/scenes/{first}/audio", 200)
    assert await asyncio.to_thread(used, database) == set()
    async with client.get(f"/api/scenes/{first}/audio.mp3") as response:
        assert response.status == 200
    await until_used(database, {first})
    await call(client, "POST", f"{story}/audiobook", 202)
    await until_used(database, {first, third})
    await made(client, story, "m4b")


def age(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE narrations SET used_at = ?", [OLD])


def used(database: Path) -> set[int]:
    """The scenes whose audio was used since then."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT scene_id FROM narrations WHERE used_at <> ?"
        return {scene_id for (scene_id,) in connection.execute(query, [OLD])}


async def until_used(database: Path, scenes: set[int]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await asyncio.to_thread(used, database) != scenes:
            await asyncio.sleep(0.01)
