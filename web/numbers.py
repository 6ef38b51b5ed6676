"""Numbers on the command line, refused with a message when they cannot be."""

from __future__ import annotations

import argparse
import math

__all__ = ["not_negative", "number", "positive", "positive_number"]


def number(given: str) -> int:
    """A whole number from 0 on."""
    if not given.isascii() or not given.isdigit():
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number from 0 on")
    return int(given)


def positive_number(given: str) -> int:
    """A whole number from 1 on."""
    if not (value := number(given)):
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value


def not_negative(given: str) -> float:
    """A number that is not below 0."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number from 0 on")
    return value


def positive(given: str) -> float:
    """A number above 0."""
    if not (value := not_negative(given)):
        raise argparse.ArgumentTypeError("it must be above 0")
    return value
