"""What may follow a visit: how soon it is proposed, and why the desk may take it off its list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

SOON: Mapping[str, timedelta] = MappingProxyType(
    {"2w": timedelta(weeks=2), "4w": timedelta(weeks=4), "8w": timedelta(weeks=8), "12w": timedelta(weeks=12)}
)
"""Proposals that one tap takes; any other day can be typed."""

FARTHEST = timedelta(days=366)

DROP_REASONS = ("patient_declined", "not_reached", "elsewhere", "not_needed", "other")
"""Why a follow-up was taken off the list without a visit; codes for the audit log."""


def is_fitting_day(wanted_by: date, today: date) -> bool:
    """Whether a follow-up can be wanted by that day: not in the past, and within a year."""
    return today <= wanted_by <= today + FARTHEST
