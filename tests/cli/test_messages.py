"""The commands for sending: what they print, and what production refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from tests.databases import Database
from tests.factories import make_appointment
from tests.outbox import plan_booking, states
from tests.programs import program_with
from tests.settings import settings_for

PRODUCTION = {"STAGE": "production", "BASE_URL": "https://visits.example", "SMTP_URL": "smtp://127.0.0.1:1"}


@pytest.fixture
def runner(program: Flask) -> FlaskCliRunner:
    return program.test_cli_runner()


@pytest.fixture
def production(app: Flask, database: Database, tmp_path: Path) -> Iterator[FlaskCliRunner]:
    settings = settings_for(database.url, tmp_path, **PRODUCTION, RATE_LIMIT_FACTOR="1")
    with program_with(settings) as program:
        yield program.test_cli_runner()


def test_send_due_says_what_became_of_everything(session: Session, runner: FlaskCliRunner) -> None:
    plan_booking(session, make_appointment(session))
    result = runner.invoke(args=["messages", "send-due", "--now", "2026-11-29T10:00-05:00"])
    assert result.exit_code == 0
    assert result.output.endswith("2 sent, 0 pending, 0 data_sent, 0 failed, 0 cancelled, 1 expired\n")
    assert "Subject: Tomorrow, 9:00 am" in result.output
    assert states(session)[MessageKind.REMINDER_1D] is MessageState.SENT


def test_nothing_due_is_a_good_run(session: Session, runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["messages", "send-due"])
    assert (result.exit_code, result.output) == (
        0,
        "0 sent, 0 pending, 0 data_sent, 0 failed, 0 cancelled, 0 expired\n",
    )


@pytest.mark.parametrize("value", ["soon", "2026-11-29T10:00"])
def test_now_has_to_be_an_instant(runner: FlaskCliRunner, value: str) -> None:
    result = runner.invoke(args=["messages", "send-due", "--now", value])
    assert result.exit_code == 2
    assert "2026-12-01T14:00Z" in result.output


@pytest.mark.parametrize(
    "command", [["messages", "send-due", "--now", "2026-12-01T14:00Z"], ["worker", "--ahead", "60"]]
)
def test_production_has_one_clock(production: FlaskCliRunner, command: list[str]) -> None:
    result = production.invoke(args=command)
    assert result.exit_code == 2
    assert "is for demonstrations" in result.output
