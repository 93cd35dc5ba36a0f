"""A time to which a visit may be moved, as the value of a button.

Whoever came by a mailed link alone learns neither the service nor the specialist, so that their buttons do not carry
them either: the visit knows both.
"""

from __future__ import annotations

from dataclasses import replace

from booking.core.scheduling.clinic import Catalogue
from booking.web.scheduling.search import Wish
from booking.web.scheduling.slot_choice import ANY, SEPARATOR, SlotChoice, choice_or_none
from booking.web.scheduling.times_page import FULL, Naming
from booking.web.visits.loading import ShownVisit


def _short_value(choice: SlotChoice) -> str:
    """Place, whether anybody will do, and start."""
    parts = choice.value.split(SEPARATOR)
    return SEPARATOR.join((parts[1], parts[2], parts[4]))


BRIEF = Naming(value_of=_short_value, names_specialists=False)


def naming_for(found: ShownVisit) -> Naming:
    """How the reader's buttons are written."""
    return BRIEF if found.is_brief else FULL


def move_choice_or_none(text: str, found: ShownVisit, catalogue: Catalogue) -> SlotChoice | None:
    """Read the value of a button for this visit; None for anything that no button of its pages says."""
    parts = text.split(SEPARATOR)
    if len(parts) == 3:
        place, any_mark, start = parts
        own = found.specialist.code if found.specialist and any_mark != ANY else ""
        text = SEPARATOR.join((found.service.code, place, any_mark, own, start))
    choice = choice_or_none(text, catalogue)
    return choice if choice is not None and choice.service.id == found.service.id else None


def wish_for(found: ShownVisit, read: Wish, who: str, catalogue: Catalogue) -> Wish:
    """The wishes of the address; without one about people, the specialist of the visit."""
    specialists = catalogue.specialists_for(found.service)
    own = found.specialist if found.specialist in specialists else None
    if who == ANY:
        return replace(read, specialist=None, who=ANY)
    if read.specialist is None or found.is_brief or read.specialist == own:
        return replace(read, specialist=own, who="")
    return read


def is_other_time(found: ShownVisit, choice: SlotChoice) -> bool:
    """Whether that is a change at all."""
    who = choice.wanted_specialist_id
    same_person = who in {None, found.visit.specialist_id}
    return not (same_person and (choice.starts_at, choice.location.id) == (found.visit.starts_at, found.location.id))
