"""A guest who makes an account: whose visits it shows, and whose it never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import LinkDead
from booking.models import Account, AccountPatient, Appointment, AuditEvent, LinkAction, Patient
from booking.services import accounts
from booking.services.links import VERIFY_LIFE, mint_link
from booking.services.rate_limits import Limiter
from booking.services.transaction import transaction
from booking.services.waiting_guests import join_as_new
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services import cast
from tests.services.waiting_cast import WISH, entry

DOOR = accounts.Door("192.0.2.7", Limiter("a secret", factor=1000))
ANA = accounts.Registration("Ana", "Álvarez", date(1980, 5, 17), "ana@example.org", None, "blue lamp 47 river")


@pytest.fixture
def guest(session: Session) -> Patient:
    return make_patient(
        session,
        given_name="Ana",
        family_name="Alvarez",
        born_on=date(1980, 5, 17),
        email="Ana@Example.org",
        email_verified_at=None,
    )


@pytest.fixture
def visit(session: Session, guest: Patient) -> Appointment:
    return make_appointment(session, guest)


def browser(*booked: Appointment) -> Actor:
    """A browser session that has just booked these."""
    ids = frozenset(one.public_id for one in booked)
    return Actor(owner="browser-1", visit_ids=ids, booked_ids=ids)


def register(session: Session, actor: Actor, registration: accounts.Registration = ANA) -> int:
    accounts.register(session, actor=actor, door=DOOR, registration=registration, nonce="n1", now=NOW)
    account_id = session.scalar(sa.select(Account.id).where(Account.email == registration.email))
    assert account_id is not None
    session.rollback()
    return account_id


def confirm(session: Session, account_id: int) -> None:
    with transaction(session):
        token = mint_link(
            session, action=LinkAction.VERIFY_ADDRESS, now=NOW, expires_at=NOW + VERIFY_LIFE, account_id=account_id
        )
    accounts.confirm_address(session, actor=Actor(), token=token, now=NOW)


def patients_of(session: Session, account_id: int) -> list[int]:
    wanted = sa.select(AccountPatient.patient_id).where(AccountPatient.account_id == account_id)
    return sorted(session.scalars(wanted))


def test_the_account_gets_the_patient_who_has_just_joined_the_waiting_list(session: Session) -> None:
    person = replace(cast.ANA, email="ana@example.org")
    place = join_as_new(session, actor=Actor(owner="b"), door=DOOR, person=person, wish=WISH, nonce="w1", now=NOW)
    patient_id = entry(session, place).patient_id
    session.rollback()

    account_id = register(session, Actor(owner="b", waiting_ids=frozenset({place.public_id})))

    assert patients_of(session, account_id) == [patient_id]


def test_the_account_gets_the_patient_who_has_just_booked(session: Session, guest: Patient, visit: Appointment) -> None:
    account_id = register(session, browser(visit))
    assert patients_of(session, account_id) == [guest.id]
    assert session.scalars(sa.select(Patient.family_name)).all() == ["Alvarez"], "nobody new, and nobody renamed"
    linked = session.scalars(sa.select(AuditEvent.object_id).where(AuditEvent.action == "patient_linked")).all()
    assert linked == [guest.id]


def test_confirming_proves_the_same_address_of_the_patient(
    session: Session, guest: Patient, visit: Appointment
) -> None:
    account_id = register(session, browser(visit))
    session.refresh(guest)
    assert guest.email_verified_at is None
    session.rollback()
    confirm(session, account_id)
    session.refresh(guest)
    assert guest.email_verified_at == NOW


@pytest.mark.parametrize("address", [None, "other@example.org"])
def test_confirming_proves_no_other_address(session: Session, address: str | None) -> None:
    guest = make_patient(
        session, given_name="Ana", family_name="Alvarez", born_on=ANA.born_on, email=address, email_verified_at=None
    )
    account_id = register(session, browser(make_appointment(session, guest)))
    confirm(session, account_id)
    session.refresh(guest)
    assert (patients_of(session, account_id), guest.email_verified_at) == ([guest.id], None)


def test_a_guest_who_booked_twice_gets_both(session: Session, guest: Patient, visit: Appointment) -> None:
    again = make_patient(session, given_name="ANA", family_name="alvarez", born_on=date(1980, 5, 17))
    later = make_appointment(session, again, starts_at=visit.starts_at + timedelta(hours=1))
    account_id = register(session, browser(visit, later))
    assert patients_of(session, account_id) == [guest.id, again.id]


@pytest.mark.parametrize(
    "other",
    [
        replace(ANA, born_on=date(1980, 5, 18)),
        replace(ANA, given_name="Anna"),
        replace(ANA, given_name="Alvarez", family_name="Ana"),
        replace(ANA, given_name="Ana Al", family_name="varez"),
    ],
)
def test_another_name_or_birth_date_is_somebody_new(
    session: Session, guest: Patient, visit: Appointment, other: accounts.Registration
) -> None:
    [own] = patients_of(session, register(session, browser(visit), other))
    assert own != guest.id


def test_another_browser_session_gets_a_new_patient(session: Session, guest: Patient, visit: Appointment) -> None:
    [own] = patients_of(session, register(session, Actor(owner="browser-2")))
    assert own != guest.id
    assert visit.patient_id == guest.id


def test_a_visit_that_was_only_opened_by_mail_is_not_linked(
    session: Session, guest: Patient, visit: Appointment
) -> None:
    opened = Actor(owner="browser-1", visit_ids=frozenset({visit.public_id}))
    [own] = patients_of(session, register(session, opened))
    assert own != guest.id


def test_a_visit_booked_with_a_login_is_not_linked(session: Session, guest: Patient) -> None:
    somebody = make_account(session)
    booked = make_appointment(session, guest, booked_by_account_id=somebody.id)
    [own] = patients_of(session, register(session, browser(booked)))
    assert own != guest.id


def test_a_patient_with_a_confirmed_account_keeps_it(session: Session, guest: Patient, visit: Appointment) -> None:
    first = register(session, browser(visit))
    confirm(session, first)
    [own] = patients_of(session, register(session, browser(visit), replace(ANA, email="ana.two@example.org")))
    assert own != guest.id
    assert patients_of(session, first) == [guest.id]


def test_a_mistyped_address_gives_way_to_the_right_one(session: Session, guest: Patient, visit: Appointment) -> None:
    mistyped = register(session, browser(visit), replace(ANA, email="ana@exampel.org"))
    right = register(session, browser(visit))
    assert patients_of(session, right) == [guest.id]
    assert patients_of(session, mistyped) == [], "whoever reads that mailbox sees no visit"
    confirm(session, mistyped)
    assert patients_of(session, mistyped) == []


def guest_link(session: Session, guest: Patient, key: str) -> str:
    with transaction(session):
        return mint_link(
            session, action=LinkAction.VERIFY_ADDRESS, now=NOW, expires_at=NOW + VERIFY_LIFE, patient_id=guest.id,
            email_key=key,
        )  # fmt: skip


def test_a_guest_confirms_the_address_without_an_account(session: Session, guest: Patient) -> None:
    token = guest_link(session, guest, "ana@example.org")
    assert accounts.confirm_address(session, actor=Actor(), token=token, now=NOW) is False
    session.refresh(guest)
    assert guest.email_verified_at == NOW


@pytest.mark.parametrize("address", [None, "new@example.org"])
def test_a_link_proves_only_the_address_it_was_mailed_to(session: Session, guest: Patient, address: str | None) -> None:
    token = guest_link(session, guest, "ana@example.org")
    guest.email = address
    session.commit()
    with pytest.raises(LinkDead):
        accounts.confirm_address(session, actor=Actor(), token=token, now=NOW)
