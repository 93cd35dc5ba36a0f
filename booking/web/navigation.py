"""The links of the header, by who is logged in. Only routes that exist are named here."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext

from booking.core.actor import Role
from booking.services.sessions import SessionAccount


def home_url(_account: SessionAccount | None) -> str:
    """Where the clinic's name leads."""
    return "/"


def links(account: SessionAccount | None) -> list[dict[str, Any]]:
    """Entries with href, text and current."""
    if account is None:
        return [
            _link(url_for("scheduling.services"), gettext("Book")),
            _link(url_for("visits.visits"), gettext("My visits")),
            _link(url_for("accounts.log_in"), gettext("Log in")),
        ]
    own = [_link(url_for("accounts.account"), gettext("Account"))]
    if account.role is Role.PATIENT:
        return [
            _link(url_for("scheduling.services"), gettext("Book")),
            _link(url_for("visits.visits"), gettext("My visits")),
            *own,
        ]
    return own


def _link(href: str, text: str) -> dict[str, Any]:
    return {"href": href, "text": text, "current": request.path == href}
