"""The worker's jobs: what runs, and how often. Each is safe to run twice, late, or in two workers at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from booking.core.clock import utc_now
from booking.jobs.audit_log import anchor_audit_log, check_audit_log, seal_audit_events
from booking.jobs.nightly_backup import back_up, watch_backups
from booking.jobs.send_messages import send_due
from booking.jobs.tools import Tools
from booking.services import pruning
from booking.services.blocks import refill_all
from booking.services.carers import close_ended_rights
from booking.services.erasing import erase_old_records
from booking.services.escalating import escalate_due
from booking.services.heartbeat import beat
from booking.services.holds import prune_holds
from booking.services.kept_forms import prune_kept_forms
from booking.services.nudges import plan_nudges
from booking.services.offering import offer_freed_times
from booking.services.own_forms import retire_ended
from booking.services.rate_limits import prune_buckets
from booking.services.safety import fall_back_if_alone
from booking.services.sessions import prune_sessions

WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Job:
    """`every` None: at each tick of the worker (`WORKER_TICK_SECONDS`)."""

    name: str
    run: Callable[[Tools], None]
    every: timedelta | None = None


def note_alive(tools: Tools) -> None:
    """The worker's heartbeat, which /readyz tells."""
    with tools.sessions() as session:
        beat(session, name=WORKER, now=utc_now())


def send_due_messages(tools: Tools) -> None:
    """Everything in the outbox that is due."""
    send_due(tools)


def end_holds(tools: Tools) -> None:
    """Give the time of ended holds back, to the block around it where there is one."""
    for step in (prune_holds, refill_all):
        _prune(tools, step)


def remind_of_forms(tools: Tools) -> None:
    """Write the day's reminders of forms that are not here, by the clock of the messages."""
    with tools.sessions() as session:
        plan_nudges(session, now=tools.clock())


def ask_who_waits(tools: Tools) -> None:
    """End waits and offers that are over, and offer freed times to the next one who waits."""
    with tools.sessions() as session:
        offer_freed_times(session, now=utc_now())


def move_urgent_tasks(tools: Tools) -> None:
    """Let urgent tasks that nobody has ended climb, and see that somebody is left to be told."""
    with tools.sessions() as session:
        fall_back_if_alone(session, now=utc_now())
        escalate_due(session, now=tools.clock())


def end_rights(tools: Tools) -> None:
    """Stop letters to carers whose right has ended by itself."""
    _prune(tools, close_ended_rights)


def forget_the_old(tools: Tools) -> None:
    """Sessions, mailed links, remembered answers to forms and rate limits that can be of no use any more."""
    links = (pruning.prune_links, pruning.prune_answers, pruning.forget_addresses)
    for prune in (prune_sessions, *links, prune_buckets, prune_kept_forms):
        _prune(tools, prune)


def erase_what_is_over(tools: Tools) -> None:
    """Records that nothing obliges the clinic to keep any longer."""
    with tools.sessions() as session:
        erase_old_records(session, retention=tools.retention, now=utc_now())


def switch_off_ended_forms(tools: Tools) -> None:
    """Forms that the clinic is not licensed for any more."""
    with tools.sessions() as session:
        retire_ended(session, now=utc_now())


def _prune(tools: Tools, prune: Callable[..., int]) -> None:
    with tools.sessions() as session:
        prune(session, now=utc_now())


JOBS: tuple[Job, ...] = (
    Job("note_alive", note_alive),
    Job("send_due_messages", send_due_messages),
    Job("move_urgent_tasks", move_urgent_tasks),
    Job("remind_of_forms", remind_of_forms, timedelta(minutes=15)),
    Job("ask_who_waits", ask_who_waits, timedelta(seconds=30)),
    Job("end_holds", end_holds, timedelta(minutes=1)),
    Job("seal_audit_events", seal_audit_events, timedelta(seconds=5)),
    Job("anchor_audit_log", anchor_audit_log, timedelta(hours=1)),
    Job("check_audit_log", check_audit_log, timedelta(days=1)),
    Job("end_rights", end_rights, timedelta(minutes=1)),
    Job("forget_the_old", forget_the_old, timedelta(hours=1)),
    Job("erase_what_is_over", erase_what_is_over, timedelta(hours=6)),
    Job("switch_off_ended_forms", switch_off_ended_forms, timedelta(minutes=10)),
    Job("back_up", back_up, timedelta(minutes=10)),
    Job("watch_backups", watch_backups, timedelta(minutes=15)),
)
