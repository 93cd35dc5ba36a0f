"""What a clinic brings along: a score table that counts everywhere, and translations of forms that it has."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.library import shipped_texts
from booking.models import Clinic, DefinitionSource, DefinitionState
from booking.queries.appointments import Visit
from booking.queries.catalogue import catalogue
from booking.queries.form_definitions import OwnForm, own_form_or_none, own_forms
from booking.queries.form_library import in_use, library
from booking.services import own_forms as service
from booking.services.before_visit import read_before_visit
from booking.services.fhir_export import export_visit
from booking.services.own_forms import FormRefused, Statement
from booking.services.sent_forms import read_as_specialist
from tests.core.questionnaires.forms import form, options, question
from tests.factories import NOW, make_appointment
from tests.services.forms_cast import LATER, ask_for, page, save, send, visit_of
from tests.services.test_own_forms import LICENCE, NO_HARM, ask, fay, made, publish

__all__ = ["fay"]
PASTED = form(question("tired", "choice", answerOption=options("never", "often")), approvalDate="2026-01-01")
TABLE = {
    "questionnaires": [f"{PASTED['url']}|1.0.0"],
    "instrument": "test-form",
    "rule": "test-form-1",
    "source": "Its manual, page 7",
    "total": {"system": "https://a.example", "code": "total", "display": "Tiredness"},
    "method": "sum",
    "items": [{"linkId": "tired", "points": {"never": 0, "often": 3}}],
}
GERMAN = {**json.loads(json.dumps(PASTED).replace("About tired?", "Müde?")), "language": "de", "title": "Müdigkeit"}
MAREN = Actor(None, Role.SPECIALIST, resource_id=1)


def pasted(session: Session, fay: Actor, data: dict[str, Any], table: object = None) -> OwnForm:
    text = json.dumps(table) if table else ""
    key, _ = service.import_form(session, actor=fay, text=json.dumps(data), table=text, now=NOW)
    found = own_form_or_none(session, key)
    assert found is not None
    return found


def refused(session: Session, fay: Actor, data: dict[str, Any], table: object = None) -> set[str]:
    with pytest.raises(FormRefused) as refusal:
        pasted(session, fay, data, table)
    session.rollback()
    return {one.rule for one in refusal.value.mistakes}


def live(session: Session, fay: Actor, data: dict[str, Any], table: object = None) -> OwnForm:
    found = pasted(session, fay, data, table)
    publish(session, fay, found.public_id, LICENCE)
    session.rollback()
    catalogue(session)
    return found


def visit_asking(session: Session, code: str) -> tuple[Visit, Actor]:
    ask_for(session, code)
    visit = visit_of(session, make_appointment(session).id)
    return visit, Actor(None, Role.PATIENT, frozenset({visit.patient_id}))


def test_a_table_counts_wherever_scores_stand(session: Session, fay: Actor) -> None:
    assert refused(session, fay, PASTED, {**TABLE, "items": []}) == {"table"}
    live(session, fay, PASTED, TABLE)
    visit, ana = visit_asking(session, "test-form")
    save(session, ana, visit, page("tired", "often"), "test-form")
    send(session, ana, visit, "test-form")
    told = read_before_visit(session, actor=MAREN, visit=visit, now=LATER)
    [trend] = told.trends
    assert trend.table is told.own[0].table
    assert (trend.table and trend.table.highest, trend.points[0].value) == (3, 3)
    sent = read_as_specialist(session, actor=MAREN, visit=visit, code="test-form", now=LATER)
    assert sent.score
    assert (sent.score.value, sent.score.table) == ("3", trend.table)
    bundle = export_visit(session, actor=MAREN, visit=visit, base_url="https://x.example", now=LATER)
    assert bundle["entry"][-1]["resource"]["valueQuantity"]["value"] == 3


def test_a_translation_stands_beside_its_original(session: Session, fay: Actor) -> None:
    original = live(session, fay, PASTED, TABLE)
    german = pasted(session, fay, GERMAN)
    assert (german.is_translation, german.source) == (True, DefinitionSource.IMPORTED)
    assert pasted(session, fay, GERMAN).public_id == german.public_id
    assert library(session).languages(library(session).latest("test-form")) == ("en",)
    publish(session, fay, german.public_id, LICENCE)
    catalogue(session)
    shelf = library(session)
    assert shelf.languages(shelf.latest("test-form")) == ("en", "de")
    assert [one.title for one in in_use(shelf) if one.code == "test-form"] == [PASTED["title"], "Müdigkeit"]
    assert shelf.tables.for_form(shelf.in_language(shelf.latest("test-form"), "de")) is not None
    assert {one.state for one in own_forms(session)} == {DefinitionState.PUBLISHED}
    assert refused(session, fay, GERMAN) == {"taken"}
    service.retire_form(session, actor=fay, public_id=german.public_id, now=NOW)
    catalogue(session)
    assert library(session).languages(library(session).latest("test-form")) == ("en",)
    service.retire_form(session, actor=fay, public_id=original.public_id, now=NOW)
    catalogue(session)
    assert library(session).languages(library(session).latest("test-form")) == ("en", "de")


def test_what_is_no_translation_is_refused(session: Session, fay: Actor) -> None:
    pasted(session, fay, PASTED)
    assert refused(session, fay, GERMAN) == {"taken"}
    live(session, fay, PASTED)
    other = {**GERMAN, "item": [question("tired", "choice", answerOption=options("never", "always"))]}
    assert refused(session, fay, other) == {"translation"}
    assert refused(session, fay, json.loads(shipped_texts()["goals.de.json"])) == {"taken"}


def swedish(code: str) -> dict[str, Any]:
    """A form that ships, as if it were in Swedish."""
    found: dict[str, Any] = json.loads(shipped_texts()[f"{code}.json"].replace('"language": "en"', '"language": "sv"'))
    return found


def test_a_translation_of_what_ships_needs_its_own_licence(session: Session, fay: Actor) -> None:
    brought = pasted(session, fay, swedish("gad-7"))
    with pytest.raises(FormRefused):
        publish(session, fay, brought.public_id, NO_HARM)
    session.rollback()
    publish(session, fay, brought.public_id, LICENCE)
    catalogue(session)
    gad_7 = library(session).latest("gad-7")
    assert library(session).languages(gad_7) == ("en", "sv")
    assert library(session).tables.for_form(library(session).in_language(gad_7, "sv")) is not None


def test_a_translation_asks_about_self_harm_where_its_original_does(session: Session, fay: Actor) -> None:
    session.execute(sa.update(Clinic).values(crisis_line="988", emergency_number="911", crisis_name="Lifeline"))
    session.commit()
    brought = pasted(session, fay, swedish("phq-9"))
    with pytest.raises(FormRefused) as refusal:
        publish(session, fay, brought.public_id, LICENCE)
    assert [one.rule for one in refusal.value.mistakes] == ["crisis-language"]


def test_a_form_made_here_is_translated_from_its_own_file(session: Session, fay: Actor) -> None:
    first = made(session, fay)
    ask(session, fay, first, "How do you travel?", "By car", "By bus")
    publish(session, fay, first)
    catalogue(session)
    own = own_form_or_none(session, first)
    assert own is not None
    german = pasted(session, fay, {**own.data, "language": "de"})
    assert (german.source, german.may_be_edited) == (DefinitionSource.MADE, False)
    with pytest.raises(NotFound):
        service.change_draft(session, actor=fay, public_id=german.public_id, seen=1, change=dict, now=NOW)
    publish(session, fay, german.public_id, Statement(None))
    catalogue(session)
    assert library(session).languages(library(session).latest(own.code)) == ("en", "de")
    with pytest.raises(NotFound):
        service.begin_version(session, actor=fay, public_id=german.public_id, now=NOW)
    second = service.begin_version(session, actor=fay, public_id=first, now=NOW)
    assert revision_of(session, second) == ("1.1.0", "en")


def revision_of(session: Session, public_id: str) -> tuple[str, str]:
    found = own_form_or_none(session, public_id)
    assert found is not None
    return found.version, found.language


def test_a_translation_is_compared_once_more_when_it_goes_live(session: Session, fay: Actor) -> None:
    """Its original may have been marked as asking about self-harm between the two."""
    live(session, fay, PASTED)
    german = pasted(session, fay, GERMAN)
    table = sa.table("questionnaire_definition", sa.column("definition"), sa.column("language"))
    broken = json.dumps({**GERMAN, "status": "draft", "item": [question("other")]})
    session.execute(sa.update(table).where(table.c.language == "de").values(definition=broken))
    session.commit()
    with pytest.raises(FormRefused) as refusal:
        publish(session, fay, german.public_id, LICENCE)
    assert {one.rule for one in refusal.value.mistakes} == {"translation"}
