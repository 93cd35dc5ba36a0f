"""Joining the waiting list: from the list of times, or for an earlier time than that of a visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from booking.core.actor import Role, VisitAct
from booking.core.clock import local_date, utc_now
from booking.core.errors import RulesRefuse
from booking.core.scheduling.clinic import Service
from booking.core.scheduling.rules import is_closed_to
from booking.core.waiting import WaitingWish
from booking.extensions import db
from booking.queries.own_patients import OwnPatient, own_patients
from booking.queries.waiting import entries_of_patients
from booking.services import waiting_guests, waiting_list
from booking.web import access
from booking.web.accounts.views import door
from booking.web.context import clinic_now
from booking.web.scheduling.draft import NEW_PERSON, read_draft, save_draft
from booking.web.scheduling.person import Person, from_account
from booking.web.scheduling.remembered import remembered
from booking.web.scheduling.search import read_wish
from booking.web.scheduling.slot_choice import bookable_service_or_none
from booking.web.visits.loading import ShownVisit, known_visit_or_404, shown_visit_or_404
from booking.web.waiting.forms import WaitForm, WaitingPersonForm, values_of_filters, values_of_wish
from booking.web.waiting.words import sentences_of, wish_rows

bp = Blueprint("waiting", __name__)

WANTED = "waiting"
"""Session value: the wish of somebody who still has to say who they are, as it was typed, until they have joined."""

JOINED_KEPT = 10


@bp.get("/book/<service_code>/wait")
def wait(service_code: str) -> ResponseReturnValue:
    """What they would take, as the filters of the list of times have it, or as they said before."""
    service = _service_or_404(service_code)
    patients = own_patients(db.session(), access.actor().patient_ids)
    form = _typed_before_log_in_or_none(service) or wait_form(service, **_values(service, patients))
    form.ask_for_whom(patients)
    return _page(service, form)


def _typed_before_log_in_or_none(service: Service) -> WaitForm | None:
    """What they wished for before they logged in to type less: it came along with the browser session."""
    kept: dict[str, Any] = access.server_session().get(WANTED, {})
    if access.account_or_none() is None or kept.get("service") != service.code or kept.get("is_joined"):
        return None
    return _typed_form(service, kept)


@bp.post("/book/<service_code>/wait")
def join(service_code: str) -> ResponseReturnValue:
    """Join for a known patient; somebody new says who they are first."""
    service = _service_or_404(service_code)
    patients = own_patients(db.session(), access.actor().patient_ids)
    form = wait_form(service)
    form.ask_for_whom(patients)
    if not form.validate():
        return _page(service, form), 422
    who = form.for_whom.data if patients else NEW_PERSON
    if who == NEW_PERSON:
        access.server_session()[WANTED] = {"service": service.code, "typed": request.form.to_dict(flat=False)}
        return redirect(url_for(".who_waits"), 303)
    patient = next(one for one in patients if one.public_id == who)
    try:
        place = waiting_list.join(
            db.session(), actor=access.actor(), patient_id=patient.id, wish=form.wish, now=utc_now()
        )
    except RulesRefuse as refused:
        form.form_errors = sentences_of(refused.refusals)
        return _page(service, form), 422
    access.server_session().pop(WANTED, None)
    return redirect(url_for("waiting.entry", public_id=place.public_id), 303)


def wait_form(service: Service, **values: Any) -> WaitForm:
    """The form for a service, as posted, or filled with `values`."""
    return WaitForm(data=values, **_for_service(service))


def _for_service(service: Service) -> dict[str, Any]:
    return {"service": service, "catalogue": clinic_now(), "today": _today(), "locale": str(get_locale() or "en")}


def _today() -> date:
    return waiting_list.earliest_today(clinic_now(), utc_now())


def values_for_times(service: Service) -> dict[str, Any]:
    """The form as the remembered filters fill it."""
    wish = read_wish(service, request.args, clinic_now(), remembered())
    return values_of_filters(wish, clinic_now(), _today())


def _values(service: Service, patients: list[OwnPatient]) -> dict[str, Any]:
    """Whoever waits already finds their own wishes."""
    ids = {one.id for one in patients}
    found = entries_of_patients(db.session(), access.actor(), ids, now=utc_now()) if ids else []
    entry = next((one for one in found if one.wish.service_id == service.id), None)
    if entry is None:
        return values_for_times(service)
    return {**values_of_wish(entry.wish, clinic_now()), "for_whom": entry.patient_public_id}


def _page(service: Service, form: WaitForm) -> str:
    back = url_for("scheduling.times", service_code=service.code)
    return render_template("waiting/wait.html", service=service, form=form, back_url=back)


@bp.route("/book/wait/details", methods=["GET", "POST"])
def who_waits() -> ResponseReturnValue:
    """Who they are: asked once, for a visit that is booked afterwards too."""
    wanted = _wanted_or_none()
    if wanted is None:
        return redirect(url_for("scheduling.services"), 303)
    service, wish = wanted
    draft = read_draft()
    form = WaitingPersonForm(
        formdata=request.form if request.method == "POST" else draft.form_data if draft.typed else None,
        data=from_account(Person(None, [])),
    )
    if request.method == "POST":
        draft.take(request.form, form.input_names())
        save_draft(draft)
        if request.form.get("go") == "log-in":
            wait_url = url_for(".wait", service_code=service.code)
            return redirect(url_for("accounts.log_in", next=wait_url), 303)
        if form.validate():
            return _joined_as_new(service, wish, form)
    rows = wish_rows(wish, clinic_now())
    page = render_template("waiting/who_waits.html", service=service, rows=rows, form=form)
    return page, 422 if form.errors else 200


def _wanted_or_none() -> tuple[Service, WaitingWish] | None:
    """What was typed on the page before, while it still makes sense."""
    kept: dict[str, Any] = access.server_session().get(WANTED, {})
    service = bookable_service_or_none(kept.get("service", ""), clinic_now())
    if service is None:
        return None
    form = _typed_form(service, kept, meta={"csrf": False})
    form.ask_for_whom([])
    return (service, form.wish) if form.validate() else None


def _typed_form(service: Service, kept: Mapping[str, Any], **more: Any) -> WaitForm:
    typed = MultiDict((name, value) for name, values in kept["typed"].items() for value in values)
    return WaitForm(formdata=typed, **more, **_for_service(service))


def _joined_as_new(service: Service, wish: WaitingWish, form: WaitingPersonForm) -> ResponseReturnValue:
    """Join, and let this browser session see its entry. The same form sent twice leads to the same entry."""
    nonce: str = form.nonce.data
    try:
        place = waiting_guests.join_as_new(
            db.session(),
            actor=access.owning_actor(),
            door=door(),
            person=form.patient_details(),
            wish=wish,
            nonce=nonce,
            now=utc_now(),
        )
    except RulesRefuse as refused:
        form.form_errors = sentences_of(refused.refusals)
        rows = wish_rows(wish, clinic_now())
        return render_template("waiting/who_waits.html", service=service, rows=rows, form=form), 422
    kept = access.server_session()
    kept[WANTED] = {**kept.get(WANTED, {}), "is_joined": True}
    if access.account_or_none() is not None:
        return redirect(url_for("waiting.entry", public_id=place.public_id), 303)
    joined = {**kept.get(access.JOINED, {}), nonce: place.public_id}
    kept[access.JOINED] = dict(list(joined.items())[-JOINED_KEPT:])
    return redirect(url_for("waiting.entry", public_id=place.public_id), 303)


@bp.route("/visits/<public_id:public_id>/wait", methods=["GET", "POST"])
def wait_for_earlier(public_id: str) -> ResponseReturnValue:
    """Ask for an earlier time in place of that of a visit, which stays until they say yes to one."""
    shown_visit_or_404(public_id, act=VisitAct.CHANGE)
    found = known_visit_or_404(public_id)
    if not found.is_expected:
        return redirect(url_for("visits.visit", public_id=public_id), 303)
    form = _form_for_earlier(found)
    if not form.validate_on_submit():
        return _earlier_page(found, form)
    try:
        place = waiting_list.join(
            db.session(),
            actor=access.actor(),
            patient_id=found.visit.patient_id,
            wish=form.wish,
            visit_public_id=public_id,
            now=utc_now(),
        )
    except RulesRefuse as refused:
        form.form_errors = sentences_of(refused.refusals)
        return _earlier_page(found, form)
    return redirect(url_for("waiting.entry", public_id=place.public_id), 303)


def _form_for_earlier(found: ShownVisit) -> WaitForm:
    """As they said before, else any day until the visit with the same specialist."""
    clinic, visit = clinic_now(), found.visit
    entries = entries_of_patients(db.session(), access.actor(), [visit.patient_id], now=utc_now())
    entry = next((one for one in entries if one.wish.service_id == visit.service_id), None)
    values = values_for_times(found.service) if entry is None else values_of_wish(entry.wish, clinic)
    if entry is None:
        values["last_day"] = local_date(visit.starts_at, found.location.tz)
        values["first_day"] = min(values["first_day"], values["last_day"])
        values["people"] = values["people"] or ([found.specialist.code] if found.specialist else [])
    form = wait_form(found.service, **values)
    form.ask_for_whom([])
    return form


def _earlier_page(found: ShownVisit, form: WaitForm) -> ResponseReturnValue:
    status = 422 if form.errors or form.form_errors else 200
    return render_template("waiting/wait_for_earlier.html", shown=found, form=form), status


def _service_or_404(code: str) -> Service:
    """A service that this person may book; others are told so by the page of its times."""
    service = bookable_service_or_none(code, clinic_now())
    if service is None:
        abort(404)
    if is_closed_to(service, apply_policies=True, is_verified=access.actor().role is Role.PATIENT):
        abort(redirect(url_for("scheduling.times", service_code=service.code), 303))
    return service
