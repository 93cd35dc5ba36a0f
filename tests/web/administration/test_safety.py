"""Administrators say who is told of safety answers; what is missing is said at its field."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import AlertRecipient, Clinic, SafetyMode
from booking.services.safety import fall_back
from booking.services.transaction import transaction
from tests.factories import NOW, make_account
from tests.web.administration.admin_cast import ClientAs, fay, words

pytestmark = pytest.mark.sqlite_only

WHOLE = {"hours": "weekdays, 9 to 5", "response_minutes": "30", "crisis_name": "Lifeline", "crisis_text_line": "988"}


def test_it_is_monitored_once_everything_is_there_and_a_banner_says_when_nobody_is_left(
    session: Session, client_as: ClientAs
) -> None:
    nell = make_account(session, Role.NURSE, name="Nell")
    cruz = make_account(session, Role.SPECIALIST, name="Dr Cruz")
    admin = fay(session, client_as)
    refused = admin.post("/admin/safety", data={"mode": "monitored", "response_minutes": "5000"})
    assert (refused.status_code, "within one day" in refused.text) == (422, True)
    refused = admin.post("/admin/safety", data={"mode": "monitored"})
    assert refused.status_code == 422
    for text in (
        "the name of the crisis line",
        "who is told first",
        "as the back-up",
        "Enter the hours",
        "how many minutes",
    ):
        assert text in refused.text
    people = {"first": nell.public_id, "back_up": cruz.public_id}
    assert admin.post("/admin/safety", data={"mode": "monitored", **WHOLE, **people}).status_code == 303
    page = admin.get("/admin/safety").text
    assert "Saved. It holds from now on." in page
    assert page.count("checked") >= 3
    session.rollback()
    nell_id = nell.id
    with transaction(session):
        session.execute(sa.delete(AlertRecipient).where(AlertRecipient.account_id == nell_id))
        assert fall_back(session, now=NOW)
    assert session.scalar(sa.select(Clinic.safety_mode)) is SafetyMode.UNMONITORED
    session.rollback()
    assert "Safety answers are not monitored any more" in words(admin.get("/admin/").text)
    assert "Name who is told of safety answers" in words(admin.get("/tasks/").text)
    admin.post("/admin/safety", data={"mode": "unmonitored"})
    assert "not monitored any more" not in words(admin.get("/admin/").text)
