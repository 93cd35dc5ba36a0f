"""The blueprint with all its views: importing them registers them."""

from booking.web.administration import (
    attempts,
    clinic_pages,
    consent_pages,
    form_editor,
    form_preview,
    load_views,
    own_form_views,
    retention,
    safety_pages,
    second_steps,
    staff_views,
)

bp = clinic_pages.bp

__all__ = [
    "attempts",
    "bp",
    "clinic_pages",
    "consent_pages",
    "form_editor",
    "form_preview",
    "load_views",
    "own_form_views",
    "retention",
    "safety_pages",
    "second_steps",
    "staff_views",
]
