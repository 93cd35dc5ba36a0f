"""Asking for help, answering, ending: who may, what it opens, and that nothing is left of it afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import CannotHelp, LinkDead, NotFound, TooManyTries
from booking.core.messages import MessageKind
from booking.models import Account, AccountPatient, AuditEvent, Message, Patient, Relation, Task
from booking.queries.carers import open_invitations, right_or_none, rights_about, rights_of_account
from booking.queries.messages import message_facts
from booking.services import carers
from booking.services.carers import Invitation
from booking.services.patients import PatientDetails, create_described
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_patient
from tests.services.carers_cast import CORA, DOOR, Carers, actor_of, carers_cast

LATER = NOW + timedelta(days=4)


@pytest.fixture
def cast(session: Session) -> Carers:
    return carers_cast(session)


def right_id(cast: Carers) -> str:
    return next(one.public_id for one in rights_about(cast.session, [cast.patient.id], now=NOW) if not one.is_self)


def kinds(session: Session) -> list[MessageKind]:
    session.rollback()
    return list(session.scalars(sa.select(Message.kind).order_by(Message.id)))


def test_whoever_accepts_acts_for_the_patient_and_the_patient_is_told(cast: Carers) -> None:
    cast.accept(cast.invite())
    assert cast.helped_by_cora()
    assert kinds(cast.session) == [MessageKind.CARER_INVITATION, MessageKind.CARER_ADDED]
    told = cast.session.scalars(sa.select(Message).where(Message.kind == MessageKind.CARER_ADDED)).one()
    assert told.account_id == cast.ana.id
    actions = cast.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["carer_invited", "carer_accepted"]


def test_the_letter_goes_to_whoever_is_asked_and_names_nobody(cast: Carers) -> None:

    cast.invite()
    message = cast.session.scalars(sa.select(Message)).one()
    facts = message_facts(cast.session, message.id)
    assert (facts.to, facts.name, facts.reason_against) == (CORA, "", None)


def test_a_letter_about_an_invitation_that_is_over_is_not_wanted(cast: Carers) -> None:

    cast.invite()
    found = open_invitations(cast.session, [cast.patient.id], now=NOW)[0]
    carers.withdraw(cast.session, actor=actor_of(cast.session, cast.ana), public_id=found.public_id, now=NOW)
    message = cast.session.scalars(sa.select(Message)).one()
    assert message_facts(cast.session, message.id).reason_against == "invitation_over"


def test_answers_are_closed_unless_the_patient_opens_them(cast: Carers) -> None:
    cast.accept(cast.invite())
    assert actor_of(cast.session, cast.cora).closed_ids == {cast.patient.id}
    cast.accept(cast.invite(sees_answers=True))
    assert actor_of(cast.session, cast.cora).closed_ids == frozenset()


def test_the_link_works_once(cast: Carers) -> None:
    token = cast.invite()
    cast.accept(token)
    with pytest.raises(LinkDead):
        cast.accept(token, make_account(cast.session))


def test_a_second_letter_of_the_same_invitation_opens_nothing_after_the_answer(cast: Carers) -> None:
    first = cast.invite()
    second = cast.token(cast.last())
    cast.accept(first)
    with pytest.raises(LinkDead):
        cast.accept(second, make_account(cast.session))


def test_asking_again_takes_the_place_of_the_first_question(cast: Carers) -> None:
    first = cast.invite()
    cast.accept(cast.invite(), cast.cora)
    with pytest.raises(LinkDead):
        cast.accept(first, make_account(cast.session))


def test_an_invitation_runs_out(cast: Carers) -> None:
    token = cast.invite()
    with pytest.raises(LinkDead):
        cast.accept(token, now=LATER)
    assert open_invitations(cast.session, [cast.patient.id], now=LATER) == []


def test_no_is_no(cast: Carers) -> None:
    token = cast.invite()
    carers.decline(cast.session, actor=Actor(), token=token, now=NOW)
    with pytest.raises(LinkDead):
        cast.accept(token)
    with pytest.raises(LinkDead):
        carers.decline(cast.session, actor=Actor(), token=token, now=NOW)


def test_what_was_taken_back_opens_nothing(cast: Carers) -> None:
    token = cast.invite()
    found = open_invitations(cast.session, [cast.patient.id], now=NOW)[0]
    carers.withdraw(cast.session, actor=actor_of(cast.session, cast.ana), public_id=found.public_id, now=NOW)
    with pytest.raises(LinkDead):
        cast.accept(token)


def test_only_the_patient_and_the_desk_take_an_invitation_back(cast: Carers) -> None:
    cast.invite()
    found = open_invitations(cast.session, [cast.patient.id], now=NOW)[0]
    for account in (cast.cora, make_account(cast.session, Role.SPECIALIST, resource_id=1)):
        with pytest.raises(NotFound):
            carers.withdraw(cast.session, actor=actor_of(cast.session, account), public_id=found.public_id, now=NOW)
    carers.withdraw(cast.session, actor=actor_of(cast.session, cast.dora), public_id=found.public_id, now=NOW)
    with pytest.raises(NotFound):
        carers.withdraw(cast.session, actor=actor_of(cast.session, cast.ana), public_id=found.public_id, now=NOW)


def test_a_carer_invites_nobody(cast: Carers) -> None:
    cast.accept(cast.invite())
    with pytest.raises(NotFound):
        cast.invite(cast.cora)


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.NURSE])
def test_of_the_staff_only_the_desk_invites(cast: Carers, role: Role) -> None:
    with pytest.raises(NotFound):
        cast.invite(make_account(cast.session, role, resource_id=1))
    cast.invite(cast.dora)


def test_a_stranger_and_a_visitor_invite_nobody(cast: Carers) -> None:
    with pytest.raises(NotFound):
        cast.invite(make_account(cast.session))
    with pytest.raises(NotFound):
        carers.invite(cast.session, actor=Actor(), door=DOOR, invitation=Invitation(cast.patient.id, CORA), now=NOW)


def test_the_right_to_invite_is_asked_again_inside_the_transaction(
    cast: Carers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter((True, False))
    monkeypatch.setattr(carers, "may_arrange", lambda *_args, **_more: next(answers))
    with pytest.raises(NotFound):
        cast.invite()
    assert kinds(cast.session) == []


def test_nobody_is_their_own_carer(cast: Carers) -> None:
    with pytest.raises(CannotHelp):
        carers.invite(
            cast.session,
            actor=actor_of(cast.session, cast.dora),
            door=DOOR,
            invitation=Invitation(cast.patient.id, cast.ana.email.upper()),
            now=NOW,
        )
    with pytest.raises(CannotHelp):
        cast.accept(cast.invite(), cast.ana)


def test_of_two_who_answer_at_once_one_is_too_late(cast: Carers, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other one has answered is not seen before it is committed: the update of the row decides."""
    token = cast.invite()
    monkeypatch.setattr(carers, "_close", lambda *_args: False)
    with pytest.raises(LinkDead):
        cast.accept(token)
    assert not cast.helped_by_cora()


def test_a_visitor_takes_nothing_back(cast: Carers) -> None:
    cast.invite()
    with pytest.raises(NotFound):
        carers.withdraw(cast.session, actor=Actor(), public_id=cast.last().public_id, now=NOW)


def test_staff_do_not_become_carers_with_their_account(cast: Carers) -> None:
    token = cast.invite()
    with pytest.raises(NotFound):
        cast.accept(token, cast.dora)


def test_a_right_that_would_be_over_is_a_mistake_of_the_caller(cast: Carers) -> None:
    with pytest.raises(ValueError, match="before it begins"):
        cast.invite(right_ends_at=NOW)


def test_invitations_are_counted(cast: Carers) -> None:
    for _ in range(6):
        cast.invite()
    with pytest.raises(TooManyTries):
        cast.invite()


@pytest.mark.parametrize("who", ["ana", "cora", "dora"])
def test_either_side_and_the_desk_end_it_at_once(cast: Carers, who: str) -> None:
    cast.accept(cast.invite())
    account: Account = getattr(cast, who)
    carers.end_right(cast.session, actor=actor_of(cast.session, account), public_id=right_id(cast), now=NOW)
    assert not cast.helped_by_cora()


def test_nobody_else_ends_it(cast: Carers) -> None:
    cast.accept(cast.invite())
    public_id = right_id(cast)
    stranger, nurse = make_account(cast.session), make_account(cast.session, Role.NURSE)
    for account in (stranger, nurse):
        with pytest.raises(NotFound):
            carers.end_right(cast.session, actor=actor_of(cast.session, account), public_id=public_id, now=NOW)
    assert cast.helped_by_cora()


def test_the_patients_own_right_is_not_ended_here(cast: Carers) -> None:
    own = rights_of_account(cast.session, account_id=cast.ana.id, now=NOW)[0]
    with pytest.raises(NotFound):
        carers.end_right(cast.session, actor=actor_of(cast.session, cast.ana), public_id=own.public_id, now=NOW)


def test_an_end_comes_by_itself(cast: Carers) -> None:
    cast.accept(cast.invite(right_ends_at=LATER))
    assert cast.helped_by_cora(LATER - timedelta(seconds=1))
    assert not cast.helped_by_cora(LATER)
    assert right_or_none(cast.session, right_id(cast), now=LATER) is None


def test_who_helped_before_can_be_asked_again(cast: Carers) -> None:
    cast.accept(cast.invite(right_ends_at=LATER))
    carers.end_right(cast.session, actor=actor_of(cast.session, cast.cora), public_id=right_id(cast), now=NOW)
    cast.accept(cast.invite())
    assert cast.helped_by_cora(LATER)


def tell_cora(cast: Carers) -> Patient:
    """Letters about the patient go to Cora's address."""
    patient = cast.session.get_one(Patient, cast.patient.id)
    patient.email, patient.email_verified_at = "Cora@Example.org", NOW
    cast.session.commit()
    return patient


def test_letters_do_not_go_on_to_a_carer_who_has_left(cast: Carers) -> None:
    cast.accept(cast.invite())
    patient = tell_cora(cast)
    carers.end_right(cast.session, actor=actor_of(cast.session, cast.ana), public_id=right_id(cast), now=NOW)
    cast.session.refresh(patient)
    assert (patient.email, patient.email_verified_at) == (None, None)
    task = cast.session.scalars(sa.select(Task)).one()
    assert (task.reason_code, task.patient_id) == (carers.CARER_LEFT, patient.id)


def test_letters_stop_also_when_the_end_comes_by_itself(cast: Carers) -> None:
    cast.accept(cast.invite(right_ends_at=LATER))
    patient = tell_cora(cast)
    assert carers.close_ended_rights(cast.session, now=NOW) == 0
    assert carers.close_ended_rights(cast.session, now=LATER) == 1
    assert carers.close_ended_rights(cast.session, now=LATER) == 0
    cast.session.refresh(patient)
    assert patient.email is None


def test_an_address_of_the_patients_own_stays(cast: Carers) -> None:
    cast.accept(cast.invite())
    before = cast.session.get_one(Patient, cast.patient.id).email
    carers.end_right(cast.session, actor=actor_of(cast.session, cast.ana), public_id=right_id(cast), now=NOW)
    assert cast.session.get_one(Patient, cast.patient.id).email == before
    assert cast.session.scalars(sa.select(Task)).all() == []


def test_a_record_that_somebody_makes_for_another_is_not_theirs_to_pass_on(session: Session) -> None:

    born = make_patient(session).born_on
    account_id = make_account(session, name="Ana Alvarez").id

    def relation(given: str, born_on: object = born) -> Relation:
        details = PatientDetails(given, "Álvarez", born_on, None, None)  # type: ignore[arg-type]
        with transaction(session):
            patient_id = create_described(session, details, account_id=account_id, now=NOW).id
        right = sa.select(AccountPatient.relation).where(AccountPatient.patient_id == patient_id)
        return session.scalars(right).one()

    assert relation("Leo") is Relation.CARER
    assert relation("Ana") is Relation.SELF
    assert relation("Ana") is Relation.SELF
    assert relation("Ana", born + timedelta(days=9000)) is Relation.CARER
