"""The blueprint with all its views: importing them registers them."""

from booking.web.desk import (
    asked,
    booking,
    calendars,
    changing,
    consents,
    day,
    follow_ups,
    helpers,
    hours,
    merging,
    patients,
    several,
    video,
    visit,
    waiting,
    why,
)

bp = day.bp

__all__ = [
    "asked",
    "booking",
    "bp",
    "calendars",
    "changing",
    "consents",
    "day",
    "follow_ups",
    "helpers",
    "hours",
    "merging",
    "patients",
    "several",
    "video",
    "visit",
    "waiting",
    "why",
]
