"""Who may call which route, and on whose objects. A route without a row refuses to start.

`who` is enforced before every view by `access.enforce`; `objects` names the rule that the view's loader applies
(a foreign object is a missing one). Tests drive every row as every actor.
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.core.actor import STAFF_ROLES, Role

VISITOR = "visitor"
Who = frozenset[str]

EVERYONE: Who = frozenset({VISITOR, *(r.value for r in Role)})
LOGGED_IN: Who = frozenset(r.value for r in Role)
PATIENTS: Who = frozenset({Role.PATIENT.value})
PUBLIC: Who = frozenset({VISITOR, Role.PATIENT.value})
DESK: Who = frozenset({Role.SCHEDULER.value, Role.ADMINISTRATOR.value})
STAFF: Who = frozenset(r.value for r in STAFF_ROLES)


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint and method. `objects`: "none", or the rule of its loader, in words."""

    endpoint: str
    method: str
    who: Who
    objects: str = "none"


ROWS: tuple[Row, ...] = (
    Row("static", "GET", EVERYONE),
    Row("operation.healthz", "GET", EVERYONE),
    Row("operation.readyz", "GET", EVERYONE),
)

TABLE: dict[tuple[str, str], Row] = {(row.endpoint, row.method): row for row in ROWS}
