"""Agreeing to texts, taking that back, and writing them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.consents import ConsentState
from booking.core.errors import NotFound
from booking.models import AuditEvent, ConsentKind, Patient
from booking.queries.consents import ConsentLine, consents_of, said_by
from booking.services.consent_texts import Wording, publish, retire, save_draft, texts
from booking.services.consents import record_paper, sign, withdraw
from tests.factories import NOW, make_account, make_patient

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def fay(session: Session) -> Actor:
    return Actor(make_account(session, Role.ADMINISTRATOR, name="Fay").id, Role.ADMINISTRATOR)


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def ana(session: Session, patient: Patient) -> Actor:
    return Actor(make_account(session, patients=(patient,), name="Ana").id, Role.PATIENT, frozenset({patient.id}))


def published(session: Session, fay: Actor, code: str = "privacy", language: str = "en", title: str = "Privacy") -> str:
    kind = ConsentKind.CHANNEL if code.startswith("email") else ConsentKind.PRIVACY
    text = save_draft(session, actor=fay, wording=Wording(code, language, kind, title, "We keep it."), now=NOW)
    publish(session, actor=fay, public_id=text, now=NOW)
    return text


def line(session: Session, patient: Patient, language: str = "en") -> ConsentLine:
    session.expire_all()
    (found,) = consents_of(session, patient_id=patient.id, language=language)
    return found


def sign_it(session: Session, ana: Actor, patient: Patient, text: str) -> None:
    sign(session, actor=ana, patient_id=patient.id, text_public_id=text, name="Ana A.", now=NOW)


def test_a_text_is_signed_once_and_taken_back(session: Session, fay: Actor, ana: Actor, patient: Patient) -> None:
    text = published(session, fay)
    assert line(session, patient).state is ConsentState.OPEN
    for _ in range(2):
        sign_it(session, ana, patient, text)
    found = line(session, patient)
    assert found.state is ConsentState.SIGNED
    assert found.standing is not None
    assert (found.standing.signed_by, found.standing.account_name, len(found.said)) == ("Ana A.", "Ana", 1)
    for _ in range(2):
        withdraw(session, actor=ana, patient_id=patient.id, code="privacy", name="Ana", now=LATER)
    assert line(session, patient).state is ConsentState.WITHDRAWN
    assert line(session, patient).standing is None
    sign_it(session, ana, patient, text)
    assert line(session, patient).state is ConsentState.SIGNED
    said = session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.object_kind == "consent").order_by(AuditEvent.seq)
    ).all()
    assert said == ["consent_signed", "consent_withdrawn", "consent_signed"]


def test_a_new_version_is_asked_for_anew_and_the_old_one_holds(
    session: Session, fay: Actor, ana: Actor, patient: Patient
) -> None:
    first = published(session, fay)
    sign_it(session, ana, patient, first)
    second = published(session, fay, title="Privacy, shorter")
    assert second != first
    assert (line(session, patient).version, line(session, patient).state) == (2, ConsentState.OUTDATED)
    with pytest.raises(NotFound):
        sign_it(session, ana, patient, first)
    withdraw(session, actor=ana, patient_id=patient.id, code="privacy", name="Ana", now=LATER)
    assert line(session, patient).state is ConsentState.WITHDRAWN
    sign_it(session, ana, patient, second)
    assert len(said_by(session, patient.id)) == 2


def test_a_text_is_read_in_the_language_of_the_reader(session: Session, fay: Actor, patient: Patient) -> None:
    published(session, fay)
    published(session, fay, language="es", title="Privacidad")
    assert line(session, patient, "es_MX").title == "Privacidad"
    assert line(session, patient, "de").title == "Privacy"
    assert {text.version for text in texts(session)} == {1}


def test_the_desk_records_paper_and_what_callers_take_back(
    session: Session, fay: Actor, ana: Actor, patient: Patient
) -> None:
    text = published(session, fay)
    record_paper(session, actor=fay, patient_id=patient.id, text_public_id=text, name="Ana A.", now=NOW)
    found = line(session, patient).standing
    assert found is not None
    assert (found.account_name, found.witness_name) == ("", "Fay")
    withdraw(session, actor=fay, patient_id=patient.id, code="privacy", name="Ana", now=LATER)
    assert line(session, patient).state is ConsentState.WITHDRAWN
    with pytest.raises(NotFound):
        record_paper(session, actor=ana, patient_id=patient.id, text_public_id=text, name="Ana A.", now=NOW)
    with pytest.raises(NotFound):
        record_paper(session, actor=fay, patient_id=999_999, text_public_id=text, name="Ana A.", now=NOW)


def test_messages_are_refused_without_having_been_agreed_to(
    session: Session, fay: Actor, ana: Actor, patient: Patient
) -> None:
    published(session, fay, "email-reminders")
    withdraw(session, actor=ana, patient_id=patient.id, code="email-reminders", name="Ana", now=NOW)
    assert line(session, patient).state is ConsentState.WITHDRAWN
    withdraw(session, actor=fay, patient_id=patient.id, code="email-reminders", name="Ana", now=NOW)
    assert len(said_by(session, patient.id)) == 1


def test_what_the_desk_refuses_for_somebody_is_not_of_their_account(
    session: Session, fay: Actor, patient: Patient
) -> None:
    published(session, fay, "email-reminders")
    withdraw(session, actor=fay, patient_id=patient.id, code="email-reminders", name="Ana", now=NOW)
    assert [one.account_name for one in said_by(session, patient.id)] == [""]


def test_only_who_acts_for_the_patient_signs_and_takes_back(session: Session, fay: Actor, patient: Patient) -> None:
    text, ben = published(session, fay), Actor(None, Role.PATIENT)
    with pytest.raises(NotFound):
        sign(session, actor=ben, patient_id=patient.id, text_public_id=text, name="Ben", now=NOW)
    with pytest.raises(NotFound):
        withdraw(session, actor=ben, patient_id=patient.id, code="privacy", name="Ben", now=NOW)
    with pytest.raises(NotFound):
        withdraw(session, actor=fay, patient_id=patient.id, code="no-such", name="Ben", now=NOW)


def test_a_draft_is_seen_by_nobody_and_changed_in_place(
    session: Session, fay: Actor, ana: Actor, patient: Patient
) -> None:
    wording = Wording("privacy", "en", ConsentKind.PRIVACY, "Privacy", "First try.")
    draft = save_draft(session, actor=fay, wording=wording, now=NOW)
    assert save_draft(session, actor=fay, wording=wording, now=LATER) == draft
    assert consents_of(session, patient_id=patient.id, language="en") == []
    with pytest.raises(NotFound):
        sign_it(session, ana, patient, draft)
    with pytest.raises(NotFound):
        save_draft(session, actor=ana, wording=wording, now=NOW)


def test_a_retired_text_is_asked_for_no_more(session: Session, fay: Actor, ana: Actor, patient: Patient) -> None:
    published(session, fay)
    text = published(session, fay)
    sign_it(session, ana, patient, text)
    for _ in range(2):
        retire(session, actor=fay, public_id=text, now=LATER)
        publish(session, actor=fay, public_id=text, now=LATER)
    assert consents_of(session, patient_id=patient.id, language="en") == []
    assert len(said_by(session, patient.id)) == 1
    with pytest.raises(NotFound):
        retire(session, actor=fay, public_id="no-such", now=LATER)
