"""Pause, and from sentence to sentence: at once in the ear, and known to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from playwright.async_api import expect

from tests.page.browser import Reader, Samples
from tests.page.script import (
    Complete,
    Confirm,
    Say,
    SkipSentence,
    Speak,
    Step,
    WaitFor,
    samples,
    scene_of,
    voice,
)
from tests.page.scripted_server import ScriptedServer
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

SENTENCES = ["The lamp went out.", "Nobody saw it.", "Then the sea began to speak."]
FADE = 24_000 // 200
"""In samples: what is left off fades so long."""
BEGUN = 1_000
"""In samples: so much is enough to know a sentence."""


async def test_pause_holds_at_once_and_nothing_is_lost(
    reader: Reader, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    server.script = [*scene_of(SENTENCES, seconds=0.6)[:-1], WaitFor(end), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0)
    await reader.press("Tell it")
    # It is a sentence of its own when its sound is there.
    await expect(reader.page.get_by_text(SENTENCES[2], exact=True)).to_be_visible()
    await reader.hold_at(0.7)
    await reader.heard_seconds(0.7)
    await reader.page.keyboard.press(" ")
    session = server.session
    await session.until_said("pause")
    await expect(reader.page.get_by_text("Paused")).to_be_visible()
    await reader.release()
    await reader.passed_seconds(0.1)
    before = len(await reader.sound())
    # Where the server thinks that the listener is, he is.
    sentence, position_ms = session.heard[-1]
    assert -20 <= before / 24 - (600 * sentence + position_ms) <= 200
    reports = len(session.heard)
    await reader.passed_seconds(0.8)
    assert len(await reader.sound()) == before
    assert len(session.heard) == reports

    await reader.hold_at(1.7)
    await reader.press("Go on")
    await reader.heard_seconds(1.7)
    end.set()
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    await reader.release()
    await reader.until_quiet()
    assert [it["type"] for it in session.said] == ["pause", "resume"]
    sound, sent = await reader.sound(), samples(server.pcm(1))
    heard = sound[sound != 0]
    # But for two fades, every sample is heard as it was sent.
    np.testing.assert_array_equal(heard[: before - FADE], sent[: before - FADE])
    rest = len(sent) - before - FADE
    np.testing.assert_array_equal(heard[-rest:], sent[-rest:])
    assert len(sent) - len(heard) <= 2
    assert await reader.underruns() == 0
    # Twice a second, and truthful to the end.
    ms = [600 * number + position for number, position in session.heard]
    assert ms == sorted(ms)
    assert 3 <= len(ms) <= 10


async def test_next_leaves_out_the_rest_and_stale_audio_is_not_heard(
    reader: Reader, server: ScriptedServer
) -> None:
    go_on, end = asyncio.Event(), asyncio.Event()
    tone = voice(0, 4)
    server.script = [
        Say(" ".join(SENTENCES)),
        Speak(0, SENTENCES[0], tone[:96_000], final=False),
        WaitFor(go_on),
        # On its way when the reader skipped.
        Speak(0, SENTENCES[0], tone[96_000:]),
        Confirm(),
        Speak(1, SENTENCES[1], voice(1, 0.5)),
        Speak(2, SENTENCES[2], voice(2, 0.5)),
        WaitFor(end),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0.5)
    await reader.press("Tell it")
    await reader.heard_seconds(0.5)
    await reader.page.keyboard.press("ArrowRight")
    await server.session.until_said("skip")
    assert server.session.said == [{"type": "skip", "sentence_number": 1}]
    await reader.hold_at(0.8)
    await reader.passed_seconds(0.1)
    before = len(await reader.sound())
    assert before < 48_000
    go_on.set()
    await expect(reader.page.locator("[aria-current]")).to_have_text(SENTENCES[1])
    await reader.release()
    await expect(reader.page.locator("[aria-current]")).to_have_text(SENTENCES[2])
    end.set()
    await reader.until_quiet()
    _assert_heard(await reader.sound(), [(0, tone), (1, voice(1, 0.5)), (2, voice(2, 0.5))])


async def test_back_begins_the_sentence_again_and_then_goes_to_the_one_before(
    reader: Reader, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    tones = [voice(0, 0.4), voice(1, 8), b"", voice(3, 0.4)]
    steps: list[Step] = [Say("One. Two. Three. Four.")]
    for number, text in enumerate(["One.", "Two.", "Three.", "Four."]):
        failed = SkipSentence(number, text, "the voice broke off")
        steps.append(Speak(number, text, tones[number]) if tones[number] else failed)
    server.script = [*steps, WaitFor(end), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0.4 + 2.2)
    await reader.press("Tell it")
    await reader.heard_seconds(0.4 + 2.2)
    await reader.press("Back a sentence")
    await reader.hold_at(0.4 + 2.2 + 0.3)
    await reader.heard_seconds(0.4 + 2.2 + 0.3)
    await reader.page.keyboard.press("ArrowLeft")
    await reader.hold_at(0.4 + 2.2 + 0.3 + 0.6)
    await reader.heard_seconds(0.4 + 2.2 + 0.3 + 0.6)
    # The one between cannot be heard.
    await reader.page.get_by_text("Four.").click()
    await reader.release()
    await _until_begun(reader, tones[3], after=0.4 + 2.2 + 0.3 + 0.6)
    await reader.press("Back a sentence")
    await _until_begun(reader, tones[1], after=len(await reader.sound()) / 24_000)
    await reader.press("Next sentence")
    await server.session.until_said("skip", 5)
    end.set()
    await reader.until_quiet()
    skips = [it["sentence_number"] for it in server.session.said]
    assert skips == [1, 0, 3, 1, 3]
    first, second, _, last = tones
    order = [(0, first), (1, second), (1, second), (0, first), (1, second)]
    _assert_heard(await reader.sound(), [*order, (3, last), (1, second), (3, last)])


async def test_what_is_not_live_any_more_goes_on_from_what_was_stored(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES, seconds=1.5)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0.2)
    await reader.press("Tell it")
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    await reader.heard_seconds(0.2)
    # A key that is typed is not a wish.
    await reader.page.get_by_label("What happens next?").press(" ")
    await reader.press("Next sentence")
    await reader.hold_at(0.6)
    await reader.heard_seconds(0.6)
    await reader.press("Pause")
    await reader.release()
    await reader.press("Next sentence")
    await expect(reader.page.locator("[aria-current]")).to_have_text(SENTENCES[2])
    await expect(reader.page.get_by_text("Paused")).to_be_visible()
    await reader.press("Go on")
    await reader.until_quiet()
    order = [(number, voice(number, 1.5)) for number in range(3)]
    _assert_heard(await reader.sound(), order)
    assert server.session.said == []


async def _until_begun(reader: Reader, pcm: bytes, *, after: float) -> None:
    """Wait until that much was heard of a sentence that it can be told from others."""
    start = samples(pcm)[:BEGUN]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            sound = (await reader.sound())[round(after * 24_000) - FADE :]
            places = np.flatnonzero(sound[: len(sound) - BEGUN] == start[0])
            if any(_begins(sound[place:], start) for place in places):
                return
            await reader.passed_seconds(0.05)


def _assert_heard(sound: Samples, order: Sequence[tuple[int, bytes]]) -> None:
    """These were heard, each from its start, and each that is left off fades at once."""
    sound, at = sound[sound != 0], 0
    for place, (number, pcm) in enumerate(order):
        whole = samples(pcm)
        heard = sound[at : at + len(whole)]
        (different,) = np.nonzero(heard != whole[: len(heard)])
        if not len(different):
            at += len(heard)
            continue
        cut, next_start = int(different[0]), samples(order[place + 1][1])[:BEGUN]
        starts = [n for n in range(FADE + 1) if _begins(sound[at + cut + n :], next_start)]
        assert starts, f"sentence {number}, place {place}"
        end = cut + starts[0]
        assert (np.abs(heard[cut:end]) <= np.abs(whole[cut:end])).all()
        at += end
    assert at == len(sound)


def _begins(sound: Samples, start: Samples) -> bool:
    return len(sound) >= len(start) and bool((sound[: len(start)] == start).all())
