"""Booking for a caller: who, when, read aloud, book. Few keys, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.rules import Refusal
from booking.extensions import db
from booking.queries.appointments import visits_of_patients
from booking.queries.desk_patients import patients_alike
from booking.services import appointments
from booking.services.sessions import new_token
from booking.web import access
from booking.web.desk.caller import Caller, booked_with, caller_or_none, keep_described, note_booked
from booking.web.desk.chosen import (
    can_be_overridden,
    named_specialist_id,
    own_choice_or_none,
    refuse_if_past,
    request_of,
    sentence_of,
)
from booking.web.desk.day import bp
from booking.web.desk.forms import BookVisitForm, DescribePatientForm
from booking.web.desk.loading import StaffVisit, with_words
from booking.web.desk.next_times import calendar_for, next_times, read_wish_or_none, times_form
from booking.web.desk.patients import last_search, search_page
from booking.web.desk.several import several_url
from booking.web.desk.ways import booking_way, taken_page, times_page
from booking.web.desk.why import told, why_url
from booking.web.desk.words import refusal_sentences
from booking.web.scheduling.slot_choice import SlotChoice

COMING_SHOWN = 5


@bp.get("/book")
def book() -> ResponseReturnValue:
    """Who it is for; once that is known, the next times."""
    caller = caller_or_none()
    if caller is None:
        return search_page("book")
    now = utc_now()
    wish = read_wish_or_none(caller, request.args, now=now)
    if wish is None:
        return render_template("desk/nothing_offered.html"), 422
    found = next_times(wish, now=now, calendar=calendar_for(caller, wish))
    page = times_page(
        "desk/times.html",
        booking_way(caller),
        wish,
        found,
        now=now,
        told=[] if found.times else told(wish, caller, now=now),
        why_url=why_url(caller, wish),
        several_url=several_url(caller, wish),
        form=times_form(wish),
        coming=_coming(caller),
    )
    return page, 422 if wish.is_unread else 200


def _coming(caller: Caller) -> list[StaffVisit]:
    """What the patient is booked for already: nobody shall be asked to come twice without being told."""
    if caller.known is None:
        return []
    visits = visits_of_patients(db.session(), [caller.known.id], since=utc_now())
    return [with_words(visit) for visit in visits if visit.status.occupies_time][:COMING_SHOWN]


@bp.route("/book/new", methods=["GET", "POST"])
def describe() -> ResponseReturnValue:
    """A new patient. Somebody with the same birth date and a similar name is shown first."""
    form = DescribePatientForm(**_names_searched())
    if not form.validate_on_submit():
        return render_template("desk/describe.html", form=form, alike=[]), 422 if form.errors else 200
    details = form.patient_details()
    alike = patients_alike(
        db.session(), given_name=details.given_name, family_name=details.family_name, born_on=details.born_on
    )
    if alike and form.is_someone_else.data != "yes":
        return render_template("desk/describe.html", form=form, alike=alike), 422
    return redirect(book_url(keep_described(form)), 303)


def _names_searched() -> dict[str, str]:
    """The name that was looked for in vain is not typed again; a number or a date is no name."""
    words = last_search().split()
    if not words or any(character.isdigit() for character in last_search()):
        return {}
    return {"given_name": " ".join(words[:-1]).title(), "family_name": words[-1].title()}


@bp.route("/book/check", methods=["GET", "POST"])
def check() -> ResponseReturnValue:
    """The sentence to read aloud, and the button that books."""
    form = BookVisitForm()
    if form.is_submitted() and (earlier := booked_with(form.nonce.data or "")):
        return redirect(url_for("desk.visit", public_id=earlier), 303)
    caller, choice = caller_or_none(), own_choice_or_none()
    if caller is None or choice is None:
        return redirect(book_url(caller), 303)
    if not form.is_submitted():
        refuse_if_past(choice)
    if not form.validate_on_submit():
        refusals = _refusals(caller, choice)
        if not can_be_overridden(refusals):
            raise RulesRefuse(refusals)
        return _check_page(caller, choice, form, refusals), 422 if form.errors else 200
    nonce: str = form.nonce.data
    public_id = _booked(caller, choice, form)
    note_booked(nonce, public_id, caller)
    flash(gettext("Booked: %(sentence)s.", sentence=sentence_of(choice)), "success")
    return redirect(url_for("desk.visit", public_id=public_id), 303)


def _booked(caller: Caller, choice: SlotChoice, form: BookVisitForm) -> str:
    booked = appointments.book_at_desk(
        db.session(),
        actor=access.owning_actor(),
        service_id=choice.service.id,
        location_id=choice.location.id,
        specialist_id=named_specialist_id(choice),
        starts_at=choice.starts_at,
        patient=caller.for_service,
        details=form.visit_details(),
        nonce=form.nonce.data,
        now=utc_now(),
        override_reason=form.override_reason.data or None,
        follow_up=caller.follow_up or None,
    )
    return booked.public_id


def _refusals(caller: Caller, choice: SlotChoice) -> tuple[Refusal, ...]:
    """All that stands against it: a reason is only asked for where it is enough."""
    patient_id = caller.known.id if caller.known else None
    return appointments.refusals_at_desk(db.session(), request_of(choice), patient_id=patient_id)


def _check_page(caller: Caller, choice: SlotChoice, form: BookVisitForm, refusals: Sequence[Refusal]) -> str:
    form.nonce.data = new_token()
    return render_template(
        "desk/check.html",
        whom=caller,
        choice=choice,
        form=form,
        sentence=sentence_of(choice),
        overridden=refusal_sentences(refusals),
        times_url=booking_way(caller).around_url(choice),
    )


def book_url(caller: Caller | None, **arguments: Any) -> str:
    """The page of the next times for them; without a caller the page that asks for one."""
    named: dict[str, Any] = caller.arguments if caller else {}
    return url_for("desk.book", **named, **arguments)


@bp.errorhandler(SlotTaken)
@bp.errorhandler(PatientBusy)
@bp.errorhandler(RulesRefuse)
def refused(error: SlotTaken | PatientBusy | RulesRefuse) -> ResponseReturnValue:
    """Why not, and the ways out. While booking, with all that was chosen."""
    caller, choice = (caller_or_none(), own_choice_or_none()) if request.endpoint == "desk.check" else (None, None)
    if caller is None or choice is None:
        return _refused_page(error)
    if isinstance(error, SlotTaken):
        return taken_page(error, booking_way(caller), choice)
    if isinstance(error, RulesRefuse) and can_be_overridden(error.refusals):
        error = RulesRefuse(_refusals(caller, choice) or error.refusals)
    if isinstance(error, RulesRefuse) and can_be_overridden(error.refusals):
        form = BookVisitForm()
        form.ask_why()
        return _check_page(caller, choice, form, error.refusals), 422
    sentences = _sentences(error)
    status = 409 if isinstance(error, PatientBusy) else 422
    times_url = booking_way(caller).around_url(choice)
    return render_template(
        "desk/refused.html", sentences=sentences, way_on=times_url, way_text=gettext("Other times")
    ), status


def _refused_page(error: SlotTaken | PatientBusy | RulesRefuse) -> ResponseReturnValue:
    status = 422 if isinstance(error, RulesRefuse) else 409
    visit = (request.view_args or {}).get("public_id")
    way_on = url_for("desk.visit", public_id=visit) if visit else url_for("desk.index")
    text = gettext("Back to the visit") if visit else gettext("Back to the day")
    return render_template("desk/refused.html", sentences=_sentences(error), way_on=way_on, way_text=text), status


def _sentences(error: SlotTaken | PatientBusy | RulesRefuse) -> list[str]:
    if isinstance(error, RulesRefuse):
        return refusal_sentences(error.refusals)
    if isinstance(error, PatientBusy):
        return [gettext("The patient has another visit at that time.")]
    return [gettext("The time has been given to somebody else meanwhile.")]
