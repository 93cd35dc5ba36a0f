"""Ways to the pages of the desk and of specialists."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from booking.core.clock import utc_now
from booking.models import Appointment, Patient, WaitingEntry
from booking.services.freed import FreedCause, note_freed
from booking.services.tasks import ask_to_erase
from booking.services.transaction import transaction
from tests.factories import make_appointment, make_offer, make_patient
from tests.services.waiting_cast import waits
from tests.ui import steps
from tests.ui.patient_pages import sent_form
from tests.ui.people import ANA, CRUZ, DORA, FAY
from tests.ui.stage import Stage, full_hour
from tests.ui.ways import add, at, shows


def _day(stage: Stage) -> str:
    """The path of a Monday on which Ana has a visit."""
    earliest = utc_now() + timedelta(days=11)
    starts_at = full_hour(earliest + timedelta(days=(7 - earliest.weekday()) % 7)).replace(hour=15)
    with stage.program.session() as session:
        if session.scalar(sa.select(Appointment.id).where(Appointment.starts_at == starts_at)) is None:
            ana = session.scalar(sa.select(Patient).where(Patient.email == ANA.email))
            make_appointment(session, ana, starts_at=starts_at)
    return f"/desk/day/{starts_at.date()}"


@shows("desk.day")
def day_columns(stage: Stage) -> Page:
    return at(_day(stage), by=DORA)(stage)


@shows("desk.day")
def day_list(stage: Stage) -> Page:
    return at(f"{_day(stage)}?view=list", by=DORA)(stage)


@shows("desk.day")
def day_of_specialist(stage: Stage) -> Page:
    return at(_day(stage), by=CRUZ)(stage)


@shows("desk.day")
def day_not_understood(stage: Stage) -> Page:
    return at("/desk/day?date=whenever", by=DORA)(stage)


@shows("desk.visit")
def desk_visit(stage: Stage) -> Page:
    return at(f"/desk/visits/{stage.visit()}", by=DORA)(stage)


@shows("desk.video")
def video_link_with_errors(stage: Stage) -> Page:
    page = at(f"/desk/visits/{stage.video_visit()}/video", by=DORA)(stage)
    page.get_by_label("Link of this visit").fill("video.example.org")
    steps.send(page, "Keep the link")
    return page


@shows("desk.cancel")
def desk_cancel(stage: Stage) -> Page:
    return at(f"/desk/visits/{stage.visit()}/cancel", by=DORA)(stage)


@shows("desk.cancel")
def desk_cancel_with_errors(stage: Stage) -> Page:
    page = desk_cancel(stage)
    with page.expect_navigation():
        page.locator("#main form").get_by_role("button").last.click()
    return page


add("patients", "desk.patients", "/desk/patients", by=DORA)
add("book_for_caller", "desk.book", "/desk/book", by=DORA)
add("new_patient", "desk.describe", "/desk/book/new", by=DORA)


@shows("desk.patients")
def patients_found(stage: Stage, name: str = "alv") -> Page:
    page = stage.page(DORA)
    page.goto("/desk/patients")
    page.locator("#text").fill(name)
    page.get_by_role("button", name="Search").click()
    page.locator(".match-table").wait_for()
    return page


@shows("desk.patient")
def patient(stage: Stage) -> Page:
    """Somebody who has no visit yet, and so is free at any time."""
    with stage.program.session() as session:
        name = make_patient(session).family_name
    page = patients_found(stage, name)
    page.locator(".match-table a").first.click()
    steps.heading(page, "Al")
    return page


@shows("desk.describe")
def new_patient_with_errors(stage: Stage) -> Page:
    page = at("/desk/book/new", by=DORA)(stage)
    steps.send(page, "Choose a time")
    return page


@shows("desk.book")
def next_times(stage: Stage) -> Page:
    page = patient(stage)
    steps.follow(page, "Book a visit")
    page.locator(".numbered").wait_for()
    return page


@shows("desk.book")
def no_times(stage: Stage) -> Page:
    """Nobody has a time: Dr Lind never works at Northside."""
    page = next_times(stage)
    page.locator("#who").select_option("dr-lind")
    steps.press(page, "Show times")
    page.get_by_role("link", name="Why are there no times?").wait_for()
    return page


@shows("desk.why")
def why_no_times(stage: Stage) -> Page:
    page = no_times(stage)
    steps.follow(page, "Why are there no times?")
    page.locator("#days").wait_for()
    return page


@shows("desk.why")
def why_for_patients(stage: Stage) -> Page:
    return at("/desk/book/why?whom=patients&days=14", by=DORA)(stage)


@shows("desk.check")
def desk_check(stage: Stage) -> Page:
    page = next_times(stage)
    steps.a_week_later(page)
    page.locator(".numbered-time").last.click()
    page.get_by_role("button", name="Book", exact=True).wait_for()
    return page


@shows("desk.visit")
def desk_booked(stage: Stage) -> Page:
    page = desk_check(stage)
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("Booked:").wait_for()
    return page


@shows("desk.change")
def other_times_for_visit(stage: Stage) -> Page:
    return at(f"/desk/visits/{stage.visit()}/change", by=DORA)(stage)


@shows("desk.check_change")
def desk_check_change(stage: Stage) -> Page:
    page = other_times_for_visit(stage)
    page.locator(".numbered-time").last.click()
    steps.heading(page, "Read aloud and move")
    return page


def read_aloud(page: Page) -> None:
    """Give a reason where one is asked for, and press. The button comes last: where it is, the page is whole."""
    button = page.locator("#main form .button-row button")
    expect(button).to_be_visible()
    if page.locator("input[name=override_reason]").count():
        page.locator("input[name=override_reason]").first.check(force=True)
    button.click()


@shows("desk.visit")
def desk_moved(stage: Stage) -> Page:
    """Moved a moment ago: the earlier time is named, and may be had back."""
    page = desk_check_change(stage)
    read_aloud(page)
    page.get_by_text("Moved:").wait_for()
    return page


@shows()
def desk_changed_meanwhile(stage: Stage) -> Page:
    """Somebody else moved the visit while it was read aloud."""
    page = desk_check_change(stage)
    page.evaluate("document.querySelector('input[name=version]').value = 7")
    read_aloud(page)
    steps.heading(page, "changed meanwhile")
    return page


@shows("desk.several")
def first_of_several(stage: Stage) -> Page:
    page = patient(stage)
    steps.follow(page, "Book several")
    page.locator("#start").fill("+3w")
    page.locator("#who").select_option("dr-cruz")
    steps.press(page, "Show times")
    page.locator(".numbered").wait_for()
    return page


@shows("desk.several")
def first_of_several_with_errors(stage: Stage) -> Page:
    page = first_of_several(stage)
    page.locator("#every").fill("often")
    steps.press(page, "Show times")
    page.locator("#error-summary").wait_for()
    return page


@shows("desk.check_several")
def check_several(stage: Stage) -> Page:
    page = first_of_several(stage)
    page.locator(".numbered-time").first.click()
    steps.heading(page, "Read aloud and book all")
    return page


@shows("desk.check_several")
def several_taken(stage: Stage) -> Page:
    """Somebody else is quicker with two of them."""
    page = check_several(stage)
    for number in (1, 3):
        stage.take(page.locator(f"input[name=slot-{number}]").input_value())
    page.locator("#main form .button-row button").click()
    page.locator("#error-summary").wait_for()
    return page


@shows("desk.patient")
def several_booked(stage: Stage) -> Page:
    page = check_several(stage)
    read_aloud(page)
    page.get_by_text("visits are booked.").wait_for()
    return page


@shows("desk.waiting")
def waiting_list(stage: Stage) -> Page:
    """Somebody waits, and a time that became free is offered to them."""
    starts_at = full_hour(utc_now() + timedelta(days=9)).replace(hour=15)
    with stage.program.session() as session:
        if session.scalar(sa.select(WaitingEntry.id).limit(1)) is None:
            make_offer(
                session,
                make_patient(session),
                starts_at=starts_at,
                made_at=utc_now(),
                expires_at=utc_now() + timedelta(hours=2),
            )
            waits(session, make_patient(session, email=None), since=utc_now())
            note = {"cause": FreedCause.CANCELLED, "available_at": utc_now(), "now": utc_now()}
            with transaction(session):
                note_freed(
                    session, location_id=1, resource_id=1, starts_at=starts_at,
                    ends_at=starts_at + timedelta(minutes=45), **note,
                )  # fmt: skip
    return at("/desk/waiting", by=DORA)(stage)


@shows("desk.wait")
def add_to_waiting_list(stage: Stage) -> Page:
    page = patient(stage)
    steps.go_on(page, "Put on the waiting list")
    return page


@shows("desk.wait")
def add_to_waiting_list_with_errors(stage: Stage) -> Page:
    page = add_to_waiting_list(stage)
    page.locator("#last_day").fill("someday")
    page.get_by_role("button", name="Put on the list").click()
    page.locator("#error-summary").wait_for()
    return page


@shows()
def desk_taken(stage: Stage) -> Page:
    """Somebody else is quicker."""
    page = desk_check(stage)
    slot = parse_qs(urlsplit(page.url).query)["slot"][0]
    stage.take(slot)
    page.get_by_role("button", name="Book", exact=True).click()
    steps.heading(page, "taken")
    return page


@shows("sent_forms.answers")
def answers_for_specialist(stage: Stage) -> Page:
    _, visit_id = sent_form(stage)
    return at(f"/visits/{visit_id}/forms/peg/answers", by=CRUZ)(stage)


@shows("privacy.request_of")
def request_to_be_erased(stage: Stage) -> Page:
    with stage.program.session() as session:
        patient = make_patient(session)
        with transaction(session):
            ask_to_erase(session, patient_id=patient.id, now=utc_now())
        path = f"/desk/erasure/{patient.public_id}"
    return at(path, by=FAY)(stage)
