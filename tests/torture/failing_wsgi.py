"""Entry point of the search for canaries: the same web server, in which some addresses fail while they hold what a
person typed, in Python and in the database."""

from __future__ import annotations

from flask import request

from booking.cli import create_app
from booking.extensions import db
from booking.models import Patient

app = create_app()


def fail_with_words() -> str:
    """An exception whose words quote the request."""
    raise ValueError(f"cannot read {request.form.to_dict()!r}")


def fail_in_the_database() -> str:
    """A statement that is refused, with the typed words among its parameters."""
    db.session.add(Patient(given_name=request.form["given_name"], family_name=request.form["reason"], language=None))
    db.session.flush()
    return ""


app.view_functions["scheduling.forget_wishes"] = fail_with_words
app.view_functions["scheduling.keep_mode"] = fail_in_the_database
