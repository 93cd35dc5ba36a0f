"""The worker's part of the audit log: seal what is new, note the end elsewhere, check all of it each night."""

from __future__ import annotations

import logging

from booking.adapters.anchors import AnchorsUnreadable, anchors_of, note_anchor
from booking.core.clock import utc_now
from booking.jobs.tools import AuditTools, Tools
from booking.queries.audit import head
from booking.services.audit_alarm import raise_alarm
from booking.services.audit_seal import seal_new
from booking.services.audit_verify import verify

log = logging.getLogger(__name__)

ANCHORS_LOST = "anchors_unreadable"


def seal_audit_events(tools: Tools) -> None:
    """Chain the events that have no seal yet."""
    if tools.audit is not None:
        with tools.sessions() as session:
            seal_new(session, tools.audit.key)


def anchor_audit_log(tools: Tools) -> None:
    """Seal, and note the head of the chain in the file of anchors. A file that cannot be written is told in the log."""
    if tools.audit is None:
        return
    seal_audit_events(tools)
    with tools.sessions() as session:
        last = head(session)
    try:
        if last.number:
            note_anchor(tools.audit.anchor_file, last, now=utc_now())
    except (OSError, AnchorsUnreadable) as error:
        log.error("the end of the audit log could not be noted (%s)", type(error).__name__)  # noqa: TRY400 - no place.


def check_audit_log(tools: Tools) -> None:
    """Check the chain and the anchors; what does not fit becomes an error in the log and a task for administrators."""
    if tools.audit is None:
        return
    try:
        problem = _problem(tools, tools.audit)
    except AnchorsUnreadable:
        problem = ANCHORS_LOST
    if problem:
        log.error("the audit log does not fit: %s", problem)
        with tools.sessions() as session:
            raise_alarm(session, reason_code=problem, now=utc_now())


def _problem(tools: Tools, audit: AuditTools) -> str:
    """A code for what is wrong; "" when nothing is."""
    anchors = anchors_of(audit.anchor_file, audit.key).heads if audit.anchor_file.exists() else ()
    with tools.sessions() as session:
        found = verify(session, audit.key, anchors).broken
    return "" if found is None else found.kind.value
