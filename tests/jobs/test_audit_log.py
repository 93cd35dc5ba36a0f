"""The worker's part: events are sealed, the end is noted outside the database, and the alarm is raised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.anchors import read_anchors
from booking.jobs.audit_log import ANCHORS_LOST, anchor_audit_log, check_audit_log, seal_audit_events
from booking.jobs.tools import AuditTools, Tools
from booking.models import Task
from booking.queries.audit import head
from tests.outbox import make_test_tools
from tests.services.audit_cast import cut_off, sealed_events, unguarded, write_events
from tests.settings import AUDIT_KEY


@pytest.fixture
def tools(session: Session, tmp_path: Path) -> Tools:
    return replace(make_test_tools(session), audit=AuditTools(AUDIT_KEY, tmp_path / "anchors.jsonl"))


def alarms(session: Session) -> list[str | None]:
    session.rollback()
    return list(session.scalars(sa.select(Task.reason_code).where(Task.kind == "check_audit_log")))


def test_the_worker_seals_and_notes_the_end(session: Session, tools: Tools) -> None:
    write_events(session, 3)
    seal_audit_events(tools)
    session.rollback()
    assert head(session).number == 3
    write_events(session, 1)
    anchor_audit_log(tools)
    anchor_audit_log(tools)
    session.rollback()
    assert tools.audit is not None
    assert read_anchors(tools.audit.anchor_file) == [head(session)]
    check_audit_log(tools)
    assert alarms(session) == []


def test_an_empty_log_is_not_noted(session: Session, tools: Tools) -> None:
    anchor_audit_log(tools)
    check_audit_log(tools)
    assert tools.audit is not None
    assert not tools.audit.anchor_file.exists()
    assert alarms(session) == []


def test_a_cut_end_raises_the_alarm_once_a_day(
    session: Session, tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    seqs = sealed_events(session, 3)
    anchor_audit_log(tools)
    with unguarded(session):
        cut_off(session, seqs[-1])
    check_audit_log(tools)
    check_audit_log(tools)
    assert alarms(session) == ["cut_off"]
    assert "the audit log does not fit: cut_off" in caplog.text


def test_a_file_of_anchors_that_holds_something_else_raises_the_alarm(session: Session, tools: Tools) -> None:
    write_events(session, 1)
    assert tools.audit is not None
    tools.audit.anchor_file.write_text("{what}\n")
    anchor_audit_log(tools)
    check_audit_log(tools)
    assert alarms(session) == [ANCHORS_LOST]


def test_a_file_that_cannot_be_written_stops_nothing(
    session: Session, tmp_path: Path, tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    write_events(session, 1)
    (tmp_path / "file").write_text("")
    anchor_audit_log(replace(tools, audit=AuditTools(AUDIT_KEY, tmp_path / "file" / "anchors.jsonl")))
    assert "could not be noted" in caplog.text


def test_without_its_tools_the_log_is_left_alone(session: Session) -> None:
    write_events(session, 1)
    for job in (seal_audit_events, anchor_audit_log, check_audit_log):
        job(make_test_tools(session))
    session.rollback()
    assert head(session).number == 0
