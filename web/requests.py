"""Reads what a request brings, and says clearly what is wrong with it."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from aiohttp import web as http
from aiohttp.http_exceptions import HttpProcessingError

from narration.errors import NotFound
from web.errors import BadRequest, describe_invalid

__all__ = ["USER", "User", "json_body", "json_or_form", "path_id", "seen_up_to"]

# What aiohttp raises for unknown charsets and transfer encodings, and for bad parts.
_UNREADABLE = (
    ValueError,
    LookupError,
    RuntimeError,
    HttpProcessingError,
    http.RequestPayloadError,
)

T = TypeVar("T")


class User(msgspec.Struct, frozen=True):
    """Who is asking."""

    id: int
    name: str


USER = http.RequestKey("user", User)


async def json_body(request: http.Request, kind: type[T]) -> T:
    """The request's JSON as a `kind`; no body at all is an empty object.

    Raises:
        BadRequest: it is no JSON, or not such a thing.
    """
    raw = await _read(request)
    if raw and request.content_type != "application/json":
        raise http.HTTPUnsupportedMediaType(text="send JSON, as application/json")
    return _decoded(raw, kind)


async def json_or_form(request: http.Request, kind: type[T]) -> T:
    """The request's JSON, or its form fields, as a `kind`.

    Raises:
        BadRequest: it is neither, or not such a thing.
    """
    match request.content_type:
        case "application/x-www-form-urlencoded" | "multipart/form-data":
            return await _form(request, kind)
        case "application/json" | "application/octet-stream":
            return _decoded(await _read(request), kind)
        case _:
            raise http.HTTPUnsupportedMediaType(
                text="send a form, or JSON as application/json"
            )


def path_id(request: http.Request, name: str, what: str) -> int:
    """A number in the path.

    Raises:
        NotFound: it is none, so nothing has that id.
    """
    raw = request.match_info[name]
    if not (raw.isascii() and raw.isdigit() and len(raw) < 19):
        raise NotFound(f"there is no {what} {raw[:40]!r}")
    return int(raw)


def seen_up_to(request: http.Request) -> int:
    """The `seq` of the last message that a client who opens a socket has; 0 for none.

    Raises:
        BadRequest: what it says is no number.
    """
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise BadRequest("`after` is the `seq` of the last message that you have")
    return int(after)


def _decoded(raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(describe_invalid(error)) from error


async def _read(request: http.Request) -> bytes:
    try:
        return await request.read()
    except http.RequestPayloadError as error:
        raise BadRequest("the body is not encoded as its headers say") from error


async def _form(request: http.Request, kind: type[T]) -> T:
    try:
        fields = await request.post()
    except http.HTTPException:
        raise
    except _UNREADABLE as error:
        raise BadRequest("the form cannot be read") from error
    values: dict[str, object] = {}
    for name, value in fields.items():
        if not isinstance(value, str):
            raise BadRequest(f"`{name}` is a file, and text was expected")
        values[name] = value
    try:
        # Not strict: a form has only text, so "false" stands for false.
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(describe_invalid(error)) from error
