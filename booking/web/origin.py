"""Refuses posts that another site caused. The form token decides too; this stops the rest before any work is done."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


def refuse_foreign_posts() -> None:
    """Look at Sec-Fetch-Site; where a browser does not send it, at Origin; where both are missing, the token decides.

    "null" is the origin of our own pages that were opened from a mailed link: they send no referrer."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in OWN_SITES:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin not in {None, "null"} and _host_of(origin or "") != request.host:
        abort(403)


def _host_of(origin: str) -> str:
    """Host and port; "" for what is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def init_app(app: Flask) -> None:
    """Check every request."""
    app.before_request(refuse_foreign_posts)
