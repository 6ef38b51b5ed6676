"""Which services speak for a user: the chosen one, and who steps in."""

from __future__ import annotations

from aiohttp import web as http
from msgspec.structs import replace

from narration.speech.cast import Part, cast
from narration.speech.own.own_servers import own_address
from narration.speech.provider import Provider
from narration.story import TTSSettings
from web.keys import CONFIG, OWN_SERVERS, PROVIDERS

__all__ = ["casting", "chosen", "is_available", "usable"]


def is_available(app: http.Application, settings: TTSSettings) -> bool:
    """Whether the chosen service may be used, or still may: the operator may have changed
    what is offered since.
    """
    if settings.provider_type:
        is_known = settings.provider_type in app[OWN_SERVERS].types
        return is_known and bool(own_address(settings))
    return not settings.provider or settings.provider in app[PROVIDERS].all


def usable(app: http.Application, settings: TTSSettings) -> TTSSettings:
    """The settings; with the default service and voice if the chosen service is not there."""
    if is_available(app, settings):
        return settings
    return replace(
        settings, provider="", provider_type="", api_url="", extra_params={}, default_voice=""
    )


def chosen(app: http.Application, user_id: int, settings: TTSSettings) -> Provider:
    """The user's service; the default one if it is not there any more."""
    settings = usable(app, settings)
    if settings.provider_type:
        return app[OWN_SERVERS].provider(user_id, settings)
    return app[PROVIDERS].named(settings.provider)


def casting(app: http.Application, user_id: int, settings: TTSSettings) -> tuple[Part, ...]:
    """The user's service, and after it the operator's chain."""
    settings = usable(app, settings)
    provider = chosen(app, user_id, settings)
    params = {}
    if not settings.provider_type:  # Its own server has them already.
        allowed = provider.speech.profile.params
        params = {k: v for k, v in settings.extra_params.items() if k in allowed}
    return cast(
        provider,
        app[PROVIDERS].chain,
        voice=settings.default_voice,
        speed=settings.speech_speed,
        params=params,
        loudness=app[CONFIG].loudness,
    )
