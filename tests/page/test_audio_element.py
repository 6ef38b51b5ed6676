"""Chromium's audio element plays the files that the server makes, and seeks in them."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

from narration.config import (
    Config,
    LLMConfig,
    ProviderConfig,
    ServerConfig,
    SpeechConfig,
    StoreConfig,
)
from narration.store import Store
from tests.narration.export.spoken import Line, speak
from tests.page.browser import open_page
from web.auth import LOCAL_USER
from web.server import serving

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

NOWHERE = "http://127.0.0.1:9/v1"
LINES: list[Line] = [
    ("The lamp went out at nine.", 20_000, 120),
    ("Nobody in the house said a word.", 20_000, 450),
    ("Only the rain answered her.", 20_000, 120),
]
SEEK_SECONDS = 42.0
"""Into the third sentence, past the ends of the others by more than any slip in seeking."""

# Goes to a place without having played what comes before, and listens there.
_LISTEN = """async ([url, seconds]) => {
    const audio = new Audio(url);
    const told = (what) => new Promise((resolve, reject) => {
        audio.addEventListener(what, resolve, { once: true });
        audio.addEventListener("error", () => reject(new Error(audio.error.message)));
    });
    audio.preload = "metadata";
    await told("loadedmetadata");
    const duration = audio.duration;
    audio.currentTime = seconds;
    await told("seeked");
    const at = audio.currentTime;

    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
    context.createMediaElementSource(audio).connect(analyser);
    analyser.connect(context.destination);
    await audio.play();
    const levels = new Float32Array(analyser.frequencyBinCount);
    const heard = [];
    while (heard.length < 5) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        analyser.getFloatFrequencyData(levels);
        const loudest = levels.reduce((best, it, bin) => (it > levels[best] ? bin : best), 0);
        if (levels[loudest] > -40) heard.push(loudest * context.sampleRate / analyser.fftSize);
    }
    audio.pause();
    await context.close();
    return { duration, at, heard };
}"""


async def test_it_plays_and_seeks_in_every_kind_of_file(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "narration.db"
    store = await Store.open(path)
    user_id = await store.user(LOCAL_USER)
    story = await store.create_story(user_id, "The Lighthouse", "", "en")
    scene = await store.create_scene(user_id, story.id, "x")
    pcm = await speak(store, user_id, scene, LINES)
    await store.close()
    config = Config(
        server=ServerConfig(port=0),
        store=StoreConfig(path=str(path)),
        llm=LLMConfig(url=NOWHERE, model="none"),
        speech=SpeechConfig(providers={"openai": ProviderConfig(url=NOWHERE)}),
    )
    async with (
        serving(config) as url,
        httpx.AsyncClient(base_url=url) as client,
        open_page(browser, url, record=False) as reader,
    ):
        book = f"/api/stories/{story.id}/audiobook"
        await client.post(book)
        while (await client.get(book)).json()["state"] == "making":
            await asyncio.sleep(0.05)
        await reader.go()
        await reader.page.mouse.click(5, 5)  # A page may make no sound before it was touched.
        scene_audio = f"/api/scenes/{scene.id}/audio"
        files = [f"{scene_audio}.{format}" for format in ("mp3", "opus", "wav")]
        for address in (*files, f"{book}.m4b"):
            found = await reader.page.evaluate(_LISTEN, [address, SEEK_SECONDS])
            assert found["duration"] == pytest.approx(len(pcm) / 48_000, abs=0.05), address
            assert found["at"] == pytest.approx(SEEK_SECONDS, abs=0.05), address
            # Its pitch, and not that of one before.
            hertz = 300 + zlib.crc32(LINES[2][0].encode()) % 500
            assert found["heard"] == pytest.approx([hertz] * 5, abs=6), address
