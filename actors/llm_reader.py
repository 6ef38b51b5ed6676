"""Reads the model's text, and passes every piece on at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from actors.base import Actor, Message, Ref, Stream
from actors.protocol import EndOfText, Text, WritingFailed, Written
from narration.errors import LLMError, ServiceError
from narration.llm import Finish

__all__ = ["LLMReader"]


class _Arrived(Message, frozen=True):
    item: str | Finish


class _Ended(Message, frozen=True):
    pass


class _Failed(Message, frozen=True):
    error: Exception


Command = _Arrived | _Ended | _Failed


class LLMReader(Actor[Command]):
    """Text is never held back by audio: all of a scene's is read, up to `max_chars`."""

    def __init__(
        self,
        source: AsyncGenerator[str | Finish],
        readers: Sequence[Ref[Text | EndOfText]],
        session: Ref[Written | WritingFailed],
        max_chars: int,
    ) -> None:
        super().__init__()
        self._source = source
        self._readers = readers
        self._owner = session
        self._room = max_chars
        self._finish: Finish | None = None
        self._stream: Stream[str | Finish] | None = None

    def on_start(self) -> None:
        self._stream = self.stream_to_self(
            self._source, _Arrived, _Ended, _Failed, label="reading the model", cost=_chars
        )
        self._stream.allow(self._room)

    def on_receive(self, message: Command) -> None:
        match message:
            case _ if self._stream is None:
                pass  # What arrives after the end was cut off.
            case _Arrived(item):
                self._take(item)
            case _Ended():
                self._end()
            case _Failed(error):
                self._break_off(error)

    def _take(self, item: str | Finish) -> None:
        if isinstance(item, Finish):
            self._finish = item
            return
        piece = item[: self._room]
        self._room -= len(piece)
        self._tell_readers(Text(piece))
        if not self._room:  # A model that never ends is cut here.
            self._finish = Finish("length")
            self._end()

    def _end(self) -> None:
        self._close(whole=self._finish is not None)
        if self._finish is not None:
            self._owner.tell(Written(self._finish.reason))
        else:
            reason = "the answer ended without saying why"
            self._owner.tell(WritingFailed(LLMError("the model", reason, retryable=True)))

    def _break_off(self, error: Exception) -> None:
        if not isinstance(error, ServiceError):
            raise error
        self._close(whole=False)
        self._owner.tell(WritingFailed(error))

    def _close(self, *, whole: bool) -> None:
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None
        self._tell_readers(EndOfText(whole))

    def _tell_readers(self, message: Text | EndOfText) -> None:
        for reader in self._readers:
            reader.tell(message)


def _chars(item: str | Finish) -> int:
    return len(item) if isinstance(item, str) else 0
