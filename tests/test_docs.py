"""The documents name what the program has, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec

from narration.config import Config
from narration.events import Event
from narration.notices import Notice
from narration.story import TTSSettings
from web.app import create_app
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
