"""May this database be used? Asked by every program before it serves, answered in one line for each problem."""

from __future__ import annotations

import sys

from sqlalchemy.exc import SQLAlchemyError

from booking.core.errors import BusyDatabase
from booking.extensions import db
from booking.services.readiness import NotReady, check_start

NOT_READY = 3
"""Exit status of a program that did not start because its database is not ready."""


def ready_or_exit() -> None:
    """Return when schema, guards and field keys are right; otherwise say what is wrong and end the process.

    Needs an application context. Leaves no connection open, so that a process may fork afterwards."""
    problems = _problems()
    db.session.remove()
    db.engine.dispose()
    for problem in problems:
        sys.stderr.write(f"respite: {problem}\n")
    if problems:
        raise SystemExit(NOT_READY)


def _problems() -> tuple[str, ...]:
    try:
        check_start(db.session())
    except NotReady as error:
        return error.problems
    except BusyDatabase:
        return ("the database is locked by another program",)
    except SQLAlchemyError as error:
        # The type alone: the driver's own words may hold the address of the database with its password.
        return (f"the database cannot be used ({type(error).__name__})",)
    return ()
