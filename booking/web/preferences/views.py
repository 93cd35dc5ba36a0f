"""The colours of the pages, kept in a cookie of this device: no login is needed to read in comfort."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from flask import Blueprint, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from booking.web.context import THEMES, theme_cookie
from booking.web.next_page import checked_next

bp = Blueprint("preferences", __name__)

KEPT = timedelta(days=365)


@bp.post("/theme")
def theme() -> ResponseReturnValue:
    """Keep the chosen colours and go back; anything unknown means "as my device"."""
    chosen = request.form.get("theme", "")
    response = redirect(_page_or_start(checked_next(request.form.get("next"))), 303)
    response.set_cookie(
        theme_cookie(),
        chosen if chosen in THEMES else THEMES[0],
        max_age=KEPT,
        secure=current_app.config["SETTINGS"].is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page_or_start(address: str | None) -> str:
    """The page they were on, if it can be opened by its address; the answer to a POST often cannot."""
    if address is None:
        return "/"
    try:
        current_app.url_map.bind(request.host).match(unquote(urlsplit(address).path), method="GET")
    except HTTPException:
        return "/"
    return address
