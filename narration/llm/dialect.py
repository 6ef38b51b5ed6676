"""What a model does not take as it is usually asked, learnt from its refusals."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from narration.llm.base import ChatMessage

__all__ = ["Dialect"]

_REFUSED = frozenset({400, 422, 500, 501})
_LIMITS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
# What a request does as well without.  Other parameters were configured to be sent.
_DISPENSABLE = ("stream_options", "temperature")
_SYSTEM = re.compile(
    r"system.{0,40}(?:role|message|instruction|prompt)|role.{0,80}(?:system|alternate)"
    r"|only user and assistant roles|developer instruction",
    re.IGNORECASE | re.DOTALL,
)


class Dialect(msgspec.Struct, frozen=True):
    """How a request is put so that a model takes it.

    `takes_system`: the instructions are a message of their own; else they begin the first
    message of the user.  `limit`: the name of the limit of tokens, empty as it is
    configured.  `left_out`: the parameters that are not sent.
    """

    takes_system: bool = True
    limit: str = ""
    left_out: frozenset[str] = frozenset()

    def put(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request's body in this dialect."""
        body = {name: it for name, it in request.items() if name not in self.left_out}
        other = _LIMITS.get(self.limit)
        if other in body:
            body[self.limit] = body.pop(other)
        if not self.takes_system:
            body["messages"] = _without_system(body["messages"])
        return body

    def learnt(self, status: int, said: bytes, body: dict[str, Any]) -> Dialect | None:
        """The dialect to try after `body` was refused; None if the refusal names none."""
        if status not in _REFUSED:
            return None
        text = said.decode(errors="replace")
        for name, other in _LIMITS.items():
            if name in body and not self.limit and re.search(rf"\b{name}\b", text):
                return msgspec.structs.replace(self, limit=other)
        for name in _DISPENSABLE:
            if name in body and re.search(rf"\b{name}\b", text):
                return msgspec.structs.replace(self, left_out=self.left_out | {name})
        if self.takes_system and _SYSTEM.search(text) and _has_system(body["messages"]):
            return msgspec.structs.replace(self, takes_system=False)
        return None


def _has_system(messages: list[ChatMessage]) -> bool:
    return any(message.role == "system" for message in messages)


def _without_system(messages: list[ChatMessage]) -> list[ChatMessage]:
    told = [message.content for message in messages if message.role == "system"]
    others = [message for message in messages if message.role != "system"]
    if not told:
        return others
    first = others.pop(0).content if others and others[0].role == "user" else ""
    content = "\n\n".join([*told, first] if first else told)
    return [ChatMessage("user", content), *others]
