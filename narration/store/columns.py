"""Column types for values that SQLite alone would not keep as they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

__all__ = [
    "AHEAD",
    "Prose",
    "UTCDateTime",
    "now",
    "stored_json",
    "stored_moment",
    "stored_prose",
    "told_moment",
]


AHEAD = timedelta(minutes=1)
"""A moment further in the future was noted by a clock that was wrong.  Nobody knows when it
was, and it counts as long ago.
"""


def now() -> datetime:
    """The present moment, as it is stored."""
    return datetime.now(UTC)


def stored_moment(moment: datetime) -> str:
    """What plain SQL is given for a moment: the text that SQLAlchemy makes of it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def told_moment(stored: str) -> datetime:
    """The moment that plain SQL found."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def stored_prose(text: str) -> str:
    """What plain SQL is given for text that people and models write (see `Prose`)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def stored_json(value: Any) -> str:
    """What plain SQL is given for a value of a JSON column."""
    return json.dumps(msgspec.to_builtins(value))


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in time: stored as UTC, and never without its zone in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Prose(TypeDecorator[str]):
    """Text that people and models write.

    Some models emit half of a surrogate pair, which UTF-8 cannot carry, and one such
    character would keep a whole scene from being saved.  It is stored as `?`, so
    that every other character keeps its place.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else stored_prose(value)
