"""The player by itself: what the page will ask of it, sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.page.browser import Reader

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

# Sentences of half a second: level 1/4, 1/2, 3/4.
_PLAY = """async (act) => {
    const { Player } = await import("/static/audio/player.js");
    const player = new Player();
    await player.unlock();
    const node = player.open();
    const reports = [];
    node.addEventListener("consumed", ({ detail }) => reports.push(detail));
    const ended = new Promise((resolve) => node.addEventListener("ended", resolve));
    for (const sentence of [0, 1, 2]) {
        node.chunk(sentence, new Float32Array(12_000).fill((sentence + 1) / 4), true);
    }
    while (!reports.some(({ ms }) => ms > 100)) await new Promise((go) => setTimeout(go, 5));
    if (act === "skip") node.drop(1);
    if (act === "skip far") node.drop(7);
    holdAt(Infinity);
    node.end();
    await ended;
    return reports;
}"""


async def _play(reader: Reader, act: str) -> list[dict[str, Any]]:
    await reader.go()
    await reader.hold_at(0.2)
    reports: list[dict[str, Any]] = await reader.page.evaluate(_PLAY, act)
    return reports


async def test_it_tells_how_far_it_is_about_ten_times_a_second(reader: Reader) -> None:
    reports = await _play(reader, "")
    assert 14 <= len(reports) <= 18
    ms = [it["ms"] for it in reports]
    assert ms == sorted(ms)
    assert ms[-1] == 1_500
    assert [it["underruns"] for it in reports] == [0] * len(reports)
    assert {it["sentence"] for it in reports} >= {0, 1, 2}


async def test_what_is_dropped_fades_and_the_next_sentence_follows(reader: Reader) -> None:
    reports = await _play(reader, "skip")
    sound = await reader.sound()
    # The first fades within 5 ms; of the second nothing is heard; the third is whole.
    np.testing.assert_array_equal(sound[-12_000:], np.full(12_000, 24_576))
    before = sound[:-12_000]
    assert (before <= 8_192).all()
    assert (np.diff(before.astype(int)) <= 0).all()
    assert before[0] == 8_192
    assert np.count_nonzero(before < 8_192) <= 120
    # Thrown away counts as consumed, and leaves no underrun.
    assert reports[-1]["ms"] == 1_500
    assert reports[-1]["underruns"] == 0


async def test_dropping_everything_is_silence_within_five_milliseconds(reader: Reader) -> None:
    reports = await _play(reader, "skip far")
    sound = await reader.sound()
    assert len(sound) < 12_000
    assert np.count_nonzero(sound < 8_192) <= 120
    assert reports[-1]["ms"] == 1_500
    assert reports[-1]["underruns"] == 0


async def test_the_shape_of_the_tone_is_not_touched(reader: Reader) -> None:
    """A value comes out as it went in, be it the lowest, the highest or in between."""
    every = np.append(np.arange(-32_768, 32_768, 7), 32_767).astype("<i2")
    await reader.go()
    await reader.page.evaluate(
        """async (values) => {
            const { Player } = await import("/static/audio/player.js");
            const { toFloats } = await import("/static/audio/pcm.js");
            const player = new Player();
            await player.unlock();
            const node = player.open();
            const ended = new Promise((resolve) => node.addEventListener("ended", resolve));
            node.chunk(0, toFloats(new DataView(Int16Array.from(values).buffer)), true);
            node.end();
            await ended;
        }""",
        every.tolist(),
    )
    np.testing.assert_array_equal(await reader.sound(), every)
