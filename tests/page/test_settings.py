"""The reader's choices about narration."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.page.browser import Reader
from tests.page.script import Complete, Say
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


async def test_settings_are_saved_and_those_not_shown_are_kept(
    reader: Reader, server: ScriptedServer
) -> None:
    await reader.go()
    await reader.press("Settings")
    await reader.page.get_by_label("Auto-play Last Scene").check()
    await reader.page.get_by_label("Shortest sentence").fill("35")
    await reader.page.get_by_label("Speed").fill("1.25")
    await expect(reader.page.get_by_text("1.25×")).to_be_visible()
    await reader.press("Save")
    await expect(reader.page.get_by_role("dialog")).to_be_hidden()
    assert server.settings == {
        "tts_enabled": True,
        "auto_play_last_scene": True,
        "realtime_tts_enabled": False,
        "min_sentence_length": 35,
        "provider": "",
        "provider_type": "",
        "api_url": "",
        "timeout_seconds": 30,
        "extra_params": {},
        "default_voice": "heart",
        "speech_speed": 1.25,
    }


async def test_without_narration_its_switches_are_off_limits_and_keep_their_state(
    reader: Reader, server: ScriptedServer
) -> None:
    server.settings["auto_play_last_scene"] = True
    server.script = [Say("Hush."), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Settings")
    auto_play = reader.page.get_by_label("Auto-play Last Scene")
    realtime = reader.page.get_by_label("Real-time TTS During Generation")
    await expect(auto_play).to_be_enabled()
    await reader.page.get_by_role("switch", name="Narration", exact=True).uncheck()
    await expect(auto_play).to_be_disabled()
    await expect(auto_play).to_be_checked()
    await expect(realtime).to_be_disabled()
    await reader.press("Save")

    await expect(reader.page.get_by_text("Narration is turned off")).to_be_visible()
    await expect(reader.page.get_by_role("button", name="Write silently")).to_be_hidden()
    await reader.press("Write it")
    await expect(reader.page.locator(".scene-text")).to_have_text("Hush.")
    assert server.wishes == [{"custom_prompt": "", "enable_tts_stream": False}]
    assert server.settings["auto_play_last_scene"] is True


async def test_who_hears_every_scene_live_is_not_offered_silence(
    reader: Reader, server: ScriptedServer
) -> None:
    server.settings["realtime_tts_enabled"] = True
    await reader.go(f"#/stories/{server.add_story()}")
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()
    await expect(reader.page.get_by_role("button", name="Write silently")).to_be_hidden()


async def test_a_number_out_of_range_is_not_sent(
    reader: Reader, server: ScriptedServer
) -> None:
    before = dict(server.settings)
    await reader.go()
    await reader.press("Settings")
    await reader.page.get_by_label("Shortest sentence").fill("900")
    await reader.press("Save")
    await expect(reader.page.get_by_role("dialog")).to_be_visible()
    assert server.settings == before
