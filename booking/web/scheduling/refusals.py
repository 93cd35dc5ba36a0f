"""When a time cannot be had: pages that say why, offer the nearest times and lose nothing that was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext

from booking.core.errors import HoldExpired, NotFound, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.rules import Refusal
from booking.web.context import clinic_now
from booking.web.scheduling.choosing import bp
from booking.web.scheduling.draft import read_draft
from booking.web.scheduling.holding import times_url
from booking.web.scheduling.slot_choice import SlotChoice, choice_of, choice_or_none
from booking.web.scheduling.times_page import nearest_buttons

SENTENCES: dict[str, LazyString] = {
    "in_past": lazy_gettext("That time is already over."),
    "too_soon": lazy_gettext("That time is too soon to be booked online. If you need it, please call us."),
    "beyond_horizon": lazy_gettext("That day is too far ahead to be booked yet."),
    "not_given_here": lazy_gettext("This kind of visit is not offered at that location."),
    "specialist_not_for_service": lazy_gettext("That specialist does not offer this kind of visit."),
    "staff_only": lazy_gettext("This kind of visit is arranged by the clinic. Please call us."),
    "course_only": lazy_gettext("This kind of visit is arranged together with your specialist. Please call us."),
    "service_not_offered": lazy_gettext("This kind of visit is not offered any more."),
    "no_specialist": lazy_gettext("Nobody offers this kind of visit just now. Please call us."),
    "closed": lazy_gettext("We are closed on that day."),
    "outside_hours": lazy_gettext("Nobody is there for this kind of visit at that time."),
    "off_grid": lazy_gettext("Visits do not begin at that minute."),
    "verified_only": lazy_gettext("This kind of visit is for patients with an account. Please log in first."),
    "contact_only": lazy_gettext("This kind of visit is arranged on the phone. Please call us."),
    "patient_busy": lazy_gettext("There is already another visit at that time."),
    "same_time": lazy_gettext("That is the time that the visit has already."),
    "no_extension_left": lazy_gettext("We cannot keep the time any longer than that. You can still book it now."),
}
"""Codes of `core/scheduling/rules.py` and of the services that hold and book."""

OTHER = lazy_gettext("That time cannot be booked.")


def sentences_of(refusals: Iterable[Refusal]) -> list[str]:
    """One sentence for each reason, in the reader's language."""
    return [_sentence(refusal) for refusal in refusals]


def _sentence(refusal: Refusal) -> str:
    params: Mapping[str, Any] = refusal.params
    if refusal.code == "gap_too_short":
        return ngettext(
            "The next visit of this kind can be on the following day at the earliest.",
            "Between two visits of this kind there must be %(num)s days.",
            params["min_gap_days"],
        )
    if refusal.code == "visit_limit":
        return ngettext(
            "There can be one visit of this kind in %(days)s days.",
            "There can be %(num)s visits of this kind in %(days)s days.",
            params["count"],
            days=params["days"],
        )
    return str(SENTENCES.get(refusal.code, OTHER))


def _asked() -> SlotChoice | None:
    """The time that the refused request was about: that of the button, or the one kept before."""
    return choice_or_none(request.form.get("slot") or read_draft().slot, clinic_now())


@bp.errorhandler(SlotTaken)
@bp.errorhandler(HoldExpired)
def taken(error: SlotTaken | HoldExpired) -> ResponseReturnValue:
    """Somebody was quicker: the nearest free times, one tap each, in the order of the clock."""
    asked = _asked()
    is_any = asked is None or asked.wanted_specialist_id is None
    nearest = [choice_of(slot, clinic_now(), is_any=is_any) for slot in sorted(error.alternatives)]
    return _page("taken", asked, buttons=nearest_buttons(nearest), code=error.code), 409


@bp.errorhandler(PatientBusy)
def busy(_error: PatientBusy) -> ResponseReturnValue:
    """The patient is expected somewhere else at that time."""
    return _page("patient_busy", _asked()), 409


@bp.errorhandler(RulesRefuse)
def refused(error: RulesRefuse) -> ResponseReturnValue:
    """Every reason, in a sentence each."""
    return _page("refused", _asked(), sentences=sentences_of(error.refusals)), 422


@bp.errorhandler(NotFound)
def unknown(_error: NotFound) -> ResponseReturnValue:
    """A time, or a hold, that this clinic does not know."""
    return _page("unknown_time", _asked()), 404


def _page(name: str, asked: SlotChoice | None, **variables: Any) -> str:
    return render_template(
        f"scheduling/{name}.html",
        asked=asked,
        times_url=times_url(asked),
        has_typed=bool(read_draft().typed),
        **variables,
    )
