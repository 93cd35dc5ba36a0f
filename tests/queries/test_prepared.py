"""Statements that are made ready once say what SQLAlchemy would have said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import AuditEvent, Idempotency
from booking.queries.prepared import Prepared, PreparedInsert

FIVE_IN_TOKYO = datetime(2026, 12, 7, 5, tzinfo=timezone(timedelta(hours=9)))
INSERT = PreparedInsert(Idempotency)
KEPT = Prepared(
    sa.select(Idempotency.nonce).where(Idempotency.owner == "ana", Idempotency.created_at >= sa.bindparam("since"))
)


def row(nonce: str, created_at: datetime = FIVE_IN_TOKYO) -> dict[str, object]:
    return {"owner": "ana", "nonce": nonce, "body_hash": "-", "subject": "-", "created_at": created_at}


def nonces(session: Session, since: datetime) -> list[str]:
    return sorted(nonce for [nonce] in KEPT.execute(session.connection(), {"since": since, "of_no_use": 1}).rows)


def test_an_instant_goes_in_and_is_compared_as_everywhere_else(session: Session) -> None:
    INSERT.execute(session.connection(), [row("first")])

    stored = session.scalars(sa.select(Idempotency.created_at)).one()
    assert stored == FIVE_IN_TOKYO
    assert stored.tzinfo is UTC
    assert nonces(session, FIVE_IN_TOKYO) == ["first"]
    assert nonces(session, FIVE_IN_TOKYO + timedelta(microseconds=1)) == []


def test_rows_are_written_in_one_statement_whatever_the_order_of_their_columns(session: Session) -> None:
    second = dict(reversed(row("second").items()))

    assert INSERT.execute(session.connection(), [row("first"), second]).written == 2
    assert INSERT.execute(session.connection(), [row("third")]).written == 1
    assert nonces(session, FIVE_IN_TOKYO) == ["first", "second", "third"]


def test_a_row_that_names_less_than_the_others_is_a_mistake(session: Session) -> None:
    with pytest.raises(KeyError):
        INSERT.execute(session.connection(), [row("first"), {"nonce": "second"}])


def test_a_missing_parameter_is_a_mistake(session: Session) -> None:
    with pytest.raises(KeyError):
        KEPT.execute(session.connection(), {})


def test_what_the_database_refuses_is_told_as_by_sqlalchemy_and_without_values(session: Session) -> None:
    INSERT.execute(session.connection(), [row("first")])

    with pytest.raises(sa.exc.IntegrityError) as refused:
        INSERT.execute(session.connection(), [row("first")])

    assert "ana" not in str(refused.value).partition("[SQL")[2]


def test_a_naive_instant_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="naive"):
        INSERT.execute(session.connection(), [row("first", datetime(2026, 12, 7))])  # noqa: DTZ001 - that is the case.


def test_a_nullable_column_takes_none(session: Session) -> None:
    event = {"at": FIVE_IN_TOKYO, "actor_kind": "system", "action": "tried", "object_kind": "test", "object_id": None}
    PreparedInsert(AuditEvent).execute(session.connection(), [event])

    assert session.scalars(sa.select(AuditEvent.object_id).where(AuditEvent.action == "tried")).one() is None


@pytest.mark.postgres_only
def test_a_connection_that_broke_is_told_of_and_not_used_again(session: Session) -> None:
    pid = session.scalar(sa.select(sa.func.pg_backend_pid()))
    with session.get_bind().engine.connect() as other:
        other.execute(sa.select(sa.func.pg_terminate_backend(pid)))

    with pytest.raises(sa.exc.OperationalError) as broken:
        nonces(session, FIVE_IN_TOKYO)
    session.rollback()

    assert broken.value.connection_invalidated
    assert nonces(session, FIVE_IN_TOKYO) == []
