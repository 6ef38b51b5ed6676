"""The settings: the file that ships, what a file or a variable may say, what is refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from narration.config import AuthConfig, Config, LLMConfig, ProviderConfig, SpeechConfig
from narration.config_keys import KEYS, NAME, find, variable
from narration.errors import ConfigError
from narration.settings import load
from narration.speech.adapters import ADAPTERS
from narration.speech.opening import open_provider
from narration.yaml_lines import read_yaml

_SHIPPED = Path(__file__).parents[2] / "config.yaml"
_SECRET = "sk-5EcRe7"


def _load(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


def _refusal(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> str:
    """The error's words, without the folder."""
    with pytest.raises(ConfigError) as caught:
        _load(folder, text, environ)
    return str(caught.value).replace(f"{folder}/", "")


# The file that ships


def _keys_of_the_shipped_file() -> list[str]:
    """Every key in it in their order, the only provider's under `NAME`."""
    _, lines = read_yaml(_SHIPPED.read_text(encoding="utf-8"), "config.yaml")
    keys = [find(path) for path in sorted(lines, key=lambda path: lines[path])]
    return [key.name if key else "unknown" for key in keys]


def test_the_shipped_file_has_every_setting_once_with_its_default() -> None:
    assert sorted(_keys_of_the_shipped_file()) == sorted(KEYS)
    assert load(_SHIPPED, {}) == Config()


def test_the_shipped_file_is_in_the_order_of_the_structs() -> None:
    assert _keys_of_the_shipped_file() == list(KEYS)


def test_the_shipped_file_explains_every_setting() -> None:
    text = _SHIPPED.read_text(encoding="utf-8").splitlines()
    _, lines = read_yaml("\n".join(text), "config.yaml")

    unexplained = [
        ".".join(path)
        for path, line in lines.items()
        if (key := find(path)) is not None
        and not key.is_section
        and not text[line - 2].lstrip().startswith("# ")
    ]

    assert not unexplained


def test_the_examples_in_the_shipped_file_work(tmp_path: Path) -> None:
    lines = _SHIPPED.read_text(encoding="utf-8").splitlines()
    first = lines.index("# speech:")
    last = next(i for i in range(first, len(lines)) if not lines[i].startswith("#"))
    example = "\n".join(line.removeprefix("# ") for line in lines[first:last])

    speech = _load(tmp_path, example).speech

    assert {one.type or name for name, one in speech.providers.items()} == set(ADAPTERS)
    assert set(speech.order) < set(speech.providers)
    asyncio.run(_open_all(speech))


@pytest.mark.parametrize("page", ["README.md", "docs/models.md"])
def test_the_settings_in_the_documents_are_settings(tmp_path: Path, page: str) -> None:
    text = (_SHIPPED.parent / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)

    assert blocks
    for block in blocks:
        assert _load(tmp_path, block) != Config()


async def _open_all(speech: SpeechConfig) -> None:
    for name, one in speech.providers.items():
        if name != "embedded":  # It has tests of its own, and takes its time.
            async with open_provider(name, one, speech) as provider:
                assert provider.name == name


# Where settings come from


def test_a_file_overrides_only_what_it_names(tmp_path: Path) -> None:
    config = _load(tmp_path, "llm:\n  url: http://127.0.0.1:11434/v1\n  model: llama3.2\n")

    assert config == Config(llm=LLMConfig(url="http://127.0.0.1:11434/v1", model="llama3.2"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "llm:\n  # url: x\n",
        "llm:\n  embedded:\n",
        "speech:\n",
        "speech:\n  providers:\n",
        "speech:\n  providers:\n    # kokoro:\n",
    ],
)
def test_what_is_empty_or_commented_out_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert _load(tmp_path, text) == Config()


def test_config_yaml_in_the_working_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Config()

    (tmp_path / "config.yaml").write_text("server: {port: 4321}", encoding="utf-8")
    assert load(None, {}).server.port == 4321


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    missing = tmp_path / "mine.yaml"

    with pytest.raises(ConfigError) as caught:
        load(missing, {})

    assert (
        str(caught.value)
        == f"cannot read the settings in {missing}: No such file or directory"
    )


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"server: \xff\xfe")

    with pytest.raises(ConfigError, match="not UTF-8 text"):
        load(path, {})


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("server.port", "9999", 9999),
        ("llm.temperature", "1", 1.0),
        ("llm.embedded.parallel", "2", 2),
        ("speech.retries", "0", 0),
        ("speech.chain", "[embedded]", ("embedded",)),
        ("speech.own_servers", "no", "no"),
        ("llm.api_key", "0123", "0123"),
        ("llm.api_key", "", ""),
        ("llm.api_key", "*a:[", "*a:["),
        ("llm.extra_params", "{top_p: 0.9, stop: [a, b]}", {"top_p": 0.9, "stop": ["a", "b"]}),
        ("auth.tokens", "{ada: 0123, bob: true}", {"ada": "0123", "bob": "true"}),
        ("auth.tokens", '{"ada":"x:y"}', {"ada": "x:y"}),
        ("server.allowed_origins", "[http://a, 'http://b']", ("http://a", "http://b")),
    ],
)
def test_a_variable_overrides_the_file(
    tmp_path: Path, name: str, raw: str, value: object
) -> None:
    variable = "NARRATION_" + name.upper().replace(".", "__")
    file = "server: {port: 1, host: file}\nllm: {url: http://m, api_key: file}\n"

    config = _load(tmp_path, file, {variable: raw, "PATH": "/bin"})

    found: Any = config
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value
    assert type(found) is type(value)
    assert config.server.host == "file"


def test_every_setting_has_a_variable(tmp_path: Path) -> None:
    for key in KEYS.values():
        if key.is_section:
            continue
        path = tuple("embedded" if part == NAME else part for part in key.path)
        default: Any = msgspec.to_builtins(Config())
        for part in path:
            default = default[part]
        raw = default if isinstance(default, str) else yaml.safe_dump(default)
        assert _load(tmp_path, "", {variable(path): raw}) == Config(), key.name


def test_variables_that_only_fit_together_may_come_in_any_order(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "",
        {
            "NARRATION_SESSION__SEND_AHEAD_SECONDS": "30",
            "NARRATION_SESSION__SYNTHESIS_AHEAD_SECONDS": "60",
        },
    )

    assert config.session.send_ahead_seconds == 30
    assert config.session.synthesis_ahead_seconds == 60


def test_what_kubernetes_says_of_a_service_of_our_name_is_no_setting(tmp_path: Path) -> None:
    environ = {
        "NARRATION_SERVICE_HOST": "10.0.0.7",
        "NARRATION_SERVICE_PORT": "9876",
        "NARRATION_SERVICE_PORT_HTTP": "9876",
        "NARRATION_PORT": "tcp://10.0.0.7:9876",
        "NARRATION_PORT_9876_TCP_ADDR": "10.0.0.7",
    }

    assert _load(tmp_path, "", environ) == Config()


# Providers


def test_providers_in_a_file_replace_the_default_one(tmp_path: Path) -> None:
    speech = _load(
        tmp_path,
        "speech:\n  providers:\n    kokoro:\n      url: http://k\n    piper: {url: http://p}\n",
    ).speech

    assert speech.providers == {
        "kokoro": ProviderConfig(url="http://k"),
        "piper": ProviderConfig(url="http://p"),
    }
    assert speech.order == ("kokoro", "piper")


@pytest.mark.parametrize("nothing", ["", " {}", " # url: x"])
def test_a_provider_without_a_setting_has_the_defaults(tmp_path: Path, nothing: str) -> None:
    speech = _load(tmp_path, f"speech:\n  providers:\n    embedded:{nothing}\n").speech

    assert speech.providers == {"embedded": ProviderConfig()}


def test_a_chain_may_leave_out_who_is_only_to_be_chosen(tmp_path: Path) -> None:
    speech = _load(
        tmp_path,
        "speech:\n  chain: [b_2, a]\n  providers:\n    a:\n    b_2:\n    c:\n",
    ).speech

    assert list(speech.providers) == ["a", "b_2", "c"]
    assert speech.order == ("b_2", "a")


def test_a_variable_changes_a_setting_of_a_provider(tmp_path: Path) -> None:
    file = "speech: {providers: {embedded: {}, my_kokoro: {url: http://k, voice: a}}}\n"

    speech = _load(
        tmp_path,
        file,
        {
            "NARRATION_SPEECH__PROVIDERS__MY_KOKORO__API_KEY": "0123",
            "NARRATION_SPEECH__PROVIDERS__MY_KOKORO__VOICE": "b",
            "NARRATION_SPEECH__PROVIDERS__MY_KOKORO__SAMPLE_RATE": "48000",
        },
    ).speech

    assert list(speech.providers) == ["embedded", "my_kokoro"]
    assert speech.providers["my_kokoro"] == ProviderConfig(
        url="http://k", voice="b", api_key="0123", sample_rate=48_000
    )


@pytest.mark.parametrize("file", ["", _SHIPPED.read_text(encoding="utf-8")])
def test_a_provider_that_only_a_variable_names_speaks_first(tmp_path: Path, file: str) -> None:
    speech = _load(
        tmp_path,
        file,
        {
            "NARRATION_SPEECH__PROVIDERS__OPENAI__API_KEY": "x",
            "NARRATION_SPEECH__PROVIDERS__KOKORO__URL": "http://k",
        },
    ).speech

    assert speech.order == ("kokoro", "openai", "embedded")
    assert speech.providers["kokoro"] == ProviderConfig(url="http://k")


def test_a_chain_decides_where_such_a_provider_stands(tmp_path: Path) -> None:
    kokoro = {"NARRATION_SPEECH__PROVIDERS__KOKORO__URL": "http://k"}

    only_chosen = _load(tmp_path, "speech: {chain: [embedded]}\n", kokoro).speech
    last = _load(tmp_path, "", kokoro | {"NARRATION_SPEECH__CHAIN": "[embedded, kokoro]"})

    assert only_chosen.order == ("embedded",)
    assert last.speech.order == ("embedded", "kokoro")


# What is refused, and in which words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "server:\n  prt: 1\n",
            "config.yaml, line 2: server.prt is not a setting; did you mean server.port?",
        ),
        (
            "port: 1\n",
            "config.yaml, line 1: port is not a setting; did you mean server.port?",
        ),
        (
            "speach: {}\n",
            "config.yaml, line 1: speach is not a setting; did you mean speech?",
        ),
        (
            "llm:\n  embedded:\n    zzz: 1\n",
            "config.yaml, line 3: llm.embedded.zzz is not a setting",
        ),
        (
            "store: {}\nserver:\n  port: abc\n",
            "config.yaml, line 3: server.port: "
            "expected a whole number from 0 to 65535, got text",
        ),
        (
            "server: {port: 70000}\n",
            "config.yaml, line 1: server.port: expected a whole number from 0 to 65535",
        ),
        (
            "session: {workers: 0}\n",
            "config.yaml, line 1: session.workers: expected a whole number of at least 1",
        ),
        (
            "llm: {connect_seconds: .nan}\n",
            "config.yaml, line 1: llm.connect_seconds: expected a number above 0 up to 86400",
        ),
        (
            "speech: {own_servers: some}\n",
            "config.yaml, line 1: speech.own_servers: expected any or no or public",
        ),
        (
            "speech:\n  providers:\n    a: {}\n    kokoro:\n      ulr: x\n",
            "config.yaml, line 5: speech.providers.kokoro.ulr is not a setting; "
            "did you mean speech.providers.kokoro.url?",
        ),
        (
            "speech:\n  providers:\n    a: {}\n    kokoro:\n      url: localhost:8880\n",
            "config.yaml, line 5: speech.providers.kokoro.url: expected an address that "
            "begins with http:// or https://, or nothing",
        ),
        (
            "speech:\n  providers:\n    a:\n      sample_rate: fast\n",
            "config.yaml, line 4: speech.providers.a.sample_rate: expected a whole number "
            "from 8000 to 192000, or nothing, got text",
        ),
        (
            "speech:\n  providers:\n    a:\n      response_format: ogg\n",
            "config.yaml, line 4: speech.providers.a.response_format: expected aac or flac or "
            "mp3 or opus or pcm or wav, or nothing",
        ),
        (
            "speech:\n  providers:\n    a:\n      voice_for:\n        b: 3\n",
            "config.yaml, line 4: speech.providers.a.voice_for: expected names, each with "
            "text, such as {a: x, b: y}, got a number (put it in quotes)",
        ),
        (
            "speech:\n  providers:\n    a: {}\n    Kokoro-1: {}\n",
            "config.yaml, line 4: speech.providers: expected names of small letters, digits "
            "and single underscores",
        ),
        (
            "speech:\n  providers:\n    a: {}\n    1: {}\n",
            "config.yaml, line 4: speech.providers: expected names of small letters, digits "
            "and single underscores",
        ),
        (
            "speech: {providers: [kokoro]}\n",
            "config.yaml, line 1: speech.providers: expected names, each with its settings "
            "below it, got a list",
        ),
        (
            "speech: {providers: {}}\n",
            "config.yaml, line 1: speech: there is nobody to speak: name a provider, such as "
            "embedded",
        ),
        (
            "speech: {chain: [kokoro]}\n",
            "config.yaml, line 1: speech: chain names somebody who is not a provider; these "
            "are: embedded",
        ),
        (
            "speech: {chain: [embedded, embedded]}\n",
            "config.yaml, line 1: speech: chain names a provider twice",
        ),
        (
            "speech:\n  url: http://k\n",
            "config.yaml, line 2: speech.url is now speech.providers.NAME.url",
        ),
        (
            "speech:\n  embedded: {processes: 2}\n",
            "config.yaml, line 2: speech.embedded is now speech.providers.embedded",
        ),
        (
            "voice: a\n",
            "config.yaml, line 1: voice is not a setting; "
            "did you mean speech.providers.NAME.voice?",
        ),
        (
            "llm: {url: localhost}\n",
            "config.yaml, line 1: llm.url: expected an address that begins with http:// or "
            "https://, or nothing",
        ),
        (
            "llm:\n  model: m\n  url: http://a..b/v1\n",
            "config.yaml, line 3: llm.url: it is no address; it looks like http://host:port/v1",
        ),
        (
            "speech:\n  providers:\n    a: {}\n    kokoro:\n      url: http://k:99999\n",
            "config.yaml, line 5: speech.providers.kokoro.url: it is no address; it looks "
            "like http://host:port/v1",
        ),
        (
            "server:\n  port: 1\n  public_url: https://[::1\n",
            "config.yaml, line 3: server.public_url: it is no address; it looks like "
            "https://stories.example.org",
        ),
        (
            "server:\n  allowed_origins: [http://a, http://b..c]\n",
            "config.yaml, line 2: server.allowed_origins: one is no address of a web site; "
            "they look like https://app.example.org",
        ),
        (
            "llm:\n  temperature: 1\n  model: m\n",
            "config.yaml, line 3: llm.model: the embedded model has no such setting; llm.url "
            "says where another one is",
        ),
        (
            "llm:\n  api_key: k\n",
            "config.yaml, line 2: llm.api_key: the embedded model has no such setting; "
            "llm.url says where another one is",
        ),
        (
            "llm:\n  url: http://a\n  api_key: a b\n",
            "config.yaml, line 3: llm.api_key: expected letters, digits and punctuation in "
            "one piece, or nothing",
        ),
        (
            "llm: {model: 3}\n",
            "config.yaml, line 1: llm.model: expected text, got a number (put it in quotes)",
        ),
        (
            "server: {host: ''}\n",
            "config.yaml, line 1: server.host: expected text that is not empty",
        ),
        (
            "server: {allowed_origins: http://a}\n",
            "config.yaml, line 1: server.allowed_origins: expected a list of "
            "addresses like https://app.example.org, such as [a, b], got text",
        ),
        (
            "store: data\n",
            "config.yaml, line 1: store: expected a section with path, max_audio_mb, "
            "max_files_mb, got text",
        ),
        (
            "- server\n",
            "config.yaml: expected the sections server, auth, store, llm, speech, text, "
            "loudness, scene, session",
        ),
        (
            "llm:\n  url: ''\n  model: a\n  url: http://b\n",
            "config.yaml, line 4: llm.url appears twice, the first time in line 2",
        ),
        (
            "llm:\n\turl: ''\n",
            "config.yaml, line 2, column 1: not valid YAML; look at the indentation, at the "
            "colons, and at text that needs quotes",
        ),
        (
            "server: {port: 2024-99-99}\n",
            "config.yaml: not valid YAML; look at the indentation, at the colons, and at text "
            "that needs quotes",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_what_was_expected(
    tmp_path: Path, text: str, words: str
) -> None:
    assert _refusal(tmp_path, text) == words


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        (
            "NARRATION_SERVER_PORT",
            "1",
            "NARRATION_SERVER_PORT in the environment is not a setting; "
            "did you mean NARRATION_SERVER__PORT?",
        ),
        (
            "NARRATION_PORT",
            "1",
            "NARRATION_PORT in the environment is not a setting; "
            "did you mean NARRATION_SERVER__PORT?",
        ),
        ("NARRATION_", "1", "NARRATION_ in the environment is not a setting"),
        (
            "NARRATION_SERVER__PORT",
            "many",
            "NARRATION_SERVER__PORT in the environment: "
            "expected a whole number from 0 to 65535",
        ),
        (
            "NARRATION_AUTH__TOKENS",
            "{ada: [",
            "NARRATION_AUTH__TOKENS in the environment: "
            "expected names, each with a token of letters, digits and punctuation, "
            "such as {a: x, b: y}",
        ),
        (
            "NARRATION_AUTH__TOKENS",
            "{ada: x, bob: x}",
            "NARRATION_AUTH__TOKENS in the environment: two users have the same token",
        ),
        (
            "NARRATION_SPEECH__PROVIDERS__KOKORO__ULR",
            "x",
            "NARRATION_SPEECH__PROVIDERS__KOKORO__ULR in the environment is not a setting; "
            "did you mean NARRATION_SPEECH__PROVIDERS__KOKORO__URL?",
        ),
        (
            "NARRATION_SPEECH__PROVIDERS__KOKORO__URL",
            "k:8880",
            "NARRATION_SPEECH__PROVIDERS__KOKORO__URL in the environment: expected an address "
            "that begins with http:// or https://, or nothing",
        ),
        (
            "NARRATION_SPEECH__PROVIDERS__2__URL",
            "http://k",
            "NARRATION_SPEECH__PROVIDERS__2__URL in the environment: expected names of small "
            "letters, digits and single underscores",
        ),
        (
            "NARRATION_SPEECH__URL",
            "http://k",
            "NARRATION_SPEECH__URL in the environment is now "
            "NARRATION_SPEECH__PROVIDERS__NAME__URL",
        ),
        (
            "NARRATION_SPEECH__EMBEDDED__PROCESSES",
            "2",
            "NARRATION_SPEECH__EMBEDDED__PROCESSES in the environment is now "
            "NARRATION_SPEECH__PROVIDERS__EMBEDDED__CONCURRENCY",
        ),
        (
            "NARRATION_LLM__URL",
            "http://a..b/v1",
            "NARRATION_LLM__URL in the environment: url: it is no address; it looks like "
            "http://host:port/v1",
        ),
        (
            "NARRATION_LLM__MODEL",
            "m",
            "NARRATION_LLM__MODEL in the environment: model: the embedded model has no such "
            "setting; llm.url says where another one is",
        ),
        (
            "NARRATION_SPEECH__CHAIN",
            "[kokoro]",
            "NARRATION_SPEECH__CHAIN in the environment: chain names somebody who is not a "
            "provider; these are: embedded",
        ),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(
    tmp_path: Path, name: str, raw: str, words: str
) -> None:
    assert _refusal(tmp_path, "", {name: raw}) == words


def test_two_users_cannot_have_the_same_token(tmp_path: Path) -> None:
    words = _refusal(tmp_path, "auth:\n  tokens: {ada: x, bob: x}\n")

    assert words == "config.yaml, line 1: auth: two users have the same token"


def test_an_alias_into_itself_is_refused_and_not_followed_for_ever(tmp_path: Path) -> None:
    assert "a is not a setting" in _refusal(tmp_path, "a: &a {b: *a}\n")


@pytest.mark.parametrize("type", sorted(ADAPTERS))
async def test_what_a_type_of_service_does_not_use_is_refused(type: str) -> None:
    every = {
        "url": "http://127.0.0.1:1/v1",
        "model": "m",
        "voice": "v",
        "api_key": "k",
        "response_format": "wav",
        "sample_rate": 16_000,
        "word_times": True,
        "extra_params": {"a": 1},
        "connect_seconds": 1.0,
        "stall_seconds": 1.0,
        "sentence_seconds": 1.0,
    }
    for name in every.keys() - ADAPTERS[type].settings:
        config = ProviderConfig(type=type, **{name: every[name]})  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=f"a.{name}: type {type} has no such setting"):
            async with open_provider("a", config, SpeechConfig()):
                pass
    assert (type == "embedded") == ("voice" not in ADAPTERS[type].settings)


# Secrets


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t\n"])
def test_a_secret_may_end_with_a_line_break_as_in_a_file(tmp_path: Path, end: str) -> None:
    file = "llm: {url: http://m}\nspeech: {providers: {kokoro: {}}}\n"
    from_variables = _load(
        tmp_path,
        file,
        {
            "NARRATION_LLM__API_KEY": f"{_SECRET}{end}",
            "NARRATION_SPEECH__PROVIDERS__KOKORO__API_KEY": f" {_SECRET}{end}",
            "NARRATION_AUTH__OPERATOR_TOKEN": f"{_SECRET}{end}",
        },
    )
    quoted = yaml.safe_dump(f"{_SECRET}{end}", default_style='"').strip()
    from_file = _load(
        tmp_path,
        f"llm: {{url: http://m, api_key: {quoted}}}\n"
        f"speech: {{providers: {{kokoro: {{api_key: {quoted}}}}}}}\n"
        f"auth: {{operator_token: {quoted}}}\n",
    )
    for config in (from_variables, from_file):
        assert config.llm.api_key == _SECRET
        assert config.speech.providers["kokoro"].api_key == _SECRET
        assert config.auth.operator_token == _SECRET
    tokens = _load(tmp_path, f"auth: {{tokens: {{ada: {quoted}}}}}\n").auth.tokens
    assert tokens == {"ada": _SECRET}


@pytest.mark.parametrize(
    "text",
    [
        f"llm: {{api_key: [{_SECRET}]}}",
        f"llm: {{api_key: !{_SECRET} x}}",
        f"llm: {{api_key: *{_SECRET}}}",
        f"llm: {{api_key: {_SECRET}: x}}",
        f"llm: {{api_key: '{_SECRET}}}",
        f"llm: {{api_key: {_SECRET}, url: {_SECRET}}}",
        f"llm: {{api_key: {_SECRET}, api_key: {_SECRET}}}",
        f"auth: {{tokens: {_SECRET}}}",
        f"auth: {{tokens: [{_SECRET}]}}",
        f"auth: {{tokens: {{ada: {_SECRET}, bob: {_SECRET}}}}}",
        f"auth: {{tokens: {{ada: {{{_SECRET}: 1}}}}}}",
        f"speech: {{chain: [{_SECRET}]}}",
        f"speech: {{providers: {{a: {_SECRET}}}}}",
        f"speech: {{providers: {{a: {{api_key: [{_SECRET}]}}}}}}",
        f"speech: {{providers: {{a: {{url: {_SECRET}}}}}}}",
        f"speech: {{providers: {{a: {{extra_params: {_SECRET}}}}}}}",
        f"speech: {{providers: {{a: {{response_format: {_SECRET}}}}}}}",
    ],
)
def test_no_error_repeats_a_value_of_the_file(tmp_path: Path, text: str) -> None:
    assert _SECRET not in _refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("NARRATION_AUTH__TOKENS", _SECRET),
        ("NARRATION_AUTH__TOKENS", f"{{ada: *{_SECRET}}}"),
        ("NARRATION_AUTH__TOKENS", f"{{ada: {_SECRET}, bob: {_SECRET}}}"),
        ("NARRATION_LLM__EXTRA_PARAMS", _SECRET),
        ("NARRATION_LLM__API_KAY", _SECRET),
        ("NARRATION_SPEECH__CHAIN", f"[{_SECRET}]"),
        ("NARRATION_SPEECH__PROVIDERS__A__URL", _SECRET),
        ("NARRATION_SPEECH__PROVIDERS__A__API_KAY", _SECRET),
    ],
)
def test_no_error_repeats_a_variable(tmp_path: Path, name: str, raw: str) -> None:
    assert _SECRET not in _refusal(tmp_path, "", {name: raw})


def test_settings_do_not_show_their_secrets_when_printed() -> None:
    secrets: dict[str, Any] = {"api_key": _SECRET, "extra_params": {"key": _SECRET}}
    config = Config(
        auth=AuthConfig(tokens={"ada": _SECRET}),
        llm=LLMConfig(
            api_key=_SECRET, extra_params={"key": _SECRET}, url=f"http://me:{_SECRET}@llm/v1"
        ),
        speech=SpeechConfig(providers={"kokoro": ProviderConfig(voice="heart", **secrets)}),
    )

    for shown in (repr(config), str(config), f"{config.llm}"):
        assert _SECRET not in shown
    assert "voice='heart'" in repr(config)
    assert "api_key=''" in repr(Config())
