"""A scene's audio over HTTP: listed, by the sentence, whole, as captions, as it grows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web as http

from narration.audio import decode
from narration.story import Scene, SceneState
from tests.narration.export.cue_readers import read_srt, read_vtt
from tests.narration.export.spoken import Line, speak
from tests.web.conftest import Client, StartServer, new_story
from tests.web.narrating import call, written
from tests.web.services import VoiceServer
from web.auth import LOCAL_USER
from web.keys import STORE

LINES: list[Line] = [
    ("The lamp went out at nine.", 1_310, 120),
    ("Nobody in the house said a word about it.", 2_003, 450),
    ("This was never spoken.", None),
    ("Only the rain answered her.", 1_717, 120),
]


class Shelf:
    """A server with one scene, which has audio without having been narrated by anybody."""

    def __init__(self, client: Client, user_id: int, scene: Scene, pcm: bytes) -> None:
        self.client = client
        self.user_id = user_id
        self.scene = scene
        self.pcm = pcm
        self.path = f"/api/scenes/{scene.id}"


async def shelf_of(client: Client, lines: list[Line] = LINES) -> Shelf:
    store = client.app[STORE]
    user_id = await store.user(LOCAL_USER)
    story = await store.create_story(user_id, "Der Türmer: 1/2", "", "en")
    scene = await store.create_scene(user_id, story.id, "x")
    pcm = await speak(store, user_id, scene, lines)
    return Shelf(client, user_id, scene, pcm)


@pytest.fixture
async def shelf(client: Client) -> Shelf:
    return await shelf_of(client)


async def get(
    shelf: Shelf, path: str, method: str = "GET", **headers: str
) -> tuple[aiohttp.ClientResponse, bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with shelf.client.request(method, f"{shelf.path}/{path}", headers=sent) as response:
        return response, await response.read()


async def test_the_list_says_who_spoke_where_each_sentence_is_and_where_the_pauses(
    shelf: Shelf,
) -> None:
    audio = await call(shelf.client, "GET", f"{shelf.path}/audio", 200)
    assert audio["narration"].items() >= {"state": "complete", "voice": "v"}.items()
    assert audio["duration_ms"] == pytest.approx(len(shelf.pcm) / 48)
    spans = [
        (one["start_ms"], one["duration_ms"], one["rest_ms"]) for one in audio["sentences"]
    ]
    assert spans == [(0, 1_430, 120), (1_430, 2_453, 450), (3_883, 0, 0), (3_883, 1_837, 120)]
    urls = [one["url"] for one in audio["sentences"]]
    assert urls == [f"{shelf.path}/audio/{n}" if n != 2 else None for n in range(4)]


@pytest.mark.parametrize("format", ["mp3", "opus", "wav", "flac"])
async def test_a_sentence_is_a_file_with_the_pause_after_it(shelf: Shelf, format: str) -> None:
    response, body = await get(shelf, f"audio/1.{format}")
    assert response.status == 200
    assert (await get(shelf, f"audio/1?format={format}"))[1] == body
    pcm = decode(body)
    assert len(pcm) == 2_453 * 48
    if format in ("wav", "flac"):
        assert pcm == shelf.pcm[1_430 * 48 :][: len(pcm)]
    etag = response.headers["ETag"]
    same, nothing = await get(shelf, f"audio/1.{format}", If_None_Match=etag)
    assert (same.status, nothing, same.headers["ETag"]) == (304, b"", etag)
    part, some = await get(shelf, f"audio/1.{format}", Range="bytes=10-19")
    assert (part.status, some) == (206, body[10:20])


@pytest.mark.parametrize("number", [0, 1])  # Stored as FLAC, and as a WAV file yet.
async def test_a_sentence_without_a_pause_is_the_file_that_was_asked_for(
    client: Client, number: int
) -> None:
    shelf = await shelf_of(client, [("Who is there?", 500, 0), ("Nobody is there.", 700, 0)])
    start, end = [(0, 500), (500, 1_200)][number]
    for format, begins in [("flac", b"fLaC"), ("wav", b"RIFF")]:
        _, body = await get(shelf, f"audio/{number}.{format}")
        assert (body[:4], decode(body)) == (begins, shelf.pcm[start * 48 : end * 48])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("audio/2.mp3", 404),
        ("audio/9.mp3", 404),
        ("audio/x.mp3", 404),
        ("audio/1.aac", 404),
        ("audio/1?format=aac", 400),
        ("audio.aac", 404),
        ("audio.m4b", 404),
        ("captions.ass", 404),
    ],
)
async def test_what_there_is_not_is_told(shelf: Shelf, path: str, status: int) -> None:
    response, body = await get(shelf, path)
    assert response.status == status
    assert b'"error"' in body


async def test_a_scene_without_audio_says_how_to_get_some(client: Client) -> None:
    store = client.app[STORE]
    user_id = await store.user(LOCAL_USER)
    story_id = await new_story(client)
    scene = await store.create_scene(user_id, story_id, "x")
    await store.finish_scene(scene.id, "A text.", SceneState.COMPLETE)
    for narrated in (False, True):
        for path in ("audio.mp3", "captions.vtt"):
            answer = await call(client, "GET", f"/api/scenes/{scene.id}/{path}", 404)
            assert f"POST /api/scenes/{scene.id}/narration" in answer["error"]["message"]
        if not narrated:
            await speak(store, user_id, scene, LINES)
            await store.update_scene(user_id, scene.id, text="Another text.")


async def test_the_whole_scene_is_sent_in_parts_as_players_ask_for_them(shelf: Shelf) -> None:
    response, body = await get(shelf, "audio.mp3")
    assert response.status == 200
    headers = response.headers
    assert headers["Content-Type"] == "audio/mpeg"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-cache"
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Content-Disposition"] == (
        'inline; filename="Der T_rmer 1 2 - Scene 1.mp3"; '
        "filename*=UTF-8''Der%20T%C3%BCrmer%201%202%20-%20Scene%201.mp3"
    )
    size, etag, date = len(body), headers["ETag"], headers["Last-Modified"]
    stale = "Mon, 01 Jan 2024 00:00:00 GMT"
    cases: list[tuple[dict[str, str], int, bytes, str | None]] = [
        ({"Range": "bytes=0-"}, 206, body, f"bytes 0-{size - 1}/{size}"),
        ({"Range": "bytes=5-9"}, 206, body[5:10], f"bytes 5-9/{size}"),
        ({"Range": "bytes=-7"}, 206, body[-7:], f"bytes {size - 7}-{size - 1}/{size}"),
        ({"Range": f"bytes=5-{size + 9}"}, 206, body[5:], f"bytes 5-{size - 1}/{size}"),
        ({"Range": f"bytes=-{size + 9}"}, 206, body, f"bytes 0-{size - 1}/{size}"),
        ({"Range": f"bytes={size}-"}, 416, b"", f"bytes */{size}"),
        ({"Range": "bytes=-0"}, 416, b"", f"bytes */{size}"),
        # What is no range that we know is as if it were not there.
        ({"Range": "bytes=9-5"}, 200, body, None),
        ({"Range": "bytes=0-1,5-6"}, 200, body, None),
        ({"Range": "lines=1-2"}, 200, body, None),
        ({"Range": "bytes=-"}, 200, body, None),
        # Only a part of this very file goes with the part that the client has.
        ({"Range": "bytes=5-9", "If-Range": etag}, 206, body[5:10], f"bytes 5-9/{size}"),
        ({"Range": "bytes=5-9", "If-Range": date}, 206, body[5:10], f"bytes 5-9/{size}"),
        ({"Range": "bytes=5-9", "If-Range": '"another"'}, 200, body, None),
        ({"Range": "bytes=5-9", "If-Range": f"W/{etag}"}, 200, body, None),
        ({"Range": "bytes=5-9", "If-Range": stale}, 200, body, None),
        ({"Range": "bytes=5-9", "If-Range": "yesterday"}, 200, body, None),
        ({"If-None-Match": etag}, 304, b"", None),
        ({"If-None-Match": f'"another", W/{etag}'}, 304, b"", None),
        ({"If-None-Match": "*"}, 304, b"", None),
        ({"If-None-Match": '"another"'}, 200, body, None),
        ({"If-Modified-Since": date}, 304, b"", None),
        ({"If-Modified-Since": stale}, 200, body, None),
        ({"If-Modified-Since": date, "If-None-Match": '"another"'}, 200, body, None),
        ({"If-Match": '"another"'}, 412, b"", None),
        ({"If-Match": f"W/{etag}"}, 412, b"", None),
        ({"If-Match": etag, "Range": "bytes=5-9"}, 206, body[5:10], f"bytes 5-9/{size}"),
        ({"If-Unmodified-Since": stale}, 412, b"", None),
    ]
    # What nobody says, and some do to see what happens.
    digits = "9" * 5_000
    for value in (f"bytes={digits}-", f"bytes=-{digits}", f"bytes=0-{digits}"):
        cases.append(({"Range": value}, 200, body, None))
    for year in ("10000", digits[:30]):
        never = f"Mon, 01 Jan {year} 00:00:00 GMT"
        cases.append(({"If-Modified-Since": never}, 200, body, None))
        cases.append(({"If-Unmodified-Since": never}, 200, body, None))
        cases.append(({"Range": "bytes=5-9", "If-Range": never}, 200, body, None))
    # Dates as they were written long ago are dates too.
    old = parsedate_to_datetime(date).strftime("%a %b %d %H:%M:%S %Y")
    cases.append(({"If-Modified-Since": old}, 304, b"", None))
    cases.append(({"If-Unmodified-Since": old}, 200, body, None))
    for asked, status, sent, told in cases:
        again, got = await get(shelf, "audio.mp3", **asked)
        assert (again.status, got) == (status, sent), asked
        assert again.headers.get("Content-Range") == told, asked
        assert again.headers["ETag"] == etag


async def test_it_can_be_asked_about_and_stored(shelf: Shelf) -> None:
    _, body = await get(shelf, "audio.opus")
    head, nothing = await get(shelf, "audio.opus", "HEAD")
    assert (head.status, nothing) == (200, b"")
    assert head.content_length == len(body)
    # Only what is sent has parts (RFC 9110, section 14.2).
    head, _ = await get(shelf, "audio.opus", "HEAD", Range="bytes=0-9")
    assert (head.status, head.content_length) == (200, len(body))
    stored, _ = await get(shelf, "audio.opus?download=1")
    assert stored.headers["Content-Disposition"].startswith("attachment; filename=")


async def test_the_file_is_made_once_and_again_when_the_audio_is_another(
    shelf: Shelf, tmp_path: Path
) -> None:
    responses = await asyncio.gather(*(get(shelf, "audio.wav") for _ in range(5)))
    assert len({response.headers["ETag"] for response, _ in responses}) == 1
    assert len({hashlib.sha256(body).digest() for _, body in responses}) == 1
    files = tmp_path / "narration.db.files"
    assert len(list(files.iterdir())) == 1
    assert responses[0][1].endswith(shelf.pcm)

    store = shelf.client.app[STORE]
    pcm = await speak(store, shelf.user_id, shelf.scene, LINES[:2])
    etag = responses[0][0].headers["ETag"]
    changed, body = await get(shelf, "audio.wav", If_None_Match=etag, Range="bytes=0-")
    assert changed.status == 206
    assert body.endswith(pcm)
    assert len(body) < len(shelf.pcm)

    # Of what was deleted, nothing stays.
    await call(shelf.client, "DELETE", f"{shelf.path}/narration", 204)
    assert list(files.iterdir()) == []
    assert (await get(shelf, "audio.wav"))[0].status == 404


async def test_the_files_of_deleted_scenes_and_stories_go_too(
    client: Client, tmp_path: Path
) -> None:
    for delete_story in (False, True):
        shelf = await shelf_of(client)
        await get(shelf, "audio.wav")
        story = f"/api/stories/{shelf.scene.story_id}"
        await call(client, "POST", f"{story}/audiobook?format=mp3", 202)
        await call(client, "DELETE", story if delete_story else shelf.path, 204)
        assert list((tmp_path / "narration.db.files").iterdir()) == []


async def test_a_file_there_is_no_room_for_is_refused(start_server: StartServer) -> None:
    client = await start_server(store={"max_files_mb": 1})
    shelf = await shelf_of(client, [("A long one.", 30_000, 0)])
    response, body = await get(shelf, "audio.wav")
    assert response.status == 507
    assert b"store.max_files_mb" in body
    assert (await get(shelf, "audio.mp3"))[0].status == 200


async def test_captions_are_there_in_both_formats(shelf: Shelf) -> None:
    vtt, body = await get(shelf, "captions.vtt")
    assert vtt.headers["Content-Type"] == "text/vtt; charset=utf-8"
    cues = read_vtt(body.decode())
    assert [cue[:2] for cue in cues] == [(0, 1_310), (1_430, 3_433), (3_883, 5_600)]
    srt, body = await get(shelf, "captions.srt?download=1")
    assert srt.headers["Content-Type"] == "application/x-subrip; charset=utf-8"
    assert srt.headers["Content-Disposition"].startswith("attachment")
    assert read_srt(body.decode()) == cues
    same, _ = await get(shelf, "captions.vtt", If_None_Match=vtt.headers["ETag"])
    assert same.status == 304


async def test_nothing_of_it_is_there_for_a_stranger(start_server: StartServer) -> None:
    client = await start_server(auth={"tokens": {"ann": "a-secret", "ben": "b-secret"}})
    store = client.app[STORE]
    ann = await store.user("ann")
    story = await store.create_story(ann, "T", "", "en")
    scene = await store.create_scene(ann, story.id, "x")
    await speak(store, ann, scene, LINES)
    files = ("audio", "audio/0", "audio/0.mp3", "audio.mp3", "captions.vtt")
    for path in files:
        for token, status in (("a-secret", 200), ("b-secret", 404)):
            headers = {"Authorization": f"Bearer {token}"}
            url = f"/api/scenes/{scene.id}/{path}"
            async with client.get(url, headers=headers) as response:
                assert response.status == status, path


class HeldVoice(VoiceServer):
    """Says the sentence with the rain in it only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.rain = asyncio.Event()

    async def _speak(self, request: http.Request) -> http.StreamResponse:
        if "rain" in (await request.json())["input"]:
            await self.rain.wait()
        return await super()._speak(request)


@pytest.fixture
async def voice() -> AsyncIterator[HeldVoice]:
    voice = HeldVoice()
    yield voice
    voice.rain.set()


async def test_a_scene_that_is_being_narrated_is_sent_as_it_grows(
    client: Client, voice: HeldVoice
) -> None:
    scene = await written(client)
    path = f"/api/scenes/{scene['id']}"
    await call(client, "POST", f"{path}/narration", 201)
    # Asked for before the first sentence is there, and from the middle.
    headers = {"Range": "bytes=100-"}
    async with client.get(f"{path}/audio.wav", headers=headers) as response:
        assert response.status == 200
        assert response.content_length is None
        assert response.headers["Accept-Ranges"] == "none"
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
        got = await response.content.readexactly(48_000)
        audio = await call(client, "GET", f"{path}/audio", 200)
        assert audio["narration"]["state"] == "speaking"
        _, captions = await fetched(client, f"{path}/captions.vtt")
        assert 1 <= len(read_vtt(captions.decode())) < 4
        voice.rain.set()
        got += await response.read()
    audio = await call(client, "GET", f"{path}/audio", 200)
    assert audio["narration"]["state"] == "complete"
    sentences = [
        (await fetched(client, f"{one['url']}?format=pcm"))[1]
        for one in audio["sentences"]
        if one["url"]
    ]
    pcm = b"".join(sentences)
    assert got.endswith(pcm)
    assert len(got) - len(pcm) < 500, "the header"
    # And from then on it is a file.
    response, body = await fetched(client, f"{path}/audio.wav")
    assert response.headers["Accept-Ranges"] == "bytes"
    assert body.endswith(pcm)


async def test_who_leaves_a_growing_file_makes_room_for_another(
    client: Client, voice: HeldVoice
) -> None:
    scene = await written(client)
    path = f"/api/scenes/{scene['id']}"
    session = await call(client, "POST", f"{path}/narration", 201)
    followers = [await client.get(f"{path}/audio.mp3") for _ in range(8)]
    assert {one.status for one in followers} == {200}
    refused = await call(client, "GET", f"{path}/audio.mp3", 429)
    assert refused["error"]["code"] == "busy"
    followers.pop().close()
    while (another := await client.get(f"{path}/audio.mp3")).status == 429:
        another.close()
        await asyncio.sleep(0.05)
    followers.append(another)
    # The narration is stopped: what was said of it is all that they get.
    await call(client, "POST", f"/api/sessions/{session['session_id']}/stop", 202)
    for one in followers:
        assert len(await one.read()) > 1_000


async def fetched(client: Client, path: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with client.get(path) as response:
        assert response.status == 200, path
        return response, await response.read()
