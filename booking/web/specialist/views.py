"""The specialists' blueprint with all its pages."""

from __future__ import annotations

from booking.web.specialist import before, outcome
from booking.web.specialist.my_day import bp

__all__ = ["before", "bp", "outcome"]
