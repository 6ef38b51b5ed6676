"""The speech servers of listeners: one each, remembered, and open only when they are used."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from narration.config import SpeechConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest
from narration.speech.own.own_servers import OwnServers, own_address
from narration.speech.provider import Provider
from narration.story import TTSSettings
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import running
from tests.speech_servers.openai import OpenAIServer

ANY = SpeechConfig(own_servers="any")
SETTINGS = TTSSettings(
    provider_type="openai", api_url="https://voice.example.org/v1", api_key="k"
)


async def spoken(provider: Provider) -> bytes:
    pcm = b""
    request = SpeechRequest("The lamp went out at nine.", "alloy")
    async with aclosing(provider.speech.synthesize(request)) as audio:
        async for piece in audio:
            pcm += piece.pcm
    return pcm


async def test_all_sessions_of_a_user_have_the_same_server_and_nobody_else_has_it() -> None:
    async with OwnServers.opened(ANY) as own_servers:
        provider = own_servers.provider(1, SETTINGS)
        assert provider.name == "voice.example.org"
        another_voice = replace(SETTINGS, default_voice="nova", speech_speed=2.0)
        assert own_servers.provider(1, another_voice) is provider
        assert own_servers.provider(2, SETTINGS) is not provider
        for change in (
            replace(SETTINGS, api_key="another"),
            replace(SETTINGS, api_url="https://voice.example.org/v2"),
            replace(SETTINGS, extra_params={"model": "m"}),
        ):
            assert own_servers.provider(1, change) is not provider


async def test_the_settings_go_along_to_the_server() -> None:
    async with running(OpenAIServer()) as server, OwnServers.opened(ANY) as own_servers:
        server.api_key = "sk-own"
        settings = TTSSettings(
            provider_type="openai",
            api_url=server.url,
            api_key="sk-own",
            extra_params={"model": "tts-1-hd", "instructions": "Softly."},
        )
        assert await spoken(own_servers.provider(1, settings))
        body = server.requests[0].body
        assert (body["model"], body["instructions"]) == ("tts-1-hd", "Softly.")


async def test_what_was_not_used_for_a_while_holds_no_connection() -> None:
    async with running(OpenAIServer()) as server:
        own_servers = OwnServers(ANY, idle_seconds=0.05)
        settings = TTSSettings(provider_type="openai", api_url=server.url)
        for _ in range(2):
            assert own_servers.open_now == 0
            assert await spoken(own_servers.provider(1, settings))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while own_servers.open_now:
                    await asyncio.sleep(0.01)
        await own_servers.aclose()


async def test_one_that_is_forgotten_speaks_on_and_is_closed_in_the_end() -> None:
    async with running(OpenAIServer()) as server:
        server.pace_seconds = 0.005
        own_servers = OwnServers(ANY, most=2)
        settings = TTSSettings(provider_type="openai", api_url=server.url)
        first = own_servers.provider(1, settings)
        speaking = asyncio.create_task(spoken(first))
        while not server.open:
            await asyncio.sleep(0.01)
        for user in (2, 3):
            own_servers.provider(user, settings)
        assert own_servers.provider(1, settings) is not first
        assert len(await speaking) > 10_000
        assert own_servers.open_now == 1
        await own_servers.aclose()
        assert own_servers.open_now == 0


async def test_the_one_that_was_asked_for_longest_ago_is_forgotten_first() -> None:
    own_servers = OwnServers(ANY, most=2)
    first, second = (own_servers.provider(user, SETTINGS_HTTP) for user in (1, 2))
    assert own_servers.provider(1, SETTINGS_HTTP) is first
    own_servers.provider(3, SETTINGS_HTTP)
    assert own_servers.provider(1, SETTINGS_HTTP) is first
    assert own_servers.provider(2, SETTINGS_HTTP) is not second
    await own_servers.aclose()


SETTINGS_HTTP = replace(SETTINGS, api_url="http://voice.example.org/v1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_only_the_internet_is_asked_where_the_operator_wants_it_so(host: str) -> None:
    async with running(OpenAIServer()) as server:
        url = server.url.replace("127.0.0.1", host)
        settings = TTSSettings(provider_type="openai", api_url=url)
        async with OwnServers.opened(SpeechConfig(own_servers="public")) as own_servers:
            provider = own_servers.provider(1, settings)
            with pytest.raises(SpeechError, match="is not on the public internet") as caught:
                await spoken(provider)
            assert not caught.value.retryable
            with pytest.raises(SpeechError, match="is not on the public internet"):
                await provider.speech.voices()
        assert server.requests == []
        async with OwnServers.opened(ANY) as own_servers:
            assert await spoken(own_servers.provider(1, settings))


async def test_no_server_of_the_operators_is_taken_for_a_listeners_own() -> None:
    """A kind of service has an address where it usually is, which may be next to this one."""
    for type in OwnServers(ANY).types:
        address = own_address(TTSSettings(provider_type=type))
        assert address == "" or address.startswith("https://")
    assert OwnServers(SpeechConfig()).types == ()
    assert "embedded" not in OwnServers(ANY).types
