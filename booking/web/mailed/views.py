"""The blueprint with all its views: importing them registers them."""

from booking.web.mailed import offers, visit

bp = visit.bp

__all__ = ["bp", "offers", "visit"]
