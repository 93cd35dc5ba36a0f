"""Work as the lists of several pages show it: in words, with the way to whom it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from booking.core.actor import Actor, Role
from booking.core.tasks import CHECK_AUDIT, ERASE_PERSON, must_tell_what_was_done, outcomes_of
from booking.queries.tasks import ListedTask
from booking.web import access
from booking.web.access_table import DESK
from booking.web.desk.words import task_word


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One piece of work. `href` leads to whom or what it is about, "" where the reader may go nowhere.

    `is_quick`: one press ends it. `is_own`: the reader has taken it on."""

    task: ListedTask
    word: str
    href: str
    is_quick: bool
    is_own: bool


def lines_of(tasks: Iterable[ListedTask]) -> list[TaskLine]:
    """The tasks as this reader sees them."""
    return [line_of(task) for task in tasks]


def line_of(task: ListedTask) -> TaskLine:
    """One of them."""
    actor = access.actor()
    is_quick = bool(outcomes_of(task.kind)) and not must_tell_what_was_done(task.kind)
    return TaskLine(task, task_word(task), _href(task, actor), is_quick, task.holder_id == actor.account_id)


def _href(task: ListedTask, actor: Actor) -> str:
    if task.kind in _PAGES and actor.role is Role.ADMINISTRATOR:
        return url_for(_PAGES[task.kind])
    if task.kind == ERASE_PERSON and actor.role is Role.ADMINISTRATOR:
        return url_for("privacy.request_of", patient=task.patient_public_id)
    if task.visit_public_id and _opens_visit(task, actor):
        return url_for("desk.visit", public_id=task.visit_public_id)
    is_desk = actor.role is not None and actor.role.value in DESK
    if task.patient_public_id and is_desk:
        return url_for("desk.patient", public_id=task.patient_public_id)
    return ""


_PAGES = {CHECK_AUDIT: "audit.events"}
"""Where an administrator looks after work that is about nobody."""


def _opens_visit(task: ListedTask, actor: Actor) -> bool:
    """Whether the page of the visit would let the actor in: for specialists, that they give it."""
    if task.visit_location_id is None or not actor.works_at(task.visit_location_id):
        return False
    return actor.role is not Role.SPECIALIST or task.visit_specialist_id == actor.resource_id
