"""Actors run in virtual time, and each test ends with no actor left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pykka
import pytest

from actors import base
from tests.virtual_time import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual-time": VirtualLoop}


@pytest.fixture(autouse=True)
def no_actor_left_behind() -> Iterator[None]:
    yield
    left = {str(actor) for actor in base._running}
    base._running.clear()
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)
    assert not left


class Probe(list[Any]):
    """Stands in for an actor: a `Ref` of anything, and the list of what it was told."""

    def tell(self, message: Any) -> None:
        self.append(message)


@pytest.fixture
def probe() -> Probe:
    return Probe()
