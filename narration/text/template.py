"""Takes out of a story what is none: tokens of a model's template, and calls of tools."""

from __future__ import annotations

import json
import re

from narration.text.model_marks import CALLS, ROLE_TOKENS, ROLES, TOKENS
from narration.text.openings import Openings

__all__ = ["TemplateFilter"]

# A call that is longer than this is not waited for.
_LONGEST_CALL = 8_000
_MAY_BEGIN = re.compile(r"[<\[]")
_MAY_END = re.compile(r"[}\]>]")

_BARS = r"<\|/?[\w.:-]{1,60}\|?>|<[\w.:-]{1,60}\|>|<｜[\w▁]{1,60}｜>"
_BARS_UNFINISHED = re.compile(r"<(?:\|?/?[\w.:-]{0,60}\|?|｜[\w▁]{0,60}｜?)\Z")
_TOKEN = re.compile("|".join([_BARS, *map(re.escape, TOKENS)]))
_ROLE_TOKEN = "(?:" + "|".join(map(re.escape, ROLE_TOKENS)) + ")"
_ROLE = re.compile(rf"{_ROLE_TOKEN}(?:{'|'.join(ROLES)})(?:\n|(?=<))")
_LAST_ROLE = re.compile(rf"{_ROLE_TOKEN}(?:{'|'.join(ROLES)})?\Z")
_END_OF_TEXT = re.compile(r"</s>\s{0,8}\Z")


def _beginnings(word: str) -> str:
    """A pattern for the word's first letters, however many."""
    return "".join(f"(?:{letter}" for letter in word) + ")?" * len(word)


_ROLE_UNFINISHED = re.compile(rf"{_ROLE_TOKEN}(?:{'|'.join(map(_beginnings, ROLES))})\Z")

_CALL_ENDINGS = dict(CALLS)
_CALL_OPENINGS = Openings(_CALL_ENDINGS)
# Harmony, of which a server has left out the tokens.
_BARE_CALL = re.compile(r"to=functions\.[\w.-]{1,64}\s{1,4}(?:json\s{0,4})?(?=\{)")
_BARE_CALL_UNFINISHED = re.compile(
    rf"{_beginnings('to=functions')}\Z|to=functions\.[\w.-]{{0,64}}\s{{0,4}}(?:j|js|jso|json\s{{0,4}})?\Z"
)
# What a call's opening is followed by; otherwise a story mentions it.
_BODY = re.compile(r"\s{0,8}(?:[\w.:-]{1,64}\n?(?:\[ARGS\])?)?[<{\[(]")
_BODY_UNFINISHED = re.compile(r"\s{0,8}(?:[\w.:-]{1,64}\n?(?:\[A?R?G?S?)?)?\Z")
_MORE_JSON = re.compile(r"\s*[,;]?\s*(?=[{\[])")
_MORE_JSON_UNFINISHED = re.compile(r"\s*[,;]?\s*\Z")
_SPACE = re.compile(r"\s*")
_json = json.JSONDecoder()

# Where what is not story ends, if that cannot be told before more comes.
_UNTOLD = -1
_IN_CALL = -2


class TemplateFilter:
    """Passes on all text but tokens of templates and calls of tools.

    A call ends with its ending, or with its JSON.  One that does neither within 8,000
    characters is text; at the end of the text it was cut.  An opening that is not
    followed by a call is text.  What is `held` back is to be told when more comes.
    """

    def __init__(self) -> None:
        self.held = ""
        self._in_call = False

    def feed(self, text: str) -> str:
        """The part of `text`, and of what was held back, that is story."""
        if not self.held:
            if "<" not in text and "[" not in text:
                return text
        elif self._in_call and not _MAY_END.search(text):
            self.held += text
            if len(self.held) <= _LONGEST_CALL:
                return ""
            text = ""
        return self._filtered(self.held + text, is_all=False)

    def flush(self) -> str:
        """The text is at its end: what was held back is told.  Then as new."""
        return self._filtered(self.held, is_all=True)

    def end_of_mark(self, text: str, at: int, *, is_all: bool, is_start: bool = False) -> int:
        """Where what is not story ends that begins there; `at` if nothing does.

        Below nothing: it cannot be told before more comes, which it does not if `is_all`.
        At the start of an answer (`is_start`) calls need no mark before them.
        """
        if is_start and text.startswith("<s>", at):
            return at + len("<s>")
        end = _end_of_call(text, at, is_all=is_all, is_start=is_start)
        self._in_call = end == _IN_CALL
        return end if end != at else _end_of_token(text, at, is_all=is_all)

    def _filtered(self, text: str, *, is_all: bool) -> str:
        self.held, self._in_call = "", False
        passed: list[str] = []
        start = at = 0
        while (found := _MAY_BEGIN.search(text, at)) is not None:
            at = found.start()
            end = self.end_of_mark(text, at, is_all=is_all)
            if end == at:
                at += 1
                continue
            passed.append(text[start:at])
            if end < 0:
                self.held = text[at:]
                return "".join(passed)
            start = at = end
        passed.append(text[start:])
        return "".join(passed)


def _end_of_token(text: str, at: int, *, is_all: bool) -> int:
    if is_all:
        found = _LAST_ROLE.match(text, at) or _END_OF_TEXT.match(text, at)
        if found is not None:
            return found.end()
    elif _ROLE_UNFINISHED.match(text, at) or _END_OF_TEXT.match(text, at):
        return _UNTOLD
    found = _ROLE.match(text, at) or _TOKEN.match(text, at)
    if found is not None:
        return found.end()
    return at if is_all or not _may_be_token(text, at) else _UNTOLD


def _may_be_token(text: str, at: int) -> bool:
    if _BARS_UNFINISHED.match(text, at):
        return True
    tail = text[at : at + 24]
    return "</s>".startswith(tail) or any(token.startswith(tail) for token in TOKENS)


def _end_of_call(text: str, at: int, *, is_all: bool, is_start: bool) -> int:
    opening = _CALL_OPENINGS.match(text, at)
    if opening is None:
        if is_start and (bare := _BARE_CALL.match(text, at)):
            return _end_of_body(text, at, bare.end(), "<|call|>", is_all=is_all)
        if is_start and text[at] == "{":
            return _end_of_object(text, at, is_all=is_all)
        may_begin = _CALL_OPENINGS.may_begin(text, at) or (
            is_start and _BARE_CALL_UNFINISHED.match(text, at)
        )
        return _UNTOLD if may_begin and not is_all else at
    mark, start = opening
    body = _BODY.match(text, start)
    if body is None:
        return _UNTOLD if not is_all and _BODY_UNFINISHED.match(text, start) else at
    return _end_of_body(text, at, body.end() - 1, _CALL_ENDINGS[mark], is_all=is_all)


def _end_of_object(text: str, at: int, *, is_all: bool) -> int:
    """A call that is nothing but JSON: an object with a name and arguments."""
    try:
        said, end = _json.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError) as error:
        waits = _is_cut(error, text) and not is_all and len(text) - at <= _LONGEST_CALL
        return _IN_CALL if waits else at
    return end if "name" in said and ("arguments" in said or "parameters" in said) else at


def _is_cut(error: Exception, text: str) -> bool:
    """Whether what is wrong with the JSON is that it ends too early."""
    return isinstance(error, json.JSONDecodeError) and (
        error.pos >= len(text) - 1 or error.msg.startswith("Unterminated")
    )


def _end_of_body(text: str, at: int, start: int, ending: str, *, is_all: bool) -> int:
    end, is_cut = start, True
    while text[end] in "{[":
        try:
            _, end = _json.raw_decode(text, end)
        except (json.JSONDecodeError, RecursionError) as error:
            is_cut = _is_cut(error, text)
            if is_cut and not is_all and len(text) - at <= _LONGEST_CALL:
                return _IN_CALL  # Even if there is an ending: it may be in a string.
            if end > start and not is_cut:
                return end
            break
        space = _SPACE.match(text, end)
        after = space.end() if space else end
        if text[after : after + len(ending)].lower() == ending.lower():
            return after + len(ending)
        if (more := _MORE_JSON.match(text, end)) is None:
            waits = ending.startswith(text[after:]) or _MORE_JSON_UNFINISHED.match(text, end)
            return _IN_CALL if waits and not is_all else end
        end = more.end()
    if len(text) - at > _LONGEST_CALL:
        return at
    if (found := text.lower().find(ending.lower(), start)) >= 0:
        return found + len(ending)
    if not is_all:
        return _IN_CALL
    # What has a blank line in it is no call that was cut: there is story in it.
    return len(text) if is_cut and "\n\n" not in text[start:] else at
