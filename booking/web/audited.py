"""What is written down of reading: one table of pages, and one place that writes.

Loaders of objects note what they load for a page (`saw_visit`, `saw_patient`, `saw_list`). When the page was made, all
that staff were shown goes into the audit log, and of the pages that patients and their carers open, those in the
table. Where health answers are shown, a page that cannot be written down is not sent. Acts are written down by the
services that do them. tests/house/test_audited_pages.py drives every page and compares with the table.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from booking.core.actor import STAFF_ROLES, Role
from booking.core.clock import utc_now
from booking.core.errors import BusyDatabase
from booking.extensions import db
from booking.services.audit_reads import LIST, PATIENT, TASK, VISIT, Refusal, Seen, record_looks, record_refusal
from booking.web import access
from booking.web.errors import refusal_page

log = logging.getLogger(__name__)

VISIT_SEEN, PATIENT_SEEN, ANSWERS_SEEN = "visit_seen", "patient_seen", "answers_seen"
DAY_SEEN, FOUND, WAITING_SEEN = "day_seen", "patients_found", "waiting_list_seen"
FORMS_SEEN = "forms_list_seen"
LOG_READ = "log_read"
TO_BOOK_SEEN = "to_book_seen"
TASKS_SEEN, TASK_SEEN = "tasks_seen", "task_seen"

AUDITED: dict[str, frozenset[str]] = {
    "desk.day": frozenset({DAY_SEEN}),
    "desk.index": frozenset({DAY_SEEN}),
    "desk.go_to": frozenset({DAY_SEEN}),
    "desk.visit": frozenset({VISIT_SEEN}),
    "desk.cancel": frozenset({VISIT_SEEN}),
    "desk.change": frozenset({VISIT_SEEN}),
    "desk.check_change": frozenset({VISIT_SEEN}),
    "desk.video": frozenset({VISIT_SEEN}),
    "desk.patients": frozenset({FOUND}),
    "desk.patient": frozenset({PATIENT_SEEN}),
    "desk.helpers": frozenset({PATIENT_SEEN}),
    "desk.consents": frozenset({PATIENT_SEEN}),
    "desk.same_person": frozenset({PATIENT_SEEN, FOUND}),
    "desk.merge": frozenset({PATIENT_SEEN}),
    "desk.wait": frozenset({PATIENT_SEEN}),
    "desk.book": frozenset({PATIENT_SEEN, FOUND}),
    "desk.check": frozenset({PATIENT_SEEN}),
    "desk.several": frozenset({PATIENT_SEEN}),
    "desk.check_several": frozenset({PATIENT_SEEN}),
    "desk.why": frozenset({PATIENT_SEEN}),
    "desk.waiting": frozenset({WAITING_SEEN}),
    "desk.forms": frozenset({FORMS_SEEN}),
    "tasks.index": frozenset({TASKS_SEEN}),
    "tasks.task": frozenset({TASK_SEEN, "safety_answer_read"}),
    "questionnaires.start": frozenset({VISIT_SEEN}),
    "questionnaires.step": frozenset({VISIT_SEEN}),
    "questionnaires.review": frozenset({VISIT_SEEN}),
    "questionnaires.done": frozenset({VISIT_SEEN}),
    "sent_forms.answers": frozenset({VISIT_SEEN, "response_read"}),
    "sent_forms.copy": frozenset({ANSWERS_SEEN}),
    "specialist.today": frozenset({DAY_SEEN, "reason_read"}),
    "specialist.day": frozenset({DAY_SEEN, "reason_read"}),
    "specialist.before": frozenset({VISIT_SEEN, "reason_read", "history_read", "response_read"}),
    "specialist.export": frozenset({VISIT_SEEN, "history_read", "response_read", "responses_exported"}),
    "specialist.outcome": frozenset({VISIT_SEEN}),
    "desk.follow_ups": frozenset({TO_BOOK_SEEN}),
    "audit.events": frozenset({LOG_READ}),
    "administration.second_steps": frozenset({PATIENT_SEEN}),
    "administration.attempts": frozenset({LOG_READ}),
    "visits.visit": frozenset({VISIT_SEEN}),
}
"""By endpoint, for GET: the words that a page may leave in the log. `response_read` is written by its service."""

OF_STAFF_ALONE = frozenset(
    {"questionnaires.start", "questionnaires.step", "questionnaires.review", "questionnaires.done"}
)
"""Pages that are written down when staff open them with a caller, and not with each step of the patients' own way."""

PAGES = frozenset({2, 4})
"""Hundreds of the statuses of pages: what leads elsewhere shows nothing, and of what failed nothing is seen."""

SHOWS_ANSWERS = frozenset({"sent_forms.copy"})
"""Pages that are not sent when they cannot be written down; those of a service fail with it."""


def saw_visit(visit_id: int, patient_id: int) -> None:
    """A visit is about to be shown."""
    _note(Seen(VISIT_SEEN, VISIT, visit_id, patient_id))


def saw_answers(visit_id: int, patient_id: int) -> None:
    """What a patient has answered is about to be shown: to themself, or to who acts for them."""
    _note(Seen(ANSWERS_SEEN, VISIT, visit_id, patient_id))


def saw_patient(patient_id: int) -> None:
    """A patient is about to be shown."""
    _note(Seen(PATIENT_SEEN, PATIENT, patient_id, patient_id))


def saw_task(task_id: int, patient_id: int | None) -> None:
    """Work about a patient, or about none, is about to be shown."""
    _note(Seen(TASK_SEEN, TASK, task_id, patient_id))


def saw_list(action: str, *, object_id: int | None = None, which: str | None = None) -> None:
    """A list of patients is about to be shown. `object_id` and `which` say which one: a location and a date."""
    _note(Seen(action, LIST, object_id, None, which))


def _note(seen: Seen) -> None:
    noted: dict[Seen, None] = g.setdefault("seen", {})
    noted[seen] = None


def init_app(app: Flask) -> None:
    """Write down after each request."""
    app.after_request(_write_down)


def _write_down(response: Response) -> Response:
    account = access.account_or_none() if request.endpoint not in {None, "static"} else None
    if account is None or request.endpoint is None:
        return response
    try:
        if response.status_code in {403, 404}:
            _write_refusal(request.endpoint, response.status_code)
        elif request.method == "GET" and "seen" in g and response.status_code // 100 in PAGES:
            _write_looks(request.endpoint, account.role)
    except (SQLAlchemyError, BusyDatabase) as error:
        db.session.rollback()
        log.error("reading %s could not be written down (%s)", request.endpoint, type(error).__name__)  # noqa: TRY400 - no values.
        if request.endpoint in SHOWS_ANSWERS:
            return current_app.make_response(refusal_page(BusyDatabase()))
    return response


def _write_looks(endpoint: str, role: Role) -> None:
    words = AUDITED[endpoint] if endpoint in AUDITED.keys() - OF_STAFF_ALONE else frozenset()
    seen = [one for one in g.seen if role in STAFF_ROLES or one.action in words]
    if seen:
        record_looks(db.session(), access.actor(), seen, now=utc_now())


def _write_refusal(endpoint: str, status: int) -> None:
    """A role that may not, or an object that is missing or foreign. A missing file is no refusal."""
    public_id = (request.view_args or {}).get("public_id")
    if status == 403 or public_id is not None:
        record_refusal(db.session(), access.actor(), Refusal(endpoint, public_id), now=utc_now())
