"""`clinic load` and `clinic export`: all of a file or nothing of it, and a line with its place for every mistake."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from booking.cli import create_app
from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.scheduling.calendar_change import ClosureChange, WeekChange
from booking.models import (
    AuditEvent,
    Clinic,
    Location,
    Resource,
    SegmentNeed,
    Service,
    ServiceSegment,
    WeeklyHours,
)
from booking.queries.catalogue import catalogue
from booking.services import calendar_changes
from booking.services.calendar_changes import AskedChange
from tests.core.clinic_file.sample import SAMPLE
from tests.factories import make_appointment
from tests.settings import settings_for

DEMO = Path("demo/clinic.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good clinic file that tests may spoil."""
    path = tmp_path / "the clinic.toml"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


def run(program: Flask, *arguments: str | Path) -> Result:
    return program.test_cli_runner().invoke(args=["clinic", *(str(argument) for argument in arguments)])


def name_of(session: Session) -> str | None:
    session.rollback()
    return session.scalar(sa.select(Clinic.name))


def test_a_good_file_is_loaded_and_said_so(program: Flask, session: Session, file: Path) -> None:
    result = run(program, "load", file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Loaded Harbour: 2 locations, ")
    assert name_of(session) == "Harbour"
    assert session.scalar(sa.select(AuditEvent.action)) == "clinic_loaded"


def empty(session: Session) -> None:
    """Take the test clinic away."""
    for table in (SegmentNeed, ServiceSegment, Service, WeeklyHours, Resource, Location, Clinic):
        session.execute(sa.delete(table))
    session.commit()


def test_what_is_exported_can_be_loaded_and_is_the_same_again(program: Flask, session: Session, tmp_path: Path) -> None:
    empty(session)
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    assert run(program, "load", DEMO).exit_code == 0
    assert run(program, "export", first).exit_code == 0
    again = run(program, "load", first)
    assert again.exit_code == 0, again.stderr
    assert run(program, "export", second).exit_code == 0
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")
    assert "Dr. Inés Reyes" in first.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_without_a_file_the_export_goes_to_the_screen(program: Flask) -> None:
    result = run(program, "export")
    assert (result.exit_code, result.stderr) == (0, "")
    assert 'name = "Test Pain Clinic"' in result.stdout


@pytest.mark.parametrize(
    ("wrong", "instead", "line"),
    [
        ('kind = "specialist"', 'kind = "wizard"', "wizard is not one of"),
        ('time_zone = "America/Chicago"', 'time_zone = "Mars/Olympus"', "Mars/Olympus is no time zone"),
        ("[clinic]", "[clinic", "line 2: This is not valid TOML"),
    ],
)
def test_every_mistake_is_a_line_with_its_place(
    program: Flask, session: Session, file: Path, wrong: str, instead: str, line: str
) -> None:
    file.write_text(SAMPLE.replace(wrong, instead, 1), encoding="utf-8")
    result = run(program, "load", file)
    assert (result.exit_code, result.stdout) == (1, "")
    first, *_, last = result.stderr.splitlines()
    assert first.startswith(f"{file}: line ")
    assert line in first
    assert last == "1 mistake; nothing was loaded."
    assert name_of(session) == "Test Pain Clinic"


def test_several_mistakes_are_told_at_once(program: Flask, file: Path) -> None:
    file.write_text(SAMPLE.replace('"America/Chicago"', '"Mars/Olympus"').replace('"specialist"', '"wizard"', 1))
    lines = run(program, "load", file).stderr.splitlines()
    assert len(lines) >= 3
    assert lines[-1] == f"{len(lines) - 1} mistakes; nothing was loaded."


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'format = 1\nname = "\xff"\n', "line 2: This is not UTF-8 text."),
        (b"#" * 5_000_001, "The file is bigger than 5 MB; a clinic file is not."),
    ],
)
def test_bytes_that_are_no_clinic_file(program: Flask, file: Path, raw: bytes, sentence: str) -> None:
    file.write_bytes(raw)
    result = run(program, "load", file)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (1, f"{file}: {sentence}")


def test_a_file_that_is_not_there(program: Flask, tmp_path: Path) -> None:
    result = run(program, "load", tmp_path / "none.toml")
    sentence = "cannot be read: No such file or directory"
    assert (result.exit_code, result.stderr) == (1, f"{tmp_path / 'none.toml'} {sentence}\n")


def test_a_folder_that_is_not_there(program: Flask, tmp_path: Path) -> None:
    result = run(program, "export", tmp_path / "none" / "clinic.toml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("cannot be written: No such file or directory\n")


def test_a_block_that_meets_a_visit_is_told_in_words(program: Flask, session: Session, file: Path) -> None:
    assert run(program, "load", file).exit_code == 0
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n{BLOCK}", encoding="utf-8")
    reserve_first_resource(session, datetime.fromisoformat("2027-03-09T09:30:00-05:00"))
    result = run(program, "load", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "The block of dr-cruz from 2027-03-09 09:00-05:00 to 2027-03-09 12:00-05:00 meets a visit. "
        "Cancel or move it first; nothing was loaded.\n"
    )


LATER = (utc_now() + timedelta(days=40)).date()
BLOCK = """
[[blocks]]
resource = "dr-cruz"
from = 2027-03-09T09:00:00-05:00
to = 2027-03-09T12:00:00-05:00
note = "Leave"
"""


def reserve_first_resource(session: Session, starts_at: datetime) -> None:
    resource_id = session.scalars(sa.text("SELECT id FROM resource WHERE code = 'dr-cruz'")).one()
    make_appointment(session, specialist_id=resource_id, starts_at=starts_at)


def test_what_the_desk_has_changed_is_named_and_kept_unless_that_is_wanted(
    program: Flask, session: Session, file: Path
) -> None:
    assert run(program, "load", file).exit_code == 0
    resource = catalogue(session).resource_by_code["dr-cruz"]
    place = min(resource.location_ids)
    fay = Actor(role=Role.ADMINISTRATOR, owner="fay")
    for number, change in enumerate(
        (WeekChange(resource.id, place, ((),) * 7, LATER), ClosureChange(place, LATER, LATER, "Flood"))
    ):
        calendar_changes.save(session, AskedChange(change, f"nonce-{number}"), actor=fay, now=utc_now())
    result = run(program, "load", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "Changed in the browser since the last loading: the hours of dr-cruz and closed days.\nWrite the present clinic"
    )
    assert run(program, "load", "--undo-desk-changes", file).exit_code == 0


def test_an_empty_database_has_nothing_to_export(program: Flask, session: Session) -> None:
    session.execute(sa.delete(Clinic))
    session.commit()
    result = run(program, "export")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "There is no clinic in the database yet: flask clinic load FILE.\n"


def test_a_database_that_was_never_migrated(tmp_path: Path, file: Path) -> None:
    program = create_app(settings_for(f"sqlite:///{tmp_path / 'new.db'}", tmp_path))
    result = run(program, "load", file)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("respite: the database is at migration none")


def test_a_database_that_cannot_be_reached(tmp_path: Path, file: Path) -> None:
    program = create_app(settings_for(f"sqlite:///{tmp_path / 'none' / 'new.db'}", tmp_path))
    result = run(program, "load", file)
    assert (result.exit_code, result.stderr) == (3, "respite: the database cannot be used (OperationalError)\n")
