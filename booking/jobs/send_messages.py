"""Sends what is due, one message after the other: claimed, written, announced, decided once more, sent, recorded.

No transaction is open while the mail server is talked to. Whatever happens to one message is its own affair: the next
one is taken. Why in this order: docs/adr/0004-outbox-and-delivery.md.
"""

from __future__ import annotations

import logging
import time
from collections import Counter

from sqlalchemy.exc import OperationalError

from booking.adapters.letters import Letter
from booking.adapters.mailer import (
    MailConnection,
    Permanent,
    Ready,
    SetupWrong,
    Temporary,
    open_connection,
)
from booking.core.errors import BusyDatabase
from booking.jobs.tools import Tools
from booking.services import messages
from booking.services.claims import Claim, Settled, letter_facts
from booking.services.messages import Outcome

log = logging.getLogger(__name__)

MESSAGES_PER_CONNECTION = 100
"""Mail servers limit how many messages one connection may bring, so after this many a new one is made."""

RECORD_PAUSES = (0.2, 1.0, 3.0, 10.0)
"""Seconds between tries to record an outcome: what was accepted and not recorded would be sent again."""

NO_SERVER = frozenset({"connect", "timeout"})
"""Codes that say that the server, and not this message, is in trouble."""

Counts = Counter[str]


def send_due(tools: Tools) -> Counts:
    """Send until nothing is due, the mail server is in trouble, or the process has to stop. Counts by final state."""
    counts: Counts = Counter()
    while _send_some(tools, counts):
        pass
    return counts


def _send_some(tools: Tools, counts: Counts) -> bool:
    """Send over one connection; whether there may be more."""
    with open_connection(tools.mailer) as connection:
        for _ in range(MESSAGES_PER_CONNECTION):
            if tools.stopping.is_set() or not send_one(tools, connection, counts):
                return False
    return True


def send_one(tools: Tools, connection: MailConnection, counts: Counts) -> bool:
    """Deal with the most urgent due message; whether to go on to the next one.

    False: nothing is due, or the mail server is in trouble, so that trying others now would only make them later.
    """
    with tools.sessions() as session:
        claim = messages.claim_one(session, office=tools.office, now=tools.clock())
    if claim is None:
        return False
    if isinstance(claim, Settled):
        counts[claim.state.value] += 1
        return True
    outcome = _attempt(tools, connection, claim)
    settled = outcome if isinstance(outcome, Settled) else _record(tools, claim, outcome)
    counts[settled.state.value] += 1
    return not _is_server_in_trouble(outcome)


def _attempt(tools: Tools, connection: MailConnection, claim: Claim) -> Outcome | Settled:
    """Write the letter and hand it over; Settled when it turned out to be unwanted before its text was sent."""
    letter = _written(tools, claim)
    if not isinstance(letter, Letter):
        return letter
    begun = connection.begin(letter.sender, letter.to)
    if not isinstance(begun, Ready):
        return begun
    with tools.sessions() as session:
        refused = messages.mark_data_sent(session, claim, office=tools.office, now=tools.clock())
    if refused is not None:
        connection.abort()
        return refused
    return connection.send_data(letter.raw)


def _written(tools: Tools, claim: Claim) -> Letter | Permanent | Temporary:
    try:
        return tools.writer.write(letter_facts(claim, tools.office))
    except ValueError:
        log.error("message %d: its facts make no letter", claim.id)  # noqa: TRY400 - the text may hold an address.
        return Permanent("bad_facts")
    except Exception as error:  # noqa: BLE001 - the one-item boundary: one bad row never stops the others.
        log.error("message %d: %s while writing it", claim.id, type(error).__name__)  # noqa: TRY400 - as above.
        return Temporary("not_written")


def _record(tools: Tools, claim: Claim, outcome: Outcome) -> Settled:
    """Note what became of the message, with patience: the database may be busy or just restarting."""
    for pause in RECORD_PAUSES:
        try:
            return _record_once(tools, claim, outcome)
        except (BusyDatabase, OperationalError):
            log.warning("message %d: its outcome could not be recorded yet", claim.id)
            time.sleep(pause)
    return _record_once(tools, claim, outcome)


def _record_once(tools: Tools, claim: Claim, outcome: Outcome) -> Settled:
    with tools.sessions() as session:
        settled = messages.record_outcome(session, claim, outcome, now=tools.clock())
    log.info("message %d, %s: %s (%s)", claim.id, claim.facts.kind, settled.state, settled.code)
    return settled


def _is_server_in_trouble(outcome: Outcome | Settled) -> bool:
    if isinstance(outcome, SetupWrong):
        log.error("the mail server refuses us (%s): everything is kept, an administrator has to look", outcome.code)
        return True
    return isinstance(outcome, Temporary) and outcome.code in NO_SERVER
