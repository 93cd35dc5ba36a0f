"""Work for people: its kinds, who may be given which, how it ends, and to whom what is urgent climbs."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from booking.core.actor import STAFF_ROLES, Role

CALL_PATIENT = "call_patient"
CHECK_MAIL = "check_mail_server"
CHECK_BACKUP = "check_backup"
DECIDE_MAIL = "decide_about_mail"
CHECK_AUDIT = "check_audit_log"
ERASE_PERSON = "erase_person"
CHECK_SAFETY = "check_safety_mode"
SAFETY_ANSWER = "safety_answer"

CLOSED_ELSEWHERE = frozenset({DECIDE_MAIL, ERASE_PERSON})
"""Kinds that end by a decision on a page of its own, or at the command line, and never by a tick in the list."""

ADMINISTRATORS_OWN = frozenset({CHECK_MAIL, CHECK_BACKUP, DECIDE_MAIL, CHECK_AUDIT, ERASE_PERSON, CHECK_SAFETY})

CLINICIANS = frozenset({Role.SPECIALIST, Role.NURSE})
"""Who may see what a safety answer was, besides those who are named to be told (clinical guide, 2.3)."""


class Escalation(IntEnum):
    """To whom an urgent task has gone: to the first ones, to the back-up, to everybody who works here."""

    FIRST = 0
    BACK_UP = 1
    EVERYBODY = 2


class Outcome(StrEnum):
    """How somebody ended a task by hand."""

    DONE = "done_by_hand"
    REACHED = "reached"
    HELP_SENT = "help_sent"
    NOT_NEEDED = "not_needed"


def roles_served(role: Role | None) -> frozenset[Role]:
    """Whose work somebody of that role sees: administrators also the desk's; patients none."""
    if role is Role.ADMINISTRATOR:
        return frozenset({Role.ADMINISTRATOR, Role.SCHEDULER})
    return frozenset({role}) & STAFF_ROLES if role else frozenset()


def roles_for(kind: str) -> frozenset[Role]:
    """To which roles work of that kind may be handed on."""
    if kind in ADMINISTRATORS_OWN:
        return frozenset({Role.ADMINISTRATOR})
    return CLINICIANS if kind == SAFETY_ANSWER else STAFF_ROLES


def outcomes_of(kind: str) -> tuple[Outcome, ...]:
    """How work of that kind may end by hand; () when it ends elsewhere."""
    if kind in CLOSED_ELSEWHERE:
        return ()
    if kind == SAFETY_ANSWER:
        return (Outcome.REACHED, Outcome.HELP_SENT)
    return (Outcome.DONE, Outcome.NOT_NEEDED)


def must_tell_what_was_done(kind: str) -> bool:
    """Whether the end needs a note: of a safety answer somebody says in words what was done."""
    return kind == SAFETY_ANSWER
