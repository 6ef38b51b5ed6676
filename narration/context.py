"""Builds what a language model is asked: the story, how it went so far, what comes next."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from narration.config import Config
from narration.llm.base import ChatMessage

__all__ = [
    "build_messages",
    "context_budget",
    "continue_messages",
    "estimated_tokens",
    "last_part",
    "takes_up_answers",
]

# Short and plain, so that the smallest models can follow it too.
_SYSTEM = (
    "You write vivid stories in plain prose: "
    "only the story, with no title, no headings, no lists and no remarks."
)
_GO_ON = (
    "Your answer broke off. Go on from exactly where it ends, in mid-sentence if it ends so. "
    "Write only what comes next, and repeat nothing."
)
_LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nb": "Norwegian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
# The embedded model reads 250 tokens in a second, for which a listener waits, and makes
# nothing of more.
_EMBEDDED_TOKENS = 250
# A model that goes on with a text is told this much of its end, however long the prompt is.
_LEAST_TOKENS = 50
# Tokens of one character: a quarter in the Latin alphabet, a half in other alphabets, and
# one in scripts that write words with a character or two.
_LATIN_ENDS = 0x250
_WIDE_BEGINS = 0x2E80
_PARAGRAPH_START = re.compile(r"\n\s*(?=\S)")
_SENTENCE_START = re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+(?=\S)|(?<=[。！？])[”’」』）]*(?=\S)")
_WORD_START = re.compile(r"\s+(?=\S)")


def build_messages(
    *,
    title: str,
    premise: str,
    language: str,
    scenes: Iterable[str],
    prompt: str,
    context_tokens: int,
) -> list[ChatMessage]:
    """Ask for a story's next scene.

    Args:
        title: the story's; may be empty.
        premise: what the story is about; may be empty.
        language: the story's, as a BCP 47 code.
        scenes: the texts of the scenes before, oldest first; their end is what counts.
        prompt: what the reader wants to happen; empty to let the story go on by itself.
        context_tokens: how much may be told, the prompt included, which is never cut.
    """
    left = context_tokens - estimated_tokens(prompt)
    premise = _first_part(premise.strip(), max(left, 0) / 2)
    left -= estimated_tokens(premise)
    before = last_part("\n\n".join(scene.strip() for scene in scenes), left)
    ask = "Write a short story in plain prose"
    ask += f' called "{title.strip()}".' if title.strip() else "."
    if premise:
        ask += f" {premise}"
    if before:
        ask += f"\n\nThis is how it goes so far:\n\n{before}\n\nContinue the story from here."
    if prompt.strip():
        ask += f" {prompt.strip()}"
    return [
        ChatMessage("system", _SYSTEM + _in_language(language)),
        ChatMessage("user", ask),
    ]


def continue_messages(
    *,
    title: str,
    premise: str,
    language: str,
    scenes: Iterable[str],
    prompt: str,
    written: str,
    context_tokens: int,
    take_up: bool,
) -> list[ChatMessage]:
    """Ask for the rest of a scene, of which `written` is there.

    It is told as the beginning of the model's own answer, and counts before all that
    went before it.  With `take_up` that answer comes last, and is the one that goes on.
    The other arguments are those of `build_messages`.
    """
    own = last_part(written, max(context_tokens - estimated_tokens(prompt), _LEAST_TOKENS))
    messages = build_messages(
        title=title,
        premise=premise,
        language=language,
        # Where words of the scene itself are left out, what went before them is of no use.
        scenes=scenes if own == written.strip() else (),
        prompt=prompt,
        context_tokens=context_tokens - math.ceil(estimated_tokens(own)),
    )
    if own:
        messages.append(ChatMessage("assistant", own))
        if not take_up:
            messages.append(ChatMessage("user", _GO_ON))
    return messages


def takes_up_answers(config: Config) -> bool:
    """Whether the configured model goes on with an answer that was begun for it.

    Elsewhere that is refused, or answered anew, as often as not.
    """
    return not config.llm.url


def context_budget(config: Config) -> int:
    """How many tokens the configured model is told."""
    wanted = config.scene.context_tokens
    return wanted if config.llm.url else min(wanted, _EMBEDDED_TOKENS)


def estimated_tokens(text: str) -> float:
    """About how many tokens a model takes for `text`, whatever its tokenizer."""
    return sum(map(_tokens_of, text))


def last_part(text: str, max_tokens: float) -> str:
    """The end of `text` within so many tokens, from the start of a paragraph or sentence."""
    text = text.strip()
    start = len(text)
    while start and (max_tokens := max_tokens - _tokens_of(text[start - 1])) >= 0:
        start -= 1
    if not start:
        return text
    # A paragraph is the better start, unless much would be lost before it.
    half = (start + len(text)) // 2
    beginnings = (
        (_PARAGRAPH_START, half),
        (_SENTENCE_START, len(text)),
        (_WORD_START, len(text)),
    )
    for beginning, up_to in beginnings:
        # One character earlier: what comes between may be that character.
        for found in beginning.finditer(text, start - 1, up_to):
            if found.end() >= start:
                return text[found.end() :]
    return text[start:]


def _first_part(text: str, max_tokens: float) -> str:
    end = 0
    while end < len(text) and (max_tokens := max_tokens - _tokens_of(text[end])) >= 0:
        end += 1
    return text if end == len(text) else text[:end].rsplit(maxsplit=1)[0] + " …" if end else ""


def _tokens_of(character: str) -> float:
    code = ord(character)
    if code < _LATIN_ENDS:
        return 0.25
    return 1.0 if code >= _WIDE_BEGINS else 0.5


def _in_language(code: str) -> str:
    base = code.partition("-")[0].lower()
    if base in ("", "en"):
        return ""
    return f" Write in {_LANGUAGES.get(base, f'the language with the code {code}')}."
