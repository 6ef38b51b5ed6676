"""A scene that is told while it is written."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import Reader, gaps, open_page
from tests.page.script import (
    Complete,
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


async def test_text_appears_as_it_is_written(reader: Reader, server: ScriptedServer) -> None:
    go_on = asyncio.Event()
    server.script = [Say("The lamp "), WaitFor(go_on), Say("went out.\n\nDark."), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.page.get_by_label("What happens next?").fill("A storm")
    await reader.press("Tell it")

    text = reader.page.locator(".scene-text")
    await expect(text).to_have_text("The lamp ")
    go_on.set()
    await expect(text.locator("p")).to_have_text(["The lamp went out.", "Dark."])
    assert server.wishes == [{"custom_prompt": "A storm", "enable_tts_stream": True}]


async def test_every_sample_is_heard_once_in_order_without_gaps(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0)
    await reader.press("Tell it")
    await expect(reader.page.get_by_role("button", name="Listen to Scene 1")).to_be_visible()
    await reader.release()
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))
    assert await reader.underruns() == 0


async def test_chunks_of_any_size_are_joined_without_a_seam(
    reader: Reader, server: ScriptedServer
) -> None:
    tone = voice(0, 0.5)
    cuts = [0, 12_000, 12_002, 12_004, 12_258, 12_262, 20_000, len(tone)]
    parts = [tone[a:b] for a, b in pairwise(cuts)]
    server.script = [Say("Hum."), *(Speak(0, "Hum.", part, final=False) for part in parts)]
    server.script += [Speak(0, "Hum.", b""), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(tone))


async def test_the_highlight_goes_from_sentence_to_sentence(
    reader: Reader, server: ScriptedServer
) -> None:
    # Code points are not UTF-16 units: after each of these, they are one further apart.
    server.script = scene_of(
        ["“A storm 🌊👩‍👩‍👧!”", "𝒯he lamp\n\nwent out.", "🕯️ Nobody saw it.", "No?"]
    )
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.watch_highlight()
    await reader.press("Tell it")
    await reader.until_quiet()
    assert await reader.highlights() == [
        "“A storm 🌊👩‍👩‍👧!”",
        "𝒯he lamp|went out.",
        "🕯️ Nobody saw it.",
        "No?",
    ]
    await expect(reader.page.locator("[aria-current]")).to_have_count(0)


async def test_after_running_dry_it_goes_on_where_it_was(
    reader: Reader, server: ScriptedServer
) -> None:
    go_on = asyncio.Event()
    first, second, *rest = scene_of(SENTENCES)[-4:]
    server.script = [Say(" ".join(SENTENCES)), first, WaitFor(go_on), second, *rest]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")

    await expect(reader.page.get_by_text("Waiting for more…")).to_be_visible()
    # What is not spoken yet may all be written: then nothing looks as if more text came.
    await expect(reader.page.locator(".writing")).to_be_visible()
    server.session.written = True
    await expect(reader.page.locator(".writing")).to_have_count(0)
    go_on.set()
    await reader.until_quiet()
    assert len(gaps(await reader.sound(), samples(server.pcm(1)))) == 1
    assert await reader.underruns() == 1


async def test_it_does_not_begin_with_a_crumb_unless_that_is_all(
    reader: Reader, server: ScriptedServer
) -> None:
    go_on = asyncio.Event()
    tone = voice(0, 0.05)
    server.script = [
        Say("Hm."),
        Speak(0, "Hm.", tone, final=False),
        Say(" "),
        WaitFor(go_on),
        Speak(0, "Hm.", b""),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await expect(reader.page.locator(".scene-text")).to_have_text("Hm. ")
    await reader.passed_seconds(0.2)
    assert len(await reader.sound()) == 0
    go_on.set()
    await reader.until_quiet()
    np.testing.assert_array_equal(await reader.sound(), samples(tone))


async def test_having_run_dry_it_waits_for_more_than_a_crumb(
    reader: Reader, server: ScriptedServer
) -> None:
    crumb, go_on, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    tone = voice(0, 0.6)
    server.script = [
        Say("Hum."),
        Speak(0, "Hum.", tone[:9_600], final=False),
        WaitFor(crumb),
        Speak(0, "Hum.", tone[9_600:12_000], final=False),
        Say(" "),
        WaitFor(go_on),
        Speak(0, "Hum.", tone[12_000:]),
        WaitFor(end),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await expect(reader.page.get_by_text("Waiting for more…")).to_be_visible()
    before = len(await reader.sound())
    crumb.set()
    await expect(reader.page.locator(".scene-text")).to_have_text("Hum. ")
    await reader.passed_seconds(0.3)
    assert len(await reader.sound()) == before
    go_on.set()
    await reader.heard_seconds(0.6)
    end.set()
    await reader.until_quiet()
    assert len(gaps(await reader.sound(), samples(tone))) == 1


async def test_stop_is_silence_at_once_and_ends_the_scene(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [*scene_of(SENTENCES, seconds=5)[:-1], WaitFor(asyncio.Event())]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.hold_at(0.5)
    await reader.press("Tell it")
    await reader.heard_seconds(0.5)
    at_stop = len(await reader.heard())
    await reader.press("Stop")
    await reader.release()
    await expect(reader.page.get_by_text("You stopped the scene here.")).to_be_visible()
    await reader.passed_seconds(0.5)

    heard = await reader.heard()
    late = np.flatnonzero(heard[at_stop:])
    assert len(heard) > at_stop + 6_000
    assert len(late) == 0 or late[-1] < 2_400
    assert server.session.said == [{"type": "stop"}]
    await expect(reader.page.locator(".scene-text")).to_have_text(" ".join(SENTENCES))
    await expect(reader.page.get_by_role("region", name="Narration")).to_be_hidden()
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()


async def test_stop_after_the_last_word_ends_only_the_sound(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES, seconds=5)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    # The scene is written; its audio is still to be heard.
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()
    await reader.heard_seconds(0.2)
    await reader.press("Stop")
    await expect(reader.page.get_by_role("region", name="Narration")).to_be_hidden()
    assert server.session.said == []
    assert server.scene(1).state == "complete"


async def test_a_second_scene_silences_the_first(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES, seconds=5)
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.heard_seconds(0.2)
    server.script = scene_of(["One.", "Two."])
    await reader.press("Tell it")
    await reader.until_quiet()
    second = samples(server.pcm(2))
    np.testing.assert_array_equal((await reader.sound())[-len(second) :], second)
    await expect(reader.page.get_by_role("heading", name="Scene 2")).to_be_visible()


async def test_a_browser_that_blocks_sound_is_asked_with_a_tap(
    browser: Browser, server: ScriptedServer
) -> None:
    server.script = scene_of(SENTENCES)
    async with open_page(browser, server.url) as reader:
        await _submit_by_script(reader)
        await reader.go(f"#/stories/{server.add_story()}")
        await asyncio.wait_for(server.asked.wait(), PATIENCE_SECONDS)
        await expect(reader.page.get_by_text("holds the sound back")).to_be_visible()
        assert len(await reader.heard()) == 0
        await reader.press("Tap to hear")
        await reader.until_quiet()
        np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))


async def test_a_sentence_without_sound_is_marked_and_the_next_one_follows(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [
        Say("One. Two 🌊. * * * Three."),
        Speak(0, "One.", voice(0, 0.3)),
        SkipSentence(1, "Two 🌊.", "the voice broke off"),
        SkipSentence(2, "* * *", "nothing to say"),
        Speak(3, "Three.", voice(3, 0.3)),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.watch_highlight()
    await reader.press("Tell it")
    await reader.until_quiet()
    assert await reader.highlights() == ["One.", "Three."]
    await expect(reader.page.locator(".unspoken")).to_have_text(["Two 🌊."])
    hole = reader.page.get_by_text("One sentence was not spoken (the voice broke off).")
    await expect(hole).to_be_visible()
    np.testing.assert_array_equal(await reader.sound(), samples(server.pcm(1)))


async def test_write_silently_writes_and_makes_no_sound(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [Say("Hush."), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Write silently")
    await expect(reader.page.locator(".scene-text")).to_have_text("Hush.")
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()
    assert server.wishes == [{"custom_prompt": "", "enable_tts_stream": False}]
    assert len(await reader.heard()) == 0


async def test_leaving_the_story_ends_its_sound_and_not_its_scene(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [*scene_of(SENTENCES, seconds=5)[:-1], WaitFor(asyncio.Event())]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    await reader.heard_seconds(0.3)
    await reader.page.get_by_role("link", name="All stories").click()
    await expect(reader.page.get_by_role("list", name="Your stories")).to_be_visible()
    await reader.passed_seconds(0.1)
    before = len(await reader.sound())
    await reader.passed_seconds(0.3)
    assert len(await reader.sound()) == before
    assert server.session.left == 1
    assert server.session.said == []


async def test_who_turns_to_an_older_scene_leaves_the_new_one_to_the_server(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    old = server.add_scene(story, scene_of(["Long ago."]))
    server.script = [
        Say("A new day. "),
        Speak(0, "A new day.", voice(0, 5)),
        WaitFor(asyncio.Event()),
    ]
    await reader.go(f"#/stories/{story}")
    await reader.press("Tell it")
    await reader.heard_seconds(0.2)
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    last = samples(server.pcm(old))
    np.testing.assert_array_equal((await reader.sound())[-len(last) :], last)
    assert server.session.said == []

    server.scene(2).text += "And a new night."
    server.scene(2).state = "complete"
    new = reader.page.get_by_role("article", name="Scene 2")
    await expect(new).to_contain_text("And a new night.")
    await expect(reader.page.get_by_role("button", name="Tell it")).to_be_visible()


async def test_the_voice_is_kept_in_sight_unless_the_reader_goes_elsewhere(
    reader: Reader, server: ScriptedServer
) -> None:
    far_on, end = asyncio.Event(), asyncio.Event()
    sentences = [f"This is sentence {number} of a scene." for number in range(99)]
    steps: list[Step] = [Say("\n\n".join(sentences))]
    steps += [Speak(it, sentences[it], voice(it, 0.01)) for it in range(50)]
    steps += [WaitFor(far_on)]
    steps += [Speak(it, sentences[it], voice(it, 0.01)) for it in range(50, 69)]
    steps += [Speak(69, sentences[69], voice(69, 9)), WaitFor(end), Complete()]
    server.script = steps
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.press("Tell it")
    spoken = reader.page.locator("[aria-current]")
    await expect(spoken).to_have_text(sentences[49])
    await expect(spoken).to_be_in_viewport()

    for _ in range(8):
        await reader.page.mouse.wheel(0, -800)
    find = reader.page.get_by_role("button", name="Find the voice")
    await expect(find).to_be_visible()
    far_on.set()
    await expect(spoken).to_have_text(sentences[69])
    await expect(spoken).not_to_be_in_viewport()
    # Who moves while the page is on its way to the voice is not pulled along.
    await reader.page.evaluate(_TURN_THE_WHEEL_AT_THE_FIRST_MOVE)
    await find.click()
    await reader.page.wait_for_function("scrollY > 0")
    await reader.passed_seconds(1)
    await expect(spoken).not_to_be_in_viewport()
    await find.click()
    await expect(spoken).to_be_in_viewport()
    await expect(find).to_be_hidden()
    end.set()


_TURN_THE_WHEEL_AT_THE_FIRST_MOVE = """() => {
    const turn = () => dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
    addEventListener("scroll", turn, { once: true });
}"""
"""From outside, a busy machine may turn it when the page has arrived already."""


async def _submit_by_script(reader: Reader) -> None:
    """Begin a scene without a click, as the browser sees it.

    What a test evaluates counts as the reader's own doing, so the page must have this before.
    """
    await reader.page.add_init_script(
        """new MutationObserver((_, observer) => {
            const form = document.querySelector(".composer");
            if (form === null) return;
            observer.disconnect();
            form.requestSubmit();
        }).observe(document, { childList: true, subtree: true });"""
    )
