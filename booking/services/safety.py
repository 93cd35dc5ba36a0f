"""Who is told of safety answers: set by administrators, and taken back by itself when nobody is left to be told.

The answers themselves are in `safety_answers.py` (docs/adr/: safety answers; clinical guide, 2.3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor
from booking.core.errors import NotFound, RulesRefuse
from booking.core.safety import Watch
from booking.core.scheduling.rules import Refusal
from booking.core.tasks import CHECK_SAFETY, SAFETY_ANSWER, Escalation
from booking.models import AlertRecipient, Clinic, SafetyMode, Task, TaskState
from booking.queries.safety import watch, who_may_be_told
from booking.services import audit, tasks
from booking.services.administration import demand_administrator
from booking.services.transaction import end_read, transaction


@dataclass(frozen=True, slots=True)
class SafetyWish:
    """What an administrator wants. `first` and `back_up` are public ids of accounts; who is in both is told first."""

    is_monitored: bool
    first: Collection[str] = ()
    back_up: Collection[str] = ()
    hours: str = ""
    response_minutes: int | None = None
    crisis_name: str = ""
    crisis_text_line: str = ""


def change(session: Session, *, actor: Actor, wish: SafetyWish, now: datetime) -> None:
    """Store it all, or nothing. Raises RulesRefuse with every `SafetyProblem` when answers were to be monitored and
    something is missing, NotFound for others than administrators and for people who cannot be told."""
    demand_administrator(actor)
    with transaction(session):
        clinic = _locked_clinic(session)
        clinic.safety_mode = SafetyMode.MONITORED if wish.is_monitored else SafetyMode.UNMONITORED
        clinic.safety_hours, clinic.safety_response_minutes = wish.hours.strip(), wish.response_minutes
        clinic.crisis_name, clinic.crisis_text_line = wish.crisis_name.strip(), wish.crisis_text_line.strip()
        _name(session, actor, wish, now)
        session.flush()
        found = watch(session)
        if found.is_wanted and not found.is_on:
            raise RulesRefuse(tuple(Refusal(problem.value) for problem in found.problems))
        outcome = SafetyMode.MONITORED.value if found.is_on else SafetyMode.UNMONITORED.value
        _close_checks(session, actor, outcome, now)
        if not found.is_on:
            _tell_everybody(session)
        audit.record(session, actor, "safety_changed", "clinic", 1, now=now, reason_code=outcome)


def _locked_clinic(session: Session) -> Clinic:
    """The clinic's row, behind which changes of the watch take turns."""
    return session.scalars(sa.select(Clinic).where(Clinic.id == 1).with_for_update()).one()


def _name(session: Session, actor: Actor, wish: SafetyWish, now: datetime) -> None:
    known = {one.public_id: one.id for one in who_may_be_told(session)}
    ranks = {**dict.fromkeys(wish.back_up, Escalation.BACK_UP), **dict.fromkeys(wish.first, Escalation.FIRST)}
    if not ranks.keys() <= known.keys():
        raise NotFound
    session.execute(sa.delete(AlertRecipient))
    session.add_all(
        AlertRecipient(account_id=known[one], rank=int(rank), named_at=now, named_by_account_id=actor.account_id)
        for one, rank in ranks.items()
    )


def _close_checks(session: Session, actor: Actor, outcome: str, now: datetime) -> None:
    """An administrator has looked at it: the banner goes."""
    session.execute(
        sa.update(Task)
        .where(Task.kind == CHECK_SAFETY, Task.state == TaskState.OPEN)
        .values(state=TaskState.DONE, closed_at=now, outcome_code=outcome, closed_by_account_id=actor.account_id)
        .execution_options(synchronize_session=False)
    )


def fall_back(session: Session, *, now: datetime) -> bool:
    """When the last of those who are told first, or of the back-up, can be told no more: monitor nothing from now on,
    let what waits go to everybody, and ask an administrator to name somebody. In the open transaction.

    Whether that was so. Call it after whatever may keep an account from logging in."""
    found = watch(session)
    if not found.is_wanted or (found.first and found.back_up):
        return False
    _locked_clinic(session).safety_mode = SafetyMode.UNMONITORED
    _tell_everybody(session)
    tasks.ask_to_check_safety(session, now=now)
    audit.record(session, SYSTEM, "safety_fell_back", "clinic", 1, now=now)
    return True


def fall_back_if_alone(session: Session, *, now: datetime) -> bool:
    """The same in a transaction of its own, for the worker: whatever the way was on which an account was shut."""
    found: Watch = watch(session)
    if not found.is_wanted or (found.first and found.back_up):
        end_read(session)
        return False
    with transaction(session):
        return fall_back(session, now=now)


def _tell_everybody(session: Session) -> None:
    """Nobody in particular is told any more: what waits stands on every screen of the staff."""
    session.execute(
        sa.update(Task)
        .where(Task.kind == SAFETY_ANSWER, Task.state == TaskState.OPEN)
        .values(escalation=int(Escalation.EVERYBODY), escalates_at=None)
        .execution_options(synchronize_session=False)
    )
