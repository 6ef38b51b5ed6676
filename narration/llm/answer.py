"""Puts a model's answer together from its stream, and judges truthfully how it ended."""

from __future__ import annotations

from narration.errors import LLMError
from narration.llm.base import Finish
from narration.llm.chunk import NotAChunk, error_code, read_chunk
from narration.sse import Lines, LineTooLong, field
from narration.text.thinking import ThinkFilter

__all__ = ["Answer"]

_MAX_LINE_BYTES = 1 << 20
_CUT = {"length", "max_tokens", "model_length"}
_BROKEN = {"error", "abort", "cancelled", "insufficient_system_resource"}


class Answer:
    """What one response says.

    `finish` is set when the model says that it is done, `over` when nothing more
    is to be read, and `tokens` counts the events for which the model worked.

    Args:
        service: the name of the service, for errors.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._lines = Lines(_MAX_LINE_BYTES)
        self._thinking = ThinkFilter()
        self._has_text = False
        self._has_events = False
        self._end_mark = False
        self._problem: LLMError | None = None
        self.finish: Finish | None = None
        self.over = False
        self.tokens = 0

    @property
    def has_unmarked_reasoning(self) -> bool:
        """Whether reasoning ended that never began: what came before may have been some."""
        return self._thinking.unopened

    def feed(self, data: bytes) -> str:
        """Take the response's next bytes, empty at its end; return the text they add."""
        try:
            lines = self._lines.feed(data) if data else self._lines.flush()
        except LineTooLong as error:
            text = "".join(map(self._take, error.lines))
            self.fail(self._error("it sent a line without an end: check the url"))
            return self._spoken(text)
        text = "".join(map(self._take, lines))
        if not data:
            self.over = True
        return self._spoken(text)

    def fail(self, problem: LLMError) -> None:
        """Say that no more can be read.  It does not matter once the model was done."""
        self.over = True
        if self.finish is None and not self._end_mark and self._problem is None:
            self._problem = problem

    def rest(self) -> str:
        """The text that was held back in case it was reasoning."""
        return self._noted(self._thinking.flush())

    def result(self) -> Finish:
        """How it ended.

        Raises:
            LLMError: not as an answer ends.
        """
        if self._problem is not None:
            raise self._problem
        if self._has_text and (self.finish is not None or self._end_mark):
            # Without a reason for it, the end mark is the service's word that this is all.
            return self.finish or Finish("stop")
        if self.finish is not None and self.finish.reason == "length":
            raise self._error(
                "it used up its tokens before the first word of the story: raise max_tokens, "
                "or turn its reasoning off"
            )
        if self.finish is not None or self._end_mark:
            raise self._error("it wrote nothing")
        if not self._has_events:
            raise self._error("it does not stream chat completions: does the url end in /v1?")
        raise self._error("it broke off in the middle of the story")

    def _take(self, line: bytes) -> str:
        """Return the text that a line adds."""
        if self.over or not line:
            return ""
        if line.startswith(b"data: {"):  # Nearly all of them.
            return self._take_event(line[6:])
        match field(line):
            case (b"data", b"[DONE]"):
                self._end_mark = self.over = True
            case (b"data", data):
                return self._take_event(data)
            case (b"error", _):
                self.fail(self._error("it broke off in the middle of the story"))
            case _:
                if line.startswith(b"{"):
                    # Not an event: a service that reports an error with status 200.
                    return self._take_event(line)
        return ""

    def _take_event(self, data: bytes) -> str:
        try:
            chunk = read_chunk(data)
        except NotAChunk:
            self.fail(self._error("it sent something that is no chat completion"))
            return ""
        if chunk.error is not None:
            code = error_code(chunk.error)
            self.fail(self._error(f"it broke off ({code}): its log may say why"))
            return ""
        self._has_events = self._has_events or chunk.has_choice
        self.tokens += chunk.is_token
        if chunk.finish_reason:
            self._note_end(chunk.finish_reason.lower())
        return chunk.text

    def _note_end(self, reason: str) -> None:
        if reason == "content_filter":
            self.fail(self._error("its content filter stopped the story", retryable=False))
        elif reason in _BROKEN:
            self.fail(self._error("it broke off in the middle of the story"))
        elif self.finish is None:
            self.finish = Finish("length" if reason in _CUT else "stop")

    def _spoken(self, text: str) -> str:
        return self._noted(self._thinking.feed(text)) if text else ""

    def _noted(self, text: str) -> str:
        self._has_text = self._has_text or bool(text.strip())
        return text

    def _error(self, message: str, *, retryable: bool = True) -> LLMError:
        return LLMError(self._service, message, retryable=retryable)
