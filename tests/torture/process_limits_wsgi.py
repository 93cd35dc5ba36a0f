"""Entry point of a negative control: the same web server, whose limits are kept by each process for itself."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.cli import create_app
from booking.core.errors import TooManyTries
from booking.services import rate_limits
from booking.services.rate_limits import Limit

tries: dict[str, int] = {}


def take_one_here(_session: Session, key: str, limit: Limit, factor: int, _now: datetime) -> float:
    """Count in this process alone; nothing refills in the minute that a test takes."""
    tries[key] = tries.get(key, 0) + 1
    if tries[key] > limit.capacity * factor:
        raise TooManyTries(retry_seconds=60)
    return float(limit.capacity * factor - tries[key])


pytest.MonkeyPatch().setattr(rate_limits, "_take_one", take_one_here)
app = create_app()
