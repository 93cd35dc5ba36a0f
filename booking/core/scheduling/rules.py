"""The rules of booking and cancelling: small functions that give a refusal or nothing.

A rule loads nothing, says nothing to people and asks one question. The bounds it compares with come from functions
that the search uses as well, so that what is offered and what is accepted cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from booking.core.scheduling import patient
from booking.core.scheduling.clinic import Audience, Location, Policy, Service
from booking.core.scheduling.intervals import from_minutes, to_minutes_up
from booking.core.scheduling.lifecycle import AppointmentStatus, may_move
from booking.core.scheduling.local_time import grid_runs, grid_starts, local_date_of
from booking.core.scheduling.patient import PatientCalendar


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to say no. `code` is stable; `params` are plain values for the sentence that explains it."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A wish for a visit that starts at the UTC minute `starts`; `specialist_id` None leaves the choice to us.

    `apply_policies` is False for staff, whom the rules for patients do not bind. `is_verified`: the patient has an
    account with a verified address. `patient` None: nobody in particular.
    """

    starts: int
    specialist_id: int | None
    apply_policies: bool
    is_verified: bool = False
    patient: PatientCalendar | None = None


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What the clinic says of the service at the location; `specialist_ids` are those who may give it, maybe none."""

    service: Service
    location: Location
    is_given_here: bool
    specialist_ids: frozenset[int]


StartRule = Callable[[StartRequest, StartFacts, datetime], Refusal | None]


def earliest_start(policy: Policy, now: datetime, *, apply_policies: bool) -> int:
    """The first UTC minute at which a visit may start: now + notice for patients, now for staff; both inclusive."""
    return to_minutes_up(now + policy.book_notice if apply_policies else now)


def last_start_on(policy: Policy, location: Location, now: datetime, *, apply_policies: bool) -> date | None:
    """The last local date on which a visit may start: `horizon_days` after today; None when nothing limits it."""
    if not apply_policies:
        return None
    return now.astimezone(location.tz).date() + timedelta(days=policy.horizon_days)


_REFUSED_AUDIENCES = {
    Audience.VERIFIED: "verified_only",
    Audience.STAFF: "staff_only",
    Audience.COURSE: "course_only",
}


def audience_refusal(service: Service, *, apply_policies: bool, is_verified: bool = False) -> Refusal | None:
    """Whether this patient may book the service without staff."""
    audience = service.policy.audience
    if not apply_policies or audience is Audience.ANYONE or (audience is Audience.VERIFIED and is_verified):
        return None
    return Refusal(_REFUSED_AUDIENCES[audience])


def contact_refusal(service: Service, *, apply_policies: bool) -> Refusal | None:
    """Whether patients get times of the service, or are asked to contact the clinic."""
    return Refusal("contact_only") if apply_policies and service.policy.contact_to_book else None


def is_closed_to(service: Service, *, apply_policies: bool, is_verified: bool) -> bool:
    """Whether no time at all of the service is offered to this person."""
    audience = audience_refusal(service, apply_policies=apply_policies, is_verified=is_verified)
    return audience is not None or contact_refusal(service, apply_policies=apply_policies) is not None


def not_in_past(request: StartRequest, _facts: StartFacts, now: datetime) -> Refusal | None:
    return Refusal("in_past") if from_minutes(request.starts) < now else None


def minimum_notice(request: StartRequest, facts: StartFacts, now: datetime) -> Refusal | None:
    # A start in the past has its own refusal; "too soon" beside it would only puzzle.
    earliest = earliest_start(facts.service.policy, now, apply_policies=request.apply_policies)
    if request.starts >= earliest or from_minutes(request.starts) < now:
        return None
    return Refusal("too_soon", {"earliest_at": from_minutes(earliest)})


def within_horizon(request: StartRequest, facts: StartFacts, now: datetime) -> Refusal | None:
    last_on = last_start_on(facts.service.policy, facts.location, now, apply_policies=request.apply_policies)
    if last_on is None or local_date_of(request.starts, facts.location.tz) <= last_on:
        return None
    return Refusal("beyond_horizon", {"last_on": last_on})


def right_audience(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    return audience_refusal(facts.service, apply_policies=request.apply_policies, is_verified=request.is_verified)


def booked_online(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    return contact_refusal(facts.service, apply_policies=request.apply_policies)


def given_here(_request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    return None if facts.is_given_here else Refusal("not_given_here")


def specialist_gives_it(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    if request.specialist_id is None or request.specialist_id in facts.specialist_ids:
        return None
    return Refusal("specialist_not_for_service")


def on_grid(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    on = local_date_of(request.starts, facts.location.tz)
    grid = facts.service.grid_minutes
    runs = grid_runs(on, on, facts.location.tz, grid)
    is_on_grid = bool(grid_starts([(request.starts, request.starts + 1)], runs, grid))
    return None if is_on_grid else Refusal("off_grid", {"grid_minutes": grid})


def patient_is_free(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    """No patient is in two places, whoever books: no reason overrides this."""
    wanted = [(request.starts, request.starts + 1)]
    is_free = request.patient is None or patient.free_starts(request.patient, facts.service.minutes, wanted)
    return None if is_free else Refusal("patient_busy")


def gap_kept(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    if not _is_closed_by(patient.dates_too_near, request, facts):
        return None
    return Refusal("gap_too_short", {"min_gap_days": facts.service.policy.min_gap_days})


def within_visit_limit(request: StartRequest, facts: StartFacts, _now: datetime) -> Refusal | None:
    limit = facts.service.policy.visit_limit
    if limit is None or not _is_closed_by(patient.dates_over_limit, request, facts):
        return None
    return Refusal("visit_limit", {"count": limit.count, "days": limit.days})


def _is_closed_by(
    bound: Callable[[Policy, PatientCalendar], list[patient.DaySpan]], request: StartRequest, facts: StartFacts
) -> bool:
    """Whether a limit of the patient's own dates closes the local date of the start to them."""
    if request.patient is None or not request.apply_policies:
        return False
    on = local_date_of(request.starts, facts.location.tz)
    return patient.closes(bound(facts.service.policy, request.patient), on)


RULES_FOR_BOOKING: tuple[StartRule, ...] = (
    given_here,
    specialist_gives_it,
    right_audience,
    booked_online,
    not_in_past,
    minimum_notice,
    within_horizon,
    on_grid,
    patient_is_free,
    gap_kept,
    within_visit_limit,
)


def check_all(
    rules: Iterable[StartRule], request: StartRequest, facts: StartFacts, now: datetime
) -> tuple[Refusal, ...]:
    """Every refusal, in the order of the rules; () when all rules agree."""
    return tuple(refusal for rule in rules if (refusal := rule(request, facts, now)) is not None)


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A wish to cancel the visit that starts at `starts_at` (aware) and stands at `status`."""

    starts_at: datetime
    status: AppointmentStatus
    apply_policies: bool


def _can_still_be_cancelled(request: CancelRequest, _policy: Policy, _now: datetime) -> Refusal | None:
    if may_move(request.status, AppointmentStatus.CANCELLED):
        return None
    return Refusal("not_cancellable", {"status": request.status.value})


def _cancel_notice(request: CancelRequest, policy: Policy, now: datetime) -> Refusal | None:
    latest_at = request.starts_at - policy.cancel_notice
    if not request.apply_policies or now <= latest_at:
        return None
    return Refusal("too_late_to_cancel", {"latest_at": latest_at})


RULES_FOR_CANCELLING = (_can_still_be_cancelled, _cancel_notice)


def may_cancel(request: CancelRequest, policy: Policy, now: datetime) -> tuple[Refusal, ...]:
    """Every reason against cancelling; () when it may be done. Cancelling at exactly start - notice is allowed.

    Staff may also cancel after the start (a patient rang from the road); a patient never, since notice is not negative.
    """
    return tuple(refusal for rule in RULES_FOR_CANCELLING if (refusal := rule(request, policy, now)) is not None)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A wish to change the visit that starts at `starts_at` (aware) and stands at `status`."""

    starts_at: datetime
    status: AppointmentStatus
    apply_policies: bool


def _can_still_be_changed(request: ChangeRequest, _policy: Policy, _now: datetime) -> Refusal | None:
    if request.status is AppointmentStatus.BOOKED:
        return None
    return Refusal("not_changeable", {"status": request.status.value})


def _change_notice(request: ChangeRequest, policy: Policy, now: datetime) -> Refusal | None:
    latest_at = request.starts_at - policy.change_notice
    if not request.apply_policies or now <= latest_at:
        return None
    return Refusal("too_late_to_change", {"latest_at": latest_at})


RULES_FOR_CHANGING = (_can_still_be_changed, _change_notice)


def may_change(request: ChangeRequest, policy: Policy, now: datetime) -> tuple[Refusal, ...]:
    """Every reason against changing; () when it may be done. Changing at exactly start - notice is allowed.

    Staff may also change a visit that should have begun (a patient rang from the road); a patient never.
    """
    return tuple(refusal for rule in RULES_FOR_CHANGING if (refusal := rule(request, policy, now)) is not None)
