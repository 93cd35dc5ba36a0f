"""A login that ends while somebody fills in a form: said at once, and what was typed comes back."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import LoginSession
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import visit_of


def test_a_log_out_elsewhere_is_said_at_once_and_what_was_typed_is_offered(app: Flask, session: Session) -> None:
    patient = make_patient(session)
    visit, ana = visit_of(session, make_appointment(session, patient).id), make_account(session, patients=(patient,))
    forms = f"/visits/{visit.public_id}/forms/"
    browser, more = app.test_client(), {"form_version": "1.0.0", "v_goal": 0}
    same_site = {"Sec-Fetch-Site": "same-origin"}
    address = f"{forms}intake-short/6"
    saved = browser.post(address, data={"a_goal": "Garden", "action": "autosave", **more}, headers=same_site)
    assert (saved.status_code, (saved.json or {})["is_kept"]) == (401, True)
    pressed = browser.post(address, data={"a_goal": "Work in the garden", **more}, headers=same_site)
    assert "You are logged out. What you typed is kept" in browser.get(pressed.location).text
    session.execute(sa.update(LoginSession).values(account_id=ana.id))
    session.commit()
    assert f'<a href="{address}">Look at it' in browser.get(forms).text
    assert "Work in the garden" in browser.get(address).text
    assert "Look at it" not in browser.get(forms).text
    again = browser.post(address, data={"a_goal": "Walk", "action": "autosave", **more}, headers=same_site)
    assert (again.json or {})["versions"] == {"goal": 1}
