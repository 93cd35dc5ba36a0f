"""Entry point for tests of the automatic log-off: the same web server, whose patients are idle after some seconds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.cli import create_app
from booking.services import sessions as services
from booking.web import sessions as web
from tests.ui.short_limits import IDLE, WARNING

patch = pytest.MonkeyPatch()
patch.setattr(services, "PATIENT_IDLE", IDLE)
patch.setattr(services, "WARNING", WARNING)
for module in (services, web):
    patch.setattr(module, "SEEN_EVERY", timedelta(0))
app = create_app()
