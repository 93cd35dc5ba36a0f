"""The administrators' first page says when nobody makes backups, and since when."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from booking.services.backup_watch import note_failed, note_good
from tests.factories import NOW
from tests.web.administration.admin_cast import fay, words

pytestmark = pytest.mark.sqlite_only


def test_a_failed_backup_is_told_with_the_last_good_one(
    session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    admin = fay(session, client_as)
    assert "Backups are not being made" not in admin.get("/admin/").text
    note_failed(session, OSError(), now=NOW)
    assert "Backups are not being made No good one is known." in words(admin.get("/admin/").text)
    note_good(session, now=NOW)
    note_failed(session, OSError(), now=NOW)
    assert "The last good one was made on " in words(admin.get("/admin/").text)
    assert "Check the backups: one failed, or none was made for too long" in words(admin.get("/tasks/").text)
