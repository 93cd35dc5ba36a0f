"""Sealing and opening of health fields on rows, and the list of all columns that hold sealed values.

The keys travel in `session.info`, put there where the session is made. A value that does not open is an alarm in the
log, with its place and the id of its key and nothing of its content: somebody changed it, or a key is lost.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.adapters.sealing import CannotOpen, FieldKeys, open_, seal
from booking.models import (
    AccountPreference,
    Answer,
    AppKey,
    Appointment,
    KeptForm,
    LoginSession,
    Patient,
    QuestionnaireResponse,
    SafetyAnswer,
    Task,
)

KEYS = "field_keys"
SUFFIX = "_sealed"
"""The name of each column with sealed values ends so; the seal itself is bound to the name before it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values. `row_key` is what the seal of each row is bound to; both belong to one table."""

    sealed: InstrumentedAttribute[Any]
    row_key: InstrumentedAttribute[Any]

    @property
    def table(self) -> str:
        """The table, as the seal names it."""
        return str(self.sealed.class_.__tablename__)

    @property
    def column(self) -> str:
        """The column, as the seal names it."""
        return str(self.sealed.key).removesuffix(SUFFIX)

    @property
    def place(self) -> str:
        """What people and logs are told: `table.column`."""
        return f"{self.table}.{self.sealed.key}"


# Rotation of keys and the check of backups go through this list, and a test holds it complete.
SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn(AccountPreference.wishes_sealed, AccountPreference.row_key),
    SealedColumn(Answer.value_sealed, Answer.row_key),
    SealedColumn(AppKey.key_sealed, AppKey.row_key),
    SealedColumn(Appointment.cancel_note_sealed, Appointment.public_id),
    SealedColumn(Appointment.needs_sealed, Appointment.public_id),
    SealedColumn(Appointment.reason_sealed, Appointment.public_id),
    SealedColumn(Appointment.video_url_sealed, Appointment.public_id),
    SealedColumn(KeptForm.form_sealed, KeptForm.row_key),
    SealedColumn(LoginSession.data_sealed, LoginSession.id_hash),
    SealedColumn(LoginSession.network_sealed, LoginSession.id_hash),
    SealedColumn(Patient.contact_note_sealed, Patient.public_id),
    SealedColumn(QuestionnaireResponse.flags_sealed, QuestionnaireResponse.public_id),
    SealedColumn(QuestionnaireResponse.helper_name_sealed, QuestionnaireResponse.public_id),
    SealedColumn(QuestionnaireResponse.review_note_sealed, QuestionnaireResponse.public_id),
    SealedColumn(QuestionnaireResponse.score_sealed, QuestionnaireResponse.public_id),
    SealedColumn(SafetyAnswer.value_sealed, SafetyAnswer.row_key),
    SealedColumn(Task.note_sealed, Task.public_id),
    SealedColumn(Task.outcome_note_sealed, Task.public_id),
)


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
    """The text again. Raises CannotOpen, and raises the alarm, when key, table, column or row do not fit."""
    if sealed is None:
        return None
    try:
        return open_(field_keys(session), table, column, row_key, sealed)
    except CannotOpen as refused:
        log.error("a sealed value does not open: %s.%s, key %s", table, column, refused.key_id or "none")  # noqa: TRY400 - an alarm, not an error to be traced.
        raise
