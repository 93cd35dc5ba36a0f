"""Past visits, so many that a cost which grows with history shows: an appointment and a reservation for each.

They end before today, hour by hour on each resource, and are made inside the database, the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Appointment

LENGTH = 30
BASE = "2026-11-22 00:00:00.000000"
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})",
    "postgresql": "WITH n(i) AS (SELECT generate_series(0, {last}))",
}
EARLIER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '{base}', '-' || ({minutes}) || ' minutes')",
    "postgresql": "(timestamptz '{base}+00' - ({minutes}) * interval '1 minute')",
}


def add_past(session: Session, count: int, resource_ids: Iterable[int]) -> None:
    """Add `count` visits in the open transaction, spread evenly over these resources; each is a copy of the one
    appointment that there is."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # A million rows under the guard take minutes; what people ask for may take seconds.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(_appointments(connection.dialect.name, count, sorted(resource_ids)))
    connection.exec_driver_sql(
        "INSERT INTO reservation (resource_id, lane, starts_at, ends_at, appointment_id)"
        " SELECT specialist_id, 0, starts_at, ends_at, id FROM appointment WHERE substr(reference, 1, 1) = 'P'"
        " ORDER BY id"
    )


def _appointments(dialect: str, count: int, resource_ids: list[int]) -> str:
    """A copy of the appointment for each number, with a time, a resource and a name of its own."""
    each = len(resource_ids)
    minutes = f"60 * ({count // each + 1} - i / {each})"
    own = {
        "public_id": "'past' || i",
        "reference": "'P' || i",
        "specialist_id": "r.resource_id",
        "starts_at": EARLIER[dialect].format(base=BASE, minutes=minutes),
        "ends_at": EARLIER[dialect].format(base=BASE, minutes=f"{minutes} - {LENGTH}"),
    }
    names = [column.name for column in sa.inspect(Appointment).columns if column.name != "id"]
    values = ", ".join(own.get(name, f"m.{name}") for name in names)
    members = ", ".join(f"({place}, {resource_id})" for place, resource_id in enumerate(resource_ids))
    return (
        f"{NUMBERS[dialect].format(last=count - 1)}, r(place, resource_id) AS (VALUES {members})"
        f" INSERT INTO appointment ({', '.join(names)}) SELECT {values}"
        f" FROM n JOIN r ON r.place = i - {each} * (i / {each})"
        " CROSS JOIN (SELECT * FROM appointment ORDER BY id LIMIT 1) m ORDER BY i"
    )
