"""Stories and scenes: to begin, find, change and delete them; and who may."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, open_page
from tests.page.script import Complete, Say, scene_of
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


async def test_a_reader_begins_a_story_and_finds_it_again(
    reader: Reader, server: ScriptedServer
) -> None:
    await reader.go()
    await expect(
        reader.page.get_by_role("heading", name="Begin your first story")
    ).to_be_visible()
    await reader.page.get_by_label("Title").fill("The Lighthouse")
    await reader.page.get_by_label("Premise").fill("A keeper who cannot sleep.")
    await reader.press("Begin the story")
    await expect(reader.page.get_by_role("heading", name="The Lighthouse")).to_be_visible()
    await expect(reader.page.get_by_text("A keeper who cannot sleep.")).to_be_visible()
    await expect(reader.page).to_have_title("The Lighthouse · Narration")
    await expect(reader.page).to_have_url(f"{server.url}/#/stories/1")

    await reader.page.go_back()
    await reader.page.get_by_role("link", name="The Lighthouse").click()
    await expect(reader.page.get_by_label("What happens next?")).to_be_visible()


async def test_a_story_has_an_address(reader: Reader, server: ScriptedServer) -> None:
    server.add_story("The Lighthouse")
    server.add_scene(server.add_story("Clocks"), [Say("Tick.")], prompt="A clock")
    await reader.go("#/stories/2")
    await expect(reader.page.get_by_role("heading", name="Clocks")).to_be_visible()
    await expect(reader.page.get_by_role("article", name="Scene 1")).to_contain_text("Tick.")
    await expect(reader.page.get_by_text("A clock")).to_be_visible()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("stopped", "You stopped the scene here."),
        ("partial", "The writing broke off here."),
        ("interrupted", "The server was stopped while this scene was being written."),
    ],
)
async def test_a_scene_that_is_not_whole_says_so(
    reader: Reader, server: ScriptedServer, state: str, words: str
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say("Once")], state=state)
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.get_by_text(words)).to_be_visible()


async def test_a_story_can_be_changed(reader: Reader, server: ScriptedServer) -> None:
    await reader.go(f"#/stories/{server.add_story('The Lighthouse')}")
    await reader.press("Edit")
    await reader.page.get_by_label("Title").fill("The Lamp")
    await reader.press("Save")
    await expect(reader.page.get_by_role("heading", name="The Lamp")).to_be_visible()
    await expect(reader.page).to_have_title("The Lamp · Narration")


async def test_nothing_is_deleted_without_a_question(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story("The Lighthouse")
    server.add_scene(story, [Say("One.")])
    server.add_scene(story, [Say("Two.")])
    await reader.go(f"#/stories/{story}")
    delete = reader.page.get_by_role("button", name="Delete Scene 1")
    await delete.click()
    await reader.press("Cancel")
    await expect(reader.page.get_by_text("One.")).to_be_visible()
    await delete.click()
    await reader.press("Delete")
    await expect(reader.page.get_by_text("One.")).to_be_hidden()
    await expect(reader.page.get_by_text("Two.")).to_be_visible()

    await reader.press("Delete story")
    await reader.press("Delete")
    await expect(
        reader.page.get_by_role("heading", name="Begin your first story")
    ).to_be_visible()


async def test_the_next_scene_is_numbered_after_the_last(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say("One.")])
    server.script = [Say("Two."), Complete()]
    await reader.go(f"#/stories/{story}")
    await reader.press("Tell it")
    await expect(reader.page.get_by_role("article", name="Scene 2")).to_contain_text("Two.")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("#/stories/99", "This story does not exist."),
        ("#/stories/abc", "There is nothing at this address."),
    ],
)
async def test_an_address_without_a_story_says_so(
    browser: Browser, server: ScriptedServer, address: str, words: str
) -> None:
    async with open_page(browser, server.url) as reader:
        await reader.go(address)
        await expect(reader.page.get_by_text(words)).to_be_visible()
        await reader.page.get_by_role("link", name="All stories").click()
        await expect(reader.page.get_by_role("button", name="Begin the story")).to_be_visible()


async def test_a_server_with_tokens_is_given_one_and_it_is_kept(
    browser: Browser, server: ScriptedServer
) -> None:
    server.tokens = {"sesame"}
    story = server.add_story("The Lighthouse")
    server.script = scene_of(["One."])
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{story}")
        await reader.page.get_by_label("Token").fill("wrong")
        await reader.press("Come in")
        await expect(reader.page.get_by_text("did not accept")).to_be_visible()
        await reader.page.get_by_label("Token").fill("sesame")
        await reader.press("Come in")
        await expect(reader.page.get_by_role("heading", name="The Lighthouse")).to_be_visible()
        await reader.press("Tell it")
        await reader.until_quiet()

        await reader.page.reload()
        await expect(reader.page.get_by_role("heading", name="The Lighthouse")).to_be_visible()
        await expect(reader.page.get_by_label("Token")).to_be_hidden()


async def test_a_reader_without_a_token_is_told_that_one_is_needed(
    browser: Browser, server: ScriptedServer
) -> None:
    server.tokens = {"sesame"}
    async with open_page(browser, server.url) as reader:
        await reader.go()
        await reader.press("Cancel")
        await expect(reader.page.get_by_text("This server needs a token.")).to_be_visible()
