"""config.yaml and the environment: what is taken, what is refused, and how it is said."""

from pathlib import Path

import pytest

from bot import config
from bot.app import drafter_from
from bot.config import ConfigError, Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_shipped_file_is_valid() -> None:
    assert config.load(Path("config.yaml"), {}).server.port == 8000


def test_environment_wins_over_file(file: Path) -> None:
    file.write_text("server: {port: 8100}")
    assert config.load(file, {}).server.port == 8100
    assert config.load(file, {"NIANGJIA_SERVER__PORT": "8200"}).server.port == 8200


def test_list_from_environment(file: Path) -> None:
    loaded = config.load(file, {"NIANGJIA_SLA__PERIODS": '["08:30-12:00", "13:30-17:30"]'})
    assert loaded.sla.periods == ["08:30-12:00", "13:30-17:30"]


@pytest.mark.parametrize(
    ("text", "environ", "told"),
    [
        ("server: {prot: 1}", {}, ["server.prot", "did you mean port?", "host"]),
        ("sevrer: {port: 1}", {}, ["sevrer", "did you mean server?"]),
        ("server: {port: 0}", {}, ["server.port", "greater than or equal to 1"]),
        ("server: {port: 65536}", {}, ["server.port", "less than or equal to 65535"]),
        ("telegram: {mode: push}", {}, ["telegram.mode", "polling"]),
        ("telegram: {mode: polling}", {}, ["telegram.token"]),
        ("nlu: {url: somewhere}", {}, ["nlu.url", "embedded"]),
        ("redis: {url: http://x}", {}, ["redis.url", "memory://"]),
        ("[]", {}, ["mapping"]),
        ("server: [1]", {}, ["server"]),
        ("a: b: c", {}, ["not valid YAML"]),
        ("", {"NIANGJIA_SERVER__PRT": "1"}, ["server.prt", "did you mean port?"]),
        ("", {"NIANGJIA_WEB__PORT": "1"}, ["NIANGJIA_WEB__PORT", "NIANGJIA_SERVER__"]),
        ("knowledge: {answer_score: 0.2, choices_score: 0.5}", {}, ["knowledge.choices_score"]),
        ("sla: {periods: ['9-12']}", {}, ["sla.periods"]),
        ("drafting: {url: somewhere}", {}, ["drafting.url", "http(s)"]),
        ("drafting: {url: 'https://me:pass@ai.example', model: m}", {}, ["drafting.url"]),
        ("drafting: {url: 'https://ai.example'}", {}, ["drafting.model"]),
        ("drafting: {timeout_seconds: 0}", {}, ["drafting.timeout_seconds"]),
        ("drafting: {api_key: sk-1}", {}, ["drafting.api_key", "NIANGJIA_DRAFTING__API_KEY"]),
        ("", {"NIANGJIA_DRAFTING__API_KEY": "钥匙"}, ["drafting.api_key"]),
    ],
)
def test_wrong_settings_are_refused_with_path(
    file: Path, text: str, environ: dict[str, str], told: list[str]
) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        config.load(file, environ)
    for part in told:
        assert part in str(refused.value)


@pytest.mark.parametrize("port", [1, 65535])
def test_ports_at_the_limits_are_taken(file: Path, port: int) -> None:
    assert config.load(file, {"NIANGJIA_SERVER__PORT": str(port)}).server.port == port


def test_secrets_do_not_show_in_repr() -> None:
    settings = Settings.model_validate({"telegram": {"mode": "polling", "token": "123456:SECRET"}})
    assert "SECRET" not in repr(settings)


def test_drafting_is_off_until_an_address_is_set(file: Path) -> None:
    assert drafter_from(config.load(file, {})) is None
    file.write_text("drafting: {url: 'http://127.0.0.1:9/', model: m}")
    loaded = config.load(file, {"NIANGJIA_DRAFTING__API_KEY": "sk-SECRET"})
    assert drafter_from(loaded) is not None
    assert (loaded.drafting.url, loaded.drafting.api_key) == ("http://127.0.0.1:9", "sk-SECRET")
    assert "sk-SECRET" not in repr(loaded)


@pytest.mark.parametrize("text", ["drafting: {api_key: sk-SECRET}", "drafting: {api_key: [sk-SECRET]}"])
def test_a_refused_key_is_not_repeated(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        config.load(file, {"NIANGJIA_DRAFTING__API_KEY": "sk-SECRET\n"})
    assert "SECRET" not in str(refused.value)


def test_every_key_is_in_the_readme_table() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    keys = [
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in field.annotation.model_fields  # type: ignore[union-attr]
    ]
    assert [key for key in keys if f"`{key}`" not in readme] == []
