"""Answers with a file, or the part of it that is asked for, or that it has not changed."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from aiohttp import hdrs
from aiohttp import web as http
from aiohttp.helpers import ETag

from narration.errors import NarrationError, NotFound

__all__ = ["PATIENCE_SECONDS", "cut_off_on_failure", "send_bytes", "send_file"]

PATIENCE_SECONDS = 600
"""How long a client may take nothing.  A player that is paused reads no further than it
needs, and comes back for the rest if it was cut off.
"""

_log = logging.getLogger(__name__)

_PIECE_BYTES = 256 * 1024
# No file is as large as to need more digits.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z", re.IGNORECASE)


class _Answer(NamedTuple):
    """The status, and which bytes go with it."""

    status: int
    start: int = 0
    end: int = 0


async def send_bytes(
    request: http.Request,
    make: Callable[[], Awaitable[bytes]],
    etag: str,
    headers: dict[str, str],
) -> http.StreamResponse:
    """Answer with a small file, which is made if the client has not got it.

    `etag` is to be another one whenever what is made is another.
    """
    known = request.if_none_match
    body = b"" if known and _names(known, etag, weakly=True) else await make()

    async def read(start: int, end: int) -> bytes:
        return body[start:end]

    return await _send(request, etag, None, len(body), headers, read)


async def send_file(
    request: http.Request, path: Path, headers: dict[str, str]
) -> http.StreamResponse:
    """Answer with the file at `path`, which nobody changes.

    Raises:
        NotFound: it has just been removed.
    """
    try:
        file = await asyncio.to_thread(os.open, path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise NotFound("the file has just been removed; ask again") from error

    async def read(start: int, end: int) -> bytes:
        return await asyncio.to_thread(os.pread, file, end - start, start)

    try:
        stat = os.fstat(file)
        etag = f"{path.stem}-{stat.st_mtime_ns:x}"
        # HTTP knows no fractions of a second.
        changed = datetime.fromtimestamp(int(stat.st_mtime), UTC)
        return await _send(request, etag, changed, stat.st_size, headers, read)
    finally:
        await asyncio.shield(asyncio.to_thread(os.close, file))


async def _send(
    request: http.Request,
    etag: str,
    changed: datetime | None,
    size: int,
    headers: dict[str, str],
    read: Callable[[int, int], Awaitable[bytes]],
) -> http.StreamResponse:
    answer = _answer(request, etag, changed, size)
    response = http.StreamResponse(status=answer.status, headers=headers)
    response.headers[hdrs.CACHE_CONTROL] = "private, no-cache"
    response.headers[hdrs.ACCEPT_RANGES] = "bytes"
    response.etag = etag
    if changed is not None:
        response.headers[hdrs.LAST_MODIFIED] = format_datetime(changed, usegmt=True)
    if answer.status == 206:
        told = f"bytes {answer.start}-{answer.end - 1}/{size}"
        response.headers[hdrs.CONTENT_RANGE] = told
    elif answer.status == 416:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
    if answer.status != 304:
        response.content_length = answer.end - answer.start
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        async with cut_off_on_failure(request):
            for start in range(answer.start, answer.end, _PIECE_BYTES):
                piece = await read(start, min(start + _PIECE_BYTES, answer.end))
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await response.write(piece)
    await response.write_eof()
    return response


@asynccontextmanager
async def cut_off_on_failure(request: http.Request) -> AsyncIterator[None]:
    """Cut the connection if what was begun to be sent cannot be sent to its end.

    There is no other way to say so: the status has been sent.
    """
    try:
        yield
    except ConnectionError:
        raise
    except (OSError, NarrationError) as error:  # A timeout is an OSError too.
        _log.warning("%s was not sent to its end: %r", request.rel_url.raw_path, error)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the answer was broken off") from error


def _answer(request: http.Request, etag: str, changed: datetime | None, size: int) -> _Answer:
    """What to say, in the order of precedence of RFC 9110, section 13.2.2."""
    if request.if_match is not None:
        if not _names(request.if_match, etag, weakly=False):
            return _Answer(412)
    elif changed is not None and _is_newer(changed, _date(request, hdrs.IF_UNMODIFIED_SINCE)):
        return _Answer(412)
    if request.if_none_match is not None:
        if _names(request.if_none_match, etag, weakly=True):
            return _Answer(304)
    elif (since := _date(request, hdrs.IF_MODIFIED_SINCE)) and not _is_newer(changed, since):
        return _Answer(304)
    asked = _RANGE.match(request.headers.get(hdrs.RANGE, ""))
    # Whoever asks in another way, or for several parts, may be given all; and only what is
    # sent has parts.
    if (
        asked is None
        or request.method == hdrs.METH_HEAD
        or not _still_holds(request, etag, changed)
    ):
        return _Answer(200, 0, size)
    first, last = (int(number) if number else None for number in asked.groups())
    if first is None:
        if last is None:
            return _Answer(200, 0, size)
        return _Answer(206, max(size - last, 0), size) if last and size else _Answer(416)
    if last is not None and last < first:
        return _Answer(200, 0, size)
    if first >= size:
        return _Answer(416)
    return _Answer(206, first, size if last is None else min(last + 1, size))


def _names(etags: tuple[ETag, ...], etag: str, *, weakly: bool) -> bool:
    return any(
        one.value == "*" or (one.value == etag and (weakly or not one.is_weak))
        for one in etags
    )


def _is_newer(changed: datetime | None, date: datetime | None) -> bool:
    """Without its date, what there is may be new; without another, there is nothing to ask."""
    return date is not None and (changed is None or changed > date)


def _still_holds(request: http.Request, etag: str, changed: datetime | None) -> bool:
    """Whether the client's part, if it has one, is a part of this very file."""
    condition = request.headers.get(hdrs.IF_RANGE)
    if condition is None:
        return True
    if condition.startswith(('"', "W/")):
        return condition == f'"{etag}"'
    return changed is not None and changed == _date(request, hdrs.IF_RANGE)


def _date(request: http.Request, header: str) -> datetime | None:
    """When that was; None without the header, or if it is no date, which counts as much.

    aiohttp's own properties fail at a year that no calendar has.
    """
    try:
        date = parsedate_to_datetime(request.headers.get(header, ""))
    except (ValueError, OverflowError):
        return None
    # An old way to write it has no zone; HTTP knows one only.
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
