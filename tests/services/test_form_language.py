"""Forms in the language of whoever fills them in: as far as exactly this version has it, and kept with the answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.models import AuditEvent, Patient, QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.filled_forms import form_of_visit, forms_of_visit, spoken
from booking.services.form_language import choose_language, languages_of
from booking.services.sent_forms import own_copy, read_as_specialist
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import PAIN, PEG, ask_for, page, save, send, visit_of

GOALS = "goals"


@pytest.fixture
def visit(session: Session) -> Visit:
    ask_for(session, GOALS, PEG)
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(session: Session, visit: Visit) -> Actor:
    return Actor(make_account(session).id, Role.PATIENT, frozenset({visit.patient_id}))


def kept(session: Session, code: str = GOALS) -> str | None:
    wanted = sa.select(QuestionnaireResponse.language).where(QuestionnaireResponse.questionnaire == code)
    return session.scalars(wanted).one()


def preferred(session: Session, visit: Visit) -> str:
    return session.scalars(sa.select(Patient.language).where(Patient.id == visit.patient_id)).one()


def test_a_response_names_the_language_of_the_words_it_was_answered_in(
    session: Session, ana: Actor, visit: Visit
) -> None:
    saved = save(session, ana, visit, page("goal", "Laufen", language="de"), GOALS)
    assert (kept(session), saved.form.language) == ("de", "de")
    save(session, ana, visit, page(PAIN, "7", language="de"))
    assert kept(session, PEG) == "en"
    save(session, ana, visit, page("sign", "Ich schlafe"), GOALS)
    assert kept(session) == "de"
    save(session, ana, visit, page("worries", "None", language="en"), GOALS)
    assert kept(session) == "en"


def test_whoever_acts_for_the_patient_chooses_for_this_visit_and_the_next(
    session: Session, ana: Actor, visit: Visit
) -> None:
    save(session, ana, visit, page("goal", "To walk"), GOALS)
    save(session, ana, visit, page(PAIN, "7"))
    assert languages_of(session, forms_of_visit(session, visit=visit)) == ("de", "en")
    choose_language(session, actor=ana, visit=visit, language="de", now=NOW)
    assert (kept(session), kept(session, PEG), preferred(session, visit)) == ("de", "en", "de")
    assert visit_of(session, visit.id).patient_language == "de"
    assert (
        session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq.desc())).first() == "form_language_chosen"
    )


def test_whoever_has_only_the_link_chooses_for_this_visit_alone(session: Session, visit: Visit) -> None:
    guest = Actor(None, None, booked_ids=frozenset({visit.public_id}))
    save(session, guest, visit, page("goal", "To walk"), GOALS)
    choose_language(session, actor=guest, visit=visit, language="de", now=NOW)
    assert (kept(session), preferred(session, visit)) == ("de", "en")


def test_only_languages_that_are_there_and_only_for_those_who_may_answer(
    session: Session, ana: Actor, visit: Visit
) -> None:
    assert not choose_language(session, actor=ana, visit=visit, language="sv", now=NOW)
    assert preferred(session, visit) == "en"
    with pytest.raises(NotFound):
        choose_language(session, actor=Actor(None, Role.PATIENT), visit=visit, language="de", now=NOW)


def test_what_was_sent_keeps_its_words_and_the_specialist_reads_the_forms_own(
    session: Session, ana: Actor, visit: Visit
) -> None:
    save(session, ana, visit, page("matters", "less-pain", language="de"), GOALS)
    send(session, ana, visit, GOALS)
    choose_language(session, actor=ana, visit=visit, language="en", now=NOW)
    assert kept(session) == "de"
    assert own_copy(session, actor=ana, visit=visit, code=GOALS).form.questionnaire.title == "Ihre Ziele"
    maren = Actor(make_account(session, Role.SPECIALIST).id, Role.SPECIALIST, resource_id=visit.specialist_id)
    read = read_as_specialist(session, actor=maren, visit=visit, code=GOALS, now=NOW + timedelta(hours=1))
    assert read.form.questionnaire.title == "Your goals"


def test_a_form_without_a_translation_keeps_its_own_words(session: Session, visit: Visit) -> None:
    form = form_of_visit(session, visit=visit, code=PEG)
    assert spoken(session, form, "de").questionnaire is form.questionnaire
