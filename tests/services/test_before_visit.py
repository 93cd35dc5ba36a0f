"""The page before the visit: what it gathers of the patient's forms, for whom, and what is written down of it."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.questionnaires.flags import FlagKind, flags_from_plain
from booking.models import QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.questionnaires import PostedAnswer, PostedPage
from booking.services.sealed import open_text
from tests.factories import make_appointment, make_patient
from tests.services.forms_cast import INTAKE, fill_peg, page, save, send, visit_of


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
