"""Why there are times on a day, or none: which rule removed what, for each local date, location and specialist.

Gives codes and plain values; `booking/adapters/explanations.py` makes sentences of them. The number of slots comes
from `find_slots` itself and the steps from the functions that it asks: an explanation cannot disagree with the offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from booking.core.scheduling import rules, wishes
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.core.scheduling.explain_question import Question, Step, Taken
from booking.core.scheduling.explain_steps import Walk
from booking.core.scheduling.explain_without import WithoutRule, by_day
from booking.core.scheduling.intervals import Span, intersect
from booking.core.scheduling.local_time import date_spans
from booking.core.scheduling.resources import BusyByLane
from booking.core.scheduling.slots import SlotQuery, find_slots, locations_asked, offered_service, specialists_asked


@dataclass(frozen=True, slots=True)
class Removal:
    """What one rule removed from a day: `spans` are UTC minutes in which no visit may start because of it.

    `details` are spans that say more: the specialist's time by what it is taken for, when a pool is full or closed.
    `slots_without` is how many slots the day would have without this rule alone; None where the day has slots, and
    for what cannot be thought away, such as hours that are not there.
    """

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    details: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    slots_without: int | None = None


@dataclass(frozen=True, slots=True)
class DayExplanation:
    """One local date of one specialist at one location. Without a service or location to ask, `location_id` is None.

    `open_spans` are the minutes of the date in which the specialist is open (without one: somebody for every role).
    """

    on: date
    location_id: int | None
    specialist_id: int | None
    open_spans: tuple[Span, ...]
    removals: tuple[Removal, ...]
    slots: int


def query_to_read(query: SlotQuery) -> SlotQuery:
    """The query whose `busy_window` an explanation needs: all dates and places, also those that rules leave out."""
    return replace(query, apply_policies=False, patient=None, wishes=wishes.ANY)


def explain(
    catalogue: Catalogue, query: SlotQuery, busy: BusyByLane, taken: Sequence[Taken] = ()
) -> tuple[DayExplanation, ...]:
    """Every day of the query, by date, location and specialist, with what was removed and how many slots are left.

    `busy` holds the `busy_window` of `query_to_read`. `taken` are the same reservations with what they are for; ()
    when nobody knows.
    """
    service = offered_service(catalogue, query.service_id)
    if service is None:
        return tuple(_nowhere(query, "service_not_offered"))
    question = Question(catalogue, query, service, busy, taken)
    days = _all_days(question, is_brief=True) or _all_days(question, is_brief=False)
    if not days:
        return tuple(_nowhere(query, "not_given_here"))
    return tuple(sorted(days, key=lambda day: (day.on, day.location_id or 0, day.specialist_id or 0)))


def _all_days(question: Question, *, is_brief: bool) -> list[DayExplanation]:
    """Brief: those who never work at a location are passed over there, unless both were asked for."""
    query = question.query
    is_brief = is_brief and (query.location_ids is None or query.specialist_ids is None)
    return [day for place in _places(question) for day in _days_at(question, place, is_brief=is_brief)]


def _dates(query: SlotQuery) -> Iterator[date]:
    for number in range((query.last_on - query.first_on).days + 1):
        yield query.first_on + timedelta(days=number)


def _nowhere(query: SlotQuery, code: str) -> Iterator[DayExplanation]:
    for on in _dates(query):
        yield DayExplanation(on, None, None, (), (Removal(code),), 0)


def _places(question: Question) -> list[Location]:
    """The locations that were asked for by name, or all that give the service."""
    asked = question.query.location_ids
    if asked is None:
        return locations_asked(question.catalogue, question.service, None)
    return [place for id_, place in sorted(question.catalogue.locations.items()) if id_ in asked]


def _days_at(question: Question, location: Location, *, is_brief: bool) -> Iterator[DayExplanation]:
    here = frozenset({location.id})
    if not locations_asked(question.catalogue, question.service, here):
        yield from _all_refused(question, location, None, "not_given_here")
        return
    asked = question.query.specialist_ids
    able = specialists_asked(question.catalogue, question.service, asked)
    for id_ in sorted((asked or frozenset()) - {s.id for s in able if s is not None}):
        yield from _all_refused(question, location, id_, "specialist_not_for_service")
    if not able and not asked:
        yield from _all_refused(question, location, None, "no_specialist")
    at_place = _AtPlace(question, location)
    for specialist in able:
        if specialist is None or not is_brief or location.id in specialist.location_ids:
            yield from at_place.days_of(specialist)


def _all_refused(
    question: Question, location: Location, specialist_id: int | None, code: str
) -> Iterator[DayExplanation]:
    for on in _dates(question.query):
        yield DayExplanation(on, location.id, specialist_id, (), (Removal(code),), 0)


class _AtPlace:
    """The question at one location; what is the same for all specialists is asked once."""

    def __init__(self, question: Question, location: Location) -> None:
        self._question = replace(question, query=replace(question.query, location_ids=frozenset({location.id})))
        self._location = location
        found = find_slots(question.catalogue, self._question.query, question.busy)
        self._offered = by_day(found, location)
        self._without = WithoutRule(self._question, location)

    def days_of(self, specialist: Resource | None) -> Iterator[DayExplanation]:
        question, location = self._question.narrowed(self._location, specialist), self._location
        specialist_id = None if specialist is None else specialist.id
        walk, refusals = Walk(question, location, specialist), _refusals(question, location, specialist)
        for on in _dates(question.query):
            day, slots = _Day(on, location, walk), self._offered[on, specialist_id]
            removals = [*refusals, *day.removals(question.service, is_empty=slots == 0 and not refusals)]
            if slots == 0:
                removals = [self._with_count(removal, on, specialist) for removal in removals]
            yield DayExplanation(on, location.id, specialist_id, day.cut(walk.opened), tuple(removals), slots)

    def _with_count(self, removal: Removal, on: date, specialist: Resource | None) -> Removal:
        return replace(removal, slots_without=self._without.slots(removal.code, removal.params, on, specialist))


def _refusals(question: Question, location: Location, specialist: Resource | None) -> list[Removal]:
    """What is said to every start alike: who may book, and wishes that place or specialist do not meet."""
    service, query = question.service, question.query
    audience = rules.audience_refusal(service, apply_policies=query.apply_policies, is_verified=query.is_verified)
    contact = rules.contact_refusal(service, apply_policies=query.apply_policies)
    found = [Removal(refusal.code, refusal.params) for refusal in (audience, contact) if refusal is not None]
    if not wishes.suits_place(query.wishes, service, location):
        found.append(Removal("not_step_free"))
    if not wishes.suits_specialist(query.wishes, specialist):
        found.append(Removal("other_language", {"language": query.wishes.language}))
    return found


class _Day:
    """One local date of a walk."""

    def __init__(self, on: date, location: Location, walk: Walk) -> None:
        self._on, self._walk = on, walk
        self._minutes = date_spans(on, on, location.tz)

    def cut(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        """The minutes of `spans` that fall on this date."""
        return tuple(intersect(self._minutes, spans))

    def removals(self, service: Service, *, is_empty: bool) -> Iterator[Removal]:
        """What took something from this date; `is_empty`: no slot came of it, though nothing refuses all of them."""
        found = [removal for step in self._walk.steps if (removal := self._of(step)) is not None]
        if not self.cut(self._walk.fits) and not found:
            yield Removal(*self._walk.why_unfit(self._on), tuple(self._minutes))
        yield from found
        left = self.cut(self._walk.left)
        if left and is_empty:
            yield Removal("off_grid", {"grid_minutes": service.grid_minutes}, left)

    def _of(self, step: Step) -> Removal | None:
        spans = self.cut(step.removed)
        details = {name: cut for name, spans in step.details.items() if (cut := self.cut(spans))}
        if not spans or (step.is_last_straw and not details and self.cut(step.left)):
            return None
        return Removal(step.code, step.params, spans, details)
