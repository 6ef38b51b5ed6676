"""What each setting takes, in words, and which one a mistyped name was meant to be."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, get_args

import msgspec
from msgspec import inspect

from narration.config import Config, ProviderConfig

__all__ = ["KEYS", "NAME", "PREFIX", "Key", "Path", "find", "moved_to", "nearest", "variable"]

PREFIX = "NARRATION_"
"""How the environment variables begin that are settings."""

NAME = "NAME"
"""Stands in a path for what the operator names, such as a provider."""

Path = tuple[str, ...]


class Key(msgspec.Struct, frozen=True):
    """A setting, or a section of settings: its place, and the type its value has."""

    path: Path
    type: Any
    info: inspect.Type

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def expected(self) -> str:
        """What this key takes, such as `a whole number from 0 to 65535`."""
        return _words(self.info)

    @property
    def is_section(self) -> bool:
        return self.names_sections or isinstance(self.info, inspect.StructType)

    @property
    def names_sections(self) -> bool:
        """Whether what is below are sections that the operator has given names."""
        return _section_below(self.info) is not None

    @property
    def entry_types(self) -> tuple[Any, Any]:
        """Of what names sections: the type of a name, and that of a section."""
        name, section = get_args(self.type)
        return name, section

    @property
    def expected_names(self) -> str:
        """What those names look like."""
        return _words(inspect.type_info(self.entry_types[0]))

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


def find(path: Path) -> Key | None:
    """The setting or section at `path`, if there can be one."""
    known: Path = ()
    for part in path:
        above = KEYS.get(".".join(known))
        known = (*known, NAME if above is not None and above.names_sections else part)
    return KEYS.get(".".join(known))


def variable(path: Path) -> str:
    """The environment variable that sets what is at `path`."""
    return PREFIX + "__".join(path).upper()


def moved_to(path: Path) -> Path | None:
    """Where the setting is now that an earlier version had at `path`."""
    if path[:2] == ("speech", "embedded"):
        return ("speech", "providers", "embedded", *("concurrency" for _ in path[2:]))
    if len(path) == 2 and path[0] == "speech" and path[1] in ProviderConfig.__struct_fields__:
        return ("speech", "providers", NAME, path[1])
    return None


def nearest(path: Path, *, sections: bool) -> Path | None:
    """The setting, or else the section, that looks most like `path`, if any looks like it.

    Names are compared as a whole and by their last part, so that `port` finds
    `server.port`; in the last part there must be some likeness, or any name in a section
    would look like the others there.
    """
    name = ".".join(path)

    def likeness(candidate: Path) -> float:
        dotted = ".".join(candidate)
        last = SequenceMatcher(None, name.split(".")[-1], candidate[-1]).ratio()
        whole = SequenceMatcher(None, name, dotted).ratio()
        # The whole breaks ties between settings of the same name in several sections.
        return max(last, whole) + whole / 100 if last >= 0.4 else 0.0

    known = (
        _filled(key.path, path) for key in KEYS.values() if sections or not key.is_section
    )
    best = max((one for one in known if path[: len(one)] != one), key=likeness)
    return best if likeness(best) >= 0.7 else None


def _filled(pattern: Path, path: Path) -> Path:
    """`pattern` with the name that `path` has at that place."""
    if NAME not in pattern:
        return pattern
    at = pattern.index(NAME)
    same = len(path) > at + 1 and path[:at] == pattern[:at]
    return (*pattern[:at], path[at], *pattern[at + 1 :]) if same else pattern


def _collect(section: type[msgspec.Struct], path: Path) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for field in msgspec.structs.fields(section):
        key = Key((*path, field.name), field.type, inspect.type_info(field.type))
        keys[key.name] = key
        if (below := _section_below(key.info)) is not None:
            key = Key((*key.path, NAME), below, inspect.type_info(below))
            keys[key.name] = key
        if isinstance(key.info, inspect.StructType):
            keys |= _collect(key.info.cls, key.path)
    return keys


def _section_below(info: inspect.Type) -> type[msgspec.Struct] | None:
    match info:
        case inspect.DictType(value_type=inspect.StructType(cls=cls)):
            return cls
        case _:
            return None


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
            words = " or ".join(str(value) for value in values if value != "")
            return f"{words}, or nothing" if "" in values else words
        case inspect.UnionType(types=(one, inspect.NoneType())):
            return f"{_words(one)}, or nothing"
        case inspect.StrType(min_length=minimum):
            return "text that is not empty" if minimum else "text"
        case inspect.VarTupleType(item_type=inside):
            return f"a list of {_words(inside)}, such as [a, b]"
        case inspect.DictType(value_type=inspect.AnyType()):
            return "names with values, such as {a: 1, b: 2}"
        case inspect.DictType(value_type=inspect.StructType()):
            return "names, each with its settings below it"
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
