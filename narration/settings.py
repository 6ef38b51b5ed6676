"""Reads the settings: the defaults, over them the file, over that the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from narration.config import Config
from narration.config_keys import KEYS, PREFIX, Key, nearest
from narration.errors import ConfigError
from narration.yaml_lines import read_yaml

__all__ = ["load"]

_Section = TypeVar("_Section", bound=msgspec.Struct)

_DEFAULT_FILE = Path("config.yaml")
_VARIABLES = {key.variable: key for key in KEYS.values() if not key.is_section}
# Kubernetes tells every container where a service called `narration` is.
_NOT_OURS = re.compile(
    r"NARRATION_SERVICE_(HOST|PORT(_\w+)?)=.*|NARRATION_PORT(=\w+://.*|_\d+_.*)", re.DOTALL
)
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


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The server's settings.

    Without `path` they are in `config.yaml` in the working directory, if there is
    one.  Every setting can be overridden by a variable: `server.port` by
    `NARRATION_SERVER__PORT`.

    Raises:
        ConfigError: the file cannot be read, or it or a variable has an unknown
            setting or a wrong value.  The message never contains a value.
    """
    if path is None and _DEFAULT_FILE.is_file():
        path = _DEFAULT_FILE
    config = Config() if path is None else _from_file(path)
    for name, raw in sorted(environ.items()):
        if name.startswith(PREFIX) and not _NOT_OURS.fullmatch(f"{name}={raw}"):
            config = _overridden(config, name, raw)
    return config


def _from_file(path: Path) -> Config:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"cannot read the settings in {path}: {reason}") from error
    values, lines = read_yaml(text, str(path))
    try:
        return msgspec.convert(_without_empty_sections(values), Config)
    except msgspec.ValidationError as error:
        message, key = _explain(str(error))
        while key and key not in lines:
            key = key[:-1]
        place = f"{path}, line {lines[key]}" if key else str(path)
        # msgspec's own message may quote a value.
        raise ConfigError(f"{place}: {message}") from None


def _without_empty_sections(values: Any, path: tuple[str, ...] = ()) -> Any:
    """A section that is all commented out is `null` in YAML; here it means the defaults."""
    if values is None:
        return {}
    if not isinstance(values, dict):
        return values
    return {
        name: _without_empty_sections(value, (*path, str(name)))
        if (key := KEYS.get(".".join((*path, str(name))))) and key.is_section
        else value
        for name, value in values.items()
    }


def _overridden(config: Config, name: str, raw: str) -> Config:
    key = _VARIABLES.get(name)
    if key is None:
        # Compared without the prefix, which would make every variable look like every other.
        dotted = name.removeprefix(PREFIX).lower().replace("__", ".")
        meant = nearest(dotted, (other.name for other in _VARIABLES.values()))
        raise ConfigError(
            f"{name} in the environment is not a setting"
            + (f"; did you mean {KEYS[meant].variable}?" if meant else "")
        )
    try:
        value = msgspec.convert(_parsed(key, raw), key.type)
    except (msgspec.ValidationError, yaml.YAMLError, ValueError):
        raise ConfigError(f"{name} in the environment: expected {key.expected}") from None
    try:
        return _replaced(config, key.path, value)
    except ValueError as error:
        raise ConfigError(f"{name} in the environment: {error}") from None


def _parsed(key: Key, raw: str) -> Any:
    if key.is_text:
        return raw
    # BaseLoader reads every scalar as the text it is: the token 0123 stays 0123.
    return yaml.load(raw, yaml.BaseLoader if key.holds_text else yaml.SafeLoader)


def _replaced(section: _Section, path: tuple[str, ...], value: Any) -> _Section:
    name, *inner = path
    if inner:
        value = _replaced(getattr(section, name), tuple(inner), value)
    return msgspec.structs.replace(section, **{name: value})


def _explain(problem: str) -> tuple[str, tuple[str, ...]]:
    """msgspec's words for a problem, in ours, and the path of the key it is about."""
    what, _, where = problem.partition(" - at ")
    path = tuple(re.findall(r"\.(\w+)", where.partition("[")[0]))
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL):
        path = (*path, unknown[1])
        name = ".".join(path)
        meant = nearest(name, (other for other in KEYS if not name.startswith(f"{other}.")))
        return f"{name} is not a setting" + (f"; did you mean {meant}?" if meant else ""), path
    if not what.startswith(("Expected", "Invalid")):
        return f"{'.'.join(path)}: {what}", path
    if not path:
        sections = ", ".join(key.path[0] for key in KEYS.values() if len(key.path) == 1)
        return f"expected the sections {sections}", path
    key = KEYS[".".join(path)]
    message = f"{'.'.join(path)}: expected {key.expected}"
    if got := re.search(r"got `(\w+)`", what):
        message += f", got {_GOT.get(got[1], 'something else')}"
        if "Expected `str`" in what and got[1] not in ("null", "array", "object"):
            message += " (put it in quotes)"
    return message, path
