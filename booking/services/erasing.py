"""Erasing a person on request, and records whose time is over. What the law makes a clinic keep stays until then.

In two steps: the ways to reach and to recognise somebody online go as soon as an administrator agrees; the record
itself (name, visits, answers) goes with them when nothing obliges the clinic to keep it, else on the day that it may.
Rows of visits stay without what made them somebody's: calendars and counts of the past remain true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.errors import NotFound, RulesRefuse
from booking.core.retention import Retention, record_ends_on
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.rules import Refusal
from booking.core.tasks import ERASE_PERSON
from booking.models import (
    Account,
    AccountPatient,
    AccountPreference,
    AddressChange,
    Answer,
    AppKey,
    Appointment,
    CarerInvitation,
    Consent,
    FollowUp,
    KeptForm,
    KnownPlace,
    LinkToken,
    LoginSession,
    Passkey,
    Patient,
    QuestionnaireResponse,
    RecoveryCode,
    SafetyAnswer,
    Task,
    WaitingEntry,
    WaitingState,
)
from booking.models.base import new_public_id
from booking.queries.accounts import self_ids
from booking.services import audit, tasks
from booking.services.offer_ends import end_wait, take_list
from booking.services.outbox import drop_all_for_patient
from booking.services.transaction import transaction

NOBODY_BORN_ON = date(1900, 1, 1)
AT_ONCE: Final = 50
"""Records erased in one run of the worker: each is a transaction of its own."""

_AS_IS: Final = {"synchronize_session": False}
# Whatever proves who somebody is, or remembers what they did here, in the order in which rows may go.
_OF_ACCOUNTS: Final[tuple[Any, ...]] = (
    LinkToken, AddressChange, LoginSession, KeptForm, AccountPreference, AppKey, RecoveryCode, Passkey, KnownPlace,
    AccountPatient,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing this person means today. `record_until` is the first day on which the record may go, None without
    one; `visits_ahead` must be cancelled first."""

    patient_id: int
    patient_public_id: str
    name: str
    born_on: date
    record_until: date | None
    visits_ahead: int
    closes_account: bool
    today: date

    @property
    def is_record_over(self) -> bool:
        """Nothing obliges the clinic to keep the record."""
        return self.record_until is None or self.record_until <= self.today


def ask_erasure(session: Session, *, actor: Actor, patient_public_id: str, now: datetime) -> None:
    """Put the request on the administrators' list, once. Raises NotFound unless it is the account's own person: who
    helps somebody does not erase them."""
    with transaction(session):
        patient_id = session.scalar(sa.select(Patient.id).where(Patient.public_id == patient_public_id))
        if actor.account_id is None or patient_id not in self_ids(session, account_id=actor.account_id, now=now):
            raise NotFound
        tasks.ask_to_erase(session, patient_id=patient_id, now=now)
        audit.record(session, actor, "erasure_asked", "patient", patient_id, now=now)


def is_asked(session: Session, patient_id: int) -> bool:
    """Whether a request of this person is open."""
    return tasks.has_open(session, kind=ERASE_PERSON, patient_id=patient_id)


def erasure_of(
    session: Session, *, actor: Actor, patient_public_id: str, retention: Retention, now: datetime
) -> Erasure:
    """What erasing the person who asked for it would do. Raises NotFound without a request, and for others."""
    patient = session.scalars(sa.select(Patient).where(Patient.public_id == patient_public_id)).one_or_none()
    if actor.role is not Role.ADMINISTRATOR or patient is None or not is_asked(session, patient.id):
        raise NotFound
    return _erasure(session, patient, retention, now)


def _erasure(session: Session, patient: Patient, retention: Retention, now: datetime) -> Erasure:
    visits = sa.select(Appointment.starts_at).where(Appointment.patient_id == patient.id)
    last = session.scalars(visits.order_by(Appointment.starts_at.desc()).limit(1)).one_or_none()
    last_on = None if last is None else last.date()
    ahead = session.scalar(sa.select(sa.func.count()).select_from(Appointment).where(*_ahead(patient.id, now))) or 0
    return Erasure(
        patient.id,
        patient.public_id,
        f"{patient.given_name} {patient.family_name}",
        patient.born_on,
        record_ends_on(born_on=patient.born_on, last_visit_on=last_on, retention=retention),
        ahead,
        bool(_accounts_of_nobody_else(session, patient.id)),
        now.date(),
    )


def _ahead(patient_id: int, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Appointment.patient_id == patient_id,
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.ends_at > now,
    )


def _accounts_of_nobody_else(session: Session, patient_id: int) -> list[int]:
    """Patients' accounts that act for this person alone."""
    acts_for = sa.select(AccountPatient.account_id).where(AccountPatient.patient_id == patient_id)
    others = sa.select(AccountPatient.account_id).where(AccountPatient.patient_id != patient_id)
    wanted = sa.select(Account.id).where(Account.id.in_(acts_for), Account.id.not_in(others))
    return list(session.scalars(wanted.where(Account.role == Role.PATIENT)))


def erase(session: Session, *, actor: Actor, patient_public_id: str, retention: Retention, now: datetime) -> Erasure:
    """Erase what may go today of the person who asked for it; the request is done. Returns what it meant.

    Raises NotFound as `erasure_of` does, RulesRefuse (`visits_ahead`).
    """
    with transaction(session):
        take_list(session)
        erasure = erasure_of(session, actor=actor, patient_public_id=patient_public_id, retention=retention, now=now)
        if erasure.visits_ahead:
            raise RulesRefuse((Refusal("visits_ahead"),))
        for patient_id in _records_of(session, erasure.patient_id):
            _forget_contact(session, actor, patient_id, now)
            if erasure.is_record_over:
                _forget_record(session, actor, patient_id, now)
        tasks.close(session, kind=ERASE_PERSON, patient_id=erasure.patient_id, outcome_code="erased", now=now)
    return erasure


def keep_for_now(session: Session, *, actor: Actor, patient_public_id: str, reason_code: str, now: datetime) -> None:
    """Close the request without erasing, for a reason that the audit keeps. Raises NotFound as `erasure_of` does."""
    with transaction(session):
        patient_id = session.scalar(sa.select(Patient.id).where(Patient.public_id == patient_public_id))
        if actor.role is not Role.ADMINISTRATOR or patient_id is None or not is_asked(session, patient_id):
            raise NotFound
        tasks.close(session, kind=ERASE_PERSON, patient_id=patient_id, outcome_code=reason_code, now=now)
        audit.record(session, actor, "erasure_declined", "patient", patient_id, now=now, reason_code=reason_code)


def erase_old_records(session: Session, *, retention: Retention, now: datetime) -> int:
    """Erase records whose time is over, asked for or not; how many. Each in a transaction of its own."""
    latest = sa.func.max(Appointment.starts_at)
    cutoff = now.replace(year=now.year - retention.record_years, day=min(now.day, 28))
    old = (
        sa.select(Patient.id)
        .join(Appointment, Appointment.patient_id == Patient.id)
        .where(Patient.record_erased_at.is_(None))
        .group_by(Patient.id)
        .having(latest < cutoff)
        .order_by(Patient.id)
    )
    done = 0
    for patient_id in session.scalars(old).all():
        if done == AT_ONCE:
            break
        done += _erase_if_over(session, patient_id, retention, now)
    return done


def _erase_if_over(session: Session, patient_id: int, retention: Retention, now: datetime) -> bool:
    """Asked again under the lock: a visit may have been booked meanwhile, and a minor's record is kept longer."""
    with transaction(session):
        take_list(session)
        erasure = _erasure(session, session.get_one(Patient, patient_id), retention, now)
        if not erasure.is_record_over or erasure.visits_ahead:
            return False
        for each in _records_of(session, patient_id):
            _forget_contact(session, SYSTEM, each, now)
            _forget_record(session, SYSTEM, each, now)
    return True


def _records_of(session: Session, patient_id: int) -> list[int]:
    """The person's record, and those that were merged into it: they hold the same name."""
    merged = session.scalars(sa.select(Patient.id).where(Patient.merged_into_id == patient_id))
    return [patient_id, *merged]


def _forget_contact(session: Session, actor: Actor, patient_id: int, now: datetime) -> None:
    """No way leads to the person any more, and none from a login to them."""
    drop_all_for_patient(session, patient_id=patient_id, now=now)
    waits = sa.select(WaitingEntry.id).where(WaitingEntry.patient_id == patient_id)
    for entry_id in session.scalars(waits.where(WaitingEntry.state == WaitingState.WAITING)).all():
        end_wait(session, entry_id, WaitingState.LEFT, actor=actor, now=now, reason_code="erased")
    invitations = sa.select(CarerInvitation.id).where(CarerInvitation.patient_id == patient_id)
    visits = sa.select(Appointment.id).where(Appointment.patient_id == patient_id)
    _delete(
        session,
        LinkToken,
        sa.or_(
            LinkToken.patient_id == patient_id,
            LinkToken.appointment_id.in_(visits),
            LinkToken.waiting_entry_id.in_(waits),
            LinkToken.invitation_id.in_(invitations),
        ),
    )
    _delete(session, CarerInvitation, CarerInvitation.patient_id == patient_id)
    _close_accounts(session, _accounts_of_nobody_else(session, patient_id))
    _delete(session, AccountPatient, AccountPatient.patient_id == patient_id)
    nothing = {"phone": None, "phone_key": None, "email": None, "email_verified_at": None, "contact_note_sealed": None}
    _update(session, Patient, Patient.id == patient_id, {**nothing, "contact_erased_at": now})
    audit.record(session, actor, "contact_erased", "patient", patient_id, now=now)


def _close_accounts(session: Session, account_ids: list[int]) -> None:
    """The row stays, since visits and events name it; nobody can be recognised by it, and nobody can log in."""
    for account_id in account_ids:
        for table in _OF_ACCOUNTS:
            _delete(session, table, table.account_id == account_id)
        address = f"erased-{new_public_id()}@invalid"
        closed = {"email": address, "email_key": address.lower(), "password_hash": "!", "name": "", "is_active": False}
        _update(session, Account, Account.id == account_id, {**closed, "email_verified_at": None})


def _forget_record(session: Session, actor: Actor, patient_id: int, now: datetime) -> None:
    """What the visits were about, what was answered, and whose they were."""
    responses = sa.select(QuestionnaireResponse.id).where(QuestionnaireResponse.patient_id == patient_id)
    _delete(session, Answer, Answer.response_id.in_(responses))
    _delete(session, SafetyAnswer, SafetyAnswer.response_id.in_(responses))
    _delete(session, Consent, Consent.patient_id == patient_id)
    _delete(session, FollowUp, FollowUp.patient_id == patient_id)
    written = {"score_sealed": None, "flags_sealed": None, "flag_count": 0, "helper_name_sealed": None}
    _update(
        session, QuestionnaireResponse, QuestionnaireResponse.patient_id == patient_id,
        {**written, "review_note_sealed": None},
    )  # fmt: skip
    said = ("reason_sealed", "needs_sealed", "cancel_note_sealed", "video_url_sealed")
    _update(session, Appointment, Appointment.patient_id == patient_id, dict.fromkeys(said))
    _update(session, Task, Task.patient_id == patient_id, {"note_sealed": None, "outcome_note_sealed": None})
    nobody = {"given_name": "", "family_name": "", "name_key": "", "born_on": NOBODY_BORN_ON, "language": "en"}
    _update(session, Patient, Patient.id == patient_id, {**nobody, "record_erased_at": now})
    audit.record(session, actor, "record_erased", "patient", patient_id, now=now)


def _delete(session: Session, table: type[Any], condition: sa.ColumnElement[bool]) -> None:
    session.execute(sa.delete(table).where(condition), execution_options=_AS_IS)


def _update(session: Session, table: type[Any], condition: sa.ColumnElement[bool], values: dict[str, Any]) -> None:
    session.execute(sa.update(table).where(condition).values(values), execution_options=_AS_IS)
