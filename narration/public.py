"""Keeps requests to servers that listeners name from reaching into the operator's network."""

from __future__ import annotations

import ipaddress
import socket

import aiohttp

__all__ = ["NotPublic", "is_public", "public_socket"]

_V6 = ipaddress.IPv6Network("2000::/3")
# It stands for the IPv4 address in its last 32 bits, in networks without IPv4.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REFUSED = (
    # Another machine, of the form that the IPv4 address inside it says (6to4).
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("192.88.99.0/24"),
    # For documents.
    ipaddress.ip_network("3fff::/20"),
    # Looks public, and is the host of the virtual machine, which knows its secrets (Azure).
    ipaddress.ip_network("168.63.129.16/32"),
)


class NotPublic(OSError):
    """The address is not one of the public internet, so it was not connected to."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(ip.packed[-4:])))
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip not in _V6:
            return False
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not any(ip in network for network in _REFUSED)
    )


def public_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """A socket to connect to an address of the public internet with.

    What is checked is the address that is connected to, whatever name it was found under:
    a name may lead elsewhere the next time that it is looked up.

    Raises:
        NotPublic: it is another one.
    """
    family, kind, protocol, _, address = info
    if family not in (socket.AF_INET, socket.AF_INET6) or not is_public(address[0]):
        # Always the same words, or those of several addresses would be made one `OSError`.
        raise NotPublic("not an address of the public internet")
    return socket.socket(family, kind, protocol)
