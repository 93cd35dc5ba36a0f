"""The clinic's own forms in the browser: made, looked at as on a phone, let go live, brought along, and retired."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.questionnaires.editing import Kind
from booking.models import Account, QuestionnaireDefinition
from booking.queries.catalogue import catalogue
from booking.queries.form_library import library
from booking.web.administration.item_form import KINDS
from tests.core.questionnaires.forms import form, options, question
from tests.web.administration.admin_cast import fay, fields_of, send, words

pytestmark = pytest.mark.sqlite_only
FORMS = "/admin/forms"


@pytest.fixture
def admin(session: Session, client_as: Callable[[Account], FlaskClient]) -> FlaskClient:
    return fay(session, client_as)


@pytest.fixture
def draft(admin: FlaskClient) -> str:
    """The address of a draft without a question."""
    return admin.post(f"{FORMS}/new", data={"title": "Getting here", "origin": ""}).headers["Location"]


def add(admin: FlaskClient, draft: str, text: str, kind: str = "one", **fields: str) -> TestResponse:
    return send(admin, f"{draft}/items/add", text=text, kind=kind, **fields)


def filled(admin: FlaskClient, draft: str) -> None:
    """Two questions, the second one only after a certain answer."""
    assert add(admin, draft, "How do you travel?", options="By car\nBy bus").status_code == 303
    done = add(admin, draft, "Which bus?", "line", hint="Its number", when_0="how-do-you-travel|=|by-bus")
    assert done.status_code == 303


def go_live(admin: FlaskClient, draft: str, **fields: object) -> TestResponse:
    return send(admin, f"{draft}/publish", **{"asks": "no", **fields})


def test_every_kind_has_words() -> None:
    assert set(KINDS) == set(Kind)


def test_a_form_is_made_previewed_and_goes_live(session: Session, admin: FlaskClient, draft: str) -> None:
    empty = admin.get(draft).text
    assert "asks nothing yet" in empty
    assert ("<code>item</code>" in empty, "Let it go live" in empty) == (False, False)
    assert admin.get(f"{draft}/preview").status_code == 303
    filled(admin, draft)
    first = admin.get(f"{draft}/preview")
    assert "How do you travel?" in first.text
    there = {"page": "how-do-you-travel", "v_how-do-you-travel": "0", "action": "continue"}
    assert "Which bus?" in admin.post(f"{draft}/preview", data={**there, "a_how-do-you-travel": "by-bus"}).text
    assert admin.post(f"{draft}/preview", data={**there, "a_how-do-you-travel": "by-car"}).status_code == 303
    assert admin.post(f"{draft}/preview", data={**there, "a_how-do-you-travel": "x"}).status_code == 422
    kept = {**there, "page": "which-bus", "v_which-bus": "0", "a_how-do-you-travel": "by-bus", "action": "back"}
    assert "checked" in admin.post(f"{draft}/preview", data=kept).text
    assert go_live(admin, draft).status_code == 303
    catalogue(session)
    assert library(session).latest("own-getting-here").title == "Getting here"
    assert send(admin, "/admin/services/follow-up", questionnaires="own-getting-here").status_code == 303
    assert "Asked for by: Follow-up" in words(admin.get(draft).text)
    assert "In use" in words(admin.get(FORMS).text)


def test_two_editors_notice_each_other(session: Session, admin: FlaskClient, draft: str) -> None:
    filled(admin, draft)
    item = f"{draft}/items/which-bus"
    shown = {name: value[0] for name, value in fields_of(admin.get(item)).items()}
    assert "only under a condition" in words(admin.get(draft).text)
    assert send(admin, f"{draft}/title", title="Your way here", description="For the desk").status_code == 303
    late = admin.post(item, data={**shown, "text": "Which line?"})
    assert late.status_code == 409
    assert "Somebody has changed this form meanwhile" in late.text
    assert "Which line?" in late.text
    assert admin.post(item, data={**fields_of(late), "text": "Which line?"}).status_code == 303
    for way in ("move", "remove"):
        assert admin.post(f"{item}/{way}", data={"seen": "1", "way": "up"}).status_code == 409
    assert admin.post(f"{draft}/discard", data={"seen": "x"}).status_code == 409
    assert admin.post(f"{draft}/title", data={"seen": "1", "title": "Late"}).status_code == 409
    assert admin.post(f"{draft}/publish", data={"seen": "1", "asks": "no"}).status_code == 409
    seen = revision(session)
    assert admin.post(f"{item}/move", data={"seen": seen, "way": "up"}).status_code == 303
    assert "earlier page" in admin.get(draft).text
    assert admin.post(f"{item}/move", data={"way": "sideways"}).status_code == 400
    assert admin.post(f"{item}/remove", data={"seen": revision(session)}).status_code == 303
    assert admin.get(item).status_code == 404
    assert admin.post(f"{draft}/discard", data={"seen": revision(session)}).status_code == 303
    assert admin.get(draft).status_code == 404


def revision(session: Session) -> str:
    session.rollback()
    return str(session.scalars(sa.select(QuestionnaireDefinition.revision)).one())


WRONG = [
    ({"text": ""}, "Enter the words"),
    ({"text": "<b>Bold</b>"}, "Write plain text"),
    ({"options": "Yes"}, "Enter two answers at least"),
    ({"options": "Yes\nYes"}, "Enter each answer once"),
    ({"options": "Yes\n<i>"}, "Write plain text"),
    ({"options": f"Yes\n{'x' * 201}"}, "Use at most 60 answers of 200 characters"),
    ({"kind": "whole", "least": "5", "most": "2"}, "The highest number is below the lowest"),
]


@pytest.mark.parametrize(("typed", "sentence"), WRONG)
def test_what_is_wrong_with_an_item_is_said_beside_it(
    admin: FlaskClient, draft: str, typed: dict[str, str], sentence: str
) -> None:
    page = add(admin, draft, **{"text": "Why?", **typed})
    assert page.status_code == 422
    assert sentence in page.text


def test_conditions_of_every_kind_are_offered_and_shown_again(admin: FlaskClient, draft: str) -> None:
    add(admin, draft, "Did you sleep?", "yes_no")
    add(admin, draft, "How well?", "scale", low="Badly", high="Very well")
    add(admin, draft, "The evening", "part")
    two = {"when_0": "did-you-sleep|=|true", "when_1": "how-well|>=|", "number_1": "4"}
    done = add(admin, draft, "Why?", "prose", inside="the-evening", match="any", **two)
    assert done.status_code == 303
    page = admin.get(f"{draft}/items/why")
    again = fields_of(page)
    assert 'value="any" checked' in page.text
    assert {name: again[name][0] for name in (*two, "inside")} == {**two, "inside": "the-evening"}
    assert "Part with a heading" in admin.get(f"{draft}/items/the-evening").text
    assert "The evening" in admin.get(f"{draft}/items/add?inside=the-evening&kind=note").text
    assert admin.get(f"{draft}/items/add?kind=kept").status_code == 200


def test_what_another_kind_left_behind_refuses_nothing(admin: FlaskClient, draft: str) -> None:
    """The page hides it, so nobody could put it right."""
    left = {"options": "Only one", "least": "nine", "low": "<b>", "number_0": "some"}
    assert add(admin, draft, "Why?", "prose", **left).status_code == 303
    assert add(admin, draft, "How many?", "whole", least="nine").status_code == 422


def test_one_of_ours_is_adapted(admin: FlaskClient) -> None:
    assert admin.post(f"{FORMS}/new", data={"title": "", "origin": "phq-9"}).status_code == 422
    draft = admin.post(f"{FORMS}/new", data={"title": "First questions", "origin": "intake"}).headers["Location"]
    page = words(admin.get(draft).text)
    assert "To be put right" not in page
    item = admin.get(f"{draft}/items/health-words")
    assert "15 conditions" in item.text
    assert send(admin, f"{draft}/items/health-words", text="Tell us more").status_code == 303
    assert send(admin, f"{draft}/items/pain-areas", text="Where?").status_code == 303
    assert send(admin, f"{draft}/items/tried-part", text="About it").status_code == 303
    assert "To be put right" not in words(admin.get(draft).text)
    assert go_live(admin, draft).status_code == 303


PASTED = form(question("tired", "choice", answerOption=options("never", "often")), approvalDate="2026-01-01")


def test_a_form_is_brought_along_with_its_licence(session: Session, admin: FlaskClient) -> None:
    wrong = admin.post(f"{FORMS}/import", data={"text": json.dumps({**PASTED, "version": "one"})})
    assert wrong.status_code == 422
    assert "must be three numbers" in wrong.text
    bare = words(admin.post(f"{FORMS}/import", data={"text": '{"resourceType": "Questionnaire"}'}).text)
    assert "version : It is missing. Add it at the top of the file" in bare
    assert "About tired?" in wrong.text
    assert "Paste the form" in admin.post(f"{FORMS}/import", data={"text": ""}).text
    done = admin.post(f"{FORMS}/import", data={"text": json.dumps({**PASTED, "text": {"status": "empty"}})})
    draft = done.headers["Location"]
    assert "1 thing was left out of it" in admin.get(draft).text
    assert "About tired?" in admin.get(f"{draft}/preview").text
    assert go_live(admin, draft).status_code == 422
    licence = {"reference": "Contract 7", "ends_on": "2099-12-31", "holds": "y"}
    assert "Mark the questions about self-harm" in go_live(admin, draft, asks="yes", **licence).text
    assert admin.get(f"{draft}/items/tired").status_code == 404
    assert go_live(admin, draft, **licence).status_code == 303
    assert "Contract 7" in admin.get(draft).text
    assert admin.get(f"{draft}/publish").status_code == 404
    assert admin.post(f"{draft}/retire").status_code == 303
    assert "Given to nobody new" in admin.get(FORMS).text


TABLE = {
    "questionnaires": [f"{PASTED['url']}|1.0.0"], "instrument": "test-form", "rule": "test-form-1", "source": "Page 7",
    "total": {"system": "https://a.example", "code": "total"}, "method": "sum",
    "items": [{"linkId": "tired", "points": {"never": 0, "often": 3}}],
}  # fmt: skip
LICENSED = {"reference": "Contract 7", "ends_on": "2099-12-31", "holds": "y"}


def test_a_form_is_brought_along_with_its_table_and_a_translation(session: Session, admin: FlaskClient) -> None:
    text = json.dumps(PASTED)
    wrong = admin.post(f"{FORMS}/import", data={"text": text, "table": "[]"})
    assert "The score table does not fit the form" in wrong.text
    draft = admin.post(f"{FORMS}/import", data={"text": text, "table": json.dumps(TABLE)}).headers["Location"]
    assert "Scored by a table of its own: Page 7." in admin.get(draft).text
    assert go_live(admin, draft, **LICENSED).status_code == 303
    catalogue(session)
    german = {**PASTED, "language": "de", "title": "Müdigkeit"}
    other = admin.post(f"{FORMS}/import", data={"text": json.dumps({**german, "item": [question("x")]})})
    assert "It is no translation of the form that the clinic has" in words(other.text)
    second = admin.post(f"{FORMS}/import", data={"text": json.dumps(german)}).headers["Location"]
    page = admin.get(f"{second}/publish").text
    assert "self-harm where the form that it translates does" in page
    assert 'name="asks"' not in page
    seen = fields_of(admin.get(f"{second}/publish"))
    assert admin.post(f"{second}/publish", data={**seen, **LICENSED}).status_code == 303
    session.rollback()
    catalogue(session)
    assert library(session).languages(library(session).latest("test-form")) == ("en", "de")
    assert "Translation · German" in words(admin.get(FORMS).text)
    notices = admin.get("/licences").text
    assert "Müdigkeit</h3>" in notices
    assert PASTED["copyright"] in notices


def test_a_new_version_takes_the_place_of_the_one_before(admin: FlaskClient, draft: str) -> None:
    filled(admin, draft)
    go_live(admin, draft)
    second = admin.post(f"{draft}/new-version").headers["Location"]
    assert second != draft
    assert "Version 1.1.0" in words(admin.get(second).text)
    assert go_live(admin, second).status_code == 303
    assert "Given to nobody new" in admin.get(draft).text


def test_a_form_has_its_most_items(session: Session, admin: FlaskClient, draft: str) -> None:
    row = session.scalars(sa.select(QuestionnaireDefinition)).one()
    data = json.loads(row.definition)
    row.definition = json.dumps({**data, "item": [question(f"q{number}") for number in range(300)]})
    session.commit()
    assert admin.get(f"{draft}/items/add").status_code == 404
