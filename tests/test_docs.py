"""The documents name what the program has, no more and no less."""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from narration.config import Config, ProviderConfig, SpeechConfig
from narration.events import Event
from narration.notices import Notice
from narration.settings import load
from narration.speech.adapters import ADAPTERS
from narration.speech.opening import open_provider
from narration.story import TTSSettings
from tests.spoken_page import PAGE, spoken_page
from web.app import create_app
from web.load import command as load_command
from web.mock_upstream import command as mock_upstream_command
from web.wire import ClientMessage

DOCS = Path(__file__).parent.parent / "docs"


def test_every_event_and_its_fields_are_in_the_protocol() -> None:
    protocol = (DOCS / "protocol.md").read_text()
    for event in get_args(Event):
        info = msgspec.inspect.type_info(event)
        assert isinstance(info, msgspec.inspect.StructType)
        (row,) = [line for line in protocol.splitlines() if line.startswith(f"| `{info.tag}`")]
        documented = set(re.findall(r"`(\w+)`", row.split("|")[2])) - {"stop", "length"}
        fields = {field.name for field in info.fields} - {"seq"}
        assert documented == fields, info.tag


def test_every_notice_and_every_setting_is_in_the_protocol() -> None:
    protocol = (DOCS / "protocol.md").read_text()
    said = protocol[protocol.index("## Notifications") : protocol.index("## Audio")]
    for notice in get_args(Notice):
        info = msgspec.inspect.type_info(notice)
        assert isinstance(info, msgspec.inspect.StructType)
        assert f"| `{info.tag}` |" in said
        for field in info.fields:
            assert f"`{field.name}`" in said, f"{info.tag}.{field.name}"
    settings = protocol[protocol.index("## Settings") : protocol.index("## Everything else")]
    for name in TTSSettings.__struct_fields__:
        assert f"`{name}`" in settings, name


def test_everything_a_client_may_say_is_in_the_protocol() -> None:
    protocol = (DOCS / "protocol.md").read_text()
    for message in get_args(ClientMessage):
        info = msgspec.inspect.type_info(message)
        assert isinstance(info, msgspec.inspect.StructType)
        said = re.findall(rf'{{"type": "{info.tag}"(.*?)}}', protocol)
        assert said, info.tag
        documented = set(re.findall(r'"(\w+)": ', " ".join(said)))
        assert documented == {field.name for field in info.fields}, info.tag


def test_every_address_is_in_the_protocol() -> None:
    protocol = (DOCS / "protocol.md").read_text()
    for resource in create_app(Config()).router.resources():
        if resource.canonical in ("/", "/static"):
            continue
        for route in resource:
            if route.method != "HEAD":
                documented = re.search(
                    rf"`{route.method} {re.escape(resource.canonical)}[?`]", protocol
                )
                assert documented, f"{route.method} {resource.canonical}"


def test_what_is_spoken_is_documented_by_the_cases_of_the_tests() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == spoken_page(), "PYTHONPATH=. python tests/spoken_page.py writes it anew"


def test_every_option_on_performance_is_one_of_the_commands() -> None:
    parser = argparse.ArgumentParser()
    load_command.describe(parser)
    upstream = argparse.ArgumentParser()
    mock_upstream_command.describe(upstream)
    known = set(
        re.findall(r"--[a-z][a-z0-9-]*", parser.format_help() + upstream.format_help())
    )
    named = set(
        re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", (DOCS / "performance.md").read_text())
    )
    assert {"--pid", "--soak", "--port"} <= named <= known


async def test_what_every_voice_service_can_do_is_documented() -> None:
    providers = DOCS / "providers"
    rows = [
        line
        for line in (providers / "README.md").read_text().splitlines()
        if line.startswith("| [`")
    ]
    expected = []
    for type, adapter in sorted(ADAPTERS.items()):
        assert (providers / f"{type}.md").is_file()
        config = ProviderConfig(url=adapter.default_url or "http://127.0.0.1:1")
        speech = adapter.open(type, config, False)
        await speech.aclose()
        profile = speech.profile
        url = {None: "it must be set", "": "none"}.get(adapter.default_url)
        slowest, fastest = profile.speeds
        cells = [
            f"[`{type}`]({type}.md)",
            adapter.label,
            url or str(adapter.default_url),
            "yes" if profile.streams else "no",
            str(profile.concurrency),
            str(profile.max_chars),
            f"{slowest:g} to {fastest:g}",
            "yes" if "word_times" in adapter.settings else "no",
            " ".join(f"`{name}`" for name in profile.params) or "nothing",
        ]
        expected.append(f"| {' | '.join(cells)} |")
    assert rows == expected


@pytest.mark.parametrize("page", [*ADAPTERS, "README"])
def test_the_settings_in_the_pages_on_voices_work(page: str, tmp_path: Path) -> None:
    text = (DOCS / "providers" / f"{page}.md").read_text()
    examples = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert examples
    for example in examples:
        (tmp_path / "config.yaml").write_text(example)
        asyncio.run(_open(load(tmp_path / "config.yaml", {}).speech))


async def _open(speech: SpeechConfig) -> None:
    for name, provider in speech.providers.items():
        if name != "embedded":  # That would start its process.
            async with open_provider(name, provider, speech):
                pass
