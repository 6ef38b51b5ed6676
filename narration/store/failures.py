"""Turns the database's errors into ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from narration.errors import Conflict, NotFound, StoreError

__all__ = ["DiskFull", "our_error", "our_errors"]


class DiskFull(StoreError):
    """There is no room on the disk for what was to be written."""


@contextmanager
def our_errors() -> Iterator[None]:
    """Within it, SQLAlchemy's errors become ours, and the driver's."""
    try:
        yield
    except IntegrityError as error:
        raise _broken_rule(error.orig) from error
    except PoolTimeout as error:
        raise StoreError("the database is overloaded; try again later") from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise our_error(error.orig) from error
        raise StoreError(f"the database failed: {error.orig}") from error
    except StatementError as error:
        raise StoreError("this cannot be stored") from error
    except (OverflowError, sqlite3.Error) as error:  # What runs on the driver itself.
        raise our_error(error) from error


def our_error(error: Exception) -> Exception:
    """What an error of the driver means; any other stays what it is."""
    match error:
        case OverflowError():
            # A number that no row can have, because no column can hold it.
            return NotFound("there is no such thing")
        case sqlite3.IntegrityError():
            return _broken_rule(error)
        case sqlite3.Error() if _code(error) == sqlite3.SQLITE_FULL:
            return DiskFull(f"the database failed: {error}; delete something, or make room")
        case sqlite3.Error():
            return StoreError(f"the database failed: {error}")
        case _:
            return error


def _code(error: sqlite3.Error) -> int:
    """SQLite's own code for it; 0 if it is the driver's error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _broken_rule(error: BaseException | None) -> Exception:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return NotFound("what this belongs to does not exist")
    return Conflict("this is stored already")
