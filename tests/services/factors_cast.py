"""An account with second steps, for tests of several services."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.browsers import Device as Browser
from booking.core.messages import MessageKind
from booking.models import Account, AuditEvent, Message
from booking.services.accounts import Door
from booking.services.app_codes import add_app, new_key
from booking.services.passkeys import Site, add_passkey, question_to_add
from booking.services.rate_limits import Limiter
from tests.factories import NOW
from tests.passkey_device import Device

SITE = Site("localhost", "Northside Appointments", "http://localhost:8000")
DOOR = Door("192.0.2.7", Limiter("a secret", factor=1000), Browser("Firefox", "Linux"))
VISITOR = Actor(owner="browser")
# No two letters about an account are written in the same millisecond.
_moments = count(1)


def moment() -> datetime:
    """A little after `NOW`, and after the one before."""
    return NOW + timedelta(milliseconds=next(_moments) % 1000)


def person(account: Account) -> Actor:
    """The account's owner."""
    return Actor(account.id, account.role)


def code_at(key: str, now: datetime = NOW) -> str:
    """What the app shows then."""
    return pyotp.TOTP(key).at(now)


def with_app(session: Session, account: Account, *, keep: str = "") -> str:
    """Set up an app; returns its key. The code of `NOW` is used up by it."""
    key, now = new_key(), moment()
    add_app(session, actor=person(account), door=DOOR, key=key, code=code_at(key, now), keep=keep, now=now)
    return key


def with_passkey(session: Session, account: Account, device: Device | None = None, *, name: str = "My phone") -> Device:
    """Add a passkey; returns the device."""
    device = device or Device()
    question = question_to_add(session, actor=person(account), site=SITE)
    add_passkey(
        session, actor=person(account), site=SITE, challenge=question.challenge, answer=device.make(question.options),
        name=name, keep="", now=moment(),
    )  # fmt: skip
    return device


def mails(session: Session) -> list[MessageKind]:
    """What was planned to be mailed, in order."""
    session.rollback()
    return list(session.scalars(sa.select(Message.kind).order_by(Message.id)))


def events(session: Session) -> list[tuple[str, str | None]]:
    """What was recorded, in order."""
    session.rollback()
    found = session.execute(sa.select(AuditEvent.action, AuditEvent.reason_code).order_by(AuditEvent.seq))
    return [(row.action, row.reason_code) for row in found]


ADMINISTRATOR = Actor(account_id=99_999, role=Role.ADMINISTRATOR)
