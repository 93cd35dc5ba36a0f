"""`audit verify` tells whether the log is whole, or the first place that is not; `audit head` gives what to keep."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from booking.adapters.anchors import note_anchor, note_restore
from booking.cli.audit import broken_words
from booking.config import Settings
from booking.core.audit_chain import Head
from booking.models import AuditEvent
from booking.queries.audit import head
from booking.services.audit_verify import Break, Broken
from tests.factories import NOW
from tests.services.audit_cast import cut_off, run, sealed_events, unguarded, write_events


@pytest.fixture
def runner(program: Flask) -> FlaskCliRunner:
    return program.test_cli_runner()


@pytest.fixture
def anchor_file(program: Flask) -> Path:
    settings: Settings = program.config["SETTINGS"]
    return settings.anchor_file


def note_head(session: Session, file: Path) -> None:
    note_anchor(file, head(session), now=NOW)
    session.rollback()


def test_a_whole_log_is_said_to_be_whole(session: Session, runner: FlaskCliRunner) -> None:
    sealed_events(session, 3)
    write_events(session, 1)
    told = runner.invoke(args=["audit", "verify"])
    assert (told.exit_code, "3 events sealed, 1 wait" in told.output) == (0, True)
    assert "cannot be seen" in told.output


def test_it_is_compared_with_the_heads_that_were_noted(
    session: Session, runner: FlaskCliRunner, anchor_file: Path
) -> None:
    seqs = sealed_events(session, 3)
    note_head(session, anchor_file)
    assert "fits the 1 ends" in runner.invoke(args=["audit", "verify"]).output
    with unguarded(session):
        cut_off(session, seqs[2])
    for more in ([], ["--anchor", str(anchor_file)]):
        told = runner.invoke(args=["audit", "verify", *more])
        assert told.exit_code == 1
        assert "the last events were cut off" in told.output


def test_a_changed_event_is_named(session: Session, runner: FlaskCliRunner) -> None:
    seqs = sealed_events(session, 3)
    with unguarded(session):
        run(session, "UPDATE audit_event SET action = 'nothing' WHERE seq = :seq", seq=seqs[1])
    told = runner.invoke(args=["audit", "verify"])
    assert told.exit_code == 1
    assert f"event {seqs[1]} or its link 2 is not as it was sealed" in told.output


@pytest.mark.parametrize("text", [None, "{what}\n"], ids=["missing", "something else"])
def test_noted_ends_that_cannot_be_read_are_told(
    session: Session, runner: FlaskCliRunner, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "given.jsonl"
    if text is not None:
        file.write_text(text)
    told = runner.invoke(args=["audit", "verify", "--anchor", str(file)])
    assert told.exit_code == 1
    assert "cannot be used" in told.output


def test_the_head_is_sealed_and_printed(session: Session, runner: FlaskCliRunner) -> None:
    write_events(session, 2)
    told = runner.invoke(args=["audit", "head"])
    session.rollback()
    assert told.output == f"2 {head(session).hash}\n"


def test_a_restore_is_no_cut_and_a_cut_after_it_is_one(
    session: Session, runner: FlaskCliRunner, program: Flask, anchor_file: Path
) -> None:
    """The log of the backup has 3 links, 5 were noted; the first check is the control, before the note."""
    sealed_events(session, 3)
    kept = head(session)
    anchor_file.parent.mkdir(parents=True, exist_ok=True)
    note_anchor(anchor_file, Head(5, "f" * 64), now=NOW)
    assert "were cut off" in runner.invoke(args=["audit", "verify"]).output

    seqs = sealed_events(session, 1)
    note_restore(anchor_file, program.config["SETTINGS"].audit_key, kept=kept, head=head(session), now=NOW)
    session.rollback()
    told = runner.invoke(args=["audit", "verify"])
    assert told.exit_code == 0
    assert "links 4 to 5, noted before, were lost with it" in told.output

    with unguarded(session):
        cut_off(session, seqs[-1])
    assert "were cut off" in runner.invoke(args=["audit", "verify"]).output


@pytest.mark.parametrize("kind", Broken)
def test_every_break_has_a_sentence(kind: Broken) -> None:
    assert broken_words(Break(kind, 5, 7)).endswith(".")


def test_the_sign_of_an_address_is_that_of_the_log(program: Flask, session: Session, runner: FlaskCliRunner) -> None:
    here = {"REMOTE_ADDR": "203.0.113.7"}
    data = {"email": "nobody@example.org", "password": "wrong one"}
    program.config["WTF_CSRF_ENABLED"] = False
    program.test_client().post("/account/log-in", data=data, environ_base=here)
    told = runner.invoke(args=["audit", "sign", "203.0.113.7", "203.0.113.8"])
    first, second = (line.split() for line in told.output.splitlines())
    assert first == ["203.0.113.7", session.scalars(sa.select(AuditEvent.network)).one()]
    assert second[1] != first[1]
