"""The whole path: a real model writes, a real voice speaks, a real browser plays it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.async_api import Browser, expect

from narration.config import Config, LLMConfig, ServerConfig, StoreConfig
from tests.page.browser import DESKTOP, Samples, gaps, open_page
from tests.page.network import Network
from web.server import serving

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.page,
    pytest.mark.asyncio(loop_scope="session"),
]


# To be looked at.
ARTIFACTS = Path(__file__).parents[1] / "artifacts"


async def test_a_story_is_heard_while_it_is_written_though_the_network_fails_for_ten_seconds(
    browser: Browser, tmp_path: Path
) -> None:
    config = Config(
        server=ServerConfig(port=0),
        store=StoreConfig(path=str(tmp_path / "narration.db")),
        # Audio plays in real time, so the scene is short.
        llm=LLMConfig(max_tokens=80),
    )
    async with (
        serving(config) as url,
        httpx.AsyncClient(base_url=url) as client,
        Network(url) as network,
        open_page(browser, network.url, viewport=DESKTOP) as reader,
    ):
        page = reader.page
        await reader.go()
        await page.get_by_label("Title").fill("The Lamp on the Cliff")
        await page.get_by_label("Premise").fill("A keeper hears the sea call her by name.")
        await reader.press("Begin the story")
        await page.get_by_label("What happens next?").fill("A storm comes in.")
        await reader.watch_highlight()
        await reader.press("Tell it")

        await expect(page.locator(".scene-text p").first).not_to_be_empty()
        await expect(page.locator("[aria-current]").first).to_be_visible()
        await reader.heard_seconds(2)
        await page.screenshot(path=ARTIFACTS / "live.png")
        failing = asyncio.create_task(network.fail(10))
        await expect(page.get_by_text("Reconnecting…")).to_be_visible()
        session = (await client.get("/api/sessions")).json()["sessions"][0]
        assert session["listener"] == "away"
        await failing
        await reader.until_quiet()

        scene = (await client.get("/api/stories/1/scenes")).json()["scenes"][0]
        audio = (await client.get(f"/api/scenes/{scene['id']}/audio")).json()
        stored = np.concatenate([await _sentence(client, it) for it in audio["sentences"]])

        sentences = audio["sentences"]
        assert network.refused > 0
        # Not all of it was there when the network failed.
        assert len(sentences) > session["listening"]["sentences_done"] > 0
        for it in sentences:
            assert it["text"] == scene["text"][it["start"] : it["end"]]
        assert " ".join(it["text"] for it in sentences).split() == scene["text"].split()
        assert (await page.locator(".scene-text").inner_text()).split() == scene[
            "text"
        ].split()
        highlights = ["".join(it.split("|")).split() for it in await reader.highlights()]
        assert highlights == [it["text"].split() for it in sentences if not it["skipped"]]
        # Nothing was lost or repeated; where the voice was slower than the listener, the
        # player says so.
        silences = gaps(await reader.sound(), np.trim_zeros(stored))
        assert len(silences) == await reader.underruns()
        assert np.abs(stored).max() > 1_000


async def _sentence(client: httpx.AsyncClient, sentence: dict[str, Any]) -> Samples:
    if sentence["skipped"]:
        return np.zeros(0, dtype=np.int16)
    answer = await client.get(sentence["url"], params={"format": "pcm"})
    return np.frombuffer(answer.content, dtype="<i2")
