"""How much waits for the reader: asked once for each page of the staff."""

from __future__ import annotations

from typing import cast

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from booking.extensions import db
from booking.queries.tasks import Counts, counts
from booking.web import access


def waiting_work() -> Counts:
    """What the counter says. Nothing while the database cannot be read: a page about that must still come out."""
    if "waiting_work" not in g:
        try:
            g.waiting_work = counts(db.session(), actor=access.actor())
        except SQLAlchemyError:
            return Counts()
    return cast(Counts, g.waiting_work)


def remember(found: Counts) -> None:
    """Of a page that has read it with something else."""
    g.waiting_work = found
