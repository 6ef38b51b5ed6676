"""What a session tells those outside of it: the narrator, and its user."""

from __future__ import annotations

from actors.base import Control, Message
from narration.notices import Notice

__all__ = ["Notify", "SessionOver"]


class SessionOver(Control, frozen=True):
    """To the Narrator: the scene has been told to its end; the session only stays for who
    comes back.
    """

    session_id: str


class Notify(Message, frozen=True):
    """To the Notifier: tell the user, wherever they are; the notice gets its number and its
    time then.
    """

    user_id: int
    notice: Notice
