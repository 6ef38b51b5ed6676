"""The choice of a voice on the whole way: a real server, its own voice, a real browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from narration.config import Config, ServerConfig, StoreConfig
from tests.page.browser import open_page
from web.server import serving

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.page,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_voice_is_chosen_by_ear_and_is_still_there_after_a_reload(
    browser: Browser, tmp_path: Path
) -> None:
    config = Config(
        server=ServerConfig(port=0),
        store=StoreConfig(path=str(tmp_path / "narration.db")),
    )
    async with serving(config) as url, open_page(browser, url) as reader:
        page = reader.page
        voice, speed = page.get_by_label("Voice", exact=True), page.get_by_label("Speed")
        await reader.go()
        await reader.press("Settings")
        await expect(voice).to_be_enabled()
        usual, only, another = await voice.locator("option").all_inner_texts()
        assert (usual, another) == (f"The service's own choice ({only})", "Another…")
        await voice.select_option(only)
        await speed.fill("1.25")
        await reader.press("Listen")
        await expect(page.get_by_text("First sound after")).to_be_visible()
        await expect(page.get_by_role("button", name="Listen")).to_be_enabled()
        sound = await reader.sound()
        assert len(sound) > 24_000  # A second.
        assert np.abs(sound).max() > 1_000
        await reader.press("Save")
        await expect(page.get_by_role("dialog")).to_be_hidden()

        await page.reload()
        await reader.press("Settings")
        await expect(voice).to_be_enabled()
        assert await voice.locator("option:checked").inner_text() == only
        await expect(speed).to_have_value("1.25")
        assert reader.complaints == []
