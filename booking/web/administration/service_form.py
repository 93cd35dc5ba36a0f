"""A service as a form: what patients read, who gives it, its parts one after the other, and the rules for booking."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import Field, Form
from wtforms.validators import StopValidation

from booking.core.clinic_file.parts import PlacedMistake, Section, Steps
from booking.core.scheduling.clinic import Audience, VisitMode
from booking.web.administration.fields import Choice, Duration, Line, Lines, Listed, Prose, Several, Tick, Whole
from booking.web.administration.form_times import KEY, FormTimes, code_of, field_of
from booking.web.administration.forms import ThingForm
from booking.web.administration.part_form import BLANK, both_or_neither
from booking.web.words import MODE_TITLE, choices_of

MOST_SEGMENTS = 12
COUNT = "segment_count"
AUDIENCE = {
    Audience.ANYONE.value: lazy_gettext("Anyone"),
    Audience.VERIFIED.value: lazy_gettext("Patients whose e-mail address is confirmed"),
    Audience.STAFF.value: lazy_gettext("Only people who work here"),
    Audience.COURSE.value: lazy_gettext("Patients with an open course of treatment"),
}


class SegmentForm(Form):
    """One part of the visit. One without a name, a length and needs is left out."""

    name = Line(lazy_gettext("Name"))
    offset_minutes = Whole(lazy_gettext("Starts after"), default="0")
    minutes = Whole(lazy_gettext("Length"))
    needs = Listed(lazy_gettext("What it needs"))
    with_patient = Tick(lazy_gettext("The patient is there"), default=True)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed that would make it a part."""
        return not (self.name.data or self.minutes.data or self.needs.data)

    def validate_minutes(self, field: Whole) -> None:
        """Needed, unless the part is left out."""
        if not field.data and not self.is_blank:
            raise StopValidation(gettext("Enter how many minutes it takes"))

    def thing(self) -> dict[str, Any]:
        """The part as the clinic file would say it."""
        found = {field.short_name: field.plain for field in self}
        return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Known:
    """What a service may name: code and name of specialists, locations and questionnaires, and codes of pools."""

    specialists: list[tuple[str, str]]
    locations: list[tuple[str, str]]
    questionnaires: list[tuple[str, str]]
    pools: Collection[str]


class ServiceForm(ThingForm):
    """Everything the clinic file says of a service."""

    section = Section.SERVICES
    name = Line(lazy_gettext("Name"))
    summary = Prose(lazy_gettext("What happens at this visit"))
    mode = Choice(lazy_gettext("Where the visit takes place"), default=VisitMode.IN_PERSON.value)
    audience = Choice(lazy_gettext("Who may book it"), default=Audience.ANYONE.value)
    contact_to_book = Tick(lazy_gettext("Patients contact us to book it"))
    book_notice = Duration(lazy_gettext("Can be booked until"), default="2 hours")
    horizon_days = Whole(lazy_gettext("Can be booked from"), default="60")
    change_notice = Duration(lazy_gettext("Can be moved online until"))
    cancel_notice = Duration(lazy_gettext("Can be canceled online until"), default="0 minutes")
    visit_limit_count = Whole(lazy_gettext("At most this many visits of one patient"))
    visit_limit_days = Whole(lazy_gettext("in this many days"))
    min_gap_days = Whole(lazy_gettext("Days between two visits of one patient"), default="0")
    grid_minutes = Whole(lazy_gettext("Starts are offered every"), default="15")
    buffer_before_minutes = Whole(lazy_gettext("Kept free before"), default="0")
    buffer_after_minutes = Whole(lazy_gettext("Kept free after"), default="0")
    specialists = Several(lazy_gettext("Specialists"))
    locations = Several(lazy_gettext("Locations"))
    languages = Listed(lazy_gettext("Languages"))
    questionnaires = Several(lazy_gettext("Forms that it asks for"), none_is=[])
    preparation = Lines(lazy_gettext("How to prepare"))
    active = Tick(lazy_gettext("Is offered"), default=True)

    def __init__(self, known: Known, shown: Mapping[str, Any] = BLANK, *, is_new: bool = False) -> None:
        self.segments: list[SegmentForm] = []
        sent = request.form if request.method == "POST" else None
        self.form_times = [FormTimes(sent, code, title) for code, title in known.questionnaires]
        super().__init__(shown, is_new=is_new)
        self.mode.choices = choices_of({mode.value: word for mode, word in MODE_TITLE.items()})
        self.audience.choices = choices_of(AUDIENCE)
        self.specialists.offer(known.specialists)
        self.locations.offer(known.locations)
        self.questionnaires.offer(known.questionnaires)
        self.known_needs = ["specialist", *sorted(known.pools)]
        if self.is_submitted():
            self.segments = [_segment(number, request.form) for number in range(sent_count(request.form))]

    def show(self, shown: Mapping[str, Any]) -> None:
        """Fill the fields; a new service begins with one empty part."""
        asked = {code_of(entry): entry for entry in shown.get(KEY, ())}
        super().show({**shown, KEY: list(asked)})
        for row in self.form_times:
            row.show(entry if isinstance(entry := asked.get(row.code, {}), dict) else {})
        limit = shown.get("visit_limit", {})
        self.visit_limit_count.data = str(limit.get("count", ""))
        self.visit_limit_days.data = str(limit.get("days", ""))
        segments = shown.get("segments") or [{}]
        self.segments = [_segment(number, None, part) for number, part in enumerate(segments)]

    def add_segment(self) -> None:
        """One more empty part at the end."""
        if len(self.segments) < MOST_SEGMENTS:
            self.segments.append(_segment(len(self.segments), None))

    def parts(self) -> tuple[Any, ...]:
        """The segments, and the times of forms."""
        return (*self.segments, *self.form_times)

    def is_clean(self) -> bool:
        """Check the form and each part of the visit."""
        results = [super().is_clean(), *(segment.validate() for segment in self.segments)]
        return all(results)

    def validate_visit_limit_days(self, field: Whole) -> None:
        """A limit is two numbers."""
        if bool(field.data) != bool(self.visit_limit_count.data):
            raise StopValidation(both_or_neither())

    def thing(self) -> dict[str, Any]:
        """The service as the clinic file would say it."""
        found = super().thing()
        count, days = found.pop("visit_limit_count", None), found.pop("visit_limit_days", None)
        if count is not None and days is not None:
            found["visit_limit"] = {"count": count, "days": days}
        times = {row.code: row.thing() for row in self.form_times}
        found[KEY] = [times.get(code, code) for code in found.get(KEY, ())]
        return {**found, "segments": [segment.thing() for segment in self._filled()]}

    def _filled(self) -> list[SegmentForm]:
        return [segment for segment in self.segments if not segment.is_blank]

    def field_at(self, steps: Steps) -> Field | None:
        """The field of that place; of a part of the visit the field of that part."""
        if len(steps) > 2 and steps[0] == "segments" and isinstance(steps[1], int):
            return self._filled()[steps[1]][str(steps[2])]
        if len(steps) > 1 and steps[0] == "visit_limit":
            return self[f"visit_limit_{steps[1]}"]
        timed = field_of(self.form_times, list(self.questionnaires.data or ()), steps)
        return timed if timed is not None else super().field_at(steps)

    def place(self, mistakes: Iterable[PlacedMistake], names: Mapping[str, str]) -> None:
        """A mistake of a whole part of the visit stands at the name of that part."""
        moved = [
            PlacedMistake((*found.steps, "name"), found.mistake)
            if not found.thing and len(found.steps) == 2 and found.steps[0] == "segments"
            else found
            for found in mistakes
        ]
        super().place(moved, names)


def sent_count(form: Mapping[str, str]) -> int:
    """How many parts the page had; one where that cannot be read."""
    text = form.get(COUNT, "")
    return min(int(text), MOST_SEGMENTS) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _segment(number: int, sent: Any, shown: Mapping[str, Any] = BLANK) -> SegmentForm:
    segment = SegmentForm(sent, prefix=f"segments-{number}-")
    for field in segment:
        if sent is None and field.short_name in shown:
            field.show(shown[field.short_name])
    return segment
