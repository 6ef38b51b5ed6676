"""The speech servers that listeners have of their own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from narration.config import ProviderConfig, SpeechConfig
from narration.http import host, load_certificates
from narration.speech.adapters import ADAPTERS
from narration.speech.digest import digest
from narration.speech.own.lazy import IDLE_SECONDS, LazySpeech
from narration.speech.provider import Provider
from narration.story import TTSSettings

__all__ = ["OwnServers", "own_address"]

_MOST = 1_000


def own_address(settings: TTSSettings) -> str:
    """Where the listener's own server is; "" if it is not said, and not the same for all."""
    adapter = ADAPTERS.get(settings.provider_type)
    usual = adapter.default_url if adapter is not None else None
    # One that is not on the internet would be the operator's.
    return settings.api_url or (usual if usual and usual.startswith("https:") else "")


class OwnServers:
    """Gives each listener a `Provider` of his own server: the same one to all his sessions.

    One that is not used holds no connection, so that `most` may be remembered; beyond that
    the one goes that was asked for longest ago, and ends when nobody uses it any more.
    """

    def __init__(
        self, config: SpeechConfig, *, most: int = _MOST, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._config = config
        self._most = most
        self._idle_seconds = idle_seconds
        self._providers: OrderedDict[tuple[int, str], Provider] = OrderedDict()
        self._open: set[LazySpeech] = set()

    @classmethod
    @asynccontextmanager
    async def opened(cls, config: SpeechConfig) -> AsyncIterator[OwnServers]:
        """Ready to be asked; closed in the end."""
        if config.own_servers != "no":
            await load_certificates("https:")  # Else whoever comes first would wait for it.
        own_servers = cls(config)
        try:
            yield own_servers
        finally:
            await own_servers.aclose()

    @property
    def allowed(self) -> bool:
        """Whether the operator lets listeners have servers of their own."""
        return self._config.own_servers != "no"

    @property
    def types(self) -> tuple[str, ...]:
        """The kinds of servers that listeners may have."""
        own = (type for type, adapter in ADAPTERS.items() if adapter.own)
        return tuple(own) if self.allowed else ()

    @property
    def open_now(self) -> int:
        """How many have connections open."""
        return len(self._open)

    def provider(self, user_id: int, settings: TTSSettings) -> Provider:
        """The listener's own server, of one of the `types`, at its `own_address`."""
        type, config = settings.provider_type, _config(settings)
        key = (user_id, digest(config))
        if (known := self._providers.get(key)) is not None:
            self._providers.move_to_end(key)
            return known
        adapter, public_only = ADAPTERS[type], self._config.own_servers != "any"
        speech = LazySpeech(
            lambda: adapter.open(host(config.url), config, public_only),
            self._open,
            self._idle_seconds,
        )
        provider = self._providers[key] = Provider(type, speech, {}, self._config)
        if len(self._providers) > self._most:
            self._providers.popitem(last=False)
        return provider

    async def aclose(self) -> None:
        """Close all that is open, in use or not; idempotent."""
        self._providers.clear()
        await asyncio.gather(*(speech.aclose() for speech in tuple(self._open)))


def _config(settings: TTSSettings) -> ProviderConfig:
    # Not the voice: it comes along with every sentence, and another one is no other server.
    return ProviderConfig(
        type=settings.provider_type,
        url=own_address(settings),
        api_key=settings.api_key,
        extra_params=settings.extra_params,
        first_audio_seconds=settings.timeout_seconds,
        sentence_seconds=max(ProviderConfig().sentence_seconds, settings.timeout_seconds),
    )
