"""What stands around a patient and an account, for the copy of one's own data: helpers, questions to them, offers,
calls, records that became one, log-ins and devices. Secrets of log-ins are no part of it, only that they exist."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind, MessageState
from booking.models import (
    Account,
    AccountPatient,
    AccountPreference,
    AddressChange,
    CarerInvitation,
    ChangeState,
    Consent,
    ConsentText,
    InvitationState,
    LoginSession,
    Message,
    OfferState,
    Patient,
    PatientMerge,
    Relation,
    Task,
    TaskState,
    WaitingEntry,
    WaitingOffer,
)
from booking.queries.audit_events import Entry, entries_for_patients

AT_ONCE = 1000


class HelperRow(NamedTuple):
    """An account that acts for the patient, or did: their own, or a carer's."""

    patient_id: int
    name: str
    relation: Relation
    sees_answers: bool
    ends_at: datetime | None


class InvitationRow(NamedTuple):
    """Somebody was asked to help the patient."""

    patient_id: int
    email: str
    state: InvitationState
    sees_answers: bool
    created_at: datetime
    right_ends_at: datetime | None
    settled_at: datetime | None


class OfferRow(NamedTuple):
    """A time that was offered to the patient from the waiting list."""

    patient_id: int
    service_id: int
    location_id: int
    starts_at: datetime
    state: OfferState
    made_at: datetime
    settled_at: datetime | None


class TaskRow(NamedTuple):
    """Work at the clinic about the patient, a call above all. `outcome_note_sealed` is sealed with the public id."""

    patient_id: int
    public_id: str
    kind: str
    reason_code: str | None
    state: TaskState
    created_at: datetime
    closed_at: datetime | None
    outcome_code: str | None
    outcome_note_sealed: str | None


class JoinedRow(NamedTuple):
    """Another record that became part of the patient's, with its own words."""

    patient_id: int
    given_name: str
    family_name: str
    born_on: date
    phone: str | None
    email: str | None
    merged_at: datetime


class AccountRow(NamedTuple):
    """The login itself. `wishes_sealed` is sealed with `wishes_key`."""

    created_at: datetime
    email_verified_at: datetime | None
    wishes_key: str | None
    wishes_sealed: str | None


class DeviceRow(NamedTuple):
    """A session of the account; `network_sealed` is sealed with `id_hash`."""

    id_hash: str
    browser: str | None
    system: str | None
    network_sealed: str | None
    created_at: datetime
    last_seen_at: datetime
    is_shared_computer: bool


class AddressRow(NamedTuple):
    """The account was to have another address."""

    old_email: str
    new_email: str
    state: ChangeState
    asked_at: datetime
    settled_at: datetime | None


class AccountLetterRow(NamedTuple):
    """A message to the account itself; its text is not kept."""

    kind: MessageKind
    due_at: datetime
    state: MessageState


class RightRow(NamedTuple):
    """The account acts for somebody, or did. Who that is, is not its owner's data."""

    relation: Relation
    sees_answers: bool
    ends_at: datetime | None


class ConsentRow(NamedTuple):
    """A yes to a text, with its wording, and when it was taken back."""

    patient_id: int
    title: str
    version: int
    language: str
    text: str
    signed_at: datetime
    signed_by: str
    withdrawn_at: datetime | None


class Around(NamedTuple):
    """What stands around patients, each in time's order and with the patient's id first."""

    helpers: Sequence[HelperRow]
    invitations: Sequence[InvitationRow]
    offers: Sequence[OfferRow]
    tasks: Sequence[TaskRow]
    joined: Sequence[JoinedRow]
    consents: Sequence[ConsentRow] = ()

    def of(self, patient_id: int) -> Around:
        """The same of one patient alone."""
        return Around(
            [row for row in self.helpers if row.patient_id == patient_id],
            [row for row in self.invitations if row.patient_id == patient_id],
            [row for row in self.offers if row.patient_id == patient_id],
            [row for row in self.tasks if row.patient_id == patient_id],
            [row for row in self.joined if row.patient_id == patient_id],
            [row for row in self.consents if row.patient_id == patient_id],
        )


def _consents(session: Session, patient_ids: Collection[int]) -> list[ConsentRow]:
    rows = session.execute(
        sa.select(
            Consent.patient_id,
            ConsentText.title,
            ConsentText.version,
            ConsentText.language,
            ConsentText.body,
            Consent.signed_at,
            Consent.signed_by,
            Consent.withdrawn_at,
        )
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.patient_id.in_(patient_ids))
        .order_by(Consent.id)
    )
    return [ConsentRow(*row) for row in rows]


def around_patients(session: Session, patient_ids: Collection[int]) -> Around:
    """Six queries, however much there is."""
    helpers = (
        sa.select(*_columns(AccountPatient, HelperRow, name=Account.name))
        .join(Account, Account.id == AccountPatient.account_id)
        .where(AccountPatient.patient_id.in_(patient_ids))
        .order_by(AccountPatient.id)
    )
    invitations = _of(CarerInvitation, InvitationRow, patient_ids).order_by(CarerInvitation.id)
    offers = (
        sa.select(*_columns(WaitingOffer, OfferRow, patient_id=WaitingEntry.patient_id))
        .join(WaitingEntry, WaitingEntry.id == WaitingOffer.entry_id)
        .where(WaitingEntry.patient_id.in_(patient_ids))
        .order_by(WaitingOffer.made_at, WaitingOffer.id)
    )
    tasks = _of(Task, TaskRow, patient_ids).order_by(Task.id)
    own = {"patient_id": Patient.merged_into_id, "merged_at": PatientMerge.merged_at}
    joined = (
        sa.select(*_columns(Patient, JoinedRow, **own))
        .join(PatientMerge, PatientMerge.merged_id == Patient.id)
        .where(Patient.merged_into_id.in_(patient_ids), PatientMerge.undone_at.is_(None))
        .order_by(PatientMerge.id)
    )
    return Around(
        [HelperRow(*row) for row in session.execute(helpers)],
        [InvitationRow(*row) for row in session.execute(invitations)],
        [OfferRow(*row) for row in session.execute(offers)],
        [TaskRow(*row) for row in session.execute(tasks)],
        [JoinedRow(*row) for row in session.execute(joined)],
        _consents(session, patient_ids),
    )


def _columns(table: Any, row: Any, **others: Any) -> list[Any]:
    """The columns of that table with the names of the row's fields; `others` come from elsewhere."""
    return [others[name] if name in others else getattr(table, name) for name in row._fields]


def _of(table: Any, row: Any, patient_ids: Collection[int]) -> sa.Select[Any]:
    return sa.select(*_columns(table, row)).where(table.patient_id.in_(patient_ids))


def account_row(session: Session, account_id: int) -> AccountRow:
    """The login with what it wishes for when it looks for times."""
    wanted = (
        sa.select(
            Account.created_at, Account.email_verified_at, AccountPreference.row_key, AccountPreference.wishes_sealed
        )
        .outerjoin(AccountPreference, AccountPreference.account_id == Account.id)
        .where(Account.id == account_id)
    )
    return AccountRow(*session.execute(wanted).one())


def devices_of(session: Session, account_id: int) -> list[DeviceRow]:
    """Where it is logged in, or was until a moment ago."""
    wanted = sa.select(*_columns(LoginSession, DeviceRow)).where(LoginSession.account_id == account_id)
    return [DeviceRow(*row) for row in session.execute(wanted.order_by(LoginSession.created_at, LoginSession.id))]


def address_changes_of(session: Session, account_id: int) -> list[AddressRow]:
    """Addresses that it had or was to have."""
    wanted = sa.select(*_columns(AddressChange, AddressRow)).where(AddressChange.account_id == account_id)
    return [AddressRow(*row) for row in session.execute(wanted.order_by(AddressChange.id))]


def account_letters(session: Session, account_id: int) -> list[AccountLetterRow]:
    """Messages about the login, which concern no visit."""
    wanted = sa.select(*_columns(Message, AccountLetterRow)).where(Message.account_id == account_id)
    return [AccountLetterRow(*row) for row in session.execute(wanted.order_by(Message.due_at, Message.id))]


def rights_ever(session: Session, account_id: int) -> list[RightRow]:
    """That it acts for people, itself among them, without saying for whom."""
    wanted = sa.select(*_columns(AccountPatient, RightRow)).where(AccountPatient.account_id == account_id)
    return [RightRow(*row) for row in session.execute(wanted.order_by(AccountPatient.id))]


def all_looks(
    session: Session, patient_ids: Collection[int], *, account_id: int, other_than: Collection[str]
) -> list[Entry]:
    """What others saw and did of these patients, all of it, the newest first."""
    found: list[Entry] = []
    before = None
    while True:
        part = entries_for_patients(
            session, patient_ids, account_id=account_id, other_than=other_than, before=before, limit=AT_ONCE
        )
        found.extend(part)
        if len(part) < AT_ONCE:
            return found
        before = part[-1].seq
