"""Sealing and opening of health fields on rows. The keys travel in `session.info`, put there where it is made."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.adapters.sealing import FieldKeys, open_, seal

KEYS = "field_keys"


def field_keys(session: Session) -> FieldKeys:
    """The keys the composition root gave this session."""
    keys: FieldKeys = session.info[KEYS]
    return keys


def seal_text(session: Session, table: str, column: str, row_key: str, text: str | None) -> str | None:
    """Ciphertext bound to that table, column and row; None and "" stay None."""
    if not text:
        return None
    return seal(field_keys(session), table, column, row_key, text)


def open_text(session: Session, table: str, column: str, row_key: str, sealed: str | None) -> str | None:
    """The text again. Raises CannotOpen when key, table, column or row do not fit."""
    if sealed is None:
        return None
    return open_(field_keys(session), table, column, row_key, sealed)
