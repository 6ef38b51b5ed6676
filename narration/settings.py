"""Reads the settings: the defaults, over them the file, over that the environment."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from narration.config import Config
from narration.config_keys import KEYS, Key, Path, find, moved_to, nearest
from narration.config_variables import overridden
from narration.errors import ConfigError
from narration.yaml_lines import read_yaml

__all__ = ["load"]

_DEFAULT_FILE = pathlib.Path("config.yaml")
_GOT = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date",
    "datetime": "a date",
    "float": "a number",
    "int": "a number",
    "null": "nothing",
    "object": "a section",
    "str": "text",
}


def load(path: pathlib.Path | None, environ: Mapping[str, str]) -> Config:
    """The server's settings.

    Without `path` they are in `config.yaml` in the working directory, if there is
    one.  Every setting can be overridden by a variable: `server.port` by
    `NARRATION_SERVER__PORT`.  A variable of a provider that the file does not name adds
    that provider, before those of the file.

    Raises:
        ConfigError: the file cannot be read, or it or a variable has an unknown
            setting or a wrong value.  The message never contains a value.
    """
    if path is None and _DEFAULT_FILE.is_file():
        path = _DEFAULT_FILE
    config = Config() if path is None else _from_file(path)
    return overridden(config, environ)


def _from_file(path: pathlib.Path) -> Config:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"cannot read the settings in {path}: {reason}") from error
    values, lines = read_yaml(text, str(path))
    values = _without_empty_sections(values)
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        message, key = _explain(str(error), values, ())
        while key and key not in lines:
            key = key[:-1]
        place = f"{path}, line {lines[key]}" if key else str(path)
        # msgspec's own message may quote a value.
        raise ConfigError(f"{place}: {message}") from None


def _without_empty_sections(values: Any, path: Path = ()) -> Any:
    """A section that is all commented out is `null` in YAML; here it means the defaults."""
    if values is None:
        return {}
    if not isinstance(values, dict):
        return values
    kept = {}
    for name, value in values.items():
        key = find((*path, str(name)))
        if key is None or not key.is_section:
            kept[name] = value
        elif value is not None or not key.names_sections:
            kept[name] = _without_empty_sections(value, (*path, str(name)))
        # Else nobody is named, and the default is somebody.
    return kept


def _explain(problem: str, values: Any, at: Path) -> tuple[str, Path]:
    """msgspec's words for a problem with `values`, which are those at `at`, in ours, and the
    path of the key it is about.
    """
    what, _, where = problem.partition(" - at ")
    inner = re.findall(r"\.(\w+)", where.partition("[")[0])
    path = (*at, *inner)
    key = find(path)
    if key is not None and key.names_sections and ("[" in where or "key" in where):
        for name in inner:
            values = values[name]
        return _explain_entry(key, values, path)
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        path = (*path, unknown[1])
        return _unknown(path), path
    if (of_one := re.match(r"(\w+): ", what)) and find((*path, of_one[1])) is not None:
        path, what = (*path, of_one[1]), what[of_one.end() :]
    name = ".".join(path)
    if not what.startswith(("Expected", "Invalid")):
        return f"{name}: {what}", path
    if key is None:
        sections = ", ".join(key.path[0] for key in KEYS.values() if len(key.path) == 1)
        return f"expected the sections {sections}", path
    message = f"{name}: expected {key.expected}"
    if got := re.search(r"got `(\w+)`", what):
        message += f", got {_GOT.get(got[1], 'something else')}"
        if "Expected `str`" in what and got[1] not in ("null", "array", "object"):
            message += " (put it in quotes)"
    return message, path


def _explain_entry(key: Key, entries: dict[Any, Any], path: Path) -> tuple[str, Path]:
    """What is wrong in a section of sections: msgspec does not say in which of them."""
    name_type, kind = key.entry_types
    for name, entry in entries.items():
        place = (*path, str(name))
        try:
            msgspec.convert(name, name_type)
        except msgspec.ValidationError:
            return f"{'.'.join(path)}: expected {key.expected_names}", place
        try:
            msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            return _explain(str(error), entry, place)
    raise AssertionError("nothing is wrong in it")


def _unknown(path: Path) -> str:
    name = ".".join(path)
    if (now := moved_to(path)) is not None:
        return f"{name} is now {'.'.join(now)}"
    meant = nearest(path, sections=True)
    return f"{name} is not a setting" + (f"; did you mean {'.'.join(meant)}?" if meant else "")
