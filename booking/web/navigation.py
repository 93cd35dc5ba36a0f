"""The links of the header, by who is logged in. Only routes that exist are named here."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext, ngettext

from booking.core.actor import STAFF_ROLES, Role
from booking.services.sessions import SessionAccount
from booking.web.access_table import ADMINISTRATORS, DESK
from booking.web.tasks.counter import waiting_work


def home_url(account: SessionAccount | None) -> str:
    """Where the clinic's name leads: for the people who work here to their day."""
    return url_for("desk.index") if account is not None and account.role in STAFF_ROLES else "/"


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
    return [*_staff_links(account), *own]


def _staff_links(account: SessionAccount) -> list[dict[str, Any]]:
    """The day for everybody who works here; patients and booking for the desk."""
    day = _link(url_for("desk.index"), gettext("Day"), begins=url_for("desk.index") + "day")
    if account.role.value not in DESK:
        return [*_own_day(account), day, _tasks_link(), _link(url_for("desk.forms"), gettext("Forms"))]
    return [
        day,
        _tasks_link(),
        _link(url_for("desk.patients"), gettext("Patients"), begins=url_for("desk.patients")),
        _link(url_for("desk.book"), gettext("Book"), begins=url_for("desk.book")),
        _link(url_for("desk.follow_ups"), gettext("To book"), begins=url_for("desk.follow_ups")),
        _link(url_for("desk.waiting"), gettext("Waiting list")),
        _link(url_for("desk.calendars"), gettext("Calendars"), begins=url_for("desk.calendars")),
        *_administrators_links(account),
    ]


def _own_day(account: SessionAccount) -> list[dict[str, Any]]:
    """For specialists, whose visits these are."""
    if account.role is not Role.SPECIALIST:
        return []
    page = url_for("specialist.today")
    return [_link(page, gettext("My day"), begins=page)]


def _tasks_link() -> dict[str, Any]:
    """What is to be done, with how much; how much of it is urgent comes first."""
    page, waiting = url_for("tasks.index"), waiting_work()
    urgent = waiting.urgent + waiting.elsewhere
    said = ngettext("%(num)s urgent", "%(num)s urgent", urgent) if urgent else waiting.waiting
    return {**_link(page, gettext("To do"), begins=page), "count": said}


def _administrators_links(account: SessionAccount) -> list[dict[str, Any]]:
    if account.role.value not in ADMINISTRATORS:
        return []
    page = url_for("administration.index")
    return [_link(page, gettext("Administration"), begins=page)]


def _link(href: str, text: str, *, begins: str = "") -> dict[str, Any]:
    """`begins`: the beginning of the addresses of the same part."""
    is_current = request.path == href or bool(begins and request.path.startswith(begins))
    return {"href": href, "text": text, "current": is_current}
