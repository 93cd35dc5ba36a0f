"""Another time for a visit: choose it, look at it once more, move, and for some minutes take that back.

Works with a login, in the browser session that booked, and through a mailed link, which shows date, time and place
only. The old time is kept until the new one is committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.actor import VisitAct
from booking.core.clock import utc_now
from booking.core.errors import MoveNotAllowed, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.rules import Refusal
from booking.core.scheduling.slots import Slot
from booking.extensions import db
from booking.services import availability, changing, undo
from booking.services.changing import ChangedVisit
from booking.web import access
from booking.web.context import clinic_now
from booking.web.scheduling.forms import FilterTimesForm
from booking.web.scheduling.refusals import sentences_of
from booking.web.scheduling.search import Seeker, Wish, find_week, read_wish
from booking.web.scheduling.slot_choice import ANY, SlotChoice, choice_of
from booking.web.scheduling.times_page import TimeButton, nearest_buttons, times_page
from booking.web.scheduling.wishes_form import filters_of
from booking.web.visits.forms import MoveVisitForm
from booking.web.visits.loading import ShownVisit, may_cancel, may_change, may_do, shown_visit_or_404
from booking.web.visits.move_choice import is_other_time, move_choice_or_none, naming_for, wish_for
from booking.web.visits.pages import bp
from booking.web.words import choices_of

PICKED = "picked_times"
"""Session value: public id of a visit → value of the button of its new time, the last ones last."""

MOST_PICKED = 5


@bp.get("/visits/<public_id:public_id>/change")
def change(public_id: str) -> ResponseReturnValue:
    """Other times of the same service, those of the same specialist first."""
    found = shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    if not found.is_expected:
        # An old link: the page of the visit says what became of it.
        return redirect(url_for(".visit", public_id=public_id), 303)
    if not may_change(found):
        return _too_late(found)
    catalogue, who = clinic_now(), request.args.get("who", "")
    wish = wish_for(found, read_wish(found.service, request.args, catalogue), who, catalogue)
    week = find_week(db.session(), catalogue, wish, _seeker(found), now=utc_now())
    return render_template(
        "visits/change.html",
        shown=found,
        wish=wish,
        page=times_page(catalogue, wish, week, naming_for(found)),
        filters=_filters(found, wish, catalogue),
        own_url=url_for(".change", public_id=public_id),
        any_url=url_for(".change", public_id=public_id, who=ANY) if wish.specialist or wish.arguments() else "",
    )


def _seeker(found: ShownVisit) -> Seeker:
    visit = found.visit
    calendar = availability.patient_calendar(
        db.session(),
        patient_id=visit.patient_id,
        service_id=visit.service_id,
        without_appointment=visit.id,
        clinic=clinic_now(),
    )
    return Seeker(access.server_session().get("owner", ""), is_verified=True, patient=calendar, moving=visit)


def _filters(found: ShownVisit, wish: Wish, catalogue: Catalogue) -> FilterTimesForm:
    """The filters of the list of times. The first answer about people is the specialist whom the visit is with."""
    form = filters_of(wish, catalogue)
    people = {choice.value: choice.label for choice in form.who.choices if choice.value}
    own = people.pop(found.specialist.code, "") if found.specialist else ""
    words = {"": gettext("The same specialist") if found.is_brief else own} if own else {}
    words[ANY] = gettext("Any specialist (soonest)")
    form.who.choices = choices_of(words if found.is_brief else words | people) if own or people else []
    form.who.data = wish.who if own else wish.who or ANY
    return form


@bp.post("/visits/<public_id:public_id>/change")
def pick(public_id: str) -> ResponseReturnValue:
    """Note which time was pressed. Nothing is moved yet."""
    found = shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    value = request.form.get("slot", "")
    if move_choice_or_none(value, found, clinic_now()) is None:
        flash(gettext("That time is not known any more. Please choose one of these."), "warning")
        return redirect(url_for(".change", public_id=public_id), 303)
    kept = access.server_session()
    others = [(key, slot) for key, slot in kept.get(PICKED, {}).items() if key != public_id]
    kept[PICKED] = dict([*others, (public_id, value)][-MOST_PICKED:])
    return redirect(url_for(".check_change", public_id=public_id), 303)


@bp.get("/visits/<public_id:public_id>/change/check")
def check_change(public_id: str) -> ResponseReturnValue:
    """From when to when, once more."""
    found = shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    if not may_change(found):
        return _too_late(found)
    value = access.server_session().get(PICKED, {}).get(public_id, "")
    choice = move_choice_or_none(value, found, clinic_now())
    if choice is None or not is_other_time(found, choice):
        return redirect(url_for(".change", public_id=public_id), 303)
    form = MoveVisitForm(formdata=None, slot=value, version=found.visit.version)
    return render_template("visits/check_change.html", shown=found, choice=choice, form=form)


@bp.post("/visits/<public_id:public_id>/change/check")
def move(public_id: str) -> ResponseReturnValue:
    """Move the visit. The same form sent twice leads to the same answer."""
    found = shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    form = MoveVisitForm()
    choice = move_choice_or_none(form.slot.data or "", found, clinic_now())
    if not form.validate() or choice is None:
        return redirect(url_for(".check_change", public_id=public_id), 303)
    try:
        _move(found, choice, form)
    except SlotTaken as error:
        return _taken(found, choice, error)
    except PatientBusy:
        return _refused(found, (Refusal("patient_busy"),), 409)
    except RulesRefuse as error:
        return _refused(found, error.refusals)
    except MoveNotAllowed:
        flash(gettext("This visit was changed meanwhile, so it was not moved. Please look at it again."), "warning")
        return redirect(url_for(".visit", public_id=public_id), 303)
    return redirect(url_for(".changed", public_id=public_id), 303)


def _move(found: ShownVisit, choice: SlotChoice, form: MoveVisitForm) -> ChangedVisit:
    return changing.change_visit(
        db.session(),
        actor=access.owning_actor(),
        public_id=found.visit.public_id,
        location_id=choice.location.id,
        specialist_id=choice.wanted_specialist_id,
        starts_at=choice.starts_at,
        version=form.seen_version,
        nonce=form.nonce.data,
        now=utc_now(),
    )


@bp.get("/visits/<public_id:public_id>/changed")
def changed(public_id: str) -> ResponseReturnValue:
    """It is moved: from when to when, how to take that back for some minutes, and what comes next."""
    found = shown_visit_or_404(public_id)
    before = undo.last_time(db.session(), found.visit)
    if before is None or before.reason_code == undo.UNDONE or not found.is_expected:
        return redirect(url_for(".visit", public_id=public_id), 303)
    until = undo.undo_until(db.session(), access.actor(), found.visit, now=utc_now())
    return render_template(
        "visits/changed.html",
        shown=found,
        before=before.starts_at,
        before_tz=clinic_now().locations[before.location_id].tz,
        undo_until=until if may_do(found, VisitAct.CHANGE) else None,
        may_change=may_change(found),
        may_cancel=may_cancel(found),
    )


@bp.post("/visits/<public_id:public_id>/undo-change")
def undo_change(public_id: str) -> ResponseReturnValue:
    """Take the change back, as long as the old time is kept."""
    found = shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    try:
        changing.undo_change(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except SlotTaken as error:
        buttons = nearest(found, error.alternatives, is_any=False)
        return render_template("visits/undo_lost.html", shown=found, buttons=buttons, may_change=may_change(found)), 409
    except (RulesRefuse, PatientBusy):
        flash(gettext("That cannot be taken back any more. You can still choose another time, or call us."), "warning")
        return redirect(url_for(".visit", public_id=public_id), 303)
    flash(gettext("Your visit is back at its old time."), "success")
    return redirect(url_for(".visit", public_id=public_id), 303)


def _too_late(found: ShownVisit) -> ResponseReturnValue:
    return render_template("visits/too_late_to_change.html", shown=found, may_cancel=may_cancel(found)), 422


def _taken(found: ShownVisit, choice: SlotChoice, error: SlotTaken) -> ResponseReturnValue:
    """Somebody was quicker: the nearest free times, one tap each; the present time is still theirs."""
    buttons = nearest(found, error.alternatives, is_any=choice.wanted_specialist_id is None)
    return render_template("visits/change_taken.html", shown=found, choice=choice, buttons=buttons), 409


def nearest(found: ShownVisit, slots: tuple[Slot, ...], *, is_any: bool) -> list[TimeButton]:
    """Buttons of the free times that are a change, in the order of the clock."""
    catalogue, shows_people = clinic_now(), not found.is_brief
    choices = [choice_of(slot, catalogue, is_any=is_any) for slot in sorted(slots)]
    once: dict[Any, SlotChoice] = {}
    for choice in choices:
        if is_other_time(found, choice):
            once.setdefault((choice.starts_at, choice.location.id, shows_people and choice.specialist), choice)
    return nearest_buttons(list(once.values()), naming_for(found))


def _refused(found: ShownVisit, refusals: Sequence[Refusal], status: int = 422) -> ResponseReturnValue:
    """Every reason, in a sentence each; too late has a page of its own."""
    if any(refusal.code == "too_late_to_change" for refusal in refusals):
        return _too_late(found)
    return render_template("visits/change_refused.html", shown=found, sentences=sentences_of(refusals)), status
