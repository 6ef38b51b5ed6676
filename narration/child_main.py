"""What a child process does first: keep its voice to itself, and meet its parent."""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO

import msgspec

__all__ = ["Hello", "begin", "say_hello"]


class Hello(msgspec.Struct, frozen=True):
    """The line with which a child says that it is ready, or why it never will be.

    `address` is where it serves, if it serves at an address.
    """

    error: str = ""
    address: str = ""


def begin() -> BinaryIO:
    """Return the way to the parent, to which nothing but the caller can write from now on.

    Libraries, native ones too, print to standard output; that becomes standard error.
    Ctrl-C in a terminal, and systemd's SIGTERM, reach the parent as well, which still needs
    its children for a while; they end when their standard input does.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.flush()
    to_parent = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return to_parent


def say_hello(to_parent: BinaryIO, hello: Hello) -> None:
    """Tell the parent that the child is ready, or why it never will be."""
    to_parent.write(msgspec.json.encode(hello) + b"\n")
    to_parent.flush()
