"""What the tests of letters share: the facts of one letter, and how its parts are read."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from booking.adapters.letters import (
    ClinicVoice,
    Letter,
    LetterFacts,
    OtherTime,
    VisitFacts,
    message_id_header,
)
from booking.core.messages import VISITLESS_KINDS, MessageKind

BASE_URL = "https://visits.example"
LINKS = {
    name: f"{BASE_URL}/l/{name}?t=a&b"
    for name in (
        "verify",
        "reset",
        "join",
        "sign_in",
        "open_visit",
        "choose_time",
        "confirm",
        "change",
        "cancel",
        "questions",
        "answer",
        "open_wait",
        "not_me",
        "invitation",
        "confirm_address",
    )
}
NOW = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=UTC)
CLINIC = ClinicVoice(
    sender_name="Harbour Appointments",
    sender_address="appointments@visits.example",
    reply_to="desk@visits.example",
    phone="+1 416 555 0100",
)
VISIT = VisitFacts(
    starts_at=datetime(2026, 3, 9, 13, tzinfo=UTC),
    ends_at=datetime(2026, 3, 9, 14, tzinfo=UTC),
    tz=ZoneInfo("America/New_York"),
    place="12 Main Street, Springfield",
    uid="appt-01J9ZK4T8Q@visits.example",
    sequence=0,
)
PRESENT = OtherTime(datetime(2026, 3, 20, 18, 30, tzinfo=UTC), VISIT.tz, VISIT.place)
OFFER = replace(VISIT, other=PRESENT, kept_until=NOW + timedelta(hours=2))
VISITS = {MessageKind.CHANGED: replace(VISIT, other=PRESENT, sequence=1), MessageKind.WAITING_OFFER: OFFER}
EVERY_KIND = pytest.mark.parametrize("kind", list(MessageKind))
VISIT_KINDS = pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind not in VISITLESS_KINDS])


def facts(kind: MessageKind = MessageKind.BOOKED, **overrides: object) -> LetterFacts:
    made = LetterFacts(
        kind=kind,
        to="ana@mail.example",
        message_id=message_id_header("0f3a9c", "visits.example"),
        written_at=NOW,
        clinic=CLINIC,
        links=LINKS,
        first_name="Ana",
        visit=None if kind in VISITLESS_KINDS else VISITS.get(kind, VISIT),
        waits_until=date(2026, 4, 13) if kind is MessageKind.WAITING_JOINED else None,
        link_valid_for=timedelta(hours=24),
    )
    return replace(made, **overrides)  # type: ignore[arg-type]


def parsed(letter: Letter) -> EmailMessage:
    """The letter as the standard parser reads it, which must find nothing to complain about."""
    message = email.message_from_bytes(letter.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def texts(letter: Letter) -> dict[str, str]:
    """The decoded parts by their content type."""
    return {part.get_content_type(): _text(part) for part in parsed(letter).iter_parts()}


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8")


class Page(HTMLParser):
    """Collects what a test asks about a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        # What keeps a number or a day on one line is a space to whoever reads it.
        self.words.append(data.replace("\u00a0", " "))


def said(letter: Letter, name: str) -> str:
    """The words of a part, as they are read."""
    text = texts(letter)[name]
    return " ".join(" ".join(Page(text).words if name == "text/html" else [text.replace("\u00a0", " ")]).split())
