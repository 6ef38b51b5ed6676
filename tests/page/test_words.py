"""The word that is spoken, where the voice tells it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.browser import Reader
from tests.page.script import Complete, Say, Speak, WaitFor, scene_of, voice
from tests.page.scripted_server import ScriptedServer

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

TEXT = "In 1984, “Don’t”\nsaid the well-known 🌊 sea."
WORDS = tuple(
    (text, 300.0 * number, 300.0 * number + 250)
    for number, text in enumerate(
        ["In", "nineteen", "eighty", "four,", "don't", "said", "the", "well-known", "Sea."]
    )
)
SHOWN = ["In", "Don’t", "said", "the", "well", "known", "sea"]


async def test_the_words_of_a_live_sentence_are_highlighted_as_they_are_spoken(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = [Say(TEXT), Speak(0, TEXT, voice(0, 3), words=WORDS), Complete()]
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.watch_highlight()
    await _watch_words(reader)
    await reader.press("Tell it")
    await reader.until_quiet()
    _assert_shown_in_order(await _words(reader))
    assert await reader.highlights() == [TEXT.replace("\n", "|")]
    assert await _shown_now(reader) is None


async def test_words_are_highlighted_when_a_scene_is_heard_again(
    reader: Reader, server: ScriptedServer
) -> None:
    story = server.add_story()
    server.add_scene(story, [Say(TEXT), Speak(0, TEXT, voice(0, 3), words=WORDS)])
    await reader.go(f"#/stories/{story}")
    await _watch_words(reader)
    await reader.press("Listen to Scene 1")
    await reader.until_quiet()
    _assert_shown_in_order(await _words(reader))


async def test_after_a_step_back_the_words_are_those_that_are_heard(
    reader: Reader, server: ScriptedServer
) -> None:
    end = asyncio.Event()
    words = (("One", 0.0, 500.0), ("two.", 500.0, 1_000.0))
    server.script = [
        Say("One two. Three."),
        Speak(0, "One two.", voice(0, 1), words=words),
        Speak(1, "Three.", voice(1, 4)),
        WaitFor(end),
        Complete(),
    ]
    await reader.go(f"#/stories/{server.add_story()}")
    await _watch_words(reader)
    await reader.hold_at(1.5)
    await reader.press("Tell it")
    await reader.heard_seconds(1.5)
    # The other sentence has no words.
    await expect(reader.page.locator("[aria-current]")).to_have_text("Three.")
    assert await _shown_now(reader) is None
    assert await _words(reader) == ["One", "two"]
    await reader.press("Back a sentence")
    await reader.hold_at(3)
    await reader.heard_seconds(3)
    await expect(reader.page.locator("[aria-current]")).to_have_text("Three.")
    assert await _words(reader) == ["One", "two", "One", "two"]


async def test_without_words_a_sentence_is_highlighted_as_ever(
    reader: Reader, server: ScriptedServer
) -> None:
    server.script = scene_of(["One.", "Two."])
    await reader.go(f"#/stories/{server.add_story()}")
    await reader.watch_highlight()
    await _watch_words(reader)
    await reader.press("Tell it")
    await reader.until_quiet()
    assert await reader.highlights() == ["One.", "Two."]
    assert await _words(reader) == []


async def _watch_words(reader: Reader) -> None:
    """Keep a list of the words that are highlighted, from now on."""
    await reader.page.evaluate(
        """() => {
            globalThis.words = [];
            globalThis.shownWord = () => [...CSS.highlights.get("word") ?? []][0]?.toString();
            const look = () => {
                const word = shownWord();
                if (word !== undefined && word !== words.at(-1)) words.push(word);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )


async def _words(reader: Reader) -> list[str]:
    words: list[str] = await reader.page.evaluate("words")
    return words


def _assert_shown_in_order(words: list[str]) -> None:
    """All of them; where time is short, a frame may come too late for one or two."""
    expected = iter(SHOWN)
    assert all(word in expected for word in words), words
    assert len(words) >= len(SHOWN) - 2, words


async def _shown_now(reader: Reader) -> Any:
    return await reader.page.evaluate("shownWord()")
