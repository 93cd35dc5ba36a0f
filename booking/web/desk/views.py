"""The blueprint with all its views: importing them registers them."""

from booking.web.desk import (
    booking,
    calendars,
    changing,
    day,
    helpers,
    hours,
    merging,
    patients,
    several,
    tasks,
    video,
    visit,
    waiting,
    why,
)

bp = day.bp

__all__ = [
    "booking",
    "bp",
    "calendars",
    "changing",
    "day",
    "helpers",
    "hours",
    "merging",
    "patients",
    "several",
    "tasks",
    "video",
    "visit",
    "waiting",
    "why",
]
