"""What administrators see of the clinic, and the pages on which each thing of it is changed.

Saving asks for a fresh log-in: an unlocked computer in an office changes no telephone number and no policy."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters.clinic_files import plan_text
from booking.core.attempts import LATELY, worries
from booking.core.clinic_file.parts import Section, shown_of
from booking.core.clock import utc_now
from booking.core.scheduling.clinic import ResourceKind
from booking.extensions import db
from booking.queries.administration import staff
from booking.queries.attempts import attempts
from booking.queries.backups import backup_state
from booking.queries.clinic_plan import stored_plan
from booking.queries.form_library import library, offered
from booking.services import administration
from booking.web import access
from booking.web.administration.forms import ClinicForm, LocationForm, ResourceForm
from booking.web.administration.mistake_words import mistake_sentence
from booking.web.administration.part_flow import MORE, STEP, PartPage, answer, names_of_things, present_values
from booking.web.administration.service_form import Known, ServiceForm
from booking.web.administration.staff_forms import ROLE
from booking.web.context import clinic_now
from booking.web.desk.calendar_words import RESOURCE_KINDS
from booking.web.fresh import fresh_login_to_act

bp = Blueprint("administration", __name__, url_prefix="/admin")


@bp.get("/")
def index() -> str:
    """The whole clinic at a glance, and what is wrong with it."""
    clinic, names = clinic_now(), names_of_things()
    mistakes = administration.clinic_mistakes(db.session(), now=utc_now())
    kinds = [
        (RESOURCE_KINDS[kind], [one for one in clinic.resources.values() if one.kind is kind]) for kind in ResourceKind
    ]
    return render_template(
        "administration/index.html",
        catalogue=clinic,
        mistakes=[(names.get(one.thing, one.thing), mistake_sentence(one.mistake)) for one in mistakes],
        kinds=[(kind, things) for kind, things in kinds if things],
        services=list(clinic.services.values()),
        people=[one for one in staff(db.session()) if one.is_active],
        role_words=ROLE,
        backups=backup_state(db.session()),
        tz=next(place.tz for _, place in sorted(clinic.locations.items())),
        is_attacked=bool(worries(attempts(db.session(), since=utc_now() - LATELY))),
    )


@bp.route("/clinic", methods=["GET", "POST"])
@fresh_login_to_act
def clinic() -> ResponseReturnValue:
    """What the installation says of itself."""
    form = ClinicForm(present_values()["clinic"])
    return answer(PartPage(form, "administration/clinic.html", gettext("The clinic"), _overview()))


def _overview() -> str:
    return url_for("administration.index")


@bp.route("/locations/add", methods=["GET", "POST"])
@fresh_login_to_act
def add_location() -> ResponseReturnValue:
    """One more site."""
    form = LocationForm(is_new=True)
    return answer(PartPage(form, "administration/location.html", gettext("Add a location"), _overview()))


@bp.route("/locations/<code>", methods=["GET", "POST"])
@fresh_login_to_act
def location(code: str) -> ResponseReturnValue:
    """A site with its address."""
    form = LocationForm(shown_of(present_values(), Section.LOCATIONS, code))
    title = clinic_now().location_by_code[code].name
    return answer(PartPage(form, "administration/location.html", title, _overview(), code))


@bp.route("/resources/add", methods=["GET", "POST"])
@fresh_login_to_act
def add_resource() -> ResponseReturnValue:
    """One more person, room, chair or device."""
    form = ResourceForm(is_new=True, pools=_pools())
    title = gettext("Add a person, room, chair or device")
    return answer(PartPage(form, "administration/resource.html", title, _overview()))


@bp.route("/resources/<code>", methods=["GET", "POST"])
@fresh_login_to_act
def resource(code: str) -> ResponseReturnValue:
    """What visits occupy. The calendar with its hours has pages of its own."""
    form = ResourceForm(shown_of(present_values(), Section.RESOURCES, code), pools=_pools())
    found = clinic_now().resource_by_code[code]
    return answer(
        PartPage(form, "administration/resource.html", found.name, _overview(), code, variables={"resource": found})
    )


@bp.route("/services/add", methods=["GET", "POST"])
@fresh_login_to_act
def add_service() -> ResponseReturnValue:
    """One more kind of visit."""
    form = ServiceForm(_known(), is_new=True)
    return _service_page(form, gettext("Add a service"), None)


@bp.route("/services/<code>", methods=["GET", "POST"])
@fresh_login_to_act
def service(code: str) -> ResponseReturnValue:
    """A kind of visit."""
    form = ServiceForm(_known(), shown_of(present_values(), Section.SERVICES, code))
    return _service_page(form, clinic_now().service_by_code[code].name, code)


def _service_page(form: ServiceForm, title: str, code: str | None) -> ResponseReturnValue:
    if request.form.get(STEP) == MORE:
        form.add_segment()
    return answer(PartPage(form, "administration/service.html", title, _overview(), code))


def _known() -> Known:
    clinic = clinic_now()
    forms = library(db.session())
    return Known(
        specialists=[(r.code, r.name) for r in clinic.resources.values() if r.kind is ResourceKind.SPECIALIST],
        locations=[(place.code, place.name) for place in clinic.locations.values()],
        questionnaires=[(code, forms.latest(code).title) for code in offered(forms)],
        pools=_pools(),
    )


def _pools() -> frozenset[str]:
    return frozenset(pool for one in clinic_now().resources.values() for pool in one.pools)


@bp.post("/services/<code>/move")
def move_service(code: str) -> ResponseReturnValue:
    """One place up or down in the order in which patients see the services."""
    way = request.form.get("way")
    if way not in {"up", "down"}:
        abort(400)
    administration.move_service(db.session(), code=code, is_up=way == "up", actor=access.actor(), now=utc_now())
    return redirect(_overview() + "#services", 303)


@bp.get("/clinic-file")
def export() -> Response:
    """The clinic file, as `clinic export` writes it."""
    text = plan_text(stored_plan(db.session(), clinic_now(), blocks_from=utc_now()))
    headers = {"Content-Disposition": 'attachment; filename="clinic.toml"', "Cache-Control": "no-store"}
    return Response(text, mimetype="application/toml", headers=headers)
