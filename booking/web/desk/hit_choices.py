"""The choices about visits that a change hits: as radio buttons of its page, and as decisions for the service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext

from booking.adapters import dates
from booking.core.scheduling.clinic import Catalogue, Location, Service
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.slots import Slot
from booking.services.calendar_changes import Decision, DecisionKind
from booking.services.hits import Hit
from booking.web.desk.calendar_words import CAUSE
from booking.web.desk.loading import locale
from booking.web.desk.words import CLINIC_REASONS
from booking.web.scheduling.slot_choice import choice_of, choice_or_none

VISIT, SEEN, FIRST = "visit-", "seen-", "first-"
ALL, REASON = "all", "reason"
FIRST_PROPOSED = "first"
LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Option:
    """One radio button."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class HitRow:
    """A visit on the page, with its radio buttons. `first` is what "the first time proposed" means for it."""

    hit: Hit
    service: Service
    location: Location
    who: str
    cause: str
    options: list[Option]
    chosen: str
    first: str
    is_new: bool
    is_undecided: bool

    @property
    def name(self) -> str:
        """Of its field."""
        return f"{VISIT}{self.hit.visit.public_id}"


@dataclass(frozen=True, slots=True)
class SentChoices:
    """What the page sent: visit → what was chosen ("" is nothing yet), and the version that was looked at."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)
    for_all: str = ""
    reason: str = ""

    @property
    def undecided(self) -> list[str]:
        """Visits that were shown and for which nothing was chosen, not even for all."""
        return [public_id for public_id in self.seen if not self.choice_for(public_id)]

    def choice_for(self, public_id: str) -> str:
        """What becomes of that visit: its own choice, else the one for all."""
        own = self.chosen.get(public_id, "")
        if own or self.for_all != FIRST_PROPOSED:
            return own or self.for_all
        return self.first.get(public_id, "") or DecisionKind.CALL.value


def read_choices(form: Mapping[str, str], default_reason: str) -> SentChoices:
    """The choices of a form that was sent; what no page of ours says counts as nothing chosen."""
    seen = {
        name.removeprefix(SEEN): int(value)
        for name, value in form.items()
        if name.startswith(SEEN) and value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER
    }
    reason = form.get(REASON, "")
    return SentChoices(
        chosen={one: form.get(f"{VISIT}{one}", "") for one in seen},
        seen=seen,
        first={one: form.get(f"{FIRST}{one}", "") for one in seen},
        for_all=form.get(ALL, "") if form.get(ALL) in dict(ways_for_all()) else "",
        reason=reason if reason in CLINIC_REASONS else default_reason,
    )


def ways_for_all() -> list[tuple[str, str]]:
    """What can be chosen for all visits without a choice of their own."""
    return [
        ("", gettext("Choose for each visit")),
        (FIRST_PROPOSED, gettext("Take the first time proposed; where there is none, call the patient")),
        (DecisionKind.CALL.value, gettext("Keep the visits and call the patients")),
        (DecisionKind.KEEP.value, gettext("Keep the visits as they are")),
        (DecisionKind.CANCEL.value, gettext("Cancel the visits")),
    ]


def decisions_of(sent: SentChoices, clinic: Catalogue) -> dict[str, Decision]:
    """The decisions about all visits that were shown; a text that means nothing keeps the visit and asks for a call."""
    return {one: _decision(sent.choice_for(one), clinic) for one in sent.seen}


def _decision(text: str, clinic: Catalogue) -> Decision:
    if text in set(DecisionKind) - {DecisionKind.MOVE.value}:
        return Decision(DecisionKind(text))
    choice = choice_or_none(text, clinic, is_staff=True)
    if choice is None:
        return Decision(DecisionKind.CALL)
    starts = to_minutes(choice.starts_at)
    slot = Slot(
        starts, starts + choice.service.minutes, choice.service.id, choice.location.id, choice.wanted_specialist_id
    )
    return Decision(DecisionKind.MOVE, slot)


def rows_of(hits: Iterable[Hit], clinic: Catalogue, sent: SentChoices, *, is_checked: bool) -> list[HitRow]:
    """The visits as the page shows them. `is_checked`: the form was sent to be saved, so what is missing is marked."""
    return [_row(hit, clinic, sent, is_checked=is_checked) for hit in hits]


def _row(hit: Hit, clinic: Catalogue, sent: SentChoices, *, is_checked: bool) -> HitRow:
    visit = hit.visit
    options = _options(hit, clinic)
    values = [option.value for option in options]
    chosen = sent.chosen.get(visit.public_id, "")
    is_seen = sent.seen.get(visit.public_id) == visit.version
    return HitRow(
        hit=hit,
        service=clinic.services[visit.service_id],
        location=clinic.locations[visit.location_id],
        who=clinic.resources[visit.specialist_id].name if visit.specialist_id else "",
        cause=str(CAUSE[hit.cause]),
        options=options,
        chosen=chosen if chosen in values else "",
        first=values[0] if hit.same_time or hit.proposals else "",
        is_new=is_checked and not is_seen,
        is_undecided=is_checked and is_seen and not sent.choice_for(visit.public_id),
    )


def _options(hit: Hit, clinic: Catalogue) -> list[Option]:
    found = []
    if hit.same_time:
        found.append(Option(DecisionKind.SAME_TIME.value, gettext("Same time, another room, nurse or chair")))
    found += [_move(hit, slot, clinic) for slot in hit.proposals]
    found.append(Option(DecisionKind.CALL.value, gettext("Keep it and call the patient")))
    found.append(Option(DecisionKind.KEEP.value, gettext("Keep it as it is")))
    if hit.may_cancel:
        found.append(Option(DecisionKind.CANCEL.value, gettext("Cancel it")))
    return found


def _move(hit: Hit, slot: Slot, clinic: Catalogue) -> Option:
    tz = clinic.locations[slot.location_id].tz
    day, time = dates.short_day(slot.starts_at, tz, locale()), dates.time_only(slot.starts_at, tz, locale())
    value = choice_of(slot, clinic, is_any=False).value
    if slot.specialist_id is None or slot.specialist_id == hit.visit.specialist_id:
        return Option(value, gettext("Move to %(day)s at %(time)s", day=day, time=time))
    who = clinic.resources[slot.specialist_id].name
    return Option(value, gettext("Move to %(day)s at %(time)s with %(who)s", day=day, time=time, who=who))
