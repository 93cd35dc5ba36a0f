"""Who acts: roles, and the actor that every service is given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    PATIENT = "patient"
    SCHEDULER = "scheduler"
    SPECIALIST = "specialist"
    NURSE = "nurse"
    ADMINISTRATOR = "administrator"


STAFF_ROLES = frozenset({Role.SCHEDULER, Role.SPECIALIST, Role.NURSE, Role.ADMINISTRATOR})


class VisitAct(StrEnum):
    """What a patient may do about a visit, besides seeing when and where it is."""

    CONFIRM = "confirm"
    CHANGE = "change"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program behind a change.

    `role` None is a visitor without login (a patient booking as a guest, or someone with a mailed link) unless
    `is_system`. `patient_ids` are the patients the actor may act for now; `location_ids` None means all locations.
    Of `closed_ids` among them the actor sees no answers but their own: a carer to whom they were not opened.
    `owner` names the browser session, which owns holds and idempotency nonces. `visit_ids` are the public ids of single
    appointments that this browser session may see, at least when and where they are: booked in it a moment ago, or
    opened by a mailed link. `booked_ids` are those of them that it booked itself. `link_acts` are public ids with what
    the opened links are for; `proven_ids` the opened ones for which the date of birth was given. `offer_ids` are the
    public ids of offers of the waiting list that a mailed link has opened; `waiting_ids` those of entries that this
    browser session made, `opened_waits` those that a mailed link has opened. `network` and `session_ref` are for the
    audit log alone: where a request came from, and in which login session.
    """

    account_id: int | None = None
    role: Role | None = None
    patient_ids: frozenset[int] = frozenset()
    location_ids: frozenset[int] | None = None
    resource_id: int | None = None
    owner: str = ""
    is_system: bool = False
    visit_ids: frozenset[str] = frozenset()
    booked_ids: frozenset[str] = frozenset()
    link_acts: frozenset[tuple[str, VisitAct]] = frozenset()
    proven_ids: frozenset[str] = frozenset()
    offer_ids: frozenset[str] = frozenset()
    waiting_ids: frozenset[str] = frozenset()
    opened_waits: frozenset[str] = frozenset()
    network: str = ""
    session_ref: str = ""
    closed_ids: frozenset[int] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Works at the clinic."""
        return self.role in STAFF_ROLES

    @property
    def kind(self) -> str:
        """Word for the audit event."""
        if self.is_system:
            return "system"
        return self.role.value if self.role else "visitor"

    def may_act(self, act: VisitAct, *, public_id: str, patient_id: int) -> bool:
        """Whether that may be done to a visit that the actor sees: a mailed link does only what it is for."""
        return self.is_staff or self._is_of(public_id, patient_id) or (public_id, act) in self.link_acts

    def knows(self, *, public_id: str, patient_id: int) -> bool:
        """Whether a visit that the actor sees is shown with its service and its people: a mailed link alone does not
        do, for others may read the mail."""
        return self.is_staff or self._is_of(public_id, patient_id) or public_id in self.proven_ids

    def _is_of(self, public_id: str, patient_id: int) -> bool:
        return patient_id in self.patient_ids or public_id in self.booked_ids

    def works_at(self, location_id: int) -> bool:
        """Staff whose work covers that location."""
        return self.is_staff and (self.location_ids is None or location_id in self.location_ids)


SYSTEM = Actor(is_system=True)
