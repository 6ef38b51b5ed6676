"""A scene that the real Piper speaks, beside our server, and what else it does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp.test_utils import TestServer

from narration.audio import decode, duration_ms
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.adapters.piper import PiperSpeech
from tests.e2e.piper_process import PiperProcess
from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.conftest import following, of_type
from tests.web.services import ModelServer

pytestmark = pytest.mark.embedded

# Of different lengths, so that it would show if one took another's place.
SENTENCES = (
    "The lamp in the old lighthouse went out at nine, long before anybody expected it.",
    "Mara counted the stairs.",
    "There were two hundred and twelve of them, and each was a little colder than the last.",
    "Nobody answered her when she called.",
    "In the lantern room the great lens turned as it always had, slowly, without any light.",
    "She found the matches.",
    "The first of them broke in her hand, the second went out, and the third burned at last.",
    "Far out a ship blew its horn, once, and then twice more.",
    "It was close.",
    "She held the flame to the wick and waited, while the wind went around and around.",
)


@pytest.fixture(scope="module")
def piper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PiperProcess]:
    process = PiperProcess(tmp_path_factory.mktemp("piper"))
    yield process
    process.end()


@pytest.fixture
async def speech(piper: PiperProcess) -> AsyncIterator[PiperSpeech]:
    # Without noise it says the same twice in the same time.
    quiet = {"noise_scale": 0, "noise_w_scale": 0}
    speech = PiperSpeech("piper", ProviderConfig(url=piper.url, extra_params=quiet))
    yield speech
    await speech.aclose()


async def spoken(speech: PiperSpeech, text: str, **wishes: Any) -> bytes:
    request = SpeechRequest(text, **({"voice": ""} | wishes))
    return b"".join([piece.pcm async for piece in speech.synthesize(request)])


@pytest.fixture(scope="module")
def scene(piper: PiperProcess, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A live scene, heard as PCM, and what came of it at all three servers."""
    return asyncio.run(_tell(piper, tmp_path_factory.mktemp("server")))


async def _tell(piper: PiperProcess, folder: Path) -> dict[str, Any]:
    model = ModelServer()
    model.text = " ".join(SENTENCES)
    before = len(piper.statuses())
    async with TestServer(model.app()) as llm:
        settings = {
            "NARRATION_LLM__URL": str(llm.make_url("/v1")),
            "NARRATION_SPEECH__PROVIDERS__PIPER__URL": piper.url,
            "NARRATION_SPEECH__PROVIDERS__PIPER__EXTRA_PARAMS": (
                "{noise_scale: 0, noise_w_scale: 0}"
            ),
            "NARRATION_SPEECH__CHAIN": "[piper]",
            "NARRATION_TEXT__PAUSE_BETWEEN_SENTENCES_MS": "0",
            "NARRATION_TEXT__PAUSE_BETWEEN_PARAGRAPHS_MS": "0",
        }
        server = await asyncio.to_thread(RealServer, folder, **settings)
        try:
            async with aiohttp.ClientSession(server.url) as http:
                heard = await _hear(http)
        finally:
            await asyncio.to_thread(server.end)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while piper.connections():
            await asyncio.sleep(0.05)
    return heard | {"statuses": piper.statuses()[before:]}


async def _hear(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.post("/api/stories", json={"title": "The lighthouse"}) as response:
        story_id = (await response.json())["id"]
    path = f"/api/stories/{story_id}/scenes/generate-with-tts-stream"
    async with http.post(path, data={"custom_prompt": "A storm comes."}) as response:
        assert response.status == 201, await response.text()
        session = await response.json()
    query = "?audio=binary&format=pcm"
    async with http.ws_connect(session["websocket_url"] + query, max_msg_size=0) as socket:
        messages = [message async for message in following(socket)]
    async with http.get(f"/api/scenes/{session['scene_id']}/audio") as response:
        sentences = (await response.json())["sentences"]
    stored = {}
    for sentence in sentences:
        async with http.get(f"{sentence['url']}?format=flac") as response:
            assert response.status == 200, sentence
            stored[sentence["number"]] = decode(await response.read())
    return {"messages": messages, "sentences": sentences, "stored": stored}


def test_every_sentence_is_voiced_in_the_order_of_the_text(scene: dict[str, Any]) -> None:
    assert of_type(scene["messages"], "sentence_skipped") == []
    chunks = of_type(scene["messages"], "audio_chunk")
    finals = [chunk["sentence_number"] for chunk in chunks if chunk["final"]]
    assert len(finals) >= 8
    assert finals == list(range(len(finals)))
    assert " ".join(one["text"] for one in scene["sentences"]) == " ".join(SENTENCES)
    heard = {
        number: b"".join(chunk["audio"] for chunk in group)
        for number, group in itertools.groupby(chunks, key=lambda c: c["sentence_number"])
    }
    assert scene["stored"] == heard


async def test_each_sentence_is_the_one_that_piper_says_for_its_text(
    scene: dict[str, Any], speech: PiperSpeech
) -> None:
    for sentence in scene["sentences"]:
        alone = duration_ms(await spoken(speech, sentence["text"]))
        # Its edges may be smoothed.
        assert sentence["duration_ms"] == pytest.approx(alone, abs=200)
        letters = len(sentence["text"])
        assert 30 < sentence["duration_ms"] / letters < 130, "not as long as its text"


def test_all_sentences_sound_like_speech_and_are_about_as_loud(scene: dict[str, Any]) -> None:
    levels = []
    for pcm in scene["stored"].values():
        samples = np.frombuffer(pcm, "<i2").astype(float) / 32768
        frames = samples[: len(samples) // 480 * 480].reshape(-1, 480)
        rms = np.sqrt((frames**2).mean(axis=1))
        levels.append(20 * np.log10(np.sqrt((rms[rms > rms.max() / 10] ** 2).mean())))
        assert np.abs(samples).max() < 1.0, "clipped"
        assert abs(samples.mean()) < 0.01, "a constant offset"
        assert np.abs(np.diff(samples)).max() < 0.6, "a click"
    assert min(levels) > -26
    assert max(levels) < -12
    assert max(levels) - min(levels) < 5


def test_piper_is_asked_once_for_each_sentence_and_left_alone_then(
    scene: dict[str, Any],
) -> None:
    assert scene["statuses"] == [200] * len(scene["sentences"])


async def test_it_tells_its_voice_and_another_is_refused(
    piper: PiperProcess, speech: PiperSpeech
) -> None:
    assert await speech.voices() == [Voice(piper.voice, piper.voice)]
    assert await spoken(speech, "It was close.", voice=piper.voice)
    with pytest.raises(SpeechError, match="it has no voice 'en_US-amy-low'"):
        await spoken(speech, "It was close.", voice="en_US-amy-low")


async def test_it_speaks_faster_and_slower(speech: PiperSpeech) -> None:
    text = " ".join(SENTENCES[:2])
    slow, normal, fast = [
        duration_ms(await spoken(speech, text, speed=speed)) for speed in (0.5, 1, 2)
    ]
    assert slow == pytest.approx(normal * 2, rel=0.1)
    assert fast == pytest.approx(normal / 2, rel=0.1)


async def test_what_listeners_may_set_is_taken(speech: PiperSpeech) -> None:
    params = {"speaker": "nobody", "speaker_id": 0, "noise_scale": 1.5, "noise_w_scale": 2}
    assert await spoken(speech, "It was close.", params=params)


async def test_a_text_without_sound_is_a_failure(speech: PiperSpeech) -> None:
    with pytest.raises(SpeechError, match="it failed"):
        await spoken(speech, "...")


async def test_closing_in_mid_sentence_leaves_nothing_open(
    piper: PiperProcess, speech: PiperSpeech
) -> None:
    before = len(piper.statuses())
    sentence = asyncio.create_task(spoken(speech, " ".join(SENTENCES[:4])))
    await asyncio.wait({sentence}, timeout=0.2)
    sentence.cancel()
    await asyncio.wait({sentence})
    assert await spoken(speech, "It was close.")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while piper.connections() or len(piper.statuses()) < before + 2:
            await asyncio.sleep(0.05)
