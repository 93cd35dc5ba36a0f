"""A whole clinic file, pasted: checked as `clinic load` checks it, shown as what it would change, then loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import DataRequired

from booking.core.clinic_file.differences import BLOCKS, CLOSURES, Difference, How
from booking.core.clinic_file.mistakes import ClinicFileRefused, Mistake
from booking.core.clinic_file.parts import Section
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clinic_file.read import read_clinic_file
from booking.core.clock import utc_now
from booking.core.errors import SlotTaken
from booking.core.scheduling.hits import HitCause
from booking.extensions import db
from booking.queries.form_library import library, offered
from booking.services.clinic_loading import ClinicChanged, LoadPreview, load_seen_clinic, preview_load
from booking.services.desk_changes import DeskChanged
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.administration.mistake_words import mistake_sentence
from booking.web.administration.part_flow import EDIT, EFFECTS, STEP, names_of_things
from booking.web.context import clinic_now
from booking.web.desk.calendar_words import CAUSE
from booking.web.fresh import LONGEST_KEPT, fresh_login_to_act
from booking.web.validators import no_longer_than

LOAD = "load"
LONGEST_FILE = LONGEST_KEPT - 5000
"""Characters; the rest of what a request may hold is for the other fields. A clinic of ten takes a tenth of it."""

MOST_HITS = 50
MOST_MISTAKES = 200
LONGEST_REVISION = 10

HOW: Mapping[How, LazyString] = {
    How.ADDED: lazy_gettext("Added"),
    How.CHANGED: lazy_gettext("Changed"),
    How.RETIRED: lazy_gettext("Not offered any more"),
    How.REMOVED: lazy_gettext("Removed"),
    How.REORDERED: lazy_gettext("In another order"),
}
HOW_TONE = {How.ADDED: "good", How.CHANGED: "busy", How.RETIRED: "warn", How.REMOVED: "warn", How.REORDERED: "busy"}
SECTIONS: Mapping[str, LazyString] = {
    Section.CLINIC: lazy_gettext("The clinic"),
    Section.LOCATIONS: lazy_gettext("Locations"),
    CLOSURES: lazy_gettext("Closed days"),
    Section.RESOURCES: lazy_gettext("People, rooms, chairs and devices"),
    Section.SERVICES: lazy_gettext("Services"),
    BLOCKS: lazy_gettext("Blocks"),
}


class LoadForm(FlaskForm):
    """The text, and on the second page which clinic was looked at."""

    text = TextAreaField(
        lazy_gettext("The clinic file"),
        [DataRequired(lazy_gettext("Paste the clinic file")), no_longer_than(LONGEST_FILE)],
    )
    seen = HiddenField(validators=[no_longer_than(LONGEST_REVISION)])
    undo_changes = BooleanField(lazy_gettext("Undo these changes"))

    @property
    def plain_text(self) -> str:
        """Browsers send line breaks in two characters."""
        return (self.text.data or "").replace("\r\n", "\n")

    @property
    def revision(self) -> int:
        """Of the clinic that was looked at; 0 for none."""
        seen = self.seen.data or ""
        return int(seen) if seen.isascii() and seen.isdigit() else 0


@bp.route("/clinic-file/load", methods=["GET", "POST"])
@fresh_login_to_act
def load_clinic_file() -> ResponseReturnValue:
    """Paste, look, load."""
    form, step = LoadForm(), request.form.get(STEP, "")
    if request.method == "GET" or step == EDIT:
        return _form_page(form), 200
    if not form.validate():
        return _form_page(form), 422
    try:
        plan = read_clinic_file(form.plain_text, questionnaires=offered(library(db.session())))
    except ClinicFileRefused as refused:
        return _form_page(form, refused.mistakes), 422
    return _load(form, plan) if step == LOAD else _preview(form, plan)


def _form_page(form: LoadForm, mistakes: Sequence[Mistake] = ()) -> str:
    lines = [(one.line, one.path, mistake_sentence(one)) for one in mistakes[:MOST_MISTAKES]]
    return render_template("administration/load.html", form=form, mistakes=lines, mistake_count=len(mistakes))


def _preview(form: LoadForm, plan: ClinicPlan, problem: str = "") -> ResponseReturnValue:
    try:
        found = preview_load(db.session(), plan, actor=access.actor(), now=utc_now())
    except SlotTaken as taken:
        form.text.errors = [_taken_words(taken)]
        return _form_page(form), 422
    form.seen.data = str(found.revision)
    page = render_template("administration/load_preview.html", form=form, problem=problem, **_shown(found))
    return page, 409 if problem else 200


def _load(form: LoadForm, plan: ClinicPlan) -> ResponseReturnValue:
    session, actor, now = db.session(), access.owning_actor(), utc_now()
    undo = bool(form.undo_changes.data)
    try:
        load_seen_clinic(session, plan, actor=actor, revision=form.revision, undo_changes=undo, now=now)
    except ClinicChanged:
        return _preview(
            form, plan, gettext("Somebody has changed the clinic meanwhile. Look again; nothing is loaded yet.")
        )
    except DeskChanged:
        return _preview(form, plan, gettext("Say first that the changes made in the browser shall be undone."))
    except SlotTaken as taken:
        form.text.errors = [_taken_words(taken)]
        return _form_page(form), 422
    flash(gettext("The clinic file is loaded."), "success")
    return redirect(url_for(".index"), 303)


def _taken_words(taken: SlotTaken) -> str:
    """Which block met a visit. The text of the file says when it is, the calendar which visit."""
    code = taken.details["resource"]
    name = names_of_things().get(f"resources {code}", code)
    at = taken.details["starts_at"].isoformat(" ", "minutes")
    return gettext(
        "A block of %(name)s that begins at %(at)s meets a visit. Cancel or move the visit first.", name=name, at=at
    )


def _shown(found: LoadPreview) -> dict[str, Any]:
    sections = [
        (SECTIONS[section], [_line(one, found) for one in found.differences if one.section == section])
        for section in SECTIONS
    ]
    return {
        "sections": [(title, lines) for title, lines in sections if lines],
        "undone": _undone_words(found.undone) if found.undone else [],
        "hits": [(visit, _cause_words(cause)) for visit, cause in found.hits[:MOST_HITS]],
        "hit_count": len(found.hits),
        "catalogue": clinic_now(),
    }


def _cause_words(cause: HitCause) -> str:
    """Why, where it is not what the heading says."""
    return str(CAUSE[cause]) if cause is HitCause.CLOSED else ""


def _line(one: Difference, found: LoadPreview) -> dict[str, Any]:
    names = names_of_things()
    name = names.get(f"resources {one.code}", one.code) if one.section == BLOCKS else one.name
    return {
        "name": name,
        "code": one.code,
        "how": HOW[one.how],
        "tone": HOW_TONE[one.how],
        "differing": one.keys,
        "effects": [str(EFFECTS[effect]) for effect in one.effects],
        "visits": found.coming.get((one.section, one.code), 0) if one.effects else 0,
    }


def _undone_words(changed: DeskChanged) -> list[str]:
    """What was changed in the browser and the file says otherwise."""
    names, details = names_of_things(), changed.details
    hours = [
        gettext("The hours of %(name)s", name=names.get(f"resources {code}", code)) for code in details["resources"]
    ]
    parts = [names.get(part, part) for part in details["parts"]]
    closures = [gettext("Closed days")] if details["closures"] else []
    blocks = [gettext("Blocks that were removed or moved would come back")] if details["blocks"] else []
    return [*parts, *hours, *closures, *blocks]
