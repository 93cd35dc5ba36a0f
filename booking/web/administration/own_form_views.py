"""The clinic's own forms: all of them, bringing one along, beginning one, letting it go live, and retiring it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, get_locale, gettext, lazy_gettext, ngettext

from booking.adapters.languages import language_name
from booking.core.clock import utc_now
from booking.core.questionnaires import editing
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.own_forms import adaptable
from booking.core.questionnaires.score_tables import table_in
from booking.extensions import db
from booking.models import DefinitionSource, DefinitionState
from booking.queries.form_definitions import OwnForm, own_form_or_none, own_forms
from booking.queries.form_library import offered
from booking.services import own_forms as service
from booking.services.own_form_rows import FormChanged
from booking.services.own_forms import FormRefused
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.administration.form_mistakes import mistake_lines
from booking.web.administration.item_form import KINDS
from booking.web.administration.own_form_forms import ImportForm, LicenceForm, NewForm, PublishForm, SeenForm
from booking.web.context import clinic_now
from booking.web.fresh import fresh_login_to_act
from booking.web.words import choices_of

MOST_MISTAKES = 200
STATE: dict[DefinitionState, tuple[LazyString, str]] = {
    DefinitionState.DRAFT: (lazy_gettext("Draft"), "busy"),
    DefinitionState.PUBLISHED: (lazy_gettext("In use"), "good"),
    DefinitionState.RETIRED: (lazy_gettext("Given to nobody new"), "quiet"),
}
SOURCE: dict[DefinitionSource, LazyString] = {
    DefinitionSource.MADE: lazy_gettext("Made here"),
    DefinitionSource.IMPORTED: lazy_gettext("Brought along"),
}


@bp.get("/forms")
def forms() -> str:
    """Every form: the clinic's own, and those that ship."""
    own = own_forms(db.session())
    shipped = [SHIPPED.latest(code) for code in offered(SHIPPED)]
    asked = {code for one in clinic_now().services.values() for code in one.questionnaires}
    return render_template(
        "administration/forms.html", own=own, shipped=shipped, asked=asked, states=STATE, sources=SOURCE,
        languages={one.language: language_name(one.language, str(get_locale())) for one in own},
    )  # fmt: skip


@bp.route("/forms/import", methods=["GET", "POST"])
@fresh_login_to_act
def import_form() -> ResponseReturnValue:
    """Paste a FHIR Questionnaire. It becomes a draft: what it lacks to go live is said next."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _import_page(form), 422 if form.is_submitted() else 200
    try:
        public_id, found = service.import_form(
            db.session(), actor=access.actor(), text=form.text.data or "", table=form.table.data or "", now=utc_now()
        )
    except FormRefused as refused:
        return _import_page(form, refused.mistakes), 422
    flash(gettext("The form is kept as a draft. Look at it before it goes live."), "success")
    if found.dropped:
        count = len(found.dropped)
        words = ngettext(
            "%(num)s thing was left out of it, since it is never run or shown: %(what)s",
            "%(num)s things were left out of it, since they are never run or shown: %(what)s",
            count,
            what=", ".join(sorted(set(found.dropped))[:5]),
        )
        flash(words, "info")
    return redirect(url_for(".own_form", public_id=public_id), 303)


def _import_page(form: ImportForm, mistakes: Iterable[Mistake] = ()) -> str:
    found = list(mistakes)
    shown = mistake_lines(found[:MOST_MISTAKES])
    return render_template("administration/form_import.html", form=form, mistakes=shown, mistake_count=len(found))


@bp.route("/forms/new", methods=["GET", "POST"])
@fresh_login_to_act
def new_form() -> ResponseReturnValue:
    """Begin a form, empty or from one of ours."""
    form = NewForm()
    ours = {code: SHIPPED.latest(code).title for code in adaptable()}
    form.origin.choices = choices_of({"": gettext("An empty form"), **ours})
    if not form.validate_on_submit():
        return render_template("administration/form_new.html", form=form), 422 if form.is_submitted() else 200
    owner = gettext("Own wording of %(clinic)s.", clinic=clinic_now().clinic.name)
    public_id = service.make_form(
        db.session(), actor=access.actor(), title=form.title.data or "", origin=form.origin.data or "",
        copyright_line=owner, now=utc_now(),
    )  # fmt: skip
    return redirect(url_for(".own_form", public_id=public_id), 303)


@bp.get("/forms/<public_id:public_id>")
def own_form(public_id: str) -> str:
    """One version: what is in it, how it stands, and what can be done with it."""
    return form_page(form_or_404(public_id))


def form_page(own: OwnForm, problem: str = "") -> str:
    """The page of a form, which is the editor while it is a draft that was made here."""
    mistakes = find_mistakes({**own.data, "copyright": own.data.get("copyright") or "-"}) if own.is_draft else []
    services = [one.name for one in clinic_now().services.values() if own.code in one.questionnaires]
    return render_template(
        "administration/own_form.html",
        own=own,
        lines=editing.lines(own.data),
        kinds=KINDS,
        state=STATE[own.state],
        source=SOURCE[own.source],
        mistakes=mistake_lines(mistakes, own.data),
        services=services,
        problem=problem,
        language=language_name(own.language, str(get_locale())),
        table=table_in(own.data) if not mistakes else None,
        as_json=json.dumps(own.data, indent=1, ensure_ascii=False),
    )


def form_or_404(public_id: str) -> OwnForm:
    """That version."""
    return own_form_or_none(db.session(), public_id) or abort(404)


@bp.route("/forms/<public_id:public_id>/publish", methods=["GET", "POST"])
@fresh_login_to_act
def publish_form(public_id: str) -> ResponseReturnValue:
    """Say what has to be said, then let the draft go live."""
    own = form_or_404(public_id)
    if not own.is_draft:
        abort(404)
    form = LicenceForm() if own.source is DefinitionSource.IMPORTED else PublishForm()
    if own.is_translation:
        # What its original asks about was said when that went live.
        del form.asks, form.items
    else:
        questions = [line for line in editing.lines(own.data) if line.kind.is_question]
        form.items.choices = choices_of({line.link_id: line.text for line in questions})
    if not form.validate_on_submit():
        form.seen.data = form.seen.data or str(own.revision)
        return _publish_page(own, form), 422 if form.is_submitted() else 200
    try:
        service.publish_form(
            db.session(), actor=access.actor(), public_id=public_id, seen=form.revision, statement=form.statement,
            now=utc_now(),
        )  # fmt: skip
    except FormRefused as refused:
        return _publish_page(own, form, refused.mistakes), 422
    except FormChanged:
        form.seen.data = str(own.revision)
        return _publish_page(own, form, problem=changed_words()), 409
    flash(gettext("The form is in use. Services and people who work here can ask for it."), "success")
    return redirect(url_for(".own_form", public_id=public_id), 303)


def changed_words() -> str:
    """What is said to the second of two editors."""
    return gettext("Somebody has changed this form meanwhile. Look again; nothing of yours is saved yet.")


def _publish_page(own: OwnForm, form: PublishForm, mistakes: Iterable[Mistake] = (), problem: str = "") -> str:
    return render_template(
        "administration/form_publish.html",
        own=own,
        form=form,
        mistakes=mistake_lines(mistakes, own.data),
        problem=problem,
        is_imported=own.source is DefinitionSource.IMPORTED,
    )


@bp.post("/forms/<public_id:public_id>/new-version")
def new_form_version(public_id: str) -> ResponseReturnValue:
    """Begin the next version, or go on with the draft that there is."""
    draft = service.begin_version(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    return redirect(url_for(".own_form", public_id=draft), 303)


@bp.post("/forms/<public_id:public_id>/retire")
@fresh_login_to_act
def retire_form(public_id: str) -> ResponseReturnValue:
    """Give it to nobody new."""
    service.retire_form(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("The form is given to nobody new. What was answered stays."), "success")
    return redirect(url_for(".forms"), 303)


@bp.post("/forms/<public_id:public_id>/discard")
@fresh_login_to_act
def discard_form(public_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    form: Any = SeenForm()
    own = form_or_404(public_id)
    try:
        service.discard_draft(
            db.session(), actor=access.actor(), public_id=public_id, seen=form.revision, now=utc_now()
        )
    except FormChanged:
        return form_page(own, changed_words()), 409
    flash(gettext("The draft is gone."), "success")
    return redirect(url_for(".forms"), 303)
