"""The clinic itself, its locations, and what visits occupy, as forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext

from booking.core.clinic_file.parts import Section
from booking.web.administration.fields import Choice, Line, Listed, Prose, Tick, Whole
from booking.web.administration.part_form import BLANK, PartForm
from booking.web.desk.calendar_words import RESOURCE_KIND
from booking.web.words import choices_of


class ClinicForm(PartForm):
    """What the installation says of itself."""

    section = Section.CLINIC
    name = Line(lazy_gettext("Name of the clinic"))
    sender_name = Line(lazy_gettext("Name in e-mail"))
    phone = Line(lazy_gettext("Phone"))
    email = Line(lazy_gettext("E-mail address for replies"))
    emergency_number = Line(lazy_gettext("Emergency number"))
    crisis_line = Line(lazy_gettext("Crisis line"))


class ThingForm(PartForm):
    """A thing with a code, which is chosen once."""

    code = Line(lazy_gettext("Code"))

    def __init__(self, shown: Mapping[str, Any] = BLANK, *, is_new: bool = False) -> None:
        super().__init__(shown)
        if not is_new:
            del self.code


class LocationForm(ThingForm):
    """A site with its address."""

    section = Section.LOCATIONS
    name = Line(lazy_gettext("Name"))
    street = Line(lazy_gettext("Street"))
    city = Line(lazy_gettext("City"))
    phone = Line(lazy_gettext("Phone"))
    time_zone = Line(lazy_gettext("Time zone"))
    directions = Prose(lazy_gettext("How to find the door"))
    step_free = Tick(lazy_gettext("Can be reached without steps"), default=True)


class ResourceForm(ThingForm):
    """A specialist, a nurse, a room, a chair or a device; its hours are changed in its calendar."""

    section = Section.RESOURCES
    kind = Choice(lazy_gettext("Kind"))
    name = Line(lazy_gettext("Name"))
    title = Line(lazy_gettext("Title"))
    about = Prose(lazy_gettext("About"))
    languages = Listed(lazy_gettext("Languages"))
    lanes = Whole(lazy_gettext("Visits at a time"), default="1")
    video_url = Line(lazy_gettext("Address of the video room"))
    pools = Listed(lazy_gettext("Pools"))
    active = Tick(lazy_gettext("Takes visits"), default=True)

    def __init__(self, shown: Mapping[str, Any] = BLANK, *, is_new: bool = False, pools: Collection[str] = ()) -> None:
        super().__init__(shown, is_new=is_new)
        self.kind.choices = choices_of({kind.value: word for kind, word in RESOURCE_KIND.items()})
        self.known_pools = sorted(pools)
