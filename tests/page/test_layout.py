"""The page on a phone, in the dark, and for fingers."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.page.browser import PHONE, Reader, open_page
from tests.page.script import Step, WaitFor, scene_of
from tests.page.scripted_server import ScriptedServer
from tests.page.scripted_voices import service

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2


async def test_nothing_is_wider_than_a_phone(browser: Browser, server: ScriptedServer) -> None:
    server.script = [*scene_of([f"{LONG}.", "Two."], seconds=4)[:-1], WaitFor(asyncio.Event())]
    story = server.add_story(title=LONG, premise=LONG)
    scene = server.add_scene(story, scene_of([f"{LONG}."]), prompt=LONG)
    server.scene(scene).up_to_date = False
    async with open_page(browser, server.url, viewport=PHONE) as reader:
        await reader.go()
        await expect(reader.page.get_by_role("link", name=LONG)).to_be_visible()
        await _fits(reader)
        await _show_settings(reader, server)
        await _fits(reader)
        await _fits(reader, "dialog")
        await reader.press("Cancel")
        await reader.go(f"#/stories/{story}")
        await _show_files(reader)
        await reader.press("Edit Scene 1")
        await _fits(reader)
        await reader.press("Cancel")
        await _show_making(reader, server, scene_of([f"{LONG}."]))
        await reader.press("Tell it")
        await reader.heard_seconds(0.1)
        await _fits(reader)
        await reader.press("Delete story")
        await _fits(reader)


async def test_every_control_is_large_enough_for_a_finger(
    browser: Browser, server: ScriptedServer
) -> None:
    story = server.add_story()
    scene = server.add_scene(story, scene_of(["One.", "Two."], seconds=4))
    server.scene(scene).up_to_date = False
    async with open_page(browser, server.url, viewport=PHONE) as reader:
        await reader.go(f"#/stories/{story}")
        await _show_files(reader)
        await reader.press("Listen to Scene 1")
        await expect(reader.page.get_by_role("button", name="Stop")).to_be_visible()
        await _fingers(reader)
        await _show_making(reader, server, scene_of(["One.", "Two."]))
        await _fingers(reader)
        await _show_settings(reader, server)
        await _fingers(reader)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(
    browser: Browser, server: ScriptedServer, color_scheme: str
) -> None:
    options = {"color_scheme": color_scheme}
    async with open_page(browser, server.url, **options) as reader:  # type: ignore[arg-type]
        await reader.go()
        for ink, ground in (
            ("--ink", "--paper"),
            ("--soft", "--paper"),
            ("--soft", "--sheet"),
            ("--accent", "--paper"),
            ("--accent-strong", "--paper"),
            ("--on-accent", "--accent"),
            ("--on-glow", "--glow"),
        ):
            contrast = await reader.page.evaluate(_CONTRAST, [ink, ground])
            assert contrast >= 4.5, (ink, ground)


async def _show_files(reader: Reader) -> None:
    """Unfold what is there of the first scene and of the story."""
    await reader.press("Download Scene 1")
    await reader.press("Audiobook")
    await expect(reader.page.get_by_role("button", name="Make M4B")).to_be_visible()


async def _show_making(reader: Reader, server: ScriptedServer, steps: list[Step]) -> None:
    """Have the first scene narrated again, which never comes to its end."""
    server.speech = [WaitFor(asyncio.Event()), *steps]
    await reader.press("Narrate again: Scene 1")
    await expect(reader.page.get_by_role("progressbar")).to_be_visible()


async def _show_settings(reader: Reader, server: ScriptedServer) -> None:
    """All that there is: a server of the reader's own, with a key, and with parameters."""
    server.voices.providers.append(service("openai", LONG, params=[LONG]))
    server.voices.own_servers = "public"
    server.voices.errors["https://tts.example.org"] = f"{LONG}: it does not answer"
    server.settings |= {"provider_type": "openai", "api_url": "https://tts.example.org"}
    server.api_key = "s3cret"
    await reader.press("Settings")
    await expect(reader.page.get_by_role("button", name="Try again")).to_be_visible()
    await reader.page.get_by_text("More").click()
    await expect(reader.page.get_by_label("Remove the saved key")).to_be_visible()


async def _fits(reader: Reader, part: str = "html") -> None:
    """Nothing of it is to be scrolled to sideways."""
    wide, room = await reader.page.locator(part).evaluate(
        "it => [it.scrollWidth, it.clientWidth]"
    )
    assert wide <= room <= PHONE["width"]


async def _fingers(reader: Reader) -> None:
    small = await reader.page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, summary, textarea")]
            // Of a box to tick, the words beside it can be pressed too.
            .map((it) => it.closest(".check") ?? it)
            .map((it) => [it.outerHTML, it.getBoundingClientRect()])
            .filter(([, box]) => box.height > 0 && (box.height < 44 || box.width < 44))
            .map(([html]) => html)"""
    )
    assert small == []


# WCAG's contrast ratio of two of the page's colours.
_CONTRAST = """(names) => {
    const luminance = (name) => {
        const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
            .map((it) => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [dark, light] = names.map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}"""
