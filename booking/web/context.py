"""Variables that every page may use: the clinic, the links of the header, the theme."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, current_app, g, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from booking.core.actor import STAFF_ROLES, Role
from booking.core.scheduling.clinic import Catalogue
from booking.extensions import db
from booking.queries.catalogue import NoClinic, catalogue
from booking.web import access, navigation
from booking.web.tasks.counter import waiting_work

THEMES = ("auto", "light", "dark")


def clinic_now() -> Catalogue:
    """The clinic as this request sees it: asked for once."""
    if "catalogue" not in g:
        g.catalogue = catalogue(db.session())
    return cast(Catalogue, g.catalogue)


def page_variables() -> dict[str, Any]:
    """Clinic, navigation and theme; nothing of the clinic while the database cannot be read."""
    try:
        clinic = clinic_now().clinic
        account = access.account_or_none()
    except (NoClinic, SQLAlchemyError):
        return {"clinic": None, "nav_links": [], **_of_every_page()}
    is_staff = account is not None and account.role in STAFF_ROLES
    return {
        "clinic": clinic,
        "nav_links": navigation.links(account),
        "home_url": navigation.home_url(account),
        "staff_name": account.name if account and is_staff else None,
        "waiting_work": waiting_work() if is_staff else None,
        "is_administrator": account is not None and account.role is Role.ADMINISTRATOR,
        **_of_every_page(),
        "logout_url": url_for("accounts.log_out") if account else None,
        "licences_url": url_for("public.licences"),
    }


def _of_every_page() -> dict[str, Any]:
    return {"theme": _theme(), "theme_url": url_for("preferences.theme"), "is_demo": access.is_demo()}


def theme_cookie() -> str:
    """The name of the cookie with the colours. Over TLS browsers take it from this very host alone."""
    return "__Host-theme" if current_app.config["SETTINGS"].is_https else "theme"


def _theme() -> str:
    theme = request.cookies.get(theme_cookie(), "auto")
    return theme if theme in THEMES else "auto"


def init_app(app: Flask) -> None:
    """Give the variables to every template."""
    app.context_processor(page_variables)
