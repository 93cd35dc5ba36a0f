"""Scoreboard 4. Web processes are killed while eight people fill in the long form, whose pages save as they type: every
answer that was acknowledged is there, as it was acknowledged last, and nothing that was not typed.

Acknowledged is what the script of the page is told, and the next page that the button leads to.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import AuditEvent, QuestionnaireResponse
from booking.services.filled_forms import form_of_visit
from tests.databases import Database
from tests.live import LiveProgram, running_program
from tests.services.forms_cast import visit_of
from tests.torture.answering import CLIENTS, CODE, LATER_SECONDS, Acknowledged, Asked, Fillers, fillers
from tests.torture.killing import (
    CAN_FIND_WORKERS,
    WAITS_FOR_DISK,
    complaints,
    damage,
    disk_settings,
    durable,
    kill_under_load,
)
from tests.torture.sizes import IS_LONG, print_figures, sized

pytestmark = [
    pytest.mark.torture,
    pytest.mark.on_demand,
    pytest.mark.skipif(not CAN_FIND_WORKERS, reason="finds the workers to kill by /proc"),
]

KILLS = sized(3, 200)
MASTER_EVERY = 10 if IS_LONG else 3
LONGEST_SECONDS = 5.0
EARLY = "tests.torture.early_wsgi:app"


def fill_in_while_killed(
    program: LiveProgram, kills: int, *, master_every: int, **more: float
) -> tuple[Fillers, float]:
    """What was acknowledged; the longest wait until all served again."""
    with fillers(program, **more) as people:
        longest = kill_under_load(program, people, kills, master_every=master_every)
    return people, longest


def lost(session: Session, people: Fillers) -> list[str]:
    """Answers that are not as they were acknowledged last, the lost ones that were noticed on the way, and answers that
    nobody gave."""
    found = []
    for asked, told in zip(people.visits, people.told, strict=True):
        found += told.lost
        found += not_as_told(session, asked, told)
    return found


def not_as_told(session: Session, asked: Asked, told: Acknowledged) -> list[str]:
    session.rollback()
    stored = form_of_visit(session, visit=visit_of(session, asked.appointment_id), code=CODE).stored
    kept = {link_id: (one.version, one.value) for link_id, one in stored.items()}
    return [one for one in kept.keys() | told.answers.keys() if kept.get(one) != told.answers.get(one)]


def begun_twice(session: Session) -> tuple[int, int]:
    """Responses and their audit events: one of each for every person."""
    session.rollback()
    opened = sa.select(sa.func.count()).where(AuditEvent.action == "response_opened")
    responses = sa.select(sa.func.count()).select_from(QuestionnaireResponse)
    return session.scalar(responses) or 0, session.scalar(opened) or 0


def test_no_acknowledged_answer_is_lost_when_web_processes_are_killed(database: Database, tmp_path: Path) -> None:
    with durable(database, tmp_path) as url, running_program(url, tmp_path) as program:
        people, longest = fill_in_while_killed(program, KILLS, master_every=MASTER_EVERY)
        with program.session() as session:
            missing, begun = lost(session, people), begun_twice(session)
            broken, waits = damage(session), disk_settings(session)
        failures = complaints(program)

    print_figures(
        f"answers killed, {database.name}", kills=KILLS, acknowledged=people.count, sent_again=people.unknown,
        lost=len(missing), seconds_until_all_serve=round(longest, 1),
    )  # fmt: skip
    assert people.count
    assert (missing, broken, people.odd, failures) == ([], [], [], [])
    assert begun == (CLIENTS, CLIENTS)
    assert waits in WAITS_FOR_DISK
    assert longest <= LONGEST_SECONDS or not IS_LONG


def test_answers_that_are_acknowledged_before_they_are_saved_are_missed(database: Database, tmp_path: Path) -> None:
    """The control: were an answer acknowledged first and saved a moment later, the same kills would lose some."""
    with database.copy(tmp_path) as url, running_program(url, tmp_path, entry=EARLY) as program:
        people, _ = fill_in_while_killed(program, 3, master_every=4, pause=LATER_SECONDS * 1.5)
        time.sleep(LATER_SECONDS * 3)
        with program.session() as session:
            missing = [
                one
                for asked, told in zip(people.visits, people.told, strict=True)
                for one in not_as_told(session, asked, told)
            ]

    print_figures(f"answers acknowledged too soon, {database.name}", kills=3, lost=len(missing))
    assert people.count
    assert missing
