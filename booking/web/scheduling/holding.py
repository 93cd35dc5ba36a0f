"""Keeping a time: take it, keep it longer, let it go. Every one of them is a POST."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import local_date, utc_now
from booking.core.errors import NotFound
from booking.core.scheduling.clinic import Catalogue
from booking.extensions import db
from booking.services import holds
from booking.services.holds import HeldSlot
from booking.web import access
from booking.web.context import clinic_now
from booking.web.scheduling.choosing import bp
from booking.web.scheduling.draft import Draft, read_draft, save_draft
from booking.web.scheduling.kept_time import held_or_none
from booking.web.scheduling.person import form_class, known_patient_id, next_page, person_of
from booking.web.scheduling.remembered import remembered
from booking.web.scheduling.slot_choice import SlotChoice, choice_or_none

SCREENS = ("details", "check", "whom")


@bp.post("/book/hold")
def hold() -> ResponseReturnValue:
    """Keep the time of the button that was pressed, in place of the one kept before."""
    catalogue = clinic_now()
    choice = choice_or_none(request.form.get("slot", ""), catalogue)
    if choice is None:
        raise NotFound
    draft = read_draft()
    held = take(draft, choice)
    _say_if_another_specialist(choice, held, catalogue)
    return redirect(next_page(draft), 303)


def take(draft: Draft, choice: SlotChoice) -> HeldSlot:
    """Hold the chosen time and note it in the draft. Raises SlotTaken, PatientBusy or RulesRefuse."""
    held = holds.hold_slot(
        db.session(),
        actor=access.owning_actor(),
        service_id=choice.service.id,
        location_id=choice.location.id,
        specialist_id=choice.wanted_specialist_id,
        starts_at=choice.starts_at,
        now=utc_now(),
        patient_id=known_patient_id(draft),
    )
    draft.hold, draft.slot = held.public_id, choice.value
    save_draft(draft)
    return held


def _say_if_another_specialist(choice: SlotChoice, held: HeldSlot, catalogue: Catalogue) -> None:
    """With "any specialist" somebody else may be free by now; nobody should find that out at the door."""
    if held.specialist_id is None or choice.specialist is None or held.specialist_id == choice.specialist.id:
        return
    names = {"wanted": choice.specialist.name, "given": catalogue.resources[held.specialist_id].name}
    flash(gettext("%(wanted)s has just been taken at that time. %(given)s is free, so we keep that for you.", **names))


@bp.post("/book/hold/extend")
def extend() -> ResponseReturnValue:
    """Keep the time for another quarter of an hour, and whatever was typed so far."""
    draft = _with_typed(read_draft())
    save_draft(draft)
    held = holds.extend_hold(db.session(), actor=access.actor(), public_id=draft.hold, now=utc_now())
    if held.extensions_left == 0:
        flash(gettext("We keep the time a little longer. This was the last time we can do that."))
    screen = request.args.get("screen", "")
    return redirect(url_for(f"scheduling.{screen if screen in SCREENS else 'details'}"), 303)


@bp.post("/book/hold/release")
def release() -> ResponseReturnValue:
    """Back to the list of times: let the kept time go, keep what was typed."""
    draft = _with_typed(read_draft())
    choice = choice_or_none(draft.slot, clinic_now())
    if held_or_none(draft) is not None:
        holds.release_hold(db.session(), actor=access.actor(), public_id=draft.hold, now=utc_now())
    draft.hold = draft.slot = ""
    save_draft(draft)
    return redirect(times_url(choice), 303)


def times_url(choice: SlotChoice | None) -> str:
    """The list of times around what was chosen."""
    if choice is None:
        return url_for("scheduling.services")
    arguments: dict[str, Any] = {"from": local_date(choice.starts_at, choice.location.tz).isoformat()}
    # Whoever wishes for one of several people, or for a language, is not shown this specialist alone.
    kept = remembered()
    if choice.specialist is not None and not choice.is_any and not kept.among and not kept.language:
        arguments["who"] = choice.specialist.code
    return url_for("scheduling.times", service_code=choice.service.code, **arguments)


def _with_typed(draft: Draft) -> Draft:
    """The draft with what stood in the details form when another button of its page was pressed."""
    if "reason" in request.form:
        draft.take(request.form, form_class(person_of(draft))(formdata=None).input_names())
    return draft
