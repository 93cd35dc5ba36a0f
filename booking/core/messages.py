"""Which messages an appointment or an account wants, when each is due, when it is pointless, when it is tried again.

Nothing here sends, reads a clock or knows an address. Instants are aware; what comes out is in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class MessageKind(StrEnum):
    VERIFY_ADDRESS = "verify_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a message, no password.
    ACCOUNT_EXISTS = "account_exists"
    NEW_LOG_IN = "new_log_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a message, no password.
    LOG_IN_CHANGED = "log_in_changed"
    BOOKED = "booked"
    REMINDER_3D = "reminder_3d"
    REMINDER_1D = "reminder_1d"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    RESTORED = "restored"
    WAITING_OFFER = "waiting_offer"
    WAITING_JOINED = "waiting_joined"
    CARER_INVITATION = "carer_invitation"
    CARER_ADDED = "carer_added"
    CONFIRM_NEW_ADDRESS = "confirm_new_address"
    ADDRESS_CHANGING = "address_changing"
    STAFF_INVITATION = "staff_invitation"
    FORM_NUDGE = "form_nudge"
    FORM_AFTER = "form_after"
    URGENT_TASK = "urgent_task"


class MessageState(StrEnum):
    """Where a message stands. `DATA_SENT` is marked just before the text: from there the outcome may be unknown."""

    PENDING = "pending"
    SENDING = "sending"
    DATA_SENT = "data_sent"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """True when nothing will ever change this row again."""
        return self in FINAL_STATES


FINAL_STATES = frozenset({MessageState.SENT, MessageState.FAILED, MessageState.CANCELLED, MessageState.EXPIRED})

NOTICE_KINDS = frozenset({MessageKind.NEW_LOG_IN, MessageKind.PASSWORD_CHANGED, MessageKind.LOG_IN_CHANGED})
"""What tells the owner of an account about something that somebody else may have done."""

ACCOUNT_KINDS = NOTICE_KINDS | {
    MessageKind.VERIFY_ADDRESS,
    MessageKind.RESET_PASSWORD,
    MessageKind.ACCOUNT_EXISTS,
    MessageKind.STAFF_INVITATION,
    MessageKind.URGENT_TASK,
    MessageKind.CARER_INVITATION,
    MessageKind.CARER_ADDED,
    MessageKind.CONFIRM_NEW_ADDRESS,
    MessageKind.ADDRESS_CHANGING,
}
STRANGER_KINDS = frozenset({MessageKind.CARER_INVITATION, MessageKind.CONFIRM_NEW_ADDRESS})
"""Kinds that go to an address which somebody typed, and nobody has shown to be theirs: their letters name nobody."""

VISITLESS_KINDS = ACCOUNT_KINDS | {MessageKind.WAITING_JOINED}
"""Kinds whose letters tell of no visit, and of no time that could become one."""

REMINDER_KINDS = frozenset({MessageKind.REMINDER_3D, MessageKind.REMINDER_1D})

NUDGE_KINDS = frozenset({MessageKind.FORM_NUDGE, MessageKind.FORM_AFTER})
"""What reminds of forms: before a visit, and of those that ask how it went."""

VISIT_NEWS = frozenset({MessageKind.BOOKED, MessageKind.CHANGED, MessageKind.CANCELLED, MessageKind.RESTORED})
"""What tells a patient where their visit stands."""

GONE_STATES = frozenset({MessageState.DATA_SENT, MessageState.SENT, MessageState.FAILED})
"""Once it is here, a message was told as far as we can: it may have arrived, or people at the desk know of it."""

REMINDER_TIME = time(10)
"""Wall-clock time in the location's zone: inside office hours, so that a question can be answered at once."""

CHANGE_GRACE = timedelta(seconds=60)
"""Mails about a change wait this long: whoever undoes it at once causes no mail. Source: docs/adr/ (outbox)."""

RETRY_DELAYS = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
)
"""Delay after the first, second, ... failed try; after the last of them `RETRY_EVERY`, until the message expires."""

RETRY_EVERY = timedelta(hours=1)

RETRY_SPREAD = 0.25
"""The largest share of a delay that jitter adds, so that a thousand messages do not return in the same second."""

_KEY_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message that is wanted: not before `due_at`, not at or after `expires_at` (`due_at` < `expires_at`)."""

    kind: MessageKind
    due_at: datetime
    expires_at: datetime


def messages_for_booking(starts_at: datetime, booked_at: datetime, tz: ZoneInfo) -> tuple[PlannedMessage, ...]:
    """The confirmation and the reminders of a visit at `starts_at`, booked (or moved) at `booked_at`, by due time.

    `tz` is the location's zone. A reminder due on or before the local date of the booking is left out: the
    confirmation has just said the same. Empty when the visit has begun, for there is nothing left to announce.
    """
    candidates = (
        PlannedMessage(MessageKind.BOOKED, booked_at.astimezone(UTC), starts_at.astimezone(UTC)),
        *_reminders(starts_at, booked_at.astimezone(tz).date(), tz),
    )
    return tuple(planned for planned in candidates if planned.due_at < planned.expires_at)


def messages_for_change(starts_at: datetime, changed_at: datetime, tz: ZoneInfo) -> tuple[PlannedMessage, ...]:
    """What a visit that was moved to `starts_at` wants: the news after a short grace, and its reminders.

    A reminder due on or before the local date of the change is left out, as for a booking.
    """
    news = _after_grace(MessageKind.CHANGED, starts_at, changed_at)
    return (*news, *_reminders(starts_at, changed_at.astimezone(tz).date(), tz))


def messages_for_undo(
    news: MessageKind | None, starts_at: datetime, *, booked_at: datetime, undone_at: datetime, tz: ZoneInfo
) -> tuple[PlannedMessage, ...]:
    """What a visit wants that is again at `starts_at`: `news` if there are any, and the reminders of its booking.

    Reminders that are pointless by now are left out. Those whose due time has passed are in it, for they may have been
    dropped a moment ago: the caller knows which of them have gone out. A first confirmation waits for nothing.
    """
    told: tuple[PlannedMessage, ...] = ()
    if news is MessageKind.BOOKED:
        told = tuple(planned for planned in messages_for_booking(starts_at, undone_at, tz) if planned.kind is news)
    elif news is not None:
        told = _after_grace(news, starts_at, undone_at)
    reminders = _reminders(starts_at, booked_at.astimezone(tz).date(), tz)
    return (*told, *(planned for planned in reminders if planned.expires_at > undone_at))


def news_of_undo(told: MessageKind | None, *, is_told_time: bool) -> MessageKind | None:
    """What a patient has to be told when an act was undone. `told` is the last that went out to them about the visit
    (None: nothing), `is_told_time` whether that named the time at which the visit is again; None when all is as told.
    """
    if told is None:
        return MessageKind.BOOKED
    if told is MessageKind.CANCELLED:
        return MessageKind.RESTORED
    return None if is_told_time else MessageKind.CHANGED


def _after_grace(kind: MessageKind, starts_at: datetime, acted_at: datetime) -> tuple[PlannedMessage, ...]:
    """The one message of an act on the visit, due after the grace; empty when the visit would have begun."""
    due_at = acted_at.astimezone(UTC) + CHANGE_GRACE
    expires_at = starts_at.astimezone(UTC)
    return (PlannedMessage(kind, due_at, expires_at),) if due_at < expires_at else ()


def messages_for_cancelling(starts_at: datetime, cancelled_at: datetime) -> tuple[PlannedMessage, ...]:
    """The one message that tells of a cancelled visit, after a short grace; empty when the visit would have begun."""
    return _after_grace(MessageKind.CANCELLED, starts_at, cancelled_at)


def message_now(kind: MessageKind, now: datetime, *, valid_for: timedelta) -> PlannedMessage:
    """A message about an account: due at once, pointless when its link has run out after `valid_for`.

    Raises ValueError when `valid_for` is not positive.
    """
    if valid_for <= timedelta(0):
        raise ValueError("valid_for must be positive")
    return PlannedMessage(kind, now.astimezone(UTC), now.astimezone(UTC) + valid_for)


def retry_at(now: datetime, attempts: int, *, jitter: float = 0.0) -> datetime:
    """When to try again after `attempts` failed tries (1 or more), in UTC.

    `jitter` in [0, 1] lengthens the delay by up to a quarter; the caller draws it. Raises ValueError outside
    these ranges.
    """
    if attempts < 1:
        raise ValueError("attempts counts the tries made, so it is 1 or more")
    if not 0.0 <= jitter <= 1.0:
        raise ValueError("jitter lies between 0 and 1")
    delay = RETRY_DELAYS[attempts - 1] if attempts <= len(RETRY_DELAYS) else RETRY_EVERY
    return now.astimezone(UTC) + delay * (1 + RETRY_SPREAD * jitter)


def dedup_key(kind: MessageKind, subject: str, version: int, recipient: str, channel: str) -> str:
    """One text that is the same only for the same message: nobody is written to twice for one reason.

    `subject` names what it is about and `recipient` who gets it, both by id ("appointment:7", "account:3"), never by
    name or address. One text, because NULLs in a composite unique key never collide. Raises ValueError when a part is
    empty or holds the separator.
    """
    parts = (kind.value, subject, str(version), recipient, channel)
    key = _KEY_SEPARATOR.join(parts)
    if not all(parts) or key.count(_KEY_SEPARATOR) >= len(parts):
        raise ValueError("every part of a key is non-empty and without the separator")
    return key


def _reminders(starts_at: datetime, booked_on: date, tz: ZoneInfo) -> Iterator[PlannedMessage]:
    """Reminders whose local date lies after `booked_on`, earliest first.

    The first gives way when the second falls due, so that a worker that was down for days sends one and not both. The
    second ends at the local midnight before the visit, so that its "tomorrow" is never a lie.
    """
    starts_on = starts_at.astimezone(tz).date()
    first_on, second_on = starts_on - timedelta(days=3), starts_on - timedelta(days=1)
    second_due_at = _wall_clock(second_on, REMINDER_TIME, tz)
    if first_on > booked_on:
        yield PlannedMessage(MessageKind.REMINDER_3D, _wall_clock(first_on, REMINDER_TIME, tz), second_due_at)
    if second_on > booked_on:
        midnight = _wall_clock(starts_on, time(0), tz)
        yield PlannedMessage(MessageKind.REMINDER_1D, second_due_at, midnight)


def _wall_clock(on: date, at: time, tz: ZoneInfo) -> datetime:
    """That local time as an instant: the first of a repeated one, and the end of the gap for a missing midnight.

    Days are counted in local time and turned into an instant last, so a change of clocks moves no reminder.
    """
    return datetime.combine(on, at, tzinfo=tz).astimezone(UTC)
