"""The root of all sessions: starts them, finds them, and keeps their number in bounds."""

from __future__ import annotations

import logging

from actors.base import Actor, ActorRef, ChildFailed, Control
from actors.protocol import Stop
from actors.session import Command as SessionCommand
from actors.session import NarrationSession, Plan
from narration.config import SessionConfig
from narration.errors import Busy

__all__ = ["Begin", "Drain", "Find", "Narrator", "SessionRef", "SessionsOf"]

logger = logging.getLogger(__name__)

SessionRef = ActorRef[SessionCommand]


class Begin(Control, frozen=True):
    """Start a session; answered with its ref, or with `Busy` raised."""

    plan: Plan


class Find(Control, frozen=True):
    """Answered with the ref of a user's session, or None."""

    session_id: str
    user_id: int


class SessionsOf(Control, frozen=True):
    """Answered with the refs of a user's sessions."""

    user_id: int


class Drain(Control, frozen=True):
    """Stop all sessions and begin no more; answered with the refs of those that end now."""


Command = Begin | Find | SessionsOf | Drain | ChildFailed


class Narrator(Actor[Command]):
    def __init__(self, config: SessionConfig) -> None:
        super().__init__()
        self._config = config
        self._sessions: dict[tuple[int, str], SessionRef] = {}
        self._draining = False

    def on_receive(self, message: Command) -> SessionRef | list[SessionRef] | None:
        match message:
            case Begin(plan):
                return self._start_session(plan)
            case Find(session_id, user_id):
                return self._live().get((user_id, session_id))
            case SessionsOf(user_id):
                return [ref for (user, _), ref in self._live().items() if user == user_id]
            case Drain():
                return self._drain()
            case ChildFailed():
                pass  # Logged, and gone from the live ones; the others are not concerned.
        return None

    def _start_session(self, plan: Plan) -> SessionRef:
        if self._draining:
            raise Busy("the server is shutting down")
        live = self._live()
        if len(live) >= self._config.max_sessions:
            raise Busy("the server narrates as many scenes as it may; try again in a minute")
        of_user = sum(user == plan.user_id for user, _ in live)
        if of_user >= self._config.max_sessions_per_user:
            raise Busy(f"you have {of_user} scenes being narrated; stop one, or wait")
        ref = self.spawn(NarrationSession, plan, self._config)
        live[plan.user_id, plan.session_id] = ref
        return ref

    def _drain(self) -> list[SessionRef]:
        self._draining = True
        leaving = list(self._live().values())
        for ref in leaving:
            ref.tell(Stop())
        return leaving

    def _live(self) -> dict[tuple[int, str], SessionRef]:
        self._sessions = {key: ref for key, ref in self._sessions.items() if ref.is_alive()}
        return self._sessions
