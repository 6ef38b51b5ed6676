"""Reads a YAML file, and remembers in which line each key stands."""

from __future__ import annotations

from typing import Any

import yaml

from narration.errors import ConfigError

__all__ = ["read_yaml"]

_Lines = dict[tuple[str, ...], int]


def read_yaml(text: str, name: str) -> tuple[Any, _Lines]:
    """The values in `text`, and the line of every key by the path to it.

    Raises:
        ConfigError: it is not YAML, or a key appears twice.  The message never
            quotes the file, which may hold secrets; `name` is what it calls it.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {}
        lines: _Lines = {}
        _note_lines(node, (), lines, set(), name)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _not_yaml(f"{name}{place}") from None
    except (yaml.YAMLError, ValueError):
        raise _not_yaml(name) from None
    finally:
        loader.dispose()


def _note_lines(
    node: yaml.Node, path: tuple[str, ...], lines: _Lines, seen: set[int], name: str
) -> None:
    # An alias can lead back to a node it is part of.
    if id(node) in seen or not isinstance(node, yaml.MappingNode):
        return
    seen.add(id(node))
    for key, value in node.value:
        place = (*path, str(key.value))
        line = key.start_mark.line + 1
        if place in lines:
            # YAML would silently take the last one.
            raise ConfigError(
                f"{name}, line {line}: {'.'.join(place)} appears twice, "
                f"the first time in line {lines[place]}"
            )
        lines[place] = line
        _note_lines(value, place, lines, seen, name)


def _not_yaml(place: str) -> ConfigError:
    return ConfigError(
        f"{place}: not valid YAML; look at the indentation, at the colons, "
        "and at text that needs quotes"
    )
