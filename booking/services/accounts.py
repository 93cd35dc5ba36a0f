"""Logins: register, confirm the address, choose a new password by mail, and accounts for people who work here.

Nothing here tells whether an address is known: whoever asks gets the same answer in about the same time, and the
owner of the address is written to. Passwords are hashed before the write transaction begins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.actor import STAFF_ROLES, Actor, Role
from booking.core.browsers import Device
from booking.core.errors import AddressKnown, LinkDead, NotFound
from booking.core.messages import MessageKind
from booking.core.people import email_key
from booking.models import Account, AccountLocation, AccountPatient, LinkAction, Patient
from booking.queries.accounts import account_by_email_or_none
from booking.queries.catalogue import catalogue
from booking.services import audit, guests, idempotency, outbox
from booking.services.links import SENT_AGAIN, any_link_or_none, is_alive, link_or_none, use_link, use_up_links
from booking.services.passwords import demand_good_password, hash_password
from booking.services.patients import PatientDetails, create_described
from booking.services.rate_limits import Limiter, Tried, take
from booking.services.sessions import end_sessions_of
from booking.services.transaction import transaction

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person says of themselves. The address is not theirs until they show it."""

    given_name: str
    family_name: str
    born_on: date
    email: str
    phone: str | None
    password: str = field(repr=False)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Door:
    """How a request without login came in: what is counted against the limits, and from what kind of browser."""

    network: str
    limiter: Limiter
    device: Device = field(default_factory=Device)


def register(
    session: Session, *, actor: Actor, door: Door, registration: Registration, nonce: str, now: datetime
) -> None:
    """Make an account with its patient, and mail the address a link that confirms it.

    The patient is the one of the visit that this person booked in the same browser session a moment ago, when name and
    date of birth agree (`services/guests.py`), else a new one. A known address changes nothing and gets a mail that
    says so. Any other patient with that address is never taken over: the front desk joins the two when the person shows
    who they are. Raises WeakPassword, TooManyTries, TooBusy."""
    key = email_key(registration.email)
    take(session, door.limiter, Tried.REGISTER, actor=actor, account=key, network=door.network, now=now)
    name = f"{registration.given_name} {registration.family_name}"
    demand_good_password(session, registration.password, about=(name, registration.email))
    password_hash = hash_password(registration.password)
    # The address is part of what is compared: whoever goes back and corrects it sends another form.
    form = idempotency.body_hash({"nonce": nonce, "email": key})
    with transaction(session):
        if idempotency.earlier_answer(session, owner=actor.owner, nonce=form, body=form) is not None:
            return
        idempotency.remember_answer(session, owner=actor.owner, nonce=form, body=form, subject="account", now=now)
        account_id = new_account_or_none(
            session, email=registration.email, name=name, password_hash=password_hash, role=Role.PATIENT, now=now
        )
        if account_id is None:
            _tell_owner(session, key, now)
        else:
            _give_patient(session, actor, account_id, registration, now)
            outbox.plan_account_message(session, kind=MessageKind.VERIFY_ADDRESS, account_id=account_id, now=now)
        audit.record(session, actor, "account_registered", "account", account_id, now=now)


def new_account_or_none(session: Session, *, email: str, now: datetime, **values: Any) -> int | None:
    """The id of the new account; None when the address has one. Of two at the same moment, one gets None."""
    insert = _INSERT[session.get_bind().dialect.name]
    statement = insert(Account).values(email=email.strip(), email_key=email_key(email), created_at=now, **values)
    account_id: int | None = session.scalar(
        statement.on_conflict_do_nothing(index_elements=["email_key"]).returning(Account.id)
    )
    return account_id


def _tell_owner(session: Session, key: str, now: datetime) -> None:
    account = account_by_email_or_none(session, key)
    if account and account.is_active:
        outbox.plan_account_message(session, kind=MessageKind.ACCOUNT_EXISTS, account_id=account.id, now=now)


def _give_patient(session: Session, actor: Actor, account_id: int, registration: Registration, now: datetime) -> None:
    """Nobody can log in, and so nobody can see the patient, before the address is confirmed."""
    details = PatientDetails(
        given_name=registration.given_name,
        family_name=registration.family_name,
        born_on=registration.born_on,
        phone=registration.phone,
        email=registration.email,
        language=registration.language,
    )
    if not guests.link_booked_patients(session, actor, details, account_id=account_id, now=now):
        create_described(session, details, account_id=account_id, now=now)


def confirm_address(session: Session, *, actor: Actor, token: str, now: datetime) -> bool:
    """Use the mailed link: the address is the account's own from now on, or that of a patient who booked as a guest.

    True when it belongs to an account, so that its owner can log in now. Raises LinkDead."""
    with transaction(session):
        link = use_link(session, token=token, action=LinkAction.VERIFY_ADDRESS, now=now)
        if link.patient_id is not None:
            _note_guest_confirmed(session, link.patient_id, link.email_key, now)
            audit.record(session, actor, "address_confirmed", "patient", link.patient_id, now=now)
            return False
        account = _account_of(session, link.account_id, link.email_key)
        _note_confirmed(session, account, now)
        audit.record(session, actor, "address_confirmed", "account", account.id, now=now)
        return True


def _note_guest_confirmed(session: Session, patient_id: int, key: str | None, now: datetime) -> None:
    """The patient's address is shown to be theirs. Raises LinkDead when it is another one by now."""
    patient = session.get_one(Patient, patient_id)
    if patient.email is None or key != email_key(patient.email):
        raise LinkDead
    patient.email_verified_at = patient.email_verified_at or now


def _account_of(session: Session, account_id: int | None, key: str | None) -> Account:
    """The active account of a link that was mailed to its present address. Raises LinkDead."""
    account = session.get(Account, account_id) if account_id else None
    if account is None or not account.is_active or key not in {None, account.email_key}:
        raise LinkDead
    return account


def _note_confirmed(session: Session, account: Account, now: datetime) -> None:
    """The account's address is shown to be theirs; so is the same address on the patients it acts for."""
    account.email_verified_at = account.email_verified_at or now
    own = sa.select(AccountPatient.patient_id).where(AccountPatient.account_id == account.id)
    unproven = sa.select(Patient).where(
        Patient.id.in_(own), Patient.email.is_not(None), Patient.email_verified_at.is_(None)
    )
    for patient in session.scalars(unproven):
        if email_key(patient.email or "") == account.email_key:
            patient.email_verified_at = now


def request_reset(session: Session, *, actor: Actor, door: Door, email: str, now: datetime) -> None:
    """Mail a link for a new password to the address if an account has it; say nothing either way.

    Raises TooManyTries."""
    key = email_key(email)
    take(session, door.limiter, Tried.RESET, actor=actor, account=key, network=door.network, now=now)
    with transaction(session):
        account = account_by_email_or_none(session, key)
        account_id = account.id if account and account.is_active else None
        if account_id is not None:
            outbox.plan_account_message(session, kind=MessageKind.RESET_PASSWORD, account_id=account_id, now=now)
        audit.record(session, actor, "reset_requested", "account", account_id, now=now)


def reset_password(session: Session, *, actor: Actor, token: str, password: str, now: datetime) -> None:
    """Use the mailed link: the new password holds, and every session of the account has ended.

    Raises LinkDead, WeakPassword (the link stays good), TooBusy. Does not log in."""
    link = link_or_none(session, token=token, action=LinkAction.RESET_PASSWORD, now=now)
    if link is None:
        raise LinkDead
    account = _account_of(session, link.account_id, link.email_key)
    demand_good_password(session, password, about=(account.name, account.email))
    password_hash = hash_password(password)
    with transaction(session):
        link = use_link(session, token=token, action=LinkAction.RESET_PASSWORD, now=now)
        account = _account_of(session, link.account_id, link.email_key)
        account.password_hash = password_hash
        _note_confirmed(session, account, now)
        use_up_links(session, action=LinkAction.RESET_PASSWORD, account_id=account.id, now=now)
        end_sessions_of(session, account.id)
        outbox.plan_account_message(session, kind=MessageKind.PASSWORD_CHANGED, account_id=account.id, now=now)
        audit.record(session, actor, "password_reset", "account", account.id, now=now)


def send_link_again(session: Session, *, actor: Actor, door: Door, token: str, now: datetime) -> None:
    """Mail a fresh link in place of one that ran out, to the address that the old one was mailed to.

    Says nothing about whether it did: a used, living or unknown link, or one for a visit, gets none.
    Raises TooManyTries."""
    link = any_link_or_none(session, token=token)
    if link is None or link.account_id is None or link.action not in SENT_AGAIN or link.used_at or is_alive(link, now):
        return
    kind, account_id = MessageKind(link.action.value), link.account_id
    take(
        session, door.limiter, Tried.RESET, actor=actor, account=f"account:{account_id}", network=door.network, now=now
    )
    with transaction(session):
        account = session.get_one(Account, account_id)
        if not account.is_active:
            return
        outbox.plan_account_message(session, kind=kind, account_id=account_id, now=now)
        audit.record(session, actor, "link_sent_again", "account", account_id, now=now)


def create_staff_account(
    session: Session,
    *,
    actor: Actor,
    role: Role,
    email: str,
    name: str,
    password: str,
    resource_code: str | None = None,
    location_codes: Collection[str] = (),
    now: datetime,
) -> str:
    """An account for somebody who works here; returns its public id. The address counts as confirmed.

    `resource_code` names the specialist or nurse whose calendar is theirs; no `location_codes` means all locations.
    Raises NotFound (`what` and `code` in the details), AddressKnown, WeakPassword; ValueError for a patient's role."""
    if role not in STAFF_ROLES:
        raise ValueError("patients register themselves")
    if not (actor.is_system or actor.role is Role.ADMINISTRATOR):
        raise NotFound
    demand_good_password(session, password, about=(name, email))
    resource_id, location_ids = places_of_work(session, resource_code, location_codes)
    password_hash = hash_password(password)
    with transaction(session):
        account_id = new_account_or_none(
            session, email=email, name=name, password_hash=password_hash, role=role, resource_id=resource_id,
            email_verified_at=now, now=now,
        )  # fmt: skip
        if account_id is None:
            raise AddressKnown
        session.add_all(AccountLocation(account_id=account_id, location_id=number) for number in location_ids)
        audit.record(session, actor, "staff_account_created", "account", account_id, now=now, reason_code=role.value)
        return session.get_one(Account, account_id).public_id


def places_of_work(
    session: Session, resource_code: str | None, location_codes: Collection[str]
) -> tuple[int | None, list[int]]:
    """Ids of the resource and of the locations. Raises NotFound (`what` and `code` in the details)."""
    clinic = catalogue(session)
    if resource_code is not None and resource_code not in clinic.resource_by_code:
        raise NotFound(what="resource", code=resource_code)
    unknown = [code for code in location_codes if code not in clinic.location_by_code]
    if unknown:
        raise NotFound(what="location", code=unknown[0])
    resource_id = clinic.resource_by_code[resource_code].id if resource_code is not None else None
    return resource_id, [clinic.location_by_code[code].id for code in location_codes]
