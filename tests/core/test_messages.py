"""Which messages are planned, when they are due and when they are pointless."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.messages import (
    FINAL_STATES,
    RETRY_EVERY,
    MessageKind,
    MessageState,
    PlannedMessage,
    dedup_key,
    message_now,
    messages_for_booking,
    messages_for_cancelling,
    messages_for_change,
    messages_for_undo,
    news_of_undo,
    retry_at,
)

TORONTO = ZoneInfo("America/Toronto")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

ZONES = (
    "America/Toronto",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Europe/London",
    "Europe/Berlin",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


def local(year: int, month: int, day: int, hour: int, minute: int = 0, tz: ZoneInfo = TORONTO) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=tz)


def kinds(planned: tuple[PlannedMessage, ...]) -> list[MessageKind]:
    return [message.kind for message in planned]


def by_kind(planned: tuple[PlannedMessage, ...]) -> dict[MessageKind, PlannedMessage]:
    return {message.kind: message for message in planned}


def test_a_visit_booked_early_gets_a_confirmation_and_two_reminders() -> None:
    booked_at, starts_at = local(2026, 5, 1, 16), local(2026, 5, 18, 9)
    assert messages_for_booking(starts_at, booked_at, TORONTO) == (
        PlannedMessage(MessageKind.BOOKED, booked_at, starts_at),
        PlannedMessage(MessageKind.REMINDER_3D, local(2026, 5, 15, 10), local(2026, 5, 17, 10)),
        PlannedMessage(MessageKind.REMINDER_1D, local(2026, 5, 17, 10), local(2026, 5, 18, 0)),
    )


@pytest.mark.parametrize(
    ("booked_at", "expected"),
    [
        pytest.param(local(2026, 5, 14, 23, 59), ["booked", "reminder_3d", "reminder_1d"], id="the-day-before"),
        pytest.param(local(2026, 5, 15, 0), ["booked", "reminder_1d"], id="on-the-day-of-the-first-reminder"),
        pytest.param(local(2026, 5, 15, 10), ["booked", "reminder_1d"], id="at-its-very-minute"),
        pytest.param(local(2026, 5, 16, 23, 59), ["booked", "reminder_1d"], id="two-days-ahead"),
        pytest.param(local(2026, 5, 17, 8), ["booked"], id="the-day-before-the-visit"),
        pytest.param(local(2026, 5, 18, 8, 59), ["booked"], id="on-the-day"),
        pytest.param(local(2026, 5, 18, 9), [], id="at-the-start"),
        pytest.param(local(2026, 5, 18, 11), [], id="after-the-start"),
    ],
)
def test_reminders_on_or_before_the_day_of_booking_are_left_out(booked_at: datetime, expected: list[str]) -> None:
    assert kinds(messages_for_booking(local(2026, 5, 18, 9), booked_at, TORONTO)) == expected


@pytest.mark.parametrize(
    ("tz_name", "visit_on", "reminder_utc", "midnight_utc"),
    [
        pytest.param("America/Toronto", date(2026, 3, 9), "2026-03-08T14:00", "2026-03-09T04:00", id="forward"),
        pytest.param(
            "America/Toronto", date(2026, 3, 8), "2026-03-07T15:00", "2026-03-08T05:00", id="forward-same-day"
        ),
        pytest.param("America/Toronto", date(2026, 11, 2), "2026-11-01T15:00", "2026-11-02T05:00", id="back"),
        pytest.param("America/Toronto", date(2026, 11, 1), "2026-10-31T14:00", "2026-11-01T04:00", id="back-same-day"),
        pytest.param("America/Santiago", date(2026, 9, 6), "2026-09-05T14:00", "2026-09-06T04:00", id="no-midnight"),
        pytest.param("America/Havana", date(2026, 11, 1), "2026-10-31T14:00", "2026-11-01T04:00", id="two-midnights"),
    ],
)
def test_reminders_keep_the_wall_clock_across_both_changes(
    tz_name: str, visit_on: date, reminder_utc: str, midnight_utc: str
) -> None:
    tz = ZoneInfo(tz_name)
    starts_at = datetime.combine(visit_on, time(15), tzinfo=tz)
    reminder = by_kind(messages_for_booking(starts_at, starts_at - timedelta(days=20), tz))[MessageKind.REMINDER_1D]
    assert reminder.due_at.isoformat()[:16] == reminder_utc
    assert reminder.expires_at.isoformat()[:16] == midnight_utc


# Both changes of 2026 lie inside these days in every zone of the list that has any.
instants = st.integers(0, 349 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=minutes)
)
leads = st.timedeltas(timedelta(minutes=-30), timedelta(days=12))


@given(tz=st.sampled_from(ZONES).map(ZoneInfo), starts_at=instants, lead=leads)
def test_every_plan_is_in_order_and_ends_by_the_start(tz: ZoneInfo, starts_at: datetime, lead: timedelta) -> None:
    booked_at = starts_at - lead
    planned = messages_for_booking(starts_at, booked_at, tz)
    assert len(set(kinds(planned))) == len(planned)
    assert all(booked_at <= message.due_at < message.expires_at <= starts_at for message in planned)
    assert [message.due_at for message in planned] == sorted(message.due_at for message in planned)
    assert all(message.due_at.utcoffset() == timedelta(0) == message.expires_at.utcoffset() for message in planned)


@given(tz=st.sampled_from(ZONES).map(ZoneInfo), starts_at=instants)
def test_reminders_fall_at_ten_local_time_three_days_and_one_day_before(tz: ZoneInfo, starts_at: datetime) -> None:
    planned = by_kind(messages_for_booking(starts_at, starts_at - timedelta(days=10), tz))
    visit_on = starts_at.astimezone(tz).date()
    found = {kind: planned[kind].due_at.astimezone(tz).replace(tzinfo=None) for kind in planned if kind != "booked"}
    assert found == {
        MessageKind.REMINDER_3D: datetime.combine(visit_on - timedelta(days=3), time(10)),
        MessageKind.REMINDER_1D: datetime.combine(visit_on - timedelta(days=1), time(10)),
    }


@given(tz=st.sampled_from(ZONES).map(ZoneInfo), starts_at=instants)
def test_until_the_second_reminder_expires_the_visit_is_tomorrow(tz: ZoneInfo, starts_at: datetime) -> None:
    reminder = by_kind(messages_for_booking(starts_at, starts_at - timedelta(days=10), tz))[MessageKind.REMINDER_1D]
    last_moment = (reminder.expires_at - timedelta(seconds=1)).astimezone(tz)
    assert last_moment.date() + timedelta(days=1) == starts_at.astimezone(tz).date()


def test_the_two_reminders_are_never_both_wanted() -> None:
    planned = by_kind(messages_for_booking(local(2026, 5, 18, 9), local(2026, 5, 1, 9), TORONTO))
    assert planned[MessageKind.REMINDER_3D].expires_at == planned[MessageKind.REMINDER_1D].due_at


def test_a_cancellation_waits_for_the_grace() -> None:
    (planned,) = messages_for_cancelling(NOON + timedelta(days=1), NOON)
    assert planned == PlannedMessage(MessageKind.CANCELLED, NOON + timedelta(seconds=60), NOON + timedelta(days=1))


@pytest.mark.parametrize("lead", [timedelta(seconds=60), timedelta(0), timedelta(hours=-1)])
def test_a_cancellation_after_the_start_is_not_announced(lead: timedelta) -> None:
    assert messages_for_cancelling(NOON + lead, NOON) == ()


def test_a_change_is_told_after_the_grace_and_reminded_of_as_a_booking() -> None:
    changed_at, starts_at = local(2026, 5, 1, 16), local(2026, 5, 18, 9)

    planned = messages_for_change(starts_at, changed_at, TORONTO)

    assert planned[0] == PlannedMessage(MessageKind.CHANGED, changed_at + timedelta(seconds=60), starts_at)
    assert planned[1:] == messages_for_booking(starts_at, changed_at, TORONTO)[1:]


def test_a_change_on_the_day_before_is_news_enough() -> None:
    assert kinds(messages_for_change(local(2026, 5, 18, 9), local(2026, 5, 17, 8), TORONTO)) == [MessageKind.CHANGED]


def test_a_visit_that_begins_within_the_grace_is_not_told_of() -> None:
    at = local(2026, 5, 18, 9)
    assert messages_for_change(at, at - timedelta(seconds=60), TORONTO) == ()


@pytest.mark.parametrize(
    ("told", "is_told_time", "news"),
    [
        (None, False, MessageKind.BOOKED),
        (MessageKind.BOOKED, True, None),
        (MessageKind.RESTORED, True, None),
        (MessageKind.CHANGED, False, MessageKind.CHANGED),
        (MessageKind.CANCELLED, True, MessageKind.RESTORED),
    ],
)
def test_an_undo_tells_what_the_patient_does_not_know(
    told: MessageKind | None, is_told_time: bool, news: MessageKind | None
) -> None:
    assert news_of_undo(told, is_told_time=is_told_time) is news


@pytest.mark.parametrize(
    ("news", "due_after"),
    [(MessageKind.BOOKED, 0), (MessageKind.CHANGED, 60), (MessageKind.RESTORED, 60), (None, None)],
)
def test_an_undo_brings_the_reminders_of_the_booking_back(news: MessageKind | None, due_after: int | None) -> None:
    booked_at, starts_at, undone_at = local(2026, 5, 1, 16), local(2026, 5, 18, 9), local(2026, 5, 17, 11)

    planned = messages_for_undo(news, starts_at, booked_at=booked_at, undone_at=undone_at, tz=TORONTO)

    told = [] if due_after is None else [(news, undone_at + timedelta(seconds=due_after))]
    # That of the third day before is pointless by now; that of ten o'clock may have been dropped a moment ago.
    assert [(one.kind, one.due_at) for one in planned] == [
        *told,
        (MessageKind.REMINDER_1D, local(2026, 5, 17, 10)),
    ]


def test_an_account_message_is_due_at_once_and_dies_with_its_link() -> None:
    planned = message_now(MessageKind.VERIFY_ADDRESS, NOON, valid_for=timedelta(hours=24))
    assert planned == PlannedMessage(MessageKind.VERIFY_ADDRESS, NOON, NOON + timedelta(hours=24))


def test_a_link_without_a_lifetime_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        message_now(MessageKind.RESET_PASSWORD, NOON, valid_for=timedelta(0))


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 30), (3, 60), (4, 300), (5, 900), (6, 3600), (7, 3600), (400, 3600)]
)
def test_retries_follow_the_written_list(attempts: int, seconds: int) -> None:
    assert retry_at(NOON, attempts) == NOON + timedelta(seconds=seconds)


def test_full_jitter_adds_a_quarter() -> None:
    assert retry_at(NOON, 6, jitter=1.0) == NOON + RETRY_EVERY * 1.25


@given(attempts=st.integers(1, 50), jitter=st.floats(0, 1))
def test_jitter_never_shortens_a_delay_and_never_reaches_the_next_one(attempts: int, jitter: float) -> None:
    assert retry_at(NOON, attempts) <= retry_at(NOON, attempts, jitter=jitter) <= NOON + RETRY_EVERY * 1.25


@pytest.mark.parametrize(("attempts", "jitter"), [(0, 0.0), (-1, 0.0), (1, -0.1), (1, 1.1)])
def test_a_senseless_retry_is_refused(attempts: int, jitter: float) -> None:
    with pytest.raises(ValueError, match=r"attempts|jitter"):
        retry_at(NOON, attempts, jitter=jitter)


def test_the_key_names_kind_subject_version_recipient_and_channel() -> None:
    key = dedup_key(MessageKind.BOOKED, "appointment:7", 2, "patient:3", "email")
    assert key == "booked|appointment:7|2|patient:3|email"


@pytest.mark.parametrize(("subject", "recipient"), [("", "patient:3"), ("a|b", "patient:3"), ("a", "p|3")])
def test_ambiguous_parts_of_a_key_are_refused(subject: str, recipient: str) -> None:
    with pytest.raises(ValueError, match="part"):
        dedup_key(MessageKind.BOOKED, subject, 1, recipient, "email")


@pytest.mark.parametrize("state", list(MessageState))
def test_only_settled_states_are_final(state: MessageState) -> None:
    assert state.is_final == (state in FINAL_STATES)
    assert state.is_final == (state not in {"pending", "sending", "data_sent"})
