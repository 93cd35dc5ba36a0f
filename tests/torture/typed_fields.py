"""What each field that takes words tells, and so where what was typed may be found; by the part of booking/web whose
forms and views these are. tests/house/test_typed_fields.py holds that no field is missing."""

from __future__ import annotations

from enum import Enum, auto

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from tests.torture.hostile import forms_of

OF_QUESTIONS = ("a_", "o_", "v_")
"""Fields of a questionnaire's page are made while it is shown; all that is typed there is an answer."""


class Kind(Enum):
    """What a field tells."""

    HEALTH = auto()
    """Of health, or what opens the way to it: sealed, and nowhere else."""
    LINK = auto()
    """The same, as an address."""
    NAME = auto()
    """Who somebody is: not in logs, addresses, subjects and calendar files."""
    ADDRESS = auto()
    PHONE = auto()
    SECRET = auto()
    """Not even the database holds it."""
    PLAIN = auto()
    """Nothing about anybody: days, hours, texts of the clinic, numbers."""


BORN = dict.fromkeys(("day", "month", "year"), Kind.PLAIN)
PERSON = BORN | {"given_name": Kind.NAME, "family_name": Kind.NAME, "email": Kind.ADDRESS, "phone": Kind.PHONE}


def plain(names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), Kind.PLAIN)


DAYS = plain("first_on last_on first_time last_time time hours first_day last_day mon tue wed thu fri sat sun")
OF_THE_CLINIC = plain(
    "name email phone code street city directions time_zone sender_name emergency_number crisis_line about lanes "
    "languages pools title video_url summary preparation book_notice change_notice cancel_notice buffer_before_minutes "
    "offset_minutes minutes needs buffer_after_minutes grid_minutes horizon_days min_gap_days "
    "visit_limit_count visit_limit_days text table opens due response_minutes "
    "description origin hint options low high least most inside reference ends_on "
    "when_0 when_1 when_2 number_0 number_1 number_2"
)

FIELDS: dict[str, dict[str, Kind]] = {
    "accounts": PERSON | {
        "name": Kind.NAME, "password": Kind.SECRET, "old_password": Kind.SECRET, "new_password": Kind.SECRET,
        "code": Kind.SECRET,
    },
    "administration": OF_THE_CLINIC | {"password": Kind.SECRET},
    "administration.consent": plain("title code language body kind"),
    "administration.safety": plain("hours crisis_name crisis_text_line response_minutes"),
    "administration.staff": {"name": Kind.NAME, "email": Kind.ADDRESS},
    "audit": {},
    "carers": {"email": Kind.ADDRESS},
    "consents": {"name": Kind.NAME},
    "desk": PERSON | DAYS | plain("every start name label") | {
        "text": Kind.NAME, "note": Kind.HEALTH, "url": Kind.LINK,
    },
    "mailed": {"answer": Kind.PLAIN},
    "privacy": {},
    "questionnaires": {"helper": Kind.NAME},
    "scheduling": PERSON | {"reason": Kind.HEALTH},
    "specialist": {"note": Kind.HEALTH} | plain("wanted_by"),
    "tasks": {"note": Kind.HEALTH},
    "visits": {},
    "waiting": PERSON,
}  # fmt: skip


def fields_of(form: type[FlaskForm]) -> list[str]:
    """Names of the fields of a form into which anything can be typed."""
    return [
        name
        for name in dir(form)
        if isinstance(kind := getattr(getattr(form, name), "field_class", None), type)
        and issubclass(kind, StringField)
        and not issubclass(kind, HiddenField)
        and not name.startswith(OF_QUESTIONS)
    ]


def kinds_of(module: str) -> dict[str, Kind]:
    """What the fields tell that a module of booking/web has or reads; the longest name in FIELDS that fits counts."""
    inside = module.removeprefix("booking.web.")
    fitting = [part for part in FIELDS if inside == part or inside.startswith((f"{part}.", f"{part}_"))]
    return FIELDS[max(fitting, key=len)] if fitting else {}


def unknown_fields() -> list[str]:
    """Fields of ours that FIELDS does not name."""
    return sorted(
        f"{form.__module__}.{form.__name__}.{name}"
        for form in forms_of(FlaskForm)
        for name in fields_of(form)
        if name not in kinds_of(form.__module__)
    )
