"""The settings that the documents show are settings that work."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from narration.settings import load
from narration.speech.opening import open_provider

DOCS = Path(__file__).parents[3] / "docs" / "providers"
BLOCKS = [
    pytest.param(block, id=f"{path.stem}-{number}")
    for path in sorted(DOCS.glob("*.md"))
    for number, block in enumerate(
        re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    )
]


def test_there_is_something_to_try() -> None:
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("block", BLOCKS)
async def test_what_is_shown_can_be_started_with(block: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    await asyncio.to_thread(path.write_text, block)
    config = await asyncio.to_thread(load, path, {})
    for name, provider in config.speech.providers.items():
        if (provider.type or name) != "embedded":
            async with open_provider(name, provider, config.speech):
                pass
