"""Which rules for patients stand against a time that staff want to give, and may be gone past with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.allocation import Refused, SlotRequest, allocate, refusals_of_rules
from booking.core.scheduling.clinic import Audience, Catalogue
from booking.core.scheduling.rules import Refusal
from booking.models import Account, AccountPatient
from booking.services.reserving import Wish, with_calendar

OVERRIDABLE: Final = frozenset(
    {"too_soon", "beyond_horizon", "course_only", "verified_only", "gap_too_short", "visit_limit"}
)
"""Refusals of the rules for patients that staff may override with a reason. A service that only staff book, or that
patients have to call for, needs none: booking it is what staff are there for."""


def needs_override(clinic: Catalogue, asked: SlotRequest) -> tuple[Refusal, ...]:
    """The rules for patients that stand against a time, of those that staff may override with a reason.

    Those about the patient are only found when the request has their calendar.
    """
    refusals = refusals_of_rules(clinic, replace(asked, apply_policies=True))
    return tuple(refusal for refusal in refusals if refusal.code in OVERRIDABLE)


def refusals_to_override(session: Session, clinic: Catalogue, wish: Wish) -> tuple[Refusal, ...]:
    """The same for the patient of the wish: their other visits count, and whether their address is verified."""
    service = clinic.services.get(wish.request.service_id)
    if service is None:
        return needs_override(clinic, wish.request)
    policy = service.policy
    if policy.min_gap_days or policy.visit_limit:
        wish = with_calendar(session, clinic, wish)
    asked = wish.request
    if policy.audience is Audience.VERIFIED and not asked.is_verified:
        asked = replace(asked, is_verified=is_verified(session, wish.patient_id))
    return needs_override(clinic, asked)


def refusals_never_overridden(clinic: Catalogue, asked: SlotRequest) -> tuple[Refusal, ...]:
    """What no reason gets past, whatever is taken: a time that cannot be, and a patient whom their calendar shows to be
    elsewhere, where the request has it."""
    answer = allocate(clinic, replace(asked, apply_policies=False), {})
    return answer.refusals if isinstance(answer, Refused) else ()


def is_verified(session: Session, patient_id: int | None) -> bool:
    """Whether somebody with a verified address may act for the patient; never for a person who is new (None)."""
    accounts = sa.select(Account.id).join(AccountPatient, AccountPatient.account_id == Account.id)
    proven = accounts.where(AccountPatient.patient_id == patient_id, Account.email_verified_at.is_not(None))
    return session.scalar(proven.limit(1)) is not None
