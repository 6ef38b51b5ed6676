"""Turns whatever goes wrong in a request into a JSON answer with the right status."""

from __future__ import annotations

import errno
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web as http

from actors.base import ActorDeadError
from narration.errors import (
    AudioError,
    Busy,
    Conflict,
    NarrationError,
    NoRoom,
    NotFound,
    Overloaded,
    PromptTooLong,
    ServiceError,
    SpeechError,
    StoreError,
)
from narration.story import Scene, SceneState
from web.wire import json_response

__all__ = [
    "BadRequest",
    "Forbidden",
    "NotWritten",
    "SessionEnded",
    "Unauthorized",
    "Unprocessable",
    "describe_invalid",
    "errors",
]

logger = logging.getLogger(__name__)

Handler = Callable[[http.Request], Awaitable[http.StreamResponse]]


class BadRequest(NarrationError):
    """The request cannot be understood; the message says what was expected."""


class Unauthorized(NarrationError):
    """No token, or none that is known."""


class Forbidden(NarrationError):
    """Known, and not allowed."""


class Unprocessable(NarrationError):
    """The request is understood, and what it asks for cannot be; the message says why."""


class NotWritten(NarrationError):
    """The model did not write a single word of the scene, which is gone again."""

    def __init__(self, why: str, *, retryable: bool) -> None:
        super().__init__(why)
        self.retryable = retryable


class SessionEnded(NotFound):
    """A session that was, and is gone; its scene is still there."""

    def __init__(self, scene: Scene) -> None:
        self.scene_id = scene.id
        self.can_continue = scene.state in (
            SceneState.INTERRUPTED,
            SceneState.PARTIAL,
            SceneState.STOPPED,
        )
        if self.can_continue:
            what = f"POST /api/scenes/{scene.id}/continue goes on writing it"
        else:
            what = f"GET /api/scenes/{scene.id} has its text, .../audio what was spoken of it"
        super().__init__(f"the session has ended; {what}")


_STATUS: dict[type[NarrationError], tuple[int, str]] = {
    BadRequest: (400, "bad_request"),
    PromptTooLong: (400, "prompt_too_long"),
    Unauthorized: (401, "unauthorized"),
    Forbidden: (403, "forbidden"),
    NotFound: (404, "not_found"),
    SessionEnded: (404, "session_ended"),
    Conflict: (409, "conflict"),
    Unprocessable: (422, "unprocessable"),
    Busy: (429, "busy"),
    SpeechError: (502, "voice_failed"),
    NotWritten: (502, "llm_failed"),
    Overloaded: (503, "overloaded"),
    AudioError: (500, "internal"),
    NoRoom: (507, "no_room"),
    StoreError: (503, "storage_failed"),
}
_CODES = {
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "too_large",
    415: "unsupported_media_type",
    426: "upgrade_required",
}


@http.middleware
async def errors(request: http.Request, handler: Handler) -> http.StreamResponse:
    """Answers stay JSON, and only messages meant for users leave the server."""
    try:
        return await handler(request)
    except NarrationError as error:
        return error_response(error)
    except http.HTTPException as error:
        if error.status < 400:
            raise
        code = _CODES.get(error.status, "bad_request")
        response = _body(error.status, code, _message(error, request))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except ConnectionError:
        # The client has gone.  Nobody reads this, but an error would be logged as ours.
        return http.Response(status=499, reason="Client Closed Request")
    except ActorDeadError:
        return _body(409, "conflict", "the session has just ended")
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return _body(404, "not_found", "there is nothing under such a long name")
        logger.exception("%s %s failed", request.method, request.rel_url.raw_path)
        return _body(500, "internal", "the server has a fault; its log says more")


def error_response(error: NarrationError) -> http.Response:
    """The answer to a request that failed with `error`."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            status, code = _STATUS[kind]
            break
    else:
        status, code = 400, "bad_request"
    more: dict[str, int] = {}
    if isinstance(error, SessionEnded):
        more["scene_id"] = error.scene_id
    elif isinstance(error, ServiceError | NotWritten):
        more["retryable"] = error.retryable
    response = _body(status, code, str(error), **more)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = "10"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _message(error: http.HTTPException, request: http.Request) -> str:
    match error.status:
        case 404:
            return f"there is nothing at {request.rel_url.raw_path}"
        case 405:
            allowed = error.headers.get("Allow", "another method")
            return f"{request.method} is not possible here; use {allowed}"
        case 413:
            return "the request's body is too large"
        case _:
            return error.text or error.reason


def _body(status: int, code: str, message: str, **more: int) -> http.Response:
    return json_response({"error": {"code": code, "message": message} | more}, status=status)


def describe_invalid(error: Exception) -> str:
    """msgspec's words, in ours: its paths begin with `$`."""
    return str(error).replace(" - at `$.", " at `").replace("`$`", "the top level")
