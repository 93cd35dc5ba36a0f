"""Negative control: the easy way to alter a table on SQLite loses its guards, and that does not go unseen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import Session

from booking.queries.guards import missing_guards
from booking.services.readiness import NotReady, check_start

pytestmark = pytest.mark.parametrize("schema", ["sqlite"], indirect=True)  # PostgreSQL alters tables in place.


def rebuild(session: Session, table: str) -> None:
    """Alembic's batch mode: the table is copied under a new name and the old one dropped, triggers and all."""
    connection = session.connection()
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table(table, recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.String(20)))
    session.commit()


@pytest.mark.parametrize(
    ("table", "lost"),
    [
        ("reservation", ["reservation_no_overlap_insert", "reservation_no_overlap_update", "reservation_text_width"]),
        ("audit_event", ["audit_event_no_update", "audit_event_no_delete"]),
    ],
)
def test_a_rebuilt_table_has_lost_its_triggers_and_the_start_is_refused(
    at_head: Session, table: str, lost: list[str]
) -> None:
    assert missing_guards(at_head) == []
    rebuild(at_head, table)
    assert missing_guards(at_head) == [f"trigger {name} is missing or altered" for name in lost]
    with pytest.raises(NotReady, match=lost[0]):
        check_start(at_head)


def test_a_table_without_guards_may_be_rebuilt(at_head: Session) -> None:
    rebuild(at_head, "block")
    assert missing_guards(at_head) == []
