"""Scenes that are written whole, and then play by themselves."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, open_page
from tests.page.script import (
    Complete,
    Say,
    Speak,
    Step,
    Trouble,
    WaitFor,
    samples,
    scene_of,
    voice,
)
from tests.page.scripted_server import ScriptedServer
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

SENTENCES = ["The lamp went out.", "Nobody saw it.", "Then the sea began to speak."]
TEXT = " ".join(SENTENCES)


@pytest.fixture
def server(server: ScriptedServer) -> ScriptedServer:
    """Its reader wants scenes to play by themselves."""
    server.settings["auto_play_last_scene"] = True
    server.script = [Say(TEXT), Complete()]
    server.speech = _speech()
    return server


async def test_it_plays_in_the_window_that_asked_as_soon_as_the_first_sentence_is_there(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    written, go_on = asyncio.Event(), asyncio.Event()
    server.script = [Say("The lamp "), WaitFor(written), Say(TEXT[9:]), Complete()]
    first, *rest = _speech(seconds=0.5)
    server.speech = [first, WaitFor(go_on), *rest]
    async with open_page(browser, server.url) as here, open_page(browser, server.url) as there:
        for reader in (here, there):
            await reader.go(f"#/stories/{story}")
        await server.notices.until_connected(pages=2)
        await here.page.get_by_label("What happens next?").fill("A storm")
        await here.press("Write it")
        await expect(here.page.get_by_text("Being written.")).to_be_visible()
        await expect(here.page.get_by_text("A storm")).to_be_visible()
        await expect(here.page.get_by_text("The lamp")).to_be_hidden()
        written.set()
        for reader in (here, there):
            await expect(reader.page.locator(".scene-text")).to_have_text(TEXT)
            await expect(reader.page.get_by_text("1 of 3 sentences")).to_be_visible()
        await here.heard_seconds(0.5)
        go_on.set()
        await here.until_quiet()
        sound = await here.sound()
        np.testing.assert_array_equal(sound[sound != 0], samples(server.pcm(1)))
        assert server.wishes == [{"custom_prompt": "A storm"}]
        assert server.session.connections == 1
        listen = there.page.get_by_role("button", name="Listen to Scene 1")
        await expect(listen).to_be_visible()
        assert len(await there.heard()) == 0
        # Both know it once, whoever told them of it.
        for reader in (here, there):
            await expect(reader.page.get_by_role("article")).to_have_count(1)


async def test_who_was_not_there_for_the_first_sentence_hears_what_is_stored(
    browser: Browser, server: ScriptedServer
) -> None:
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{server.add_story()}")
        await server.notices.until_connected()
        server.refuse["/api/me"] = "The server is busy."
        server.notices.cut()
        await reader.press("Write it")
        await expect(reader.page.locator(".scene-text")).to_have_text(TEXT)
        await server.session.until_ended()
        server.forget(server.session)
        del server.refuse["/api/me"]
        await reader.until_quiet()
        sound = await reader.sound()
        np.testing.assert_array_equal(sound[sound != 0], samples(server.pcm(1)))


async def test_who_listens_to_something_else_is_not_interrupted(
    reader: Reader, server: ScriptedServer
) -> None:
    story, written = server.add_story(), asyncio.Event()
    old = server.add_scene(story, scene_of(["Long ago."], seconds=2))
    server.script = [WaitFor(written), Say(TEXT), Complete()]
    await reader.go(f"#/stories/{story}")
    await reader.press("Write it")
    await reader.hold_at(0.1)
    await reader.press("Listen to Scene 1")
    await reader.heard_seconds(0.1)
    written.set()
    await expect(reader.page.get_by_role("button", name="Listen to Scene 2")).to_be_visible()
    await server.session.until_ended()
    await reader.release()
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(old)))


async def test_a_browser_that_refuses_sound_offers_it(
    browser: Browser, server: ScriptedServer
) -> None:
    connected = asyncio.Event()
    server.speech = [WaitFor(connected), *_speech()]
    async with open_page(browser, server.url) as reader:
        # Not a click, as the browser sees it.
        await reader.page.add_init_script(
            """new MutationObserver((_, observer) => {
                const write = [...document.querySelectorAll(".composer button")]
                    .find((it) => it.textContent === "Write it" && !it.hidden);
                if (write === undefined) return;
                observer.disconnect();
                write.click();
            }).observe(document, { childList: true, subtree: true });"""
        )
        await reader.go(f"#/stories/{server.add_story()}")
        # What a test evaluates counts as the reader's own doing, so not before.
        await server.notices.until_connected()
        connected.set()
        await asyncio.wait_for(server.listened.wait(), PATIENCE_SECONDS)
        await expect(reader.page.get_by_text("holds the sound back")).to_be_visible()
        assert len(await reader.heard()) == 0
        await reader.press("Tap to hear")
        await reader.until_quiet()
        np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))


async def test_the_writing_can_be_stopped_and_what_was_written_stays(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [Say("The lamp "), WaitFor(asyncio.Event())]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Write it")
    await asyncio.wait_for(server.asked.wait(), PATIENCE_SECONDS)
    await reader.press("Stop writing")
    await expect(reader.page.get_by_text("You stopped the scene here.")).to_be_visible()
    await expect(reader.page.locator(".scene-text")).to_have_text("The lamp ")
    await expect(reader.page.get_by_role("button", name="Write it")).to_be_visible()


async def test_what_cannot_be_written_leaves_the_prompt_and_what_cannot_be_spoken_stays(
    browser: Browser, server: ScriptedServer
) -> None:
    server.script = [Trouble("The model does not answer.", ends=True)]
    async with open_page(browser, server.url) as reader:
        page = reader.page
        prompt = page.get_by_label("What happens next?")
        await reader.go(f"#/stories/{server.add_story()}")
        await prompt.fill("A storm")
        await reader.press("Write it")
        await expect(page.get_by_role("alert").get_by_text("does not answer")).to_be_visible()
        await expect(prompt).to_have_value("A storm")
        await expect(page.get_by_role("article")).to_have_count(0)

        server.script = [Say(TEXT), Complete()]
        server.speech = [Trouble("kokoro: nobody answers", ends=True)]
        await reader.press("Write it")
        await expect(page.get_by_role("alert").get_by_text("kokoro")).to_be_visible()
        await expect(page.locator(".scene-text")).to_have_text(TEXT)
        await expect(page.get_by_role("button", name="Try again: Scene 1")).to_be_visible()


def _speech(seconds: float = 0.3) -> list[Step]:
    """How the scene is spoken, once it is written."""
    return [*(Speak(n, it, voice(n, seconds)) for n, it in enumerate(SENTENCES)), Complete()]
