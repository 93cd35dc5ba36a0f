"""The one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.core.errors import BusyDatabase

RETRYABLE_SQLSTATES = frozenset({"55P03", "40P01", "40001"})


@contextmanager
def transaction(session: Session) -> Iterator[None]:
    """Run the block as one write transaction: commit at its end, roll back on any error.

    What was read before is read again inside the lock. Raises BusyDatabase when the database did not give its
    lock in time, RuntimeError when something unsaved is pending or a transaction is already open.
    """
    if session.new or session.dirty or session.deleted or session.info.get("writing"):
        raise RuntimeError("unsaved changes, or a transaction inside a transaction")
    session.rollback()
    session.info["writing"] = True
    try:
        session.connection(execution_options={"write": True})
        yield
        session.commit()
    except OperationalError as error:
        session.rollback()
        if is_lock_trouble(error):
            raise BusyDatabase from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


@contextmanager
def trial(session: Session) -> Iterator[None]:
    """Run the block as a write transaction of which nothing is kept: to see what a change would bring about."""
    with transaction(session):
        try:
            yield
        finally:
            session.rollback()


def read_without_transaction(session: Session) -> None:
    """Let PostgreSQL answer each question by itself until the next `transaction`, which saves it BEGIN and ROLLBACK.

    At its isolation, READ COMMITTED, a transaction shows every statement another state as well. SQLite's shows one
    and the same, so there it stays.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def end_read(session: Session) -> None:
    """Let go of what was read: the connection goes back, and no open snapshot keeps the database from tidying up.

    For work that takes long. Raises RuntimeError inside a transaction, and when something is unsaved."""
    if session.new or session.dirty or session.deleted or session.info.get("writing"):
        raise RuntimeError("there is something unsaved that would be lost")
    session.rollback()


def is_lock_trouble(error: OperationalError) -> bool:
    """Whether the database gave up waiting for a lock (nothing was changed, so the whole may be tried again)."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate in RETRYABLE_SQLSTATES or "database is locked" in str(error.orig)
