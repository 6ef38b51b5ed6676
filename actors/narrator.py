"""The root of all sessions: starts them, finds them, and keeps their number in bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from actors.base import Actor, ActorRef, ChildFailed, Control
from actors.plan import Plan
from actors.reports import SessionOver
from actors.session import Command as SessionCommand
from actors.session import NarrationSession
from narration.config import SessionConfig
from narration.errors import Busy, Overloaded

__all__ = [
    "Admit",
    "Begin",
    "Drain",
    "Find",
    "Narrator",
    "ScenesInUse",
    "SessionRef",
    "SessionsOf",
]

SessionRef = ActorRef[SessionCommand]


class Admit(Control, frozen=True):
    """Raises `Busy` if a session of this user could not begin now."""

    user_id: int


class Begin(Control, frozen=True):
    """Start a session; answered with its ref, or with `Busy` raised."""

    plan: Plan


class Find(Control, frozen=True):
    """Answered with the ref of a user's session, or None."""

    session_id: str
    user_id: int


class SessionsOf(Control, frozen=True):
    """Answered with the refs of a user's sessions, those that are over among them."""

    user_id: int


class ScenesInUse(Control, frozen=True):
    """Answered with the ids of the scenes that sessions tell, or may have to tell again."""


class Drain(Control, frozen=True):
    """Begin no more sessions; answered with the refs of those that are not over yet."""


class _Session(NamedTuple):
    user_id: int
    scene_id: int
    ref: SessionRef


Command = Admit | Begin | Find | SessionsOf | ScenesInUse | Drain | SessionOver | ChildFailed


class Narrator(Actor[Command]):
    """Sessions that are over take no place from others, but memory: so of those only as
    many stay as may run, and those leave first that were asked for longest ago."""

    def __init__(self, config: SessionConfig) -> None:
        super().__init__()
        self._config = config
        self._running: dict[str, _Session] = {}
        self._over: dict[str, _Session] = {}
        self._draining = False

    def on_receive(self, message: Command) -> SessionRef | list[SessionRef] | set[int] | None:
        match message:
            case Admit(user_id):
                self._admit(user_id)
            case Begin(plan):
                return self._start_session(plan)
            case Find(session_id, user_id):
                return self._find(session_id, user_id)
            case SessionsOf(user_id):
                return [one.ref for one in self._everyone() if one.user_id == user_id]
            case ScenesInUse():
                return {one.scene_id for one in self._everyone()}
            case Drain():
                self._draining = True
                self._forget_the_dead()
                return [one.ref for one in self._running.values()]
            case SessionOver(session_id):
                self._let_linger(session_id)
            case ChildFailed():
                pass  # Logged, and soon forgotten; the others are not concerned.
        return None

    def _admit(self, user_id: int) -> None:
        if self._draining:
            raise Overloaded("the server is shutting down; try again in a minute")
        self._forget_the_dead()
        if len(self._running) >= self._config.max_sessions:
            raise Overloaded(
                "the server narrates as many scenes as it may; try again in a minute"
            )
        of_user = _count(self._running.values(), user_id)
        if of_user >= self._config.max_sessions_per_user:
            raise Busy(f"you have {of_user} scenes being narrated; stop one, or wait")

    def _start_session(self, plan: Plan) -> SessionRef:
        self._admit(plan.user_id)
        ref = self.spawn(NarrationSession, plan, self._config, self.actor_ref)
        self._running[plan.session_id] = _Session(plan.user_id, plan.scene_id, ref)
        return ref

    def _find(self, session_id: str, user_id: int) -> SessionRef | None:
        session = self._running.get(session_id) or self._over.get(session_id)
        if session is None or session.user_id != user_id or not session.ref.is_alive():
            return None
        if session_id in self._over:  # Somebody has come to hear it: others leave first.
            self._over[session_id] = self._over.pop(session_id)
        return session.ref

    def _everyone(self) -> list[_Session]:
        self._forget_the_dead()
        return [*self._running.values(), *self._over.values()]

    def _let_linger(self, session_id: str) -> None:
        session = self._running.pop(session_id, None)
        if session is None:
            return
        self._forget_the_dead()
        self._over[session_id] = session
        if _count(self._over.values(), session.user_id) > self._config.max_sessions_per_user:
            self._send_off(user_id=session.user_id)
        elif len(self._over) > self._config.max_sessions:
            self._send_off()

    def _send_off(self, user_id: int | None = None) -> None:
        oldest = next(key for key, one in self._over.items() if user_id in (None, one.user_id))
        self.dismiss(self._over.pop(oldest).ref)

    def _forget_the_dead(self) -> None:
        self._running = {k: one for k, one in self._running.items() if one.ref.is_alive()}
        self._over = {k: one for k, one in self._over.items() if one.ref.is_alive()}


def _count(sessions: Iterable[_Session], user_id: int) -> int:
    return sum(one.user_id == user_id for one in sessions)
