"""The blueprint with all its views: importing them registers them."""

from booking.web.visits import changing, pages

bp = pages.bp

__all__ = ["bp", "changing", "pages"]
