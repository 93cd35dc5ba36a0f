"""A line in the log for each request, and an id that ties its lines together and goes back in a header.

Endpoints stand for addresses: a path can hold an id, and a query string can hold anything.
"""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request

from booking.adapters import logs

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
NOT_LOGGED = frozenset({"static", "operation.healthz", "operation.readyz"})
"""Asked for all the time, and telling nothing."""

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def init_app(app: Flask) -> None:
    """Bind both ends of a request; to be called first, so that refusals of other parts are seen."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    """The id is our own: one that a browser sends could hold anything."""
    g.request_id = secrets.token_hex(8)
    g.began = time.monotonic()
    logs.remember(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers[HEADER] = g.request_id
    if request.endpoint not in NOT_LOGGED:
        facts = {
            "endpoint": request.endpoint or "none",
            "method": request.method if request.method in METHODS else "other",
            "status": response.status_code,
            "milliseconds": round((time.monotonic() - g.began) * 1000, 1),
        }
        log.info("request", extra=facts)
    return response
