"""What a claim carries: links drawn from the rules in force, and the facts of the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.adapters.letters import REQUIRED_LINKS, LetterWriter
from booking.core.actor import Actor
from booking.core.messages import ACCOUNT_KINDS, MessageKind, MessageState
from booking.core.scheduling.clinic import VisitMode
from booking.models import (
    Appointment,
    AppointmentTime,
    LinkAction,
    LinkToken,
    Patient,
    QuestionnaireResponse,
    ResponseStatus,
    Service,
    WaitingEntry,
)
from booking.services import messages as service
from booking.services.claims import Claim, Settled, letter_facts
from booking.services.links import RESET_LIFE, link_or_none
from booking.services.transaction import transaction
from booking.services.waiting_list import WaitingPlace, keep_wish, leave
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_offer, make_patient
from tests.outbox import OFFICE, change, messages, plan_account, plan_booking, plan_offer
from tests.services.waiting_cast import WISH

K = MessageKind


def claim_next(session: Session, now: object = NOW) -> Claim:
    claim = service.claim_one(session, office=OFFICE, now=now)
    assert isinstance(claim, Claim)
    return claim


def token_of(link: str) -> str:
    return link.rpartition("/l/")[2].partition("#")[0]


def test_the_link_opens_the_visit_until_it_is_over(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    token = token_of(claim_next(session).links["open_visit"])
    link = link_or_none(session, token=token, action=LinkAction.OPEN_VISIT, now=NOW)
    assert link is not None
    assert (link.appointment_id, link.patient_id, link.expires_at) == (visit.id, visit.patient_id, visit.ends_at)


def test_a_second_try_mints_anew_and_the_first_link_stays_good(session: Session) -> None:
    plan_booking(session, make_appointment(session))
    first = claim_next(session).links["open_visit"]
    second = claim_next(session, NOW + OFFICE.lease).links["open_visit"]
    assert first != second
    assert session.scalar(sa.select(sa.func.count()).where(LinkToken.action == LinkAction.OPEN_VISIT)) == 2


def test_no_link_to_cancelling_when_it_is_too_late_for_that(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    change(session, session.get_one(Service, visit.service_id), cancel_notice_minutes=7 * 24 * 60 + 59)
    assert "cancel" in claim_next(session).links
    change(session, session.get_one(Service, visit.service_id), cancel_notice_minutes=7 * 24 * 60 + 60)
    assert "cancel" not in claim_next(session, NOW + OFFICE.lease).links


def test_no_link_to_changing_when_it_is_too_late_for_that(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    change(session, session.get_one(Service, visit.service_id), change_notice_minutes=7 * 24 * 60 + 59)
    assert "change" in claim_next(session).links
    change(session, session.get_one(Service, visit.service_id), change_notice_minutes=7 * 24 * 60 + 60)
    assert "change" not in claim_next(session, NOW + OFFICE.lease).links


def test_each_link_does_one_thing_until_the_visit_begins(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    links = claim_next(session).links
    actions = {
        "confirm": LinkAction.CONFIRM_VISIT,
        "change": LinkAction.CHANGE_VISIT,
        "cancel": LinkAction.CANCEL_VISIT,
    }
    tokens = {name: token_of(links[name]) for name in ("open_visit", *actions)}
    assert len(set(tokens.values())) == 4
    for name, action in actions.items():
        link = link_or_none(session, token=tokens[name], action=action, now=NOW)
        assert link is not None
        assert (link.appointment_id, link.patient_id, link.expires_at) == (visit.id, visit.patient_id, visit.starts_at)


def test_who_has_confirmed_is_not_asked_again(session: Session) -> None:
    plan_booking(session, make_appointment(session, confirmed_at=NOW))
    assert "confirm" not in claim_next(session).links


def test_an_offer_can_be_answered_late_until_its_time_begins(session: Session) -> None:
    patient = make_patient(session)
    offer = make_offer(session, patient)
    plan_offer(session, offer, patient)
    claim = claim_next(session)
    assert claim.links.keys() == {"answer"}
    link = link_or_none(session, token=token_of(claim.links["answer"]), action=LinkAction.ANSWER_OFFER, now=NOW)
    assert link is not None
    assert (link.offer_id, link.appointment_id, link.expires_at) == (offer.id, None, offer.starts_at)


@pytest.mark.parametrize("mode", [VisitMode.IN_PERSON, VisitMode.VIDEO])
def test_the_letter_of_an_offer_names_both_times(session: Session, mode: VisitMode) -> None:
    visit = make_appointment(session)
    session.get_one(Service, visit.service_id).mode = mode
    session.commit()
    patient = session.get_one(Patient, visit.patient_id)
    offer = make_offer(session, patient, visit=visit)
    plan_offer(session, offer, patient)
    told = letter_facts(claim_next(session), OFFICE).visit
    assert told is not None
    assert (told.starts_at, told.kept_until, told.uid) == (offer.starts_at, offer.expires_at, "")
    assert told.place == ("12 Main Street, Springfield" if mode is VisitMode.IN_PERSON else "")
    assert told.other is not None
    assert (told.other.starts_at, told.other.tz) == (visit.starts_at, ZoneInfo("America/New_York"))


def keep_only(session: Session, kind: MessageKind, **values: object) -> None:
    """Of the planned messages that one, with these values."""
    rows = {row.kind: row for row in messages(session) if row.state == "pending"}
    for other in rows.keys() - {K.BOOKED}:
        session.delete(rows[other])
    session.commit()
    change(session, rows[K.BOOKED], kind=kind, **values)


def move(session: Session, visit: Appointment, **values: object) -> None:
    """Put the visit a day later, keep its old time, and plan the letter of it, with these values."""
    names = ("version", "service_id", "location_id", "specialist_id", "starts_at", "ends_at")
    old = {name: getattr(visit, name) for name in names}
    session.add(AppointmentTime(appointment_id=visit.id, replaced_at=NOW, actor_kind="scheduler", **old))
    session.commit()
    later = {name: old[name] + timedelta(days=1) for name in ("starts_at", "ends_at")}
    plan_booking(session, change(session, visit, version=old["version"] + 1, sequence=old["version"], **later))
    keep_only(session, K.CHANGED, **values)


@pytest.mark.parametrize(("was_sent", "days"), [("sent", 1), ("cancelled", 2)])
def test_the_letter_of_a_move_names_the_time_that_was_told(session: Session, was_sent: str, days: int) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    keep_only(session, K.BOOKED, state="sent")
    move(session, visit, state=was_sent)
    move(session, visit)
    told = letter_facts(claim_next(session), OFFICE).visit
    assert told is not None
    assert (told.starts_at, told.sequence) == (visit.starts_at, 2)
    assert told.other is not None
    assert told.other.starts_at == visit.starts_at - timedelta(days=days)


def answer(session: Session, visit: Appointment, form: str, status: ResponseStatus) -> None:
    about = {"appointment_id": visit.id, "patient_id": visit.patient_id, "questionnaire": form}
    session.add(QuestionnaireResponse(**about, form_version="1", status=status, started_at=NOW))
    session.commit()


def test_no_link_to_questions_that_are_answered(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    answer(session, visit, "intake-short", ResponseStatus.COMPLETED)
    answer(session, visit, "peg", ResponseStatus.COMPLETED)
    assert "questions" not in claim_next(session).links


def test_questions_half_answered_are_asked_for(session: Session) -> None:
    visit = make_appointment(session)
    plan_booking(session, visit)
    answer(session, visit, "intake-short", ResponseStatus.COMPLETED)
    answer(session, visit, "peg", ResponseStatus.IN_PROGRESS)
    assert claim_next(session).links["questions"].endswith("#questions")


def test_a_verified_address_is_not_asked_to_prove_itself(session: Session) -> None:
    plan_booking(session, make_appointment(session))
    assert "verify" not in claim_next(session).links


def test_the_guest_proves_the_address_that_the_letter_went_to(session: Session) -> None:
    patient = make_patient(session, email="Guest@Example.org", email_verified_at=None)
    visit = make_appointment(session, patient)
    plan_booking(session, visit)
    token = token_of(claim_next(session).links["verify"])
    link = link_or_none(session, token=token, action=LinkAction.VERIFY_ADDRESS, now=NOW)
    assert link is not None
    assert (link.patient_id, link.account_id, link.email_key) == (patient.id, None, "guest@example.org")
    assert link.expires_at == visit.starts_at


@pytest.mark.parametrize("kind", [K.VERIFY_ADDRESS, K.RESET_PASSWORD])
def test_links_about_an_account_do_their_one_thing(session: Session, kind: MessageKind) -> None:
    account = make_account(session, email_verified_at=None)
    plan_account(session, account, kind)
    claim = claim_next(session)
    [link] = claim.links.values()
    found = link_or_none(session, token=token_of(link), action=LinkAction(kind.value), now=NOW)
    assert found is not None
    assert (found.account_id, found.email_key) == (account.id, account.email_key)


def test_a_reset_link_lives_from_when_it_is_sent(session: Session) -> None:
    plan_account(session, make_account(session), K.RESET_PASSWORD)
    late = NOW + RESET_LIFE - timedelta(seconds=1)
    token = token_of(claim_next(session, late).links["reset"])
    link = link_or_none(session, token=token, action=LinkAction.RESET_PASSWORD, now=late)
    assert link is not None
    assert link.expires_at == late + RESET_LIFE


def test_nobody_who_did_not_ask_gets_a_token(session: Session) -> None:
    plan_account(session, make_account(session), K.ACCOUNT_EXISTS)
    assert claim_next(session).links == {
        "sign_in": "http://localhost:8000/account/log-in",
        "reset": "http://localhost:8000/account/forgotten",
    }
    assert session.scalars(sa.select(LinkToken)).all() == []


def test_every_mailed_address_is_one_of_ours(app: Flask, session: Session) -> None:
    plan_booking(session, make_appointment(session))
    plan_account(session, make_account(session), K.ACCOUNT_EXISTS)
    links = [*claim_next(session).links.values(), *claim_next(session).links.values(), "http://localhost:8000/book/"]
    routes = app.url_map.bind("localhost:8000")
    found = {routes.match(link.removeprefix("http://localhost:8000").partition("#")[0])[0] for link in links}
    assert found == {"links.open_link", "accounts.log_in", "accounts.reset_request", "scheduling.services"}


def test_the_letter_is_about_its_visit_and_nobody_else(session: Session) -> None:
    visit = make_appointment(session, make_patient(session, given_name="Ana Lucía", language="xx"))
    row = plan_booking(session, visit)[0]
    facts = letter_facts(claim_next(session), OFFICE)
    assert (facts.message_id, facts.first_name, facts.language) == (f"<{row.message_id}@localhost>", "Ana Lucía", "en")
    assert facts.visit is not None
    assert (facts.visit.uid, facts.visit.sequence) == (f"{visit.public_id}@localhost", 0)
    assert (facts.visit.place, facts.visit.tz) == ("12 Main Street, Springfield", ZoneInfo("America/New_York"))
    assert facts.clinic.sender_name == "Northside Appointments"


def test_the_letter_of_a_call_names_no_place(session: Session) -> None:
    visit = make_appointment(session)
    session.get_one(Service, visit.service_id).mode = VisitMode.PHONE
    session.commit()
    plan_booking(session, visit)
    facts = letter_facts(claim_next(session), OFFICE)
    assert facts.visit is not None
    assert (facts.visit.mode, facts.visit.place) == (VisitMode.PHONE, "")


# To people of whom nothing is known, so no name is in them: test_carers.py and test_address_changes.py try them.
TO_STRANGERS = {K.CARER_INVITATION, K.CONFIRM_NEW_ADDRESS}


# It needs a form that asks how the visit went: test_nudges.py tries it.
@pytest.mark.parametrize("kind", sorted(set(MessageKind) - TO_STRANGERS - {K.FORM_AFTER}))
def test_a_letter_can_be_written_of_every_kind(session: Session, kind: MessageKind) -> None:
    account = make_account(session, email_verified_at=None, name="Ana Alvarez")
    row = plan_account(session, account, K.RESET_PASSWORD)
    visit = make_appointment(session)
    plan_booking(session, visit)
    is_account = kind in ACCOUNT_KINDS
    rows = [row] if is_account else [messages(session)[1]]
    change(session, rows[0], kind=kind, due_at=NOW, expires_at=NEXT_MONDAY_9 - timedelta(days=6))
    if kind is K.CANCELLED:
        change(session, visit, status="cancelled")
    if kind is K.WAITING_OFFER:
        offer = make_offer(session, session.get_one(Patient, visit.patient_id), visit=visit)
        change(session, rows[0], offer_id=offer.id)
    if kind is K.WAITING_JOINED:
        offer = make_offer(session, session.get_one(Patient, visit.patient_id))
        change(session, rows[0], waiting_entry_id=offer.entry_id, appointment_id=None)
    if not is_account:
        session.delete(session.merge(row))
        session.commit()
    claim = claim_next(session)
    assert claim.facts.kind is kind
    assert REQUIRED_LINKS[kind] <= claim.links.keys()
    assert b"Hello Ana," in LetterWriter().write(letter_facts(claim, OFFICE)).raw


def test_whoever_waits_gets_a_link_that_lives_as_long(session: Session) -> None:
    visitor = Actor(owner="browser")
    patient = make_patient(session)
    place = keep_joining(session, visitor, patient)
    claim = claim_next(session)
    assert claim.links.keys() == {"open_wait"}
    link = link_or_none(session, token=token_of(claim.links["open_wait"]), action=LinkAction.OPEN_WAIT, now=NOW)
    assert link is not None
    assert link.expires_at == datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert letter_facts(claim, OFFICE).waits_until == date(2026, 12, 23)
    assert link.waiting_entry_id == session.scalars(sa.select(WaitingEntry.id)).one()
    leave(session, actor=replace(visitor, waiting_ids=frozenset({place.public_id})), public_id=place.public_id, now=NOW)
    assert service.mark_data_sent(session, claim, office=OFFICE, now=NOW) == Settled(
        MessageState.CANCELLED, "wait_over"
    )


def keep_joining(session: Session, actor: Actor, patient: Patient) -> WaitingPlace:
    with transaction(session):
        return keep_wish(session, actor, patient.id, WISH, now=NOW)
