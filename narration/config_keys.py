"""What each setting takes, in words, and which one a mistyped name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

import msgspec
from msgspec import inspect

from narration.config import Config

__all__ = ["KEYS", "PREFIX", "Key", "nearest"]

PREFIX = "NARRATION_"
"""How the environment variables begin that are settings."""


class Key(msgspec.Struct, frozen=True):
    """A setting, or a section of settings: its place, and the type its value has."""

    path: tuple[str, ...]
    type: Any
    info: inspect.Type

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + "__".join(self.path).upper()

    @property
    def expected(self) -> str:
        """What this key takes, such as `a whole number from 0 to 65535`."""
        return _words(self.info)

    @property
    def is_section(self) -> bool:
        return isinstance(self.info, inspect.StructType)

    @property
    def holds_text(self) -> bool:
        """Whether everything in its value is text, even what looks like a number."""
        match _bare(self.info):
            case inspect.DictType(value_type=inside) | inspect.VarTupleType(item_type=inside):
                return isinstance(_bare(inside), inspect.StrType)
            case _:
                return self.is_text

    @property
    def is_text(self) -> bool:
        return isinstance(_bare(self.info), inspect.StrType | inspect.LiteralType)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that looks most like `name`, if any looks like it at all.

    Names are compared as a whole and by their last part, so that `port` finds
    `server.port`; in the last part there must be some likeness, or any name in a section
    would look like the others there.
    """

    def likeness(candidate: str) -> float:
        last = SequenceMatcher(None, name.split(".")[-1], candidate.split(".")[-1]).ratio()
        whole = SequenceMatcher(None, name, candidate).ratio()
        # The whole breaks ties between settings of the same name in several sections.
        return max(last, whole) + whole / 100 if last >= 0.4 else 0.0

    best = max(known, key=likeness)
    return best if likeness(best) >= 0.7 else None


def _collect(section: type[msgspec.Struct], path: tuple[str, ...]) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for field in msgspec.structs.fields(section):
        key = Key((*path, field.name), field.type, inspect.type_info(field.type))
        keys[key.name] = key
        if isinstance(key.info, inspect.StructType):
            keys |= _collect(key.info.cls, key.path)
    return keys


def _bare(info: inspect.Type) -> inspect.Type:
    return info.type if isinstance(info, inspect.Metadata) else info


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(extra_json_schema={"description": str(description)}):
            return description
        case inspect.IntType():
            return f"a whole number{_bounds(info)}"
        case inspect.FloatType():
            return f"a number{_bounds(info)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return " or ".join(str(value) for value in values)
        case inspect.StrType(min_length=minimum):
            return "text that is not empty" if minimum else "text"
        case inspect.VarTupleType(item_type=inside):
            return f"a list of {_words(inside)}, such as [a, b]"
        case inspect.DictType(value_type=inspect.AnyType()):
            return "names with values, such as {a: 1, b: 2}"
        case inspect.DictType(value_type=inside):
            return f"names, each with {_words(inside)}, such as {{a: x, b: y}}"
        case inspect.StructType(fields=fields):
            return "a section with " + ", ".join(field.name for field in fields)
        case _:
            return "another value"


def _bounds(info: inspect.IntType | inspect.FloatType) -> str:
    low = "" if info.ge is None else f"{info.ge:g}"
    above = "" if info.gt is None else f"{info.gt:g}"
    high = "" if info.le is None else f"{info.le:g}"
    if low and high:
        return f" from {low} to {high}"
    parts = [
        f"of at least {low}" if low else "",
        f"above {above}" if above else "",
        f"up to {high}" if high else "",
    ]
    return "".join(f" {part}" for part in parts if part)


KEYS = _collect(Config, ())
"""Every section and setting by its dotted name."""
