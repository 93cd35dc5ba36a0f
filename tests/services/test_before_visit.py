"""The page before the visit: what it gathers of the patient's forms, for whom, and what is written down of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fhirclient.models.bundle import Bundle
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.differences import Answered, differences
from booking.core.questionnaires.flags import FlagKind, flags_from_plain
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.sections import page_keys, page_questions
from booking.models import AuditEvent, QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.before_visit import HISTORY_READ, read_before_visit
from booking.services.fhir_export import export_visit
from booking.services.questionnaires import PostedAnswer, PostedPage
from booking.services.reviewing import keep_note, mark_reviewed
from booking.services.sealed import open_text
from tests.factories import NEXT_MONDAY_9, make_account, make_appointment, make_patient
from tests.services.forms_cast import (
    INTAKE,
    LATER,
    PAIN,
    PEG,
    ask_for,
    counted,
    events,
    fill_peg,
    page,
    save,
    send,
    spoil,
    visit_of,
)

INTAKE_LONG = "intake"
DR_CRUZ = Actor(None, Role.SPECIALIST, resource_id=1)


@pytest.fixture
def visit(session: Session) -> Visit:
    """Ana's first consultation, which asks for the short intake and the PEG."""
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(visit: Visit) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visit.patient_id}), owner="ana")


def send_intake(session: Session, actor: Actor, visit: Visit, **health: str) -> None:
    """A short intake with one block of health questions, and how it began."""
    answers = {link_id: PostedAnswer((value,)) for link_id, value in health.items()}
    save(session, actor, visit, page("main-concern", "crps"), INTAKE)
    save(session, actor, visit, PostedPage("flags", "", answers), INTAKE)
    send(session, actor, visit, INTAKE)


def test_flags_are_kept_sealed_beside_their_count(session: Session, ana: Actor, visit: Visit) -> None:
    send_intake(session, ana, visit, bp="yes", heart="not-sure", breathing="no")
    row = session.scalars(sa.select(QuestionnaireResponse)).one()
    sealed = str(row.flags_sealed)
    plain = open_text(session, "questionnaire_response", "flags", row.public_id, sealed)
    flags = flags_from_plain(json.loads(plain or ""))
    assert [(flag.key, flag.kind, flag.is_unsure) for flag in flags] == [
        ("bp", FlagKind.HEALTH, False),
        ("heart", FlagKind.HEALTH, True),
    ]
    assert row.flag_count == 2
    assert "heart" not in sealed


def test_a_form_without_flags_keeps_none(session: Session, ana: Actor, visit: Visit) -> None:
    fill_peg(session, ana, visit, 7, 8, 6)
    send(session, ana, visit)
    row = session.scalars(sa.select(QuestionnaireResponse)).one()
    assert (row.flags_sealed, row.flag_count) == (None, 0)


@pytest.fixture
def history(session: Session) -> list[Visit]:
    """Three visits of Ana's with a PEG each, the first with an intake that has a drawing, too; the last is to come."""
    ask_for(session, INTAKE_LONG, PEG)
    patient = make_patient(session)
    visits = [
        visit_of(session, make_appointment(session, patient, starts_at=NEXT_MONDAY_9 + timedelta(weeks=2 * n)).id)
        for n in range(3)
    ]
    actor = Actor(None, Role.PATIENT, frozenset({patient.id}), owner="ana")
    for number, visit in enumerate(visits):
        fill_peg(session, actor, visit, 8 - number, 8, 6)
        send(session, actor, visit)
    send_long_intake(session, actor, visits[0], bp="yes", maps=("knee-l", "knee-r"))
    send_long_intake(session, actor, visits[2], bp="no", maps=("knee-l", "back-lower-c"))
    return visits


def send_long_intake(session: Session, actor: Actor, visit: Visit, *, bp: str, maps: tuple[str, ...]) -> None:
    save(session, actor, visit, page("main-concern", "crps"), INTAKE_LONG)
    save(session, actor, visit, PostedPage("health-1", "", {"bp": PostedAnswer((bp,))}), INTAKE_LONG)
    save(session, actor, visit, page("pain-areas", *maps), INTAKE_LONG)
    send(session, actor, visit, INTAKE_LONG)


def test_scores_drawings_and_the_form_before_come_together(session: Session, history: list[Visit]) -> None:
    found = read_before_visit(session, actor=DR_CRUZ, visit=history[2], now=LATER)
    assert [(trend.questionnaire.code, [str(p.value) for p in trend.points]) for trend in found.trends] == [
        (PEG, ["7.3", "7.0", "6.7"])
    ]
    assert [one.codes for one in found.maps] == [("knee-l", "knee-r"), ("back-lower-c", "knee-l")]
    assert {form.code for form in found.own} == {INTAKE_LONG, PEG}
    before, now = found.previous[INTAKE_LONG], next(f for f in found.own if f.code == INTAKE_LONG)
    changed = differences(Answered(before.questionnaire, before.answers), Answered(now.questionnaire, now.answers))
    assert [one.link_id for one in changed] == ["bp", "pain-areas"]
    assert [flag.key for flag in before.flags] == ["bp"]
    assert (now.flags, found.flag_count, found.is_reviewed) == ((), 0, False)


def test_an_earlier_visit_shows_nothing_of_a_later_one(session: Session, history: list[Visit]) -> None:
    found = read_before_visit(session, actor=DR_CRUZ, visit=history[0], now=LATER)
    assert [len(trend.points) for trend in found.trends] == [1]
    assert found.previous == {}


def test_each_reading_is_written_down(session: Session, history: list[Visit]) -> None:
    before = len(events(session))
    read_before_visit(session, actor=DR_CRUZ, visit=history[2], now=LATER)
    read = events(session)[before:]
    assert read == [("response_read", "specialist")] * 4
    looked = sa.select(AuditEvent.object_id).where(AuditEvent.action == HISTORY_READ)
    assert session.scalars(looked).all() == [history[2].id]


def test_a_visit_without_forms_leaves_no_reading(session: Session, visit: Visit) -> None:
    found = read_before_visit(session, actor=DR_CRUZ, visit=visit, now=LATER)
    assert (found.own, found.newest, found.trends, found.maps) == ((), (), (), ())
    assert events(session) == []


@pytest.mark.parametrize(
    "actor",
    [
        Actor(None, Role.SPECIALIST, resource_id=2),
        Actor(None, Role.SCHEDULER),
        Actor(None, Role.NURSE, resource_id=7),
        Actor(None, Role.ADMINISTRATOR),
    ],
    ids=lambda actor: f"{actor.role} {actor.resource_id}",
)
def test_nobody_but_the_specialist_of_the_visit_reads_marks_or_notes(
    session: Session, history: list[Visit], actor: Actor
) -> None:
    visit = history[2]
    with pytest.raises(NotFound):
        read_before_visit(session, actor=actor, visit=visit, now=LATER)
    with pytest.raises(NotFound):
        mark_reviewed(session, actor=actor, visit=visit, code=None, is_reviewed=True, now=LATER)
    with pytest.raises(NotFound):
        keep_note(session, actor=actor, visit=visit, code=PEG, note="x", now=LATER)
    with pytest.raises(NotFound):
        export_visit(session, actor=actor, visit=visit, base_url="http://localhost", now=LATER)


def test_the_number_of_statements_does_not_grow_with_the_history(session: Session) -> None:
    """With 3 and with 60 earlier responses; 20,000 of other patients change nothing, since all goes by the patient."""
    counts = []
    for earlier in (1, 20):
        patient = make_patient(session)
        actor = Actor(None, Role.PATIENT, frozenset({patient.id}), owner="ana")
        starts = [NEXT_MONDAY_9 + timedelta(weeks=len(counts) * 60 + n) for n in range(earlier + 1)]
        visits = [visit_of(session, make_appointment(session, patient, starts_at=at).id) for at in starts]
        copies_of_response(session, actor, visits)
        with counted(session) as statements:
            found = read_before_visit(session, actor=DR_CRUZ, visit=visits[-1], now=LATER)
        assert [len(trend.points) for trend in found.trends] == [earlier + 1] * 3
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 6


def copies_of_response(session: Session, actor: Actor, visits: list[Visit]) -> None:
    """Three scored forms for each of these visits."""
    ask_for(session, PEG, "phq-2", "gad-7")
    for visit in visits:
        for code, link_id, raw in (
            (PEG, PAIN, "5"),
            ("phq-2", "44250-9", "LA6569-3"),
            ("gad-7", "69725-0", "LA6569-3"),
        ):
            key = next(k for k in page_keys(SHIPPED.latest(code)) if link_id in questions_on(code, k))
            save(session, actor, visit, PostedPage(key, "", {link_id: PostedAnswer((raw,))}), code)
            send(session, actor, visit, code)


def questions_on(code: str, key: str) -> list[str]:
    return [item.link_id for item in page_questions(SHIPPED.latest(code), key)]


def test_marking_is_for_all_or_for_one_and_can_be_taken_back(session: Session, history: list[Visit]) -> None:
    visit = history[2]
    account = make_account(session, Role.SPECIALIST, name="Dr Cruz", resource_id=1)
    cruz = Actor(account.id, Role.SPECIALIST, resource_id=1)
    assert mark_reviewed(session, actor=cruz, visit=visit, code=PEG, is_reviewed=True, now=LATER) == 1
    assert mark_reviewed(session, actor=cruz, visit=visit, code=None, is_reviewed=True, now=LATER) == 1
    found = read_before_visit(session, actor=cruz, visit=visit, now=LATER)
    assert [form.row.reviewed_by for form in found.own] == ["Dr Cruz", "Dr Cruz"]
    assert found.is_reviewed
    assert mark_reviewed(session, actor=cruz, visit=visit, code=PEG, is_reviewed=False, now=LATER) == 1
    assert not read_before_visit(session, actor=cruz, visit=visit, now=LATER).is_reviewed
    with pytest.raises(NotFound):
        mark_reviewed(session, actor=cruz, visit=visit, code="goals", is_reviewed=True, now=LATER)


def test_a_note_is_kept_sealed_and_can_be_taken_away(session: Session, history: list[Visit]) -> None:
    visit = history[2]
    keep_note(session, actor=DR_CRUZ, visit=visit, code=PEG, note=" Ask about the stairs. ", now=LATER)
    found = read_before_visit(session, actor=DR_CRUZ, visit=visit, now=LATER)
    assert {form.code: form.note for form in found.own}[PEG] == "Ask about the stairs."
    sealed = session.scalars(sa.select(QuestionnaireResponse.review_note_sealed)).all()
    assert not any(text and "stairs" in text for text in sealed)
    keep_note(session, actor=DR_CRUZ, visit=visit, code=PEG, note="", now=LATER)
    assert not any(session.scalars(sa.select(QuestionnaireResponse.review_note_sealed)).all())
    with pytest.raises(ValueError, match="too long"):
        keep_note(session, actor=DR_CRUZ, visit=visit, code=PEG, note="x" * 2001, now=LATER)


def test_what_does_not_open_is_told_apart(session: Session, history: list[Visit]) -> None:
    lost = {"score_sealed": "v1.lost.AAAA", "flags_sealed": "v1.lost.AAAA", "review_note_sealed": "v1.lost.AAAA"}
    session.execute(sa.update(QuestionnaireResponse).values(**lost))
    session.commit()
    found = read_before_visit(session, actor=DR_CRUZ, visit=history[2], now=LATER)
    assert [form.is_readable for form in found.own] == [False, False]
    assert {point.is_readable for trend in found.trends for point in trend.points} == {False}


def test_flags_of_a_response_older_than_flags_come_from_its_answers(session: Session, history: list[Visit]) -> None:
    session.execute(sa.update(QuestionnaireResponse).values(flags_sealed=None, flag_count=0))
    session.commit()
    found = read_before_visit(session, actor=DR_CRUZ, visit=history[0], now=LATER)
    assert [flag.key for form in found.own for flag in form.flags] == ["bp"]


def test_the_export_holds_responses_scores_and_the_patient(session: Session, history: list[Visit]) -> None:
    bundle = export_visit(session, actor=DR_CRUZ, visit=history[2], base_url="https://x.example/fhir", now=LATER)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert sorted(kinds) == ["Observation", "Patient", "QuestionnaireResponse", "QuestionnaireResponse"]
    addresses = {entry["fullUrl"].removeprefix("https://x.example/fhir/") for entry in bundle["entry"]}
    for entry in bundle["entry"][1:]:
        assert entry["resource"]["subject"]["reference"] in addresses
    assert Bundle(bundle).as_json() == bundle
    exported = sa.select(AuditEvent.object_id).where(AuditEvent.action == "responses_exported")
    assert session.scalars(exported).all() == [history[2].id]


def test_the_export_has_the_words_that_were_answered(session: Session) -> None:
    ask_for(session, "goals")
    visit = visit_of(session, make_appointment(session, make_patient(session)).id)
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    save(session, ana, visit, page("matters", "sleep", language="de"), "goals")
    send(session, ana, visit, "goals")
    bundle = export_visit(session, actor=DR_CRUZ, visit=visit, base_url="https://x.example/fhir", now=LATER)
    response = bundle["entry"][1]["resource"]
    assert response["language"] == "de"
    assert response["item"][0]["item"][0]["answer"][0]["valueCoding"]["display"] == "Besser schlafen"


def test_nothing_is_exported_that_is_not_there_or_does_not_open(session: Session, history: list[Visit]) -> None:
    later = NEXT_MONDAY_9 + timedelta(weeks=9)
    empty = visit_of(session, make_appointment(session, make_patient(session), starts_at=later).id)
    with pytest.raises(NotFound):
        export_visit(session, actor=DR_CRUZ, visit=empty, base_url="https://x.example", now=LATER)
    spoil(session, PAIN)
    with pytest.raises(CannotOpen):
        export_visit(session, actor=DR_CRUZ, visit=history[2], base_url="https://x.example", now=LATER)
