"""Reading what was sent: by the patient who is logged in, by the specialist of the visit, as FHIR."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from fhirclient.models.questionnaireresponse import QuestionnaireResponse as FhirResponse
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.bundle import fhir_id
from booking.core.questionnaires.fhir import response_mistakes
from booking.models import QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.queries.questionnaires import Sender
from booking.services.sent_forms import ReadScore, own_copy, read_as_specialist, response_as_fhir
from tests.core.questionnaires.official import schema_mistakes
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import (
    ACTIVITY,
    INTAKE,
    LATER,
    PAIN,
    PEG,
    events,
    fill_peg,
    page,
    save,
    send,
    spoil,
    visit_of,
)

DR_CRUZ = Actor(None, Role.SPECIALIST, resource_id=1)
DR_ADEYEMI = Actor(None, Role.SPECIALIST, resource_id=2)


@pytest.fixture
def visit(session: Session) -> Visit:
    appointment = make_appointment(session, make_patient(session))
    return visit_of(session, appointment.id)


@pytest.fixture
def ana(session: Session, visit: Visit) -> Actor:
    account = make_account(session, name="Ana Alvarez")
    return Actor(account.id, Role.PATIENT, frozenset({visit.patient_id}))


def test_the_specialist_reads_answers_sender_and_score(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    sent = read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    assert [stored.value for _item, stored in sent.rows if stored] == [7, 8, 6]
    assert sent.sender == Sender("patient", "Ana Alvarez")
    assert sent.score == ReadScore("7.0")
    assert sent.sent_at == LATER


def test_each_reading_by_the_specialist_is_recorded(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    assert events(session)[-1] == ("response_read", "specialist")


def test_a_missing_answer_makes_no_score(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8)
    send(session, ana, visit)
    sent = read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    assert sent.score == ReadScore(None, (ACTIVITY,))
    assert [stored is None for _item, stored in sent.rows] == [False, False, True]


def test_a_form_without_a_score_is_read_without_one(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("main-concern", "crps"), INTAKE)
    send(session, ana, visit, INTAKE)
    assert read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=INTAKE, now=LATER).score is None


def test_a_form_sent_without_a_login_says_so(session: Session, visit: Visit) -> None:
    seen = frozenset({visit.public_id})
    guest = Actor(owner="guest", visit_ids=seen, proven_ids=seen)
    fill_peg(session, guest, visit, 1, 2, 3)
    send(session, guest, visit)
    sent = read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    assert sent.sender == Sender("visitor", "")


@pytest.mark.parametrize(
    "reader",
    [
        pytest.param(DR_ADEYEMI, id="another-specialist"),
        pytest.param(Actor(1, Role.SCHEDULER), id="scheduler"),
        pytest.param(Actor(1, Role.ADMINISTRATOR), id="administrator"),
    ],
)
def test_nobody_else_at_the_clinic_reads_answers(session: Session, ana: Actor, visit: Visit, reader: Actor) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    with pytest.raises(NotFound):
        read_as_specialist(session, actor=reader, visit=visit, code=PEG, now=LATER)


def test_what_was_not_sent_is_not_read(session: Session, ana: Actor, visit: Visit) -> None:
    with pytest.raises(NotFound):
        read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    fill_peg(session, ana, visit, 7)
    with pytest.raises(NotFound):
        own_copy(session, actor=ana, visit=visit, code=PEG)


def test_the_patient_reads_a_copy_without_the_score(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    sent = own_copy(session, actor=ana, visit=visit, code=PEG)
    assert [stored.value for _item, stored in sent.rows if stored] == [7, 8, 6]
    assert sent.score is None


def test_a_mailed_link_opens_no_copy(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    seen = frozenset({visit.public_id})
    with pytest.raises(NotFound):
        own_copy(session, actor=Actor(visit_ids=seen, proven_ids=seen), visit=visit, code=PEG)


def test_what_cannot_be_opened_is_said_and_not_left_out(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    spoil(session, PAIN)
    session.execute(sa.update(QuestionnaireResponse).values(score_sealed="v1.lost.AAAA"))
    session.commit()
    sent = read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=PEG, now=LATER)
    assert [stored.is_readable for _item, stored in sent.rows if stored] == [False, True, True]
    assert sent.score == ReadScore(None, is_readable=False)
    with pytest.raises(CannotOpen):
        response_as_fhir(session, sent, visit=visit)


def test_answers_below_an_unreadable_one_are_still_read(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("main-concern", "crps"), INTAKE)
    save(session, ana, visit, page("referred", "yes"), INTAKE)
    save(session, ana, visit, page("referred-by", "Dr Known"), INTAKE)
    send(session, ana, visit, INTAKE)
    spoil(session, "referred")
    sent = read_as_specialist(session, actor=DR_CRUZ, visit=visit, code=INTAKE, now=LATER)
    assert "Dr Known" in [stored.value for _item, stored in sent.rows if stored]


def test_a_response_is_fhir(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    sent = own_copy(session, actor=ana, visit=visit, code=PEG)
    resource = response_as_fhir(session, sent, visit=visit)
    assert response_mistakes(sent.form.questionnaire, resource) == []
    assert resource["status"] == "completed"
    assert resource["subject"] == {"reference": f"Patient/{fhir_id(visit.patient_public_id)}"}
    assert (resource["id"], resource["language"]) == (fhir_id(sent.form.response_public_id), "en")
    assert FhirResponse(resource).as_json() == resource
    assert schema_mistakes(resource) == []
    assert [item["answer"] for item in resource["item"]] == [[{"valueInteger": n}] for n in (7, 8, 6)]
