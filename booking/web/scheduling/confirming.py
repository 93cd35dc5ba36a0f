"""From the kept time to the booked visit: for whom, details, check, book, confirmed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from booking.adapters import dates
from booking.core.clock import utc_now
from booking.core.errors import NotFound
from booking.extensions import db
from booking.services import appointments
from booking.services.sessions import new_token
from booking.web import access
from booking.web.context import clinic_now
from booking.web.scheduling.answers import answer_rows
from booking.web.scheduling.choosing import bp
from booking.web.scheduling.draft import NEW_PERSON, Draft, booked_with, note_booked, read_draft, save_draft
from booking.web.scheduling.forms import BookAppointmentForm, ChooseWhomForm, VisitDetailsForm
from booking.web.scheduling.holding import take, times_url
from booking.web.scheduling.kept_time import KeptTime, kept_time_or_none
from booking.web.scheduling.person import Person, complete_form_or_none, details_form, form_class, next_page, person_of
from booking.web.scheduling.slot_choice import SlotChoice, choice_or_none
from booking.web.visits.loading import known_visit_or_404
from booking.web.words import choices_of


def _begin_again() -> ResponseReturnValue:
    return redirect(url_for("scheduling.services"), 303)


@bp.route("/book/whom", methods=["GET", "POST"])
def whom() -> ResponseReturnValue:
    """Whom somebody with an account books for."""
    draft = read_draft()
    kept = kept_time_or_none(draft, clinic_now())
    person = person_of(draft)
    if kept is None or not person.choices:
        return _begin_again() if kept is None else redirect(url_for("scheduling.details"), 303)
    form = ChooseWhomForm(data={"whom": person.known.public_id if person.known else draft.whom or None})
    names = {patient.public_id: patient.name for patient in person.choices}
    form.whom.choices = choices_of(names | {NEW_PERSON: gettext("Somebody else")})
    if form.validate_on_submit():
        draft.whom = form.whom.data
        save_draft(draft)
        return redirect(next_page(draft), 303)
    return render_template("scheduling/whom.html", kept=kept, form=form), 422 if form.errors else 200


@bp.get("/book/details")
def details() -> ResponseReturnValue:
    """Who comes, and what the visit needs."""
    draft = read_draft()
    kept = kept_time_or_none(draft, clinic_now())
    if kept is None:
        return _begin_again()
    person = person_of(draft)
    if person.is_open:
        return redirect(url_for("scheduling.whom"), 303)
    return _details_page(kept, person, details_form(draft, person))


@bp.post("/book/details")
def keep_details() -> ResponseReturnValue:
    """Keep what was typed, also when something is still missing."""
    draft = read_draft()
    person = person_of(draft)
    form = form_class(person)()
    draft.take(request.form, form.input_names())
    save_draft(draft)
    kept = kept_time_or_none(draft, clinic_now())
    if kept is None:
        return _begin_again()
    if request.form.get("go") == "log-in":
        return redirect(url_for("accounts.log_in", next=url_for("scheduling.details")), 303)
    if _shows_another_time(draft):
        return _show_present_time(kept, "scheduling.details")
    if not form.validate():
        return _details_page(kept, person, form), 422
    return redirect(url_for("scheduling.check"), 303)


def _shows_another_time(draft: Draft) -> bool:
    """Whether the page that was sent showed another hold than the present one: two tabs share one draft."""
    return request.form.get("hold", "") != draft.hold


def _show_present_time(kept: KeptTime | None, endpoint: str) -> ResponseReturnValue:
    """Back to the page, which shows the present time now, and say so; without any time there is nothing to show."""
    if kept is None:
        return _begin_again()
    when = dates.day_and_time(kept.starts_at, kept.location.tz, str(get_locale() or "en"))
    flash(gettext("You chose another time meanwhile: %(when)s.", when=when), "warning")
    return redirect(url_for(endpoint), 303)


def _details_page(kept: KeptTime, person: Person, form: VisitDetailsForm) -> str:
    return render_template("scheduling/details.html", kept=kept, person=person, form=form)


@bp.get("/book/check")
def check() -> ResponseReturnValue:
    """Everything once more, before it counts."""
    draft = read_draft()
    kept = kept_time_or_none(draft, clinic_now())
    if kept is None:
        return _begin_again()
    person = person_of(draft)
    typed = complete_form_or_none(draft, person)
    if typed is None:
        return redirect(url_for("scheduling.whom" if person.is_open else "scheduling.details"), 303)
    rows = answer_rows(kept, person, typed, times_url=times_url(choice_or_none(draft.slot, clinic_now())))
    form = BookAppointmentForm(formdata=None, nonce=new_token())
    return render_template("scheduling/check.html", kept=kept, rows=rows, form=form)


@bp.post("/book/check")
def book() -> ResponseReturnValue:
    """Book. The same form sent twice leads to the same visit."""
    form = BookAppointmentForm()
    if not form.validate():
        return redirect(url_for("scheduling.check"), 303)
    nonce: str = form.nonce.data
    earlier = booked_with(nonce)
    if earlier:
        return redirect(url_for("scheduling.confirmed", public_id=earlier), 303)
    draft = read_draft()
    if _shows_another_time(draft):
        return _show_present_time(kept_time_or_none(draft, clinic_now()), "scheduling.check")
    person = person_of(draft)
    typed = complete_form_or_none(draft, person)
    choice = choice_or_none(draft.slot, clinic_now())
    if typed is None or choice is None:
        return redirect(url_for("scheduling.check"), 303)
    public_id = _booked(draft, choice, person, typed, nonce)
    note_booked(nonce, public_id)
    return redirect(url_for("scheduling.confirmed", public_id=public_id), 303)


def _booked(draft: Draft, choice: SlotChoice, person: Person, typed: VisitDetailsForm, nonce: str) -> str:
    """Book the kept time; when even the row of its hold is gone, take the same time anew first."""
    try:
        return _book_once(draft, person, typed, nonce)
    except NotFound:
        take(draft, choice)
        return _book_once(draft, person, typed, nonce)


def _book_once(draft: Draft, person: Person, typed: VisitDetailsForm, nonce: str) -> str:
    visit = appointments.book_held(
        db.session(),
        actor=access.owning_actor(),
        hold_public_id=draft.hold,
        patient=person.known.id if person.known else typed.patient_details(),
        details=typed.visit_details(),
        nonce=nonce,
        now=utc_now(),
    )
    return visit.public_id


@bp.get("/book/confirmed/<public_id:public_id>")
def confirmed(public_id: str) -> ResponseReturnValue:
    """It is booked: what, when, where, and what comes next."""
    return render_template("scheduling/confirmed.html", shown=known_visit_or_404(public_id))
