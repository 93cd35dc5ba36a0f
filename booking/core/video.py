"""Rooms in which people see each other by video: what an address of one looks like, and when a patient gets it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

LONGEST_VIDEO_URL = 500
OPENS_BEFORE = timedelta(minutes=30)
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[\x21-\x7e]*)?", re.ASCII)


def is_video_url(text: str) -> bool:
    """Whether it is an address that can be a room: https, a host, and no name or password of anybody. Nothing is
    fetched."""
    return len(text) <= LONGEST_VIDEO_URL and _URL.fullmatch(text) is not None


def opens_at(starts_at: datetime) -> datetime:
    """From when on the patient is shown the link: before that it would only be lost."""
    return starts_at - OPENS_BEFORE


def is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the patient is shown the link now: from half an hour before the visit until its end."""
    return opens_at(starts_at) <= now < ends_at
