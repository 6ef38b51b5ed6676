"""Gets the configured services ready, and closes them in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from narration.config import ProviderConfig, SpeechConfig
from narration.errors import ConfigError
from narration.speech.adapters import ADAPTERS
from narration.speech.provider import Provider, Providers

__all__ = ["open_provider", "open_providers"]

_COMMON = frozenset({"type", "concurrency", "max_chars", "voice_for", "first_audio_seconds"})


@asynccontextmanager
async def open_providers(config: SpeechConfig) -> AsyncIterator[Providers]:
    """All that are configured, ready to speak.

    Raises:
        ConfigError: one has a setting that does not fit its type.
        SpeechError: one cannot work here; the message says what to do.
    """
    async with AsyncExitStack() as open_ones:
        opened = {
            name: await open_ones.enter_async_context(open_provider(name, one, config))
            for name, one in config.providers.items()
        }
        yield Providers(opened, tuple(opened[name] for name in config.order))


@asynccontextmanager
async def open_provider(
    name: str, config: ProviderConfig, speech: SpeechConfig, *, public_only: bool = False
) -> AsyncIterator[Provider]:
    """One service, ready to speak.

    Raises:
        ConfigError: it has a setting that does not fit its type.
        SpeechError: it cannot work here; the message says what to do.
    """
    type = config.type or name
    where = f"speech.providers.{name}"
    if type not in ADAPTERS:
        known = ", ".join(ADAPTERS)
        raise ConfigError(f"{where}.type: there is no type {type!r}, only {known}")
    adapter = ADAPTERS[type]
    for field in msgspec.structs.fields(ProviderConfig):
        is_set = getattr(config, field.name) != getattr(ProviderConfig(), field.name)
        if is_set and field.name not in _COMMON | adapter.settings:
            raise ConfigError(f"{where}.{field.name}: type {type} has no such setting")
    if not config.url and adapter.default_url is None:
        raise ConfigError(f"{where}.url: it is missing; it looks like http://host:port")
    if not config.url:
        config = msgspec.structs.replace(config, url=adapter.default_url)
    service = adapter.open(name, config, public_only)
    try:
        await service.start()
        yield Provider(type, service, config.voice_for, speech)
    finally:
        await service.aclose()
