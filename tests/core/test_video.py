"""Addresses of video rooms, and when patients get them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.core.video import is_open, is_video_url, opens_at

NINE = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["https://video.example.org", "https://video.example.org:8443/room/7?pwd=a%20b#x", "https://a-b.example.org/"],
)
def test_an_address_of_a_room(text: str) -> None:
    assert is_video_url(text)


@pytest.mark.parametrize(
    "text",
    ["", "http://video.example.org", "https://", "https://me:secret@example.org/", "https://example.org/a b",
     "javascript:alert(1)", "https://example.org/\n", "https://exämple.org/", f"https://example.org/{'x' * 500}"],
)  # fmt: skip
def test_no_address_of_a_room(text: str) -> None:
    assert not is_video_url(text)


@pytest.mark.parametrize(
    ("minutes", "shown"), [(-31, False), (-30, True), (0, True), (24, True), (25, False), (60, False)]
)
def test_patients_get_it_from_half_an_hour_before_until_the_end(minutes: int, shown: bool) -> None:
    assert is_open(NINE, NINE + timedelta(minutes=25), NINE + timedelta(minutes=minutes)) is shown
    assert opens_at(NINE) == NINE - timedelta(minutes=30)
