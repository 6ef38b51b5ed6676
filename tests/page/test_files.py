"""What a reader can take along: scenes as files, and the story as an audiobook."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, open_page
from tests.page.script import Say, scene_of
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("tokens", [set(), {"sesame"}])
async def test_a_scene_is_taken_along_in_every_format_with_or_without_a_token(
    browser: Browser, server: ScriptedServer, tokens: set[str]
) -> None:
    server.tokens = tokens
    story = server.add_story()
    server.add_scene(story, scene_of(["One."]))
    server.add_scene(story, [Say("Two.")])
    async with open_page(browser, server.url) as reader:
        page = reader.page
        await reader.go(f"#/stories/{story}")
        if tokens:
            await page.get_by_label("Token").fill("sesame")
            await reader.press("Come in")
        await reader.press("Download Scene 1")
        files = {
            "MP3": "audio.mp3",
            "Opus": "audio.opus",
            "WAV": "audio.wav",
            "Captions (VTT)": "captions.vtt",
            "Captions (SRT)": "captions.srt",
        }
        for words, file in files.items():
            async with page.expect_download() as download:
                await page.get_by_role("link", name=words, exact=True).click()
            taken = await download.value
            assert _text(await taken.path()) == file
            name = f"Scene 1.{file.partition('.')[2]}" if tokens else file
            assert taken.suggested_filename == name
        # There is nothing of the other one.
        await expect(page.get_by_role("button", name="Download Scene 2")).to_be_hidden()


async def test_a_file_that_cannot_be_had_is_told(
    browser: Browser, server: ScriptedServer
) -> None:
    server.tokens = {"sesame"}
    story = server.add_story()
    scene = server.add_scene(story, scene_of(["One."]))
    server.refuse[f"/api/scenes/{scene}/audio.mp3"] = "The disk is full."
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{story}")
        await reader.page.get_by_label("Token").fill("sesame")
        await reader.press("Come in")
        await reader.press("Download Scene 1")
        await reader.page.get_by_role("link", name="MP3").click()
        alert = reader.page.get_by_role("alert").get_by_text("The disk is full.")
        await expect(alert).to_be_visible()


async def test_an_audiobook_is_made_called_off_and_fetched(
    reader: Reader, server: ScriptedServer
) -> None:
    page, book = reader.page, server.files.book
    await reader.go(f"#/stories/{server.add_story('The Lighthouse')}")
    await reader.press("Audiobook")
    await expect(page.get_by_text("Scene 2 has no audio and is left out.")).to_be_visible()
    await reader.press("Make M4B")
    await expect(page.get_by_text("Scene 1 of 4")).to_be_visible()
    await reader.press("Cancel M4B")
    await expect(page.get_by_role("button", name="Make M4B")).to_be_visible()

    await reader.press("Make M4B")
    book.update(done_scenes=3, done_ms=3_000)
    await expect(page.get_by_text("Scene 4 of 4")).to_be_visible()
    bar = page.get_by_role("progressbar", name="M4B in the making")
    await expect(bar).to_have_js_property("value", 3_000)
    book.update(state="ready", url="/api/stories/1/audiobook.m4b")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download M4B").click()
    assert (await download.value).suggested_filename == "audiobook.m4b"
    await expect(page.get_by_role("link", name="Download MP3")).to_be_hidden()
    assert server.files.asked == ["POST m4b", "DELETE m4b", "POST m4b"]


async def test_an_audiobook_that_is_shown_is_known_to_be_outdated_as_soon_as_it_is(
    reader: Reader, server: ScriptedServer
) -> None:
    page, story = reader.page, server.add_story()
    server.add_scene(story, scene_of(["One."]))
    server.files.book.update(state="ready", url="/api/stories/1/audiobook.m4b")
    await reader.go(f"#/stories/{story}")
    await reader.press("Audiobook")
    await expect(page.get_by_role("link", name="Download M4B")).to_be_visible()
    server.files.book["state"] = "outdated"
    await reader.press("Edit Scene 1")
    await page.get_by_label("Text").fill("Two.")
    await reader.press("Save")
    await expect(page.get_by_text("The story has changed since.")).to_be_visible()


async def test_an_audiobook_that_cannot_be_made_says_why(
    reader: Reader, server: ScriptedServer
) -> None:
    page, book = reader.page, server.files.book
    await reader.go(f"#/stories/{server.add_story()}")
    book.update(state="failed", message="the disk is full")
    await reader.press("Audiobook")
    await expect(page.get_by_role("alert").get_by_text("the disk is full")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again M4B")).to_be_visible()
    await reader.press("Audiobook")
    await expect(page.get_by_role("alert").get_by_text("the disk is full")).to_be_hidden()
    book.update(state="outdated", url="/api/stories/1/audiobook.m4b")
    await reader.press("Audiobook")
    await expect(page.get_by_text("The story has changed since.")).to_be_visible()
    await expect(page.get_by_role("link", name="Download M4B")).to_be_visible()
    book.update(state="none", url=None, scenes=[], missing=[{"number": 1}])
    await reader.press("Audiobook")
    await reader.press("Audiobook")
    await expect(page.get_by_text("No scene has been narrated yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="Make M4B")).to_be_hidden()


def _text(path: Path) -> str:
    return path.read_text()
