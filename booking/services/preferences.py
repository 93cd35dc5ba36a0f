"""What an account wishes for whenever its owner looks for times: sealed, since it may tell of a need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.preferences import NOTHING, Preferences, preferences_from
from booking.models import AccountPreference, new_public_id
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction

_INSERT: Mapping[str, type[postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.Insert,
    "sqlite": sqlite.Insert,
}


def keep_preferences(session: Session, *, account_id: int, preferences: Preferences, now: datetime) -> None:
    """Remember these in place of the earlier ones; to wish for nothing is to be forgotten. Raises BusyDatabase."""
    with transaction(session):
        if preferences == NOTHING:
            session.execute(sa.delete(AccountPreference).where(AccountPreference.account_id == account_id))
            return
        row_key = new_public_id()
        sealed = seal_text(session, *_PLACE, row_key, json.dumps(preferences.as_values()))
        changed = {"row_key": row_key, "wishes_sealed": sealed, "updated_at": now}
        insert = _INSERT[session.connection().dialect.name](AccountPreference)
        session.execute(
            insert.values(account_id=account_id, **changed).on_conflict_do_update(
                index_elements=[AccountPreference.account_id], set_=changed
            )
        )


_PLACE = ("account_preference", "wishes")


def open_preferences(session: Session, *, row_key: str | None, sealed: str | None) -> Preferences:
    """What was sealed; nothing where there is none, or where it does not open: a filter is chosen again easily."""
    if row_key is None:
        return NOTHING
    try:
        text = open_text(session, *_PLACE, row_key, sealed)
    except CannotOpen:
        return NOTHING
    return preferences_from(json.loads(text or "{}"))
