"""How a voice sounds, before it is chosen."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from playwright.async_api import Browser, Request, expect

from tests.page.browser import Reader, open_page
from tests.page.script import Complete, Say, Speak, WaitFor, samples, voice
from tests.page.scripted_server import ScriptedServer
from tests.page.scripted_voices import service

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

TOLD = "First sound after 0.4 s · 0.3 s of audio"


async def test_listen_plays_what_is_in_the_form_and_saves_nothing(
    reader: Reader, server: ScriptedServer
) -> None:
    studio = service("studio", "Chatterbox", speeds=[0.8, 1.5], params=["style"])
    server.voices.providers.append(studio)
    server.voices.voices["studio"] = {"emily": "Emily"}
    server.voices.pcm = voice(0, 0.3)
    before = dict(server.settings)
    await _open(reader)
    page = reader.page
    await page.get_by_label("Service").select_option("studio")
    await page.get_by_label("Voice", exact=True).select_option("Emily")
    await page.get_by_label("Speed").fill("1.2")
    await page.get_by_text("More").click()
    await page.get_by_label("style").fill("warm")
    await reader.press("Listen")
    await expect(page.get_by_role("status").get_by_text(TOLD)).to_be_visible()
    await expect(page.get_by_role("button", name="Listen")).to_be_enabled()
    np.testing.assert_array_equal(await reader.sound(), samples(server.voices.pcm))
    assert server.voices.previews == [
        {
            "provider": "studio",
            "provider_type": "",
            "api_url": "",
            "default_voice": "emily",
            "speech_speed": 1.2,
            "extra_params": {"style": "warm"},
        }
    ]
    assert server.settings == before
    # It is not what would be heard now.
    await page.get_by_label("Voice", exact=True).select_option("Another…")
    await expect(page.get_by_text(TOLD)).to_be_hidden()


async def test_a_server_of_ones_own_can_be_heard_before_it_is_saved(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.own_servers = "any"
    server.voices.pcm = voice(0, 0.3)
    await _open(reader)
    page = reader.page
    await page.get_by_label("Service").select_option(label="A server of your own")
    await page.get_by_label("Address").fill("http://10.0.0.5:8004/v1")
    await page.get_by_label("Key", exact=True).fill("s3cret")
    await reader.press("Listen")
    await expect(page.get_by_text(TOLD)).to_be_visible()
    assert server.voices.previews == [
        {
            "provider": "",
            "provider_type": "openai",
            "api_url": "http://10.0.0.5:8004/v1",
            "api_key": "s3cret",
            "timeout_seconds": 30,
            "default_voice": "",
            "speech_speed": 1,
            "extra_params": {},
        }
    ]


async def test_why_nothing_can_be_heard_is_said_in_place_and_it_can_be_tried_again(
    browser: Browser, server: ScriptedServer
) -> None:
    server.voices.refusal = "studio: it does not answer. Is it running?"
    server.voices.pcm = voice(0, 0.3)
    async with open_page(browser, server.url) as reader:
        await _open(reader)
        page = reader.page
        await reader.press("Listen")
        alert = page.get_by_role("alert").get_by_text("Is it running?")
        await expect(alert).to_be_visible()
        server.voices.refusal = ""
        await reader.press("Listen")
        await expect(page.get_by_text(TOLD)).to_be_visible()
        await expect(alert).to_be_hidden()


async def test_what_is_no_sound_is_named_in_words(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.file = b"no sound at all"
    await _open(reader)
    await reader.press("Listen")
    await expect(
        reader.page.get_by_text("This browser cannot play the sample.")
    ).to_be_visible()


async def test_a_preview_that_takes_too_long_for_the_reader_is_called_off(
    reader: Reader, server: ScriptedServer
) -> None:
    await _open(reader)
    page = reader.page
    server.voices.answer.clear()
    await page.get_by_role("button", name="Listen").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Waiting for the voice…")).to_be_visible()
    await expect(page.get_by_role("button", name="Listen")).to_be_disabled()
    await expect(page.get_by_role("button", name="Stop")).to_be_focused()
    async with page.expect_event("requestfailed", _is_preview):
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Listen")).to_be_focused()
    await expect(page.get_by_text("Waiting for the voice…")).to_be_hidden()
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert len(await reader.sound()) == 0


async def test_stop_silences_a_preview(reader: Reader, server: ScriptedServer) -> None:
    server.voices.pcm = voice(0, 60)
    await _open(reader)
    await reader.press("Listen")
    await reader.heard_seconds(0.2)
    await reader.press("Stop")
    await expect(reader.page.get_by_role("button", name="Listen")).to_be_enabled()
    await expect(reader.page.get_by_text("60.0 s of audio")).to_be_visible()
    await _is_silent(reader)


async def test_who_changes_the_form_hears_no_more_of_what_it_said_before(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.pcm = voice(0, 60)
    await _open(reader)
    await reader.press("Listen")
    await reader.heard_seconds(0.2)
    await reader.page.get_by_label("Voice", exact=True).select_option("Sky")
    await expect(reader.page.get_by_text("60.0 s of audio")).to_be_hidden()
    await expect(reader.page.get_by_role("button", name="Listen")).to_be_enabled()
    await _is_silent(reader)


async def test_nothing_is_heard_or_asked_for_any_more_when_the_dialog_is_closed(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.pcm = voice(0, 60)
    await _open(reader)
    await reader.press("Listen")
    await reader.heard_seconds(0.2)
    await reader.page.keyboard.press("Escape")
    await expect(reader.page.get_by_role("dialog")).to_be_hidden()
    await _is_silent(reader)

    await reader.press("Settings")
    await expect(reader.page.get_by_label("Voice", exact=True)).to_be_enabled()
    server.voices.answer.clear()
    await reader.press("Listen")
    async with reader.page.expect_event("requestfailed", _is_preview):
        await reader.press("Cancel")


async def test_a_scene_waits_while_a_voice_is_tried_and_goes_on_where_it_was(
    reader: Reader, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    spoken = voice(1, 4)
    server.script = [Say("One."), Speak(0, "One.", spoken), WaitFor(end), Complete()]
    server.voices.pcm = voice(7, 0.3)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.heard_seconds(0.2)
    await reader.press("Settings")
    await reader.press("Listen")
    await expect(reader.page.get_by_text(TOLD)).to_be_visible()
    await expect(reader.page.get_by_role("button", name="Listen", exact=True)).to_be_enabled()
    await reader.press("Cancel")
    end.set()
    await reader.until_quiet()
    heard = await reader.heard()
    heard, sample = heard[heard != 0], samples(server.voices.pcm)
    at = heard.tobytes().find(sample.tobytes()) // 2
    rest = np.concatenate([heard[:at], heard[at + len(sample) :]])
    np.testing.assert_array_equal(rest, samples(spoken))
    assert at < len(samples(spoken))


def _is_preview(request: Request) -> bool:
    return request.url.endswith("/api/voices/preview")


async def _is_silent(reader: Reader) -> None:
    """The loudspeaker is off, so that nothing more can come out of it."""
    await reader.page.wait_for_function("playing.state === 'closed'")


async def _open(reader: Reader) -> None:
    """The settings, once it is known who may speak."""
    await reader.go()
    await reader.press("Settings")
    await expect(reader.page.get_by_role("dialog")).to_be_visible()
    await expect(reader.page.get_by_text("Loading the voices…")).to_be_hidden()
