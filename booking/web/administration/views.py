"""The blueprint with all its views: importing them registers them."""

from booking.web.administration import clinic_pages, retention, staff_views

bp = clinic_pages.bp

__all__ = ["bp", "clinic_pages", "retention", "staff_views"]
