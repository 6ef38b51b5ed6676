"""A scene that was narrated before, heard again."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, open_page
from tests.page.script import Say, SkipSentence, Speak, Step, samples, scene_of, voice
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

SENTENCES = ["The lamp 🕯️ went out.", "Nobody saw it.", "Then the sea began to speak."]


async def test_a_replay_is_what_was_stored(reader: Reader, server: ScriptedServer) -> None:
    story = server.add_story()
    scene = server.add_scene(story, scene_of(SENTENCES))
    await reader.go(f"#/stories/{story}")
    await reader.watch_highlight()
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(scene)))
    assert await reader.highlights() == SENTENCES


async def test_a_scene_just_told_can_be_heard_again(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.until_quiet()
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    sound = await reader.sound()
    np.testing.assert_array_equal(sound[sound != 0], samples(server.pcm(1) * 2))


async def test_a_click_on_a_sentence_begins_there(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, scene_of(SENTENCES))
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    await reader.page.get_by_text("Nobody saw it.").click()
    await reader.until_quiet()
    rest = samples(server.pcm(scene))[len(voice(0, 0.3)) // 2 :]
    np.testing.assert_array_equal(await reader.sound(), rest)


async def test_going_to_another_sentence_leaves_nothing_of_the_first(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, scene_of(SENTENCES, seconds=0.6))
    await reader.go(f"#/stories/{story}")
    await reader.hold_at(0.2)
    await reader.press("Listen to Scene 1")
    await reader.heard_seconds(0.2)
    await reader.page.get_by_text("Then the sea began to speak.").click()
    await reader.release()
    await reader.until_quiet()
    last = samples(voice(2, 0.6))
    sound = await reader.sound()
    np.testing.assert_array_equal(sound[-len(last) :], last)
    # The first is heard until the click, and not over or after the other one.
    before = sound[: -len(last)]
    before = before[: np.flatnonzero(before)[-1] + 1]
    first = samples(voice(0, 0.6))[: len(before)]
    faded = 24_000 // 200
    np.testing.assert_array_equal(before[:-faded], first[:-faded])
    assert (np.abs(before[-faded:]) <= np.abs(first[-faded:])).all()


async def test_stop_ends_a_replay(reader: Reader, server: ScriptedServer) -> None:
    story = server.add_story()
    server.add_scene(story, scene_of(SENTENCES, seconds=3))
    await reader.go(f"#/stories/{story}")
    await reader.hold_at(0.2)
    await reader.press("Listen to Scene 1")
    await reader.heard_seconds(0.2)
    await expect(reader.page.get_by_text("0:00 / 0:09")).to_be_visible()
    await reader.press("Stop")
    await reader.release()
    await expect(reader.page.get_by_role("region", name="Narration")).to_be_hidden()
    await reader.passed_seconds(0.1)
    before = len(await reader.sound())
    await reader.passed_seconds(0.3)
    assert len(await reader.sound()) == before


async def test_holes_are_marked_and_passed_over(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    steps: list[Step] = [
        Say("One. Two. Three."),
        Speak(0, "One.", voice(0, 0.2)),
        SkipSentence(1, "Two.", "the voice broke off"),
        Speak(2, "Three.", voice(2, 0.2)),
    ]
    scene = server.add_scene(story, steps)
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.locator(".unspoken")).to_have_text(["Two."])
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(scene)))


async def test_audio_that_cannot_be_fetched_is_told_after_what_could(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, scene_of(SENTENCES))
    server.refuse[f"/api/scenes/{scene}/audio/1"] = "The disk is gone."
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{story}")
        await reader.press("Listen to Scene 1")
        await reader.until_quiet()
        await expect(reader.page.get_by_text("The disk is gone.")).to_be_visible()
        np.testing.assert_array_equal(await reader.sound(), samples(voice(0, 0.3)))


async def test_a_scene_without_audio_offers_none(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say("Silence.")])
    server.add_scene(story, scene_of(["Sound."]))
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.get_by_role("button", name="Listen to Scene 2")).to_be_visible()
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_hidden()
