"""The reasons for which a follow-up is dropped."""

from __future__ import annotations

from booking.core.follow_ups import DROP_REASONS
from booking.web.desk.follow_ups import REASONS


def test_each_reason_has_its_words() -> None:
    assert tuple(REASONS) == DROP_REASONS
