"""Entry point of the negative control: the same web server without locks. Whoever starts it drops the guards too."""

from __future__ import annotations

from typing import Any

import pytest

from booking.adapters import database
from booking.cli import create_app, start_check
from booking.web import application
from tests.torture import unguarded

patch = pytest.MonkeyPatch()


def options_without_transactions(url: str) -> dict[str, Any]:
    """On SQLite every statement is a transaction of its own, so that writers do not exclude each other."""
    changes = {"isolation_level": "AUTOCOMMIT", "connect_args": {"timeout": 30}} if url.startswith("sqlite") else {}
    return database.engine_options(url) | changes


unguarded.take_locks_away(patch)
patch.setattr(application, "engine_options", options_without_transactions)
patch.setattr(application, "prepare_engine", lambda _engine: None)
# The program itself would not start without its guards, and rightly so.
patch.setattr(start_check, "check_start", lambda _session: None)
app = create_app()
