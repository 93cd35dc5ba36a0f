"""What the pages about the own account share."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, render_template

from booking.core.actor import STAFF_ROLES
from booking.services.sessions import SessionAccount
from booking.web import access


def own_account() -> SessionAccount:
    """The account that is logged in: the access table lets nobody else come here."""
    account = access.account_or_none()
    if account is None:
        abort(403)
    return account


def account_id() -> int:
    """Its id."""
    return own_account().id


def must_have_second_step() -> bool:
    """Whether this person must have a second step."""
    return bool(current_app.config["SETTINGS"].staff_second_factor) and own_account().role in STAFF_ROLES


def account_page(template: str, **values: Any) -> str:
    """The page in the look of the desk for people who work here."""
    return render_template(template, is_staff=own_account().role in STAFF_ROLES, **values)
