"""Everything that is in the database, to see whether a request has changed it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Base

# Sessions note when they were last seen, limits count each try, and who read or was refused is recorded: no changes
# that anybody asked for.
NOT_COMPARED = frozenset({"login_session", "token_bucket"})
AUDIT = "audit"


def stored(session: Session) -> dict[str, list[str]]:
    """All rows by table, in the order of their texts."""
    session.rollback()
    tables = [
        table
        for table in Base.metadata.sorted_tables
        if table.name not in NOT_COMPARED and not table.name.startswith(AUDIT)
    ]
    return {table.name: sorted(map(str, session.execute(sa.select(table)))) for table in tables}


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Names of the tables that differ."""
    return [name for name in before if before[name] != after[name]]
