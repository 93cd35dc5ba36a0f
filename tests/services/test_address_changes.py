"""Another address for an account: the new one confirms, the old one stops and takes back, nobody learns of others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import AddressKnown, LinkDead, NotFound, TooManyTries
from booking.core.messages import MessageKind
from booking.models import Account, AddressChange, ChangeState, LinkAction, LoginSession, Message, Patient
from booking.queries.messages import message_facts
from booking.services import address_changes, sessions
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_patient
from tests.services.carers_cast import DOOR

OLD, NEW = "ana@example.org", "ana@new.example"
NEXT_DAY, NEXT_WEEK = NOW + timedelta(hours=25), NOW + timedelta(days=8)


@dataclass
class Changing:
    """Ana's account, and links as they were mailed."""

    session: Session
    account_id: int

    @property
    def ana(self) -> Actor:
        return Actor(self.account_id, Role.PATIENT)

    def account(self) -> Account:
        self.session.rollback()
        return self.session.get_one(Account, self.account_id)

    def ask(self, email: str = NEW, now: datetime = NOW) -> AddressChange:
        address_changes.ask_for_address(self.session, actor=self.ana, door=DOOR, email=email, now=now)
        return self.last()

    def last(self) -> AddressChange:
        self.session.rollback()
        return self.session.scalars(sa.select(AddressChange).order_by(AddressChange.id.desc()).limit(1)).one()

    def link(self, action: LinkAction, change: AddressChange | None = None) -> str:
        change_id = (change or self.last()).id
        self.session.rollback()
        with transaction(self.session):
            return mint_link(
                self.session, action=action, now=NOW, expires_at=NOW + timedelta(days=30), account_id=self.account_id,
                address_change_id=change_id,
            )  # fmt: skip

    def confirm(self, token: str | None = None, actor: Actor | None = None, now: datetime = NOW, **more: str) -> None:
        token = token or self.link(LinkAction.CONFIRM_NEW_ADDRESS)
        address_changes.confirm_new_address(self.session, actor=actor or self.ana, token=token, now=now, **more)

    def stop(self, token: str | None = None, now: datetime = NOW) -> None:
        token = token or self.link(LinkAction.STOP_NEW_ADDRESS)
        address_changes.stop_change(self.session, actor=Actor(), token=token, now=now)

    def letters(self) -> list[tuple[MessageKind, str]]:
        self.session.rollback()
        ids = self.session.scalars(sa.select(Message.id).order_by(Message.id)).all()
        return [(facts.kind, facts.to) for facts in (message_facts(self.session, one) for one in ids)]

    def session_count(self) -> int:
        self.session.rollback()
        return self.session.scalars(sa.select(sa.func.count()).select_from(LoginSession)).one()


@pytest.fixture
def changing(session: Session) -> Changing:
    account = make_account(session, patients=(make_patient(session, email=OLD),), email=OLD, email_key=OLD)
    return Changing(session, account.id)


def test_the_new_address_confirms_and_the_old_one_is_told(changing: Changing) -> None:
    changing.ask()
    assert changing.letters() == [(MessageKind.CONFIRM_NEW_ADDRESS, NEW), (MessageKind.ADDRESS_CHANGING, OLD)]
    assert changing.account().email == OLD
    changing.confirm()
    assert (changing.account().email, changing.account().email_key) == (NEW, NEW)
    assert changing.last().state is ChangeState.CONFIRMED


def test_after_the_change_the_notice_still_goes_to_the_old_address(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    assert changing.letters()[1] == (MessageKind.ADDRESS_CHANGING, OLD)


def test_letters_to_new_addresses_name_nobody(changing: Changing) -> None:
    changing.ask()
    message = changing.session.scalars(sa.select(Message).where(Message.kind == MessageKind.CONFIRM_NEW_ADDRESS)).one()
    assert message_facts(changing.session, message.id).name == ""


def test_the_patients_address_is_another_matter(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    assert changing.session.scalars(sa.select(Patient.email)).one() == OLD


def test_a_known_address_is_written_to_and_never_confirmed(changing: Changing) -> None:
    make_account(changing.session, email=NEW, email_key=NEW)
    changing.ask()
    assert changing.letters() == [(MessageKind.ACCOUNT_EXISTS, NEW), (MessageKind.ADDRESS_CHANGING, OLD)]
    with pytest.raises(LinkDead):
        changing.confirm()
    assert changing.account().email == OLD


def test_a_known_address_of_a_closed_account_gets_no_letter(changing: Changing) -> None:
    make_account(changing.session, email=NEW, email_key=NEW, is_active=False)
    changing.ask()
    assert [kind for kind, _ in changing.letters()] == [MessageKind.ADDRESS_CHANGING]


def test_the_own_address_again_is_no_change(changing: Changing) -> None:
    address_changes.ask_for_address(changing.session, actor=changing.ana, door=DOOR, email=OLD.upper(), now=NOW)
    assert changing.letters() == []


def test_nobody_asks_without_a_login_and_nobody_without_end(changing: Changing) -> None:
    with pytest.raises(NotFound):
        address_changes.ask_for_address(changing.session, actor=Actor(), door=DOOR, email=NEW, now=NOW)
    for _ in range(6):
        changing.ask()
    with pytest.raises(TooManyTries):
        changing.ask()


def test_the_link_in_a_mistyped_mailbox_changes_nothing(changing: Changing) -> None:
    """Only who is logged in to the account confirms."""
    changing.ask()
    for stranger in (Actor(), Actor(make_account(changing.session).id, Role.PATIENT)):
        with pytest.raises(LinkDead):
            changing.confirm(actor=stranger)
    assert changing.account().email == OLD


def test_links_run_out_and_work_once(changing: Changing) -> None:
    changing.ask()
    token = changing.link(LinkAction.CONFIRM_NEW_ADDRESS)
    with pytest.raises(LinkDead):
        changing.confirm(token, now=NEXT_DAY)
    changing.confirm(token)
    with pytest.raises(LinkDead):
        changing.confirm(token)
    with pytest.raises(LinkDead):
        changing.confirm("no such token")


def test_asking_again_takes_the_place_of_the_first(changing: Changing) -> None:
    first = changing.link(LinkAction.CONFIRM_NEW_ADDRESS, changing.ask())
    changing.ask("other@new.example")
    with pytest.raises(LinkDead):
        changing.confirm(first)
    facts = [message_facts(changing.session, one) for one in changing.session.scalars(sa.select(Message.id))]
    assert [one.reason_against for one in facts] == ["change_over", "change_over", None, None]


def test_confirming_ends_the_other_sessions(changing: Changing) -> None:
    kept = sessions.begin_session(changing.session, account_id=changing.account_id, data={}, now=NOW)
    sessions.begin_session(changing.session, account_id=changing.account_id, data={}, now=NOW)
    changing.ask()
    changing.confirm(keep_session=kept)
    assert changing.session_count() == 1


def test_the_old_address_stops_it_before_it_happens(changing: Changing) -> None:
    sessions.begin_session(changing.session, account_id=changing.account_id, data={}, now=NOW)
    changing.ask()
    token = changing.link(LinkAction.CONFIRM_NEW_ADDRESS)
    changing.stop()
    with pytest.raises(LinkDead):
        changing.confirm(token)
    assert (changing.account().email, changing.last().state) == (OLD, ChangeState.STOPPED)
    assert changing.session_count() == 0
    assert changing.letters()[-1] == (MessageKind.RESET_PASSWORD, OLD)


def test_the_old_address_takes_it_back_for_some_days(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    sessions.begin_session(changing.session, account_id=changing.account_id, data={}, now=NOW)
    changing.stop(now=NEXT_WEEK - timedelta(seconds=1))
    assert (changing.account().email, changing.last().state) == (OLD, ChangeState.TAKEN_BACK)
    assert changing.session_count() == 0
    with pytest.raises(LinkDead):
        changing.stop()


def test_after_these_days_it_stays(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    with pytest.raises(LinkDead):
        changing.stop(now=NEXT_WEEK)
    assert changing.account().email == NEW


def test_taking_back_reaches_through_all_later_changes(changing: Changing) -> None:
    """Whoever moved the account on from there cannot get it back with the link to their own address."""
    first = changing.link(LinkAction.STOP_NEW_ADDRESS, changing.ask())
    changing.confirm()
    second = changing.link(LinkAction.STOP_NEW_ADDRESS, changing.ask("third@new.example"))
    changing.confirm()
    changing.stop(first)
    with pytest.raises(LinkDead):
        changing.stop(second)
    assert changing.account().email == OLD


def test_an_unconfirmed_account_with_the_old_address_gives_way(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    squatter = make_account(changing.session, email=OLD, email_key=OLD, email_verified_at=None)
    changing.stop()
    changing.session.refresh(squatter)
    assert (changing.account().email, squatter.is_active) == (OLD, False)


def test_a_confirmed_account_with_the_old_address_stays_and_people_help(changing: Changing) -> None:
    changing.ask()
    changing.confirm()
    make_account(changing.session, email=OLD, email_key=OLD)
    sessions.begin_session(changing.session, account_id=changing.account_id, data={}, now=NOW)
    with pytest.raises(AddressKnown):
        changing.stop()
    assert changing.account().email == NEW
    assert changing.session_count() == 0
