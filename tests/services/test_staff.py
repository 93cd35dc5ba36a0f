"""People who work here: asked in by mail, given a role and places, shut out; never without an administrator."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.errors import AddressKnown, LinkDead, NotFound, WeakPassword
from booking.core.messages import MessageKind
from booking.models import Account, AccountLocation, AuditEvent, LinkAction, LoginSession, Message
from booking.queries.administration import staff, staff_member_or_none
from booking.services.links import mint_link
from booking.services.passwords import is_password
from booking.services.sessions import begin_session
from booking.services.staff import LastAdministrator, Position, change_position, invite, invite_again, join, set_active
from booking.services.transaction import transaction
from tests.databases import Database, session_on
from tests.factories import NOW, make_account
from tests.services.cast import DORA, LAKEVIEW

FAY = Actor(role=Role.ADMINISTRATOR, owner="fay")
PASSWORD = "nine quiet lamps glow"
SCHEDULER = Position("Gil Green", Role.SCHEDULER, None, ("lakeview",))


@pytest.fixture(autouse=True)
def fay(session: Session) -> Account:
    """Somebody who can administer."""
    return make_account(session, Role.ADMINISTRATOR)


def locations_of(session: Session, account_id: int) -> set[int]:
    """Where the account is bound to work; none is everywhere."""
    return set(session.scalars(sa.select(AccountLocation.location_id).where(AccountLocation.account_id == account_id)))


def invited(session: Session, position: Position = SCHEDULER) -> Account:
    session.rollback()
    public_id = invite(session, actor=FAY, email=" Gil@clinic.example", position=position, now=NOW)
    return account_of(session, public_id)


def account_of(session: Session, public_id: str) -> Account:
    session.rollback()
    found = session.scalars(sa.select(Account).where(Account.public_id == public_id)).one()
    session.refresh(found)
    return found


def link_of(session: Session, account: Account) -> str:
    account_id = account.id
    session.rollback()
    with transaction(session):
        return mint_link(
            session, action=LinkAction.JOIN_STAFF, now=NOW, expires_at=NOW + timedelta(hours=24), account_id=account_id
        )


def use(session: Session, token: str, password: str = PASSWORD, **more: Any) -> None:
    session.rollback()
    join(session, actor=Actor(), token=token, password=password, now=more.get("now", NOW))


def log_in(session: Session, account: Account) -> None:
    account_id = account.id
    session.rollback()
    begin_session(session, account_id=account_id, data={}, now=NOW)


def logins(session: Session, account: Account) -> int:
    count = sa.select(sa.func.count()).where(LoginSession.account_id == account.id)
    return session.scalar(count) or 0


def test_whoever_is_asked_in_gets_a_mail_and_chooses_the_password(session: Session) -> None:
    account = invited(session)
    assert (account.role, account.email, account.email_verified_at) == (Role.SCHEDULER, "Gil@clinic.example", None)
    assert locations_of(session, account.id) == {LAKEVIEW}
    assert session.execute(sa.select(Message.kind, Message.account_id)).all() == [
        (MessageKind.STAFF_INVITATION, account.id)
    ]
    token = link_of(session, account)
    with pytest.raises(WeakPassword):
        use(session, token, "gil@clinic.example")
    use(session, token)
    account = account_of(session, account.public_id)
    assert account.email_verified_at == NOW
    assert is_password(account.password_hash, PASSWORD)
    with pytest.raises(LinkDead):
        use(session, token)
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["staff_invited", "staff_joined"]


def test_an_invitation_runs_out_and_another_takes_its_place(session: Session) -> None:
    account = invited(session)
    public_id, first = account.public_id, link_of(session, account)
    with pytest.raises(LinkDead):
        use(session, first, now=NOW + timedelta(hours=25))
    session.rollback()
    invite_again(session, actor=FAY, public_id=public_id, now=NOW + timedelta(minutes=1))
    with pytest.raises(LinkDead):
        use(session, first)
    use(session, link_of(session, account_of(session, public_id)))
    session.rollback()
    with pytest.raises(NotFound):
        invite_again(session, actor=FAY, public_id=public_id, now=NOW)


def test_an_invitation_opens_nothing_once_the_account_is_shut_or_joined(session: Session) -> None:
    account = invited(session)
    public_id, first, second = account.public_id, link_of(session, account), link_of(session, account)
    use(session, first)
    with pytest.raises(LinkDead):
        use(session, second)
    third = link_of(session, account_of(session, public_id))
    with pytest.raises(LinkDead):
        use(session, third)
    session.rollback()
    other = invite(session, actor=FAY, email="hal@clinic.example", position=SCHEDULER, now=NOW)
    fourth = link_of(session, account_of(session, other))
    set_active(session, actor=FAY, public_id=other, is_active=False, now=NOW)
    with pytest.raises(LinkDead):
        use(session, fourth)
    with pytest.raises(NotFound):
        invite_again(session, actor=FAY, public_id=other, now=NOW)


def test_a_known_address_is_not_asked_in_twice(session: Session) -> None:
    invited(session)
    with pytest.raises(AddressKnown):
        invited(session)


def test_another_role_holds_at_once(session: Session) -> None:
    account = invited(session)
    public_id = account.public_id
    log_in(session, account)
    position = Position("Gil Green", Role.SPECIALIST, "dr-cruz")
    change_position(session, actor=FAY, public_id=public_id, position=position, now=NOW)
    account = account_of(session, public_id)
    assert (account.role, account.resource_id, logins(session, account)) == (Role.SPECIALIST, 1, 0)
    assert locations_of(session, account.id) == set()
    session.rollback()
    without = replace(position, role=Role.SCHEDULER)
    change_position(session, actor=FAY, public_id=public_id, position=without, now=NOW)
    assert account_of(session, public_id).resource_id is None


def test_whoever_is_shut_out_is_logged_out(session: Session) -> None:
    account = invited(session)
    public_id = account.public_id
    log_in(session, account)
    set_active(session, actor=FAY, public_id=public_id, is_active=False, now=NOW)
    account = account_of(session, public_id)
    assert (account.is_active, logins(session, account)) == (False, 0)
    session.rollback()
    set_active(session, actor=FAY, public_id=public_id, is_active=True, now=NOW)
    assert account_of(session, public_id).is_active


def test_the_last_administrator_stays(session: Session, fay: Account) -> None:
    make_account(session, Role.ADMINISTRATOR, is_active=False)
    make_account(session, Role.ADMINISTRATOR, email_verified_at=None)
    public_id = fay.public_id
    log_in(session, fay)
    with pytest.raises(LastAdministrator):
        set_active(session, actor=FAY, public_id=public_id, is_active=False, now=NOW)
    with pytest.raises(LastAdministrator):
        change_position(session, actor=FAY, public_id=public_id, position=SCHEDULER, now=NOW)
    assert (account_of(session, public_id).role, logins(session, fay)) == (Role.ADMINISTRATOR, 1)
    session.rollback()
    change_position(session, actor=FAY, public_id=public_id, position=Position("Fay", Role.ADMINISTRATOR), now=NOW)
    # Negative control: with another one who can log in, both is possible.
    make_account(session, Role.ADMINISTRATOR)
    set_active(session, actor=FAY, public_id=public_id, is_active=False, now=NOW)


def test_two_administrators_do_not_leave_at_once(session: Session, fay: Account, database: Database) -> None:
    pair = (fay.public_id, make_account(session, Role.ADMINISTRATOR).public_id)
    session.rollback()
    outcomes, begin = [], threading.Barrier(2)

    def leave(public_id: str) -> None:
        with session_on(database.url) as own:
            begin.wait()
            try:
                set_active(own, actor=FAY, public_id=public_id, is_active=False, now=NOW)
                outcomes.append("left")
            except LastAdministrator:
                outcomes.append("stayed")

    threads = [threading.Thread(target=leave, args=(one,)) for one in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stayed"]


@pytest.mark.parametrize("actor", [DORA, Actor(role=Role.PATIENT), Actor()])
def test_nobody_else_decides_who_works_here(session: Session, fay: Account, actor: Actor) -> None:
    public_id = fay.public_id
    session.rollback()
    with pytest.raises(NotFound):
        invite(session, actor=actor, email="x@clinic.example", position=SCHEDULER, now=NOW)
    with pytest.raises(NotFound):
        change_position(session, actor=actor, public_id=public_id, position=SCHEDULER, now=NOW)
    with pytest.raises(NotFound):
        set_active(session, actor=actor, public_id=public_id, is_active=False, now=NOW)
    with pytest.raises(NotFound):
        invite_again(session, actor=actor, public_id=public_id, now=NOW)


def test_patients_and_strangers_are_no_staff(session: Session) -> None:
    patient = make_account(session).public_id
    session.rollback()
    with pytest.raises(NotFound):
        set_active(session, actor=SYSTEM, public_id=patient, is_active=False, now=NOW)
    with pytest.raises(ValueError, match="register themselves"):
        invite(session, actor=FAY, email="x@clinic.example", position=replace(SCHEDULER, role=Role.PATIENT), now=NOW)
    with pytest.raises(NotFound):
        invite(
            session, actor=FAY, email="x@clinic.example", position=replace(SCHEDULER, location_codes=["no"]), now=NOW
        )
    assert staff_member_or_none(session, patient) is None


def test_the_list_says_who_has_joined_and_where_they_work(session: Session, fay: Account) -> None:
    account = invited(session)
    shut = make_account(session, Role.NURSE, is_active=False, name="Abe")
    found = {one.id: (one.has_joined, one.is_active, one.location_ids) for one in staff(session)}
    assert found == {
        fay.id: (True, True, frozenset()),
        account.id: (False, True, frozenset({LAKEVIEW})),
        shut.id: (True, False, frozenset()),
    }
    assert staff(session)[-1].id == shut.id
    assert session.scalar(sa.select(sa.func.count()).select_from(AccountLocation)) == 1
