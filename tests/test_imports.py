"""The layers keep apart: web imports actors imports narration, and never the other way."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_LAYERS = ("narration", "actors", "web")
_MAX_LINES = 400

# What every actor is made of, and those that know other actors: what a session is made of,
# what wires it, and what keeps the sessions.
_RUNTIME = {"base", "figures", "futures", "mailbox", "ref", "work"}
_WIRING = {"narrator", "pipeline", "plan", "session"}

_TOOLS = {("web", "load"), ("web", "mock_upstream")}

# The modules that hide a library from the rest, each as far as its own package.
_KEPT_IN = {
    "aiohttp": (
        "narration/body.py",
        "narration/http.py",
        "narration/http_failures.py",
        "narration/public.py",
        "web",
    ),
    "aiohttp.web": ("web",),
    "alembic": ("narration/store",),
    "av": ("narration/audio",),
    "hibari": ("narration/speech",),
    "httpx": (
        "narration/addresses.py",
        "narration/body.py",
        "narration/http.py",
        "narration/http_failures.py",
        "narration/proxies.py",
        "narration/public.py",
        "narration/llm",
        "narration/speech",
    ),
    "pykka": tuple(f"actors/{module}.py" for module in _RUNTIME),
    "soundfile": ("narration/encoding",),
    "sqlalchemy": ("narration/store",),
    "xllamacpp": ("narration/llm",),
    "yaml": ("narration/config_variables.py", "narration/yaml_lines.py"),
}


def _modules(*layers: str) -> list[Path]:
    found = [path for layer in layers for path in sorted((_ROOT / layer).rglob("*.py"))]
    assert len(found) > 5 * len(layers), "the modules are not where this test looks"
    return [path.relative_to(_ROOT) for path in found]


def _imports(source: str) -> Iterator[str]:
    """Every module that is imported, wherever in `source`; `from a import b` is `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _read(path: Path) -> str:
    return (_ROOT / path).read_text(encoding="utf-8")


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _is_actor(name: str) -> bool:
    """Whether `actors.x.Y` comes from the module of an actor."""
    layer, _, module = name.partition(".")
    path = Path("actors", module.partition(".")[0] + ".py")
    return layer == "actors" and "(Actor[" in _read(path)


def _none(offences: Iterable[str]) -> None:
    found = list(offences)
    assert not found, "\n".join(found)


def test_narration_knows_neither_actors_nor_the_web() -> None:
    _none(
        f"{path} imports {name}"
        for path in _modules("narration")
        for name in _imports(_read(path))
        if name.partition(".")[0] in ("actors", "web", "pykka")
    )


def test_actors_know_the_narration_and_nothing_outside() -> None:
    allowed = {"actors", "msgspec", "narration", "pykka"} | sys.stdlib_module_names
    _none(
        f"{path} imports {name}"
        for path in _modules("actors")
        for name in _imports(_read(path))
        if name.partition(".")[0] not in allowed
    )


def test_an_actor_knows_no_other_actor() -> None:
    _none(
        f"{path} imports {name}"
        for path in _modules("actors")
        for name in _imports(_read(path))
        if _is_actor(name) and path.stem not in _WIRING
    )


def test_a_library_is_imported_only_where_it_is_at_home() -> None:
    _none(
        f"{path} imports {name}"
        for path in _modules(*_LAYERS)
        for name in _imports(_read(path))
        for library, homes in _KEPT_IN.items()
        if _is_of(name, library) and not any(path.is_relative_to(home) for home in homes)
    )


def test_the_tools_for_load_tests_are_no_part_of_the_server() -> None:
    _none(
        f"{path} imports {name}"
        for path in _modules(*_LAYERS)
        if path != Path("web/cli.py") and path.parts[:2] not in _TOOLS
        for name in _imports(_read(path))
        if tuple(name.split(".")[:2]) in _TOOLS
    )


def test_a_module_is_small_enough_to_read() -> None:
    _none(
        f"{path} has {lines} lines"
        for path in _modules(*_LAYERS)
        if (lines := _read(path).count("\n")) > _MAX_LINES
    )


def test_a_module_lists_what_it_offers() -> None:
    _none(
        f"{path} has no __all__"
        for path in _modules(*_LAYERS)
        if path.name != "__init__.py"
        and "migrations" not in path.parts
        and "\n__all__ = " not in _read(path)
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pykka", ["pykka"]),
        ("from aiohttp import web as http", ["aiohttp.web"]),
        ("def late():\n    import av.audio", ["av.audio"]),
        ("import os, actors.base", ["os", "actors.base"]),
    ],
)
def test_imports_are_found_in_every_form(source: str, found: list[str]) -> None:
    assert list(_imports(source)) == found
