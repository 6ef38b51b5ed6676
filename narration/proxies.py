"""Which proxy a service is asked through, as the environment says."""

from __future__ import annotations

import base64
import ipaddress
import re
import urllib.request
from typing import NamedTuple

import httpx

__all__ = ["Proxies", "ThroughProxy", "environment_proxies"]

_SCHEMES = ("http", "https")
# An address of IPv6 has colons of its own, and may or may not be in brackets.
_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*):(?P<port>\d{1,5})")

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ThroughProxy(httpx.HTTPError):
    """A request through a proxy failed; its cause says how.

    `proxy` may be shown.
    """

    def __init__(self, proxy: str) -> None:
        super().__init__(f"through the proxy {proxy}")
        self.proxy = proxy


class _Exempt(NamedTuple):
    """One entry of `NO_PROXY`: a network, or a name with all below it."""

    where: _Network | str
    port: int | None

    def has(self, host: str, port: int) -> bool:
        if self.port not in (None, port):
            return False
        if isinstance(self.where, str):
            return host == self.where or host.endswith(f".{self.where}")
        address = _address(host)
        return address is not None and address in self.where


class Proxies(NamedTuple):
    """What the environment says of proxies.

    `unreadable` tells of each variable that is not obeyed, and why, without its value: there
    may be a password in it.
    """

    by_scheme: dict[str, httpx.Proxy]
    exempt: tuple[_Exempt, ...]
    unreadable: tuple[str, ...]

    def for_url(self, url: str) -> httpx.Proxy | None:
        """The proxy for a service.  There is none for one on this machine: it would look for
        the service on its own.
        """
        parts = httpx.URL(url)
        host = parts.raw_host.decode().strip("[]").lower()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if _is_here(host) or any(entry.has(host, port) for entry in self.exempt):
            return None
        return self.by_scheme.get(parts.scheme, self.by_scheme.get("all"))


def environment_proxies() -> Proxies:
    """`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as they are now, in small
    letters or large; on macOS and Windows else what the system's settings say.
    """
    said = urllib.request.getproxies()
    by_scheme: dict[str, httpx.Proxy] = {}
    unreadable: list[str] = []
    for scheme in (*_SCHEMES, "all"):
        if value := said.get(scheme, "").strip():
            proxy = _proxy(value)
            if isinstance(proxy, httpx.Proxy):
                by_scheme[scheme] = proxy
            else:
                unreadable.append(f"{scheme.upper()}_PROXY ({proxy})")
    exempt: list[_Exempt] = []
    for entry in re.split(r"[\s,]+", said.get("no", "")):
        if entry == "*":
            return Proxies({}, (), tuple(unreadable))
        try:
            exempt += [_exempt(entry)] if entry else []
        except ValueError:
            unreadable.append(f"an entry of NO_PROXY ({entry} is no network)")
    return Proxies(by_scheme, tuple(exempt), tuple(unreadable))


def _proxy(value: str) -> httpx.Proxy | str:
    """The proxy at this address; or what is wrong with it."""
    try:
        url = httpx.URL(value if "://" in value else f"http://{value}")
    except httpx.InvalidURL:
        return "not an address"
    if url.scheme not in _SCHEMES:
        return f"a proxy of the kind {url.scheme}, only http and https are supported"
    if not url.host:
        return "not an address"
    # aiohttp makes a Proxy-Authorization of it.
    user = f"{url.username}:{url.password}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(user).decode()}"}
    return httpx.Proxy(url.copy_with(userinfo=b""), headers=headers if url.userinfo else None)


def _exempt(entry: str) -> _Exempt:
    where = entry.lower().rpartition("://")[2].rstrip("/")
    port = None
    if with_port := _WITH_PORT.fullmatch(where):
        where, port = with_port["host"], int(with_port["port"])
    where = where.strip("[]")
    if "/" in where or _address(where) is not None:
        return _Exempt(ipaddress.ip_network(where.replace("]", ""), strict=False), port)
    return _Exempt(where.removeprefix("*").lstrip("."), port)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    # To connect to 0.0.0.0 leads here, too.
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
