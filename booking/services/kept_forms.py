"""What somebody had typed when their login ran out: sealed, for the same account, until the next login takes it back.

`is_sent`: it was sent too late and waits to be sent again; else it was still being typed and goes back into its page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.models import KeptForm
from booking.models.base import new_public_id
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction

KEPT = timedelta(hours=12)
MOST_FORMS = 8
MOST_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class Typed:
    """`path` is that of the page, or where the form was sent to; fields are (form, name, text), in their order."""

    path: str
    fields: tuple[tuple[str, str, str], ...]
    is_sent: bool
    key: str = ""

    @property
    def is_too_long(self) -> bool:
        """More than anybody types."""
        return sum(len(part) for field in self.fields for part in field) + len(self.path) > MOST_CHARACTERS


def keep(session: Session, *, account_id: int, typed: Typed, now: datetime) -> bool:
    """Keep it for the account, in place of what was kept of the same page; False when it is too long."""
    if typed.is_too_long:
        return False
    key = new_public_id()
    text = json.dumps({"path": typed.path, "fields": typed.fields, "is_sent": typed.is_sent})
    with transaction(session):
        others = _all(session, account_id, now)
        same = [one.key for one in others if (one.path, one.is_sent) == (typed.path, typed.is_sent)]
        _delete(session, account_id, [*same, *(one.key for one in others[MOST_FORMS - 1 :])])
        sealed = seal_text(session, "kept_form", "form", key, text)
        session.add(KeptForm(account_id=account_id, row_key=key, form_sealed=sealed, created_at=now))
    return True


def take(session: Session, *, account_id: int, path: str, now: datetime) -> Typed | None:
    """What was being typed on that page, once; None when there is nothing."""
    with transaction(session):
        found = next((one for one in _all(session, account_id, now) if one.path == path and not one.is_sent), None)
        if found:
            _delete(session, account_id, [found.key])
    return found


def last_sent_or_none(session: Session, *, account_id: int, now: datetime) -> Typed | None:
    """What was sent too late and not sent again since; the last one."""
    return next((one for one in _all(session, account_id, now) if one.is_sent), None)


def forget(session: Session, *, account_id: int, key: str) -> None:
    """It was sent again, or is not wanted any more."""
    with transaction(session):
        _delete(session, account_id, [key])


def _all(session: Session, account_id: int, now: datetime) -> list[Typed]:
    """The newest first. One that does not open is left out; the alarm was raised."""
    rows = session.execute(
        sa.select(KeptForm.row_key, KeptForm.form_sealed)
        .where(KeptForm.account_id == account_id, KeptForm.created_at > now - KEPT)
        .order_by(KeptForm.id.desc())
    )
    return [typed for key, sealed in rows if (typed := _opened_or_none(session, key, sealed))]


def _opened_or_none(session: Session, key: str, sealed: str) -> Typed | None:
    try:
        kept = json.loads(open_text(session, "kept_form", "form", key, sealed) or "")
    except CannotOpen:
        return None
    return Typed(kept["path"], tuple((form, name, text) for form, name, text in kept["fields"]), kept["is_sent"], key)


def _delete(session: Session, account_id: int, keys: list[str]) -> None:
    session.execute(sa.delete(KeptForm).where(KeptForm.account_id == account_id, KeptForm.row_key.in_(keys)))


def prune_kept_forms(session: Session, *, now: datetime) -> int:
    """Delete what nobody came back for; returns how many."""
    with transaction(session):
        result = session.execute(sa.delete(KeptForm).where(KeptForm.created_at <= now - KEPT))
        return int(getattr(result, "rowcount", 0))
