"""Entry point of a negative control: the same web server, which stores the reason of a visit as it was typed and writes
the name of whoever books to its log."""

from __future__ import annotations

import logging

import pytest

from booking.cli import create_app
from booking.services import ordering

log = logging.getLogger("leak")
patch = pytest.MonkeyPatch()
seal_text = ordering.seal_text


def seal_all_but_reasons(session: object, table: str, column: str, row_key: str, text: str | None) -> str | None:
    """Sealed, but for one column."""
    return text if column == "reason" else seal_text(session, table, column, row_key, text)  # type: ignore[arg-type]


def tell_who_books() -> None:
    """One value in the log."""
    from flask import request

    if "given_name" in request.form:
        log.warning("booked by %s", request.form["given_name"])


patch.setattr(ordering, "seal_text", seal_all_but_reasons)
app = create_app()
app.before_request(tell_who_books)
