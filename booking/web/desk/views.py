"""The blueprint with all its views: importing them registers them."""

from booking.web.desk import booking, day, patients, visit, why

bp = day.bp

__all__ = ["booking", "bp", "day", "patients", "visit", "why"]
