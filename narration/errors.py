"""Every error this project raises on purpose.

NarrationError
├── ConfigError          a setting is wrong; the message names it
├── NotFound             a story, scene, session or file does not exist for this user
├── Conflict             what was asked does not fit the state of the thing it was asked of
├── AudioError           bytes are not the audio they were said to be
├── Busy                 this user has as much going on as one may
│   └── Overloaded       the server has as much to do as it may take on
├── NoRoom               the disk, or what files may take of it, is full
├── PromptTooLong        a prompt exceeds the configured length
├── StoreError           the database cannot be opened, read or written
└── ServiceError         an LLM or a TTS service did not do its work
    ├── LLMError
    └── SpeechError
        ├── Misspoken
        └── SpeechUnavailable
"""

from enum import Enum, auto

__all__ = [
    "AudioError",
    "Busy",
    "ConfigError",
    "Conflict",
    "LLMError",
    "Misspoken",
    "NarrationError",
    "NoRoom",
    "NotFound",
    "Overloaded",
    "PromptTooLong",
    "Scope",
    "ServiceError",
    "SpeechError",
    "SpeechUnavailable",
    "StoreError",
]


class NarrationError(Exception):
    """Base of the errors below; the message is fit for a user's eyes."""


class ConfigError(NarrationError):
    """A setting is unknown or has a value it cannot have; the message gives its path."""


class NotFound(NarrationError):
    """The thing does not exist, or belongs to somebody else, which must look the same."""


class Conflict(NarrationError):
    """The thing exists, and its state does not allow what was asked."""


class AudioError(NarrationError):
    """Bytes that were to be audio cannot be read as such."""


class Busy(NarrationError):
    """A limit on sessions is reached; the same request may succeed later."""


class Overloaded(Busy):
    """The server is full, or is shutting down; the same request may succeed later."""


class NoRoom(NarrationError):
    """A file cannot be made because there is no room for it; the message says what to do."""


class PromptTooLong(NarrationError):
    """A prompt is longer than the configured limit."""


class StoreError(NarrationError):
    """The database cannot be opened, read or written; the message says what to do."""


class Scope(Enum):
    """What a service's failure says something about."""

    REQUEST = auto()
    """Perhaps only what was asked: another request may succeed at the same moment."""
    SERVICE = auto()
    """The service: it cannot be reached, or does not answer in time, whatever it is asked."""
    CAPACITY = auto()
    """How much the service takes on: it works, but has too much to do, or still loads."""


class ServiceError(NarrationError):
    """A service failed.  The message names the service and says what to do.

    Args:
        service: the configured name of the service, such as `ollama`.
        message: what went wrong, without the service's payload and without secrets.
        retryable: whether the same request may succeed later.
        lasting: whether no such request will succeed until somebody mends the settings.
        retry_after: seconds the service asked to be left alone, if it did.
        scope: what else it is that will fail.
    """

    def __init__(
        self,
        service: str,
        message: str,
        *,
        retryable: bool,
        lasting: bool = False,
        retry_after: float | None = None,
        scope: Scope = Scope.REQUEST,
    ) -> None:
        super().__init__(f"{service}: {message}")
        self.service = service
        self.message = message
        self.retryable = retryable
        self.lasting = lasting
        self.retry_after = retry_after
        self.scope = scope


class LLMError(ServiceError):
    """The language model did not write, or broke off."""


class SpeechError(ServiceError):
    """A sentence could not be synthesised."""


class Misspoken(SpeechError):
    """What a service sent is sound, but cannot be the sentence that it was given."""


class SpeechUnavailable(SpeechError):
    """No service that may speak works just now; they are tried again after a while."""
