"""A story as an audiobook: make it, see how far it is, call it off, fetch it."""

from __future__ import annotations

from typing import Any, TypeGuard, get_args

import msgspec
from aiohttp import web as http

from narration.audio.long_file import LONG_TYPES
from narration.errors import NotFound
from narration.export.audiobooks import BookFormat, BookState, BookStatus
from web.errors import BadRequest
from web.files import file_headers
from web.keys import EXPORTS
from web.ranges import send_file
from web.requests import USER, path_id
from web.wire import json_response

__all__ = ["download", "make", "read", "remove"]


async def make(request: http.Request) -> http.Response:
    """Begin to make it, unless that is being done, or it is ready."""
    story_id, format = _asked(request)
    status = await request.app[EXPORTS].books.make(request[USER].id, story_id, format)
    ready = status.state is BookState.READY
    return json_response(_described(status), status=200 if ready else 202)


async def read(request: http.Request) -> http.Response:
    story_id, format = _asked(request)
    status = await request.app[EXPORTS].books.status(request[USER].id, story_id, format)
    return json_response(_described(status))


async def remove(request: http.Request) -> http.Response:
    """Call it off if it is being made; else delete what there is."""
    story_id, format = _asked(request)
    await request.app[EXPORTS].books.remove(request[USER].id, story_id, format)
    return http.Response(status=204)


async def download(request: http.Request) -> http.StreamResponse:
    format = request.match_info["format"]
    if not _is_book_format(format):
        raise NotFound(f"an audiobook is there as {', '.join(get_args(BookFormat))}")
    story_id = path_id(request, "story_id", "story")
    books, user = request.app[EXPORTS].books, request[USER]
    async with books.file(user.id, story_id, format) as (path, title):
        headers = file_headers(request, title, format, LONG_TYPES[format])
        return await send_file(request, path, headers)


def _asked(request: http.Request) -> tuple[int, BookFormat]:
    story_id = path_id(request, "story_id", "story")
    format = request.query.get("format", "m4b")
    if not _is_book_format(format):
        raise BadRequest(f"`format` is one of {', '.join(get_args(BookFormat))}")
    return story_id, format


def _described(status: BookStatus) -> dict[str, Any]:
    there = status.state in (BookState.READY, BookState.OUTDATED)
    url = f"/api/stories/{status.story_id}/audiobook.{status.format}" if there else None
    return msgspec.structs.asdict(status) | {"url": url}


def _is_book_format(name: str) -> TypeGuard[BookFormat]:
    return name in get_args(BookFormat)
