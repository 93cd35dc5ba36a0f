"""The cast of the form tests: pages as they are posted, forms as they stand, the way a visit is asked for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.questionnaires.library import Library
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.models import Answer, Appointment, AuditEvent, Service
from booking.queries.appointments import Visit, select_visits
from booking.services.filled_forms import LIBRARY, FilledForm, form_of_visit
from booking.services.questionnaires import PostedAnswer, PostedPage, SavedPage, save_page, send_form
from tests.factories import NOW
from tests.web.clinic_change import clinic_changed

PEG, INTAKE, TEST_FORM = "peg", "intake-short", "test-form"
PAIN, ENJOYMENT, ACTIVITY = "75893-8", "91145-3", "91146-1"
LATER = NOW + timedelta(minutes=5)


def visit_of(session: Session, appointment_id: int) -> Visit:
    """The appointment as services take it."""
    return Visit(*session.execute(select_visits().where(Appointment.id == appointment_id)).one())


def page(key: str, *raw: str, version: int = 0, form_version: str = "", **more: Any) -> PostedPage:
    """A page of one question."""
    return PostedPage(key, form_version, {key: PostedAnswer(raw, version=version)}, **more)


def save(session: Session, actor: Actor, visit: Visit, posted: PostedPage, code: str = PEG) -> SavedPage:
    return save_page(session, actor=actor, visit=visit, code=code, page=posted, now=NOW)


def send(session: Session, actor: Actor, visit: Visit, code: str = PEG) -> None:
    filled = form_of_visit(session, visit=visit, code=code)
    send_form(session, actor=actor, visit=visit, code=code, revision=filled.revision, now=LATER)


def filled(session: Session, visit: Visit, code: str = PEG) -> FilledForm:
    return form_of_visit(session, visit=visit, code=code)


def fill_peg(session: Session, actor: Actor, visit: Visit, *numbers: int) -> None:
    for key, number in zip((PAIN, ENJOYMENT, ACTIVITY), numbers, strict=False):
        save(session, actor, visit, page(key, str(number)))


def events(session: Session) -> list[tuple[str, str]]:
    found = session.execute(
        sa.select(AuditEvent.action, AuditEvent.actor_kind)
        .where(AuditEvent.object_kind == "questionnaire_response")
        .order_by(AuditEvent.seq)
    )
    return [tuple(row) for row in found]


def ask_for(session: Session, *codes: str, forms: tuple[Mapping[str, Any], ...] = ()) -> None:
    """Let first consultations ask for other forms; `forms` (as JSON) are all that exist, when given."""
    session.execute(sa.update(Service).where(Service.id == 1).values(questionnaires=list(codes)))
    clinic_changed(session)
    if forms:
        session.info[LIBRARY] = Library(tuple(parse_questionnaire(one) for one in forms))


def spoil(session: Session, link_id: str) -> None:
    """Make a stored answer unreadable, as with a lost key."""
    session.execute(sa.update(Answer).where(Answer.link_id == link_id).values(value_sealed="v1.lost.AAAA"))
    session.commit()


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that the session's database is asked meanwhile, without BEGIN and the like."""
    engine, seen = session.get_bind().engine, []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
