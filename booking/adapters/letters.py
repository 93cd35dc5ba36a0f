"""Writes the e-mails: from plain facts to the bytes that go to the mail server.

Whoever reads along over a shoulder, in a shared mailbox or on a lock screen must learn no more than that there is an
appointment: no service, no specialist, no specialty, no condition is among the facts, so none can slip into a text.
Texts are in `booking/templates/email/<kind>/`. Sources: docs/adr/ (outbox), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, formataddr
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

import css_inline
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from booking.adapters import dates
from booking.adapters.addresses import is_plain_address
from booking.adapters.ics import CalendarFacts, CalendarMethod, calendar_file
from booking.adapters.mime import Part, alternative_letter, header
from booking.core.messages import NOTICE_KINDS, VISITLESS_KINDS, MessageKind
from booking.core.scheduling.clinic import VisitMode

TEMPLATES = Path(__file__).parent.parent / "templates"

CALENDAR_METHODS: Mapping[MessageKind, CalendarMethod] = {
    MessageKind.BOOKED: CalendarMethod.REQUEST,
    MessageKind.CHANGED: CalendarMethod.REQUEST,
    MessageKind.CANCELLED: CalendarMethod.CANCEL,
    MessageKind.RESTORED: CalendarMethod.REQUEST,
}
"""Kinds that carry a calendar file, and what it does to the entry in the reader's calendar."""

REQUIRED_LINKS: Mapping[MessageKind, frozenset[str]] = {
    MessageKind.VERIFY_ADDRESS: frozenset({"verify"}),
    MessageKind.RESET_PASSWORD: frozenset({"reset"}),
    MessageKind.ACCOUNT_EXISTS: frozenset({"sign_in", "reset"}),
    MessageKind.STAFF_INVITATION: frozenset({"join"}),
    **dict.fromkeys(NOTICE_KINDS, frozenset({"sign_in", "reset"})),
    MessageKind.BOOKED: frozenset({"open_visit"}),
    MessageKind.REMINDER_3D: frozenset({"open_visit"}),
    MessageKind.REMINDER_1D: frozenset({"open_visit"}),
    MessageKind.CHANGED: frozenset({"open_visit"}),
    MessageKind.CANCELLED: frozenset({"choose_time"}),
    MessageKind.RESTORED: frozenset({"open_visit"}),
    MessageKind.WAITING_OFFER: frozenset({"answer"}),
    MessageKind.WAITING_JOINED: frozenset({"open_wait"}),
    MessageKind.FORM_NUDGE: frozenset({"questions"}),
    MessageKind.FORM_AFTER: frozenset({"questions"}),
    MessageKind.CARER_INVITATION: frozenset({"invitation"}),
    MessageKind.CARER_ADDED: frozenset({"sign_in"}),
    MessageKind.URGENT_TASK: frozenset({"sign_in"}),
    MessageKind.CONFIRM_NEW_ADDRESS: frozenset({"confirm_address"}),
    MessageKind.ADDRESS_CHANGING: frozenset({"not_me"}),
}
"""Links without which a letter is pointless. Shown when given: `confirm`, `change`, `cancel`, `questions`, `verify`,
`not_me`."""

_LINK = re.compile(r"https?://[!#-;=?-~]+")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._\-]{1,80}@[A-Za-z0-9.\-]{1,200}>")
_NAME_JOINERS = frozenset(" '’-")
_MAX_NAME = 40
_BLANK_LINES = re.compile(r"\n{3,}")

TranslationsFor = Callable[[str], NullTranslations]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicVoice:
    """Who writes: a neutral name and mailbox. Replies go to `reply_to`, a box that somebody reads."""

    sender_name: str
    sender_address: str
    reply_to: str
    phone: str


@dataclass(frozen=True, slots=True)
class OtherTime:
    """The time a visit was moved from, or the one that an offer would replace; `place` is street and city."""

    starts_at: datetime
    tz: ZoneInfo
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """When and where; `uid` and `sequence` are the calendar entry's.

    `place` is street and city, no name of a site; it is empty for a visit by video or phone. Of an offered time
    `kept_until` says how long it is kept. `other` belongs to letters that tell of two times."""

    starts_at: datetime
    ends_at: datetime
    tz: ZoneInfo
    place: str
    uid: str
    sequence: int
    mode: VisitMode = VisitMode.IN_PERSON
    other: OtherTime | None = None
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """Everything a letter is made of. `visit` is None exactly for kinds about an account or about waiting.

    `message_id` with its angle brackets; `links` by name, absolute; `waits_until` is the last day of a
    wait, `link_valid_for` when the letter's link runs out; `language` as in "en" or "fr_CA".
    """

    kind: MessageKind
    to: str
    message_id: str
    written_at: datetime
    clinic: ClinicVoice
    links: Mapping[str, str]
    first_name: str = ""
    language: str = "en"
    visit: VisitFacts | None = None
    waits_until: date | None = None
    link_valid_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished e-mail: `sender` and `to` are the bare addresses of the envelope, `raw` is what follows DATA."""

    subject: str
    raw: bytes = field(repr=False)
    to: str = field(repr=False)
    sender: str


class LetterWriter:
    """Writes letters in any language for which `translations_for` (a language code) has texts; English by default.

    Templates are read once and kept. Not bound to a request; may be shared between threads.
    """

    def __init__(self, translations_for: TranslationsFor | None = None, *, templates: Path = TEMPLATES) -> None:
        self._translations = cache(translations_for or (lambda _: NullTranslations()))
        self._environment = cache(lambda language: _environment(templates, self._translations(language)))
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)

    def write(self, facts: LetterFacts) -> Letter:
        """The letter. Raises ValueError when the facts do not fit the kind, or could not be put into a header."""
        _check(facts)
        environment, context = self._environment(facts.language), _context(facts)
        subject, text, html = (
            environment.get_template(f"email/{facts.kind}/{name}").render(context)
            for name in ("subject.txt", "body.txt", "body.html")
        )
        subject = " ".join(subject.split())
        parts = [
            Part("text/plain", _BLANK_LINES.sub("\n\n", text.strip())),
            Part("text/html", self._inliner.inline(html)),
            *_calendar_parts(facts, self._translations(facts.language).gettext("Appointment")),
        ]
        raw = alternative_letter(_headers(facts, subject), parts, message_id=facts.message_id)
        return Letter(subject, raw, facts.to, facts.clinic.sender_address)


def message_id_header(token: str, domain: str) -> str:
    """The Message-ID of a row: its stored `token` on a neutral `domain`, so that every attempt carries the same one."""
    return f"<{token}@{domain}>"


def greeting_name(first_name: str) -> str:
    """The name to greet by, or "" when it is no name: a stranger may have typed an advertisement for us to deliver."""
    name = " ".join(first_name.split())
    # Letters and their marks in any script, but no dot, slash or digit: nothing that a mail program makes a link of.
    is_name = all(category(char)[0] in "LM" or char in _NAME_JOINERS for char in name)
    return name if is_name and len(name) <= _MAX_NAME else ""


def _environment(templates: Path, translations: NullTranslations) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # The extension adds this method at run time, so the type checker cannot know it.
    # The i18n extension adds the method when it is loaded, so the type checker cannot know it.
    install = environment.install_gettext_translations  # type: ignore[attr-defined]
    install(translations, newstyle=True)
    return environment


def _check(facts: LetterFacts) -> None:
    if (facts.visit is None) != (facts.kind in VISITLESS_KINDS):
        raise ValueError(f"a letter of kind {facts.kind} {'has' if facts.visit is None else 'has not'} a visit")
    is_offer = facts.visit is not None and facts.visit.kept_until is not None
    if is_offer != (facts.kind is MessageKind.WAITING_OFFER):
        raise ValueError(f"a letter of kind {facts.kind} {'has' if is_offer else 'has not'} an end of keeping a time")
    if (facts.waits_until is not None) != (facts.kind is MessageKind.WAITING_JOINED):
        raise ValueError("a letter names the end of a wait when, and only when, it greets somebody who waits")
    missing = REQUIRED_LINKS[facts.kind] - facts.links.keys()
    if missing:
        raise ValueError(f"a letter of kind {facts.kind} needs the links {sorted(missing)}")
    if not all(_LINK.fullmatch(link) for link in facts.links.values()):
        raise ValueError("links in letters are absolute http addresses")
    if not all(map(is_plain_address, (facts.to, facts.clinic.sender_address, facts.clinic.reply_to))):
        raise ValueError("not an e-mail address that a letter can name")
    if not _MESSAGE_ID.fullmatch(facts.message_id):
        raise ValueError("a Message-ID looks like <random@domain>")


def _context(facts: LetterFacts) -> dict[str, Any]:
    """What the templates see: plain values only."""
    language, life = facts.language, facts.link_valid_for
    context: dict[str, Any] = {
        # The neutral name is the only one that templates see.
        "clinic": {"name": facts.clinic.sender_name, "phone": facts.clinic.phone},
        "first_name": greeting_name(facts.first_name),
        "links": facts.links,
        "link_life": dates.length_text(life, language) if life else "",
        "waits_until": dates.date_text(facts.waits_until, language) if facts.waits_until else "",
        "locale": language.replace("_", "-"),
        "direction": _direction(language),
    }
    return context if facts.visit is None else context | _visit_context(facts.visit, language)


def _visit_context(visit: VisitFacts, language: str) -> dict[str, Any]:
    return {
        "when": dates.day_and_time(visit.starts_at, visit.tz, language),
        "time": dates.time_only(visit.starts_at, visit.tz, language),
        "short_day": dates.short_day(visit.starts_at, visit.tz, language),
        "zone": dates.zone_city(visit.tz, language),
        "place": visit.place,
        "mode": visit.mode.value,
        "other": _other_context(visit, visit.other, language) if visit.other else None,
        "kept_until": dates.day_and_time(visit.kept_until, visit.tz, language) if visit.kept_until else "",
    }


def _other_context(visit: VisitFacts, other: OtherTime, language: str) -> dict[str, Any]:
    """The other time; its place where that differs, and somebody has to come now."""
    return {
        "when": dates.day_and_time(other.starts_at, other.tz, language),
        "zone": dates.zone_city(other.tz, language),
        "place": other.place if visit.place and other.place != visit.place else "",
        "is_later": other.starts_at > visit.starts_at,
        "is_same_time": other.starts_at == visit.starts_at,
    }


@cache
def _direction(language: str) -> str:
    return Locale.parse(language).text_direction


def _headers(facts: LetterFacts, subject: str) -> list[str]:
    """The recipient's name is left out on purpose: the address alone is enough to deliver."""
    clinic = facts.clinic
    return [
        header("From", formataddr((clinic.sender_name, clinic.sender_address))),
        header("To", facts.to),
        header("Reply-To", clinic.reply_to),
        header("Subject", subject),
        header("Date", format_datetime(facts.written_at.astimezone(UTC))),
        f"Message-ID: {facts.message_id}",
        header("Auto-Submitted", "auto-generated"),
        header("X-Auto-Response-Suppress", "All"),
        header("Content-Language", facts.language.replace("_", "-")),
    ]


def _calendar_parts(facts: LetterFacts, summary: str) -> list[Part]:
    method, visit = CALENDAR_METHODS.get(facts.kind), facts.visit
    if method is None or visit is None:
        return []
    entry = CalendarFacts(
        uid=visit.uid,
        sequence=visit.sequence,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        place=visit.place,
        stamped_at=facts.written_at,
        organizer_name=facts.clinic.sender_name,
        organizer_address=facts.clinic.sender_address,
        attendee_address=facts.to,
        summary=summary,
        phone=facts.clinic.phone,
    )
    return [Part(f"text/calendar; method={method}", calendar_file(entry, method).decode())]
