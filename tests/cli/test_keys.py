"""The commands for keys: what they print and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from booking.adapters.sealing import FieldKeys, new_key_entry
from booking.models import Patient
from booking.services.sealed import seal_text
from tests.databases import Database
from tests.factories import make_patient
from tests.programs import program_with
from tests.settings import BASE_ENV, settings_for

OLD = BASE_ENV["FIELD_KEYS"]
NEW = new_key_entry("t2")


@pytest.fixture
def note(session: Session) -> str:
    """A patient with one sealed note."""
    patient = make_patient(session)
    sealed = seal_text(session, "patient", "contact_note", patient.public_id, "call after five")
    session.execute(sa.update(Patient).values(contact_note_sealed=sealed))
    session.commit()
    return str(sealed)


@pytest.fixture
def runner(request: pytest.FixtureRequest, app: Flask, database: Database, tmp_path: Path) -> Iterator[FlaskCliRunner]:
    given = getattr(request, "param", f"{NEW},{OLD}")
    with program_with(settings_for(database.url, tmp_path, FIELD_KEYS=given)) as program:
        yield program.test_cli_runner()


def test_a_new_key_is_an_entry_of_the_setting(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["keys", "new", "k9"])
    assert result.exit_code == 0
    assert FieldKeys.parse(result.output.strip()).writing_id == "k9"


@pytest.mark.parametrize("key_id", ["t1", "no dots.", ""])
def test_an_id_is_used_once_and_is_plain(runner: FlaskCliRunner, key_id: str) -> None:
    result = runner.invoke(args=["keys", "new", key_id])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_status_and_rotation_say_what_is_left(runner: FlaskCliRunner, note: str) -> None:
    assert runner.invoke(args=["keys", "status"]).output.splitlines() == [
        "t2: 0 values, seals what is new",
        "t1: 1 values, run `keys rotate` to seal them with t2",
    ]
    rotated = runner.invoke(args=["keys", "rotate"])
    assert rotated.exit_code == 0
    assert rotated.stdout.splitlines() == ["1 values were sealed anew.", "t2: 1 values"]
    assert rotated.stderr.splitlines() == ["patient.contact_note_sealed: 1"]
    assert runner.invoke(args=["keys", "status"]).output.splitlines() == [
        "t2: 1 values, seals what is new",
        "t1: 0 values, needed only for backups that were made with it",
    ]


@pytest.mark.parametrize("runner", [NEW], ids=["missing"], indirect=True)
def test_a_missing_key_is_told_in_one_line(runner: FlaskCliRunner, note: str) -> None:
    assert "t1: 1 values CANNOT BE READ" in runner.invoke(args=["keys", "status"]).output
    result = runner.invoke(args=["keys", "rotate"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: FIELD_KEYS lacks the key of some values: t1.")


def test_values_that_do_not_open_are_told_and_change_the_exit_status(
    runner: FlaskCliRunner, session: Session, note: str
) -> None:
    session.execute(sa.update(Patient).values(contact_note_sealed=f"{note[:-4]}AAAA"))
    make_patient(session, contact_note_sealed="plain")
    result = runner.invoke(args=["keys", "rotate"])
    assert result.exit_code == 1
    assert "2 values do not open" in result.stderr
    assert "no key: 1 values" in runner.invoke(args=["keys", "status"]).output
