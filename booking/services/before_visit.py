"""Everything that a specialist reads on one page before a visit, and the note in the audit log that it was read.

Only the specialist of the visit: of this visit's forms, and of those that the same patient sent for earlier visits.
The number of statements does not depend on how many those are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Chosen
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.library import Library
from booking.core.questionnaires.scoring import ScoreTable
from booking.queries.appointments import Visit, may_see
from booking.queries.patient_forms import SentResponse, answers_of, senders_of, sent_responses
from booking.queries.questionnaires import AnswerRow
from booking.queries.tasks import ListedTask, safety_tasks_of
from booking.services import audit
from booking.services.audit_reads import VISIT
from booking.services.filled_forms import library
from booking.services.read_forms import RESPONSE, ReadForm, ScorePoint, opened, part_of_form, score_point
from booking.services.transaction import transaction

HISTORY_READ = "history_read"
MAPS_SHOWN = 6
"""So many body maps stand side by side, the newest ones."""


@dataclass(frozen=True, slots=True)
class ScoreTrend:
    """The scores of one form over time, the earliest first. `table` is that of its newest version, None where the
    clinic has none any more."""

    questionnaire: Questionnaire
    points: tuple[ScorePoint, ...]
    table: ScoreTable | None = None


@dataclass(frozen=True, slots=True)
class BodyMap:
    """The regions that were marked in one response; `questionnaire` is the version that was answered."""

    at: datetime
    questionnaire: Questionnaire
    link_id: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class BeforeVisit:
    """`own` are the forms sent for this visit; `newest` has the newest one of each form, own ones first; `previous`
    the one before it by code. `urgent` are open safety tasks about the patient, also of forms that were never sent.
    Answers are what the patient said: nothing here is judged."""

    own: tuple[ReadForm, ...] = field(repr=False)
    newest: tuple[ReadForm, ...] = field(repr=False)
    previous: Mapping[str, ReadForm] = field(repr=False)
    trends: tuple[ScoreTrend, ...] = field(repr=False)
    maps: tuple[BodyMap, ...] = field(repr=False)
    urgent: tuple[ListedTask, ...] = field(default=(), repr=False)

    @property
    def flag_count(self) -> int:
        return sum(len(form.flags) for form in self.newest)

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has gone through all that was sent for this visit."""
        return all(form.row.reviewed_at for form in self.own)


def is_specialist_of(actor: Actor, visit: Visit) -> bool:
    """Whether the actor may read answers of the visit's patient."""
    return actor.role is Role.SPECIALIST and may_see(actor, visit)


def read_before_visit(session: Session, *, actor: Actor, visit: Visit, now: datetime) -> BeforeVisit:
    """All of it, and the reading is recorded with it. Raises NotFound for anybody but the visit's specialist."""
    if not is_specialist_of(actor, visit):
        raise NotFound
    urgent = safety_tasks_of(session, actor=actor, patient_ids=(visit.patient_id,))
    found = replace(_gathered(session, visit), urgent=urgent.get(visit.patient_id, ()))
    with transaction(session):
        _record(session, actor, visit, found, now)
    return found


def _gathered(session: Session, visit: Visit) -> BeforeVisit:
    rows = sent_responses(session, visit)
    newest = _first_by_code(rows)
    previous = _first_by_code(row for row in rows if row not in newest.values())
    whole = [*newest.values(), *previous.values()]
    map_ids = _map_link_ids(library(session))
    answers = answers_of(
        session, whole=[r.id for r in whole], parts=[r.id for r in rows], link_ids=sorted(map_ids)
    )  # fmt: skip
    senders = senders_of(session, [row.id for row in whole])
    forms = {row.id: opened(session, row, answers.get(row.id, ()), senders.get(row.id)) for row in whole}
    marked = [row for row in rows if any(answer.link_id in map_ids for answer in answers.get(row.id, ()))]
    return BeforeVisit(
        own=tuple(forms[row.id] for row in newest.values() if row.appointment_id == visit.id),
        newest=tuple(forms[row.id] for row in newest.values()),
        previous={code: forms[row.id] for code, row in previous.items()},
        trends=tuple(_trends(session, rows, forms)),
        maps=tuple(_maps(session, marked[:MAPS_SHOWN], answers, forms)),
    )


def _first_by_code(rows: Iterable[SentResponse]) -> dict[str, SentResponse]:
    found: dict[str, SentResponse] = {}
    for row in rows:
        found.setdefault(row.code, row)
    return found


def _map_link_ids(forms: Library) -> frozenset[str]:
    """Every question of every form that is answered on the drawing."""
    return frozenset(item.link_id for form in forms.questionnaires for item in form.questions if item.is_body_map)


def _trends(session: Session, rows: Sequence[SentResponse], forms: Mapping[int, ReadForm]) -> Iterable[ScoreTrend]:
    """One for each scored form, in the order of the newest ones."""
    scored = _first_by_code(row for row in rows if row.score_sealed is not None)
    for code, newest in scored.items():
        points = (score_point(session, row) for row in reversed(rows) if row.code == code)
        form = forms[newest.id]
        yield ScoreTrend(form.questionnaire, tuple(point for point in points if point), form.table)


def _maps(
    session: Session,
    rows: Sequence[SentResponse],
    answers: Mapping[int, Sequence[AnswerRow]],
    forms: Mapping[int, ReadForm],
) -> Iterable[BodyMap]:
    """The marked drawings of these responses, the earliest first."""
    for row in reversed(rows):
        form = forms[row.id].form if row.id in forms else part_of_form(session, row, answers[row.id])
        for item in form.questionnaire.questions:
            value = form.answers.get(item.link_id)
            if item.is_body_map and isinstance(value, Chosen):
                yield BodyMap(row.completed_at, form.questionnaire, item.link_id, value.codes)


def _record(session: Session, actor: Actor, visit: Visit, found: BeforeVisit, now: datetime) -> None:
    """Each form that was shown in whole, and once that scores, drawings and urgent work were looked through."""
    shown = [*found.newest, *found.previous.values()]
    if not shown and not found.urgent:
        return
    patient = visit.patient_id
    reads = [("response_read", RESPONSE, form.row.id, patient) for form in shown]
    audit.record_all(session, actor, [(HISTORY_READ, VISIT, visit.id, patient), *reads], now=now)
