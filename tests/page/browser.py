"""Opens the page in a real browser, and records every sample that it plays.

async with chromium(executable) as browser, open_page(browser, server_url) as reader:
    await reader.go("#/stories/1")
    await reader.press("Tell it")
    await reader.until_quiet()
    samples = await reader.sound()
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.patience import PATIENCE_SECONDS

__all__ = [
    "DESKTOP",
    "ELSEWHERE",
    "PHONE",
    "Reader",
    "Samples",
    "chromium",
    "find_chromium",
    "gaps",
    "open_page",
]

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}

PATIENCE_MS = 1_000 * PATIENCE_SECONDS
expect.set_options(timeout=PATIENCE_MS)

Samples = NDArray[np.int16]

_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
_HERE = Path(__file__).parent
ELSEWHERE = "elsewhere.test"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name for this machine that is not taken for this machine.
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
]
# The samples as the server sent them: the page has divided them by 32,768, which is exact.
_RECORDING = """() => {
    const length = recording.reduce((sum, part) => sum + part.length, 0);
    const samples = new Int16Array(length);
    let at = 0;
    for (const part of recording) {
        for (const it of part) samples[at++] = Math.round(it * 32768);
    }
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) {
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    }
    return btoa(text);
}"""


def gaps(played: Samples, sent: Samples) -> list[int]:
    """How long the silences are that were put into `sent`, in samples.

    Raises:
        ValueError: anything else was done to it.
    """
    found: list[int] = []
    while len(played) != len(sent) or (played != sent).any():
        shorter = min(len(played), len(sent))
        (different,) = np.nonzero(played[:shorter] != sent[:shorter])
        if not len(different):
            raise ValueError(f"{len(played)} samples were played, and {len(sent)} sent")
        at = different[0]
        (sounding,) = np.nonzero(played[at:])
        if not len(sounding) or sounding[0] == 0:
            raise ValueError(f"sample {at} is another one than was sent")
        found.append(int(sounding[0]))
        played, sent = played[at + sounding[0] :], sent[at:]
    return found


class Reader:
    """Somebody in front of the page."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._base_url = base_url.rstrip("/")
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def go(self, address: str = "#/") -> None:
        """Open an address within the page."""
        await self.page.goto(f"{self._base_url}/{address}")

    async def heard(self) -> Samples:
        """Everything that was played so far, silence included."""
        encoded: str = await self.page.evaluate(_RECORDING)
        return np.frombuffer(base64.b64decode(encoded), dtype="<i2")

    async def sound(self) -> Samples:
        """What was played, from the first sound to the last."""
        samples = await self.heard()
        (sounding,) = np.nonzero(samples)
        return samples[sounding[0] : sounding[-1] + 1] if len(sounding) else samples[:0]

    async def hold_at(self, seconds: float) -> None:
        """Let time stand still for the loudspeaker, once it has played that much sound.

        What a test does while a sentence is heard, it does before the sentence is over.
        """
        await self.page.evaluate("holdAt", round(seconds * 24_000))

    async def release(self) -> None:
        """Let time go on for the loudspeaker."""
        await self.page.evaluate("() => holdAt(Infinity)")

    async def heard_seconds(self, seconds: float) -> None:
        """Wait until that much sound was played."""
        await self.page.wait_for_function(
            """(enough) => {
                let count = 0;
                for (const part of recording) for (const it of part) if (it !== 0) count += 1;
                return count >= enough;
            }""",
            arg=seconds * 24_000,
        )

    async def underruns(self) -> int:
        """How often the player says that it ran dry, in the last narration."""
        bar = self.page.get_by_role("region", name="Narration", include_hidden=True)
        return int(await bar.get_attribute("data-underruns") or 0)

    async def passed_seconds(self, seconds: float) -> None:
        """Wait while that much is played, be it silence; or until the loudspeaker is off."""
        await self.page.evaluate(
            """async (seconds) => {
                const length = () => recording.reduce((sum, part) => sum + part.length, 0);
                const end = length() + seconds * 24_000;
                while (length() < end && playing?.state === "running") {
                    await new Promise((go) => setTimeout(go, 20));
                }
            }""",
            seconds,
        )

    async def watch_highlight(self) -> None:
        """Keep a list of what is highlighted, from now on."""
        await self.page.evaluate(
            """() => {
                globalThis.highlights = [];
                const look = () => {
                    const parts = [...document.querySelectorAll("[aria-current]")];
                    const text = parts.map((it) => it.textContent).join("|");
                    if (text !== "" && text !== highlights.at(-1)) highlights.push(text);
                };
                const options = { subtree: true, attributeFilter: ["aria-current"] };
                new MutationObserver(look).observe(document.body, options);
            }"""
        )

    async def highlights(self) -> list[str]:
        """What was highlighted, in order; `|` where a sentence runs over a line's end."""
        texts: list[str] = await self.page.evaluate("highlights")
        return texts

    async def watch_status(self) -> None:
        """Keep a list of what the bar says, from now on."""
        await self.page.evaluate(
            """() => {
                globalThis.statuses = [];
                const look = () => {
                    const text = document.querySelector(".bar-status")?.textContent;
                    if (text && text !== statuses.at(-1)) statuses.push(text);
                };
                const options = { subtree: true, childList: true };
                new MutationObserver(look).observe(document.body, options);
            }"""
        )

    async def statuses(self) -> list[str]:
        """What the bar said, in order."""
        texts: list[str] = await self.page.evaluate("statuses")
        return texts

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def until_quiet(self) -> None:
        """Wait until the narration is over that came of the last click."""
        await self.page.locator("[data-begun]").wait_for(state="attached")
        # Not `expect`, which looks only once a second.
        bar = self.page.get_by_role("region", name="Narration")
        await bar.wait_for(state="hidden", timeout=2 * PATIENCE_MS)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def find_chromium() -> str | None:
    """Where Chromium is: as the environment's CHROMIUM says, or under one of its names."""
    named = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else _NAMES
    return next((found for name in named if (found := shutil.which(name))), None)


@asynccontextmanager
async def chromium(executable: str) -> AsyncIterator[Browser]:
    """A browser of our own, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(
    browser: Browser,
    base_url: str,
    *,
    viewport: ViewportSize = DESKTOP,
    color_scheme: Literal["light", "dark"] = "light",
    record: bool = True,
    **options: Any,
) -> AsyncIterator[Reader]:
    """A reader who has never been here: nothing is stored, and sound needs a click.

    The recorder is code that did not come from the server, so recording lifts the page's
    Content-Security-Policy.
    """
    context = await browser.new_context(
        viewport=viewport, color_scheme=color_scheme, bypass_csp=record, **options
    )
    try:
        if record:
            await context.add_init_script(script=_capture())
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(path=_HERE / "begun.js")
        yield Reader(await context.new_page(), base_url)
    finally:
        await context.close()


def _capture() -> str:
    recorder = (_HERE / "recorder_processor.js").read_text()
    return f"const RECORDER = {json.dumps(recorder)};\n{(_HERE / 'capture.js').read_text()}"
