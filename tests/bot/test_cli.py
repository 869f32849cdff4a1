"""The command line as people and scripts use it; model off, a data folder of its own."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import cli
from tests.bot.turn_kit import PHONE

KEYS = {"intent", "confidence", "entities", "reply", "buttons", "faq_id", "citations", "ticket"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(autouse=True)
def surroundings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NIANGJIA_DATA__FOLDER", str(folder))
    monkeypatch.setenv("NIANGJIA_NLU__URL", "off")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def run(*arguments: str, said: str = "") -> Result:
    result = CliRunner().invoke(cli, list(arguments), input=said)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def asked(*arguments: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(run("ask", *arguments).stdout)
    return answer


def test_ask_prints_what_scripts_rely_on() -> None:
    answer = asked("加班费到底怎么算，平时、周末、节假日各是几倍？")
    assert set(answer) >= KEYS
    assert (answer["faq_id"], answer["intent"], answer["ticket"]) == (
        "overtime_pay.rates",
        "overtime_pay",
        None,
    )
    assert ["劳动法", 44] in [
        [law.replace("中华人民共和国", ""), article] for law, article in answer["citations"]
    ]
    assert "依据" in answer["reply"]
    assert all(set(button) == {"label", "payload"} for button in answer["buttons"])


def test_a_session_goes_on_and_buttons_can_be_pressed() -> None:
    opened = asked("转人工", "--session", "script-1")
    assert opened["ticket"]
    status = asked("", "--session", "script-1", "--payload", "go:status")
    assert str(opened["ticket"]) in str(status["reply"])


def test_tickets_are_json_lines_with_sensitive_values_masked() -> None:
    asked("", "--session", "script-2", "--payload", "flow:wage_arrears")
    said = ("官渡区", "两万八", "三个月", "5个人", "恒泰劳务", "同意", PHONE, "提交")
    run("chat", "--session", "script-2", said="\n".join([*said, "", ""]))
    printed = run("tickets", "--json").stdout
    lines = [json.loads(line) for line in printed.splitlines()]
    (ticket,) = [line for line in lines if line["category"] == "wage_arrears"]
    assert (ticket["state"], ticket["region"]) == ("pending", "云南省昆明市官渡区")
    assert ticket["sensitive"] == {"phone": "***"}
    assert ticket["events"][0]["kind"] == "opened"
    assert {"urgency", "employer", "facts", "first_response_due", "close_due", "unit", "assignee"} <= set(
        ticket
    )
    assert PHONE not in printed
    assert len(run("tickets", "--json", "--open").stdout.splitlines()) == len(lines)
    assert ticket["number"] in run("tickets").stdout


def test_an_account_is_created_with_a_password_from_standard_input() -> None:
    arguments = ("admin", "create", "--role", "cadre", "--organization", "530111", "--username", "zhang")
    made = run(*arguments, "--password-stdin", said="correct horse battery\n")
    assert made.exit_code == 0
    assert "zhang" in made.stdout
    assert "correct horse" not in made.stdout
    again = run(*arguments, "--password-stdin", said="correct horse battery\n")
    assert again.exit_code == 2
    assert again.stderr.strip()


@pytest.mark.parametrize("wrong", [("--role", "king"), ("--organization", "999999")])
def test_an_account_that_can_t_be_is_refused_in_words(wrong: tuple[str, str]) -> None:
    right = {"--role": "cadre", "--organization": "530111", "--username": "li"} | dict([wrong])
    result = run("admin", "create", *(part for pair in right.items() for part in pair))
    assert result.exit_code == 2
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


def test_without_a_password_a_random_one_is_shown_once() -> None:
    result = run("admin", "create", "--role", "leader", "--organization", "530111", "--username", "wang")
    assert (result.exit_code, "***" in result.stdout) == (0, False)


def test_doctor_says_what_is_well() -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert [line.split("：")[0].split()[-1] for line in result.stdout.splitlines()] == [
        "database",
        "knowledge",
        "nlu",
    ]


def test_doctor_names_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANGJIA_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
    result = run("doctor")
    assert result.exit_code == 1
    assert "database" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("name", "value", "path"), [
    ("NIANGJIA_SERVER__PORT", "many", "server.port"), ("NIANGJIA_SERVER__PROT", "1", "server.prot"),
    ("NIANGJIA_TELEGRAM__MODE", "polling", "telegram.token"),
])  # fmt: skip
@pytest.mark.parametrize("command", [("serve",), ("ask", "你好"), ("chat",), ("tickets",), ("doctor",)])
def test_a_wrong_setting_exits_2_and_is_named(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str, value: str, path: str
) -> None:
    monkeypatch.setenv(name, value)
    result = run(*command)
    assert result.exit_code == 2
    assert path in result.stderr


def test_chat_reads_lines_and_presses_buttons_by_number() -> None:
    result = run("chat", said="你好\n1\n\n")
    assert result.exit_code == 0
    assert "[1]" in result.stdout
    assert result.stdout.count("> ") == 3


def test_as_a_process_only_json_is_on_standard_output(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "你好"], capture_output=True, check=True, timeout=120,
        env={**os.environ, "NIANGJIA_DATA__FOLDER": str(folder), "NIANGJIA_NLU__URL": "off"},
    )  # fmt: skip
    assert set(json.loads(done.stdout)) >= KEYS
    assert done.stderr == b""
