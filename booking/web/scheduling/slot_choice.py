"""A time that somebody may take, as the value of a button: what was shown is what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from booking.core.scheduling.clinic import Audience, Catalogue, Location, Resource, Service
from booking.core.scheduling.slots import Slot

SEPARATOR = "~"
ANY = "any"
FORMAT = "%Y%m%dT%H%MZ"
YEARS = range(2000, 2200)
FOR_PATIENTS = frozenset({Audience.ANYONE, Audience.VERIFIED})


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """One start of a service at a location. `specialist` is who was shown; with `is_any` somebody else will do too."""

    service: Service
    location: Location
    specialist: Resource | None
    is_any: bool
    starts_at: datetime

    @property
    def wanted_specialist_id(self) -> int | None:
        """The specialist to insist on, or None."""
        return None if self.is_any or self.specialist is None else self.specialist.id

    @property
    def value(self) -> str:
        """The text that `choice_or_none` reads."""
        parts = (
            self.service.code,
            self.location.code,
            ANY if self.is_any else "",
            self.specialist.code if self.specialist else "",
            self.starts_at.strftime(FORMAT),
        )
        return SEPARATOR.join(parts)


def choice_of(slot: Slot, catalogue: Catalogue, *, is_any: bool) -> SlotChoice:
    """The choice that a button for `slot` stands for."""
    return SlotChoice(
        catalogue.services[slot.service_id],
        catalogue.locations[slot.location_id],
        None if slot.specialist_id is None else catalogue.resources[slot.specialist_id],
        is_any,
        slot.starts_at,
    )


def choice_or_none(text: str, catalogue: Catalogue, *, is_staff: bool = False) -> SlotChoice | None:
    """Read the value of a button; None for anything that no button of ours says. Whether it is free is asked later.

    The desk (`is_staff`) may also choose services that patients do not book themselves."""
    parts = text.split(SEPARATOR)
    if len(parts) != 5:
        return None
    service_code, location_code, any_mark, specialist_code, start = parts
    known = offered_service_or_none if is_staff else bookable_service_or_none
    service = known(service_code, catalogue)
    location = catalogue.location_by_code.get(location_code)
    starts_at = _instant_or_none(start)
    if service is None or location is None or starts_at is None:
        return None
    specialist = {who.code: who for who in catalogue.specialists_for(service)}.get(specialist_code)
    if specialist_code and specialist is None:
        return None
    return SlotChoice(service, location, specialist, any_mark == ANY, starts_at)


def offered_service_or_none(code: str, catalogue: Catalogue) -> Service | None:
    """The service of that code, unless it is retired."""
    service = catalogue.service_by_code.get(code)
    return service if service is not None and service.is_active else None


def bookable_service_or_none(code: str, catalogue: Catalogue) -> Service | None:
    """The service of that code, when patients book it or are told how; a hidden one is as unknown as any other word.

    Whether this patient may book it here is for the rules."""
    service = offered_service_or_none(code, catalogue)
    return service if service is not None and service.policy.audience in FOR_PATIENTS else None


def bookable_services(catalogue: Catalogue) -> list[Service]:
    """What patients book or are told how to book, in the clinic's order."""
    found = [s for s in catalogue.services.values() if bookable_service_or_none(s.code, catalogue)]
    return sorted(found, key=lambda service: (service.position, service.id))


def _instant_or_none(text: str) -> datetime | None:
    try:
        instant = datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return instant if instant.year in YEARS else None
