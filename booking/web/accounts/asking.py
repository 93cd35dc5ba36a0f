"""Questions to devices with passkeys: for whom they are, and what was asked in this browser session.

A challenge is kept in the session, counts for one purpose, once, and for ten minutes.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from flask import current_app

from booking.core.clock import utc_now
from booking.services.passkeys import Question, Site
from booking.web import access
from booking.web.context import clinic_now

CHALLENGES = "challenges"
LIFE = timedelta(minutes=10)
MOST = 6
"""Of pages in several tabs the last ones count."""


class Purpose(StrEnum):
    """What an answer lets happen."""

    ADD = "add"
    LOG_IN = "log_in"
    SECOND_STEP = "second_step"
    CONFIRM = "confirm"


def site() -> Site:
    """This clinic as devices know it. The host is that of `BASE_URL`, never what a request called us."""
    base_url: str = current_app.config["SETTINGS"].base_url
    return Site(urlsplit(base_url).hostname or "", clinic_now().clinic.sender_name, base_url)


def asked(question: Question, purpose: Purpose) -> Question:
    """The same question, whose challenge this session knows from now on."""
    kept = access.server_session()
    note = [purpose.value, question.challenge, utc_now().timestamp()]
    kept[CHALLENGES] = [*kept.get(CHALLENGES, ()), note][-MOST:]
    return question


def taken_challenge(challenge: str, purpose: Purpose) -> str:
    """The challenge, if this session was asked it for that purpose a moment ago; it is forgotten with this. Else ""."""
    kept = access.server_session()
    notes = kept.get(CHALLENGES, ())
    since = (utc_now() - LIFE).timestamp()
    found = [note for note in notes if note[:2] == [purpose.value, challenge]]
    kept[CHALLENGES] = [note for note in notes if note not in found]
    return challenge if any(note[2] > since for note in found) else ""
