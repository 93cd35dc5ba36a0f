"""Register, confirm, log in, reset: what each changes, and what it keeps to itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import argon2
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.errors import (
    AddressKnown,
    AddressUnconfirmed,
    LinkDead,
    NotFound,
    TooManyTries,
    WeakPassword,
    WrongLogIn,
)
from booking.core.messages import MessageKind
from booking.models import (
    Account,
    AccountLocation,
    AccountPatient,
    AuditEvent,
    LinkAction,
    LoginSession,
    Message,
    Patient,
)
from booking.services import accounts, logging_in, passwords, sessions
from booking.services.links import RESET_LIFE, VERIFY_LIFE, mint_link
from booking.services.rate_limits import LIMITS, Limiter, Tried
from booking.services.transaction import transaction
from tests.databases import session_on
from tests.factories import NOW, make_account, make_patient

VISITOR = Actor(owner="browser-1")
DOOR = accounts.Door("192.0.2.7", Limiter("a secret", factor=1000))
GOOD, OTHER = "blue lamp 47 river", "seven quiet harbours"
ANA = accounts.Registration("Ana", "Alvarez", date(1980, 5, 17), "Ana@Example.org", "555-0142", GOOD)


def register(session: Session, registration: accounts.Registration = ANA, nonce: str = "n1") -> None:
    accounts.register(session, actor=VISITOR, door=DOOR, registration=registration, nonce=nonce, now=NOW)


def log_in(session: Session, password: str = GOOD, email: str = "ana@example.org") -> logging_in.LoggedIn:
    return logging_in.log_in(session, actor=VISITOR, door=DOOR, email=email, password=password, now=NOW)


def known(session: Session, **overrides: object) -> Account:
    return make_account(session, password_hash=passwords.hash_password(GOOD), **overrides)  # type: ignore[arg-type]


def mailed(session: Session) -> list[tuple[MessageKind, int | None]]:
    return [(row.kind, row.account_id) for row in session.scalars(sa.select(Message).order_by(Message.id))]


def actions(session: Session) -> list[tuple[str, int | None, str | None]]:
    events = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq))
    return [(event.action, event.object_id, event.reason_code) for event in events]


def link(session: Session, action: LinkAction, account: Account, **overrides: object) -> str:
    life = VERIFY_LIFE if action is LinkAction.VERIFY_ADDRESS else RESET_LIFE
    values = {"account_id": account.id, "email_key": account.email_key, "expires_at": NOW + life, **overrides}
    with transaction(session):
        return mint_link(session, action=action, now=NOW, **values)  # type: ignore[arg-type]


def the_account(session: Session) -> Account:
    session.expire_all()
    return session.scalars(sa.select(Account)).one()


def test_registering_makes_an_unconfirmed_account_with_its_own_patient(session: Session) -> None:
    register(session)
    account = the_account(session)
    assert (account.email, account.email_key, account.name) == ("Ana@Example.org", "ana@example.org", "Ana Alvarez")
    assert account.role is Role.PATIENT
    assert account.email_verified_at is None
    assert GOOD not in account.password_hash
    patient = session.scalars(sa.select(Patient).join(AccountPatient)).one()
    assert (patient.given_name, patient.born_on, patient.email) == ("Ana", date(1980, 5, 17), "Ana@Example.org")
    assert patient.email_verified_at is None
    assert mailed(session) == [(MessageKind.VERIFY_ADDRESS, account.id)]
    assert actions(session) == [("account_registered", account.id, None)]


def test_registering_a_known_address_changes_nothing_and_writes_to_it(session: Session) -> None:
    owner = known(session, email="ana@example.org", email_key="ana@example.org")
    before = owner.password_hash
    register(session, replace(ANA, password=OTHER))
    assert the_account(session).password_hash == before
    assert session.scalars(sa.select(Patient)).all() == []
    assert mailed(session) == [(MessageKind.ACCOUNT_EXISTS, owner.id)]


def test_a_closed_account_is_not_written_to(session: Session) -> None:
    known(session, email="ana@example.org", email_key="ana@example.org", is_active=False)
    register(session)
    assert mailed(session) == []


def test_a_guest_with_the_same_address_is_never_taken_over(session: Session) -> None:
    guest = make_patient(session, email="ana@example.org")
    register(session)
    linked = session.scalars(sa.select(AccountPatient.patient_id)).all()
    assert guest.id not in linked
    assert len(linked) == 1


def test_a_form_that_is_sent_twice_registers_once(session: Session) -> None:
    register(session)
    register(session)
    assert mailed(session) == [(MessageKind.VERIFY_ADDRESS, the_account(session).id)]


def test_a_corrected_address_on_the_same_page_is_another_form(session: Session) -> None:
    register(session)
    register(session, replace(ANA, email="ana@correct.example"))
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 2


def test_of_two_registrations_at_one_moment_one_makes_the_account(app: Flask, session: Session) -> None:
    errors: list[BaseException] = []
    gate = threading.Barrier(2)

    def race(number: int) -> None:
        with session_on(app.config["SQLALCHEMY_DATABASE_URI"]) as own:
            gate.wait()
            try:
                register(own, nonce=f"n{number}")
            except BaseException as error:  # noqa: BLE001 - handed to the test.
                errors.append(error)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert errors == []
    account = the_account(session)
    assert sorted(mailed(session)) == [
        (MessageKind.ACCOUNT_EXISTS, account.id),
        (MessageKind.VERIFY_ADDRESS, account.id),
    ]


def test_a_weak_password_is_refused_before_anything_is_kept(session: Session) -> None:
    with pytest.raises(WeakPassword):
        register(session, replace(ANA, password="alvarez-1980"))
    assert session.scalars(sa.select(Account)).all() == []


def test_confirming_shows_the_address_for_account_and_own_patient_only(session: Session) -> None:
    register(session)
    account = the_account(session)
    child = make_patient(session, email="school@example.org", email_verified_at=None)
    session.add(AccountPatient(account_id=account.id, patient_id=child.id))
    guest = make_patient(session, email="Ana@Example.org", email_verified_at=None)
    session.commit()
    token = link(session, LinkAction.VERIFY_ADDRESS, account)
    accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW)
    session.expire_all()
    assert account.email_verified_at == NOW
    own = session.scalars(sa.select(Patient).where(Patient.family_name == "Alvarez")).one()
    assert own.email_verified_at == NOW
    assert child.email_verified_at is None
    assert guest.email_verified_at is None
    with pytest.raises(LinkDead):
        accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW)


def confirm(session: Session, token: str) -> None:
    accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW)


def reset(session: Session, token: str) -> None:
    accounts.reset_password(session, actor=VISITOR, token=token, password=OTHER, now=NOW)


def no_account(session: Session, _account: Account) -> dict[str, object]:
    return {"account_id": None}


def closed(session: Session, account: Account) -> dict[str, object]:
    account.is_active = False
    session.commit()
    return {}


def another_address(_session: Session, _account: Account) -> dict[str, object]:
    return {"email_key": "before@example.org"}


def expired(_session: Session, _account: Account) -> dict[str, object]:
    return {"expires_at": NOW}


@pytest.mark.parametrize("spoil", [no_account, closed, another_address, expired])
@pytest.mark.parametrize("action", [LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD])
def test_a_link_that_no_longer_fits_does_nothing(
    session: Session, action: LinkAction, spoil: Callable[[Session, Account], dict[str, object]]
) -> None:
    account = known(session, email_verified_at=None)
    before = account.password_hash
    token = link(session, action, account, **spoil(session, account))
    acts = {LinkAction.VERIFY_ADDRESS: confirm, LinkAction.RESET_PASSWORD: reset}
    with pytest.raises(LinkDead):
        acts[action](session, token)
    account = the_account(session)
    assert account.email_verified_at is None
    assert account.password_hash == before


def test_the_right_password_logs_in_whatever_the_case_of_the_address(session: Session) -> None:
    account = known(session, email="ana@example.org", email_key="ana@example.org")
    assert log_in(session, email=" ANA@example.org ") == logging_in.LoggedIn(account.id, Role.PATIENT)
    assert actions(session) == [("logged_in", account.id, "password")]


def test_unknown_wrong_and_closed_are_refused_alike_and_recorded(session: Session) -> None:
    account = known(session, email="ana@example.org", email_key="ana@example.org")
    closed_one = known(session, email="old@example.org", email_key="old@example.org", is_active=False)
    for email, password in (("nobody@example.org", GOOD), ("ana@example.org", OTHER), ("old@example.org", GOOD)):
        with pytest.raises(WrongLogIn):
            log_in(session, password, email)
    assert actions(session) == [
        ("log_in_refused", None, "wrong_log_in"),
        ("log_in_refused", account.id, "wrong_log_in"),
        ("log_in_refused", closed_one.id, "wrong_log_in"),
    ]


def test_a_password_that_changed_while_it_was_checked_does_not_open(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = known(session, email="ana@example.org", email_key="ana@example.org")
    check = passwords.is_password

    def check_slowly(stored: str | None, password: str) -> bool:
        is_right = check(stored, password)
        account.password_hash = "changed meanwhile"
        session.commit()
        return is_right

    monkeypatch.setattr(logging_in, "is_password", check_slowly)
    with pytest.raises(WrongLogIn):
        log_in(session)


def test_an_unconfirmed_address_gets_a_new_link_instead_of_a_session(session: Session) -> None:
    account = known(session, email="ana@example.org", email_key="ana@example.org", email_verified_at=None)
    with pytest.raises(AddressUnconfirmed):
        log_in(session)
    assert mailed(session) == [(MessageKind.VERIFY_ADDRESS, account.id)]
    assert actions(session) == [("log_in_refused", account.id, "unconfirmed")]


def test_an_older_hash_is_renewed_at_login(session: Session) -> None:
    older = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    make_account(session, email="ana@example.org", email_key="ana@example.org", password_hash=older)
    log_in(session)
    renewed = the_account(session).password_hash
    assert not passwords.needs_new_hash(renewed)
    log_in(session)
    assert the_account(session).password_hash == renewed


def test_logging_in_is_slowed_before_anything_is_hashed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = accounts.Door("192.0.2.7", Limiter("a secret"))
    monkeypatch.setattr(logging_in, "is_password", lambda _stored, _password: False)
    for _ in range(LIMITS[Tried.LOG_IN].account.capacity):
        with pytest.raises(WrongLogIn):
            logging_in.log_in(session, actor=VISITOR, door=narrow, email="a@b.example", password=GOOD, now=NOW)
    monkeypatch.delattr(logging_in, "is_password")
    with pytest.raises(TooManyTries):
        logging_in.log_in(session, actor=VISITOR, door=narrow, email="a@b.example", password=GOOD, now=NOW)


def test_a_reset_is_mailed_to_known_addresses_only(session: Session) -> None:
    account = known(session)
    closed_one = known(session, is_active=False)
    for email in (account.email, "nobody@example.org", closed_one.email):
        accounts.request_reset(session, actor=VISITOR, door=DOOR, email=email, now=NOW)
    assert mailed(session) == [(MessageKind.RESET_PASSWORD, account.id)]
    assert [action for action, *_ in actions(session)] == ["reset_requested"] * 3


def test_a_reset_ends_every_session_and_every_other_link(session: Session) -> None:
    account = known(session, email="ana@example.org", email_key="ana@example.org", email_verified_at=None)
    ben = known(session)
    for owner in (account, account, ben):
        sessions.begin_session(session, account_id=owner.id, data={}, now=NOW)
    token, second = (link(session, LinkAction.RESET_PASSWORD, account) for _ in range(2))
    accounts.reset_password(session, actor=VISITOR, token=token, password=OTHER, now=NOW)
    assert session.scalars(sa.select(LoginSession.account_id)).all() == [ben.id]
    with pytest.raises(WrongLogIn):
        log_in(session)
    assert log_in(session, OTHER).account_id == account.id, "whoever reads the mailbox has shown the address"
    for spent in (token, second):
        with pytest.raises(LinkDead):
            accounts.reset_password(session, actor=VISITOR, token=spent, password=GOOD, now=NOW)


def test_a_refused_new_password_leaves_the_link_good(session: Session) -> None:
    account = known(session, name="Ana Alvarez")
    token = link(session, LinkAction.RESET_PASSWORD, account)
    with pytest.raises(WeakPassword):
        accounts.reset_password(session, actor=VISITOR, token=token, password="ana alvarez 1980", now=NOW)
    accounts.reset_password(session, actor=VISITOR, token=token, password=OTHER, now=NOW)


@pytest.mark.parametrize("action", [LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD])
def test_a_link_that_ran_out_is_sent_again(session: Session, action: LinkAction) -> None:
    account = known(session)
    token = link(session, action, account)
    accounts.send_link_again(session, actor=VISITOR, door=DOOR, token=token, now=NOW + timedelta(days=2))
    assert mailed(session) == [(MessageKind(action.value), account.id)]


def test_no_other_link_is_sent_again(session: Session) -> None:
    account = known(session)
    living = link(session, LinkAction.RESET_PASSWORD, account)
    spent = link(session, LinkAction.VERIFY_ADDRESS, account)
    accounts.confirm_address(session, actor=VISITOR, token=spent, now=NOW)
    of_nobody = link(session, LinkAction.RESET_PASSWORD, account, account_id=None, expires_at=NOW)
    of_a_visit = link(session, LinkAction.OPEN_VISIT, account, expires_at=NOW)
    of_a_closed_account = link(session, LinkAction.RESET_PASSWORD, known(session, is_active=False), expires_at=NOW)
    for token in (living, spent, of_nobody, of_a_visit, of_a_closed_account, "unknown"):
        accounts.send_link_again(session, actor=VISITOR, door=DOOR, token=token, now=NOW)
    assert mailed(session) == []


def create(session: Session, actor: Actor = SYSTEM, **overrides: object) -> str:
    values = {"role": Role.SPECIALIST, "email": "cruz@clinic.example", "name": "Maria Cruz", "password": GOOD}
    return accounts.create_staff_account(session, actor=actor, now=NOW, **{**values, **overrides})  # type: ignore[arg-type]


def test_a_staff_account_has_its_calendar_and_its_locations(session: Session) -> None:
    public_id = create(session, resource_code="dr-cruz", location_codes=["northside"])
    account = the_account(session)
    assert (account.public_id, account.role, account.resource_id) == (public_id, Role.SPECIALIST, 1)
    assert account.email_verified_at == NOW
    assert session.scalars(sa.select(AccountLocation.location_id)).all() == [1]
    assert log_in(session, email="cruz@clinic.example").role is Role.SPECIALIST


def test_without_a_location_it_works_at_all(session: Session) -> None:
    create(session, Actor(account_id=1, role=Role.ADMINISTRATOR), role=Role.SCHEDULER)
    assert session.scalars(sa.select(AccountLocation)).all() == []
    assert actions(session) == [("staff_account_created", the_account(session).id, "scheduler")]


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ({"resource_code": "dr-nobody"}, NotFound),
        ({"location_codes": ["northside", "nowhere"]}, NotFound),
        ({"password": "maria cruz 2026"}, WeakPassword),
        ({"role": Role.PATIENT}, ValueError),
        ({"actor": Actor(account_id=1, role=Role.SCHEDULER)}, NotFound),
        ({"actor": VISITOR}, NotFound),
    ],
)
def test_a_staff_account_that_is_refused_leaves_nothing(
    session: Session, overrides: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        create(session, **overrides)  # type: ignore[arg-type]
    assert session.scalars(sa.select(Account)).all() == []


def test_a_second_account_for_an_address_is_refused(session: Session) -> None:
    create(session)
    with pytest.raises(AddressKnown):
        create(session, email="CRUZ@clinic.example")


def test_no_password_shows_in_the_text_of_a_registration() -> None:
    assert GOOD not in repr(ANA)
