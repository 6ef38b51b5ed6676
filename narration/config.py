"""The server's settings: every one typed, with its default, and none else accepted."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from narration.addresses import is_address, is_origin

__all__ = [
    "AuthConfig",
    "Config",
    "EmbeddedLLMConfig",
    "LLMConfig",
    "LoudnessConfig",
    "ProviderConfig",
    "SceneConfig",
    "ServerConfig",
    "SessionConfig",
    "SpeechConfig",
    "StoreConfig",
    "TextConfig",
]

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
NotNegativeSeconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Address = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https?://\S+)?\Z",
        description="an address that begins with http:// or https://, or nothing",
    ),
]
Origin = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^https?://[^\s/]+\Z",
        description="addresses like https://app.example.org",
    ),
]
Text = Annotated[str, msgspec.Meta(min_length=1)]
# Files that hold secrets end with a line break: what is around one is left out.
Token = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\s*[!-~]+\s*\Z", description="a token of letters, digits and punctuation"
    ),
]
Secret = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^\s*[!-~]*\s*\Z",
        description="letters, digits and punctuation in one piece, or nothing",
    ),
]

ProviderName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z",
        max_length=40,
        description="names of small letters, digits and single underscores",
    ),
]

_ONLY_WITH_URL = "the embedded model has no such setting; llm.url says where another one is"

_SECRET = frozenset({"api_key", "extra_params", "operator_token", "tokens"})
_PASSWORD = re.compile(r"//[^/\s@]*@")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    def __repr__(self) -> str:
        """Leave secrets out: a repr ends up in logs and tracebacks."""
        shown = (
            f"{name}={'…' if name in _SECRET and value else _PASSWORD.sub('//', repr(value))}"
            for name, value in msgspec.structs.asdict(self).items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def _strip(self, name: str) -> None:
        """Leave out what is around a secret."""
        value = getattr(self, name)
        bare = (
            {key: one.strip() for key, one in value.items()}
            if isinstance(value, dict)
            else value.strip()
        )
        msgspec.structs.force_setattr(self, name, bare)


def _check_service(url: str) -> None:
    if url and not is_address(url, query=True):
        raise ValueError("url: it is no address; it looks like http://host:port/v1")


class ServerConfig(_Section, frozen=True):
    """Where the server listens, and whom it lets in."""

    host: Text = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 9876
    public_url: Address = ""
    allowed_origins: tuple[Origin, ...] = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    drain_seconds: NotNegativeSeconds = 5.0
    shutdown_seconds: Seconds = 10.0

    def __post_init__(self) -> None:
        if self.public_url and not is_address(self.public_url):
            raise ValueError(
                "public_url: it is no address; it looks like https://stories.example.org"
            )
        if not all(map(is_origin, self.allowed_origins)):
            raise ValueError(
                "allowed_origins: one is no address of a web site; they look like "
                "https://app.example.org"
            )


class AuthConfig(_Section, frozen=True):
    """Users and their tokens.  Without any there is one user, and no token is asked for."""

    tokens: dict[str, Token] = {}
    operator_token: Secret = ""

    def __post_init__(self) -> None:
        self._strip("tokens")
        self._strip("operator_token")
        if len(set(self.tokens.values())) < len(self.tokens):
            raise ValueError("two users have the same token")


class StoreConfig(_Section, frozen=True):
    """Where stories and audio are kept, and how much audio."""

    path: Text = "data/narration.db"
    max_audio_mb: Positive = 5_000
    max_files_mb: Positive = 1_000


class EmbeddedLLMConfig(_Section, frozen=True):
    """The small model that comes with the server."""

    parallel: Positive = 4
    threads: NotNegative = 0
    context_tokens: Annotated[int, msgspec.Meta(ge=512, le=8192)] = 2048


class LLMConfig(_Section, frozen=True):
    """The language model: the embedded one, or any OpenAI-compatible server at `url`."""

    url: Address = ""
    model: str = ""
    api_key: Secret = ""
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.7
    max_tokens: Positive = 400
    extra_params: dict[str, Any] = {}
    reasoning_marks: tuple[tuple[Text, Text], ...] = ()
    connect_seconds: Seconds = 10.0
    first_token_seconds: Seconds = 120.0
    between_tokens_seconds: Seconds = 30.0
    embedded: EmbeddedLLMConfig = EmbeddedLLMConfig()

    def __post_init__(self) -> None:
        self._strip("api_key")
        _check_service(self.url)
        if not self.url and self.model:
            raise ValueError(f"model: {_ONLY_WITH_URL}")
        if not self.url and self.api_key:
            raise ValueError(f"api_key: {_ONLY_WITH_URL}")


class ProviderConfig(_Section, frozen=True):
    """One service that speaks.  What is None, or empty, is as its adapter has it.

    `type` names the adapter; left empty, the provider's own name does.
    """

    type: str = ""
    url: Address = ""
    model: str = ""
    voice: str = ""
    api_key: Secret = ""
    response_format: Literal["", "pcm", "wav", "mp3", "opus", "flac", "aac"] = ""
    sample_rate: Annotated[int, msgspec.Meta(ge=8_000, le=192_000)] | None = None
    word_times: bool = False
    concurrency: Positive | None = None
    max_chars: Positive | None = None
    voice_for: dict[str, str] = {}
    extra_params: dict[str, Any] = {}
    connect_seconds: Seconds = 10.0
    first_audio_seconds: Seconds = 30.0
    stall_seconds: Seconds = 15.0
    sentence_seconds: Seconds = 120.0

    def __post_init__(self) -> None:
        self._strip("api_key")
        _check_service(self.url)


class SpeechConfig(_Section, frozen=True):
    """Who may speak, in which order they step in, and what is done when one fails."""

    providers: dict[ProviderName, ProviderConfig] = msgspec.field(
        default_factory=lambda: {"embedded": ProviderConfig(type="embedded")}
    )
    chain: tuple[Text, ...] = ()
    own_servers: Literal["no", "public", "any"] = "no"
    check_audio: bool = True
    retries: NotNegative = 2
    retry_seconds: Seconds = 0.5
    max_retry_seconds: Seconds = 10.0
    breaker_failures: Positive = 5
    breaker_seconds: Seconds = 2.0
    outage_seconds: NotNegativeSeconds = 90.0

    def __post_init__(self) -> None:
        if not self.providers:
            raise ValueError("there is nobody to speak: name a provider, such as embedded")
        if not set(self.chain) <= set(self.providers):
            known = ", ".join(self.providers)
            raise ValueError(f"chain names somebody who is not a provider; these are: {known}")
        if len(set(self.chain)) < len(self.chain):
            raise ValueError("chain names a provider twice")

    @property
    def order(self) -> tuple[str, ...]:
        """The chain: who speaks first, and who steps in."""
        return self.chain or tuple(self.providers)


class TextConfig(_Section, frozen=True):
    """How text is cut into sentences, and how long to rest between them."""

    max_sentence_length: NotNegative = 250
    first_unit_min: NotNegative = 15
    idle_ms: Positive = 300
    pause_between_sentences_ms: NotNegative = 120
    pause_between_paragraphs_ms: NotNegative = 450


class LoudnessConfig(_Section, frozen=True):
    """How loud every voice is made: LUFS (ITU-R BS.1770), and the peaks' limit in dBFS."""

    even: bool = True
    target_lufs: Annotated[float, msgspec.Meta(ge=-40, le=-10)] = -19.0
    peak_dbfs: Annotated[float, msgspec.Meta(ge=-20, le=0)] = -1.5


class SceneConfig(_Section, frozen=True):
    """What goes into a scene, and how long it may become."""

    max_prompt_chars: Positive = 4_000
    max_text_chars: Positive = 40_000
    context_tokens: Positive = 1_000


class SessionConfig(_Section, frozen=True):
    """The bounds of one live narration, and of how many there may be."""

    workers: Positive = 2
    sentences_ahead: Positive = 3
    max_sentence_audio_ms: Positive = 60_000
    send_ahead_seconds: Seconds = 10.0
    synthesis_ahead_seconds: Seconds = 20.0
    save_ahead_seconds: Seconds = 60.0
    worker_restarts: NotNegative = 3
    grace_seconds: Seconds = 60.0
    ended_seconds: Seconds = 60.0
    max_seconds: Seconds = 7_200.0
    max_sessions: Positive = 200
    max_sessions_per_user: Positive = 20
    max_sockets: Positive = 4
    max_notification_sockets: Positive = 20

    def __post_init__(self) -> None:
        if self.synthesis_ahead_seconds < self.send_ahead_seconds:
            raise ValueError("synthesis_ahead_seconds is at least send_ahead_seconds")


class Config(_Section, frozen=True):
    """Everything in `config.yaml`."""

    server: ServerConfig = ServerConfig()
    auth: AuthConfig = AuthConfig()
    store: StoreConfig = StoreConfig()
    llm: LLMConfig = LLMConfig()
    speech: SpeechConfig = SpeechConfig()
    text: TextConfig = TextConfig()
    loudness: LoudnessConfig = LoudnessConfig()
    scene: SceneConfig = SceneConfig()
    session: SessionConfig = SessionConfig()
