"""The whole path of a scene that plays by itself: real models, server and browser."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.async_api import Browser, expect

from narration.config import Config, LLMConfig, ServerConfig, StoreConfig
from tests.page.browser import Reader, Samples, gaps, open_page
from web.server import serving

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.page,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_scene_plays_by_itself_and_is_narrated_again_when_its_text_was_changed(
    browser: Browser, tmp_path: Path
) -> None:
    config = Config(
        server=ServerConfig(port=0),
        store=StoreConfig(path=str(tmp_path / "narration.db")),
        # Audio plays in real time, so the scene is short.
        llm=LLMConfig(max_tokens=40),
    )
    async with (
        serving(config) as url,
        httpx.AsyncClient(base_url=url) as client,
        open_page(browser, url) as reader,
        open_page(browser, url) as other,
    ):
        page = reader.page
        await client.post("/api/stories", json={"title": "The Lamp on the Cliff"})
        for one in (reader, other):
            await one.go("#/stories/1")
        await reader.press("Settings")
        await page.get_by_label("Auto-play Last Scene").check()
        await reader.press("Save")
        await page.get_by_label("What happens next?").fill("A storm comes in.")
        await reader.watch_highlight()
        await reader.press("Write it")
        listen = page.get_by_role("button", name="Listen to Scene 1")
        await expect(listen).to_be_visible()
        await reader.heard_seconds(1)
        await reader.until_quiet()

        stored = await _stored(client)
        silences = gaps(await reader.sound(), stored)
        assert len(silences) == await reader.underruns()
        assert np.abs(stored).max() > 1_000
        sentences = (await client.get("/api/scenes/1/audio")).json()["sentences"]
        highlights = ["".join(it.split("|")).split() for it in await reader.highlights()]
        assert highlights == [it["text"].split() for it in sentences if it["url"]]
        # The other window knows of it, and is silent.
        there = other.page.get_by_role("button", name="Listen to Scene 1")
        await expect(there).to_be_visible()
        assert len(await other.heard()) == 0

        await _narrate_again(reader, "The lamp was out. Nobody on the cliff had seen it go.")
        before = len(await reader.heard())
        await reader.press("Listen to Scene 1")
        await reader.until_quiet()
        again, new = (await reader.heard())[before:], await _stored(client)
        np.testing.assert_array_equal(again[again != 0], new[new != 0])


async def _narrate_again(reader: Reader, text: str) -> None:
    page = reader.page
    await reader.press("Edit Scene 1")
    await page.get_by_label("Text").fill(text)
    await reader.press("Save")
    await expect(page.locator(".scene-text")).to_have_text(text)
    await expect(page.get_by_role("button", name="Listen to Scene 1")).to_be_hidden()
    await reader.press("Narrate again: Scene 1")
    await expect(page.get_by_role("button", name="Narrate again")).to_be_hidden()
    listen = page.get_by_role("button", name="Listen to Scene 1").get_by_text("·")
    await expect(listen).to_be_visible()


async def _stored(client: httpx.AsyncClient) -> Samples:
    """The scene's audio, from the first sound to the last."""
    audio = (await client.get("/api/scenes/1/audio")).json()
    parts = [
        (await client.get(one["url"], params={"format": "pcm"})).content
        for one in audio["sentences"]
        if one["url"]
    ]
    return np.trim_zeros(np.frombuffer(b"".join(parts), dtype="<i2"))
