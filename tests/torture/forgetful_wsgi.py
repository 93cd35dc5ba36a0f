"""Entry point of a negative control: the same web server without any memory of the forms that it has seen."""

from __future__ import annotations

import pytest

from booking.cli import create_app
from booking.services import appointments
from booking.web.desk import booking as desk_booking
from booking.web.scheduling import confirming

patch = pytest.MonkeyPatch()
patch.setattr(appointments, "claim_answer", lambda *_, **__: None)
patch.setattr(desk_booking, "booked_with", lambda _nonce: None)
patch.setattr(confirming, "booked_with", lambda _nonce: None)
app = create_app()
