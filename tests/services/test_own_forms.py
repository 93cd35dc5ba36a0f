"""The clinic's own forms: drafts that two may edit, versions that never change, licences that end by themselves."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Chosen
from booking.core.questionnaires.editing import Kind, Words, with_item
from booking.core.questionnaires.flags import flags_of
from booking.models import AuditEvent, Clinic, DefinitionState, QuestionnaireDefinition, Service
from booking.queries.catalogue import catalogue
from booking.queries.form_definitions import own_form_or_none, own_forms
from booking.queries.form_library import is_offered, library, offered
from booking.services import own_forms as service
from booking.services.filled_forms import forms_of_visit
from booking.services.own_form_rows import FormChanged
from booking.services.own_forms import FormRefused, Statement
from tests.core.questionnaires.forms import form, options, question
from tests.factories import NOW, make_account, make_appointment
from tests.services.forms_cast import page, save, visit_of
from tests.web.clinic_change import clinic_changed

NO_HARM = Statement(asks_about_harm=False)
LICENCE = Statement(False, frozenset(), "Contract 7", date(2026, 12, 31))
PASTED = form(question("tired", "choice", answerOption=options("never", "often")), approvalDate="2026-01-01")


@pytest.fixture
def fay(session: Session) -> Actor:
    return Actor(make_account(session, Role.ADMINISTRATOR).id, Role.ADMINISTRATOR)


def made(session: Session, fay: Actor, title: str = "Getting here", origin: str = "") -> str:
    return service.make_form(session, actor=fay, title=title, origin=origin, copyright_line="Nobody", now=NOW)


def revision(session: Session, public_id: str) -> int:
    found = own_form_or_none(session, public_id)
    assert found is not None
    return found.revision


def ask(session: Session, fay: Actor, public_id: str, text: str, *answers: str) -> None:
    words = Words(Kind.ONE if answers else Kind.LINE, text, options=answers)
    seen = revision(session, public_id)
    service.change_draft(
        session, actor=fay, public_id=public_id, seen=seen, change=lambda data: with_item(data, words), now=NOW
    )


def publish(session: Session, fay: Actor, public_id: str, statement: Statement = NO_HARM) -> None:
    seen = revision(session, public_id)
    service.publish_form(session, actor=fay, public_id=public_id, seen=seen, statement=statement, now=NOW)


def pasted(session: Session, fay: Actor, **changes: Any) -> str:
    text = json.dumps({**PASTED, **changes})
    return service.import_form(session, actor=fay, text=text, now=NOW)[0]


def refused(session: Session, fay: Actor, public_id: str, statement: Statement) -> set[str]:
    with pytest.raises(FormRefused) as refusal:
        publish(session, fay, public_id, statement)
    session.rollback()
    return {one.rule for one in refusal.value.mistakes}


def shelf(session: Session) -> tuple[str, ...]:
    """What may be asked for, by the clinic as it stands."""
    session.rollback()
    catalogue(session)
    return offered(library(session))


def said(session: Session) -> list[tuple[str, str | None]]:
    kind = AuditEvent.object_kind == "questionnaire_definition"
    found = session.execute(sa.select(AuditEvent.action, AuditEvent.reason_code).where(kind).order_by(AuditEvent.seq))
    return [tuple(row) for row in found]


def test_a_form_is_made_published_answered_and_changed_as_a_new_version(session: Session, fay: Actor) -> None:
    first = made(session, fay)
    assert refused(session, fay, first, NO_HARM) >= {"empty"}
    ask(session, fay, first, "How do you travel?", "By car", "By bus")
    assert "own-getting-here" not in shelf(session)
    publish(session, fay, first)
    assert "own-getting-here" in shelf(session)
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=["own-getting-here"]))
    clinic_changed(session)
    visit = visit_of(session, make_appointment(session).id)
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    save(session, ana, visit, page("how-do-you-travel", "by-car"), "own-getting-here")
    second = service.begin_version(session, actor=fay, public_id=first, now=NOW)
    assert service.begin_version(session, actor=fay, public_id=first, now=NOW) == second
    ask(session, fay, second, "Who comes along?")
    publish(session, fay, second)
    catalogue(session)
    [begun] = forms_of_visit(session, visit=visit)
    assert (begun.questionnaire.version, len(begun.questionnaire.questions)) == ("1.0.0", 1)
    other = visit_of(session, make_appointment(session, starts_at=NOW + timedelta(days=9)).id)
    [fresh] = forms_of_visit(session, visit=other)
    assert (fresh.questionnaire.version, len(fresh.questionnaire.questions)) == ("1.1.0", 2)
    service.retire_form(session, actor=fay, public_id=second, now=NOW)
    assert "own-getting-here" not in shelf(session)
    assert not is_offered(library(session), "own-getting-here")
    assert forms_of_visit(session, visit=other) == ()
    assert [one.code for one in forms_of_visit(session, visit=visit)] == ["own-getting-here"]
    third = service.begin_version(session, actor=fay, public_id=first, now=NOW)
    assert revision(session, third) == 1
    assert own_forms(session)[0].version == "1.2.0"
    actions = ["drafted", "published", "drafted", "retired", "published", "retired", "drafted"]
    assert said(session) == [(f"form_{action}", None) for action in actions]


def test_two_editors_notice_each_other(session: Session, fay: Actor) -> None:
    draft = made(session, fay)
    ask(session, fay, draft, "Why?")
    with pytest.raises(FormChanged):
        service.change_draft(session, actor=fay, public_id=draft, seen=1, change=dict, now=NOW)
    with pytest.raises(FormChanged):
        service.discard_draft(session, actor=fay, public_id=draft, seen=1, now=NOW)
    service.discard_draft(session, actor=fay, public_id=draft, seen=2, now=NOW)
    assert own_forms(session) == ()
    assert own_form_or_none(session, draft) is None


def test_only_administrators_and_only_what_is_there(session: Session, fay: Actor) -> None:
    dora = Actor(None, Role.SCHEDULER)
    with pytest.raises(NotFound):
        made(session, dora)
    with pytest.raises(NotFound):
        made(session, fay, origin="phq-9")
    with pytest.raises(NotFound):
        service.begin_version(session, actor=fay, public_id="nowhere", now=NOW)
    draft = made(session, fay)
    for act in (service.begin_version, service.retire_form):
        with pytest.raises(NotFound):
            act(session, actor=fay, public_id=draft, now=NOW)
    ask(session, fay, draft, "Why?")
    publish(session, fay, draft)
    with pytest.raises(NotFound):
        service.discard_draft(session, actor=fay, public_id=draft, seen=3, now=NOW)
    with pytest.raises(NotFound):
        service.change_draft(session, actor=fay, public_id=pasted(session, fay), seen=1, change=dict, now=NOW)


def test_an_adapted_form_keeps_its_flags_and_the_original_stays(session: Session, fay: Actor) -> None:
    assert made(session, fay, "Intake", "intake") != made(session, fay, "Intake", "intake")
    draft = next(one for one in own_forms(session) if one.code == "own-intake")
    publish(session, fay, draft.public_id)
    assert {"intake", "own-intake"} <= set(shelf(session))
    [flag] = flags_of(library(session).latest("own-intake"), {"bp": Chosen(("yes",))})
    assert flag.key == "bp"


def test_what_is_brought_along_needs_its_licence_and_switches_itself_off(session: Session, fay: Actor) -> None:
    draft = pasted(session, fay)
    assert pasted(session, fay, title="Anew") == draft
    assert refused(session, fay, draft, NO_HARM) == {"licence"}
    assert refused(session, fay, draft, Statement(None, frozenset(), "C", date(2026, 11, 22))) == {"licence", "safety"}
    publish(session, fay, draft, LICENCE)
    found = own_form_or_none(session, draft)
    assert found is not None
    assert (found.title, found.licence_reference, found.may_be_edited) == ("Anew", "Contract 7", False)
    row = session.scalars(sa.select(QuestionnaireDefinition)).one()
    assert (row.licence_by_account_id, row.state) == (fay.account_id, DefinitionState.PUBLISHED)
    assert "test-form" in shelf(session)
    last = NOW.replace(month=12, day=31)
    assert service.retire_ended(session, now=last) == 0
    assert service.retire_ended(session, now=last + timedelta(days=1)) == 1
    assert service.retire_ended(session, now=last + timedelta(days=1)) == 0
    assert "test-form" not in shelf(session)
    assert said(session)[-1] == ("form_retired", "licence_ended")
    with pytest.raises(NotFound):
        service.begin_version(session, actor=fay, public_id=draft, now=NOW)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"version": "one"}, "version"),
        ({"id": "peg"}, "taken"),
        ({"id": "peg", "url": "https://respite.example/fhir/Questionnaire/peg"}, "taken"),
        ({"item": [question("a", "choice", answerOption=[*options("x"), {"valueCoding": {
            "system": "s", "code": "y", "display": "Y", "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 1}]}}])]}, "ordinal"),
    ],
)  # fmt: skip
def test_what_may_not_be_brought_along(session: Session, fay: Actor, changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(FormRefused) as refusal:
        pasted(session, fay, **changes)
    assert [one.rule for one in refusal.value.mistakes] == [rule]


def test_a_version_that_went_live_is_never_replaced(session: Session, fay: Actor) -> None:
    publish(session, fay, pasted(session, fay), LICENCE)
    catalogue(session)
    with pytest.raises(FormRefused):
        pasted(session, fay)
    publish(session, fay, pasted(session, fay, version="1.0.1"), LICENCE)
    assert [one.state.value for one in own_forms(session)] == ["published", "retired"]


def test_questions_about_self_harm_are_marked_and_need_a_crisis_line(session: Session, fay: Actor) -> None:
    draft = made(session, fay)
    ask(session, fay, draft, "Do you think of harming yourself?", "Not at all", "Sometimes")
    asks = Statement(True, frozenset({"do-you-think-of-harming-yourself"}))
    session.execute(sa.update(Clinic).values(crisis_line=""))
    session.commit()
    assert "crisis" in refused(session, fay, draft, asks)
    session.execute(sa.update(Clinic).values(CRISIS))
    session.commit()
    assert refused(session, fay, draft, Statement(True)) == {"safety"}
    publish(session, fay, draft, asks)
    catalogue(session)
    [item] = library(session).latest("own-getting-here").questions
    assert item.is_safety
    assert [option.ordinal for option in item.options] == [0, 1]
    assert own_forms(session)[0].asks_about_harm


def test_questions_about_self_harm_go_live_in_the_languages_of_the_message_alone(session: Session, fay: Actor) -> None:
    session.execute(sa.update(Clinic).values(CRISIS))
    session.commit()
    draft = made(session, fay)
    ask(session, fay, draft, "Do you think of harming yourself?", "Not at all", "Sometimes")
    row = session.scalars(sa.select(QuestionnaireDefinition)).one()
    row.definition = json.dumps({**json.loads(row.definition), "language": "de-AT"})
    session.commit()
    asks = Statement(True, frozenset({"do-you-think-of-harming-yourself"}))
    assert "crisis-language" in refused(session, fay, draft, asks)


CRISIS = {"crisis_line": "988", "emergency_number": "911", "crisis_name": "Lifeline"}
