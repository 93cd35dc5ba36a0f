"""Filling in forms: each answer saved by itself, nothing acknowledged is lost, an older save never wins."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import FormClosed, FormNotReady, NotFound
from booking.core.questionnaires.answers import AnswerMistake, Chosen
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Answer, Appointment, QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.filled_forms import forms_of_visit
from booking.services.questionnaires import PostedAnswer, PostedPage, send_form
from tests.core.questionnaires.forms import display, form, group, options, question, when
from tests.databases import Database
from tests.factories import NOW, make_appointment, make_patient
from tests.services.forms_cast import (
    ENJOYMENT,
    INTAKE,
    LATER,
    PAIN,
    PEG,
    TEST_FORM,
    ask_for,
    events,
    fill_peg,
    filled,
    page,
    save,
    send,
    spoil,
    visit_of,
)
from tests.settings import BASE_ENV

ROOT = Path(__file__).parents[2]


@pytest.fixture
def visit(session: Session) -> Visit:
    """Ana's first consultation, which asks for the intake and the PEG."""
    appointment = make_appointment(session, make_patient(session))
    return visit_of(session, appointment.id)


@pytest.fixture
def ana(visit: Visit) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visit.patient_id}), owner="ana")


def test_an_answer_is_saved_and_read_again(session: Session, ana: Actor, visit: Visit) -> None:
    saved = save(session, ana, visit, page(PAIN, "0"))
    assert saved.is_clean
    assert saved.written == {PAIN: 1}
    assert filled(session, visit).answers == {PAIN: 0}


def test_looking_at_a_form_writes_nothing(session: Session, visit: Visit) -> None:
    assert [one.code for one in forms_of_visit(session, visit=visit)] == [INTAKE, PEG]
    assert session.scalar(sa.select(sa.func.count(QuestionnaireResponse.id))) == 0


def test_the_first_answer_opens_the_response_once(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8)
    assert events(session) == [("response_opened", "patient")]


def test_a_response_keeps_the_version_it_was_begun_with(session: Session, ana: Actor, visit: Visit) -> None:
    old, new = form(question("a")), form(question("a"), question("b"), version="1.1.0")
    ask_for(session, TEST_FORM, forms=(old,))
    save(session, ana, visit, page("a", "true"), TEST_FORM)
    ask_for(session, TEST_FORM, forms=(old, new))
    assert filled(session, visit, TEST_FORM).questionnaire.version == "1.0.0"


def test_a_page_is_saved_to_the_version_it_showed(session: Session, ana: Actor, visit: Visit) -> None:
    old, new = form(question("a")), form(question("a"), question("b"), version="1.1.0")
    ask_for(session, TEST_FORM, forms=(old, new))
    save(session, ana, visit, page("a", "true", form_version="1.0.0"), TEST_FORM)
    assert filled(session, visit, TEST_FORM).questionnaire.version == "1.0.0"
    with pytest.raises(NotFound):
        save(session, ana, visit, page("a", "false", form_version="1.1.0", version=1), TEST_FORM)


def test_one_mistake_keeps_no_other_answer_from_being_saved(session: Session, ana: Actor, visit: Visit) -> None:
    posted = PostedPage(
        "treatments", "", {"tried-medicines": PostedAnswer(["helped"]), "tried-talking": PostedAnswer(["nonsense"])}
    )
    saved = save(session, ana, visit, posted, INTAKE)
    assert saved.mistakes == {"tried-talking": AnswerMistake.NOT_AN_OPTION}
    assert saved.form.answers == {"tried-medicines": Chosen(("helped",))}


def test_blank_is_skipped_and_zero_is_an_answer(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page(PAIN, "0"))
    save(session, ana, visit, page(ENJOYMENT))
    assert filled(session, visit).answers == {PAIN: 0, ENJOYMENT: None}


def test_skipping_takes_the_answer_away(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    save(session, ana, visit, page(PAIN, "7", version=1, is_skipped=True))
    assert filled(session, visit).answers == {PAIN: None}


def test_a_needed_question_cannot_be_skipped(session: Session, ana: Actor, visit: Visit) -> None:
    saved = save(session, ana, visit, page("main-concern", "crps", is_skipped=True), INTAKE)
    assert saved.mistakes == {"main-concern": AnswerMistake.REQUIRED}
    assert saved.form.response_id is None


@pytest.mark.parametrize(
    ("key", "code"), [pytest.param(PAIN, PEG, id="optional"), pytest.param("main-concern", INTAKE, id="needed")]
)
def test_leaving_a_blank_page_is_no_skipping(session: Session, ana: Actor, visit: Visit, key: str, code: str) -> None:
    assert save(session, ana, visit, page(key, is_leaving=True), code).is_clean
    assert filled(session, visit, code).stored == {}


def test_leaving_keeps_a_needed_answer_and_takes_a_cleared_one(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("main-concern", "crps"), INTAKE)
    save(session, ana, visit, page("main-concern", version=1, is_leaving=True), INTAKE)
    save(session, ana, visit, page("goal", "Garden"), INTAKE)
    save(session, ana, visit, page("goal", version=1, is_leaving=True), INTAKE)
    assert filled(session, visit, INTAKE).answers == {"main-concern": Chosen(("crps",)), "goal": None}


def test_answers_hidden_by_a_change_are_kept_and_not_sent(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("main-concern", "crps"), INTAKE)
    save(session, ana, visit, page("referred", "yes"), INTAKE)
    save(session, ana, visit, page("referred-by", "Dr Hidden"), INTAKE)
    save(session, ana, visit, page("referred", "no", version=1), INTAKE)
    assert filled(session, visit, INTAKE).answers["referred-by"] == "Dr Hidden"
    send(session, ana, visit, INTAKE)
    assert "referred-by" not in filled(session, visit, INTAKE).stored


def test_an_answer_to_a_question_hidden_meanwhile_is_still_saved(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("referred", "no"), INTAKE)
    assert save(session, ana, visit, page("referred-by", "Dr Known"), INTAKE).written == {"referred-by": 1}


def test_questions_that_the_page_did_not_show_stay_untouched(session: Session, ana: Actor, visit: Visit) -> None:
    saved = save(session, ana, visit, PostedPage(PAIN, "", {"main-concern": PostedAnswer(["crps"])}))
    assert saved.form.response_id is None


def test_sending_names_what_is_missing(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page("how-long", "over-5y"), INTAKE)
    with pytest.raises(FormNotReady) as refused:
        send(session, ana, visit, INTAKE)
    assert refused.value.details == {"missing": ("main-concern",), "has_changed": False}


def test_a_blank_form_cannot_be_sent(session: Session, ana: Actor, visit: Visit) -> None:
    with pytest.raises(FormNotReady) as refused:
        send(session, ana, visit)
    assert refused.value.details == {"missing": (), "has_changed": False}


def test_what_was_changed_since_the_review_is_not_sent_unseen(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7)
    with pytest.raises(FormNotReady) as refused:
        send_form(session, actor=ana, visit=visit, code=PEG, revision=0, now=NOW)
    assert refused.value.details["has_changed"]


def test_sending_twice_is_sending_once(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    send_form(session, actor=ana, visit=visit, code=PEG, revision=0, now=LATER + timedelta(hours=1))
    assert events(session) == [("response_opened", "patient"), ("response_completed", "patient")]
    assert filled(session, visit).completed_at == LATER


@pytest.mark.parametrize("status", ["cancelled", "no_show", "entered_in_error", "done"])
def test_a_visit_that_is_over_takes_no_answers(session: Session, ana: Actor, visit: Visit, status: str) -> None:
    session.execute(sa.update(Appointment).values(status=AppointmentStatus(status)))
    session.commit()
    with pytest.raises(FormClosed):
        save(session, ana, visit, page(PAIN, "7"))


def test_a_form_that_was_sent_takes_no_answers(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    with pytest.raises(FormClosed):
        save(session, ana, visit, page(PAIN, "1", version=1))
    assert filled(session, visit).answers[PAIN] == 7


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param(Actor(owner="x"), id="visitor"),
        pytest.param(Actor(1, Role.PATIENT, frozenset({999_999})), id="other-patient"),
        pytest.param(Actor(1, Role.SCHEDULER, location_ids=frozenset({2})), id="scheduler-elsewhere"),
        pytest.param(Actor(1, Role.SPECIALIST, resource_id=1), id="specialist"),
    ],
)
def test_nobody_else_fills_in_a_form(session: Session, visit: Visit, stranger: Actor) -> None:
    with pytest.raises(NotFound):
        save(session, stranger, visit, page(PAIN, "7"))
    with pytest.raises(NotFound):
        send(session, stranger, visit)


def test_staff_do_not_answer_through_a_link_left_in_their_browser(session: Session, visit: Visit) -> None:
    nils = Actor(1, Role.NURSE, visit_ids=frozenset({visit.public_id}), proven_ids=frozenset({visit.public_id}))
    with pytest.raises(NotFound):
        save(session, nils, visit, page(PAIN, "7"))


@pytest.mark.parametrize(("code", "key"), [("phq-9", PAIN), (PEG, "main-concern")])
def test_an_unknown_form_or_page_is_not_found(session: Session, ana: Actor, visit: Visit, code: str, key: str) -> None:
    with pytest.raises(NotFound):
        save(session, ana, visit, page(key, "7"), code)


def test_a_begun_form_stays_when_the_service_no_longer_asks_for_it(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7)
    ask_for(session, INTAKE)
    assert [one.code for one in forms_of_visit(session, visit=visit)] == [INTAKE, PEG]


def test_an_answer_that_cannot_be_opened_is_no_empty_answer(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    spoil(session, PAIN)
    found = filled(session, visit)
    assert not found.stored[PAIN].is_readable
    assert PAIN not in found.answers
    with pytest.raises(FormNotReady) as refused:
        send(session, ana, visit)
    assert refused.value.details["missing"] == (PAIN,)


def test_an_unreadable_answer_can_be_given_again(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7)
    spoil(session, PAIN)
    save(session, ana, visit, page(PAIN, "7", version=1))
    assert filled(session, visit).answers == {PAIN: 7}


def test_a_sealed_answer_does_not_open_in_another_row(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 1)
    sealed = {row.link_id: row.value_sealed for row in session.scalars(sa.select(Answer))}
    session.execute(sa.update(Answer).where(Answer.link_id == PAIN).values(value_sealed=sealed[ENJOYMENT]))
    session.commit()
    assert not filled(session, visit).stored[PAIN].is_readable


DIES_IN_THE_SECOND_SAVE = """
import os, signal, sys
from booking.adapters.sealing import FieldKeys
from tests import databases
databases.FIELD_KEYS = FieldKeys.parse(os.environ["FIELD_KEYS"])
from booking.core.actor import Actor, Role
from booking.services import questionnaires
from tests.settings import BASE_ENV
from tests.services.forms_cast import ENJOYMENT, PAIN, page, save, visit_of
with databases.session_on(sys.argv[1]) as session:
    visit = visit_of(session, int(sys.argv[2]))
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    save(session, ana, visit, page(PAIN, "7"))
    session.commit = lambda: (session.flush(), os.kill(os.getpid(), signal.SIGKILL))
    save(session, ana, visit, page(ENJOYMENT, "8"))
"""


def test_killed_between_answers_nothing_acknowledged_is_lost(
    session: Session, database: Database, ana: Actor, visit: Visit
) -> None:
    environment = {**os.environ, "FIELD_KEYS": BASE_ENV["FIELD_KEYS"]}
    command = [sys.executable, "-c", DIES_IN_THE_SECOND_SAVE, database.url, str(visit.id)]
    died = subprocess.run(command, env=environment, cwd=ROOT, check=False, timeout=60)
    session.rollback()
    assert died.returncode == -signal.SIGKILL
    assert filled(session, visit).answers == {PAIN: 7}
    assert save(session, ana, visit, page(ENJOYMENT, "8")).is_clean


@pytest.mark.sqlite_only  # The canary is looked for in the bytes of the one file that SQLite has.
def test_answers_are_neither_in_the_file_nor_in_the_log(
    session: Session, ana: Actor, visit: Visit, sqlite_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    canary = "zebra canary under the red bridge"
    caplog.set_level(logging.DEBUG)
    save(session, ana, visit, page("goal", canary), INTAKE)
    stored = b"".join(path.read_bytes() for path in sqlite_file.parent.glob("test.db*"))
    assert filled(session, visit, INTAKE).answers["goal"] == canary
    assert visit.public_id.encode() in stored
    assert canary.encode() not in stored
    assert canary not in caplog.text


def test_the_score_is_sealed_with_its_rule(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    sealed = session.scalars(sa.select(QuestionnaireResponse.score_sealed)).one()
    assert str(sealed).startswith("v1.t1.")


def test_a_form_without_a_score_keeps_none(session: Session, ana: Actor, visit: Visit) -> None:
    ask_for(
        session,
        TEST_FORM,
        forms=(
            form(
                group("g", display("n"), question("a")),
                question("b", "choice", answerOption=options("x"), enableWhen=[when("a", answerBoolean=True)]),
            ),
        ),
    )
    save(session, ana, visit, page("a", "true"), TEST_FORM)
    send(session, ana, visit, TEST_FORM)
    assert session.scalars(sa.select(QuestionnaireResponse.score_sealed)).one() is None


def test_a_begun_form_may_have_no_answer_left(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7)
    session.execute(sa.delete(Answer))
    session.commit()
    assert filled(session, visit).stored == {}
    assert filled(session, visit).response_id is not None
