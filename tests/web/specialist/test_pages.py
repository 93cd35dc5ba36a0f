"""The pages of specialists: the own day, one page before a visit, the outcome in two taps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.questionnaires.answers import DECLINED_RAW
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.tasks import SAFETY_ANSWER
from booking.models import (
    Account,
    Appointment,
    FollowUp,
    FollowUpState,
    Patient,
    QuestionnaireResponse,
    Task,
    TaskState,
)
from booking.queries.appointments import Visit
from booking.services.questionnaires import PostedAnswer, PostedPage
from booking.services.sealed import seal_text
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import PEG, ask_for, counted, fill_peg, page, save, send, spoil, visit_of

ClientAs = Callable[[Account], FlaskClient]
INTAKE_LONG = "intake"


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def cruz(session: Session, client_as: ClientAs) -> FlaskClient:
    return client_as(make_account(session, Role.SPECIALIST, name="Dr Cruz", resource_id=1))


@pytest.fixture
def visits(session: Session, patient: Patient) -> list[Visit]:
    """One two weeks ago and one that has just begun, both with an intake and a PEG."""
    ask_for(session, INTAKE_LONG, PEG)
    now = utc_now().replace(second=0, microsecond=0)
    starts = (now - timedelta(weeks=2), now - timedelta(minutes=5))
    found = [visit_of(session, make_appointment(session, patient, starts_at=at).id) for at in starts]
    ana = Actor(None, Role.PATIENT, frozenset({patient.id}), owner="ana")
    for number, visit in enumerate(found):
        fill_peg(session, ana, visit, 8 - 3 * number, 8, 6)
        send(session, ana, visit)
    send_intake(session, ana, found[0], bp="no", medicines=("Sertraline", "50 mg", ""), where=("knee-l", "knee-r"))
    send_intake(session, ana, found[1], bp="yes", medicines=("Lorazepam", "1 mg", ""), where=("knee-l", "hip-l"))
    return found


def send_intake(
    session: Session, ana: Actor, visit: Visit, *, bp: str, medicines: tuple[str, ...], where: tuple[str, ...]
) -> None:
    for posted in (
        page("main-concern", "crps"),
        PostedPage("background", "", {"how-long": PostedAnswer(("1-5y",))}),
        PostedPage("health-1", "", {"bp": PostedAnswer((bp,)), "heart": PostedAnswer(("no",))}),
        PostedPage("takes", "", {"takes-medicines": PostedAnswer(("yes",))}),
        PostedPage("lists", "", {"medicines": PostedAnswer(medicines)}),
        page("pregnancy", DECLINED_RAW),
        page("pain-areas", *where),
    ):
        save(session, ana, visit, posted, INTAKE_LONG)
    send(session, ana, visit, INTAKE_LONG)


def before_url(visit: Visit, what: str = "") -> str:
    return f"/my-day/visits/{visit.public_id}{what}"


def test_the_page_before_a_visit_tells_in_clinical_order(cruz: FlaskClient, visits: list[Visit]) -> None:
    text = cruz.get(before_url(visits[1])).text.partition('id="forms"')[2]
    headings = [
        "Forms for this visit", "Why they come", "Since when", "What was tried", "To look at", "Medicines and",
        "Allergies", "Pregnancy", "Practical needs", "Scores", "Where it hurts", "Changed since", "Not answered",
    ]  # fmt: skip
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "High blood pressure" in text
    assert "Lorazepam, 1 mg" in text
    assert "Prefer not to say" in text
    assert "by somebody not logged in" in text


def test_scores_have_a_line_and_a_table_and_no_bands(cruz: FlaskClient, visits: list[Visit]) -> None:
    text = cruz.get(before_url(visits[1])).text
    assert text.count('class="trend-dot"') == 2
    assert "<polyline" in text
    assert "from 0 to 10" in text
    scores = text.partition('id="scores"')[2].partition('id="maps"')[0].lower()
    assert not [word for word in ("severe", "moderate", "mild", "clinical") if word in scores]


def test_body_maps_stand_side_by_side_with_what_is_new_and_gone(cruz: FlaskClient, visits: list[Visit]) -> None:
    text = cruz.get(before_url(visits[1])).text
    assert text.count('class="marked-map"') == 2
    assert "<strong>New:</strong> Left hip" in text
    assert "<strong>Gone:</strong> Right knee" in text


def test_forms_are_marked_as_reviewed_one_by_one_and_at_once(
    session: Session, cruz: FlaskClient, visits: list[Visit]
) -> None:
    cruz.post(before_url(visits[1], "/reviewed"), data={"form": PEG})
    assert "Mark all as reviewed" in cruz.get(before_url(visits[1])).text
    cruz.post(before_url(visits[1], "/reviewed"))
    text = cruz.get(before_url(visits[1])).text
    assert "Mark all as reviewed" not in text
    assert text.count("Not reviewed after all") == 2
    cruz.post(before_url(visits[1], "/reviewed"), data={"form": PEG, "undo": "1"})
    unreviewed = sa.select(QuestionnaireResponse.questionnaire).where(
        QuestionnaireResponse.appointment_id == visits[1].id, QuestionnaireResponse.reviewed_at.is_(None)
    )
    assert session.scalars(unreviewed).all() == [PEG]


def test_a_note_stands_beside_its_form(cruz: FlaskClient, visits: list[Visit]) -> None:
    cruz.post(before_url(visits[1], "/note"), data={"form": PEG, f"{PEG}-note": "Ask about <stairs>"})
    assert "Ask about &lt;stairs&gt;" in cruz.get(before_url(visits[1])).text
    answer = cruz.post(
        before_url(visits[1], "/note"), data={"form": PEG, f"{PEG}-note": "x" * 2001}, follow_redirects=True
    )
    assert "The note was not saved" in answer.text


def test_the_answers_of_a_visit_are_one_fhir_file(session: Session, cruz: FlaskClient, visits: list[Visit]) -> None:
    answer = cruz.get(before_url(visits[1], "/export"))
    assert answer.mimetype == "application/fhir+json"
    assert answer.json is not None
    assert {entry["resource"]["resourceType"] for entry in answer.json["entry"]} == {
        "Patient", "QuestionnaireResponse", "Observation",
    }  # fmt: skip
    spoil(session, "bp")
    refused = cruz.get(before_url(visits[1], "/export"), follow_redirects=True)
    assert "Nothing was exported" in refused.text


def test_a_visit_without_forms_says_so(session: Session, cruz: FlaskClient, patient: Patient) -> None:
    ask_for(session)
    visit = visit_of(session, make_appointment(session, patient).id)
    assert "No form was asked for this visit." in cruz.get(before_url(visit)).text


def test_what_was_not_sent_is_a_state_and_no_answer(session: Session, cruz: FlaskClient, patient: Patient) -> None:
    ask_for(session, PEG)
    visit = visit_of(session, make_appointment(session, patient).id)
    fill_peg(session, Actor(None, Role.PATIENT, frozenset({patient.id})), visit, 7)
    text = cruz.get(before_url(visit)).text
    assert "Begun, not sent" in text
    assert "7 of 10" not in text


def test_an_open_safety_task_stands_first_whether_the_form_was_sent_or_not(
    session: Session, cruz: FlaskClient, visits: list[Visit]
) -> None:
    lind = make_account(session, Role.SPECIALIST, name="Dr Lind", resource_id=2)
    session.add(
        Task(
            public_id="t" * 22, dedup_key="one", kind=SAFETY_ANSWER, role=Role.SPECIALIST, state=TaskState.OPEN,
            due_at=utc_now(), created_at=utc_now(), is_urgent=True, patient_id=visits[0].patient_id,
            appointment_id=visits[0].id, escalates_at=utc_now(), holder_account_id=lind.id, held_at=utc_now(),
        )
    )  # fmt: skip
    session.commit()
    text, link = cruz.get(before_url(visits[1])).text, f'href="/tasks/{"t" * 22}"'
    assert text.index(link) < text.index('id="forms"')
    assert "taken by Dr Lind on" in text
    assert "more people are told at" in text
    assert link in cruz.get("/my-day/").text
    session.execute(sa.update(Task).values(state=TaskState.DONE, closed_at=utc_now()))
    session.commit()
    assert link not in cruz.get(before_url(visits[1])).text + cruz.get("/my-day/").text


def test_my_day_tells_who_comes_and_what_is_new(session: Session, cruz: FlaskClient, visits: list[Visit]) -> None:
    public_id = visits[1].public_id
    reason = seal_text(session, "appointment", "reason", public_id, "The stairs are hard.")
    session.execute(
        sa.update(Appointment)
        .where(Appointment.public_id == public_id)
        .values(reason_sealed=reason, booked_at=utc_now())
    )
    session.commit()
    text = cruz.get("/my-day/").text
    assert "The stairs are hard." in text
    assert "New since yesterday" in text
    assert "Forms here" in text
    assert "2 flags" in text
    assert "2 forms to review" in text
    assert visits[0].patient_name in cruz.get(f"/my-day/{visits[0].starts_at.date().isoformat()}").text


def test_my_day_asks_as_many_statements_for_one_visit_as_for_many(
    session: Session, cruz: FlaskClient, visits: list[Visit]
) -> None:
    def asked() -> int:
        cruz.get("/my-day/")
        with counted(session) as statements:
            cruz.get("/my-day/")
        return len(statements)

    one = asked()
    for number in range(1, 4):
        make_appointment(session, starts_at=visits[1].starts_at + timedelta(hours=number), specialist_id=1)
    assert asked() == one


def test_an_outcome_takes_two_taps_and_can_be_taken_back(
    session: Session, cruz: FlaskClient, visits: list[Visit]
) -> None:
    assert "In 4 weeks" in cruz.get(before_url(visits[1], "/outcome")).text
    answer = cruz.post(
        before_url(visits[1], "/outcome"), data={"choice": "follow-up~4w", "version": "1"}, follow_redirects=True
    )
    assert "on the desk&#39;s list" in answer.text
    session.rollback()
    assert session.get_one(Appointment, visits[1].id).status is AppointmentStatus.DONE
    assert session.scalars(sa.select(FollowUp.state)).one() is FollowUpState.OPEN
    cruz.post(before_url(visits[1], "/reopen"), data={"version": "2"})
    session.rollback()
    assert session.get_one(Appointment, visits[1].id).status is AppointmentStatus.IN_ROOM
    assert session.scalars(sa.select(FollowUp.state)).one() is FollowUpState.DROPPED


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"choice": "done"}, 303),
        ({"choice": "typed", "service": "follow-up", "wanted_by": "+6w", "who": "any"}, 303),
        ({"choice": "typed", "service": "follow-up", "wanted_by": "soonish", "who": "own"}, 422),
        ({"choice": "follow-up~9w"}, 400),
        ({"choice": ""}, 400),
    ],
)
def test_outcomes_that_are_typed(cruz: FlaskClient, visits: list[Visit], typed: dict[str, str], status: int) -> None:
    assert cruz.post(before_url(visits[1], "/outcome"), data={**typed, "version": "1"}).status_code == status


def test_the_desk_sees_states_and_never_the_page(session: Session, client_as: ClientAs, visits: list[Visit]) -> None:
    dora = client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))
    assert [dora.get(url).status_code for url in ("/my-day/", before_url(visits[1]))] == [403, 403]
    colleague = client_as(make_account(session, Role.SPECIALIST, resource_id=2))
    assert colleague.get(before_url(visits[1])).status_code == 404
