"""Checks what a user wants of narration against what this server offers."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from aiohttp import web as http

from narration.addresses import is_address
from narration.http_failures import origin
from narration.speech.own.own_servers import own_address
from narration.story import TTSSettings
from web.errors import Forbidden, Unprocessable, describe_invalid
from web.keys import OWN_SERVERS, PROVIDERS

__all__ = ["changed", "check", "with_kept_key"]

_PARAMS_BYTES = 4_096
# A header takes nothing else.
_KEY = re.compile(r"[!-~]*\Z")
_OF_THE_SERVICE = ("api_url", "provider_type", "extra_params", "default_voice")


def check(app: http.Application, settings: TTSSettings) -> None:
    """Return if they can be saved, and spoken with.

    Raises:
        Forbidden: a server of one's own, which the operator does not allow.
        Unprocessable: something else is wrong; the message names it.
    """
    if len(msgspec.json.encode(settings.extra_params)) > _PARAMS_BYTES:
        raise Unprocessable(f"extra_params are longer than {_PARAMS_BYTES} bytes as JSON")
    if settings.provider_type or settings.api_url:
        _check_own_server(app, settings)
    else:
        _check_provider(app, settings)


def with_kept_key(settings: TTSSettings, saved: TTSSettings) -> TTSSettings:
    """With the saved key, whose owner cannot read it and so does not send it; but not for
    another server, which is not to learn it.
    """
    is_same = _origin(settings) == _origin(saved)
    return msgspec.structs.replace(settings, api_key=saved.api_key if is_same else "")


def changed(saved: TTSSettings, given: dict[str, Any]) -> TTSSettings:
    """The saved settings, with what is `given`.

    What belongs to a service is not taken over to another one.

    Raises:
        Unprocessable: there is no such setting, or it cannot be that.
    """
    values = msgspec.structs.asdict(saved)
    provider = given.get("provider", saved.provider)
    provider_type = given.get("provider_type", "" if provider else saved.provider_type)
    if provider_type:
        provider = given.get("provider", "")
    if (provider, provider_type) != (saved.provider, saved.provider_type):
        plain = TTSSettings()
        values |= {name: getattr(plain, name) for name in _OF_THE_SERVICE}
    values |= {"provider": provider, "provider_type": provider_type} | given
    try:
        settings = msgspec.convert(values, TTSSettings)
    except msgspec.ValidationError as error:
        raise Unprocessable(describe_invalid(error)) from error
    return settings if "api_key" in given else with_kept_key(settings, saved)


def _check_provider(app: http.Application, settings: TTSSettings) -> None:
    providers = app[PROVIDERS]
    if settings.provider and settings.provider not in providers.all:
        known = ", ".join(providers.all)
        raise Unprocessable(f"provider: there is none of that name, only {known}")
    provider = providers.named(settings.provider)
    allowed = provider.speech.profile.params
    for name, value in settings.extra_params.items():
        if name not in allowed:
            what = f"takes {', '.join(allowed)}" if allowed else "takes none"
            raise Unprocessable(f"extra_params: {provider.name} {what}")
        if isinstance(value, dict | list):
            raise Unprocessable(f"extra_params: {name} is a number, a text, true or false")


def _check_own_server(app: http.Application, settings: TTSSettings) -> None:
    own_servers = app[OWN_SERVERS]
    if not own_servers.allowed:
        raise Forbidden("this server lets nobody bring a TTS server of their own")
    if settings.provider:
        raise Unprocessable(
            "provider: leave it empty to use a server of your own, or else provider_type "
            "and api_url"
        )
    if settings.provider_type not in own_servers.types:
        known = ", ".join(own_servers.types)
        raise Unprocessable(
            f"provider_type: a server of your own has one of the types {known}"
        )
    if not own_address(settings):
        raise Unprocessable("api_url: it is missing; it looks like http://host:port/v1")
    if settings.api_url and not is_address(settings.api_url):
        raise Unprocessable(
            "api_url: it begins with http:// or https://, has a host, and no ? or #; it looks "
            "like http://host:port/v1"
        )
    if not _KEY.match(settings.api_key):
        raise Unprocessable("api_key: it has only letters, digits and punctuation")


def _origin(settings: TTSSettings) -> str:
    address = own_address(settings)
    return origin(address) if address else ""
