"""The settings: the file that ships, what a file or a variable may say, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from narration.config import AuthConfig, Config, LLMConfig, SpeechConfig
from narration.config_keys import KEYS
from narration.errors import ConfigError
from narration.settings import load
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


def test_the_shipped_file_has_every_setting_with_its_default() -> None:
    _, lines = read_yaml(_SHIPPED.read_text(encoding="utf-8"), "config.yaml")

    assert set(lines) == {key.path for key in KEYS.values()}
    assert load(_SHIPPED, {}) == Config()


def test_the_shipped_file_is_in_the_order_of_the_structs() -> None:
    _, lines = read_yaml(_SHIPPED.read_text(encoding="utf-8"), "config.yaml")

    assert sorted(lines, key=lambda path: lines[path]) == [key.path for key in KEYS.values()]


def test_the_shipped_file_explains_every_setting() -> None:
    text = _SHIPPED.read_text(encoding="utf-8").splitlines()
    _, lines = read_yaml("\n".join(text), "config.yaml")

    unexplained = [
        ".".join(path)
        for path, line in lines.items()
        if not KEYS[".".join(path)].is_section and not text[line - 2].lstrip().startswith("# ")
    ]

    assert not unexplained


# Where settings come from


def test_a_file_overrides_only_what_it_names(tmp_path: Path) -> None:
    config = _load(tmp_path, "llm:\n  url: http://127.0.0.1:11434/v1\n  model: llama3.2\n")

    assert config == Config(llm=LLMConfig(url="http://127.0.0.1:11434/v1", model="llama3.2"))


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "llm:\n  # url: x\n", "llm:\n  embedded:\n"]
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
        ("speech.response_format", "wav", "wav"),
        ("speech.voice", "yes", "yes"),
        ("llm.api_key", "0123", "0123"),
        ("llm.api_key", "", ""),
        ("llm.api_key", "*a: [", "*a: ["),
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
    file = "server: {port: 1, host: file}\nllm: {api_key: file, temperature: 0.1}\n"

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
        default: Any = msgspec.to_builtins(Config())
        for part in key.path:
            default = default[part]
        raw = default if isinstance(default, str) else yaml.safe_dump(default)
        assert _load(tmp_path, "", {key.variable: raw}) == Config(), key.name


def test_what_kubernetes_says_of_a_service_of_our_name_is_no_setting(tmp_path: Path) -> None:
    environ = {
        "NARRATION_SERVICE_HOST": "10.0.0.7",
        "NARRATION_SERVICE_PORT": "9876",
        "NARRATION_SERVICE_PORT_HTTP": "9876",
        "NARRATION_PORT": "tcp://10.0.0.7:9876",
        "NARRATION_PORT_9876_TCP_ADDR": "10.0.0.7",
    }

    assert _load(tmp_path, "", environ) == Config()


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
            "speech: {response_format: mp3}\n",
            "config.yaml, line 1: speech.response_format: expected pcm or wav",
        ),
        (
            "llm: {url: localhost}\n",
            "config.yaml, line 1: llm.url: expected an address that begins with http:// or "
            "https://, or nothing",
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


# Secrets


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
        f"speech: {{extra_params: {_SECRET}}}",
        f"speech: {{response_format: {_SECRET}}}",
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
    ],
)
def test_no_error_repeats_a_variable(tmp_path: Path, name: str, raw: str) -> None:
    assert _SECRET not in _refusal(tmp_path, "", {name: raw})


def test_settings_do_not_show_their_secrets_when_printed() -> None:
    config = Config(
        auth=AuthConfig(tokens={"ada": _SECRET}),
        llm=LLMConfig(api_key=_SECRET, extra_params={"key": _SECRET}),
        speech=SpeechConfig(api_key=_SECRET, voice="heart"),
    )

    for shown in (repr(config), str(config), f"{config.llm}"):
        assert _SECRET not in shown
    assert "voice='heart'" in repr(config)
    assert "api_key=''" in repr(Config())
