"""The server starts and works whatever the environment says of proxies."""

from __future__ import annotations

import pytest

from tests.web.conftest import StartServer, begin, hear, new_story


async def test_a_desktops_proxies_stop_nothing_and_are_named_once(
    start_server: StartServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080/")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,::1,fe80::/10,10.0.0.0/99")
    client = await start_server()
    told = [one.getMessage() for one in caplog.records if "proxies" in one.getMessage()]
    assert len(told) == 1
    assert "ALL_PROXY" in told[0]
    assert "10.0.0.0/99" in told[0]
    heard = await hear(client, await begin(client, await new_story(client)))
    assert heard[-1]["type"] == "generation_complete"
    assert all(message["type"] != "sentence_skipped" for message in heard)
