"""Puts a model's answer together from its stream, and judges truthfully how it ended."""

from __future__ import annotations

from narration.errors import LLMError
from narration.llm.base import Finish
from narration.llm.chunk import Chunk, NotAChunk, Unfinished, error_code, read_chunk
from narration.llm.halves import Halves
from narration.llm.json_lines import JSONLines
from narration.sse import Lines, LineTooLong, field
from narration.text.thinking import ThinkFilter

__all__ = ["Answer"]

_MAX_LINE_BYTES = 1 << 20
_ENDED = {
    *(
        "stop",
        "stop_sequence",
        "stop_token",
        "eos",
        "eos_token",
        "end",
        "end_turn",
        "endoftext",
    ),
    *("complete", "completed", "done", "finish", "finished", "normal"),
    *("tool_calls", "tool_use", "function_call"),
}
_CUT = {"length", "max_tokens", "model_length", "max_length", "max_new_tokens"}
_FILTERED = {"content_filter", "safety", "prohibited_content", "blocklist", "recitation"}
_BROKEN = {"error", "abort", "cancelled", "insufficient_system_resource"}


_BUSY = {
    *("429", "rate_limit_exceeded", "rate_limit_error", "too_many_requests"),
    *("503", "529", "overloaded", "overloaded_error", "service_unavailable"),
    *("unavailable", "unavailable_error", "server_overloaded", "engine_overloaded"),
}


class Answer:
    """What one response says.

    `finish` is set when the model says that it is done, after text, and nothing followed
    so far; `has_false_ends` when something did; `over` when nothing more is to be read; and
    `is_busy` when it says in place of an answer that it has too much to do.  `tokens` counts
    the events for which the model worked.

    Args:
        service: the name of the service, for errors.
        reasoning_marks: openings and endings of reasoning, beside the known ones.
    """

    def __init__(
        self, service: str, reasoning_marks: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self._service = service
        self._lines = Lines(_MAX_LINE_BYTES)
        self._thinking = ThinkFilter(reasoning_marks)
        self._halves = Halves()
        self._json: JSONLines | None = None
        """JSON that began and is not whole yet."""
        self._is_error = False
        """Whether the event that is being read is named as an error."""
        self._has_deltas = False
        self._has_words = False
        self._has_text = False
        self._has_events = False
        self._reasoned = False
        self._skipped = 0
        self._end_mark = False
        self._early_finish: Finish | None = None
        self._problem: LLMError | None = None
        self.finish: Finish | None = None
        self.over = False
        self.tokens = 0
        self.is_busy = False
        self.has_false_ends = False

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
            if self._json is not None and not self.over:
                text += self._take_json(self._json, is_all=True)
            self.over = True
        return self._spoken(text)

    def fail(self, problem: LLMError) -> None:
        """Say that no more can be read.  It does not matter once the model was done."""
        self.over = True
        is_done = self._end_mark or (self.finish is not None and not self.has_false_ends)
        if not is_done and self._problem is None:
            self._problem = problem

    def rest(self) -> str:
        """The text that was held back in case it was reasoning."""
        return self._spoken(self._halves.flush()) + self._noted(self._thinking.flush())

    def result(self) -> Finish:
        """How it ended.

        Raises:
            LLMError: not as an answer ends.
        """
        if self._problem is not None:
            raise self._problem
        finish = self.finish or self._early_finish
        if self._has_text and (self.finish is not None or self._end_mark):
            # Without a reason for it, the end mark is the service's word that this is all.
            return self.finish or Finish("stop")
        if not self._has_text and finish is not None and finish.reason == "length":
            raise self._error(
                "it used up its tokens before the first word of the story: raise max_tokens, "
                "or turn its reasoning off"
            )
        if not self._has_text and (self._reasoned or self._thinking.unclosed):
            if finish is not None or self._end_mark:
                raise self._error(
                    "it reasoned, and never came to the story: turn its reasoning off, or "
                    "check its server's reasoning parser"
                )
            raise self._error("it broke off while it reasoned, before the story")
        if not self._has_text and (finish is not None or self._end_mark):
            if self._skipped and not self._has_events:
                raise self._error("it sent something that is no chat completion")
            raise self._error("it wrote nothing")
        if not self._has_events:
            if self._skipped:
                raise self._error("it sent something that is no chat completion")
            raise self._error("it does not stream chat completions: does the url end in /v1?")
        raise self._error("it broke off in the middle of the story")

    def _take(self, line: bytes) -> str:
        """Return the text that a line adds."""
        if self.over:
            return ""
        if self._json is not None:
            return self._take_more(self._json, line)
        if line.startswith(b"data: {"):  # Nearly all of them.
            return self._take_event(line[6:])
        if not line:
            self._is_error = False
            return ""
        return self._take_field(line)

    def _take_field(self, line: bytes) -> str:
        match field(line):
            case (b"data", b"[DONE]"):
                self._end_mark = self.over = True
            case (b"data", data) if data.startswith(b"{"):
                return self._take_event(data)
            case (b"data", _) if self._is_error:
                self.fail(self._error("it broke off (error): its log may say why"))
            case (b"data", _):
                self._skipped += 1  # Signs of life, such as `ping`.
            case (b"event", b"error"):
                self._is_error = True
            case (b"error", _):
                self.fail(self._error("it broke off in the middle of the story"))
            case _:
                if line.startswith(b"{"):
                    # No event: an answer that is not streamed, or an error with status 200.
                    return self._take_event(line, is_event=False)
        return ""

    def _take_event(self, data: bytes, *, is_event: bool = True) -> str:
        try:
            chunk = read_chunk(data)
        except Unfinished:
            self._json = JSONLines(data, is_event=is_event)
            return ""
        except NotAChunk:
            self.fail(self._error("it sent something that is no chat completion"))
            return ""
        if type(chunk) is str and not self._is_error:  # Nearly always.
            return self._take_text(chunk)
        return self._take_chunk(chunk)

    def _take_text(self, text: str) -> str:
        """Take what the model wrote, and nothing else."""
        self.tokens += 1
        if self.finish is not None:
            self._take_back_end()
        if not self._has_words:
            self._has_events = self._has_deltas = True
            self._has_words = not text.isspace()
        if text.isascii() and not self._halves.held:
            return text
        return self._halves.feed(text)

    def _take_more(self, begun: JSONLines, line: bytes) -> str:
        if begun.ends_with(line):
            return self._take_json(begun, is_all=True)
        if begun.is_none(line):
            self._json = None
            self._skipped += 1
            return self._take(line)
        if not begun.add(line):
            self.fail(self._error("it sent JSON without an end: check the url"))
        elif begun.may_be_whole:
            return self._take_json(begun, is_all=False)
        return ""

    def _take_json(self, begun: JSONLines, *, is_all: bool) -> str:
        try:
            chunk = read_chunk(begun.data)
        except Unfinished:
            if not is_all:
                return ""
        except NotAChunk:
            is_all = True
        else:
            self._json = None
            return self._take_chunk(chunk)
        self._json = None
        self.fail(self._error("it sent something that is no chat completion"))
        return ""

    def _take_chunk(self, chunk: str | Chunk) -> str:
        if isinstance(chunk, str):
            if not self._is_error:
                return self._take_text(chunk)
            chunk = Chunk(True, "", False, "", "error")
        if chunk.error is not None or self._is_error:
            code = error_code(chunk.error)
            self.is_busy = code.lower() in _BUSY and not self.tokens
            self.fail(self._error(f"it broke off ({code}): its log may say why"))
            return ""
        text = chunk.text
        self._has_events = self._has_events or chunk.has_choice
        if chunk.is_token:
            self.tokens += 1
            if self.finish is not None:
                self._take_back_end()
        if text:
            if chunk.is_whole and self._has_deltas:
                text = ""  # It says once more what was streamed.
            else:
                self._has_deltas = True
                self._has_words = self._has_words or not text.isspace()
                if self._halves.held or not text.isascii():
                    text = self._halves.feed(text)
        else:
            self._reasoned = self._reasoned or chunk.is_token
        if chunk.refused:
            self.fail(
                self._error(
                    "it refused to write this: ask for something else", retryable=False
                )
            )
        if chunk.finish_reason:
            self._note_end(chunk.finish_reason.lower())
        return text

    def _take_back_end(self) -> None:
        """Something followed it: it was none, and so may be the next ones."""
        self.finish = None
        self.has_false_ends = True

    def _note_end(self, reason: str) -> None:
        if reason in _FILTERED:
            self.fail(self._error("its content filter stopped the story", retryable=False))
        elif reason in _BROKEN:
            self.fail(self._error("it broke off in the middle of the story"))
        elif reason in _CUT or reason in _ENDED:
            finish = Finish("length" if reason in _CUT else "stop")
            if self._has_words:
                self.finish = self.finish or finish
            else:
                self._early_finish = finish  # Of its reasoning, perhaps.

    def _spoken(self, text: str) -> str:
        return self._noted(self._thinking.feed(text)) if text else ""

    def _noted(self, text: str) -> str:
        self._has_text = self._has_text or bool(text.strip())
        return text

    def _error(self, message: str, *, retryable: bool = True) -> LLMError:
        return LLMError(self._service, message, retryable=retryable)
