"""Sealing and checking the audit log: every event once, in any order of commits, and every tampering found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.core.audit_chain import EMPTY, Head, chain_key, link_after
from booking.models import AuditEvent, AuditSeal, Task
from booking.queries import audit as chain
from booking.services import audit
from booking.services.audit_alarm import raise_alarm
from booking.services.audit_seal import BATCH, seal_new
from booking.services.audit_verify import Broken, verify
from booking.services.transaction import transaction
from tests.databases import Database, session_on
from tests.factories import NOW
from tests.services.audit_cast import DORA, cut_off, run, sealed_events, unguarded, write_events
from tests.settings import AUDIT_KEY


def seals(session: Session) -> list[tuple[int, int]]:
    rows = session.execute(sa.select(AuditSeal.number, AuditSeal.event_seq).order_by(AuditSeal.number))
    return [(number, seq) for number, seq in rows]


def found(session: Session, *anchors: Head) -> Broken | None:
    broken = verify(session, AUDIT_KEY, anchors).broken
    return None if broken is None else broken.kind


def test_an_empty_log_is_whole(session: Session) -> None:
    verdict = verify(session, AUDIT_KEY)
    assert (verdict.head, verdict.waiting, verdict.is_whole) == (EMPTY, 0, True)


def test_every_event_is_sealed_once_and_in_order(session: Session) -> None:
    seqs = write_events(session, BATCH + 7)
    assert verify(session, AUDIT_KEY).waiting == BATCH + 7
    assert seal_new(session, AUDIT_KEY) == BATCH + 7
    assert seal_new(session, AUDIT_KEY) == 0
    assert seals(session) == list(enumerate(seqs, start=1))
    verdict = verify(session, AUDIT_KEY)
    assert (verdict.head, verdict.waiting, verdict.is_whole) == (chain.head(session), 0, True)


def test_an_event_says_for_whom_and_from_where(session: Session) -> None:
    write_events(session, 2)
    event = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert (event.patient_id, event.network, event.session_ref) == (1, "192.0.2.0/24", "0123456789ab")
    assert len(event.mark or "") == 48


def test_an_event_about_a_patient_is_for_that_patient(session: Session) -> None:
    with transaction(session):
        audit.record(session, DORA, "patient_created", "patient", 12, now=NOW)
    assert session.scalars(sa.select(AuditEvent.patient_id)).one() == 12


def test_numbers_that_were_never_used_are_no_alarm(session: Session) -> None:
    sealed_events(session, 3)
    session.connection(execution_options={"write": True})
    audit.record(session, DORA, "patient_seen", "patient_page", 1, now=NOW)
    session.rollback()
    write_events(session, 2)
    seal_new(session, AUDIT_KEY)
    assert verify(session, AUDIT_KEY).is_whole


@pytest.mark.postgres_only  # SQLite has one writer at a time, so no event commits after a later one.
def test_an_event_that_commits_late_is_sealed_late(session: Session, database: Database) -> None:
    with session_on(database.url) as slow:
        with transaction(slow):
            audit.record(slow, DORA, "patient_seen", "patient_page", 1, now=NOW)
            later = sealed_events(session, 2)
        assert seal_new(session, AUDIT_KEY) == 1
    numbers = [seq for _, seq in seals(session)]
    assert numbers == [*later, min(later) - 1]
    assert verify(session, AUDIT_KEY).is_whole


def test_several_sealers_make_one_chain(session: Session, database: Database) -> None:
    write_events(session, 3 * BATCH)

    def seal_all(_worker: int) -> int:
        with session_on(database.url) as own:
            return seal_new(own, AUDIT_KEY)

    with ThreadPoolExecutor(3) as workers:
        counts = list(workers.map(seal_all, range(3)))
    assert sum(counts) == 3 * BATCH
    assert verify(session, AUDIT_KEY).is_whole


def test_events_of_before_there_were_marks_are_sealed_as_they_are(session: Session) -> None:
    key = session.info.pop(audit.CHAIN_KEY)
    write_events(session, 2)
    session.info[audit.CHAIN_KEY] = key
    sealed_events(session, 2)
    assert verify(session, AUDIT_KEY).is_whole


def test_without_its_key_a_session_writes_what_the_check_finds(session: Session) -> None:
    sealed_events(session, 1)
    del session.info[audit.CHAIN_KEY]
    write_events(session, 1)
    assert found(session) is Broken.PUT_IN


def test_a_log_of_another_key_does_not_fit(session: Session) -> None:
    sealed_events(session, 2)
    broken = verify(session, chain_key("another setting")).broken
    assert broken is not None
    assert (broken.kind, broken.number) == (Broken.CHANGED, 1)


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_the_database_refuses_change_and_deletion(session: Session, table: str, statement: str) -> None:
    sealed_events(session, 2)
    column = "action" if table == "audit_event" else "hash"
    with pytest.raises(DBAPIError, match="audit events are kept"):
        run(session, statement.format(table=table, column=column))


@pytest.mark.postgres_only  # SQLite has no TRUNCATE.
@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
def test_the_database_refuses_to_be_emptied(session: Session, table: str) -> None:
    with pytest.raises(DBAPIError, match="audit events are kept"):
        run(session, f"TRUNCATE {table}")


def test_the_database_refuses_a_copied_mark(session: Session) -> None:
    write_events(session, 1)
    with pytest.raises(DBAPIError):
        run(session, copy_of_first(99))


def copy_of_first(seq: int) -> str:
    columns = ", ".join(column.name for column in AuditEvent.__table__.columns if column.name != "seq")
    return f"INSERT INTO audit_event (seq, {columns}) SELECT {seq}, {columns} FROM audit_event ORDER BY seq LIMIT 1"


TAMPERINGS: dict[str, tuple[str, Broken]] = {
    "changed": ("UPDATE audit_event SET object_id = 99 WHERE seq = :third", Broken.CHANGED),
    "another patient": ("UPDATE audit_event SET patient_id = NULL WHERE seq = :third", Broken.CHANGED),
    "renumbered": ("UPDATE audit_event SET seq = 9999 WHERE seq = :third", Broken.EVENT_MISSING),
    "event deleted": ("DELETE FROM audit_event WHERE seq = :third", Broken.EVENT_MISSING),
    "last event deleted": ("DELETE FROM audit_event WHERE seq = :last", Broken.EVENT_MISSING),
    "link deleted": ("DELETE FROM audit_seal WHERE number = 3", Broken.LINK_MISSING),
    "link changed": ("UPDATE audit_seal SET hash = 'x' WHERE number = 3", Broken.CHANGED),
    "link hidden before the first": (
        "INSERT INTO audit_seal (number, event_seq, hash) VALUES (-1, 9999, 'x')", Broken.LINK_MISSING
    ),
    "link forged at the end": (
        "INSERT INTO audit_seal (number, event_seq, hash) VALUES (6, 9999, 'x')", Broken.EVENT_MISSING
    ),
    "copied": (copy_of_first(9999), Broken.TWICE),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(session: Session, name: str) -> None:
    seqs = sealed_events(session, 5)
    statement, kind = TAMPERINGS[name]
    with unguarded(session):
        run(session, statement, third=seqs[2], last=seqs[-1])
        assert found(session) is kind


@pytest.mark.parametrize("seq", [10_500, 9_999_999], ids=["among the sealed", "at the end"])
@pytest.mark.parametrize("is_sealed", [False, True], ids=["not yet sealed", "sealed by the worker"])
def test_an_event_of_somebody_else_is_found(session: Session, seq: int, is_sealed: bool) -> None:
    sealed_events(session, 3)
    run(session, put_in(seq, "'0'"))
    if is_sealed:
        seal_new(session, AUDIT_KEY)
    assert found(session) is Broken.PUT_IN


def put_in(seq: int, mark: str) -> str:
    return (
        "INSERT INTO audit_event (seq, at, actor_kind, action, object_kind, mark) "
        f"SELECT {seq}, at, 'system', 'patient_seen', 'patient_page', {mark} FROM audit_event LIMIT 1"
    )


def test_an_event_that_is_far_too_late_gets_no_seal_and_is_found(session: Session) -> None:
    run(session, "INSERT INTO audit_event (seq, at, actor_kind, action, object_kind)"
        " VALUES (50000, '2026-11-23 13:00:00.000000+00', 'system', 'a', 'b')")  # fmt: skip
    seal_new(session, AUDIT_KEY)
    run(session, put_in(50, "NULL"))
    assert seal_new(session, AUDIT_KEY) == 0
    broken = verify(session, AUDIT_KEY).broken
    assert broken is not None
    assert (broken.kind, broken.event_seq) == (Broken.PUT_IN, 50)


def test_a_cut_end_is_seen_with_an_anchor_alone(session: Session) -> None:
    seqs = sealed_events(session, 5)
    anchor = chain.head(session)
    with unguarded(session):
        cut_off(session, seqs[3])
        assert found(session) is None
        assert found(session, anchor) is Broken.CUT_OFF
        write_events(session, 3)
        seal_new(session, AUDIT_KEY)
        assert found(session) is None
        assert found(session, anchor) is Broken.REPLACED


def test_an_anchor_of_before_fits_a_log_that_went_on(session: Session) -> None:
    sealed_events(session, 2)
    anchor = chain.head(session)
    sealed_events(session, 2)
    verdict = verify(session, AUDIT_KEY, [anchor])
    assert (verdict.is_whole, verdict.anchors) == (True, 1)


def test_a_chain_made_anew_without_the_key_is_found(session: Session) -> None:
    """Whoever may write everything, but has not the key."""
    sealed_events(session, 3)
    wrong, last = chain_key("a guess"), EMPTY
    with unguarded(session):
        for link in chain.links(session, after=None, limit=3):
            assert link.event is not None
            last = link_after(wrong, last, link.event)
            run(
                session, "UPDATE audit_seal SET hash = :hash WHERE number = :number", hash=last.hash, number=last.number
            )
        assert found(session) is Broken.CHANGED


def test_the_alarm_is_one_task_a_day(session: Session) -> None:
    raise_alarm(session, reason_code="changed", now=NOW)
    raise_alarm(session, reason_code="changed", now=NOW)
    task = session.scalars(sa.select(Task)).one()
    assert (task.kind, task.role.value, task.reason_code) == ("check_audit_log", "administrator", "changed")
