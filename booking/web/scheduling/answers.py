"""The answers once more, as rows of the page that checks them: each with the way to change it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import get_locale, gettext

from booking.adapters import dates
from booking.core.scheduling.clinic import VisitMode
from booking.web.scheduling.forms import VisitDetailsForm
from booking.web.scheduling.kept_time import KeptTime
from booking.web.scheduling.person import Person
from booking.web.words import NEEDS, where_words


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One line of the summary; `href` is where it can be changed, `hidden` completes the word "Change"."""

    key: str
    value: str
    href: str = ""
    hidden: str = ""


def answer_rows(kept: KeptTime, person: Person, typed: VisitDetailsForm, *, times_url: str) -> list[AnswerRow]:
    """All that is going to be booked, in the order of the screens before."""
    phone = person.known.phone if person.known else typed.patient_details().phone
    return [*_time_rows(kept, times_url, phone), *_person_rows(person, typed), *_visit_rows(typed)]


def _time_rows(kept: KeptTime, times_url: str, phone: str | None) -> list[AnswerRow]:
    locale, tz = str(get_locale() or "en"), kept.location.tz
    when = f"{dates.day_and_time(kept.starts_at, tz, locale)}, {dates.zone_label(tz, kept.starts_at, locale)}"
    rows = [
        AnswerRow(gettext("When"), when, times_url, gettext("the time")),
        AnswerRow(
            gettext("Visit"), kept.service.name, url_for("scheduling.services"), gettext("what the visit is for")
        ),
    ]
    if kept.specialist:
        rows.append(AnswerRow(gettext("With"), kept.specialist.name))
    mode = kept.service.mode
    key = gettext("Where") if mode is VisitMode.IN_PERSON else gettext("How")
    return [*rows, AnswerRow(key, where_words(mode, kept.location, phone))]


def _person_rows(person: Person, typed: VisitDetailsForm) -> list[AnswerRow]:
    """A known patient is named and no more; what the clinic knows of them is not changed while booking."""
    if person.known:
        return [
            AnswerRow(
                gettext("Patient"), person.known.name, url_for("scheduling.whom"), gettext("who the visit is for")
            )
        ]
    patient = typed.patient_details()
    edit = url_for("scheduling.details")
    born = dates.date_text(patient.born_on, str(get_locale() or "en")).split(" ", 1)[-1]
    return [
        AnswerRow(gettext("Patient"), f"{patient.given_name} {patient.family_name}", f"{edit}#given_name"),
        AnswerRow(gettext("Date of birth"), born, f"{edit}#born_on-day"),
        AnswerRow(gettext("E-mail"), patient.email or gettext("None given"), f"{edit}#email"),
        AnswerRow(gettext("Phone"), patient.phone or gettext("None given"), f"{edit}#phone"),
    ]


def _visit_rows(typed: VisitDetailsForm) -> list[AnswerRow]:
    visit, edit = typed.visit_details(), url_for("scheduling.details")
    needs = ", ".join(str(NEEDS[code]) for code in visit.needs)
    rows = [
        AnswerRow(gettext("What it is about"), visit.reason or gettext("Nothing written"), f"{edit}#reason"),
        AnswerRow(gettext("What makes it easier"), needs or gettext("Nothing chosen"), f"{edit}#needs-0"),
    ]
    if visit.booked_for_other:
        rows.append(
            AnswerRow(gettext("Filled in by"), gettext("Somebody else, for the patient"), f"{edit}#booked_for_other")
        )
    return rows
