"""Several visits of one patient in a row: the first time, how many and how far apart, then all of them or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from booking.core.clock import utc_now
from booking.core.errors import SeveralRefused
from booking.core.scheduling.intervals import from_minutes, to_minutes
from booking.core.scheduling.repeating import repeated_starts
from booking.extensions import db
from booking.queries.appointments import visit_for
from booking.services import several as services
from booking.services.appointments import OVERRIDABLE
from booking.services.ordering import BookedVisit
from booking.services.sessions import new_token
from booking.services.several import VisitWish
from booking.web import access
from booking.web.desk.caller import Caller, booked_with, caller_or_none, note_booked
from booking.web.desk.chosen import named_specialist_id, own_choice_or_none, refuse_if_past
from booking.web.desk.day import bp
from booking.web.desk.forms import BookVisitForm
from booking.web.desk.next_times import TimesWish, calendar_for, next_times, read_wish_or_none
from booking.web.desk.several_rows import LEFT_OUT, Pattern, conflict_lines, read_pattern, rows_of, several_form
from booking.web.desk.ways import Way, times_page
from booking.web.scheduling.slot_choice import SlotChoice

Chosen = list[SlotChoice | None]
"""The time of each visit; None where it is left out."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who wants what from when: all that the address of the last page says."""

    caller: Caller
    pattern: Pattern
    wished: list[SlotChoice]

    @property
    def way(self) -> Way:
        return several_way(self.caller, self.pattern)


def several_way(caller: Caller, pattern: Pattern) -> Way:
    """From the time of the first visit to all of them."""
    return Way(caller, "desk.several", "desk.check_several", {**caller.arguments, **pattern.arguments})


def several_url(caller: Caller, wish: TimesWish | None = None) -> str:
    """The page of the first time for them, of that kind where there is a wish."""
    named: dict[str, Any] = {**caller.arguments, **(wish.arguments if wish else {})}
    return url_for("desk.several", **named)


@bp.get("/book/several")
def several() -> ResponseReturnValue:
    """When the first of them is, and how the others follow."""
    caller, now, pattern = caller_or_none(), utc_now(), read_pattern(request.args)
    if caller is None:
        return redirect(url_for("desk.book"), 303)
    wish = read_wish_or_none(caller, request.args, now=now)
    if wish is None:
        return render_template("desk/nothing_offered.html"), 422
    times = next_times(wish, now=now, calendar=calendar_for(caller, wish))
    way, form = several_way(caller, pattern), several_form(wish, pattern)
    page = times_page("desk/several.html", way, wish, times, now=now, pattern=pattern, form=form)
    return page, 422 if wish.is_unread or pattern.is_unread else 200


@bp.route("/book/several/check", methods=["GET", "POST"])
def check_several() -> ResponseReturnValue:
    """Each visit with whether it can be had, and other times where it cannot; the button books all or none."""
    form = BookVisitForm()
    if form.is_submitted() and (patient := booked_with(form.nonce.data or "")):
        return redirect(url_for("desk.patient", public_id=patient), 303)
    caller, asked = caller_or_none(), _asked_or_none()
    if asked is None:
        return redirect(several_url(caller) if caller else url_for("desk.book"), 303)
    if not form.is_submitted():
        refuse_if_past(asked.wished[0])
        return _check_page(asked, list(asked.wished), form), 200
    chosen = _chosen(asked)
    if not any(chosen):
        form.form_errors = [gettext("Leave at least one visit in.")]
        return _check_page(asked, list(asked.wished), form), 422
    if not form.validate():
        return _check_page(asked, chosen, form), 422
    try:
        booked = _book(asked, chosen, form)
    except SeveralRefused as error:
        return _refused(asked, chosen, form, error)
    return _all_booked(asked, booked, form.nonce.data or "")


def _asked_or_none() -> _Asked | None:
    caller, first, pattern = caller_or_none(), own_choice_or_none(), read_pattern(request.args)
    if caller is None or first is None or pattern.is_unread:
        return None
    starts = repeated_starts(
        to_minutes(first.starts_at), first.location.tz, every_days=pattern.days, count=pattern.count
    )
    # Whoever was named for the first visit was named for it alone: others may give the rest, if anybody will do.
    later = replace(first, specialist=None) if first.is_any else first
    return _Asked(caller, pattern, [first, *(replace(later, starts_at=from_minutes(start)) for start in starts[1:])])


def _chosen(asked: _Asked) -> Chosen:
    """The time of each visit as the form says it; where it says nothing that we could have said, what was wished."""
    chosen: Chosen = []
    for number, wished in enumerate(asked.wished, start=1):
        text = request.form.get(f"slot-{number}", "")
        chosen.append(None if text == LEFT_OUT else own_choice_or_none(text) or wished)
    return chosen


def _wishes(chosen: Chosen) -> list[VisitWish]:
    return [
        VisitWish(one.service.id, one.location.id, named_specialist_id(one), one.starts_at)
        for one in chosen
        if one is not None
    ]


def _check_page(asked: _Asked, chosen: Chosen, form: BookVisitForm, named: Chosen | None = None) -> str:
    form.nonce.data = new_token()
    known, wishes = asked.caller.known, _wishes(chosen)
    proposed = services.propose_several(
        db.session(), actor=access.owning_actor(), patient_id=known.id if known else None, wishes=wishes, now=utc_now()
    )
    rows = rows_of(asked.wished, chosen, proposed, named or chosen)
    return render_template(
        "desk/check_several.html",
        whom=asked.caller,
        rows=rows,
        wanted=len(wishes),
        pattern=asked.pattern,
        service=asked.wished[0].service,
        location=asked.wished[0].location,
        form=form,
        overridden=[line for row in rows for line in row.warnings],
        times_url=asked.way.around_url(asked.wished[0]),
        left_out=LEFT_OUT,
    )


def _book(asked: _Asked, chosen: Chosen, form: BookVisitForm) -> list[BookedVisit]:
    return services.book_several(
        db.session(),
        actor=access.owning_actor(),
        patient=asked.caller.for_service,
        wishes=_wishes(chosen),
        details=form.visit_details(),
        nonce=form.nonce.data or "",
        now=utc_now(),
        override_reason=form.override_reason.data or None,
    )


def _refused(asked: _Asked, chosen: Chosen, form: BookVisitForm, error: SeveralRefused) -> ResponseReturnValue:
    """Nothing is booked: which visits stand in the way, one by one, and everything that was chosen kept."""
    codes = {refusal.code for conflict in error.conflicts for refusal in conflict.refusals}
    if codes <= OVERRIDABLE:
        form.ask_why()
        return _check_page(asked, chosen, form), 422
    form.form_errors = conflict_lines(chosen, error.conflicts)
    again = _with_anybody(chosen, {conflict.index for conflict in error.conflicts})
    return _check_page(asked, again, form, named=chosen), 409


def _with_anybody(chosen: Chosen, refused: set[int]) -> Chosen:
    """Where anybody will do, another specialist may have that time: so whoever was named is not insisted on.

    `refused` are indexes among the visits that were not left out."""
    again: Chosen = []
    for one in chosen:
        index = sum(other is not None for other in again)
        is_open = one is not None and one.is_any and index in refused
        again.append(replace(one, specialist=None) if one is not None and is_open else one)
    return again


def _all_booked(asked: _Asked, booked: list[BookedVisit], nonce: str) -> ResponseReturnValue:
    visit = visit_for(db.session(), access.actor(), booked[0].public_id)
    assert visit is not None  # noqa: S101 - booked a moment ago at an own location; this tells the type checker.
    note_booked(nonce, visit.patient_public_id, asked.caller)
    flash(ngettext("%(num)s visit is booked.", "%(num)s visits are booked.", len(booked)), "success")
    return redirect(url_for("desk.patient", public_id=visit.patient_public_id), 303)
