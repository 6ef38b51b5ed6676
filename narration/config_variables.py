"""Settings that come from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from narration.config import Config
from narration.config_keys import PREFIX, Key, Path, find, moved_to, nearest, variable
from narration.errors import ConfigError

__all__ = ["overridden"]

# Kubernetes tells every container where a service called `narration` is.
_NOT_OURS = re.compile(
    r"NARRATION_SERVICE_(HOST|PORT(_\w+)?)=.*|NARRATION_PORT(=\w+://.*|_\d+_.*)", re.DOTALL
)


def overridden(config: Config, environ: Mapping[str, str]) -> Config:
    """`config` as the variables in `environ` would have it.

    Raises:
        ConfigError: a variable is no setting, or has a wrong value, which is not repeated.
    """
    changes = {}
    for name, raw in sorted(environ.items()):
        if name.startswith(PREFIX) and not _NOT_OURS.fullmatch(f"{name}={raw}"):
            path, key = _meant_by(name)
            changes[path] = _value(name, raw, key)
    changed: Config = _changed(config, changes, ())
    return changed


def _meant_by(name: str) -> tuple[Path, Key]:
    path = tuple(name.removeprefix(PREFIX).lower().split("__"))
    key = find(path)
    if key is not None and not key.is_section and name == variable(path):
        return path, key
    if (now := moved_to(path)) is not None:
        raise ConfigError(f"{name} in the environment is now {variable(now)}")
    # Compared without the prefix, which would make every variable look like every other.
    meant = nearest(path, sections=False)
    raise ConfigError(
        f"{name} in the environment is not a setting"
        + (f"; did you mean {variable(meant)}?" if meant else "")
    )


def _value(name: str, raw: str, key: Key) -> Any:
    try:
        return msgspec.convert(_parsed(raw, key), key.type)
    except (msgspec.ValidationError, yaml.YAMLError, ValueError):
        raise ConfigError(f"{name} in the environment: expected {key.expected}") from None


def _parsed(raw: str, key: Key) -> Any:
    if key.is_text:
        return raw
    # BaseLoader reads every scalar as the text it is: the token 0123 stays 0123.
    return yaml.load(raw, yaml.BaseLoader if key.holds_text else yaml.SafeLoader)


def _changed(section: Any, changes: Mapping[Path, Any], at: Path) -> Any:
    """The section at `at` with other values: all at once, since they may only fit together."""
    if changes.keys() == {()}:
        return changes[()]
    inside: dict[str, dict[Path, Any]] = {}
    for (name, *rest), value in changes.items():
        inside.setdefault(name, {})[tuple(rest)] = value
    if isinstance(section, dict):
        section = _with_new_names(section, inside, at)
        return section | {
            name: _changed(section[name], what, (*at, name)) for name, what in inside.items()
        }
    values = {
        name: _changed(getattr(section, name), what, (*at, name))
        for name, what in inside.items()
    }
    try:
        return msgspec.structs.replace(section, **values)
    except ValueError as error:
        names = ", ".join(variable(at + path) for path in changes)
        raise ConfigError(f"{names} in the environment: {error}") from None


def _with_new_names(
    section: dict[str, Any], inside: Mapping[str, Mapping[Path, Any]], at: Path
) -> dict[str, Any]:
    """Those who are new come first: who adds a provider like this wants to hear it."""
    key = find(at)
    assert key is not None
    name_type, kind = key.entry_types
    new = [name for name in inside if name not in section]
    for name in new:
        try:
            msgspec.convert(name, name_type)
        except msgspec.ValidationError:
            names = ", ".join(variable((*at, name, *path)) for path in inside[name])
            raise ConfigError(
                f"{names} in the environment: expected {key.expected_names}"
            ) from None
    return dict.fromkeys(new, kind()) | section
