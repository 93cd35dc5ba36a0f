"""Ways to the pages about people who help, another address, and two records of one person."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from playwright.sync_api import Page

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.models import (
    Account,
    AccountPatient,
    AddressChange,
    CarerInvitation,
    ChangeState,
    InvitationState,
    LinkAction,
    Patient,
    Relation,
)
from booking.services.links import mint_link
from booking.services.merging import merge_patients
from booking.services.transaction import transaction
from tests.factories import make_account, make_patient
from tests.ui import steps
from tests.ui.people import ANA, DORA, PASSWORD, Person
from tests.ui.stage import Stage
from tests.ui.ways import at, shows

LIFE = timedelta(days=3)


def _invitation(stage: Stage, *, is_for_ana: bool = True) -> str:
    """The path of a link that asks for help: Ana, or somebody else."""
    now = utc_now()
    with stage.program.session() as session:
        ana = session.scalars(sa.select(Patient).where(Patient.email == ANA.email)).one()
        patient = ana if is_for_ana else make_patient(session, given_name="Ben")
        asker = session.scalars(sa.select(Account.id).where(Account.email_key == ANA.email)).one()
        asked = CarerInvitation(
            patient_id=patient.id, invited_by_account_id=asker, email="kim@example.org", email_key="kim@example.org",
            right_ends_at=now + LIFE * 9, state=InvitationState.OPEN, created_at=now, expires_at=now + LIFE,
        )  # fmt: skip
        session.add(asked)
        session.commit()
        asked_id = asked.id
        session.rollback()
        with transaction(session):
            action = LinkAction.ACCEPT_INVITATION
            token = mint_link(session, action=action, now=now, expires_at=now + LIFE, invitation_id=asked_id)
    return f"/l/{token}"


def _helper(stage: Stage) -> str:
    """The id of the right of somebody who helps Ana; made once."""
    with stage.program.session() as session:
        ana = session.scalars(sa.select(Patient).where(Patient.email == ANA.email)).one()
        found = session.scalar(
            sa.select(AccountPatient.public_id).where(
                AccountPatient.patient_id == ana.id, AccountPatient.relation == Relation.CARER
            )
        )
        if found is None:
            carer = make_account(session, name="Kim Quist")
            right = AccountPatient(account_id=carer.id, patient_id=ana.id, relation=Relation.CARER)
            session.add(right)
            session.commit()
            found = right.public_id
        return found


@shows("carers.people")
def people_who_help(stage: Stage) -> Page:
    _helper(stage)
    _invitation(stage)
    return at("/account/people", by=ANA)(stage)


@shows("carers.invite")
def invite_carer(stage: Stage) -> Page:
    page = at("/account/people/invite", by=ANA)(stage)
    steps.send(page, "Send the invitation")
    return page


@shows("carers.end")
def end_help(stage: Stage) -> Page:
    return at(f"/account/people/{_helper(stage)}/end", by=ANA)(stage)


@shows("carers.invitation")
def invitation_without_login(stage: Stage) -> Page:
    return at(_invitation(stage))(stage)


@shows("carers.invitation")
def invitation_logged_in(stage: Stage) -> Page:
    return at(_invitation(stage, is_for_ana=False), by=ANA)(stage)


@shows("carers.invitation")
def invitation_over(stage: Stage) -> Page:
    return at("/account/invitation")(stage)


@shows("address.change")
def change_address(stage: Stage) -> Page:
    page = at("/account/address/", by=ANA)(stage)
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        form = page.locator("#main form").filter(has=page.locator("input[name=password]"))
        with page.expect_navigation():
            form.get_by_role("button").last.click()
        page.goto("/account/address/")
    steps.send(page, "Send me the link")
    return page


def _address_link(stage: Stage, action: LinkAction) -> str:
    now = utc_now()
    with stage.program.session() as session:
        account_id = session.scalars(sa.select(Account.id).where(Account.email_key == ANA.email)).one()
        change = AddressChange(
            account_id=account_id, old_email=ANA.email, new_email="new@example.org", new_key="new@example.org",
            state=ChangeState.ASKED, asked_at=now, expires_at=now + LIFE, undo_until=now + LIFE,
        )  # fmt: skip
        session.add(change)
        session.commit()
        change_id = change.id
        session.rollback()
        with transaction(session):
            token = mint_link(session, action=action, now=now, expires_at=now + LIFE, address_change_id=change_id)
    return f"/l/{token}"


@shows("address.confirm")
def confirm_address(stage: Stage) -> Page:
    return at(_address_link(stage, LinkAction.CONFIRM_NEW_ADDRESS), by=ANA)(stage)


@shows("address.stop")
def stop_address(stage: Stage) -> Page:
    return at(_address_link(stage, LinkAction.STOP_NEW_ADDRESS))(stage)


@shows("desk.helpers")
def desk_helpers(stage: Stage) -> Page:
    _helper(stage)
    _invitation(stage)
    with stage.program.session() as session:
        public_id = session.scalars(sa.select(Patient.public_id).where(Patient.email == ANA.email)).one()
    return at(f"/desk/patients/{public_id}/helpers", by=DORA)(stage)


@shows("desk.same_person")
def same_person(stage: Stage) -> Page:
    with stage.program.session() as session:
        one = make_patient(session, given_name="Olga", family_name="Nagy", name_key="olga nagy")
        make_patient(session, given_name="Olga", family_name="Nagi", name_key="olga nagi")
        public_id = one.public_id
    return at(f"/desk/patients/{public_id}/same", by=DORA)(stage)


@shows("desk.merge")
def merge_preview(stage: Stage) -> Page:
    """With something of each on one side."""
    stage.visit()
    with stage.program.session() as session:
        kept = session.scalars(sa.select(Patient.public_id).where(Patient.email == ANA.email)).one()
        other = make_patient(session, given_name="Anna").public_id
    return at(f"/desk/patients/{kept}/merge/{other}", by=DORA)(stage)


@shows("desk.patient")
def patient_of_two_records(stage: Stage) -> Page:
    with stage.program.session() as session:
        ids = [make_patient(session, given_name="Olga").id for _ in range(2)]
        dora = session.scalars(sa.select(Account.id).where(Account.email_key == DORA.email)).one()
        public_id = session.get_one(Patient, ids[0]).public_id
        session.rollback()
        actor = Actor(dora, Role.SCHEDULER, location_ids=frozenset({1}))
        merge_patients(
            session, actor=actor, kept_id=ids[0], merged_id=ids[1], reason_code="booked_twice", now=utc_now()
        )
    return at(f"/desk/patients/{public_id}", by=DORA)(stage)


NEWCOMER = Person("kim@example.org", Role.PATIENT, "Kim Quist")
"""Who is asked, in the tests that go all the way."""
