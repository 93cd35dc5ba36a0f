"""Keeping and forgetting what a patient wishes for. Posted, since an address is read by others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.preferences import NOTHING
from booking.core.scheduling.clinic import Service, VisitMode
from booking.web.context import clinic_now
from booking.web.scheduling.choosing import bp, times_page_of
from booking.web.scheduling.remembered import remember, remembered
from booking.web.scheduling.search import read_wish
from booking.web.scheduling.slot_choice import bookable_service_or_none
from booking.web.scheduling.wishes_form import chosen, wishes_form


@bp.post("/book/<service_code>/wishes")
def keep_wishes(service_code: str) -> ResponseReturnValue:
    """Show the times that are as wished, now and the next time."""
    service = _service_or_404(service_code)
    before = remembered()
    wish = read_wish(service, {"from": request.form.get("from", "")}, clinic_now(), before)
    form = wishes_form(wish, clinic_now())
    if not form.validate():
        return times_page_of(wish, form), 422
    after = chosen(form, before)
    remember(after)
    # Another first day leaves no sense in the week that was shown.
    if wish.from_on is None or after.not_before != before.not_before:
        return redirect(url_for(".times", service_code=service.code), 303)
    shown_from: dict[str, Any] = {"from": wish.from_on.isoformat()}
    return redirect(url_for(".times", service_code=service.code, **shown_from), 303)


@bp.post("/book/<service_code>/wishes/forget")
def forget_wishes(service_code: str) -> ResponseReturnValue:
    """Show all times again, and remember nothing."""
    service = _service_or_404(service_code)
    remember(NOTHING)
    return redirect(url_for(".times", service_code=service.code), 303)


@bp.post("/book/mode")
def keep_mode() -> ResponseReturnValue:
    """Show visits of that mode alone, or of all again."""
    mode = request.form.get("mode", "")
    remember(replace(remembered(), mode=VisitMode(mode) if mode in set(VisitMode) else None))
    return redirect(url_for(".services"), 303)


def _service_or_404(code: str) -> Service:
    service = bookable_service_or_none(code, clinic_now())
    if service is None:
        abort(404)
    return service
