"""The way to a time at the desk, whatever it is for: a list of the next times, a page to read aloud, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from booking.adapters import dates
from booking.core.clock import local_date
from booking.core.errors import SlotTaken
from booking.web.desk.caller import Caller
from booking.web.desk.chosen import sentence_of
from booking.web.desk.loading import locale
from booking.web.desk.next_times import NextTimes, TimesWish, numbered
from booking.web.scheduling.slot_choice import SlotChoice


@dataclass(frozen=True, slots=True)
class Way:
    """For whom, the endpoints of the list and of the page to read aloud, and what their addresses carry along."""

    whom: Caller
    times: str
    check: str
    arguments: Mapping[str, Any]

    def times_url(self, **more: Any) -> str:
        """The list of times."""
        return url_for(self.times, **{**self.arguments, **more})

    def check_url(self, value: str) -> str:
        """The page to read that time aloud."""
        return url_for(self.check, slot=value, **self.arguments)

    def around_url(self, choice: SlotChoice) -> str:
        """The list of times around what was chosen."""
        who = "" if choice.is_any or choice.specialist is None else choice.specialist.code
        return self.times_url(
            service=choice.service.code,
            location=choice.location.code,
            who=who or None,
            start=local_date(choice.starts_at, choice.location.tz).isoformat(),
        )


def booking_way(caller: Caller) -> Way:
    """From the next times to one booked visit."""
    return Way(caller, "desk.book", "desk.check", caller.arguments)


def times_page(template: str, way: Way, wish: TimesWish, times: NextTimes, *, now: datetime, **more: Any) -> str:
    """The page with these times and the ways to those before and after them."""

    def skip_url(skip: int | None) -> str:
        return "" if skip is None else way.times_url(**wish.arguments, skip=skip or None)

    return render_template(
        template,
        way=way,
        whom=way.whom,
        wish=wish,
        next_times=times,
        earlier_url=skip_url(times.earlier),
        later_url=skip_url(times.later),
        zone=dates.zone_label(wish.location.tz, now, locale()),
        **more,
    )


def taken_page(error: SlotTaken, way: Way, choice: SlotChoice) -> ResponseReturnValue:
    """Somebody was quicker: the nearest free times, numbered; everything else is kept."""
    is_any = choice.wanted_specialist_id is None
    times = [numbered(slot, number, is_any=is_any) for number, slot in enumerate(error.alternatives, start=1)]
    page = render_template(
        "desk/taken.html",
        way=way,
        whom=way.whom,
        sentence=sentence_of(choice),
        times=times,
        times_url=way.around_url(choice),
    )
    return page, 409
