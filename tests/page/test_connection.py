"""A connection that comes and goes: the story has no gap, and nothing twice."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, gaps, open_page
from tests.page.script import (
    Complete,
    Cut,
    Say,
    SkipSentence,
    Speak,
    WaitFor,
    samples,
    scene_of,
    voice,
)
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

LOST = "Connection lost. Reconnecting…"
SENTENCES = ["The lamp went out.", "Nobody saw it.", "Then the sea began to speak."]


async def test_after_a_short_cut_all_comes_once_and_the_reader_notices_nothing(
    browser: Browser, server: ScriptedServer
) -> None:
    told = asyncio.Event()
    server.script = [
        Say("One. "),
        Speak(0, "One.", voice(0, 1.5)),
        WaitFor(told),
        Cut(),
        Say("Two. "),
        Speak(1, "Two.", voice(1, 0.8)),
        Cut(),
        Say("Three."),
        Speak(2, "Three.", voice(2, 0.4)),
        Complete(),
    ]
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.watch_status()
        await reader.hold_at(0.2)
        await reader.press("Tell it")
        await reader.heard_seconds(0.2)
        told.set()
        await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()
        await reader.release()
        await reader.until_quiet()
        np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))
        assert await reader.underruns() == 0
        await expect(reader.page.locator(".scene-text")).to_have_text("One. Two. Three.")
        assert LOST not in await reader.statuses()
        assert server.session.connections >= 2


async def test_after_a_long_cut_it_goes_on_as_soon_as_there_is_a_network(
    browser: Browser, server: ScriptedServer
) -> None:
    cut, end = asyncio.Event(), asyncio.Event()
    server.script = [
        Say("One. "),
        Speak(0, "One.", voice(0, 60)),
        WaitFor(cut),
        Cut(),
        Say("Two. Three."),
        Speak(1, "Two.", voice(1, 0.4)),
        Speak(2, "Three.", voice(2, 0.4)),
        WaitFor(end),
        Complete(),
    ]
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.press("Tell it")
        await reader.heard_seconds(0.2)
        await reader.page.context.set_offline(True)
        cut.set()
        await expect(reader.page.get_by_text(LOST)).to_be_visible()
        # The voice goes on with what there is; what the reader wants meanwhile is told later.
        before = len(await reader.sound())
        await reader.heard_seconds(before / 24_000 + 0.1)
        await reader.press("Next sentence")
        assert server.session.said == []
        await reader.page.context.set_offline(False)
        await expect(reader.page.get_by_text(LOST)).to_be_hidden()
        await server.session.until_said("skip")
        await expect(reader.page.locator("[aria-current]")).to_have_text("Three.")
        end.set()
        await reader.until_quiet()
        rest = samples(voice(1, 0.4) + voice(2, 0.4))
        np.testing.assert_array_equal((await reader.sound())[-len(rest) :], rest)
        await expect(reader.page.locator(".scene-text")).to_have_text("One. Two. Three.")


async def test_a_stop_without_a_network_is_silence_at_once_and_told_later(
    browser: Browser, server: ScriptedServer
) -> None:
    cut = asyncio.Event()
    server.script = [
        Say("One."),
        Speak(0, "One.", voice(0, 60)),
        WaitFor(cut),
        Cut(),
        WaitFor(asyncio.Event()),
    ]
    async with open_page(browser, server.url) as reader:
        page = reader.page
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.press("Tell it")
        await reader.heard_seconds(0.2)
        await page.context.set_offline(True)
        cut.set()
        await reader.press("Stop")
        await expect(page.get_by_text("Stopping…")).to_be_visible()
        await expect(page.get_by_role("button", name="Pause")).to_be_hidden()
        await reader.passed_seconds(0.1)
        before = len(await reader.sound())
        await reader.passed_seconds(0.1)
        assert len(await reader.sound()) == before
        await page.context.set_offline(False)
        await expect(page.get_by_text("You stopped the scene here.")).to_be_visible()
        await expect(page.get_by_role("alert").filter(has_text="server")).to_have_count(0)


async def test_a_connection_that_only_seems_to_be_there_is_replaced(
    reader: Reader, server: ScriptedServer
) -> None:
    go_on = asyncio.Event()
    server.script = [*scene_of(["One."])[:-1], WaitFor(go_on), Say(" Two."), Complete()]
    await reader.page.clock.install()
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await expect(reader.page.locator(".scene-text")).to_have_text("One.")
    # As long as it is answered, silence means nothing.
    await reader.page.clock.fast_forward(21_000)
    await server.session.until_said("ping")
    await expect(reader.page.get_by_text("Waiting for more…")).to_be_visible()
    server.session.deaf = True
    await reader.page.clock.fast_forward(21_000)
    await reader.page.clock.fast_forward(11_000)
    go_on.set()
    await expect(reader.page.locator(".scene-text")).to_have_text("One. Two.")
    assert server.session.connections == 2


async def test_a_page_that_is_loaded_anew_goes_on_where_it_was(
    browser: Browser, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    server.script = [*scene_of(SENTENCES, seconds=1.2)[:-1], WaitFor(end), Complete()]
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.hold_at(1.8)
        await reader.press("Tell it")
        await expect(reader.page.locator("[aria-current]")).to_have_text(SENTENCES[1])
        await _until_heard_of(server, 1)
        await reader.page.reload()
        await expect(reader.page.locator(".scene-text")).to_have_text(" ".join(SENTENCES))
        await reader.press("Tap to hear")
        await expect(reader.page.locator("[aria-current]")).to_have_text(SENTENCES[2])
        end.set()
        await reader.until_quiet()
        rest = samples(voice(1, 1.2) + voice(2, 1.2))
        np.testing.assert_array_equal(await reader.sound(), rest)
        await expect(reader.page.locator(".scene-text")).to_have_text(" ".join(SENTENCES))
        await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()


async def test_another_window_is_asked_before_it_takes_a_scene_over(
    browser: Browser, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    server.script = [*scene_of(SENTENCES, seconds=1.2)[:-1], WaitFor(end), Complete()]
    story = server.add_story()
    elsewhere = "This scene is being told in another window."
    async with (
        open_page(browser, server.url) as first,
        open_page(browser, server.url) as second,
    ):
        await first.go(f"#/stories/{story}")
        await first.hold_at(1.8)
        await first.press("Tell it")
        await first.heard_seconds(0.2)
        await second.go(f"#/stories/{story}")
        await expect(second.page.get_by_text(elsewhere)).to_be_visible()
        assert server.session.status()["listener"] == "connected"
        await expect(first.page.locator("[aria-current]")).to_have_text(SENTENCES[1])
        await _until_heard_of(server, 1)

        await second.press("Listen here")
        await expect(first.page.get_by_text(elsewhere)).to_be_visible()
        await expect(first.page.get_by_role("region", name="Narration")).to_be_hidden()
        await first.release()
        await first.passed_seconds(0.1)
        before = len(await first.sound())
        await expect(second.page.locator("[aria-current]")).to_have_text(SENTENCES[2])
        assert len(await first.sound()) == before
        end.set()
        await second.until_quiet()
        rest = samples(voice(1, 1.2) + voice(2, 1.2))
        np.testing.assert_array_equal(await second.sound(), rest)
        await expect(first.page.get_by_role("button", name="Tell it")).to_be_visible()


async def test_a_scene_whose_session_is_gone_can_be_continued(
    browser: Browser, server: ScriptedServer
) -> None:
    server.script = [
        Say("One 🌊. "),
        Speak(0, "One 🌊.", voice(0, 0.5)),
        WaitFor(asyncio.Event()),
    ]
    async with open_page(browser, server.url) as reader:
        page = reader.page
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.press("Tell it")
        await reader.heard_seconds(0.2)
        server.scene(1).text += "Tw"
        server.scene(1).keep(SkipSentence(1, "Tw", "the server ended"))
        server.scene(1).state = "interrupted"
        server.forget(server.session)
        await expect(page.get_by_text("ended while the connection was lost")).to_be_visible()
        await expect(page.get_by_text("The server was stopped while")).to_be_visible()
        await expect(page.locator(".scene-text")).to_have_text("One 🌊. Tw")
        await expect(page.locator(".unspoken")).to_have_text("Tw")
        # What had come is heard to its end.
        await expect(page.get_by_role("region", name="Narration")).to_be_hidden()
        np.testing.assert_array_equal(await reader.sound(), samples(voice(0, 0.5)))

        end = asyncio.Event()
        server.script = [Say("o."), Speak(1, "Two.", voice(1, 0.5)), WaitFor(end), Complete()]
        await reader.press("Continue writing Scene 1")
        await reader.heard_seconds(0.6)
        await expect(page.locator("[aria-current]")).to_have_text("Two.")
        await expect(page.get_by_text("ended while the connection was lost")).to_be_hidden()
        end.set()
        await reader.until_quiet()
        await expect(page.locator(".scene-text")).to_have_text("One 🌊. Two.")
        await expect(page.locator(".unspoken")).to_have_count(0)
        sound = await reader.sound()
        np.testing.assert_array_equal(sound[sound != 0], samples(server.pcm(1)))
        assert len(gaps(sound, samples(server.pcm(1)))) == 1
        await expect(
            page.get_by_role("button", name="Continue writing Scene 1")
        ).to_be_hidden()


async def _until_heard_of(server: ScriptedServer, sentence: int) -> None:
    """Wait until the server knows that this is what the listener hears."""
    session = server.session
    while session.heard[-1][0] < sentence:
        await session.until_said("playback", len(session.heard) + 1)
