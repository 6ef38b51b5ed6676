"""What a file is called when it is sent, and how it is to be used."""

from __future__ import annotations

import re
from urllib.parse import quote

from aiohttp import hdrs
from aiohttp import web as http

__all__ = ["file_headers"]

_MAX_CHARS = 120
# What no file name may have on one system or another, and what would end the header's text.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%;]+')


def file_headers(
    request: http.Request, title: str, extension: str, content_type: str
) -> dict[str, str]:
    """To be played where it is; with `?download=1` in the address, to be stored."""
    clean = " ".join(_FORBIDDEN.sub(" ", title).split()).strip(". ")[:_MAX_CHARS]
    name = f"{clean or 'Scene'}.{extension}"
    how = "attachment" if request.query.get("download", "0") not in ("", "0") else "inline"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    exact = quote(name.encode("utf-8", "replace"))
    return {
        hdrs.CONTENT_TYPE: content_type,
        hdrs.CONTENT_DISPOSITION: f"{how}; filename=\"{plain}\"; filename*=UTF-8''{exact}",
    }
