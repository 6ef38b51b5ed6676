"""What is an address, for the settings of operators and of listeners alike."""

from __future__ import annotations

import re

import httpx

__all__ = ["is_address", "is_origin"]

_ADDRESS = re.compile(r"https?://[^\s?#]+\Z")
_WITH_QUERY = re.compile(r"https?://[^\s?#]+(\?[^\s#]*)?\Z")


def is_address(url: str, *, query: bool = False) -> bool:
    """Whether `url` is one to which a path can be appended; with `query`, in front of the
    query that it may have.
    """
    if not (_WITH_QUERY if query else _ADDRESS).match(url):
        return False
    try:
        parts = httpx.URL(url)
        parts.host.encode("idna")  # Else it would fail when it is asked.
    except (httpx.InvalidURL, UnicodeError):
        return False
    return bool(parts.host) and (parts.port or 80) <= 65_535


def is_origin(url: str) -> bool:
    """Whether `url` is the address of a web site, as browsers tell it: without a path."""
    return is_address(url) and "/" not in url.partition("://")[2]
