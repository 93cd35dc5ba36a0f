"""The page on which a time is chosen, against a bare page of the same size under the same gunicorn in the same run.

Ours: one week of times of ten specialists, any of them, for a logged-in patient. Unit: requests a second over eight
kept-alive connections. Goal of performance.md: at least 0.35 of the bare page's rate.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks import data, serving
from benchmarks.measure import Goal, Row, in_turn, row
from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account
from booking.services.sessions import begin_session

PATH = "/book/visit/times"
CLINIC = data.Size(specialists=10)
GOAL = Goal(0.35, at_least=True)


def rows(label: str, url: str, folder: Path) -> list[Row]:
    """The row on one empty database."""
    environ = data.environment_for(url, folder)
    with data.measured_clinic(environ, CLINIC, first_on=utc_now().date()) as session:
        headers = {"Cookie": f"respite_session={_logged_in(session)}"}
    with serving.served("wsgi:app", environ) as port:
        size = len(serving.fetch(port, PATH, headers))
        with serving.served("benchmarks.bare:app", {"BARE_BYTES": str(size)}) as bare_port:
            figures = in_turn(_load(port, PATH, headers), _load(bare_port, "/", {}))
    name = f"page of times, one week, any specialist, {size // 1024} KB, {label}"
    return [row(name, "req/s", "bare Flask page of the same size", figures, GOAL)]


def _load(port: int, path: str, headers: dict[str, str]) -> Callable[[], float]:
    return lambda: serving.requests_per_second(port, path, headers)


def _logged_in(session: Session) -> str:
    """The cookie of a patient who is logged in."""
    now = utc_now()
    account = Account(
        email="ana@example.org", email_key="ana@example.org", email_verified_at=now, password_hash="!",
        role=Role.PATIENT, name="Ana Alvarez", created_at=now,
    )  # fmt: skip
    session.add(account)
    session.commit()
    return begin_session(session, account_id=account.id, data={}, now=now)
