"""Scenes that are written, narrated at the reader's wish."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, open_page
from tests.page.script import (
    Complete,
    Say,
    SkipSentence,
    Speak,
    Step,
    Trouble,
    WaitFor,
    samples,
    scene_of,
    voice,
)
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

SENTENCES = ["The lamp 🕯️ went out.", "Nobody saw it.", "Then the sea began to speak."]


async def test_a_scene_is_heard_while_its_narration_is_made(
    reader: Reader, server: ScriptedServer
) -> None:
    story, go_on = server.add_story(), asyncio.Event()
    scene = server.add_scene(story, [Say(" ".join(SENTENCES))])
    first, *rest = _speech(seconds=1)
    server.speech = [first, WaitFor(go_on), *rest]
    page = reader.page
    await reader.go(f"#/stories/{story}")
    await reader.watch_highlight()
    await reader.press("Narrate: Scene 1")
    await expect(page.get_by_text("1 of 3 sentences")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_js_property("value", 1)

    await reader.press("Listen to Scene 1")
    await reader.heard_seconds(0.1)
    await page.keyboard.press(" ")
    await server.session.until_said("pause")
    await expect(page.get_by_text("Paused")).to_be_visible()
    await reader.press("Go on")
    await expect(page.locator("[aria-current]")).to_have_text(SENTENCES[0])
    go_on.set()
    await expect(page.get_by_text("of 3 sentences")).to_be_hidden()
    await reader.until_quiet()

    await _heard_last(reader, server.pcm(scene)[len(voice(0, 1)) :])
    assert await reader.highlights() == SENTENCES
    await expect(page.locator(".scene-text")).to_have_text(" ".join(SENTENCES))
    await expect(page.get_by_role("button", name="Listen to Scene 1")).to_have_text(
        "Listen · 0:03"
    )
    await expect(page.get_by_role("button", name="Narrate")).to_be_hidden()


async def test_who_stops_listening_does_not_stop_the_making_and_cancel_does(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say(" ".join(SENTENCES))])
    one, two, *rest = _speech(seconds=5)
    server.speech = [one, two, WaitFor(asyncio.Event()), *rest]
    await reader.go(f"#/stories/{story}")
    await reader.press("Narrate: Scene 1")
    await reader.press("Listen to Scene 1")
    await reader.heard_seconds(0.1)
    await reader.press("Stop")
    await expect(reader.page.get_by_role("region", name="Narration")).to_be_hidden()
    await expect(reader.page.get_by_text("2 of 3 sentences")).to_be_visible()
    assert server.session.said == []
    assert server.stopped_by_http == 0

    await reader.press("Cancel the narration of Scene 1")
    await expect(reader.page.get_by_text("of 3 sentences")).to_be_hidden()
    assert server.stopped_by_http == 1
    # What was spoken is there, and the rest can be had later.
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    server.speech = _speech(seconds=0.4)
    await reader.press("Narrate the rest: Scene 1")
    await expect(reader.page.get_by_role("button", name="Narrate the rest")).to_be_hidden()
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()


async def test_a_narration_that_fails_says_why_and_can_be_tried_again(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, [Say(" ".join(SENTENCES))])
    message = "kokoro: nobody answers; is it running?"
    first = Speak(0, SENTENCES[0], voice(0, 0.2))
    hole = SkipSentence(1, SENTENCES[1], "the voice broke off")
    server.speech = [first, hole, Trouble(message, ends=True)]
    await reader.go(f"#/stories/{story}")
    await reader.press("Narrate: Scene 1")
    failure = reader.page.get_by_role("alert").get_by_text(message)
    await expect(failure).to_be_visible()
    await expect(reader.page.locator(".unspoken")).to_have_text([SENTENCES[1]])

    server.speech = _speech(seconds=0.4)
    await reader.press("Try again: Scene 1")
    await expect(failure).to_be_hidden()
    await expect(reader.page.locator(".unspoken")).to_have_count(0)
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(scene)))


async def test_what_the_server_could_not_be_told_can_be_asked_for_again(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, [Say(" ".join(SENTENCES))])
    server.speech = [*_speech()[:1], WaitFor(asyncio.Event())]
    path = f"/api/scenes/{scene}/narration"
    async with open_page(browser, server.url) as reader:
        alert = reader.page.get_by_role("alert").get_by_text("Out of order.")
        await reader.go(f"#/stories/{story}")
        await expect(
            reader.page.get_by_role("button", name="Narrate: Scene 1")
        ).to_be_visible()
        server.refuse[path] = "Out of order."
        await reader.press("Narrate: Scene 1")
        await expect(alert).to_be_visible()
        del server.refuse[path]
        await reader.press("Narrate: Scene 1")
        await expect(reader.page.get_by_text("1 of 1 sentences")).to_be_visible()
        stop = f"/api/sessions/{server.session.id}/stop"
        server.refuse |= {stop: "Out of order.", path: "Out of order."}
        await reader.press("Cancel the narration of Scene 1")
        await expect(alert).to_be_visible()
        server.refuse.clear()
        await reader.press("Cancel the narration of Scene 1")
        await expect(
            reader.page.get_by_role("button", name="Narrate the rest")
        ).to_be_visible()


async def test_the_keyboard_stays_with_the_scene_whose_buttons_come_and_go(
    reader: Reader, server: ScriptedServer
) -> None:
    story, page = server.add_story(), reader.page
    server.add_scene(story, [Say(" ".join(SENTENCES))])
    server.add_scene(story, [Say(" ".join(SENTENCES))])
    server.speech = [*_speech(seconds=5)[:1], WaitFor(asyncio.Event())]
    heading = page.get_by_role("heading", name="Scene 1")
    await reader.go(f"#/stories/{story}")
    for name in ("Narrate: Scene 1", "Listen to Scene 1", "Cancel the narration of Scene 1"):
        await page.get_by_role("button", name=name).press("Enter")
        await expect(heading).to_be_focused()
    await page.get_by_role("button", name="Delete Scene 1").press("Enter")
    await page.get_by_role("button", name="Delete", exact=True).last.press("Enter")
    await expect(page.get_by_role("heading", name="Scene 2")).to_be_focused()


async def test_a_text_that_is_changed_is_narrated_again(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, scene_of(SENTENCES))
    changed = ["The lamp 🕯️ went out.", "Somebody saw it, and said so.", "Then silence."]
    page = reader.page
    await reader.go(f"#/stories/{story}")
    await expect(page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    await reader.press("Edit Scene 1")
    await expect(page.get_by_label("Text")).to_have_value(" ".join(SENTENCES))
    await page.get_by_label("Text").fill(" ".join(changed))
    await reader.press("Save")
    await expect(page.locator(".scene-text")).to_have_text(" ".join(changed))
    await expect(page.get_by_role("button", name="Listen to Scene 1")).to_be_hidden()

    server.speech = _speech(changed, seconds=0.4)
    await reader.press("Narrate again: Scene 1")
    await expect(page.get_by_role("button", name="Narrate again")).to_be_hidden()
    await reader.watch_highlight()
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    assert await reader.highlights() == changed
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(scene)))


async def test_narration_is_offered_as_the_settings_say(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say("One.")])
    server.scene(server.add_scene(story, scene_of(["Two."]))).up_to_date = False
    server.add_scene(story, scene_of(["Three."]))
    server.add_scene(story, [], state="partial")
    page = reader.page
    offers = page.get_by_role("button", name="Narrate")
    await reader.go(f"#/stories/{story}")
    await expect(page.get_by_role("button", name="Listen to Scene 3")).to_be_visible()
    await expect(offers).to_have_text(["Narrate", "Narrate again"])
    await reader.press("Settings")
    await page.get_by_role("switch", name="Narration", exact=True).uncheck()
    await reader.press("Save")
    await expect(offers).to_have_count(0)
    await expect(page.get_by_role("button", name="Listen to Scene 2")).to_be_visible()


async def test_every_window_shows_what_is_made_and_one_that_lost_its_connection_catches_up(
    browser: Browser, server: ScriptedServer
) -> None:
    story, first, second = server.add_story(), asyncio.Event(), asyncio.Event()
    server.add_scene(story, [Say(" ".join(SENTENCES))])
    one, two, three, end = _speech(seconds=0.2)
    server.speech = [WaitFor(first), one, two, WaitFor(second), three, end]
    async with open_page(browser, server.url) as here, open_page(browser, server.url) as there:
        for reader in (here, there):
            await reader.go(f"#/stories/{story}")
        await server.notices.until_connected(pages=2)
        await here.press("Narrate: Scene 1")
        first.set()
        for reader in (here, there):
            await expect(reader.page.get_by_text("2 of 3 sentences")).to_be_visible()
        server.notices.cut()
        second.set()
        await server.notices.until_connected(times=4, pages=2)
        for reader in (here, there):
            listen = reader.page.get_by_role("button", name="Listen to Scene 1")
            await expect(listen).to_have_text("Listen · 0:00")
            assert len(await reader.heard()) == 0
        assert len(server.notices.asked_after) == 2


async def test_a_session_that_is_lost_is_heard_to_its_end_from_what_is_stored(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, [Say(" ".join(SENTENCES))])
    first, *rest = _speech(seconds=2)
    server.speech = [first, WaitFor(asyncio.Event()), *rest]
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{story}")
        await reader.press("Narrate: Scene 1")
        await reader.press("Listen to Scene 1")
        await reader.heard_seconds(0.1)
        for step in rest:
            server.scene(scene).keep(step)
        server.scene(scene).narration = "complete"
        server.forget(server.session)
        await reader.until_quiet()
        await _heard_last(reader, voice(1, 2) + voice(2, 2))


def _speech(sentences: list[str] = SENTENCES, seconds: float = 0.3) -> list[Step]:
    """How sentences are spoken that are written."""
    spoken = [Speak(n, it, voice(n, seconds)) for n, it in enumerate(sentences)]
    return [*spoken, Complete()]


async def _heard_last(reader: Reader, pcm: bytes) -> None:
    """This was heard, with nothing in it left out or repeated, and then nothing more."""
    sound = await reader.sound()
    np.testing.assert_array_equal(sound[sound != 0][-len(pcm) // 2 :], samples(pcm))
