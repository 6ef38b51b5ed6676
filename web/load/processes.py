"""What a process and its descendants take of the machine, out of Linux's `/proc`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

__all__ = ["Usage", "usage"]

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds since each began; the rest is as of now, of all of them together.

    `children_cpu` counts every descendant, those that have ended included.
    """

    own_cpu: float
    children_cpu: float
    rss_bytes: int
    open_files: int
    threads: int


def usage(pid: int) -> Usage | None:
    """None if there is no such process, or no way to look at it."""
    try:
        own = _stat(pid)
        below = [_stat(child) for child in _descendants(pid)]
        open_files = len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, ValueError):
        return None
    everyone = [own, *below]
    return Usage(
        own_cpu=own.cpu,
        children_cpu=own.waited_for + sum(one.cpu + one.waited_for for one in below),
        rss_bytes=sum(one.rss_bytes for one in everyone),
        open_files=open_files,
        threads=sum(one.threads for one in everyone),
    )


class _Stat(msgspec.Struct, frozen=True):
    cpu: float
    waited_for: float
    threads: int
    rss_bytes: int


def _stat(pid: int) -> _Stat:
    # The name, in brackets, may have spaces and brackets in it.
    text = Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    user, system, children_user, children_system = map(int, fields[11:15])
    return _Stat(
        cpu=(user + system) * _TICK,
        waited_for=(children_user + children_system) * _TICK,
        threads=int(fields[17]),
        rss_bytes=int(fields[21]) * _PAGE,
    )


def _descendants(pid: int) -> list[int]:
    found = list[int]()
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # The thread has ended meanwhile.
        for child in children:
            try:
                found += [child, *_descendants(child)]
            except OSError:
                continue
    return found
