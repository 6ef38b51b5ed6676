"""Tells users, in every tab and on every device, what has become of their scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

from msgspec.structs import replace

from actors.base import Actor, Control, Message, Work
from actors.reports import Notify
from narration.notices import Notice, TTSProgress

__all__ = ["NoticeListener", "Notifier", "Parting", "Subscribe", "Unsubscribe"]

MAX_NOTICES = 100
"""So many notices are kept of each user, for those who come back, or are slow."""

KEEP_SECONDS = 3_600.0
"""So long notices are kept, for those who come back."""

RECENT_SECONDS = 120.0
"""So long ago may be what somebody new is told of."""

FORGET_SECONDS = 60.0
"""How often it is looked who can be forgotten."""

Parting = Literal["behind", "closing"]
"""Why a listener is left: it takes notices more slowly than they come, or there will be no
more of them."""


class NoticeListener(Protocol):
    """Where one tab's, or device's, notices go."""

    async def send(self, notices: Sequence[Notice]) -> None:
        """Return when the socket has taken them.

        Raises:
            ConnectionError: it cannot.
        """
        ...

    def leave(self, why: Parting) -> None:
        """Nothing more comes; the socket is to be closed."""
        ...


class Subscribe(Control, frozen=True):
    """A listener has come, and wants every notice after `after` that is still there.

    Without `after` it is new, and is told how the scenes stand that something has become
    of just before.
    """

    user_id: int
    listener: NoticeListener
    after: int | None


class Unsubscribe(Control, frozen=True):
    """The listener has gone."""

    listener: NoticeListener


class _Sent(Message, frozen=True):
    listener: NoticeListener


class _Broken(Message, frozen=True):
    listener: NoticeListener


class _Forget(Message, frozen=True):
    """Look who has nobody here, and no notice that anybody would come back for."""


Command = Notify | Subscribe | Unsubscribe | _Sent | _Broken | _Forget


class _Kept(NamedTuple):
    """A notice, and when it was sent, on the loop's clock: the other one may be set."""

    notice: Notice
    at: float


class _Box:
    """One user's notices, oldest first, and who is there to take them.

    Of those up to `lost` not all are there any more.
    """

    def __init__(self) -> None:
        self.notices: list[_Kept] = []
        self.lost = 0
        self.subscribers: list[_Subscriber] = []

    def add(self, notice: Notice, at: float) -> None:
        # How far a scene had come is of no interest once it has come further.
        if isinstance(notice, TTSProgress):
            self.notices = [one for one in self.notices if not _superseded(one.notice, notice)]
        self.notices.append(_Kept(notice, at))
        self._drop(len(self.notices) - MAX_NOTICES)

    def forget(self, before: float) -> None:
        """Drop what was sent before that moment."""
        self._drop(sum(one.at < before for one in self.notices))

    def after(self, seq: int) -> list[Notice]:
        return [one.notice for one in self.notices if one.notice.seq > seq]

    def recent(self, since: float) -> list[Notice]:
        """The newest notice of each scene, if it was sent since that moment."""
        newest = {kept.notice.scene_id: kept for kept in self.notices if kept.at >= since}
        return [kept.notice for kept in newest.values()]

    def _drop(self, count: int) -> None:
        if count > 0:
            self.lost = self.notices[count - 1].notice.seq
            del self.notices[:count]


class _Subscriber:
    """One listener.  All notices up to `cursor` were sent to it, or are just being sent."""

    def __init__(self, listener: NoticeListener, box: _Box, cursor: int) -> None:
        self.listener = listener
        self.box = box
        self.cursor = cursor
        self.sending: Work | None = None


class Notifier(Actor[Command]):
    """Notices are numbered from the moment the server started, in milliseconds since 1970.
    So their numbers grow across restarts, and a client that was there before one is not
    mistaken about what it knows.

    Args:
        wall_clock: seconds since 1970.
    """

    mailbox_limit = 10_000
    """Many sessions may end in one moment, and none must fail for having said so."""

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        super().__init__()
        self._wall_clock = wall_clock
        self._seq = int(wall_clock() * 1_000)
        self._boxes: dict[int, _Box] = {}
        self._subscribers: dict[NoticeListener, _Subscriber] = {}

    def on_start(self) -> None:
        self.after(FORGET_SECONDS, _Forget())

    def on_receive(self, message: Command) -> None:
        match message:
            case Notify(user_id, notice):
                self._notify(user_id, notice)
            case Subscribe(user_id, listener, after):
                self._subscribe(user_id, listener, after)
            case Unsubscribe(listener) | _Broken(listener):
                self._lose(listener)
            case _Sent(listener):
                self._go_on(listener)
            case _Forget():
                self._forget()

    def on_stop(self) -> None:
        for listener in self._subscribers:
            listener.leave("closing")

    def _notify(self, user_id: int, notice: Notice) -> None:
        self._seq += 1
        box = self._boxes.setdefault(user_id, _Box())
        box.add(replace(notice, seq=self._seq, sent_at=self._wall_clock()), self.now())
        for subscriber in box.subscribers.copy():
            self._tell(subscriber)

    def _subscribe(self, user_id: int, listener: NoticeListener, after: int | None) -> None:
        box = self._boxes.setdefault(user_id, _Box())
        if after is not None and after <= self._seq:
            subscriber = _Subscriber(listener, box, max(after, box.lost))
            missed = box.after(subscriber.cursor)
        else:
            # New; or a number that was not given out yet, by a clock that was ahead of ours.
            subscriber = _Subscriber(listener, box, self._seq)
            missed = box.recent(self.now() - RECENT_SECONDS)
        self._subscribers[listener] = subscriber
        box.subscribers.append(subscriber)
        self._send(subscriber, missed)

    def _go_on(self, listener: NoticeListener) -> None:
        subscriber = self._subscribers.get(listener)
        if subscriber is not None:  # Else it has gone meanwhile.
            subscriber.sending = None
            self._tell(subscriber)

    def _tell(self, subscriber: _Subscriber) -> None:
        """Send what the listener has not got, if it has taken what there was before."""
        if subscriber.cursor < subscriber.box.lost:
            subscriber.listener.leave("behind")
            self._lose(subscriber.listener)
        elif subscriber.sending is None:
            self._send(subscriber, subscriber.box.after(subscriber.cursor))

    def _send(self, subscriber: _Subscriber, notices: list[Notice]) -> None:
        if not notices:
            return
        listener = subscriber.listener
        subscriber.cursor = notices[-1].seq
        subscriber.sending = self.pipe_to_self(
            listener.send(notices),
            lambda _: _Sent(listener),
            lambda _: _Broken(listener),
            label="telling a user",
        )

    def _lose(self, listener: NoticeListener) -> None:
        subscriber = self._subscribers.pop(listener, None)
        if subscriber is None:
            return  # It was lost before.
        subscriber.box.subscribers.remove(subscriber)
        if subscriber.sending is not None:
            subscriber.sending.cancel()

    def _forget(self) -> None:
        before = self.now() - KEEP_SECONDS
        for user_id, box in list(self._boxes.items()):
            if not box.subscribers:
                box.forget(before)
                if not box.notices:
                    del self._boxes[user_id]
        self.after(FORGET_SECONDS, _Forget())


def _superseded(one: Notice, by: TTSProgress) -> bool:
    return isinstance(one, TTSProgress) and one.scene_id == by.scene_id
