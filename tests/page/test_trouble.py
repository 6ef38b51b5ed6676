"""What the reader is told when something fails, and what stays."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser, Request, expect

from tests.page.browser import ELSEWHERE, Reader, open_page
from tests.page.script import (
    Complete,
    Say,
    SkipSentence,
    Speak,
    Trouble,
    WaitFor,
    samples,
    scene_of,
    voice,
)
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

EVIL = "<img src=x onerror='globalThis.pwned = true'><script>globalThis.pwned = true</script>"


async def test_a_scene_that_fails_says_why_and_keeps_its_text(
    reader: Reader, server: ScriptedServer
) -> None:
    message = "ollama: the model broke off"
    server.script = [
        Say("One. Tw"),
        Speak(0, "One.", voice(0, 0.3)),
        Trouble(message, ends=True),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await expect(reader.page.get_by_role("alert").get_by_text(message)).to_be_visible()
    await expect(reader.page.get_by_text("The writing broke off here.")).to_be_visible()
    await expect(reader.page.locator(".scene-text")).to_have_text("One. Tw")
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()


async def test_trouble_that_ends_nothing_is_told_and_the_voice_goes_on(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [Trouble("The voice is slow today.", ends=False), *scene_of(["One."])]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.until_quiet()
    await expect(reader.page.get_by_text("The voice is slow today.")).to_be_visible()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))


async def test_that_no_voice_works_is_said_quietly_until_one_is_heard_again(
    reader: Reader, server: ScriptedServer
) -> None:
    message = "No voice answers just now; the story goes on as text."
    silent, back, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    server.script = [
        Say("One. Two. Three. Four. Five."),
        Speak(0, "One.", voice(0, 0.2)),
        Trouble(message, ends=False, code="voice_unavailable"),
        # It was spoken before.
        Speak(1, "Two.", voice(1, 0.2)),
        WaitFor(silent),
        SkipSentence(2, "Three.", "kokoro: it does not answer"),
        Trouble(message, ends=False, code="voice_unavailable"),
        Say(" Six."),
        WaitFor(back),
        Speak(3, "Four.", voice(3, 0.2)),
        WaitFor(end),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.heard_seconds(0.4)
    notice = reader.page.get_by_role("status").get_by_text(message)
    await expect(notice).to_be_visible()
    # The end of the scene may be out of sight.
    bar = reader.page.locator(".player-bar").get_by_role("status")
    await expect(bar).to_have_text("No voice works just now")
    silent.set()
    await expect(reader.page.locator(".scene-text")).to_contain_text("Six.")
    await expect(reader.page.get_by_text(message)).to_have_count(1)
    await expect(reader.page.locator(".unspoken")).to_have_attribute(
        "title", "Not spoken: kokoro: it does not answer"
    )
    back.set()
    await reader.heard_seconds(0.6)
    await expect(notice).to_be_hidden()
    await expect(bar).to_have_text("Waiting for more…")
    await expect(reader.page.get_by_text("One sentence was not spoken")).to_be_visible()
    end.set()
    await reader.until_quiet()


async def test_that_no_voice_works_is_no_news_once_the_scene_is_over(
    reader: Reader, server: ScriptedServer
) -> None:
    message = "No voice answers just now; the story goes on as text."
    end = asyncio.Event()
    server.script = [
        Say("One."),
        SkipSentence(0, "One.", "kokoro: it does not answer"),
        Trouble(message, ends=False, code="voice_unavailable"),
        WaitFor(end),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await expect(reader.page.get_by_text(message)).to_be_visible()
    end.set()
    await expect(reader.page.get_by_text(message)).to_be_hidden()
    await expect(reader.page.get_by_text("it does not answer")).to_be_visible()


async def test_a_scene_that_cannot_begin_leaves_the_prompt_where_it_was(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    path = f"/api/stories/{story}/scenes/generate-with-tts-stream"
    server.refuse[path] = "Too many scenes are being written."
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{story}")
        prompt = reader.page.get_by_label("What happens next?")
        await prompt.fill("A storm")
        await reader.press("Tell it")
        await expect(
            reader.page.get_by_text("Too many scenes are being written.")
        ).to_be_visible()
        await expect(prompt).to_have_value("A storm")
        del server.refuse[path]
        server.script = scene_of(["One."])
        await reader.press("Tell it")
        await expect(reader.page.get_by_text("Too many scenes")).to_be_hidden()
        await expect(reader.page.locator(".scene-text")).to_have_text("One.")


async def test_a_server_that_is_gone_is_named_in_words(
    browser: Browser, server: ScriptedServer
) -> None:
    async with open_page(browser, server.url) as reader:
        await reader.go(f"#/stories/{server.add_story()}")
        await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()
        await server.stop()
        await reader.press("Tell it")
        await expect(reader.page.get_by_text("The server cannot be reached.")).to_be_visible()


async def test_an_unencrypted_page_from_elsewhere_says_why_it_is_mute_and_writes(
    browser: Browser, server: ScriptedServer
) -> None:
    server.script = [Say("Hush."), Complete()]
    story = server.add_story()
    async with open_page(browser, server.url.replace("127.0.0.1", ELSEWHERE)) as reader:
        await reader.go(f"#/stories/{story}")
        await reader.press("Tell it")
        await expect(reader.page.get_by_text("Open it over HTTPS")).to_be_visible()
        await expect(reader.page.locator(".scene-text")).to_have_text("Hush.")
        assert server.wishes == [{"custom_prompt": "", "enable_tts_stream": False}]


async def test_a_scene_opened_while_it_is_written_is_followed_to_its_end(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, [Say("One. ")], state="writing")
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.locator(".scene-text")).to_have_text("One. ")
    server.scene(scene).text += "Two."
    await expect(reader.page.locator(".scene-text")).to_have_text("One. Two.")
    server.scene(scene).state = "interrupted"
    await expect(reader.page.get_by_text("The server was stopped while")).to_be_visible()


async def test_markup_in_a_story_is_text(reader: Reader, server: ScriptedServer) -> None:
    end = asyncio.Event()
    server.script = [
        Say(EVIL),
        Speak(0, EVIL, voice(0, 0.2)),
        Trouble(EVIL, ends=False),
        WaitFor(end),
        Complete(),
    ]
    story = server.add_story(title=EVIL, premise=EVIL)
    await reader.go()
    await expect(reader.page.locator(".story-card .premise")).to_have_text(EVIL)
    await reader.page.get_by_role("heading", name=EVIL).click()
    await reader.page.get_by_label("What happens next?").fill(EVIL)
    await reader.press("Tell it")
    for place in (
        ".story-head h1",
        ".story-head .premise",
        ".scene-prompt",
        ".scene-text",
        ".scene .notice:not(:empty)",
    ):
        await expect(reader.page.locator(place)).to_have_text(EVIL)
    end.set()
    await reader.go(f"#/stories/{story}")
    await expect(reader.page.locator(".scene-text")).to_have_text(EVIL)
    assert await reader.page.evaluate("globalThis.pwned") is None
    assert await reader.page.locator("main img, main script").count() == 0


async def test_it_works_within_its_security_policy_and_asks_nobody_else(
    browser: Browser, server: ScriptedServer
) -> None:
    server.script = scene_of(["One.", "Two."])
    async with open_page(browser, server.url, record=False) as reader:
        asked: list[str] = []

        def note(request: Request) -> None:
            asked.append(request.url)

        reader.page.on("request", note)
        await reader.go(f"#/stories/{server.add_story()}")
        await reader.watch_highlight()
        await reader.press("Tell it")
        await reader.until_quiet()
        assert await reader.highlights() == ["One.", "Two."]
        assert [url for url in asked if not url.startswith(server.url)] == []
        assert reader.complaints == []
