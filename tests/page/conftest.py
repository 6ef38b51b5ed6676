"""The page in a real browser, and a server that does what a test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.page.browser import Reader, chromium, find_chromium, open_page
from tests.page.scripted_server import ScriptedServer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests; each has a context of its own."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium was found; CHROMIUM names it")
    async with chromium(executable) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def reader(browser: Browser, server: ScriptedServer) -> AsyncIterator[Reader]:
    """A reader whose browser has nothing to complain about."""
    async with open_page(browser, server.url) as reader:
        yield reader
        assert reader.complaints == []
