"""The way of every change of a calendar: its form, the visits in the way with a choice for each, saved.

All steps are posts to one address. What the form says travels along in hidden fields; until the last step nothing is
changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import RulesRefuse
from booking.core.scheduling.calendar_change import CalendarChange, WeekChange
from booking.extensions import db
from booking.queries.catalogue import catalogue
from booking.queries.hours import BlockEntry
from booking.services import calendar_changes, hours
from booking.services.blocks import BlockDetails
from booking.services.calendar_changes import NO_DETAILS, AskedChange, HoursChanged, NewHits, Saved
from booking.services.hits import Hit, hits_of
from booking.services.idempotency import is_answered
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.calendar_words import done_text, failed_text, weekday_name
from booking.web.desk.hit_choices import SentChoices, decisions_of, read_choices, rows_of, ways_for_all
from booking.web.desk.hours_forms import ChangeForm
from booking.web.desk.present_hours import Lines, Present
from booking.web.desk.words import CLINIC_REASONS

PREVIEW, SAVE, EDIT = "preview", "save", "edit"
STEP = "step"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a valid form asks for. `summary` and `lines` say it in words, `warnings` what else it does."""

    change: CalendarChange
    summary: str
    details: BlockDetails = NO_DETAILS
    block: BlockEntry | None = None
    warnings: tuple[str, ...] = ()
    lines: Lines = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one change. `read` makes a valid form into what it asks for, `present` is what it shows at first."""

    form: ChangeForm
    template: str
    back_url: str
    read: Callable[[], Wanted]
    reason: str = "prov"
    variables: dict[str, Any] = field(default_factory=dict)
    present: Callable[[], Present] = Present


def answer(page: Page) -> ResponseReturnValue:
    """Show the form, the visits in the way, or save."""
    step = request.form.get(STEP, PREVIEW)
    if request.method == "GET":
        page.form.seen.data = page.present().seen
    if request.method == "GET" or step == EDIT:
        return _form_page(page), 200
    if not page.form.validate():
        return _form_page(page), 422
    wanted = page.read()
    if problem := _collision(wanted.change):
        return _form_page(page, problem), 422
    found = hits_of(db.session(), wanted.change, actor=access.actor(), now=utc_now())
    sent = read_choices(request.form, page.reason)
    if step != SAVE and (found or (wanted.warnings and not _is_saved(page))):
        if page.form.seen.data not in {"", None, page.present().seen}:
            return _stale(page)
        return _preview(page, wanted, found, sent), 200
    if sent.undecided:
        return _preview(page, wanted, found, sent, is_checked=True), 422
    return _save(page, wanted, sent)


def _is_saved(page: Page) -> bool:
    """Whether this very form was saved before: it is no second leave that one should be warned of."""
    return is_answered(db.session(), owner=access.owning_actor().owner, nonce=page.form.nonce.data or "")


def _collision(change: CalendarChange) -> str:
    """Why these weekly hours cannot be; "" when they can."""
    if not isinstance(change, WeekChange):
        return ""
    clinic = clinic_now()
    try:
        hours.refuse_colliding(clinic, change)
    except RulesRefuse as refused:
        [refusal] = refused.refusals
        places = {clinic.locations[i].name for i in refusal.params["location_ids"]}
        return gettext(
            "The hours of %(day)s overlap with other hours at %(places)s in the same weeks.",
            day=weekday_name(refusal.params["weekday"]),
            places=", ".join(sorted(places)),
        )
    return ""


def _form_page(page: Page, problem: str = "", lines: Lines = ()) -> str:
    variables = {"problem": problem, "present_lines": lines, **page.variables}
    return render_template(page.template, form=page.form, back_url=page.back_url, **variables)


def _stale(page: Page) -> ResponseReturnValue:
    """The form as it was typed, beside what the calendar holds now: sent again it is meant."""
    present = page.present()
    page.form.seen.data = present.seen
    problem = gettext("Somebody has changed these hours meanwhile. Nothing has been saved; what you typed is kept.")
    return _form_page(page, problem, present.lines), 409


def _preview(
    page: Page,
    wanted: Wanted,
    found: tuple[Hit, ...],
    sent: SentChoices,
    *,
    is_checked: bool = False,
    is_late: bool = False,
) -> str:
    rows = rows_of(found, clinic_now(), sent, is_checked=is_checked)
    return render_template(
        "desk/hours/preview.html",
        form=page.form,
        back_url=page.back_url,
        wanted=wanted,
        rows=rows,
        sent=sent,
        kept=_typed(page.form),
        ways=ways_for_all(),
        reasons=CLINIC_REASONS,
        is_late=is_late,
        has_errors=any(row.is_undecided for row in rows),
        **page.variables,
    )


def _typed(form: ChangeForm) -> list[tuple[str, str]]:
    """The inputs of the form as they were sent, for hidden fields."""
    names = [field.name for field in form if field.name != "csrf_token"]
    return [(name, request.form[name]) for name in names if name in request.form]


def _save(page: Page, wanted: Wanted, sent: SentChoices) -> ResponseReturnValue:
    clinic = catalogue(db.session())
    asked = AskedChange(
        wanted.change,
        page.form.nonce.data or "",
        sent.seen,
        decisions_of(sent, clinic),
        wanted.details,
        wanted.block,
        sent.reason,
        page.form.seen.data or "",
    )
    try:
        saved = calendar_changes.save(db.session(), asked, actor=access.owning_actor(), now=utc_now())
    except HoursChanged:
        return _stale(page)
    except RulesRefuse:
        return _form_page(page, gettext("These days are closed already.")), 422
    except NewHits:
        found = hits_of(db.session(), wanted.change, actor=access.actor(), now=utc_now())
        return _preview(page, wanted, found, sent, is_checked=True, is_late=True), 409
    return _saved(page, wanted, saved)


def _saved(page: Page, wanted: Wanted, saved: Saved) -> ResponseReturnValue:
    done = done_text(dict(saved.done))
    text = gettext("Saved: %(summary)s.", summary=wanted.summary) + (f" {done}." if done else "")
    if not saved.failed:
        flash(text, "success")
        return redirect(page.back_url, 303)
    clinic = clinic_now()
    failed = [
        (one.visit, clinic.locations[one.visit.location_id].tz if one.visit else None, failed_text(one))
        for one in saved.failed
    ]
    return render_template("desk/hours/saved.html", text=text, failed=failed, back_url=page.back_url)
