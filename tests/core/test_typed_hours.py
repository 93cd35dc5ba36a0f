"""What people type as opening hours, and what is read from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.scheduling.clinic import MinuteSpan
from booking.core.typed_hours import UnreadHours, read_span, read_spans, read_time, written_spans

MORNING, AFTERNOON = (540, 720), (780, 1020)


def read(text: str) -> list[tuple[int, int]]:
    return [(span.starts, span.ends) for span in read_spans(text)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("9:00-12:00, 13-17", [MORNING, AFTERNOON]),
        ("9-12 13-17".replace(" ", ";"), [MORNING, AFTERNOON]),
        ("13:00–17:00 and 9.00 – 12.00", [MORNING, AFTERNOON]),
        ("9 to noon", [MORNING]),
        ("0900-1200", [MORNING]),
        ("900-1200/1300-1700", [MORNING, AFTERNOON]),
        ("9h-12h, 13h00-17h00", [MORNING, AFTERNOON]),
        ("9 am - 12 pm", [MORNING]),
        ("9-5pm", [(540, 1020)]),
        ("1-5 p.m.", [AFTERNOON]),
        ("9-11 AM", [(540, 660)]),
        ("12-5 pm", [(720, 1020)]),
        ("9am-17", [(540, 1020)]),
        ("12am-6am", [(0, 360)]),
        ("9 uhr bis 12 uhr", [MORNING]),
        ("13:30-24:00", [(810, 1440)]),
        ("6-midnight", [(360, 1440)]),
        ("20:00-+6:00", [(1200, 1800)]),
        ("9-12,12-13", [MORNING, (720, 780)]),
        (" , 9-12 ,", [MORNING]),
        ("9-11 pm", [(1260, 1380)]),
        ("13-2 pm", [(780, 840)]),
        ("", []),
        ("  Closed ", []),
        ("-", []),
    ],
)
def test_what_is_typed_is_read(text: str, spans: list[tuple[int, int]]) -> None:
    assert read(text) == spans


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("nine to five", "unread", "nine to five"),
        ("9", "unread", "9"),
        ("9-12-13", "unread", "9-12-13"),
        ("9-12:60", "unread", "9-12:60"),
        ("9-25", "unread", "9-25"),
        ("24-+1", "unread", "24-+1"),
        ("+1-3", "unread", "+1-3"),
        ("9-+24:30", "unread", "9-+24:30"),
        ("9-14 pm", "unread", "9-14 pm"),
        ("13am-14", "unread", "13am-14"),
        (",", "unread", ","),
        ("9-5", "backwards", "9-5"),
        ("9-9", "backwards", "9-9"),
        ("13-1 pm", "backwards", "13-1 pm"),
        ("9-12, 11-13", "overlap", "11:00-13:00"),
        ("9" * 300, "unread", "9" * 30 + "…"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_part(text: str, code: str, part: str) -> None:
    with pytest.raises(UnreadHours) as refused:
        read_spans(text)
    assert (refused.value.code, refused.value.text) == (code, part)


def test_one_span_is_one() -> None:
    assert read_span("9-12") == MinuteSpan(540, 720)
    for text in ("9-12, 13-17", ""):
        with pytest.raises(UnreadHours):
            read_span(text)


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_what_is_written_is_read_again(starts: int, minutes: int) -> None:
    span = MinuteSpan(starts, starts + minutes)
    assert read_spans(written_spans([span])) == (span,)


@pytest.mark.parametrize(
    ("text", "minute"),
    [("9", 540), ("9:05", 545), ("17h30", 1050), ("5 pm", 1020), ("12 am", 0), ("Noon", 720), ("24:00", 1440)],
)
def test_a_time_of_day_is_read(text: str, minute: int) -> None:
    assert read_time(text) == minute


@pytest.mark.parametrize("text", ["", "nine", "25", "+6", "9-10", "13 pm"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UnreadHours):
        read_time(text)
