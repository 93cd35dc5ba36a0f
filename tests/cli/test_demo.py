"""What `flask demo` refuses, and how it prepares its database; the running of it is tried in tests/torture."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.cli import create_app, demo_contents
from booking.cli.demo import LOCK_FILE
from booking.core.clock import utc_now
from booking.models import Appointment, Clinic
from booking.services.demo import fill_demo
from tests.databases import Database
from tests.factories import make_patient
from tests.programs import program_with
from tests.settings import settings_for


@pytest.fixture
def program(app: Flask, database: Database, tmp_path: Path) -> Iterator[Flask]:
    with program_with(settings_for(database.url, tmp_path, STAGE="demo")) as program:
        yield program


def test_a_real_clinic_is_never_filled_with_invented_people(app: Flask, database: Database, tmp_path: Path) -> None:
    program = create_app(settings_for(database.url, tmp_path))
    result = program.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert (
        result.stderr
        == "Error: These are the settings of a real clinic; the demo would fill it with invented people.\n"
    )


def test_an_old_sqlite_is_told(program: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.cli.demo.LEAST_SQLITE", (99, 0, 0))
    result = program.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert "or newer is needed." in result.stderr


@pytest.mark.parametrize(("written", "told"), [("http://localhost:8001\n", ", at http://localhost:8001"), ("", "")])
def test_a_demo_that_runs_already_is_told_with_its_address(
    program: Flask, tmp_path: Path, written: str, told: str
) -> None:
    with (tmp_path / LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(written)
        lock.flush()
        result = program.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert result.stderr == f"Error: The demo already runs from {tmp_path}{told}.\n"


def test_the_lock_holds_the_address_of_the_last_demo(program: Flask, tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("http://localhost:65000/from-before\n")
    program.test_cli_runner().invoke(args=["demo", "--fresh"], env={"PORT": "0"})
    assert (tmp_path / LOCK_FILE).read_text() == "http://localhost:8000\n"


def test_a_database_elsewhere_is_not_thrown_away(program: Flask, session: Session) -> None:
    patient = make_patient(session)
    result = program.test_cli_runner().invoke(args=["demo", "--fresh"], env={"PORT": "0"})
    assert result.exit_code == 1
    assert result.stderr == "Error: --fresh only renews a database in the demo's own folder.\n"
    session.refresh(patient)


def test_patients_who_are_there_are_left_alone(program: Flask, session: Session) -> None:
    make_patient(session)
    with program.app_context(), pytest.raises(click.ClickException, match="it is left alone"):
        demo_contents.prepare()


def test_an_empty_database_gets_clinic_and_visits_once(
    program: Flask, session: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.execute(sa.delete(Clinic))
    session.commit()
    monkeypatch.setattr(
        demo_contents, "fill_demo", lambda *given, **named: fill_demo(*given, **named, days=1, load=0.2)
    )
    with program.app_context():
        demo_contents.prepare()
        first = capsys.readouterr().out
        demo_contents.prepare()
    assert "loading the clinic" in first
    assert "inventing patients and visits" in first
    assert capsys.readouterr().out == ""
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment))


def test_old_visits_are_told_of_with_the_way_to_new_ones(
    program: Flask, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_demo(session, password="calm-harbour-lights", now=utc_now() - timedelta(days=20), days=1, load=0.1)
    with program.app_context():
        demo_contents.prepare()
    assert capsys.readouterr().out == '  The invented visits are 20 days old. To begin anew: make run ARGS="--fresh"\n'
