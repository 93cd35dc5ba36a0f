"""Forms on the phone: one question per page, saved as it goes, by a login or by a mailed link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.questionnaires.library import SHIPPED, Library
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.extensions import db
from booking.models import Account, Appointment, LoginSession
from booking.queries.appointments import Visit
from booking.services.filled_forms import LIBRARY
from booking.services.sealed import KEYS
from tests.core.questionnaires.forms import form, group, number_limits, options, question
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import (
    ENJOYMENT,
    PAIN,
    PEG,
    TEST_FORM,
    ask_for,
    filled,
    spoil,
    visit_of,
)
from tests.settings import FIELD_KEYS
from tests.web.mail_links import opened_by_mail
from tests.web.statements import counted

ClientAs = Callable[[Account], FlaskClient]
KINDS = (
    question("number", "integer", extension=number_limits(1, 200)),
    question("day", "date"),
    question("yes-no"),
    question("line", "string", maxLength=20),
    question("story", "text"),
    question("one", "open-choice", answerOption=options("a", "b")),
    question("many", "open-choice", answerOption=options("a", "b"), repeats=True),
)
NEEDED = form(group("g", question("n", "choice", answerOption=options("a"), required=True), question("o")))


@pytest.fixture
def visit(session: Session) -> Visit:
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(session: Session, visit: Visit) -> Account:
    account = make_account(session, name="Ana Alvarez")
    session.execute(sa.text("INSERT INTO account_patient (account_id, patient_id) VALUES (:a, :p)"),
                    {"a": account.id, "p": visit.patient_id})  # fmt: skip
    session.commit()
    return account


@pytest.fixture
def phone(client_as: ClientAs, ana: Account) -> FlaskClient:
    """Ana's phone, logged in."""
    return client_as(ana)


@pytest.fixture
def link(app: Flask, session: Session, visit: Visit) -> FlaskClient:
    """A browser that opened the mailed link of the visit, and whose reader knew the date of birth."""
    return opened_by_mail(app.test_client(), session, visit, is_proven=True)


@pytest.fixture
def kinds(app: Flask, session: Session) -> Iterator[None]:
    """The visit asks for a form with every kind of question."""
    ask_for(session, TEST_FORM, forms=(form(*KINDS),))
    library = Library((*SHIPPED.questionnaires, parse_questionnaire(form(*KINDS))))
    with app.app_context():
        db.session.session_factory.configure(info={KEYS: FIELD_KEYS, LIBRARY: library})
        yield
        db.session.session_factory.configure(info={KEYS: FIELD_KEYS})


def url(visit: Visit, code: str = PEG, page: object = "") -> str:
    return f"/visits/{visit.public_id}/forms/{code}/{page}" if code else f"/visits/{visit.public_id}/forms/"


def post(client: FlaskClient, visit: Visit, page: int, key: str, *answers: str, **more: object) -> TestResponse:
    """Answer a page of one question as a browser does."""
    code = str(more.pop("code", PEG))
    fields = {f"a_{key}": list(answers), f"v_{key}": more.pop("version", 0), "form_version": "1.0.0", **more}
    return client.post(url(visit, code, page), data=fields)


def test_the_task_list_names_parts_length_and_status(phone: FlaskClient, visit: Visit) -> None:
    page = phone.get(url(visit, "")).text
    assert "Why you are coming" in page
    assert "About 6 minutes" in page
    assert page.count("Not started") == 5


def test_answers_are_saved_as_it_goes(phone: FlaskClient, visit: Visit, session: Session) -> None:
    answer = post(phone, visit, 1, PAIN, "0")
    assert answer.status_code == 303
    assert answer.location.endswith("/peg/2")
    assert filled(session, visit).answers == {PAIN: 0}
    assert re.search(r'value="0"\s+checked', phone.get(url(visit, PEG, 1)).text)


def test_another_device_resumes_at_the_same_question(
    phone: FlaskClient, visit: Visit, client_as: ClientAs, ana: Account
) -> None:
    post(phone, visit, 1, PAIN, "7")
    page = client_as(ana).get(url(visit, "")).text
    assert "In progress" in page
    assert f'href="{url(visit, PEG, 2)}"' in page


def test_a_form_that_is_answered_and_not_sent_says_so(phone: FlaskClient, visit: Visit, session: Session) -> None:
    ask_for(session, PEG)
    for number, key in enumerate((PAIN, ENJOYMENT, "91146-1"), 1):
        post(phone, visit, number, key, "5")
    page = phone.get(url(visit, "")).text
    assert "All answered, not sent yet" in page
    assert f'href="{url(visit, PEG, "review")}" class="govuk-button" draggable="false">Check and send' in page
    assert "minute" not in page.partition("<main")[2].partition("</main>")[0]


def test_progress_and_the_permanent_line_stand_on_each_page(phone: FlaskClient, visit: Visit) -> None:
    page = phone.get(url(visit, "intake-short", 1)).text
    assert "Question 1, about 6 minutes left" in page
    assert "This form is not read in real time" in page
    assert 'href="tel:988"' in page


def test_titles_and_addresses_tell_nothing(phone: FlaskClient, visit: Visit) -> None:
    page = phone.get(url(visit, "intake-short", 14)).text
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert "pregnant" in page
    assert "pregnan" not in title.group(1) + url(visit, "intake-short", 14)


def test_a_conditional_question_comes_when_its_answer_is_given(phone: FlaskClient, visit: Visit) -> None:
    assert post(phone, visit, 4, "referred", "no", code="intake-short").location.endswith("/6")
    assert post(phone, visit, 4, "referred", "yes", code="intake-short", version=1).location.endswith("/5")


def test_a_hidden_page_leads_on(phone: FlaskClient, visit: Visit) -> None:
    assert phone.get(url(visit, "intake-short", 5)).location.endswith("/intake-short/1")


def test_a_mistake_keeps_what_was_typed_and_names_it_first(phone: FlaskClient, visit: Visit) -> None:
    answer = post(phone, visit, 6, "goal", "x" * 1001, code="intake-short")
    assert answer.status_code == 422
    assert "<title>Error: Question" in answer.text
    assert 'href="#a_goal"' in answer.text
    assert "x" * 1001 in answer.text
    assert "Use 1000 characters or fewer" in answer.text
    saved = post(phone, visit, 6, "goal", "x" * 1001, code="intake-short", action="autosave")
    assert (saved.json or {})["why"] == "Use 1000 characters or fewer"


@pytest.mark.parametrize(
    ("page", "fields", "sentence"),
    [
        pytest.param(1, {"a_number": "ten"}, "Enter a whole number", id="no-number"),
        pytest.param(1, {"a_number": "0"}, "1 or more", id="too-low"),
        pytest.param(1, {"a_number": "201"}, "200 or less", id="too-high"),
        pytest.param(2, {"a_day-day": "31", "a_day-month": "2", "a_day-year": "2026"}, "real date", id="no-date"),
        pytest.param(3, {"a_yes-no": "perhaps"}, "Choose one of the answers", id="no-option"),
        pytest.param(4, {"a_line": "y" * 21}, "Use 20 characters or fewer", id="too-long"),
        pytest.param(5, {"a_story": "a\x07b"}, "Take out the characters", id="control-character"),
        pytest.param(6, {"a_one": "a", "o_one": "mine"}, "Give one answer only", id="two-answers"),
    ],
)
def test_bad_input_of_each_kind(
    phone: FlaskClient, visit: Visit, kinds: None, page: int, fields: dict[str, str], sentence: str
) -> None:
    key = KINDS[page - 1]["linkId"]
    answer = phone.post(url(visit, TEST_FORM, page), data={**fields, f"v_{key}": "nonsense", "form_version": "1.0.0"})
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("page", "fields", "shown"),
    [
        pytest.param(1, {"a_number": "12"}, "12", id="number"),
        pytest.param(2, {"a_day-day": "9", "a_day-month": "3", "a_day-year": "2026"}, "Monday 9 March 2026", id="date"),
        pytest.param(2, {"a_day-day": "", "a_day-month": "", "a_day-year": ""}, "Skipped", id="blank-date"),
        pytest.param(3, {"a_yes-no": "false"}, "No", id="boolean"),
        pytest.param(5, {"a_story": "one\ntwo"}, "one<br>two", id="lines"),
        pytest.param(5, {"a_story": "<b>bold</b>"}, "&lt;b&gt;bold", id="markup"),
        pytest.param(6, {"a_one": "", "o_one": "mine"}, "mine", id="own-words"),
        pytest.param(7, {"a_many": ["a", "b"], "o_many": "mine"}, "A<br>B<br>mine", id="several"),
    ],
)
def test_each_kind_is_saved_shown_again_and_reviewed(
    phone: FlaskClient, visit: Visit, kinds: None, page: int, fields: dict[str, str], shown: str
) -> None:
    key = KINDS[page - 1]["linkId"]
    data = {**fields, f"v_{key}": 0, "form_version": "1.0.0"}
    assert phone.post(url(visit, TEST_FORM, page), data=data).status_code == 303
    assert phone.get(url(visit, TEST_FORM, page)).status_code == 200
    assert shown in phone.get(url(visit, TEST_FORM, "review")).text


def test_none_of_these_stands_by_itself(phone: FlaskClient, visit: Visit) -> None:
    answer = post(phone, visit, 15, "needs", "none", "needles", code="intake-short")
    assert answer.status_code == 422
    assert "together with other answers: “Not sure”, “None of these”" in answer.text


def test_an_older_page_chooses_between_two_answers(phone: FlaskClient, visit: Visit, session: Session) -> None:
    post(phone, visit, 1, PAIN, "10")
    late = post(phone, visit, 1, PAIN, "3")
    assert late.status_code == 409
    assert "“10 of 10 – Pain as bad as you can imagine”" in late.text
    assert 'name="v_75893-8" value="1"' in late.text
    assert 'name="other_device" value="75893-8"' in late.text
    assert post(phone, visit, 1, PAIN, "3", version=1, action="keep-other", other_device=PAIN).location.endswith("/2")
    assert filled(session, visit).answers == {PAIN: 10}
    assert post(phone, visit, 1, PAIN, "3", version=1).status_code == 303


def test_an_older_page_is_told_of_a_skipped_answer(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 1, PAIN, action="skip")
    assert "“Skipped”" in post(phone, visit, 1, PAIN, "3").text


@pytest.mark.parametrize(("action", "place"), [("later", "/forms/"), ("back", "/forms/"), ("skip", "/peg/2")])
def test_the_other_buttons(phone: FlaskClient, visit: Visit, action: str, place: str) -> None:
    assert post(phone, visit, 1, PAIN, action=action).location.endswith(place)


def test_back_saves_what_is_an_answer_and_goes_back(phone: FlaskClient, visit: Visit, session: Session) -> None:
    assert post(phone, visit, 2, ENJOYMENT, "4", action="back").location.endswith("/peg/1")
    assert filled(session, visit).answers == {ENJOYMENT: 4}


def test_a_change_from_the_review_returns_to_it(phone: FlaskClient, visit: Visit) -> None:
    for number, key in enumerate((PAIN, ENJOYMENT, "91146-1"), 1):
        post(phone, visit, number, key, "5")
    assert f'href="{url(visit, PEG, 1)}?change=1"' in phone.get(url(visit, PEG, "review")).text
    assert 'name="change"' in phone.get(f"{url(visit, PEG, 1)}?change=1").text
    assert post(phone, visit, 1, PAIN, "6", version=1, change="1").location.endswith("/peg/review")
    assert post(phone, visit, 1, PAIN, version=2, change="1", action="back").location.endswith("/peg/review")


def test_sending_says_thanks_and_no_score(phone: FlaskClient, visit: Visit) -> None:
    for number, key in enumerate((PAIN, ENJOYMENT, "91146-1"), 1):
        post(phone, visit, number, key, "5")
    sent = phone.post(url(visit, PEG, "review"), data={"revision": 3})
    again = phone.post(url(visit, PEG, "review"), data={"revision": 3})
    assert sent.location == again.location == url(visit, PEG, "done")
    page = phone.get(sent.location).text
    assert "Thank you" in page
    assert "One more form" in page
    assert "5.0" not in page


def test_what_is_missing_is_named_with_a_link(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 3, "how-long", "over-5y", code="intake-short")
    refused = phone.post(url(visit, "intake-short", "review"), data={"revision": 1})
    assert refused.status_code == 422
    assert f'<a href="{url(visit, "intake-short", 1)}?change=1">What would you like help with most?' in refused.text


def test_answers_changed_since_the_review_are_shown_again(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 1, PAIN, "5")
    refused = phone.post(url(visit, PEG, "review"), data={"revision": 9})
    assert refused.status_code == 422
    assert "changed on another device" in refused.text


def test_a_blank_form_is_not_sent(phone: FlaskClient, visit: Visit) -> None:
    refused = phone.post(url(visit, PEG, "review"), data={"revision": "nonsense"})
    assert refused.status_code == 422
    assert "nothing to send yet" in refused.text


def test_answers_that_no_longer_apply_are_announced(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 4, "referred", "yes", code="intake-short")
    post(phone, visit, 5, "referred-by", "Dr Hidden", code="intake-short")
    post(phone, visit, 4, "referred", "no", code="intake-short", version=1)
    page = phone.get(url(visit, "intake-short", "review")).text
    assert "some questions no longer apply" in page
    assert "Dr Hidden" not in page


def test_an_unreadable_answer_says_so(phone: FlaskClient, visit: Visit, session: Session) -> None:
    post(phone, visit, 1, PAIN, "5")
    spoil(session, PAIN)
    assert "This answer cannot be read." in phone.get(url(visit, PEG, "review")).text


def test_after_sending_the_pages_lead_to_the_end(phone: FlaskClient, visit: Visit) -> None:
    post(phone, visit, 1, PAIN, "5")
    phone.post(url(visit, PEG, "review"), data={"revision": 1})
    assert phone.get(url(visit, PEG, 1)).location == url(visit, PEG, "done")
    assert phone.get(url(visit, PEG, "review")).location == url(visit, PEG, "done")
    assert post(phone, visit, 1, PAIN, "6", version=1).status_code == 409
    assert "See what you sent" in phone.get(url(visit, "")).text


def test_the_end_comes_only_after_sending(phone: FlaskClient, visit: Visit) -> None:
    assert phone.get(url(visit, PEG, "done")).location == url(visit, "")


def test_a_cancelled_visit_asks_nothing(phone: FlaskClient, visit: Visit, session: Session) -> None:
    session.execute(sa.update(Appointment).values(status=AppointmentStatus.CANCELLED))
    session.commit()
    assert "takes no answers any more" in phone.get(url(visit, "")).text
    assert phone.get(url(visit, PEG, 1)).location == url(visit, "")


def test_a_visit_without_forms_says_so(phone: FlaskClient, visit: Visit, session: Session) -> None:
    ask_for(session)
    assert "There is nothing to fill in for this visit." in phone.get(url(visit, "")).text


@pytest.mark.parametrize(("code", "page"), [("peg", 0), ("peg", 4), ("peg", 10**30), ("phq-9", 1)])
def test_unknown_pages_are_missing(phone: FlaskClient, visit: Visit, code: str, page: int) -> None:
    assert phone.get(url(visit, code, page)).status_code == 404


def test_a_page_of_an_unknown_version_is_missing(phone: FlaskClient, visit: Visit) -> None:
    assert post(phone, visit, 1, PAIN, "5", form_version="9.9.9").status_code == 404


def test_a_mailed_link_fills_in_and_sees_only_its_own_answers(
    phone: FlaskClient, link: FlaskClient, visit: Visit
) -> None:
    post(phone, visit, 1, PAIN, "7")
    assert link.get(url(visit, PEG, 1)).location == url(visit, "")
    post(link, visit, 2, ENJOYMENT, "4")
    assert re.search(r'value="4"\s+checked', link.get(url(visit, PEG, 2)).text)
    page = link.get(url(visit, PEG, "review")).text
    assert "4 of 10" in page
    assert "7 of 10" not in page
    assert "Log in" in page
    assert post(link, visit, 2, ENJOYMENT, version=1, action="back").location == url(visit, "")


def test_a_mailed_link_never_replaces_an_answer(
    phone: FlaskClient, link: FlaskClient, visit: Visit, session: Session
) -> None:
    post(phone, visit, 1, PAIN, "7")
    kept = post(link, visit, 1, PAIN, "1", version=1)
    assert kept.location.endswith("/peg/2")
    assert filled(session, visit).answers == {PAIN: 7}


def test_a_time_out_discards_nothing(app: Flask, session: Session, visit: Visit, ana: Account) -> None:
    browser = app.test_client()
    refused = post(browser, visit, 6, "goal", "Work in the garden", code="intake-short")
    assert refused.location.startswith("/account/log-in")
    session.execute(sa.update(LoginSession).values(account_id=ana.id))
    session.commit()
    page = browser.get(url(visit, "intake-short", 6)).text
    assert "Work in the garden" in page
    assert "You were logged out before this could be saved." in page
    assert "Work in the garden" not in browser.get(url(visit, "intake-short", 6)).text


def test_a_huge_text_is_not_kept_for_nobody(app: Flask, session: Session, visit: Visit) -> None:
    post(app.test_client(), visit, 6, "goal", "x" * 13_000, code="intake-short")
    assert session.scalar(sa.select(sa.func.count(LoginSession.id))) == 0


def test_strangers_see_nothing(client_as: ClientAs, visit: Visit, session: Session) -> None:
    ben = client_as(make_account(session, patients=(make_patient(session),)))
    assert ben.get(url(visit, "")).status_code == 404
    assert post(ben, visit, 1, PAIN, "7").status_code == 404


def test_a_step_asks_the_database_eight_times_at_most(app: Flask, phone: FlaskClient, visit: Visit) -> None:
    phone.get(url(visit, PEG, 1))
    with counted(app) as first:
        phone.get(url(visit, PEG, 1))
    for number, key in enumerate((PAIN, ENJOYMENT), 1):
        post(phone, visit, number, key, "5")
    with counted(app) as later:
        phone.get(url(visit, PEG, 3))
    assert len(first) == len(later) <= 8
